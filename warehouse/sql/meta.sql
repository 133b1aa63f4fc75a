-- Where does each row come from, how was it captured, and is it still what was stored?
create table meta.published (
    published_at timestamptz not null,
    company varchar not null,
    sandbox boolean not null,
    ledger_number bigint not null,
    ledger_sha256 varchar not null,
    product_version varchar not null,
    duckdb_version varchar not null,
    self_contained boolean not null,
    format integer not null
);
comment on table meta.published is 'One row: when this file was made, for whom, and up to which ledger entry';
comment on column meta.published.published_at is 'When the file was made, UTC';
comment on column meta.published.company is 'Whose evidence it is';
comment on column meta.published.sandbox is 'True: a simulated company, which is no evidence of anything';
comment on column meta.published.ledger_number is 'Number of the last ledger entry taken in';
comment on column meta.published.ledger_sha256 is 'Digest of that entry';
comment on column meta.published.product_version is 'Version of the evidence warehouse that made the file';
comment on column meta.published.duckdb_version is 'Version of DuckDB that made the file; 1.4 and later open it';
comment on column meta.published.self_contained is 'True: evidence is copied in, so that the file can be moved; false: views read the store at its path';
comment on column meta.published.format is 'Version of the layout of this file';

create table meta.ledger_head (
    number bigint not null,
    sha256 varchar not null,
    recorded_at timestamptz not null
);
comment on table meta.ledger_head is 'One row: the last ledger entry when the file was made';
comment on column meta.ledger_head.number is 'Its number';
comment on column meta.ledger_head.sha256 is 'Digest of its file, which the next entry names';
comment on column meta.ledger_head.recorded_at is 'When it was recorded, UTC';

create table meta.ledger_damage (
    number bigint not null,
    what varchar not null
);
comment on table meta.ledger_damage is 'One row per ledger entry that is missing, unreadable or not chained; empty where the ledger is whole';
comment on column meta.ledger_damage.number is 'Number of the entry';
comment on column meta.ledger_damage.what is 'What is wrong with it';

create table meta.dataset (
    dataset varchar not null,
    kind varchar not null,
    follows varchar,
    title varchar not null,
    source varchar not null,
    key varchar[] not null,
    retention_days bigint,
    may_be_empty boolean not null,
    schema_sha256 varchar not null
);
comment on table meta.dataset is 'One row per declared dataset';
comment on column meta.dataset.dataset is 'Name: <source>_<entity>; the view in ev and cur, the table in hist';
comment on column meta.dataset.kind is 'state (full copy), event (append-only), register (a file people keep) or derived';
comment on column meta.dataset.follows is 'For derived datasets: whether their days behave like those of a state or of an event';
comment on column meta.dataset.title is 'What one row is';
comment on column meta.dataset.source is 'The system, or the folder of assets, that owns it';
comment on column meta.dataset.key is 'Columns that are unique in one capture of one instance';
comment on column meta.dataset.retention_days is 'How long the source keeps these events, in days; null: not an event, or not limited';
comment on column meta.dataset.may_be_empty is 'Whether the source may honestly have no rows';
comment on column meta.dataset.schema_sha256 is 'Digest of its columns and key as declared when the file was made';

create table meta.dataset_column (
    dataset varchar not null,
    ordinal bigint not null,
    name varchar not null,
    type varchar not null,
    meaning varchar not null,
    unit varchar,
    source_field varchar,
    privacy varchar not null,
    required boolean not null,
    is_key boolean not null
);
comment on table meta.dataset_column is 'One row per column of a declared dataset';
comment on column meta.dataset_column.dataset is 'The dataset';
comment on column meta.dataset_column.ordinal is 'Place of the column, from 1';
comment on column meta.dataset_column.name is 'Name of the column';
comment on column meta.dataset_column.type is 'text, int, bool, timestamp, date, text[], json or money (minor units)';
comment on column meta.dataset_column.meaning is 'What it means';
comment on column meta.dataset_column.unit is 'Its unit; null: none';
comment on column meta.dataset_column.source_field is 'Dotted path of the field in the record as the source sent it; null: computed';
comment on column meta.dataset_column.privacy is 'Whom it is about, and so who may see it';
comment on column meta.dataset_column.required is 'Whether every row has a value';
comment on column meta.dataset_column.is_key is 'Whether it belongs to the key';

create table meta.dataset_schedule (
    dataset varchar not null,
    instance varchar not null,
    cadence_hours integer not null,
    grace_hours integer not null,
    valid_from date not null,
    valid_to date,
    source_retention_days bigint
);
comment on table meta.dataset_schedule is 'One row per dataset and instance that is, or was, expected every day';
comment on column meta.dataset_schedule.dataset is 'The dataset';
comment on column meta.dataset_schedule.instance is 'The account, organisation or database it is expected of';
comment on column meta.dataset_schedule.cadence_hours is 'Hours between two captures';
comment on column meta.dataset_schedule.grace_hours is 'Hours a capture may be late before its evidence counts as stale';
comment on column meta.dataset_schedule.valid_from is 'First evidence day it is expected for';
comment on column meta.dataset_schedule.valid_to is 'Last evidence day it is expected for; null: still expected';
comment on column meta.dataset_schedule.source_retention_days is 'How long the source keeps these events, in days; null: not an event';

create table meta.snapshot (
    entry bigint not null,
    snapshot_id varchar not null,
    dataset varchar not null,
    instance varchar not null,
    day date not null,
    captured_at timestamptz not null,
    recorded_at timestamptz not null,
    run_id varchar not null,
    round varchar not null,
    row_count bigint not null,
    schema_sha256 varchar,
    object_uri varchar not null,
    inputs varchar[] not null,
    listed boolean not null,
    verifies boolean not null,
    fault varchar,
    is_current boolean not null,
    in_history boolean not null
);
comment on table meta.snapshot is 'One row per capture the ledger acknowledges: a dataset of an instance on an evidence day';
comment on column meta.snapshot.entry is 'Number of the ledger entry; with dataset it names one capture';
comment on column meta.snapshot.snapshot_id is 'SHA-256 of the file; equal captures share it';
comment on column meta.snapshot.dataset is 'The dataset captured';
comment on column meta.snapshot.instance is 'The account, organisation or database it was captured from';
comment on column meta.snapshot.day is 'The evidence day it belongs to, UTC';
comment on column meta.snapshot.captured_at is 'When the source had been read completely; of derived datasets: their newest input';
comment on column meta.snapshot.recorded_at is 'When the ledger acknowledged it';
comment on column meta.snapshot.run_id is 'The row of meta.extraction_run it came from; derived datasets have none there';
comment on column meta.snapshot.round is 'Captures of one collection share a round';
comment on column meta.snapshot.row_count is 'Rows in the file';
comment on column meta.snapshot.schema_sha256 is 'Digest of the columns as declared when it was captured';
comment on column meta.snapshot.object_uri is 'Where the file rests';
comment on column meta.snapshot.inputs is 'Files it was computed from, as paths inside the home; empty for what a source sent';
comment on column meta.snapshot.listed is 'Whether the file is there, is unaltered, and so is read by ev';
comment on column meta.snapshot.verifies is 'Whether the file, and every file it was computed from, is what the ledger names';
comment on column meta.snapshot.fault is 'What does not verify; null where all does';
comment on column meta.snapshot.is_current is 'Whether cur reads it';
comment on column meta.snapshot.in_history is 'Whether hist was built from it';

create table meta.extraction_run (
    run_id varchar not null,
    entry bigint not null,
    dataset varchar not null,
    source_system varchar not null,
    instance varchar not null,
    day date not null,
    status varchar not null,
    origin varchar,
    principal varchar,
    started_at timestamptz,
    finished_at timestamptz not null,
    request_json varchar,
    window_start timestamptz,
    window_end timestamptz,
    pages bigint,
    last_page_seen boolean,
    rows_source_reported bigint,
    rows_extracted bigint,
    control_sum hugeint,
    raw_sha256 varchar,
    connector_version varchar,
    dagster_run_id varchar,
    clock_skew_ms bigint,
    error varchar,
    retryable boolean
);
comment on table meta.extraction_run is 'One row per attempt to read or compute a dataset for a day, failed ones included';
comment on column meta.extraction_run.run_id is 'Ledger entry and dataset';
comment on column meta.extraction_run.entry is 'Number of the ledger entry';
comment on column meta.extraction_run.dataset is 'The dataset asked for';
comment on column meta.extraction_run.source_system is 'The system asked';
comment on column meta.extraction_run.instance is 'The account, organisation or database asked';
comment on column meta.extraction_run.day is 'The evidence day it was asked for';
comment on column meta.extraction_run.status is 'complete, or failed: then nothing was stored';
comment on column meta.extraction_run.origin is 'contemporaneous, backfill (events read later) or manual; null: failed';
comment on column meta.extraction_run.principal is 'Who the source says we were';
comment on column meta.extraction_run.started_at is 'When reading began, UTC';
comment on column meta.extraction_run.finished_at is 'When the source had been read completely, or the attempt failed, UTC';
comment on column meta.extraction_run.request_json is 'The exact requests, as a JSON list';
comment on column meta.extraction_run.window_start is 'First instant of the window asked for';
comment on column meta.extraction_run.window_end is 'First instant after it';
comment on column meta.extraction_run.pages is 'Pages the source sent';
comment on column meta.extraction_run.last_page_seen is 'Whether the source itself ended the listing';
comment on column meta.extraction_run.rows_source_reported is 'Rows the source says there are; null: it does not say';
comment on column meta.extraction_run.rows_extracted is 'Rows stored';
comment on column meta.extraction_run.control_sum is 'Sum the source computed in the same transaction, minor units; null: none';
comment on column meta.extraction_run.raw_sha256 is 'Digest of the redacted raw pages';
comment on column meta.extraction_run.connector_version is 'Version of the evidence warehouse that read it';
comment on column meta.extraction_run.dagster_run_id is 'The run that asked';
comment on column meta.extraction_run.clock_skew_ms is 'How far the clock of the source was from ours, milliseconds; null: it sends no time';
comment on column meta.extraction_run.error is 'Why it failed; null: it did not';
comment on column meta.extraction_run.retryable is 'Whether trying again could help; null: it did not fail';

create table meta.broken_file (
    path varchar not null,
    dataset varchar not null,
    instance varchar not null,
    day date not null,
    entry bigint not null,
    fault varchar not null,
    expected varchar not null,
    found varchar
);
comment on table meta.broken_file is 'One row per acknowledged file that is missing or altered; such a file is read by nothing here';
comment on column meta.broken_file.path is 'Its path inside the home';
comment on column meta.broken_file.dataset is 'The dataset it is a capture of';
comment on column meta.broken_file.instance is 'The instance it was captured from';
comment on column meta.broken_file.day is 'The evidence day it belongs to';
comment on column meta.broken_file.entry is 'Number of the ledger entry that acknowledges it';
comment on column meta.broken_file.fault is 'missing or altered';
comment on column meta.broken_file.expected is 'The SHA-256 the ledger names';
comment on column meta.broken_file.found is 'The SHA-256 of the bytes found; null: the file is missing';

create table meta.file_check (
    path varchar not null,
    size bigint not null,
    mtime_ns bigint not null,
    ctime_ns bigint not null,
    sha256 varchar not null
);
comment on table meta.file_check is 'One row per file re-hashed for this or an earlier publication; one with the same size and times is not read again';
comment on column meta.file_check.path is 'Its path inside the home';
comment on column meta.file_check.size is 'Its size, bytes';
comment on column meta.file_check.mtime_ns is 'When its bytes last changed, nanoseconds since 1970';
comment on column meta.file_check.ctime_ns is 'When its bytes or its name last changed, nanoseconds since 1970';
comment on column meta.file_check.sha256 is 'The SHA-256 of its bytes';
