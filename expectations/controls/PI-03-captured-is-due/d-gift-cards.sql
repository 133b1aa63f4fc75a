-- What moved on gift cards on the day, and does each balance follow from the one before?
select
    gc_id || '/' || seq as population_key,
    'card ' || gc_id as subject_label,
    occurred_at,
    instance,
    null as exempt_reason,
    kind,
    currency,
    amount_minor,
    balance_before_minor,
    expected_balance_minor,
    balance_after_minor,
    chain,
    sign_fits,
    order_link,
    case
        when chain not in ('first', 'follows') or not sign_fits or order_link in ('none', 'unknown') then false
        else balance_after_minor = expected_balance_minor
    end as follows
from reconciliation_giftcard
order by population_key
