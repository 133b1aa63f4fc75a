-- Which orders placed before the day did something happen to on the day?
-- A statement goes on from here: what these orders were, and what had become of them before the day.
with
    touched as (
        select order_id
        from evidence.payments
        where attempted_at >= $1 and attempted_at < $2
        union
        select order_id
        from evidence.refunds
        where created_at >= $1 and created_at < $2
        union
        select order_id
        from evidence.fulfilments
        where shipped_at >= $1 and shipped_at < $2
        union
        select order_id
        from evidence.orders
        where cancelled_at >= $1 and cancelled_at < $2
        union
        select entity_id
        from evidence.manual_adjustments
        where applied_at >= $1 and applied_at < $2 and entity = 'order'
    ),
    earlier as (
        select o.*
        from evidence.orders as o
        join touched on touched.order_id = o.order_id
        where o.placed_at < $1
    )
