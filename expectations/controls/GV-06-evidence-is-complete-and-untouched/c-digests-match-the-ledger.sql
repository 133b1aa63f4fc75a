-- Which files and ledger entries were looked at again, and what is their digest now?
select
    object_key as population_key,
    null as subject_label,
    null as occurred_at,
    instance,
    null as exempt_reason,
    dataset,
    expected_sha256,
    case
        when chain_link_matches = false then 'broken chain link'
        else found_sha256
    end as found_sha256,
    chain_link_matches
from meta_object
order by population_key
