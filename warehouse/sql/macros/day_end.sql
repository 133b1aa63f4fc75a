-- What is the last instant of a UTC day?
create macro day_end(on_day) as (on_day::date + 1)::timestamp at time zone 'UTC' - interval 1 microsecond;
comment on macro day_end is 'day_end(day): the last instant of a UTC day';
