-- On how many points was each assurance document of a critical or high-risk vendor not reviewed?
-- Only a SOC 2 report has an opinion. A letter that bridges a report has nothing to review but its date.
select
    register_vendor_evidence.evidence_id as population_key,
    register_vendor.name as subject_label,
    null as occurred_at,
    register_vendor_evidence.instance,
    null as exempt_reason,
    register_vendor_evidence.vendor_id,
    register_vendor_evidence.kind,
    (register_vendor_evidence.reviewed_by is null)::integer
    + coalesce(register_vendor_evidence.reviewed_on > $day, true)::integer
    + (
        register_vendor_evidence.kind in ('soc2_type2', 'soc2_type1')
        and register_vendor_evidence.opinion is null
    )::integer
    + (register_vendor_evidence.relevant_exceptions is null)::integer
    + (not coalesce(register_vendor_evidence.cuecs_mapped, false))::integer
    + (not coalesce(register_vendor_evidence.subservice_reviewed, false))::integer
    + (not coalesce(register_vendor_evidence.scope_reviewed, false))::integer as points_not_reviewed
from register_vendor_evidence
join register_vendor on register_vendor.vendor_id = register_vendor_evidence.vendor_id
where register_vendor.status = 'active'
    and register_vendor.tier in ('critical', 'high')
    and register_vendor_evidence.kind in ('soc2_type2', 'soc2_type1', 'iso27001', 'pci_aoc')
order by population_key
