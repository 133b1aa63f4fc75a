-- Which restores do tests within the year claim, and how many completed restores of AWS is each, a day around?
-- Unknown where none is found and the jobs of an account on one of those days were never read.
with claim as (
    select distinct
        instance,
        test_id,
        tested_on,
        unnest(case when len(restore_job_ids) = 0 then [null] else restore_job_ids end) as restore_job_id
    from register_dr_test
    where tested_on between $day - $max_test_age_days::integer and $day
        and (type = 'restore' or len(restore_job_ids) > 0)
),

account as (
    select
        slot_instance,
        min(expected_since) over () as began_on
    from meta_slot
    where dataset = 'aws_restore_job'
),

job as (
    select
        restore_job_id,
        begun_at
    from aws_restore_job
    where status = 'COMPLETED'
    union
    select
        restore_job_id,
        begun_at
    from aws_restore_job_before
    where status = 'COMPLETED'
),

found as (
    select
        claim.test_id,
        claim.restore_job_id,
        count(*) as completed_restores
    from claim
    join job
        on job.restore_job_id = claim.restore_job_id
        and abs(date_diff('day', claim.tested_on, job.begun_at::date)) <= 1
    group by
        claim.test_id,
        claim.restore_job_id
),

unread as (
    select
        claim.test_id,
        count(*) as account_days
    from (
        select distinct
            test_id,
            tested_on
        from claim
    ) as claim
    cross join account
    cross join (values (-1), (0), (1)) as around (days)
    left join snapshot_read
        on snapshot_read.dataset = 'aws_restore_job'
        and snapshot_read.instance = account.slot_instance
        and snapshot_read.day = claim.tested_on + around.days
    where claim.tested_on + around.days between account.began_on and $day
        and snapshot_read.day is null
    group by claim.test_id
)

select
    claim.test_id || '/' || coalesce(claim.restore_job_id, 'none') as population_key,
    claim.test_id as subject_label,
    claim.tested_on::timestamp at time zone 'UTC' as occurred_at,
    claim.instance,
    case
        when claim.tested_on < (select min(began_on) from account) then 'before collection began'
    end as exempt_reason,
    claim.restore_job_id,
    coalesce(unread.account_days, 0) as unread_account_days,
    case
        when found.completed_restores is not null then found.completed_restores
        when unread.account_days is null and (select count(*) from account) > 0 then 0
    end as completed_restores
from claim
left join found
    on found.test_id = claim.test_id
    and found.restore_job_id = claim.restore_job_id
left join unread
    on unread.test_id = claim.test_id
order by population_key
