-- R20, R21, R25: is every movement of a balance its amount less its fees, at the agreed fee and the stated rate, and
-- has every charge, refund and dispute moved it?
-- What a payer paid is taken from the charge or refund that caused a movement, else, of a charge made days before it
-- was captured, from the shop's own capture. A rate is a decimal, read to twelve places as a whole number.
with
    listed as (
        select
            balance_entry,
            sum(amount_minor)::bigint as amount_minor
        from psp_fee
        group by balance_entry
    ),
    presented as (
        select id, currency, captured_minor as amount_minor from psp_charge
        union
        select id, currency, captured_minor as amount_minor from psp_charge_before
        union
        select id, currency, amount_minor from psp_refund
        union
        select id, currency, amount_minor from psp_dispute
    ),
    captured as (
        select
            processor,
            processor_ref,
            min(currency) as currency,
            sum(amount_minor)::bigint as amount_minor
        from shop_payment
        where kind in ('capture', 'sale') and status = 'succeeded'
        group by
            processor,
            processor_ref
    ),
    paid as (
        select
            e.*,
            coalesce(p.currency, c.currency) as presented_currency,
            coalesce(p.amount_minor, c.amount_minor) as presented_minor
        from psp_balance_entry as e
        left join presented as p
            on p.id = e.source
        left join captured as c
            on c.processor = e.processor
            and c.processor_ref = e.source
            and p.id is null
    ),
    scaled as (
        select
            p.*,
            p.currency <> p.presented_currency as converted,
            replace(p.exchange_rate::decimal(38, 12)::varchar, '.', '')::hugeint as rate_e12,
            coalesce(f.processor_minor_digits, f.minor_digits) - f.minor_digits
                + t.minor_digits - coalesce(t.processor_minor_digits, t.minor_digits) as shift
        from paid as p
        left join register_currency as f
            on f.currency = p.presented_currency
        left join register_currency as t
            on t.currency = p.currency
    ),
    settled as (
        select
            s.*,
            case when s.amount_minor < 0 then -1 else 1 end * case
                when not s.converted then s.presented_minor
                when s.shift is not null then round_div(
                    s.presented_minor::hugeint * s.rate_e12 * [1, 10, 100, 1000, 10000][1 + greatest(s.shift, 0)],
                    1000000000000::hugeint * [1, 10, 100, 1000, 10000][1 + greatest(-s.shift, 0)],
                    'half_up'
                )
            end as expected_settled_minor,
            coalesce(
                round_div(abs(s.amount_minor)::hugeint * f.rate_e9, 1000000000, 'half_up') + f.fixed_minor, 0
            ) as expected_fee_minor
        from scaled as s
        left join register_fee_schedule as f
            on f.processor = s.processor
            and f.currency = s.currency
            and f.kind = s.type
            and f.valid_from <= s.created_at::date
            and coalesce(f.valid_to, date '9999-12-31') >= s.created_at::date
    ),
    moved as (
        select source from psp_balance_entry
        union
        select source from psp_balance_entry_after
    ),
    cause as (
        select
            'charge' as kind, id, processor, created_at, currency, amount_exact, captured_minor as amount_minor,
            balance_entry
        from psp_charge
        where status = 'captured'
        union all
        select 'refund', id, processor, created_at, currency, amount_exact, amount_minor, balance_entry
        from psp_refund
        where not released and coalesce(status, 'succeeded') = 'succeeded'
        union all
        select 'dispute', id, processor, created_at, currency, amount_exact, amount_minor, null
        from psp_dispute
        where status <> 'inquiry'
    ),
    fact as (
        select
            s.processor,
            'entry' as kind,
            s.id,
            s.type,
            s.source,
            s.created_at as occurred_at,
            s.currency,
            s.amount_minor,
            s.fee_minor,
            s.net_minor,
            s.amount_exact,
            s.amount_minor - s.fee_minor as expected_net_minor,
            case when s.fee_minor <> 0 then coalesce(l.amount_minor, 0) else l.amount_minor end as fees_listed_minor,
            s.expected_fee_minor::bigint as expected_fee_minor,
            (s.fee_minor - s.expected_fee_minor)::bigint as fee_difference_minor,
            true as has_entry,
            s.presented_minor,
            s.presented_currency,
            s.converted,
            s.exchange_rate,
            s.expected_settled_minor::bigint as expected_settled_minor,
            (s.amount_minor - s.expected_settled_minor)::bigint as settled_difference_minor
        from settled as s
        left join listed as l
            on l.balance_entry = s.id
        union all by name
        select
            c.processor,
            c.kind,
            c.id,
            c.created_at as occurred_at,
            c.currency,
            c.amount_minor,
            c.amount_exact,
            c.balance_entry is not null or m.source is not null as has_entry
        from cause as c
        left join moved as m
            on m.source = c.id
    ),
    seen as (
        select max(captured_at) as observed_at
        from snapshot_read
        where dataset = 'psp_balance_entry'
    ),
    compared as (
        select
            f.*,
            case
                when not f.has_entry then 'MISSING_RIGHT'
                when f.net_minor is distinct from f.expected_net_minor
                    or coalesce(f.fees_listed_minor, f.fee_minor) is distinct from f.fee_minor
                    or abs(f.settled_difference_minor) > case when f.converted then 1 else 0 end then 'AMOUNT'
            end as difference,
            seen.observed_at - f.occurred_at as age
        from fact as f
        cross join seen
    )
select
    processor || ':' || kind || ':' || id as subject_key,
    processor,
    kind,
    id,
    type,
    source,
    occurred_at,
    currency,
    amount_minor,
    fee_minor,
    net_minor,
    amount_exact,
    expected_net_minor,
    fees_listed_minor,
    expected_fee_minor,
    fee_difference_minor,
    has_entry,
    presented_minor,
    presented_currency,
    converted,
    exchange_rate,
    expected_settled_minor,
    settled_difference_minor,
    case
        when difference is not null and kind <> 'entry' and age < interval 24 hours then 'TIMING'
        when difference is not null then null
        when settled_difference_minor <> 0 then 'TOLERANCE'
        else 'EXACT'
    end as match_status,
    case
        when kind = 'entry' or age >= interval 24 hours or age is null then difference
    end as break_type,
    case
        when kind <> 'entry' then null
        when difference is not null and net_minor <> expected_net_minor then net_minor - expected_net_minor
        else settled_difference_minor
    end as difference_minor
from compared
order by subject_key
