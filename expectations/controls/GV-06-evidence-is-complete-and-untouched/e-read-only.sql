-- What did each source let our own credential do, and could any of it change something there?
-- Files that people keep ask for no credential of ours: whether the process could write them is the machine's to
-- limit, and is shown. A source that was asked and cannot tell is exempt only if the parameters list it as one.
select
    access_key as population_key,
    principal as subject_label,
    asked_at as occurred_at,
    instance,
    case
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
