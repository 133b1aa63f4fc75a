-- What does the shop show to the evidence reader? The read-only views of the shop contract, and who reads them.
create view evidence.users as select * from shop.users;
create view evidence.user_roles as select * from shop.user_roles;
create view evidence.login_events as select * from shop.login_events;
create view evidence.orders as select * from shop.orders;
create view evidence.order_lines as select * from shop.order_lines;
create view evidence.order_tax_lines as select * from shop.order_tax_lines;
create view evidence.discounts as select * from shop.discounts;
create view evidence.shipping_quotes as select * from shop.shipping_quotes;
create view evidence.payments as select * from shop.payments;
create view evidence.refunds as select * from shop.refunds;
create view evidence.refund_lines as select * from shop.refund_lines;
create view evidence.giftcard_ledger as select * from shop.giftcard_ledger;
create view evidence.number_series as select * from shop.number_series;
create view evidence.number_voids as select * from shop.number_voids;
create view evidence.manual_adjustments as select * from shop.manual_adjustments;
create view evidence.fulfilments as select * from shop.fulfilments;
create view evidence.fulfilment_lines as select * from shop.fulfilment_lines;
create view evidence.inventory_movements as select * from shop.inventory_movements;
create view evidence.inventory_levels as select * from shop.inventory_levels;
create view evidence.audit_events as
select
    event_id,
    at,
    actor,
    action,
    entity,
    entity_id,
    string_to_array(field_names, ',') as field_names,
    ticket_key
from shop.audit_events;
create view evidence.control_totals as
select
    'orders' as table_name,
    (placed_at at time zone 'utc')::date as day,
    count(*) as row_count,
    sum(total_minor) as sum_minor,
    max(updated_at) as max_updated_at
from shop.orders
group by day
union all
select
    'order_lines',
    (o.placed_at at time zone 'utc')::date as day,
    count(*),
    sum(l.ext_minor),
    max(o.updated_at)
from shop.order_lines as l
join shop.orders as o on o.order_id = l.order_id
group by day
union all
select
    'order_tax_lines',
    (o.placed_at at time zone 'utc')::date as day,
    count(*),
    sum(t.tax_minor),
    max(o.updated_at)
from shop.order_tax_lines as t
join shop.orders as o on o.order_id = t.order_id
group by day
union all
select
    'discounts',
    (o.placed_at at time zone 'utc')::date as day,
    count(*),
    sum(d.amount_minor),
    max(o.updated_at)
from shop.discounts as d
join shop.orders as o on o.order_id = d.order_id
group by day
union all
select
    'shipping_quotes',
    (o.placed_at at time zone 'utc')::date as day,
    count(*),
    sum(q.amount_minor),
    max(o.updated_at)
from shop.shipping_quotes as q
join shop.orders as o on o.order_id = q.order_id
group by day
union all
select
    'payments',
    (attempted_at at time zone 'utc')::date as day,
    count(*),
    sum(amount_minor),
    max(recorded_at)
from shop.payments
group by day
union all
select
    'refunds',
    (created_at at time zone 'utc')::date as day,
    count(*),
    sum(amount_minor),
    max(recorded_at)
from shop.refunds
group by day
union all
select
    'refund_lines',
    (r.created_at at time zone 'utc')::date as day,
    count(*),
    sum(l.amount_minor),
    max(r.recorded_at)
from shop.refund_lines as l
join shop.refunds as r on r.refund_id = l.refund_id
group by day
union all
select
    'giftcard_ledger',
    (at at time zone 'utc')::date as day,
    count(*),
    sum(amount_minor),
    max(at)
from shop.giftcard_ledger
group by day
union all
select
    'number_voids',
    (voided_at at time zone 'utc')::date as day,
    count(*),
    sum(order_number),
    max(voided_at)
from shop.number_voids
group by day
union all
select
    'manual_adjustments',
    (applied_at at time zone 'utc')::date as day,
    count(*),
    sum(amount_minor),
    max(applied_at)
from shop.manual_adjustments
group by day
union all
select
    'audit_events',
    (at at time zone 'utc')::date as day,
    count(*),
    null,
    max(at)
from shop.audit_events
group by day
union all
select
    'fulfilments',
    (shipped_at at time zone 'utc')::date as day,
    count(*),
    null,
    max(recorded_at)
from shop.fulfilments
group by day
union all
select
    'fulfilment_lines',
    (f.shipped_at at time zone 'utc')::date as day,
    count(*),
    sum(l.qty_e4),
    max(f.recorded_at)
from shop.fulfilment_lines as l
join shop.fulfilments as f on f.fulfilment_id = l.fulfilment_id
group by day
union all
select
    'inventory_movements',
    (occurred_at at time zone 'utc')::date as day,
    count(*),
    sum(qty),
    max(recorded_at)
from shop.inventory_movements
group by day
union all
select
    'inventory_levels',
    (as_of at time zone 'utc')::date - 1 as day,
    count(*),
    sum(on_hand),
    max(as_of)
from shop.inventory_levels
group by day;

create role evidence_reader login password 'sandbox-reader-password' nosuperuser nocreatedb nocreaterole;
alter role evidence_reader set default_transaction_read_only = on;
grant usage on schema evidence to evidence_reader;
grant select on all tables in schema evidence to evidence_reader;
