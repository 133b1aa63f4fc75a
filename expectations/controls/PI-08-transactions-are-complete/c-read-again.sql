-- Which orders did the reads of the day have, is each still there, and has anything changed that must not?
-- A draft may go and change; it is no order yet.
select
    order_id as population_key,
    'order ' || order_number as subject_label,
    placed_at as occurred_at,
    instance,
    case
        when is_test then 'test order'
        when last_status = 'draft' then 'a draft'
    end as exempt_reason,
    reads,
    first_seen_at,
    last_seen_at,
    still_there,
    changed_fields,
    adjustment,
    case
        when adjustment is null then changes
        else 0
    end as unexplained_changes
from reconciliation_reread
order by population_key
