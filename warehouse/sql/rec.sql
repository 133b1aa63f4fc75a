-- What was compared with what, what matched, what broke, and do the tolerated differences drift?

create view rec.item as
with rule as (
    select
        rule_id,
        test_id,
        expected_column,
        actual_column,
        currency_column,
        list(code) as codes
    from rec.rule
    group by all
),
compared as (
    select
        rule.rule_id,
        population.test_id,
        population.result_day as business_day,
        population.instance_name as instance,
        population.population_key as subject_key,
        population.subject_label,
        population.occurred_at,
        json_extract_string(population.attributes, '$.' || rule.currency_column) as currency,
        try_cast(json_extract_string(population.attributes, '$.' || rule.expected_column) as bigint)
            as expected_minor,
        try_cast(json_extract_string(population.attributes, '$.' || rule.actual_column) as bigint)
            as actual_minor,
        population.status,
        population.exempt_reason,
        population.waiver_id,
        list_intersect(population.codes, rule.codes) as broken
    from ctl.population as population
    join rule on rule.test_id = population.test_id
)
select
    rule_id,
    test_id,
    business_day,
    instance,
    subject_key,
    subject_label,
    occurred_at,
    currency,
    expected_minor,
    actual_minor,
    actual_minor - expected_minor as difference_minor,
    case
        when exempt_reason = 'timing' then 'TIMING'
        when exempt_reason is not null then 'EXEMPT'
        when len(broken) > 0 then 'BREAK'
        when status = 'unknown' then 'UNKNOWN'
        when actual_minor is distinct from expected_minor then 'TOLERANCE'
        else 'EXACT'
    end as match_status,
    exempt_reason,
    broken as codes,
    waiver_id
from compared;
comment on view rec.item is 'One row per item and reconciliation rule that looked at it, with what was expected and what was found';
comment on column rec.item.rule_id is 'The rule, such as R11';
comment on column rec.item.test_id is 'The test that judged it';
comment on column rec.item.business_day is 'The day it belongs to, UTC';
comment on column rec.item.instance is 'The shop or processor account it was observed in';
comment on column rec.item.subject_key is 'The item: an order, a charge, a payout; never personal';
comment on column rec.item.subject_label is 'The item, as people know it';
comment on column rec.item.occurred_at is 'When it happened, UTC';
comment on column rec.item.currency is 'ISO 4217 code; null: no money is compared';
comment on column rec.item.expected_minor is 'What was to be; unit: minor units';
comment on column rec.item.actual_minor is 'What is; unit: minor units';
comment on column rec.item.difference_minor is 'Actual less expected; unit: minor units';
comment on column rec.item.match_status is 'EXACT, TOLERANCE (differs, and the rule lets it), TIMING (too young to be judged), BREAK, UNKNOWN or EXEMPT';
comment on column rec.item.exempt_reason is 'Why the rule does not apply to it';
comment on column rec.item.codes is 'The codes of this rule it breaks';
comment on column rec.item.waiver_id is 'The waiver that accepts it';

create view rec.match as
select * exclude (codes, waiver_id, exempt_reason)
from rec.item
where match_status in ('EXACT', 'TOLERANCE', 'TIMING');
comment on view rec.match is 'One row per item and rule that matches, exactly or within tolerance, or is too young to be judged';
comment on column rec.match.rule_id is 'The rule, such as R11';
comment on column rec.match.test_id is 'The test that judged it';
comment on column rec.match.business_day is 'The day it belongs to, UTC';
comment on column rec.match.instance is 'The shop or processor account it was observed in';
comment on column rec.match.subject_key is 'The item: an order, a charge, a payout; never personal';
comment on column rec.match.subject_label is 'The item, as people know it';
comment on column rec.match.occurred_at is 'When it happened, UTC';
comment on column rec.match.currency is 'ISO 4217 code; null: no money is compared';
comment on column rec.match.expected_minor is 'What was to be; unit: minor units';
comment on column rec.match.actual_minor is 'What is; unit: minor units';
comment on column rec.match.difference_minor is 'Actual less expected; unit: minor units';
comment on column rec.match.match_status is 'EXACT, TOLERANCE or TIMING';

create view rec.break as
with last_seen as (
    select
        exception_id,
        min(first_seen_at) as first_seen,
        max(cleared_at) as cleared_at
    from ctl.exception
    group by all
)
select
    seen.exception_id as break_id,
    rule.rule_id,
    seen.test_id,
    seen.result_day as business_day,
    seen.population_key as subject_key,
    seen.subject_label,
    seen.code,
    rule.break_type,
    json_extract_string(seen.detail, '$.' || rule.currency_column) as currency,
    try_cast(json_extract_string(seen.detail, '$.' || rule.expected_column) as bigint) as expected_minor,
    try_cast(json_extract_string(seen.detail, '$.' || rule.actual_column) as bigint) as actual_minor,
    try_cast(json_extract_string(seen.detail, '$.' || rule.actual_column) as bigint)
        - try_cast(json_extract_string(seen.detail, '$.' || rule.expected_column) as bigint)
        as difference_minor,
    last_seen.first_seen,
    date_diff('day', seen.result_day, (select (published_at at time zone 'UTC')::date from meta.published))
        as age_days,
    last_seen.cleared_at,
    seen.waiver_id
from ctl.exception as seen
join rec.rule as rule on rule.test_id = seen.test_id and rule.code = seen.code
join last_seen on last_seen.exception_id = seen.exception_id
order by business_day, rule_id, subject_key, code;
comment on view rec.break is 'One row per item, rule and code that does not match on its business day, with its age';
comment on column rec.break.break_id is 'Digest of test, item and code: the same whenever it is found';
comment on column rec.break.rule_id is 'The rule, such as R11';
comment on column rec.break.test_id is 'The test that judged it';
comment on column rec.break.business_day is 'The day it belongs to, UTC';
comment on column rec.break.subject_key is 'The item; never personal';
comment on column rec.break.subject_label is 'The item, as people know it';
comment on column rec.break.code is 'The exception code';
comment on column rec.break.break_type is 'MISSING_LEFT, MISSING_RIGHT, AMOUNT, CURRENCY, STATUS, DATE, DUPLICATE, ROUNDING, AUTHORISATION or SEQUENCE';
comment on column rec.break.currency is 'ISO 4217 code; null: no money is compared';
comment on column rec.break.expected_minor is 'What was to be; unit: minor units';
comment on column rec.break.actual_minor is 'What is; unit: minor units';
comment on column rec.break.difference_minor is 'Actual less expected; unit: minor units';
comment on column rec.break.first_seen is 'When it was first found, UTC';
comment on column rec.break.age_days is 'Days since its business day, as of this file';
comment on column rec.break.cleared_at is 'When a later read no longer showed it; null: it stands';
comment on column rec.break.waiver_id is 'The waiver that accepts it; a waived break is still one';

create view rec.rule_day as
select
    item.rule_id,
    item.test_id,
    item.business_day,
    item.currency,
    count(*) as population_count,
    sum(item.expected_minor)::hugeint as left_control_total,
    sum(item.actual_minor)::hugeint as right_control_total,
    count(*) filter (where item.match_status = 'EXACT') as matched_exact,
    count(*) filter (where item.match_status = 'TOLERANCE') as matched_tolerance,
    coalesce(sum(item.difference_minor) filter (where item.match_status = 'TOLERANCE'), 0)::hugeint
        as tolerated_minor,
    count(*) filter (where item.match_status = 'TIMING') as timing,
    count(*) filter (where item.match_status = 'BREAK') as breaks,
    coalesce(sum(item.difference_minor) filter (where item.match_status = 'BREAK'), 0)::hugeint
        as breaks_sum_minor,
    count(*) filter (where item.match_status = 'UNKNOWN') as unknown,
    count(*) filter (where item.match_status = 'EXEMPT') as exempt,
    any_value(result.snapshot_ids) as snapshot_ids,
    any_value(result.sql_sha256) as sql_sha256,
    any_value(result.suite_sha256) as suite_sha256
from rec.item as item
join ctl.test_day as counts on counts.test_id = item.test_id and counts.result_day = item.business_day
join ctl.test_result as result on result.result_id = counts.result_id and result.entry = counts.entry
group by
    item.rule_id,
    item.test_id,
    item.business_day,
    item.currency
order by
    item.business_day,
    item.rule_id,
    item.currency;
comment on view rec.rule_day is 'One row per rule, business day and currency: how many items, how many matched, and what did not';
comment on column rec.rule_day.rule_id is 'The rule, such as R11';
comment on column rec.rule_day.test_id is 'The test that judged it';
comment on column rec.rule_day.business_day is 'The day, UTC';
comment on column rec.rule_day.currency is 'ISO 4217 code; null: no money is compared';
comment on column rec.rule_day.population_count is 'Items looked at, exempt ones included';
comment on column rec.rule_day.left_control_total is 'Sum of what was to be; unit: minor units';
comment on column rec.rule_day.right_control_total is 'Sum of what is; unit: minor units';
comment on column rec.rule_day.matched_exact is 'Items that match exactly';
comment on column rec.rule_day.matched_tolerance is 'Items that differ within the tolerance of the rule';
comment on column rec.rule_day.tolerated_minor is 'Sum of those differences, so that a drift shows; unit: minor units';
comment on column rec.rule_day.timing is 'Items too young to be judged';
comment on column rec.rule_day.breaks is 'Items that break the rule, waived ones included';
comment on column rec.rule_day.breaks_sum_minor is 'Sum of their differences; unit: minor units';
comment on column rec.rule_day.unknown is 'Items of which it cannot be told';
comment on column rec.rule_day.exempt is 'Items the rule does not apply to';
comment on column rec.rule_day.snapshot_ids is 'The files it was computed from';
comment on column rec.rule_day.sql_sha256 is 'Digest of the statement of facts';
comment on column rec.rule_day.suite_sha256 is 'Digest of the rules that judged them';
