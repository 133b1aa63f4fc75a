-- R34: by whose authority does each discount stand, on the UTC day its order was placed?
-- A promotion or voucher by the register's row in force on that day; what a person gave by who approved it.
with
    promotion as (
        select
            *,
            least(
                coalesce(valid_to, date '9999-12-31'),
                coalesce(
                    lead(valid_from) over (partition by promotion_id order by valid_from) - 1,
                    date '9999-12-31'
                )
            ) as last_day
        from register_promotion
    )
select
    d.discount_id,
    d.order_id,
    d.line_id,
    o.order_number,
    o.currency,
    d.kind,
    d.promotion_id,
    p.approver as promotion_approver,
    d.amount_minor,
    d.actor,
    d.approver,
    case
        when d.kind in ('promotion', 'voucher') and p.promotion_id is not null
            then p.kind || ' ' || p.promotion_id
        when d.kind = 'manual' and d.approver is not null and d.actor is not null and d.approver <> d.actor
            then 'approved by somebody else'
    end as authority,
    o.placed_at,
    o.is_test,
    o.status = 'draft' as is_draft
from shop_discount as d
left join shop_order as o
    on o.order_id = d.order_id
left join promotion as p
    on p.promotion_id = d.promotion_id
    and p.kind = d.kind
    and o.placed_at::date between p.valid_from and p.last_day
order by d.discount_id
