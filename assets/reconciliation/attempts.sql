-- How many attempts to pay did the day have at each processor, and how many failed?
-- A small row a day, so that four weeks can be compared without reading four weeks of payments.
with
    attempt as (
        select
            coalesce(processor, 'none') as processor,
            coalesce(processor_ref, payment_id) as reference,
            bool_and(status = 'failed') as failed
        from shop_payment
        where kind <> 'void'
        group by
            coalesce(processor, 'none'),
            coalesce(processor_ref, payment_id)
    )
select
    processor,
    count(*) as attempts,
    count_if(failed)::bigint as failed
from attempt
group by processor
order by processor
