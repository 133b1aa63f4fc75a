-- Which deploy keys may write, which fine-grained tokens are there, and what bounds each: an end, a register, nothing?
-- A key that only reads is not asked about. A retired line of the register is registered no more. An organisation
-- whose keys were read and whose tokens were not has a row too, of which nothing is known.
with credential as (
    select
        instance,
        'deploy_key' as kind,
        key_id as native_id,
        repository as subject_label,
        added_by as held_by,
        created_at,
        last_used_at,
        null::timestamptz as expires_at,
        false as is_expired
    from github_deploy_key
    where not is_read_only
    union all by name
    select
        instance,
        'personal_access_token' as kind,
        token_id as native_id,
        name as subject_label,
        owner as held_by,
        granted_at as created_at,
        last_used_at,
        expires_at,
        is_expired
    from github_personal_access_token
    union all by name
    select
        instance,
        'personal_access_token' as kind,
        '<not listed>' as native_id,
        'all tokens of ' || instance as subject_label
    from snapshot_read
    where dataset = 'github_deploy_key'
        and instance not in (
            select instance
            from snapshot_read
            where dataset = 'github_personal_access_token'
        )
),

registered as (
    select
        provider_key_id,
        min(secret_id) as secret_id
    from register_secret
    where provider = 'github'
        and provider_key_id is not null
        and (retired_on is null or retired_on > $day)
    group by provider_key_id
)

select
    'github:' || credential.instance || ':' || credential.kind || ':' || credential.native_id as population_key,
    credential.subject_label,
    credential.created_at as occurred_at,
    credential.instance,
    null as exempt_reason,
    credential.kind,
    credential.held_by,
    credential.last_used_at,
    credential.expires_at,
    registered.secret_id,
    case
        when registered.secret_id is not null then 'the register of secrets'
        when credential.is_expired then 'its end, which has come'
        when credential.expires_at is not null then 'its end'
        when credential.is_expired = false then 'nothing'
    end as bound_by
from credential
left join registered
    on registered.provider_key_id = credential.native_id
order by population_key
