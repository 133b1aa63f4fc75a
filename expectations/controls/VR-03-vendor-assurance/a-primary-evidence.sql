-- Which critical and high-risk vendors are in use, and how many of their primary documents are in force?
-- Whether a document without a date is in force cannot be told. A vendor that was assessed without one is exempt here:
-- test b judges that.
with
document as (
    select
        vendor_id,
        case kind
            when 'soc2_type2' then period_end + $max_report_age_days::integer
            when 'iso27001' then expires_on
            when 'pci_aoc' then issued_on + $max_report_age_days::integer
        end as valid_until
    from register_vendor_evidence
    where kind in ('soc2_type2', 'iso27001', 'pci_aoc')
    union all
    select
        letter.vendor_id,
        least(
            letter.period_end,
            report.period_end + $max_report_age_days::integer + $max_bridge_days::integer
        ) as valid_until
    from register_vendor_evidence as letter
    join register_vendor_evidence as report
        on report.vendor_id = letter.vendor_id
        and report.kind = 'soc2_type2'
        and report.period_end < letter.period_end
    where letter.kind = 'bridge_letter'
),

primary_evidence as (
    select
        vendor_id,
        count(*) filter (where valid_until >= $day) as in_force,
        count(*) filter (where valid_until is null) as undated,
        max(valid_until) as valid_until
    from document
    group by vendor_id
)

select
    register_vendor.vendor_id as population_key,
    register_vendor.name as subject_label,
    null as occurred_at,
    register_vendor.instance,
    case
        when register_vendor_assessment.vendor_id is not null and coalesce(primary_evidence.in_force, 0) = 0
            then 'assessed without primary evidence: VR-03.b judges the alternatives'
    end as exempt_reason,
    register_vendor.tier,
    register_vendor.owner,
    primary_evidence.valid_until,
    case
        when primary_evidence.in_force > 0 or coalesce(primary_evidence.undated, 0) = 0
            then coalesce(primary_evidence.in_force, 0)
    end as in_force
from register_vendor
left join primary_evidence on primary_evidence.vendor_id = register_vendor.vendor_id
left join register_vendor_assessment on register_vendor_assessment.vendor_id = register_vendor.vendor_id
where register_vendor.status = 'active'
    and register_vendor.tier in ('critical', 'high')
order by population_key
