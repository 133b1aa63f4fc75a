-- By how many merged pull requests did every commit come that a deployment of the day brought to production?
-- Deployments that are known to have failed brought nothing. A commit that is not described cannot be told.
with outcome as (
    select
        instance,
        repository,
        deployment_id,
        bool_or(state = 'success') as succeeded,
        bool_or(state in ('failure', 'error')) as failed
    from (
        select instance, repository, deployment_id, state from github_deployment_status
        union all
        select instance, repository, deployment_id, state from github_deployment_status_after
    )
    group by
        instance,
        repository,
        deployment_id
),

brought as (
    select
        github_deployment_commit.instance,
        github_deployment_commit.repository,
        github_deployment_commit.sha,
        min(github_deployment.created_at) as started_at
    from github_deployment_commit
    join github_deployment
        on github_deployment.instance = github_deployment_commit.instance
        and github_deployment.repository = github_deployment_commit.repository
        and github_deployment.deployment_id = github_deployment_commit.deployment_id
    left join outcome
        on outcome.instance = github_deployment.instance
        and outcome.repository = github_deployment.repository
        and outcome.deployment_id = github_deployment.deployment_id
    where github_deployment.is_production
        and (coalesce(outcome.succeeded, false) or not coalesce(outcome.failed, false))
    group by
        github_deployment_commit.instance,
        github_deployment_commit.repository,
        github_deployment_commit.sha
)

select
    'github:' || brought.instance || ':' || brought.repository || '@' || brought.sha as population_key,
    brought.repository || '@' || left(brought.sha, 12) as subject_label,
    brought.started_at as occurred_at,
    brought.instance,
    null as exempt_reason,
    github_commit.author_login as author,
    case
        when github_commit.sha is not null then count(came.number) filter (where came.merged_at <= brought.started_at)
    end as pull_requests
from brought
left join github_commit
    on github_commit.instance = brought.instance
    and github_commit.repository = brought.repository
    and github_commit.sha = brought.sha
left join github_commit_pull_request as came
    on came.instance = brought.instance
    and came.repository = brought.repository
    and came.sha = brought.sha
group by
    brought.instance,
    brought.repository,
    brought.sha,
    brought.started_at,
    github_commit.sha,
    github_commit.author_login
order by population_key
