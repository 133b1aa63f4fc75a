-- Which accounts did everybody have who has left, and was one used after that?
-- Sign-ins count on the day they happened, or on the first on which HR states the end of work. Where a system
-- keeps no log that we read, its own last use counts, on the first day it is seen. An account that only the
-- identity provider signs in, as it says itself or the parameters do, is judged there. Where a system tells of no
-- use at all, an account that was enabled when it was last looked at cannot be judged. That a token was used
-- counts wherever it is told; that none was says nothing of sign-ins, so a system does not tell by its tokens.
with leaver as materialized (
    select
        person_id,
        name,
        start_on,
        terminated_at,
        (terminated_at at time zone $business_time_zone)::date as last_day
    from people_person
    where terminated_at < $day_end
),

stated as materialized (
    select
        leaver.person_id,
        min(heard.day) as stated_on
    from leaver
    join (
        select
            day,
            person_id,
            terminated_at
        from people_person_before
        union all
        select
            $day as day,
            person_id,
            terminated_at
        from people_person
    ) as heard
        on heard.person_id = leaver.person_id
        and heard.terminated_at = leaver.terminated_at
    group by leaver.person_id
),

identity as materialized (
    select
        $day as day,
        instance,
        account_key,
        system_id,
        login,
        enabled,
        person_id
    from identity_person
    union all
    select
        day,
        instance,
        account_key,
        system_id,
        login,
        enabled,
        person_id
    from identity_person_before
),

account as (
    select
        identity.account_key,
        identity.instance,
        leaver.person_id,
        any_value(identity.system_id) as system_id,
        any_value(identity.login) as login,
        max(identity.day) filter (where identity.enabled) as enabled_until
    from identity
    join leaver
        on leaver.person_id = identity.person_id
    group by
        identity.account_key,
        identity.instance,
        leaver.person_id
),

looked as (
    select
        instance,
        max(captured_at) filter (where day < $day) as captured_before,
        max(day) filter (where day < $day) as day_before
    from snapshot_read
    where dataset = 'identity_person'
    group by instance
),

logged as (
    select distinct instance
    from snapshot_read
    where dataset = 'access_login'
),

sign_in as materialized (
    select
        $day as day,
        account_key,
        occurred_at
    from access_login
    where outcome = 'success'
    union all
    select
        day,
        account_key,
        occurred_at
    from access_login_before
    where outcome = 'success'
),

last_use as (
    select
        account_key,
        instance,
        last_login_at as used_at,
        true as tells
    from access_account
    union all
    select
        account_key,
        instance,
        last_used_at as used_at,
        kind = 'access_key' as tells
    from access_credential
),

telling as (
    select instance
    from last_use
    where tells
    group by instance
    having count(used_at) > 0
),

found as (
    select
        account.account_key,
        account.person_id,
        sign_in.occurred_at as used_at
    from account
    join leaver
        on leaver.person_id = account.person_id
    join stated
        on stated.person_id = account.person_id
    join sign_in
        on sign_in.account_key = account.account_key
    where sign_in.occurred_at > leaver.terminated_at
        and greatest(sign_in.day, stated.stated_on) = $day
    union all
    select
        account.account_key,
        account.person_id,
        last_use.used_at
    from account
    join leaver
        on leaver.person_id = account.person_id
    join stated
        on stated.person_id = account.person_id
    join last_use
        on last_use.account_key = account.account_key
    left join looked
        on looked.instance = account.instance
    where last_use.used_at > leaver.terminated_at
        and account.instance not in (select logged.instance from logged)
        and (
            stated.stated_on = $day
            or last_use.used_at > coalesce(looked.captured_before, '-infinity'::timestamptz)
        )
),

upstream as (
    select instance
    from access_account
    group by instance
    having bool_and(mfa = 'upstream')
),

used as (
    select
        account_key,
        person_id,
        count(*) as uses,
        min(used_at) as first_used_at
    from found
    group by
        account_key,
        person_id
)

select
    account.account_key || '|' || account.person_id as population_key,
    leaver.name as subject_label,
    leaver.terminated_at as occurred_at,
    account.instance,
    case
        when leaver.start_on > leaver.last_day and leaver.start_on <= $day
            then 're-hired: HR has a later first day, ' || leaver.start_on
        when used.uses > 0 then null
        when account.instance in (select instance from logged union all select instance from telling) then null
        when access_account.mfa = 'upstream'
            or account.instance in (select instance from upstream)
            or list_contains($signed_in_upstream, account.system_id)
            then 'only the identity provider signs it in, and its sign-ins are tested'
        when account.enabled_until is null or account.enabled_until < looked.day_before
            then 'it was disabled already when its system was looked at before'
    end as exempt_reason,
    account.login,
    case
        when account.instance in (select instance from logged) then 'log'
        when account.instance in (select instance from telling) or used.uses > 0 then 'last use'
    end as told_by,
    used.first_used_at,
    case
        when used.uses > 0
            or account.instance in (select instance from logged union all select instance from telling)
            then coalesce(used.uses, 0)
    end as uses_after_termination
from account
join leaver
    on leaver.person_id = account.person_id
left join used
    on used.account_key = account.account_key
    and used.person_id = account.person_id
left join looked
    on looked.instance = account.instance
left join access_account
    on access_account.account_key = account.account_key
where leaver.terminated_at >= $day_start - to_days($leaver_days)
    or used.uses > 0
    or account.enabled_until = $day
order by population_key
