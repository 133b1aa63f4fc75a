-- Which permission set does each user of Identity Center have in which account, directly or by group?
with holder as (
    select
        account_id,
        permission_set_arn,
        principal_id as user_id,
        'direct' as via,
        instance
    from aws_sso_assignment
    where principal_type = 'USER'
    union all
    select
        aws_sso_assignment.account_id,
        aws_sso_assignment.permission_set_arn,
        aws_identitystore_group_member.user_id,
        'group:' || coalesce(aws_identitystore_group.name, aws_sso_assignment.principal_id) as via,
        aws_sso_assignment.instance
    from aws_sso_assignment
    join aws_identitystore_group_member
        on aws_identitystore_group_member.group_id = aws_sso_assignment.principal_id
    left join aws_identitystore_group
        on aws_identitystore_group.group_id = aws_sso_assignment.principal_id
    where aws_sso_assignment.principal_type = 'GROUP'
)

select
    'aws_sso:' || holder.instance || ':' || holder.user_id as account_key,
    'aws_sso' as system_id,
    'account:' || holder.account_id || ':' || aws_permission_set.name as entitlement,
    holder.via,
    null::timestamptz as granted_at,
    null::timestamptz as expires_at
from holder
join aws_permission_set
    on aws_permission_set.permission_set_arn = holder.permission_set_arn
order by
    account_key,
    entitlement,
    via
