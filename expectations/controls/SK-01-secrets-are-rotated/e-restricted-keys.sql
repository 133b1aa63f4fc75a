-- For which secrets is the provider's restricted kind of key required, and which kind is in use?
select
    secret_id as population_key,
    secret_id as subject_label,
    null as occurred_at,
    instance,
    case
        when type = 'keyless' then 'keyless: an identity instead of a secret'
    end as exempt_reason,
    provider,
    environment,
    key_kind
from register_secret
where restricted_required
    and (retired_on is null or retired_on > $day)
order by population_key
