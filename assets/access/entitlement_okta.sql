-- Which applications can each Okta user open, and which administrator roles do they hold, by which way?
with application as (
    select
        okta_app_assignment.principal_id as user_id,
        okta_app.label,
        min(okta_app_assignment.created_at) as granted_at
    from okta_app_assignment
    join okta_app
        on okta_app.app_id = okta_app_assignment.app_id
        and okta_app.status = 'ACTIVE'
    where okta_app_assignment.scope = 'USER'
    group by
        okta_app_assignment.principal_id,
        okta_app.label
),

administrator as (
    select
        principal_id as user_id,
        role_type,
        'direct' as via,
        created_at
    from okta_admin_role
    where principal_type = 'USER' and status = 'ACTIVE'
    union all
    select
        okta_group_member.user_id,
        okta_admin_role.role_type,
        'group:' || okta_admin_role.principal_id as via,
        okta_admin_role.created_at
    from okta_admin_role
    join okta_group_member
        on okta_group_member.group_id = okta_admin_role.principal_id
    where okta_admin_role.principal_type = 'GROUP' and okta_admin_role.status = 'ACTIVE'
)

select
    'okta:' || $instance || ':' || user_id as account_key,
    'okta' as system_id,
    'app:' || label as entitlement,
    'assignment' as via,
    granted_at,
    null::timestamptz as expires_at
from application
union all
select
    'okta:' || $instance || ':' || user_id as account_key,
    'okta' as system_id,
    'admin:' || role_type as entitlement,
    via,
    min(created_at) as granted_at,
    null::timestamptz as expires_at
from administrator
group by
    user_id,
    role_type,
    via
order by
    account_key,
    entitlement,
    via
