-- Which organisations are read, and does each ask its members for a second factor? GitHub tells owners only.
select
    'github:' || instance || ':' || org_id as population_key,
    login as subject_label,
    null as occurred_at,
    instance,
    null as exempt_reason,
    two_factor_required
from github_org
order by population_key
