-- Which visits to the Admin Console were there on the day, and how often did their session pass a second
-- factor? Unknown where the session began before the day: its second factor is then not in the day's log.
with session as (
    select
        instance,
        external_session_id,
        count_if(event_type = 'user.session.start' and outcome = 'SUCCESS') as starts,
        count_if(event_type = 'user.authentication.auth_via_mfa' and outcome = 'SUCCESS') as second_factors
    from okta_system_log
    where external_session_id is not null
    group by
        instance,
        external_session_id
)

select
    'okta:' || visit.instance || ':' || visit.event_id as population_key,
    visit.actor_login as subject_label,
    visit.published_at as occurred_at,
    visit.instance,
    null as exempt_reason,
    visit.actor_id,
    session.starts as session_start_count,
    case
        when session.starts > 0 or session.second_factors > 0 then session.second_factors::bigint
    end as second_factor_count
from okta_system_log as visit
left join session
    on session.instance = visit.instance
    and session.external_session_id = visit.external_session_id
where visit.event_type = 'user.session.access_admin_app'
    and coalesce(visit.outcome, 'UNKNOWN') not in ('FAILURE', 'DENY')
order by population_key
