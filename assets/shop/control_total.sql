-- What does the database itself say it holds of the day?
select
    table_name,
    day as day_totalled,
    row_count,
    sum_minor,
    max_updated_at
from evidence.control_totals
where day >= ($1 at time zone 'utc')::date and day < ($2 at time zone 'utc')::date
order by table_name, day
