-- Which refunds were made on the day, does their amount need a second person, and who approved them?
with
    threshold as (
        select
            split_part(listed, ' ', 1) as currency,
            split_part(listed, ' ', 2)::bigint as from_minor
        from (select unnest($approval_from) as listed) as parameter
    )
select
    r.refund_id as population_key,
    'refund of order ' || r.order_number as subject_label,
    r.created_at as occurred_at,
    r.instance,
    case
        when r.is_test then 'test order'
    end as exempt_reason,
    r.order_id,
    r.currency,
    r.amount_minor,
    coalesce(t.from_minor, 0) as from_minor,
    r.actor,
    r.approver,
    case
        when r.amount_minor < t.from_minor then 'not needed'
        else r.second_person
    end as approval
from reconciliation_refund as r
left join threshold as t
    on t.currency = r.currency
order by population_key
