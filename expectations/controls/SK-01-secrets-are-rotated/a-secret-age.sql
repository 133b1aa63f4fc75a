-- How old is the current value of every secret, and how old may it be?
-- The union of register and vaults: what only one of them knows is judged too. Where the vault of an account was not
-- read, or no version is current, the age cannot be told.
with registered as (
    select *
    from register_secret
    where retired_on is null or retired_on > $day
),

vault as (
    select
        aws_secret.instance,
        aws_secret.name,
        max(aws_secret_version.created_at) as created_at
    from aws_secret
    left join aws_secret_version
        on aws_secret_version.arn = aws_secret.arn
        and aws_secret_version.instance = aws_secret.instance
        and list_contains(aws_secret_version.stages, 'AWSCURRENT')
    group by
        aws_secret.instance,
        aws_secret.name
)

select
    coalesce(registered.secret_id, vault.instance || '/' || vault.name) as population_key,
    coalesce(registered.secret_id, vault.instance || '/' || vault.name) as subject_label,
    vault.created_at as occurred_at,
    coalesce(vault.instance, registered.instance) as instance,
    case
        when registered.type = 'keyless' then 'keyless: an identity instead of a secret'
    end as exempt_reason,
    registered.owner,
    coalesce(registered.rotation_days, $default_rotation_days) as rotation_days,
    date_sub('day', vault.created_at, $observed_at) as age_days
from registered
full join vault
    on vault.instance = registered.account_id
    and vault.name = registered.vault_name
order by population_key
