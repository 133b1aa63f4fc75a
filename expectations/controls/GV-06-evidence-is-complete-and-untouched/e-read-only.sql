-- What did each source let our own credential do, and could any of it change something there?
-- Files that people keep have no credential of ours. A source that cannot tell is exempt only if it is listed as one
-- in the parameters; one that tells of a way to write is never exempt.
select
    access_key as population_key,
    principal as subject_label,
    asked_at as occurred_at,
    instance,
    case
        when len(writing) > 0 then null
        when list_contains($kept_by_people, source) then 'files that people keep: there is no credential of ours'
        when writing is null and asked_at is not null and list_contains($cannot_tell, source)
            then 'the source does not tell what a credential may do; see SETUP.md for how it is restricted'
    end as exempt_reason,
    granted,
    writing,
    problem,
    case
        when writing is not null then len(writing)
    end as writing_count
from meta_access
order by population_key
