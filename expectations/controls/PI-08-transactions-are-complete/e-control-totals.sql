-- What did the database total of each view, and what did we store of it?
with
    stored as (
        select 'orders' as table_name, instance, total_minor as amount from shop_order
        union all
        select 'order_lines', instance, ext_minor from shop_order_line
        union all
        select 'order_tax_lines', instance, tax_minor from shop_order_tax_line
        union all
        select 'discounts', instance, amount_minor from shop_discount
        union all
        select 'payments', instance, amount_minor from shop_payment
        union all
        select 'refunds', instance, amount_minor from shop_refund
        union all
        select 'refund_lines', instance, amount_minor from shop_refund_line
        union all
        select 'giftcard_ledger', instance, amount_minor from shop_giftcard_entry
        union all
        select 'fulfilments', instance, null from shop_fulfilment
        union all
        select 'inventory_movements', instance, qty from shop_inventory_movement
        union all
        select 'inventory_levels', instance, on_hand from shop_inventory_level
        union all
        select 'manual_adjustments', instance, amount_minor from shop_manual_adjustment
    ),
    summed as (
        select
            table_name,
            instance,
            count(*) as row_count,
            sum(amount) as amount
        from stored
        group by
            table_name,
            instance
    ),
    totalled as (
        select *
        from shop_control_total
        where table_name in (
            'orders', 'order_lines', 'order_tax_lines', 'discounts', 'payments', 'refunds', 'refund_lines',
            'giftcard_ledger', 'fulfilments', 'inventory_movements', 'inventory_levels', 'manual_adjustments'
        )
    )
select
    coalesce(s.table_name, t.table_name) as population_key,
    'view ' || coalesce(s.table_name, t.table_name) as subject_label,
    t.max_updated_at as occurred_at,
    coalesce(s.instance, t.instance) as instance,
    null as exempt_reason,
    coalesce(s.row_count, 0) as rows_stored,
    case
        when t.table_name is null then 0
        else t.row_count
    end as rows_totalled,
    coalesce(s.amount, 0)::bigint as sum_stored,
    coalesce(t.sum_minor, 0) as sum_totalled,
    coalesce(s.row_count, 0) = rows_totalled
    and (
        coalesce(s.amount, 0) = coalesce(t.sum_minor, 0)
        or coalesce(s.table_name, t.table_name) = 'fulfilments'
    ) as agrees
from summed as s
full join totalled as t
    on t.instance = s.instance
    and t.table_name = s.table_name
order by population_key
