-- Which disputes opened eight days ago were lost, and has the shop booked each since?
-- Three days until its last read, in which it may be lost, and five to book it. Money alone: an inquiry is no dispute.
with
    dispute as (
        select * from psp_dispute
        union all by name
        select * from psp_dispute_before
    ),
    booked as (
        select entity_id
        from shop_manual_adjustment
        where entity = 'dispute'
        union all
        select entity_id
        from shop_manual_adjustment_before
        where entity = 'dispute'
    )
select
    d.id as population_key,
    'dispute of charge ' || d.charge as subject_label,
    d.created_at as occurred_at,
    d.instance,
    null as exempt_reason,
    d.processor,
    d.currency,
    d.amount_minor,
    d.status,
    case
        when d.status is not null then count(b.entity_id)
    end as bookings
from dispute as d
left join booked as b
    on b.entity_id = d.id
where (d.status = 'lost' or d.status is null) and d.day = $day - 8
group by
    d.id,
    d.charge,
    d.created_at,
    d.instance,
    d.processor,
    d.currency,
    d.amount_minor,
    d.status
order by population_key
