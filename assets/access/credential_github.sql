-- Which deploy keys reach a repository of a GitHub organisation, may they write, and when was each added and used?
-- Such a key is the repository's and no account's: it outlives whoever added it, and who holds it GitHub cannot say.
select
    'github:' || instance || ':' || repository || ':' || key_id as credential_key,
    'github' as system_id,
    null::varchar as account_key,
    key_id as native_id,
    case when is_read_only then 'read_only_deploy_key' else 'deploy_key' end as kind,
    coalesce(is_enabled, true) as active,
    created_at,
    last_used_at
from github_deploy_key
order by credential_key
