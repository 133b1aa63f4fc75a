-- Which series of order numbers are there, and how far had each come before the day and on it?
with
    reached as (
        select
            series,
            order_number,
            placed_at as at
        from evidence.orders
        where placed_at >= $1::timestamptz - interval '7 days' and placed_at < $2
        union all
        select
            series,
            order_number,
            voided_at as at
        from evidence.number_voids
        where voided_at >= $1::timestamptz - interval '7 days' and voided_at < $2
    )
select
    s.series,
    s.gapless,
    max(reached.order_number) filter (where reached.at < $1) as last_before,
    min(reached.order_number) filter (where reached.at >= $1) as first_number,
    max(reached.order_number) filter (where reached.at >= $1) as last_number,
    count(*) over () as listed
from evidence.number_series as s
left join reached on reached.series = s.series
group by s.series, s.gapless
order by s.series
