-- Of which periods is the tax engine's report to be there, and what do it and our ledger say?
-- What the engine does not report counts as nothing. The day before a period is read too, for other time zones' sake.
select
    l.jurisdiction || ' ' || l.period as population_key,
    l.jurisdiction || ' ' || l.period as subject_label,
    null::timestamptz as occurred_at,
    l.instance,
    case
        when s.expected_since >= l.period_start then 'the period began before the evidence'
    end as exempt_reason,
    l.currency,
    l.documents,
    l.ledger_tax_minor,
    coalesce(l.stated_tax_minor, 0) as engine_tax_minor,
    abs(l.ledger_tax_minor - coalesce(l.stated_tax_minor, 0)) as difference_minor,
    l.documents * $engine_difference_minor as accepted_minor
from reconciliation_tax_liability as l
left join (
    select min(expected_since) as expected_since
    from meta_slot
    where dataset = 'shop_order_tax_line' and slot_day = $day
) as s
    on true
where l.compared_with = 'engine'
    and (l.stated or l.ledger_tax_minor <> 0 or l.ledger_tax_minor is null)
order by population_key
