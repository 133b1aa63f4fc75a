-- For every rotated secret whose provider lists its keys: how many did it make about when the vault got a new version?
-- A secret with one version was put into the vault and never rotated. Where the register names the provider's key,
-- only that one counts: a key made for something else is no rotation of this. Where no version is current, or the
-- keys were not read, that cannot be told.
with registered as (
    select *
    from register_secret
    where provider = 'stripe'
        and (retired_on is null or retired_on > $day)
),

rotated as (
    select
        aws_secret.instance,
        aws_secret.name,
        max(aws_secret_version.created_at) filter (
            where list_contains(aws_secret_version.stages, 'AWSCURRENT')
        ) as rotated_at
    from aws_secret
    inner join aws_secret_version
        on aws_secret_version.arn = aws_secret.arn
        and aws_secret_version.instance = aws_secret.instance
    group by
        aws_secret.instance,
        aws_secret.name
    having count(*) > 1
),

made as (
    select
        registered.secret_id,
        count(stripe_api_key.key_id) as keys_made
    from registered
    inner join rotated
        on rotated.instance = registered.account_id
        and rotated.name = registered.vault_name
    left join stripe_api_key
        on stripe_api_key.type = 'secret_key'
        and abs(date_diff('second', stripe_api_key.created_at, rotated.rotated_at)) <= $provider_hours * 3600
        and (registered.provider_key_id is null or registered.provider_key_id = stripe_api_key.key_id)
    group by registered.secret_id
)

select
    registered.secret_id as population_key,
    registered.secret_id as subject_label,
    rotated.rotated_at as occurred_at,
    registered.account_id as instance,
    case
        when registered.type = 'keyless' then 'keyless: an identity instead of a secret'
    end as exempt_reason,
    registered.owner,
    registered.environment,
    case
        when rotated.rotated_at is null then null
        when 'stripe_api_key' in (
            select dataset
            from snapshot_read
        ) then made.keys_made
    end as keys_made
from registered
inner join rotated
    on rotated.instance = registered.account_id
    and rotated.name = registered.vault_name
left join made
    on made.secret_id = registered.secret_id
order by population_key
