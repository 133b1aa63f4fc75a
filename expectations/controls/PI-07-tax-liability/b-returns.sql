-- Of which periods is the return to be filed, was it, when, and does it say what our ledger says?
select
    l.jurisdiction || ' ' || l.period as population_key,
    l.jurisdiction || ' ' || l.period as subject_label,
    null::timestamptz as occurred_at,
    l.instance,
    case
        when s.expected_since >= l.period_start then 'the period began before the evidence'
    end as exempt_reason,
    l.currency,
    l.ledger_tax_minor,
    l.stated_tax_minor as filed_tax_minor,
    case
        when l.stated then abs(l.ledger_tax_minor - l.stated_tax_minor)
        when l.ledger_tax_minor is not null then 0
    end as difference_minor,
    case
        when l.stated then true
        else l.ledger_tax_minor = 0
    end as filed_or_nothing_owed,
    l.due_on,
    l.filed_on
from reconciliation_tax_liability as l
left join (
    select min(expected_since) as expected_since
    from meta_slot
    where dataset = 'shop_order_tax_line' and slot_day = $day
) as s
    on true
where l.compared_with = 'filed'
    and (l.stated or l.ledger_tax_minor <> 0 or l.ledger_tax_minor is null)
order by population_key
