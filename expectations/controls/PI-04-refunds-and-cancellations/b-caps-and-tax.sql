-- Which refunds were made on the day, and do amount, quantities and tax stay within what was ordered and taken?
-- What nobody can compare because a line is missing is unknown. A refund that failed gave nothing back.
with
    line as (
        select
            instance,
            refund_id,
            count(*) as lines,
            count(whole) as known,
            count_if(so_far > whole) as lines_over,
            max(abs(tax_so_far_minor - expected_tax_so_far_minor)) filter (where so_far < whole)
                as partial_tax_off_minor,
            max(abs(tax_so_far_minor - whole_tax_minor)) filter (where so_far = whole) as whole_tax_off_minor
        from reconciliation_refund_line
        group by
            instance,
            refund_id
    )
select
    r.refund_id as population_key,
    'refund of order ' || r.order_number as subject_label,
    r.created_at as occurred_at,
    r.instance,
    case
        when r.refund_status in ('failed', 'canceled', 'cancelled') then 'the refund failed'
        when r.is_test then 'test order'
        when list_contains($goodwill_reasons, coalesce(r.reason, '')) and r.second_person = 'another'
            then 'goodwill that a second person approved'
    end as exempt_reason,
    r.order_id,
    r.currency,
    r.captured_minor,
    r.refunded_so_far_minor,
    case
        when l.lines_over > 0 or l.known = l.lines then l.lines_over
        when l.lines is null then 0
    end::bigint as lines_over,
    case
        when l.partial_tax_off_minor > 1 or l.known = l.lines then coalesce(l.partial_tax_off_minor, 0)
        when l.lines is null then 0
    end::bigint as partial_tax_off_minor,
    case
        when l.whole_tax_off_minor > 0 or l.known = l.lines then coalesce(l.whole_tax_off_minor, 0)
        when l.lines is null then 0
    end::bigint as whole_tax_off_minor
from reconciliation_refund as r
left join line as l
    on l.instance = r.instance
    and l.refund_id = r.refund_id
order by population_key
