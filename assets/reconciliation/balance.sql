-- R23: does each balance follow from the one read before it and all that moved in between?
-- A reading is of an instant, known to a minute: it holds what moved up to some movement within that minute, and none
-- after it. So a difference is explained where two such instants bring exactly what the readings say; a movement that
-- happens to lie near a reading hides no other difference. Where the movements of a day in between were not collected
-- nothing can be expected.
with
    opening as (
        select
            processor,
            currency,
            max(as_of) as as_of,
            arg_max(total_minor, as_of) as total_minor
        from psp_balance_before
        group by
            processor,
            currency
    ),
    entry as (
        select processor, currency, created_at, net_minor from psp_balance_entry
        union all
        select processor, currency, created_at, net_minor from psp_balance_entry_before
    ),
    known as (
        select distinct day
        from snapshot_read
        where dataset = 'psp_balance_entry'
    ),
    read as (
        select
            c.processor,
            c.currency,
            c.as_of as closed_at,
            c.total_minor as closing_minor,
            o.as_of as opened_at,
            o.total_minor as opening_minor,
            (select count(*) from known where day between o.as_of::date and c.as_of::date)
                = c.as_of::date - o.as_of::date + 1 as all_known
        from psp_balance as c
        left join opening as o
            on o.processor = c.processor
            and o.currency = c.currency
    ),
    moved as (
        select
            r.processor,
            r.currency,
            r.opened_at,
            r.closed_at,
            r.opening_minor,
            r.closing_minor,
            case
                when r.all_known and count(e.created_at) = count(e.net_minor)
                    then coalesce(
                        sum(e.net_minor) filter (
                            where e.created_at > r.opened_at and e.created_at <= r.closed_at
                        ),
                        0
                    )
            end as moved_minor,
            coalesce(
                sum(e.net_minor) filter (
                    where e.net_minor > 0
                    and (
                        abs(epoch_us(e.created_at) - epoch_us(r.opened_at)) <= 60000000
                        or abs(epoch_us(e.created_at) - epoch_us(r.closed_at)) <= 60000000
                    )
                ),
                0
            ) as unclear_in_minor,
            coalesce(
                sum(-e.net_minor) filter (
                    where e.net_minor < 0
                    and (
                        abs(epoch_us(e.created_at) - epoch_us(r.opened_at)) <= 60000000
                        or abs(epoch_us(e.created_at) - epoch_us(r.closed_at)) <= 60000000
                    )
                ),
                0
            ) as unclear_out_minor
        from read as r
        left join entry as e
            on e.processor = r.processor
            and e.currency = r.currency
            and e.created_at > r.opened_at - interval 1 minute
            and e.created_at <= r.closed_at + interval 1 minute
        group by
            r.processor,
            r.currency,
            r.opened_at,
            r.closed_at,
            r.opening_minor,
            r.closing_minor,
            r.all_known
    ),
    running as (
        select
            r.processor,
            r.currency,
            r.opened_at,
            r.closed_at,
            e.created_at,
            sum(sum(e.net_minor)) over (
                partition by r.processor, r.currency, r.opened_at, r.closed_at
                order by e.created_at
            ) as moved_minor
        from read as r
        join (
            select processor, currency, created_at, net_minor from entry
            union all
            -- Neither side of a window may be without an instant.
            select processor, currency, opened_at - interval 1 minute, 0 from read
        ) as e
            on e.processor = r.processor
            and e.currency = r.currency
            and e.created_at >= r.opened_at - interval 1 minute
            and e.created_at <= r.closed_at + interval 1 minute
        group by
            r.processor,
            r.currency,
            r.opened_at,
            r.closed_at,
            e.created_at
    ),
    -- The last movement before a window stands for all instants up to the next one.
    cut as (
        select
            *,
            coalesce(
                lead(created_at) over (partition by processor, currency, opened_at, closed_at order by created_at),
                'infinity'
            ) as until
        from running
    ),
    nearest as (
        select
            r.processor,
            r.currency,
            min(abs(r.closing_minor - r.opening_minor - (c.moved_minor - o.moved_minor))) as unexplained_minor
        from read as r
        join cut as o
            on o.processor = r.processor
            and o.currency = r.currency
            and o.opened_at = r.opened_at
            and o.created_at <= r.opened_at + interval 1 minute
        join cut as c
            on c.processor = r.processor
            and c.currency = r.currency
            and c.opened_at = r.opened_at
            and c.created_at <= r.closed_at + interval 1 minute
            and c.until > r.closed_at - interval 1 minute
            and c.created_at >= o.created_at
        group by
            r.processor,
            r.currency
    ),
    compared as (
        select
            * exclude (moved_minor, unclear_in_minor, unclear_out_minor),
            moved_minor::bigint as moved_minor,
            unclear_in_minor::bigint as unclear_in_minor,
            unclear_out_minor::bigint as unclear_out_minor,
            (opening_minor + moved_minor)::bigint as expected_minor,
            (closing_minor - opening_minor - moved_minor)::bigint as difference_minor
        from moved
    ),
    explained as (
        select
            compared.*,
            case
                when compared.difference_minor is not null then nearest.unexplained_minor::bigint
            end as unexplained_minor
        from compared
        left join nearest
            on nearest.processor = compared.processor
            and nearest.currency = compared.currency
    )
select
    processor || ':' || currency as balance_key,
    processor,
    currency,
    opened_at,
    closed_at,
    opening_minor,
    moved_minor,
    closing_minor,
    expected_minor,
    unclear_in_minor,
    unclear_out_minor,
    unexplained_minor,
    case
        when difference_minor = 0 then 'EXACT'
        when unexplained_minor = 0 then 'TIMING'
    end as match_status,
    case when unexplained_minor > 0 then 'AMOUNT' end as break_type,
    difference_minor,
    $day - closed_at::date as age_days
from explained
order by balance_key
