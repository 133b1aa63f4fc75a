-- What shipping was quoted for the orders of the day?
select
    q.quote_id,
    q.order_id,
    q.zone,
    q.method,
    q.weight_g,
    q.amount_minor,
    q.quoted_at,
    q.override_approver
from evidence.shipping_quotes as q
join evidence.orders as o on o.order_id = q.order_id
where o.placed_at >= $1 and o.placed_at < $2
order by q.quote_id
