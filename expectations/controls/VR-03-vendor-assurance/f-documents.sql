-- What has become of the document that each row of a critical or high-risk vendor's assurance cites?
-- A document past its last day matters only while no later one of its kind has come for the vendor.
with cited as (
    select
        register_vendor_evidence.evidence_id,
        register_vendor_evidence.instance,
        register_vendor_evidence.vendor_id,
        register_vendor_evidence.kind,
        register_vendor_evidence.document_sha256,
        register_vendor.name,
        document_file.document_sha256 as stored_sha256,
        document_file.intact,
        document_file.file_name,
        document_file.effective_on,
        document_file.expires_on,
        max(document_file.effective_on) filter (where document_file.effective_on <= $day) over (
            partition by
                register_vendor_evidence.vendor_id,
                register_vendor_evidence.kind
        ) as newest_effective_on
    from register_vendor_evidence
    join register_vendor on register_vendor.vendor_id = register_vendor_evidence.vendor_id
    left join document_file on document_file.document_sha256 = register_vendor_evidence.document_sha256
    where register_vendor.status = 'active' and register_vendor.tier in ('critical', 'high')
)

select
    evidence_id as population_key,
    name as subject_label,
    null as occurred_at,
    instance,
    null as exempt_reason,
    vendor_id,
    kind,
    document_sha256,
    file_name,
    case
        when document_sha256 is null then 'not cited'
        when stored_sha256 is null then 'not stored'
        when not intact then 'altered'
        else 'stored'
    end as document_state,
    case
        when effective_on = newest_effective_on then date_diff('day', expires_on, $day)
    end as days_past_expiry
from cited
order by population_key
