-- Which discounts do the orders of the day have?
select
    l.discount_id,
    l.order_id,
    l.line_id,
    l.kind,
    l.promotion_id,
    l.amount_minor,
    l.actor,
    l.approver
from evidence.discounts as l
join evidence.orders as o on o.order_id = l.order_id
where o.placed_at >= $1 and o.placed_at < $2
order by l.discount_id
