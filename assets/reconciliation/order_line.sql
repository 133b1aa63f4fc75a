-- R01: what should each line's extension be, under the rounding policy in force when its order was placed?
-- Quantity and unit price are in 1/10000, so their product is in 1/100000000 minor units. Rounding works on the
-- magnitude and puts the sign back, so that a return of -x is exactly the opposite of a sale of x.
with
    line as (
        select
            l.line_id,
            l.order_id,
            o.order_number,
            o.currency,
            o.policy_id,
            p.line_mode,
            l.qty_e4,
            l.unit_price_e4,
            l.ext_minor,
            l.line_discount_minor,
            l.alloc_discount_minor,
            o.placed_at,
            o.is_test,
            o.status as order_status,
            l.qty_e4::hugeint * l.unit_price_e4::hugeint as product
        from shop_order_line as l
        left join shop_order as o
            on o.order_id = l.order_id
        left join register_rounding_policy as p
            on p.policy_id = o.policy_id
            and o.placed_at::date >= p.valid_from
            and o.placed_at::date <= coalesce(p.valid_to, date '9999-12-31')
    ),
    divided as (
        select
            *,
            abs(product) // 100000000 as whole,
            abs(product) % 100000000 as rest
        from line
    )
select
    line_id,
    order_id,
    order_number,
    currency,
    policy_id,
    line_mode,
    qty_e4,
    unit_price_e4,
    ext_minor,
    (
        case when product < 0 then -1 else 1 end
        * (
            whole + case line_mode
                when 'down' then 0
                when 'up' then case when rest > 0 then 1 else 0 end
                when 'half_up' then case when rest * 2 >= 100000000 then 1 else 0 end
                when 'half_down' then case when rest * 2 > 100000000 then 1 else 0 end
                when 'half_even' then
                    case
                        when rest * 2 > 100000000 then 1
                        when rest * 2 = 100000000 then whole % 2
                        else 0
                    end
            end
        )
    )::bigint as expected_ext_minor,
    line_discount_minor,
    alloc_discount_minor,
    placed_at,
    is_test,
    order_status
from divided
order by line_id
