-- Is every secret both registered and in a vault? A retired one is registered no more.
-- Where the vault of an account was not read, whether it holds a secret cannot be told.
with registered as (
    select *
    from register_secret
    where retired_on is null or retired_on > $day
)

select
    coalesce(registered.secret_id, aws_secret.instance || '/' || aws_secret.name) as population_key,
    coalesce(registered.secret_id, aws_secret.instance || '/' || aws_secret.name) as subject_label,
    null as occurred_at,
    coalesce(aws_secret.instance, registered.instance) as instance,
    case
        when registered.type = 'keyless' then 'keyless: an identity instead of a secret'
    end as exempt_reason,
    registered.owner,
    registered.secret_id is not null as registered,
    case
        when aws_secret.arn is not null then true
        when registered.account_id is null or registered.vault_name is null then false
        when registered.account_id in (
            select instance
            from snapshot_read
            where dataset = 'aws_secret'
        ) then false
    end as in_vault
from registered
full join aws_secret
    on aws_secret.instance = registered.account_id
    and aws_secret.name = registered.vault_name
order by population_key
