-- Does the share of failed attempts at each processor stand out from the four weeks before, and did anybody look?
-- The square of how far it is from the mean is stated in hundredths of the variance that chance alone would give it,
-- in whole numbers: 900 is three standard deviations. Fewer than seven days are no baseline.
with baseline as (
    select
        instance,
        processor,
        count(*) as days,
        sum(attempts)::hugeint as attempts,
        sum(failed)::hugeint as failed
    from reconciliation_attempts_before
    group by
        instance,
        processor
)

select
    a.processor as population_key,
    a.processor as subject_label,
    cast($day_start as timestamptz) as occurred_at,
    a.instance,
    case
        when coalesce(b.days, 0) < $baseline_days_min then 'too few days to compare with'
    end as exempt_reason,
    a.attempts,
    a.failed,
    b.days as baseline_days,
    b.attempts::bigint as baseline_attempts,
    b.failed::bigint as baseline_failed,
    case
        when a.failed is null or b.failed is null then null
        when a.failed * b.attempts = b.failed * a.attempts then 0
        when b.failed = 0 or b.failed = b.attempts then 1000000
        else least(
            (a.failed * b.attempts - b.failed * a.attempts) * (a.failed * b.attempts - b.failed * a.attempts) * 100
            // (a.attempts * b.failed * (b.attempts - b.failed)),
            1000000
        )
    end::bigint as squared_deviation_e2
from reconciliation_attempts as a
left join baseline as b
    on b.instance = a.instance
    and b.processor = a.processor
order by population_key
