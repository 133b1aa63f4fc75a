-- Which UTC day does a date or an instant belong to, whatever time zone the session is in?
create macro utc_day(moment) as
    case
        when typeof(moment) = 'TIMESTAMP WITH TIME ZONE' then timezone('UTC', moment::timestamptz)::date
        else moment::date
    end;
comment on macro utc_day is 'The UTC day of a date or an instant';
