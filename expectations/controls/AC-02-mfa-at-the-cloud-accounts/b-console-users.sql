-- Which IAM users are there, and which of them can sign in to the console with what second factor?
-- The root user is another test's. A service account is exempt while it is registered as not interactive
-- with an owner and a waiver id, and nobody signs in with it.
with service as (
    select distinct on (access_account.account_key)
        access_account.account_key,
        register_service_account.owner,
        register_service_account.waiver_id
    from access_account
    join register_service_account
        on register_service_account.system_id = access_account.system_id
        and register_service_account.account in (access_account.login, access_account.native_id)
        and coalesce('aws-' || register_service_account.account_instance, access_account.instance)
            = access_account.instance
    where register_service_account.interactive = false
        and register_service_account.owner is not null
        and register_service_account.waiver_id is not null
        and coalesce(
            date_sub('day', access_account.last_login_at, $observed_at) >= $service_quiet_days,
            true
        )
    order by
        access_account.account_key,
        register_service_account.waiver_id
)

select
    access_account.account_key as population_key,
    access_account.login as subject_label,
    access_account.created_at as occurred_at,
    access_account.instance,
    case
        when service.account_key is not null
            then 'registered service account, not interactive: ' || service.owner || ', ' || service.waiver_id
    end as exempt_reason,
    access_account.console_access,
    case
        when access_account.console_access = false then 'no console access'
        when access_account.console_access and access_account.mfa in ('strong', 'weak', 'none')
            then access_account.mfa
    end as console_mfa,
    access_account.last_login_at
from access_account
left join service on service.account_key = access_account.account_key
where access_account.account_type <> 'root'
order by population_key
