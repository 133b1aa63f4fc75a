-- How often was every secret rotated in the observation period so far, and how often should it have been?
-- A rotation is a version made in the period other than the secret's first. A secret rotated in time has, in any
-- stretch of days, at least as many as its rotation fits into that stretch. Where no audit's period covers the day,
-- or the vault was not read, that cannot be told.
with period as (
    select min(period_start) as started_on
    from register_observation_period
    where $day between period_start and period_end
),

registered as (
    select *
    from register_secret
    where retired_on is null or retired_on > $day
),

version as (
    select
        aws_secret.instance,
        aws_secret.name,
        aws_secret_version.created_at,
        min(aws_secret_version.created_at) over (
            partition by aws_secret.instance, aws_secret.arn
        ) as first_created_at
    from aws_secret
    left join aws_secret_version
        on aws_secret_version.arn = aws_secret.arn
        and aws_secret_version.instance = aws_secret.instance
),

vault as (
    select
        version.instance,
        version.name,
        cast(min(version.first_created_at) as date) as first_on,
        case
            when count(version.created_at) > 0 and min(period.started_on) is not null
                then count(*) filter (
                    where version.created_at > version.first_created_at
                        and cast(version.created_at as date) >= period.started_on
                )
        end as rotations
    from version
    cross join period
    group by
        version.instance,
        version.name
),

secret as (
    select
        coalesce(registered.secret_id, vault.instance || '/' || vault.name) as secret_id,
        coalesce(vault.instance, registered.instance) as instance,
        registered.owner,
        registered.type,
        coalesce(registered.rotation_days, $default_rotation_days) as rotation_days,
        case
            when period.started_on is not null
                then date_diff(
                    'day',
                    greatest(period.started_on, coalesce(registered.created_on, vault.first_on)),
                    $day
                )
        end as days_in_use,
        vault.rotations
    from registered
    full join vault
        on vault.instance = registered.account_id
        and vault.name = registered.vault_name
    cross join period
)

select
    secret_id as population_key,
    secret_id as subject_label,
    null as occurred_at,
    instance,
    case
        when type = 'keyless' then 'keyless: an identity instead of a secret'
    end as exempt_reason,
    owner,
    days_in_use,
    rotation_days,
    rotations,
    days_in_use // rotation_days as rotations_due
from secret
order by population_key
