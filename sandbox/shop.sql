-- What does the shop's database look like? Its own tables; shop_views.sql shows them to the evidence reader.
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
create index on shop.orders (cancelled_at);

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
create index on shop.payments (order_id);

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

create table shop.shipping_quotes (
    quote_id text primary key,
    order_id text not null,
    zone text,
    method text,
    weight_g bigint,
    amount_minor bigint,
    quoted_at timestamptz not null,
    override_approver text
);
create index on shop.shipping_quotes (order_id);

create table shop.refunds (
    refund_id text primary key,
    order_id text not null,
    processor_ref text,
    status text not null,
    currency text not null,
    amount_minor bigint,
    tax_minor bigint,
    reason text,
    created_at timestamptz not null,
    recorded_at timestamptz,
    actor text,
    approver text
);
create index on shop.refunds (created_at);
create index on shop.refunds (order_id);

create table shop.refund_lines (
    refund_id text not null,
    line_id text not null,
    target_kind text not null,
    qty_e4 bigint,
    amount_minor bigint,
    tax_minor bigint,
    primary key (refund_id, line_id, target_kind)
);

create table shop.giftcard_ledger (
    gc_id text not null,
    seq bigint not null,
    kind text not null,
    amount_minor bigint,
    balance_after_minor bigint,
    currency text not null,
    order_id text,
    at timestamptz not null,
    expires_at timestamptz,
    primary key (gc_id, seq)
);
create index on shop.giftcard_ledger (at);

create table shop.number_series (
    series text primary key,
    gapless boolean not null
);
insert into shop.number_series values ('web', true);

create table shop.number_voids (
    series text not null,
    order_number bigint not null,
    reason text,
    voided_at timestamptz not null,
    primary key (series, order_number)
);

create table shop.manual_adjustments (
    adj_id text primary key,
    entity text not null,
    entity_id text not null,
    amount_minor bigint,
    currency text,
    actor text,
    approver text,
    approved_at timestamptz,
    applied_at timestamptz not null,
    ticket_key text
);
create index on shop.manual_adjustments (applied_at);

create table shop.audit_events (
    event_id text primary key,
    at timestamptz not null,
    actor text,
    action text not null,
    entity text not null,
    entity_id text not null,
    field_names text,
    ticket_key text
);
create index on shop.audit_events (at);

create table shop.fulfilments (
    fulfilment_id text primary key,
    order_id text,
    location text,
    shipped_at timestamptz not null,
    recorded_at timestamptz,
    promised_at timestamptz,
    status text
);
create index on shop.fulfilments (shipped_at);
create index on shop.fulfilments (order_id);

create table shop.fulfilment_lines (
    fulfilment_id text not null,
    line_id text not null,
    sku text,
    qty_e4 bigint,
    primary key (fulfilment_id, line_id)
);

create table shop.inventory_movements (
    movement_id text primary key,
    sku text not null,
    location text not null,
    kind text not null,
    qty bigint,
    ref_id text,
    occurred_at timestamptz not null,
    recorded_at timestamptz,
    actor text,
    approver text,
    ticket_key text
);
create index on shop.inventory_movements (occurred_at);

create table shop.inventory_levels (
    as_of timestamptz not null,
    sku text not null,
    location text not null,
    on_hand bigint,
    allocated bigint,
    available bigint,
    primary key (as_of, sku, location)
);
