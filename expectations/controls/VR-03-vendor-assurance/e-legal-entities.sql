-- Which legal entity is each assurance document about, and with whom is the contract?
select
    register_vendor_evidence.evidence_id as population_key,
    coalesce(register_vendor.name, register_vendor_evidence.vendor_id) as subject_label,
    null as occurred_at,
    register_vendor_evidence.instance,
    null as exempt_reason,
    register_vendor_evidence.vendor_id,
    lower(trim(register_vendor_evidence.legal_entity)) as evidence_entity,
    lower(trim(register_vendor.legal_entity)) as vendor_entity
from register_vendor_evidence
left join register_vendor on register_vendor.vendor_id = register_vendor_evidence.vendor_id
where register_vendor.vendor_id is null
    or (register_vendor.status = 'active' and register_vendor.tier in ('critical', 'high'))
order by population_key
