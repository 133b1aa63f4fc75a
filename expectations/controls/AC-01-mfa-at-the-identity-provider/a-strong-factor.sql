-- Which accounts can sign in to Okta, and with which factors? A row for each, service accounts included.
-- A service account is exempt while it is registered as not interactive with an owner and a waiver id, and
-- does not sign in; if it does, that is judged, and not its factors.
with service as (
    select distinct on (access_account.account_key)
        access_account.account_key,
        register_service_account.owner,
        register_service_account.waiver_id
    from access_account
    join register_service_account
        on register_service_account.system_id = access_account.system_id
        and lower(register_service_account.account)
            in (lower(access_account.login), lower(access_account.native_id))
        and coalesce('okta-' || register_service_account.account_instance, access_account.instance)
            = access_account.instance
    where register_service_account.interactive = false
        and register_service_account.owner is not null
        and register_service_account.waiver_id is not null
    order by
        access_account.account_key,
        register_service_account.waiver_id
),

account as (
    select
        access_account.*,
        service.owner as service_owner,
        service.waiver_id as service_waiver_id,
        service.account_key is not null as is_service,
        date_sub('day', access_account.last_login_at, $observed_at) as days_since_sign_in
    from access_account
    left join service on service.account_key = access_account.account_key
    where access_account.status in ('ACTIVE', 'PASSWORD_EXPIRED', 'LOCKED_OUT', 'RECOVERY')
)

select
    account_key as population_key,
    login as subject_label,
    created_at as occurred_at,
    instance,
    case
        when is_service and coalesce(days_since_sign_in >= $service_quiet_days, true)
            then 'registered service account, not interactive: ' || service_owner || ', ' || service_waiver_id
    end as exempt_reason,
    status,
    is_admin,
    is_service,
    case
        when is_service then 'not asked of a service account'
        when mfa in ('strong', 'weak', 'none') then mfa
    end as mfa,
    strong_factor_count,
    weak_factor_count,
    case
        when is_admin and not is_service then phishing_resistant_factor_count
    end as admin_phishing_resistant_factor_count,
    case
        when is_service then days_since_sign_in
    end as service_days_since_sign_in
from account
order by population_key
