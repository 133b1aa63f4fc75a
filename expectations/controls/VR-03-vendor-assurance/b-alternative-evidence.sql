-- Which critical and high-risk vendors have no primary document in force, and what of the alternatives is missing?
-- A document without a date might be in force: then what the vendor needs cannot be told.
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
),

contract as (
    select
        vendor_id,
        bool_or(clause_security) as clause_security,
        bool_or(clause_incident_notice) as clause_incident_notice,
        bool_or(clause_right_to_audit) as clause_right_to_audit
    from register_vendor_contract
    where signed_on <= $day
        and (ends_on is null or ends_on >= $day)
    group by vendor_id
),

assessed as (
    select
        register_vendor.*,
        coalesce(primary_evidence.undated, 0) as undated,
        list_filter(
            [
                case when assessment.questionnaire_sent_on is null then 'questionnaire sent' end,
                case
                    when coalesce(
                        assessment.questionnaire_reviewed_on
                            not between $day - $max_questionnaire_age_days::integer and $day,
                        true
                    ) then 'answers reviewed'
                end,
                case when not coalesce(contract.clause_security, false) then 'clause on security' end,
                case
                    when not coalesce(contract.clause_incident_notice, false) then 'clause on incident notice'
                end,
                case when not coalesce(contract.clause_right_to_audit, false) then 'clause on audits' end,
                case when assessment.compensating_control_id is null then 'compensating control' end,
                case
                    when assessment.approved_by is null or coalesce(assessment.approved_on > $day, true)
                        then 'approval'
                end
            ],
            lambda part: part is not null
        ) as missing
    from register_vendor
    left join primary_evidence on primary_evidence.vendor_id = register_vendor.vendor_id
    left join register_vendor_assessment as assessment on assessment.vendor_id = register_vendor.vendor_id
    left join contract on contract.vendor_id = register_vendor.vendor_id
    where register_vendor.status = 'active'
        and register_vendor.tier in ('critical', 'high')
        and coalesce(primary_evidence.in_force, 0) = 0
)

select
    vendor_id as population_key,
    name as subject_label,
    null as occurred_at,
    instance,
    null as exempt_reason,
    tier,
    owner,
    array_to_string(missing, ', ') as missing,
    case
        when undated = 0 or len(missing) = 0 then len(missing)
    end as alternatives_missing
from assessed
order by population_key
