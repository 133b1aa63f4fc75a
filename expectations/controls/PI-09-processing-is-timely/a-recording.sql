-- How long after each payment of the day was attempted was it recorded, and how long for 99 of 100?
with
    payment as (
        select
            payment_id,
            order_id,
            attempted_at,
            instance,
            (epoch_us(recorded_at) - epoch_us(attempted_at)) // 1000000
            + case
                when (epoch_us(recorded_at) - epoch_us(attempted_at)) % 1000000 > 0 then 1
                else 0
            end as lag_seconds
        from shop_payment
    )
select
    payment_id as population_key,
    'payment of order ' || order_id as subject_label,
    attempted_at as occurred_at,
    instance,
    null as exempt_reason,
    lag_seconds,
    $record_within_minutes * 60 as allowed_seconds
from payment
union all
select
    'p99 of ' || instance as population_key,
    '99 of 100 payments' as subject_label,
    max(attempted_at) as occurred_at,
    instance,
    null as exempt_reason,
    list_sort(list(lag_seconds))[(count(*) * 99 + 99) // 100] as lag_seconds,
    $p99_within_minutes * 60 as allowed_seconds
from payment
where lag_seconds is not null
group by instance
order by population_key
