-- What does a dataset look like now, and how old was that when this file was made?
create macro latest(dataset) as table
select
    v.entry,
    v.instance,
    v.day,
    v.captured_at,
    p.published_at - v.captured_at as age,
    v.* exclude (entry, instance, day, captured_at)
from query_table('cur.' || dataset) as v
cross join (select published_at from meta.published) as p;
comment on macro table latest is 'latest(dataset): the latest complete capture of each instance, with its age when this file was made';
