-- Within how many days is an exception of a severity to be mended, where its control does not say otherwise?
create macro due_days(severity) as
    case severity
        when 'Critical' then 2
        when 'High' then 7
        when 'Medium' then 30
        when 'Low' then 90
    end;
comment on macro due_days is 'Days within which an exception of a severity is to be mended, unless its control says otherwise';
