-- What does the shop's database look like? Its own tables, and the read-only views of the shop contract.
create schema shop;
create schema evidence;

create table shop.orders (
    order_id text primary key,
    series text,
    order_number bigint,
    merchant_id text,
    channel text,
    customer_ref text,
    placed_at timestamptz not null,
    recorded_at timestamptz not null,
    updated_at timestamptz,
    status text not null,
    financial_status text,
    currency text not null,
    price_includes_tax boolean not null,
    policy_id text,
    subtotal_minor bigint,
    discount_minor bigint,
    shipping_minor bigint,
    shipping_discount_minor bigint,
    fees_minor bigint,
    tax_minor bigint,
    rounding_adj_minor bigint,
    total_minor bigint,
    giftcard_minor bigint,
    store_credit_minor bigint,
    cancelled_at timestamptz,
    is_test boolean not null
);
create index on shop.orders (placed_at);

create table shop.order_lines (
    line_id text primary key,
    order_id text not null,
    sku text,
    qty_e4 bigint,
    unit_price_e4 bigint,
    ext_minor bigint,
    line_discount_minor bigint,
    alloc_discount_minor bigint,
    is_gift_card boolean,
    tax_category text
);
create index on shop.order_lines (order_id);

create table shop.order_tax_lines (
    order_id text not null,
    line_id text not null,
    target_kind text not null,
    jurisdiction text not null,
    tax_category text not null,
    rate_e9 bigint,
    taxable_minor bigint,
    tax_minor bigint,
    exempt_reason text
);
create index on shop.order_tax_lines (order_id);

create table shop.discounts (
    discount_id text primary key,
    order_id text not null,
    line_id text,
    kind text,
    promotion_id text,
    amount_minor bigint,
    actor text,
    approver text
);
create index on shop.discounts (order_id);

create table shop.payments (
    payment_id text primary key,
    order_id text,
    processor text,
    processor_ref text,
    kind text,
    status text,
    failure_code text,
    amount_minor bigint,
    currency text,
    attempted_at timestamptz not null,
    recorded_at timestamptz,
    livemode boolean,
    tender_seq bigint,
    idempotency_key text
);
create index on shop.payments (attempted_at);

create table shop.users (
    user_id text primary key,
    sso_subject text,
    status text not null,
    mfa boolean,
    created_at timestamptz,
    last_login_at timestamptz
);

create table shop.user_roles (
    user_id text not null,
    role text not null,
    permission text not null,
    scope text not null,
    granted_at timestamptz,
    granted_by text,
    expires_at timestamptz
);

create table shop.login_events (
    event_id text primary key,
    at timestamptz not null,
    user_id text,
    realm text not null,
    outcome text not null,
    method text,
    ip text
);
create index on shop.login_events (at);

create view evidence.users as select * from shop.users;
create view evidence.user_roles as select * from shop.user_roles;
create view evidence.login_events as select * from shop.login_events;
create view evidence.orders as select * from shop.orders;
create view evidence.order_lines as select * from shop.order_lines;
create view evidence.order_tax_lines as select * from shop.order_tax_lines;
create view evidence.discounts as select * from shop.discounts;
create view evidence.payments as select * from shop.payments;
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
    'payments',
    (attempted_at at time zone 'utc')::date as day,
    count(*),
    sum(amount_minor),
    max(recorded_at)
from shop.payments
group by day;

create role evidence_reader login password 'sandbox-reader-password' nosuperuser nocreatedb nocreaterole;
alter role evidence_reader set default_transaction_read_only = on;
grant usage on schema evidence to evidence_reader;
grant select on all tables in schema evidence to evidence_reader;
