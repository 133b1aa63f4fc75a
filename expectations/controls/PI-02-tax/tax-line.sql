-- Which taxes are on the orders of the day, at which rate, and what stands behind charging them or not?
-- A rate is no matter where a reason not to tax is given; that no tax is on a gift card is as it should be.
select
    concat_ws('|', order_id, line_id, target_kind, jurisdiction, tax_category) as population_key,
    'tax on order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
    end as exempt_reason,
    order_id,
    line_id,
    target_kind,
    jurisdiction,
    tax_category,
    currency,
    taxable_minor,
    tax_minor,
    exempt_reason as reason_not_to_tax,
    certificate_id,
    is_registered,
    is_gift_card,
    case
        when exempt_reason is null then rate_e9
    end as rate_e9,
    expected_rate_e9,
    case
        when exempt_reason is null and expected_rate_e9 is null then 'none in force for ' || tax_category
    end as rate_lacking,
    case
        when tax_minor <> 0 and not is_registered then 'taxed without a registration'
        when is_registered and exempt_reason is null and not is_gift_card and tax_minor = 0 and least_tax_minor <> 0
            then 'registered, but not taxed'
    end as nexus,
    case
        when is_gift_card then tax_minor
        else 0
    end as gift_card_tax_minor,
    case
        when exempt_reason is not null and certificate_id is null then exempt_reason
    end as uncertified_reason
from reconciliation_tax_line
where is_draft is not true
order by population_key
