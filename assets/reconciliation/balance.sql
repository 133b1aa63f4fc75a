-- R23: does each balance follow from the one read before it and all that moved in between?
-- What moved within a minute of either reading may or may not have been in it: sums of what came in and went out then
-- bound what they can explain. Where the movements of a day in between were not collected nothing can be expected.
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
            *,
            case
                when difference_minor is not null
                    then greatest(abs(difference_minor) - unclear_in_minor - unclear_out_minor, 0)
            end as unexplained_minor
        from compared
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
