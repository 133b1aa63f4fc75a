-- Which orders were placed on the day, and by how much is each one's tax not what its policy makes of its lines?
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
        when tax_scope is null then 'no rounding policy in force: PI-02.f'
    end as exempt_reason,
    currency,
    policy_id,
    tax_scope,
    tax_mode,
    inclusive_target,
    price_includes_tax,
    tax_minor,
    expected_tax_minor,
    try_cast(abs(tax_minor::hugeint - expected_tax_minor) as bigint) as difference_minor,
    tolerance_minor,
    bases_off,
    lines_untaxed
from reconciliation_order_tax
where is_draft is not true
order by population_key
