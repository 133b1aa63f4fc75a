-- Which active rules decide who may use an app that asks for MFA, and how many factors does each ask for?
-- Such an app signs people in to a system marked mfa_required, or is the Admin Console. A system whose app
-- cannot be found, or an app without a rule, has a row too: it could not be tested, and must not vanish.
with wanted as (
    select
        okta_app_label as label,
        min(system_id) as system_id
    from register_system
    where mfa_required and okta_app_label is not null
    group by okta_app_label
),

app as (
    select
        coalesce(okta_app.instance, 'unknown') as instance,
        okta_app.app_id,
        coalesce(okta_app.label, wanted.label) as label
    from wanted
    full join okta_app on okta_app.label = wanted.label
    where wanted.label is not null or okta_app.name = 'saasure'
),

link as (
    select
        okta_policy_rule.instance,
        okta_policy_rule.rule_id,
        unnest(okta_policy_rule.mapped_app_ids) as app_id
    from okta_policy_rule
    where okta_policy_rule.policy_type = 'ACCESS_POLICY' and okta_policy_rule.status = 'ACTIVE'
),

asked as (
    select
        app.instance,
        coalesce(link.rule_id, app.app_id, 'no app labelled ' || app.label) as subject_id,
        link.rule_id,
        list(distinct app.label order by app.label) as app_labels
    from app
    left join link
        on link.instance = app.instance
        and link.app_id = app.app_id
    group by all
)

select
    'okta:' || asked.instance || ':' || asked.subject_id as population_key,
    case
        when asked.rule_id is null then array_to_string(asked.app_labels, ', ') || ': no active rule found'
        else rule.name
    end as subject_label,
    null as occurred_at,
    asked.instance,
    case
        when rule.access = 'DENY' then 'the rule denies access'
    end as exempt_reason,
    rule.policy_id,
    rule.is_system,
    rule.access,
    rule.factor_mode,
    case rule.factor_mode
        when '1FA' then 1
        when '2FA' then 2
        when 'CHAIN' then rule.chain_steps
    end as required_factor_count,
    asked.app_labels
from asked
left join okta_policy_rule as rule
    on rule.instance = asked.instance
    and rule.rule_id = asked.rule_id
order by population_key
