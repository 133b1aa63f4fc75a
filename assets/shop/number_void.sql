-- Which order numbers were given up on the day?
select
    series,
    order_number,
    reason,
    voided_at
from evidence.number_voids
where voided_at >= $1 and voided_at < $2
order by series, order_number
