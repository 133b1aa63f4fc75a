-- Which documents of critical and high-risk vendors say something that must be treated, and was it?
-- What nobody has read yet says nothing: test c reports it.
select
    register_vendor_evidence.evidence_id as population_key,
    register_vendor.name as subject_label,
    null as occurred_at,
    register_vendor_evidence.instance,
    null as exempt_reason,
    register_vendor_evidence.vendor_id,
    register_vendor_evidence.opinion,
    register_vendor_evidence.relevant_exceptions,
    (
        coalesce(register_vendor_evidence.opinion <> 'unqualified', false)
        or register_vendor_evidence.relevant_exceptions
    )
    and register_vendor_evidence.risk_treatment_id is null as untreated
from register_vendor_evidence
join register_vendor on register_vendor.vendor_id = register_vendor_evidence.vendor_id
where register_vendor.status = 'active'
    and register_vendor.tier in ('critical', 'high')
    and register_vendor_evidence.kind in ('soc2_type2', 'soc2_type1', 'iso27001', 'pci_aoc')
order by population_key
