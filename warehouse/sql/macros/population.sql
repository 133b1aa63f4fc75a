-- Which rows did a test look at? From t1, up to but without t2, exempt ones included.
create macro population(test, t1, t2) as table
select p.*
from ctl.population as p
where p.test_id = test
    and p.result_day >= utc_day(t1)
    and p.result_day < utc_day(t2)
order by
    p.result_day,
    p.observed_at,
    p.population_key;
comment on macro table population is 'population(test, t1, t2): the rows looked at by the evaluations that count, from t1 up to but without t2';
