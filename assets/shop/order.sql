-- Which orders were placed on the day?
select
    order_id,
    series,
    order_number,
    merchant_id,
    channel,
    customer_ref,
    placed_at,
    recorded_at,
    updated_at,
    status,
    financial_status,
    currency,
    price_includes_tax,
    policy_id,
    subtotal_minor,
    discount_minor,
    shipping_minor,
    shipping_discount_minor,
    fees_minor,
    tax_minor,
    rounding_adj_minor,
    total_minor,
    giftcard_minor,
    store_credit_minor,
    cancelled_at,
    is_test
from evidence.orders
where placed_at >= $1 and placed_at < $2
order by order_id
