-- Which rows does a seed draw from the population of a test? Anybody can draw them again:
-- order the different keys by the SHA-256 of seed and key written one after the other, and take the first n.
create macro draw_sample(test, t1, t2, n, seed) as table
with keys as (
    select
        p.population_key,
        min(p.subject_type) as subject_type,
        min(p.subject_label) as subject_label,
        min(p.result_day) as first_day,
        max(p.result_day) as last_day
    from ctl.population as p
    where p.test_id = test
        and p.result_day >= utc_day(t1)
        and p.result_day < utc_day(t2)
        and p.exempt_reason is null
    group by p.population_key
),
drawn as (
    select
        k.*,
        sha256(seed || k.population_key) as draw_sha256,
        count(*) over () as population_count
    from keys as k
)
select
    row_number() over (order by draw_sha256, population_key) as ordinal,
    population_key,
    subject_type,
    subject_label,
    first_day,
    last_day,
    draw_sha256,
    population_count
from drawn
qualify row_number() over (order by draw_sha256, population_key) <= n
order by ordinal;
comment on macro table draw_sample is 'draw_sample(test, t1, t2, n, seed): n different tested keys in the order of sha256(seed || key)';
