-- Which financial fields does the audit trail say somebody changed on the day, and is a correction about each?
-- One of the day before counts too, as it may take effect just before midnight. Where the trail names no fields, nobody
-- can tell whether a change was of an amount.
with
    correction as (
        select
            instance,
            entity,
            entity_id
        from shop_manual_adjustment
        union all
        select
            instance,
            entity,
            entity_id
        from shop_manual_adjustment_before
    )
select
    e.event_id as population_key,
    e.entity || ' ' || e.entity_id as subject_label,
    e.at as occurred_at,
    e.instance,
    null as exempt_reason,
    e.actor,
    e.action,
    e.field_names,
    case
        when count(c.entity_id) > 0 or any_value(e.field_names) is not null then count(c.entity_id)
    end as corrections
from shop_audit_event as e
left join correction as c
    on c.instance = e.instance
    and c.entity = e.entity
    and c.entity_id = e.entity_id
where list_contains($financial_entities, e.entity)
    and not list_contains($services, coalesce(e.actor, ''))
    and (e.field_names is null or list_has_any(e.field_names, $financial_fields))
group by all
order by population_key
