-- By which definitions have controls been judged so far, and who approved each that replaced another?
-- An approval counts where somebody else than the author gave it before the end of the day. A definition that a
-- control began with replaced none.
select
    meta_definition.definition_key as population_key,
    meta_definition.control_id as subject_label,
    meta_definition.first_used_at as occurred_at,
    meta_definition.instance,
    case
        when meta_definition.previous_sha256 is null then 'the first definition of its control'
    end as exempt_reason,
    meta_definition.definition_sha256,
    meta_definition.previous_sha256,
    meta_definition.first_used_on,
    register_control_change.author,
    register_control_change.approved_by,
    register_control_change.approved_at,
    case
        when register_control_change.approved_at is null or register_control_change.approved_by is null
            then 'not approved'
        when register_control_change.approved_at >= $day_end then 'not approved'
        when register_control_change.author = register_control_change.approved_by then 'approved by its author'
        when register_control_change.author is not null then 'approved'
    end as approval
from meta_definition
left join register_control_change
    on register_control_change.control_id = meta_definition.control_id
    and register_control_change.definition_sha256 = meta_definition.definition_sha256
order by population_key
