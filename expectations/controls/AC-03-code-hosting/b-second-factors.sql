-- Which accounts are members or outside collaborators, and which second factor has each?
-- A service account is exempt while it is registered as not interactive. What GitHub does not tell is unknown.
with service as (
    select distinct on (access_account.account_key)
        access_account.account_key,
        register_service_account.owner
    from access_account
    join register_service_account
        on register_service_account.system_id = access_account.system_id
        and lower(register_service_account.account)
            in (lower(access_account.login), lower(access_account.native_id))
        and coalesce('github-' || register_service_account.account_instance, access_account.instance)
            = access_account.instance
    where register_service_account.interactive = false
    order by
        access_account.account_key,
        register_service_account.owner
)

select
    access_account.account_key as population_key,
    access_account.login as subject_label,
    null as occurred_at,
    access_account.instance,
    case
        when service.account_key is not null
            then 'registered service account, not interactive: ' || service.owner
    end as exempt_reason,
    access_account.is_admin,
    case
        when access_account.mfa <> 'unknown' then access_account.mfa
    end as mfa
from access_account
left join service
    on service.account_key = access_account.account_key
order by population_key
