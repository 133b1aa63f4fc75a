-- What did a dataset look like at an instant, from which capture do we know, and how old was that?
-- Of a state: the latest capture of each instance. Of events: all days, the newest read of each.
-- Refuses evidence that was stale at the instant, and event days that were missing, unless asked:
-- `max_age := interval 3 days` allows that age, `any_age := true` allows everything.
create macro as_of(dataset, ts, max_age := null, any_age := false) as table
with declared as (
    select coalesce(d.follows, d.kind) = 'event' as is_event
    from meta.dataset as d
    where d.dataset = dataset
),
expected as (
    select
        e.instance,
        e.cadence_hours + e.grace_hours as allowed_hours,
        utc_day(ts::timestamptz) between e.valid_from and coalesce(e.valid_to, date '9999-12-31') as still
    from meta.dataset_schedule as e
    where e.dataset = dataset
),
in_force as (
    select
        s.instance,
        s.entry,
        s.captured_at
    from meta.snapshot as s
    where s.dataset = dataset
        and s.listed
        and s.captured_at <= ts::timestamptz
        and s.instance not in (select instance from expected group by instance having not bool_or(still))
    qualify row_number() over (
        partition by s.instance, case when (select is_event from declared) then s.day end
        order by s.captured_at desc, s.entry desc
    ) = 1
),
newest as (
    select
        instance,
        max(captured_at) as captured_at
    from in_force
    group by instance
),
faults as (
    select
        case
            when n.captured_at is null then coalesce(e.instance, 'nothing') || ' had not been captured yet'
            else n.instance || ' was last captured at ' || strftime(timezone('UTC', n.captured_at), '%Y-%m-%d %H:%M:%SZ')
        end as fault
    from (select instance, allowed_hours from expected where still) as e
    full join newest as n on n.instance = e.instance
    where n.captured_at is null
        or ts::timestamptz - n.captured_at > coalesce(max_age, to_hours(coalesce(e.allowed_hours, 48)))
    union all
    select 'nothing had been captured yet' as fault
    where not exists (select 1 from newest) and not exists (select 1 from expected where still)
    union all
    select c.instance || ' has no read of the events of ' || c.day as fault
    from ctl.coverage as c
    where c.dataset = dataset
        and (select is_event from declared)
        and c.closes_at <= ts::timestamptz
        and (c.first_captured_at is null or c.first_captured_at > ts::timestamptz)
),
verdict as (
    select
        case
            when any_age or count(*) = 0 then true
            else error(
                'as_of(''' || dataset || ''', …): ' || string_agg(fault, '; ' order by fault)
                || '. Evidence older than its cadence does not show what was so at that instant. Choose another '
                || 'instant, allow an age (max_age := interval 3 days) or everything (any_age := true); '
                || 'coverage_gaps(''' || dataset || ''', …) says why it is missing.'
            )
        end as allowed
    from faults
)
select
    v.entry,
    v.instance,
    v.day,
    v.captured_at,
    ts::timestamptz - v.captured_at as age,
    v.* exclude (entry, instance, day, captured_at)
from query_table('ev.' || dataset) as v
where v.entry in (select entry from in_force)
    and (select allowed from verdict);
comment on macro table as_of is 'as_of(dataset, ts): the rows in force at an instant, with captured_at and age; refuses stale evidence unless max_age or any_age allows it';
