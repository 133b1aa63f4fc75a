-- How did each commit that a production deployment of the day brought get there, by whom and when?
-- Every join is outward: what lacks a link has its row all the same.
with outcome as (
    select
        repository,
        deployment_id,
        min(created_at) filter (where state = 'success') as succeeded_at,
        bool_or(state in ('failure', 'error')) as failed
    from (
        select repository, deployment_id, state, created_at from github_deployment_status
        union all
        select repository, deployment_id, state, created_at from github_deployment_status_after
    )
    group by
        repository,
        deployment_id
),

deployment as (
    select
        github_deployment.*,
        outcome.succeeded_at
    from github_deployment
    left join outcome
        on outcome.repository = github_deployment.repository
        and outcome.deployment_id = github_deployment.deployment_id
    where github_deployment.is_production
        and (outcome.succeeded_at is not null or not coalesce(outcome.failed, false))
),

change as (
    select
        deployment.repository,
        deployment.deployment_id,
        deployment.created_at as started_at,
        deployment.succeeded_at,
        coalesce(brought.sha, deployment.sha) as sha,
        brought.sha is not null as is_new
    from deployment
    left join github_deployment_commit as brought
        on brought.repository = deployment.repository
        and brought.deployment_id = deployment.deployment_id
),

merged as (
    select
        change.deployment_id,
        change.repository,
        change.sha,
        came.number,
        came.author_login,
        came.created_at,
        came.merged_at,
        came.title_keys
    from change
    join github_commit_pull_request as came
        on came.repository = change.repository
        and came.sha = change.sha
        and came.merged_at <= change.started_at
    qualify row_number() over (
        partition by change.repository, change.deployment_id, change.sha
        order by came.merged_at, came.number
    ) = 1
),

pull_request as (
    select repository, number, head_sha, author_id, merged_by_login, title_keys from github_pull_request
    union all
    select repository, number, head_sha, author_id, merged_by_login, title_keys from github_pull_request_before
),

review as (
    select
        review.repository,
        review.number,
        max(review.submitted_at) as reviewed_at,
        arg_max(review.reviewer_login, review.submitted_at) as reviewed_by
    from (
        select repository, number, state, reviewer_id, reviewer_login, submitted_at from github_pr_review
        union all
        select repository, number, state, reviewer_id, reviewer_login, submitted_at from github_pr_review_before
    ) as review
    join pull_request
        on pull_request.repository = review.repository
        and pull_request.number = review.number
    where review.state = 'APPROVED' and review.reviewer_id is distinct from pull_request.author_id
    group by
        review.repository,
        review.number
),

last_run as (
    select *
    from (
        select repository, head_sha, name, conclusion, started_at, completed_at, check_run_id
        from github_check_run
        union all
        select repository, head_sha, name, conclusion, started_at, completed_at, check_run_id
        from github_check_run_before
    )
    qualify row_number() over (
        partition by repository, head_sha, name
        order by started_at desc, check_run_id desc
    ) = 1
),

checked as (
    select
        repository,
        head_sha,
        count(*) as checks,
        count(*) filter (where coalesce(conclusion, 'none') not in ('success', 'neutral', 'skipped'))
            as checks_failed,
        max(completed_at) as checked_at
    from last_run
    group by
        repository,
        head_sha
),

linked as (
    select
        change.*,
        merged.number,
        merged.author_login,
        merged.created_at,
        merged.merged_at,
        github_commit.committed_at,
        github_commit.author_login as commit_author,
        pull_request.head_sha,
        pull_request.merged_by_login,
        list_sort(list_distinct(list_concat(
            coalesce(merged.title_keys, []),
            coalesce(pull_request.title_keys, []),
            coalesce(github_commit.title_keys, [])
        ))) as ticket_keys
    from change
    left join merged
        on merged.repository = change.repository
        and merged.deployment_id = change.deployment_id
        and merged.sha = change.sha
    left join pull_request
        on pull_request.repository = merged.repository
        and pull_request.number = merged.number
    left join github_commit
        on github_commit.repository = change.repository
        and github_commit.sha = change.sha
),

issue as (
    select
        issue_id,
        key,
        instance,
        day,
        issue_type,
        created_at,
        created_by,
        status_history
    from (select * from jira_issue union all by name select * from jira_issue_after)
    qualify row_number() over (partition by instance, issue_id order by day desc) = 1
),

step as (
    select
        instance,
        issue_id,
        one."at" as moved_at,
        one."by" as moved_by,
        one."to" as moved_to,
        one.category
    from (
        select
            instance,
            issue_id,
            unnest(
                from_json(
                    status_history,
                    '[{"at": "timestamptz", "by": "varchar", "to": "varchar", "category": "varchar"}]'
                )
            ) as one
        from issue
    )
),

named as (
    select
        repository,
        deployment_id,
        sha,
        created_at,
        started_at,
        succeeded_at,
        unnest(ticket_keys) as key
    from linked
),

walked as (
    select
        named.repository,
        named.deployment_id,
        named.sha,
        named.key,
        named.created_at as pull_request_created_at,
        named.started_at,
        named.succeeded_at,
        issue.instance,
        issue.issue_type,
        issue.created_at,
        issue.created_by,
        step.moved_at,
        step.moved_by,
        list_contains($approved_statuses, step.moved_to) as is_approval,
        list_contains($verified_statuses, step.moved_to) as is_verification,
        max(step.moved_at) filter (where step.category = 'new' and step.moved_at <= named.started_at) over (
            partition by named.repository, named.deployment_id, named.sha, issue.instance, issue.issue_id
        ) as withdrawn_at
    from named
    join issue
        on issue.key = named.key
    left join step
        on step.instance = issue.instance
        and step.issue_id = issue.issue_id
),

judged as (
    select
        *,
        is_approval and moved_at <= started_at and (withdrawn_at is null or moved_at > withdrawn_at) as approves_before,
        is_approval and moved_at > started_at as approves_after,
        is_verification and moved_at >= succeeded_at as verifies_after,
        is_verification and moved_at < succeeded_at as verifies_before
    from walked
),

ticket as (
    select
        repository,
        deployment_id,
        sha,
        key,
        instance,
        issue_type,
        created_at,
        created_by,
        list_contains($ticket_types, issue_type) as is_allowed,
        created_at <= pull_request_created_at as came_first,
        coalesce(
            max(moved_at) filter (where approves_before),
            min(moved_at) filter (where approves_after)
        ) as approved_at,
        case
            when bool_or(approves_before) then arg_max(moved_by, moved_at) filter (where approves_before)
            else arg_min(moved_by, moved_at) filter (where approves_after)
        end as approved_by,
        min(moved_at) filter (where verifies_after) as verified_at,
        arg_min(moved_by, moved_at) filter (where verifies_after) as verified_by,
        max(moved_at) filter (where verifies_before) as verified_early_at
    from judged
    group by
        repository,
        deployment_id,
        sha,
        key,
        instance,
        issue_type,
        created_at,
        created_by,
        pull_request_created_at
),

chosen as (
    select *
    from ticket
    qualify row_number() over (
        partition by repository, deployment_id, sha
        order by is_allowed desc, came_first desc nulls last, approved_at is null, created_at, key, instance
    ) = 1
)

select
    'github:' || $instance || ':' || linked.repository || '/deployment/' || linked.deployment_id as deployment_key,
    linked.repository,
    deployment.environment,
    linked.started_at as deployment_started_at,
    deployment.creator_login as deployment_started_by,
    case
        when linked.succeeded_at is null then 'unknown'
        else 'success'
    end as deployment_state,
    linked.succeeded_at as deployed_at,
    linked.sha,
    'github:' || $instance || ':' || linked.repository || '@' || linked.sha as change_key,
    linked.is_new,
    linked.committed_at,
    linked.commit_author,
    'github:' || $instance || ':' || linked.repository || '#' || linked.number as pull_request_key,
    linked.number as pull_request_number,
    linked.author_login as pull_request_author,
    linked.created_at as pull_request_created_at,
    linked.merged_at,
    linked.merged_by_login as merged_by,
    review.reviewed_at,
    review.reviewed_by,
    checked.checks,
    checked.checks_failed,
    checked.checked_at,
    linked.ticket_keys,
    chosen.key as ticket_key,
    chosen.issue_type as ticket_type,
    chosen.is_allowed as ticket_is_allowed,
    chosen.created_at as ticket_created_at,
    chosen.created_by as ticket_created_by,
    chosen.approved_at,
    chosen.approved_by,
    chosen.verified_at,
    chosen.verified_by,
    chosen.verified_early_at,
    (
        select min(read_until)
        from (
            select (max(day) + 1)::timestamptz as read_until
            from snapshot_read
            where dataset = 'jira_issue'
            group by instance
        )
    ) as tickets_read_until
from linked
join deployment
    on deployment.repository = linked.repository
    and deployment.deployment_id = linked.deployment_id
left join review
    on review.repository = linked.repository
    and review.number = linked.number
left join checked
    on checked.repository = linked.repository
    and checked.head_sha = linked.head_sha
left join chosen
    on chosen.repository = linked.repository
    and chosen.deployment_id = linked.deployment_id
    and chosen.sha = linked.sha
order by
    deployment_key,
    linked.sha
