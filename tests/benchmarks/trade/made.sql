-- What would a shop and its processor have of orders placed over $days days? Four markets, each with its own
-- way to tax; some orders are wrong in one way each, as `fault` says. All of it follows from $seed, in whole numbers.
create or replace temp macro drawn(key, salt, n) as (hash(key, salt, $seed) % n)::bigint;

create or replace temp macro half_up(n, d) as (2 * n::bigint + d::bigint) // (2 * d::bigint);

create or replace temp table market as
select * from (values
    (0, 'DE', 'EUR', true, 'eu', 190000000, 499),
    (1, 'GB', 'GBP', true, 'eu', 200000000, 399),
    (2, 'US-CA', 'USD', false, 'us', 72500000, 595),
    (3, 'JP', 'JPY', true, 'eu', 100000000, 500)
) as m (market, jurisdiction, currency, price_includes_tax, policy_id, rate_e9, shipping_minor);

create or replace temp table drawn_order as
select
    i,
    'o' || i as order_id,
    date '2026-03-02' + (i % $days)::integer as day,
    (date '2026-03-02' + (i % $days)::integer)::timestamp at time zone 'UTC'
        + to_seconds(3600 + drawn(i, 'second', 72000)) as placed_at,
    drawn(i, 'market', 4) as market,
    1 + drawn(i, 'lines', 3) as drawn_lines,
    drawn(i, 'discount', 10) = 0 as drawn_discount,
    drawn(i, 'refund', 20) = 0 as drawn_refund,
    f.fault
from range($first, $last) as o (i)
left join fault as f
    on f.slot = (i * 7919) % $cycle;

create or replace temp table sale as
select
    o.* exclude (drawn_lines, drawn_discount, drawn_refund),
    m.* exclude (market),
    case when fault = 'LINE_UNTAXED' then 2 else drawn_lines end as line_count,
    drawn_discount or fault is not distinct from 'DISCOUNT_UNAUTHORISED' as discounted,
    drawn_refund or coalesce(starts_with(fault, 'REFUND_'), false) as refunded
from drawn_order as o
join market as m
    on m.market = o.market;

create or replace temp table part as
with
    priced as (
        select
            s.*,
            n,
            (1 + drawn(i * 4 + n, 'quantity', 5)) * 10000
                + case when drawn(i * 4 + n, 'weighed', 8) = 0 then 2345 else 0 end as qty_e4,
            (500 + drawn(i * 4 + n, 'price', 9500)) * 10000
                + case when drawn(i * 4 + n, 'fraction', 8) = 0 then 1234 else 0 end as unit_price_e4
        from sale as s, range(s.line_count) as r (n)
    ),
    extended as (
        select
            *,
            half_up(qty_e4 * unit_price_e4, 100000000)
                + (n = 0 and fault is not distinct from 'LINE_EXT')::bigint as ext_minor
        from priced
    ),
    discounted as (
        select
            * exclude (rate_e9),
            case
                when n = 0 and fault = 'DISCOUNT_BOUNDS' then ext_minor + 1
                when discounted then ext_minor // 10
                else 0
            end as line_discount_minor,
            case
                when n > 0 or fault is null then rate_e9
                when fault = 'RATE_MISMATCH' then rate_e9 + 10000000
                when fault = 'EXEMPT_NO_CERT' then 0
                else rate_e9
            end as rate_e9
        from extended
    ),
    based as (
        select
            *,
            greatest(ext_minor - line_discount_minor, 0)
                + case when n = 0 and fault = 'TAX_BASE' then 1000 else 0 end as taxable_minor
        from discounted
    ),
    taxed as (
        select
            *,
            not (n = 0 and fault is not distinct from 'LINE_UNTAXED') as has_tax_line,
            sum(case when n = 0 and fault = 'LINE_UNTAXED' then 0 else taxable_minor * rate_e9 end) over lines
                as product_up_to,
            case when n = 0 and fault = 'LINE_UNTAXED' then 0 else taxable_minor * rate_e9 end as product
        from based
        window lines as (
        partition by i, n = 0 and fault is not distinct from 'NEXUS'
        order by n
        rows unbounded preceding
    )
    )
select
    * exclude (product_up_to, product),
    case
        when price_includes_tax then half_up(product, 1000000000 + rate_e9)
        else half_up(product_up_to::bigint, 1000000000) - half_up((product_up_to - product)::bigint, 1000000000)
    end as exact_tax_minor
from taxed;

create or replace temp table whole as
with
    summed as (
        select
            i,
            sum(ext_minor)::bigint as ext_minor,
            sum(line_discount_minor)::bigint as discount_minor,
            sum(exact_tax_minor)::bigint as tax_minor
        from part
        group by i
    ),
    recorded as (
        select
            s.* exclude (shipping_minor),
            s.shipping_minor as quoted_minor,
            p.ext_minor + (fault is not distinct from 'SUBTOTAL')::bigint as subtotal_minor,
            p.discount_minor + (fault is not distinct from 'DISCOUNT_ALLOCATION')::bigint as discount_minor,
            s.shipping_minor + (fault is not distinct from 'SHIPPING_QUOTE')::bigint as shipping_minor,
            p.tax_minor + (fault is not distinct from 'TAX_AMOUNT')::bigint as tax_minor
        from sale as s
        join summed as p
            on p.i = s.i
    )
select
    *,
    subtotal_minor - discount_minor + shipping_minor
        + case when price_includes_tax then 0 else tax_minor end
        + (fault is not distinct from 'ORDER_TOTAL')::bigint as total_minor,
    case
        when fault = 'CURRENCY_UNKNOWN' then 'XXX'
        else currency
    end as recorded_currency
from recorded;

create or replace temp view shop_order as
select
    day,
    order_id,
    'web' as series,
    i + 1 as order_number,
    'm1' as merchant_id,
    'web' as channel,
    null::varchar as customer_hmac,
    placed_at,
    placed_at as recorded_at,
    null::timestamptz as updated_at,
    'completed' as status,
    case when refunded then 'partially_refunded' else 'paid' end as financial_status,
    recorded_currency as currency,
    price_includes_tax,
    case when fault = 'NO_POLICY' then 'none' else policy_id end as policy_id,
    subtotal_minor,
    discount_minor,
    shipping_minor,
    0::bigint as shipping_discount_minor,
    0::bigint as fees_minor,
    tax_minor,
    0::bigint as rounding_adj_minor,
    total_minor,
    null::bigint as giftcard_minor,
    null::bigint as store_credit_minor,
    null::timestamptz as cancelled_at,
    false as is_test
from whole;

create or replace temp view shop_order_line as
select
    day,
    order_id || '-' || n as line_id,
    order_id,
    'sku' || drawn(i * 4 + n, 'sku', 5000) as sku,
    qty_e4,
    unit_price_e4,
    ext_minor,
    line_discount_minor,
    0::bigint as alloc_discount_minor,
    n = 0 and fault is not distinct from 'GIFTCARD_TAXED' as is_gift_card,
    'standard' as tax_category
from part;

create or replace temp view shop_order_tax_line as
select
    day,
    order_id,
    order_id || '-' || n as line_id,
    'line' as target_kind,
    case when n = 0 and fault = 'NEXUS' then 'elsewhere ' || jurisdiction else jurisdiction end as jurisdiction,
    case when n = 0 and fault = 'RATE_UNKNOWN' then 'unheard of' else 'standard' end as tax_category,
    rate_e9::bigint as rate_e9,
    taxable_minor,
    exact_tax_minor + (n = 0 and coalesce(fault in ('TAX_AMOUNT', 'TAX_LINES_SUM'), false))::bigint as tax_minor,
    case when n = 0 and fault = 'EXEMPT_NO_CERT' then 'export' end as exempt_reason
from part
where has_tax_line;

create or replace temp view shop_discount as
select
    day,
    'd' || order_id || '-' || n as discount_id,
    order_id,
    order_id || '-' || n as line_id,
    'promotion' as kind,
    case when n = 0 and fault = 'DISCOUNT_UNAUTHORISED' then 'winter' else 'spring' end as promotion_id,
    line_discount_minor as amount_minor,
    null::varchar as actor,
    null::varchar as approver
from part
where discounted;

create or replace temp view shop_shipping_quote as
select
    day,
    'q' || i as quote_id,
    order_id,
    'home' as zone,
    'parcel' as method,
    1000::bigint as weight_g,
    quoted_minor::bigint as amount_minor,
    placed_at - interval 5 minutes as quoted_at,
    null::varchar as override_approver
from whole;

-- An amount captured twice is two captures of half of what is due, to one tender: only how often it was taken is wrong.
create or replace temp table taken as
select
    w.*,
    n,
    'ch' || i || case when n > 0 then '-' || n else '' end as reference,
    case
        when fault = 'DUPLICATE_CAPTURE' and total_minor % 2 = 0 then total_minor // 2
        when fault = 'DUPLICATE_CAPTURE' then total_minor // 2 + n
        else total_minor + case fault when 'OVER_CAPTURED' then 1 when 'UNDER_CAPTURED' then -1 else 0 end
    end as taken_minor
from whole as w, range(case when fault in ('DUPLICATE_CAPTURE', 'ORPHAN_PROCESSOR_CHARGE') then 2 else 1 end) as r (n);

create or replace temp view shop_payment as
select
    day,
    'p' || reference as payment_id,
    order_id,
    'stripe' as processor,
    reference as processor_ref,
    'sale' as kind,
    'succeeded' as status,
    null::varchar as failure_code,
    taken_minor as amount_minor,
    case when fault = 'CURRENCY_MIX' then 'CHF' else recorded_currency end as currency,
    placed_at + interval 1 minute as attempted_at,
    placed_at + interval 1 minute as recorded_at,
    true as livemode,
    1::bigint as tender_seq,
    'k' || i as idempotency_key
from taken
where n = 0 or fault <> 'ORPHAN_PROCESSOR_CHARGE';

create or replace temp view psp_charge as
select
    day,
    reference as id,
    'stripe' as processor,
    'pi' || i as payment_intent,
    taken_minor + (fault is not distinct from 'AMOUNT')::bigint as amount_minor,
    taken_minor + (fault is not distinct from 'AMOUNT')::bigint as captured_minor,
    0::bigint as refunded_minor,
    case
        when fault = 'CURRENCY' then 'SEK'
        when fault = 'CURRENCY_MIX' then 'CHF'
        else recorded_currency
    end as currency,
    true as amount_exact,
    taken_minor as amount_counted,
    'captured' as status,
    null::varchar as failure_code,
    placed_at + interval 1 minute as created_at,
    fault is distinct from 'LIVEMODE' as livemode,
    order_id as order_ref,
    'txn' || reference as balance_entry,
    true as attempts_listed
from taken
where fault is distinct from 'ORPHAN_PLATFORM_PAYMENT';

create or replace temp view shop_refund as
select
    day,
    'r' || i as refund_id,
    order_id,
    're' || i as processor_ref,
    'succeeded' as status,
    recorded_currency as currency,
    total_minor // 2 as amount_minor,
    0::bigint as tax_minor,
    'returned' as reason,
    placed_at + interval 2 hours as created_at,
    placed_at + interval 2 hours as recorded_at,
    'clerk' as actor,
    'chief' as approver
from whole
where refunded
    and fault is distinct from 'REFUND_MISSING_LEFT';

create or replace temp view psp_refund as
select
    day,
    're' || i as id,
    'stripe' as processor,
    'ch' || i as charge,
    total_minor // 2 + (fault is not distinct from 'REFUND_AMOUNT')::bigint as amount_minor,
    recorded_currency as currency,
    true as amount_exact,
    total_minor // 2 as amount_counted,
    'succeeded' as status,
    false as released,
    placed_at + interval 2 hours as created_at,
    order_id as order_ref,
    'txnre' || i as balance_entry
from whole
where refunded
    and fault is distinct from 'REFUND_MISSING_RIGHT';
