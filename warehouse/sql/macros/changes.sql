-- Which rows of a dataset were added, removed or modified between two instants?
-- Compares what as_of answers for each, and refuses stale evidence as it does.
create macro changes(dataset, t1, t2, max_age := null, any_age := false) as table
with earlier as (
    select * exclude (entry, day, captured_at, age)
    from as_of(dataset, t1, max_age := max_age, any_age := any_age)
),
later as (
    select * exclude (entry, day, captured_at, age)
    from as_of(dataset, t2, max_age := max_age, any_age := any_age)
),
declared as (
    select d.key as names
    from meta.dataset as d
    where d.dataset = dataset
),
gone as (
    select
        g.instance,
        list_transform(names, lambda name: (to_json(g)::map(varchar, varchar))[name]) as row_key,
        g as content
    from (select * from earlier except select * from later) as g
    cross join declared
),
come as (
    select
        c.instance,
        list_transform(names, lambda name: (to_json(c)::map(varchar, varchar))[name]) as row_key,
        c as content
    from (select * from later except select * from earlier) as c
    cross join declared
)
select
    coalesce(gone.instance, come.instance) as instance,
    coalesce(gone.row_key, come.row_key) as row_key,
    case
        when gone.instance is null then 'added'
        when come.instance is null then 'removed'
        else 'modified'
    end as change,
    gone.content as before,
    come.content as after
from gone
full join come on come.instance = gone.instance and come.row_key = gone.row_key
order by instance, row_key;
comment on macro table changes is 'changes(dataset, t1, t2): rows added, removed or modified between two instants, with the row before and after';
