-- Which job roles do people with an enabled account have, and how does the role matrix stand for each?
with role as (
    select
        coalesce(job_role, 'no job role') as job_role,
        job_role is null as nameless,
        min(instance) as instance
    from identity_person
    where owner_kind = 'person' and enabled
    group by job_role
),

matrix as (
    select
        job_role,
        count(*) as lines,
        count(*) filter (where approved_by is null or reviewed_on is null) as lines_without_approval,
        date_sub('day', min(reviewed_on), $day) as days_since_oldest_review
    from register_role_matrix
    group by job_role
)

select
    role.job_role as population_key,
    role.job_role as subject_label,
    null as occurred_at,
    role.instance,
    null as exempt_reason,
    case
        when not role.nameless then coalesce(matrix.lines, 0)
    end as matrix_lines,
    matrix.lines_without_approval,
    matrix.days_since_oldest_review
from role
left join matrix
    on matrix.job_role = role.job_role
    and not role.nameless
order by population_key
