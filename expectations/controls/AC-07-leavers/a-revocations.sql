-- Which accounts did everybody have who has left, and when was each taken away? Tests a and c ask the same.
-- Who has left is HR's to say; whose an account is, the day's and the earlier days' identities. The instant of a
-- revocation is the system's own where it tells and the snapshots agree (event); else it lies between the last
-- snapshot that showed the account enabled and the first that did not (interval). It is judged on the first day
-- on which HR states the end of work and the account is seen revoked; on later days it is exempt.
with leaver as materialized (
    select
        person_id,
        name,
        start_on,
        terminated_at,
        coalesce(termination_type <> 'voluntary', true) as involuntary,
        (terminated_at at time zone $business_time_zone)::date as last_day
    from people_person
    where terminated_at <= $observed_at
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
            terminated_at,
            captured_at
        from people_person_before
        union all
        select
            $day as day,
            person_id,
            terminated_at,
            $observed_at as captured_at
        from people_person
    ) as heard
        on heard.person_id = leaver.person_id
        and heard.terminated_at = leaver.terminated_at
        and heard.terminated_at <= heard.captured_at
    group by leaver.person_id
),

identity as materialized (
    select
        $day as day,
        instance,
        account_key,
        login,
        enabled,
        is_admin,
        owner_kind,
        person_id
    from identity_person
    union all
    select
        day,
        instance,
        account_key,
        login,
        enabled,
        is_admin,
        owner_kind,
        person_id
    from identity_person_before
),

looked as (
    select
        instance,
        day,
        max(captured_at) as captured_at
    from snapshot_read
    where dataset = 'identity_person'
    group by
        instance,
        day
),

account as (
    select
        identity.account_key,
        identity.instance,
        leaver.person_id,
        any_value(identity.login) as login,
        bool_or(coalesce(identity.is_admin, true)) as privileged
    from identity
    join leaver
        on leaver.person_id = identity.person_id
    group by
        identity.account_key,
        identity.instance,
        leaver.person_id
),

administrator as (
    select distinct person_id
    from identity
    where is_admin
),

-- What each snapshot of its system showed of an account. One that now belongs to nobody is still the leaver's; one
-- that belongs to somebody else was taken away.
sighting as materialized (
    select
        account.account_key,
        account.person_id,
        looked.day,
        looked.captured_at,
        coalesce(
            identity.enabled and (identity.person_id = account.person_id or identity.owner_kind = 'nobody'),
            false
        ) as enabled
    from account
    join looked
        on looked.instance = account.instance
    left join identity
        on identity.account_key = account.account_key
        and identity.day = looked.day
),

last_seen as (
    select
        account_key,
        person_id,
        max(captured_at) filter (where enabled) as enabled_until,
        max(captured_at) filter (where day = $day) as read_at,
        bool_or(enabled) filter (where day = $day) as enabled_now
    from sighting
    group by
        account_key,
        person_id
),

history as (
    select
        last_seen.*,
        min(sighting.captured_at) as revoked_by,
        min(sighting.day) as revoked_seen_on
    from last_seen
    left join sighting
        on sighting.account_key = last_seen.account_key
        and sighting.person_id = last_seen.person_id
        and sighting.captured_at > coalesce(last_seen.enabled_until, '-infinity'::timestamptz)
    group by all
),

due as (
    select
        account.*,
        leaver.name,
        leaver.start_on,
        leaver.terminated_at,
        leaver.last_day,
        account.privileged or administrator.person_id is not null as is_privileged,
        leaver.involuntary,
        stated.stated_on,
        history.enabled_until,
        history.enabled_now,
        history.read_at,
        case
            when history.enabled_now = false then history.revoked_by
        end as revoked_by,
        case
            when history.enabled_now = false then greatest(history.revoked_seen_on, stated.stated_on)
        end as judged_on,
        case
            when access_account.enabled = false
                and access_account.status_changed_at <= history.revoked_by
                and access_account.status_changed_at
                    > coalesce(history.enabled_until, '-infinity'::timestamptz)
                then access_account.status_changed_at
        end as revoked_at,
        case
            when account.privileged or administrator.person_id is not null or leaver.involuntary
                then leaver.terminated_at + to_hours($privileged_hours)
            else (
                leaver.last_day + case isodow(leaver.last_day)
                    when 5 then 4
                    when 6 then 3
                    else 2
                end
            )::timestamp at time zone $business_time_zone
        end as deadline
    from account
    join leaver
        on leaver.person_id = account.person_id
    join stated
        on stated.person_id = account.person_id
    left join history
        on history.account_key = account.account_key
        and history.person_id = account.person_id
    left join administrator
        on administrator.person_id = account.person_id
    left join access_account
        on access_account.account_key = account.account_key
)

select
    account_key || '|' || person_id as population_key,
    name as subject_label,
    terminated_at as occurred_at,
    instance,
    case
        when start_on > last_day and start_on <= $day
            then 're-hired: HR has a later first day, ' || start_on
        when judged_on < $day
            then 'seen revoked before, and judged on ' || judged_on
        when revoked_at is null and enabled_until is null and revoked_by > deadline
            then 'revoked before the first snapshot of its system, which came after the deadline'
    end as exempt_reason,
    login,
    is_privileged,
    involuntary,
    deadline,
    coalesce(revoked_at, revoked_by) as revoked_by,
    enabled_until as seen_enabled_until,
    case
        when revoked_at is not null then 'event'
        when revoked_by is not null then 'interval'
    end as evidence_type,
    case
        when read_at is null then null
        when not enabled_now then 'revoked'
        when read_at > deadline then 'enabled after the deadline'
        else 'enabled, and the deadline is to come'
    end as access,
    case
        when enabled_now = false then ceil(epoch(coalesce(revoked_at, enabled_until) - deadline))::bigint
    end as seconds_late_at_least,
    case
        when read_at is null then null
        when enabled_now then 'not revoked yet'
        when coalesce(revoked_at, revoked_by) <= deadline then 'in time'
        when coalesce(revoked_at, enabled_until) > deadline then 'late'
        else 'in time or late'
    end as revoked
from due
where terminated_at >= $observed_at - to_days($leaver_days)
    or coalesce(enabled_now, true)
    or (judged_on = $day and enabled_until is not null)
order by population_key
