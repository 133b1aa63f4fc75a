-- R22, R24: does every payout come to the movements it consists of, and did the bank receive it in time?
-- A deposit is matched by the reference the processor wrote on it, its currency and the window of days, and only if it
-- is the only one: of several none is taken. Business days are Mondays to Fridays. Left is the processor.
with
    payout as (
        select *, true as made_on_day from psp_payout
        union all by name
        select *, false as made_on_day from psp_payout_before
    ),
    due as (
        select
            *,
            (
                list_filter(
                    range(arrival_date + interval 1 day, arrival_date + interval 30 days, interval 1 day),
                    lambda other: isodow(other) < 6
                )
            )[$deposit_business_days::bigint]::date as deposit_due
        from payout
    ),
    deposit as (
        select deposit_id, value_date, amount_minor, currency, reference from register_bank_deposit
        union
        select deposit_id, value_date, amount_minor, currency, reference from register_bank_deposit_after
    ),
    received as (
        select
            d.processor,
            d.id,
            count(*) as deposits,
            min(b.deposit_id) as deposit_id,
            min(b.value_date) as value_date,
            min(b.amount_minor) as amount_minor
        from due as d
        join deposit as b
            on b.reference = d.trace_id
            and b.currency = d.currency
            and b.value_date >= d.arrival_date
            and b.value_date <= d.deposit_due
        group by
            d.processor,
            d.id
    )
select
    d.processor || ':' || d.id as payout_key,
    d.processor,
    d.id as payout_id,
    d.created_at,
    d.made_on_day,
    d.currency,
    d.amount_minor,
    d.amount_exact,
    d.automatic,
    d.reconciliation_status,
    d.status,
    d.contents_count,
    d.contents_net_minor,
    d.arrival_date,
    d.deposit_due,
    d.trace_id,
    case when r.deposits = 1 then r.deposit_id end as deposit_id,
    coalesce(r.deposits, 0) as deposits_found,
    case when r.deposits = 1 then r.value_date end as deposit_date,
    case when r.deposits = 1 then r.amount_minor end as deposit_minor,
    case
        when r.deposits = 1 and r.amount_minor = d.amount_minor then 'EXACT'
        when r.deposits is null and d.deposit_due > $day then 'TIMING'
    end as match_status,
    case
        when r.deposits > 1 then 'DUPLICATE'
        when r.deposits is null and d.deposit_due <= $day then 'MISSING_RIGHT'
        when r.amount_minor is distinct from d.amount_minor and r.deposits = 1 then 'AMOUNT'
    end as break_type,
    case when r.deposits = 1 then d.amount_minor - r.amount_minor end as difference_minor,
    $day - d.arrival_date as age_days
from due as d
left join received as r
    on r.processor = d.processor
    and r.id = d.id
where d.made_on_day
    or d.deposit_due >= $day
order by payout_key
