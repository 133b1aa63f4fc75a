-- Of which type is every column of the views that we may read?
-- A domain is what it is made of, an enumeration is text to us.
select
    pg_class.relname::text as view_name,
    pg_attribute.attname::text as column_name,
    case
        when pg_type.typtype = 'e' then 'text'
        else format_type(case when pg_type.typtype = 'd' then pg_type.typbasetype else pg_type.oid end, null)
    end as found
from pg_attribute
join pg_class
    on pg_class.oid = pg_attribute.attrelid
join pg_namespace
    on pg_namespace.oid = pg_class.relnamespace
join pg_type
    on pg_type.oid = pg_attribute.atttypid
where pg_namespace.nspname = 'evidence'
    and pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
    and pg_attribute.attnum > 0
    and not pg_attribute.attisdropped
order by
    view_name,
    pg_attribute.attnum
