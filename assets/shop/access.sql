-- What may our own role do in this database: what can it read, and could it write anything?
-- It can do what every role can that it is a member of. A default of read-only transactions is no limit, since
-- whoever connects can switch it off; temporary tables change nothing that lasts.
with mine as (
    select
        oid,
        rolname::text as name,
        rolsuper,
        rolcreatedb,
        rolcreaterole,
        rolreplication
    from pg_roles
    where rolname = current_user or (
        pg_has_role(current_user, oid, 'member')
        and not (select rolsuper from pg_roles where rolname = current_user)
    )
),

relation as (
    select
        pg_class.oid,
        pg_class.relkind,
        pg_namespace.nspname::text as schema_name,
        pg_namespace.nspname || '.' || pg_class.relname as name
    from pg_class
    join pg_namespace
        on pg_namespace.oid = pg_class.relnamespace
    where pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
        and pg_namespace.nspname not in ('pg_catalog', 'information_schema')
        and pg_namespace.nspname not like 'pg\_toast%'
        and pg_namespace.nspname not like 'pg\_temp%'
),

found as (
    select
        attribute.word || ' (role ' || mine.name || ')' as privilege,
        true as writes,
        null::text as reads
    from mine
    cross join lateral (
        values
        ('SUPERUSER', mine.rolsuper),
        ('CREATEDB', mine.rolcreatedb),
        ('CREATEROLE', mine.rolcreaterole),
        ('REPLICATION', mine.rolreplication)
    ) as attribute (word, has)
    where attribute.has
    union
    select
        'member of ' || mine.name as privilege,
        true as writes,
        null as reads
    from mine
    where mine.name in (
        'pg_write_all_data',
        'pg_write_server_files',
        'pg_execute_server_program',
        'pg_signal_backend',
        'pg_maintain',
        'pg_checkpoint',
        'pg_create_subscription'
    )
    union
    select
        'CREATE on database ' || current_database() as privilege,
        true as writes,
        null as reads
    from mine
    where has_database_privilege(mine.oid, current_database(), 'create')
    union
    select
        'CREATE on schema ' || pg_namespace.nspname as privilege,
        true as writes,
        null as reads
    from mine
    cross join pg_namespace
    where has_schema_privilege(mine.oid, pg_namespace.oid, 'create')
        and pg_namespace.nspname not like 'pg\_temp%'
        and pg_namespace.nspname not like 'pg\_toast%'
    union
    select
        'SELECT on ' || relation.name as privilege,
        false as writes,
        case
            when relation.schema_name = 'evidence' then substr(relation.name, length('evidence.') + 1)
        end as reads
    from mine
    cross join relation
    where has_table_privilege(mine.oid, relation.oid, 'select')
    union
    select
        wanted.word || ' on ' || relation.name as privilege,
        true as writes,
        null as reads
    from mine
    cross join relation
    cross join (
        values
        ('INSERT'),
        ('UPDATE'),
        ('DELETE'),
        ('TRUNCATE'),
        ('TRIGGER')
    ) as wanted (word)
    where case
        when wanted.word in ('INSERT', 'UPDATE')
            then has_any_column_privilege(mine.oid, relation.oid, wanted.word)
        else has_table_privilege(mine.oid, relation.oid, wanted.word)
    end
    union
    select
        'USAGE on sequence ' || pg_namespace.nspname || '.' || pg_class.relname as privilege,
        true as writes,
        null as reads
    from mine
    cross join pg_class
    join pg_namespace
        on pg_namespace.oid = pg_class.relnamespace
    where pg_class.relkind = 'S'
        and has_sequence_privilege(mine.oid, pg_class.oid, 'usage, update')
    union
    select
        'EXECUTE on ' || pg_namespace.nspname || '.' || pg_proc.proname || ', which runs as its owner' as privilege,
        true as writes,
        null as reads
    from mine
    cross join pg_proc
    join pg_namespace
        on pg_namespace.oid = pg_proc.pronamespace
    where pg_proc.prosecdef
        and pg_namespace.nspname not in ('pg_catalog', 'information_schema')
        and has_schema_privilege(mine.oid, pg_namespace.oid, 'usage')
        and has_function_privilege(mine.oid, pg_proc.oid, 'execute')
)

select
    privilege,
    writes,
    reads
from found
order by privilege
