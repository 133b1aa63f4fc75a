-- Which files does an exception rest on, down to what was read from the source? A row for each day and file.
-- The test read those of depth 0; each next depth is what the one before was derived from. Where equal captures of
-- several days share a digest, the test read that of its own day if there is one.
create macro evidence_of(exception) as table
with recursive file as (
    select
        s.*,
        regexp_extract(s.object_uri, 'evidence/[^/]+/instance=[^/]+/day=[^/]+/[^/]+$') as path
    from meta.snapshot as s
),
lineage as (
    select
        e.result_day,
        s.object_uri,
        s.inputs,
        0 as depth
    from ctl.exception as e
    join ctl.test_result as r on r.entry = e.entry and r.result_id = e.result_id
    join file as s on list_contains(r.snapshot_ids, s.snapshot_id)
    where e.exception_id = exception
    qualify s.day = e.result_day
        or not bool_or(s.day = e.result_day) over (partition by e.result_day, s.snapshot_id)
    union
    select
        l.result_day,
        s.object_uri,
        s.inputs,
        l.depth + 1 as depth
    from lineage as l
    join file as s on list_contains(l.inputs, s.path)
),
nearest as (
    select
        result_day,
        object_uri,
        min(depth) as depth
    from lineage
    group by
        result_day,
        object_uri
)
select
    n.result_day,
    n.depth,
    s.dataset,
    s.instance,
    s.day,
    min(s.captured_at) as captured_at,
    s.snapshot_id,
    n.object_uri,
    bool_and(s.verifies) as verifies
from nearest as n
join meta.snapshot as s on s.object_uri = n.object_uri
group by all
order by
    n.result_day,
    n.depth,
    s.dataset,
    s.instance,
    n.object_uri;
comment on macro table evidence_of is 'evidence_of(exception): every file an exception rests on, on each of its days, down to what the source said';
