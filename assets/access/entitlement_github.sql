-- What may each account do in which repository, by every way: directly, through a team, a role, or the organisation?
-- Owners administer every repository, and the base permission is every member's. What GitHub says an account has
-- and none of these ways explains is a row too, via `unexplained`: it must not be missing from effective access.
with team_grant as (
    select
        github_team_member.user_id,
        github_team_repository.repository,
        coalesce(github_team_repository.role_name, github_team_repository.permission) as permission,
        'team:' || github_team.slug as via
    from github_team_repository
    join github_team_member
        on github_team_member.team_id = github_team_repository.team_id
    join github_team
        on github_team.team_id = github_team_repository.team_id
),

role_holder as (
    select
        role_id,
        holder_id as user_id
    from github_org_role_holder
    where holder_type = 'user'
    union
    select
        github_org_role_holder.role_id,
        github_team_member.user_id
    from github_org_role_holder
    join github_team_member
        on github_team_member.team_id = github_org_role_holder.holder_id
    where github_org_role_holder.holder_type = 'team'
),

role_grant as (
    select
        role_holder.user_id,
        github_repository.repository,
        github_org_role.base_role as permission,
        'org-role:' || github_org_role.name as via
    from role_holder
    join github_org_role
        on github_org_role.role_id = role_holder.role_id
    cross join github_repository
    where github_org_role.base_role is not null
),

member_grant as (
    select
        github_member.user_id,
        github_repository.repository,
        'admin' as permission,
        'owner' as via
    from github_member
    cross join github_repository
    where github_member.role = 'admin'
    union all
    select
        github_member.user_id,
        github_repository.repository,
        github_org.default_repository_permission as permission,
        'organisation' as via
    from github_member
    cross join github_org
    cross join github_repository
    where github_org.default_repository_permission <> 'none'
),

direct_grant as (
    select
        user_id,
        repository,
        coalesce(role_name, permission) as permission,
        'direct' as via
    from github_repo_collaborator
    where grant_source = 'direct'
),

explained as (
    select * from direct_grant
    union
    select * from team_grant
    union
    select * from role_grant
    union
    select * from member_grant
),

every_grant as (
    select * from explained
    union
    select
        github_repo_collaborator.user_id,
        github_repo_collaborator.repository,
        coalesce(github_repo_collaborator.role_name, github_repo_collaborator.permission) as permission,
        'unexplained' as via
    from github_repo_collaborator
    where not exists (
        select 1
        from explained
        where explained.user_id = github_repo_collaborator.user_id
            and explained.repository = github_repo_collaborator.repository
    )
)

select
    'github:' || $instance || ':' || user_id as account_key,
    'github' as system_id,
    'repo:' || repository || ':' || permission as entitlement,
    via,
    null::timestamptz as granted_at,
    null::timestamptz as expires_at
from every_grant
order by
    account_key,
    entitlement,
    via
