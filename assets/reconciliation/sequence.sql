-- R40, R41: which numbers are missing before each order's number, how many orders have that number, and is an order the
-- same as one before?
-- The first number of the day is compared with the last one that the shop says came before. A number that was taken
-- just before midnight may be given up just after it, and the reverse: hence the days beside. An order is the same as one
-- before where a customer bought the same basket for the same amount again within some minutes.
with
    placed as (
        select
            order_id,
            series,
            order_number,
            customer_hmac,
            currency,
            total_minor,
            placed_at,
            is_test,
            status,
            true as of_day
        from shop_order
        union all
        select
            order_id,
            series,
            order_number,
            customer_hmac,
            currency,
            total_minor,
            placed_at,
            is_test,
            status,
            false as of_day
        from shop_order_before
    ),
    line as (
        select
            order_id,
            sku,
            qty_e4,
            unit_price_e4
        from shop_order_line
        union all
        select
            order_id,
            sku,
            qty_e4,
            unit_price_e4
        from shop_order_line_before
    ),
    basket as (
        select
            order_id,
            sha256(string_agg(sku || ' ' || qty_e4 || ' ' || unit_price_e4, ',' order by sku, qty_e4, unit_price_e4))
                as basket_sha256
        from line
        group by order_id
    ),
    number as (
        select
            series,
            order_number,
            count(*) as orders
        from placed
        where of_day and order_number is not null
        group by
            series,
            order_number
    ),
    given_up as (
        select
            series,
            order_number
        from shop_number_void
        union
        select
            series,
            order_number
        from shop_number_void_before
        union
        select
            series,
            order_number
        from shop_number_void_after
    ),
    unused as (
        select
            v.series,
            v.order_number
        from given_up as v
        anti join number as n
            on n.series = v.series
            and n.order_number = v.order_number
    ),
    spaced as (
        select
            n.series,
            n.order_number,
            n.orders,
            coalesce(
                lag(n.order_number) over (partition by n.series order by n.order_number),
                case
                    when g.last_before < n.order_number then g.last_before
                end
            ) as number_before
        from number as n
        left join shop_number_series as g
            on g.series = n.series
    ),
    accounted as (
        select
            s.series,
            s.order_number,
            s.orders,
            s.number_before,
            count(u.order_number) as voided
        from spaced as s
        left join unused as u
            on u.series = s.series
            and u.order_number > s.number_before
            and u.order_number < s.order_number
        group by all
    ),
    same as (
        select
            a.order_id,
            min(b.order_id) as twin_order_id
        from placed as a
        join basket as of_a
            on of_a.order_id = a.order_id
        join placed as b
            on b.customer_hmac = a.customer_hmac
            and b.currency = a.currency
            and b.total_minor = a.total_minor
            and (b.placed_at, b.order_id) < (a.placed_at, a.order_id)
            and b.placed_at >= a.placed_at - to_minutes($duplicate_within_minutes::bigint)
            and b.status not in ('draft', 'cancelled')
        join basket as of_b
            on of_b.order_id = b.order_id
            and of_b.basket_sha256 = of_a.basket_sha256
        where a.of_day
        group by a.order_id
    )
select
    p.order_id,
    p.series,
    p.order_number,
    g.gapless,
    n.number_before,
    (p.order_number - n.number_before - 1)::bigint as numbers_between,
    n.voided::bigint as voided_between,
    (p.order_number - n.number_before - 1 - n.voided)::bigint as missing_before,
    coalesce(n.orders, 0)::bigint as orders_with_number,
    s.twin_order_id,
    p.placed_at,
    p.is_test,
    p.status as order_status
from placed as p
left join accounted as n
    on n.series = p.series
    and n.order_number = p.order_number
left join shop_number_series as g
    on g.series = p.series
left join same as s
    on s.order_id = p.order_id
where p.of_day
order by p.order_id
