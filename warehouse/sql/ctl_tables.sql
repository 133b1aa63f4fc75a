-- Which controls are there, on which days is evidence expected, and which of it is missing?
create table ctl.control (
    control_id varchar not null,
    title varchar not null,
    criteria varchar[],
    owner varchar,
    severity varchar,
    frequency varchar,
    every varchar not null,
    lag_days bigint,
    cutoff_days bigint,
    remediation_days bigint,
    note varchar,
    parameters varchar,
    code_version varchar
);
comment on table ctl.control is 'One row per control as it is defined now; ctl.test_definition has what was in force when';
comment on column ctl.control.control_id is 'The control, such as AC-01';
comment on column ctl.control.title is 'What management states';
comment on column ctl.control.criteria is 'The criteria it serves';
comment on column ctl.control.owner is 'The role that answers for it';
comment on column ctl.control.severity is 'Critical, High, Medium or Low';
comment on column ctl.control.frequency is 'How often it operates';
comment on column ctl.control.every is 'day, week, month, quarter or year: in each of them an occurrence is expected';
comment on column ctl.control.lag_days is 'Days between the end of an evidence day and its test';
comment on column ctl.control.cutoff_days is 'Days after the end of an evidence day in which what belongs to it may still arrive; it is first judged then';
comment on column ctl.control.remediation_days is 'Days within which an exception is to be mended; null: not stated';
comment on column ctl.control.note is 'What a reader must know besides';
comment on column ctl.control.parameters is 'Its thresholds and lists, each with the day it is valid from, as JSON';
comment on column ctl.control.code_version is 'Digest of the definition, its SQL and every version of its parameters';

create table ctl.control_test (
    test_id varchar not null,
    control_id varchar not null,
    title varchar not null,
    exception_when varchar,
    kind varchar,
    subject_type varchar,
    datasets varchar[],
    codes varchar[],
    sql varchar,
    sql_sha256 varchar,
    note varchar
);
comment on table ctl.control_test is 'One row per test of a control as it is defined now';
comment on column ctl.control_test.test_id is 'The test, such as AC-01.a';
comment on column ctl.control_test.control_id is 'The control it belongs to';
comment on column ctl.control_test.title is 'The condition that holds';
comment on column ctl.control_test.exception_when is 'When a row breaks it';
comment on column ctl.control_test.kind is 'state or event: what an empty population means';
comment on column ctl.control_test.subject_type is 'What one row of its population is';
comment on column ctl.control_test.datasets is 'The datasets it reads';
comment on column ctl.control_test.codes is 'The exception codes its rules report';
comment on column ctl.control_test.sql is 'The statement of facts';
comment on column ctl.control_test.sql_sha256 is 'Digest of that statement';
comment on column ctl.control_test.note is 'What a reader must know besides';

create table ctl.coverage (
    dataset varchar not null,
    instance varchar not null,
    day date not null,
    kind varchar not null,
    state varchar not null,
    captures bigint not null,
    first_captured_at timestamptz,
    closes_at timestamptz not null,
    cause varchar,
    recoverable_until date
);
comment on table ctl.coverage is 'One row per dataset, instance and evidence day that is expected since the configured start';
comment on column ctl.coverage.dataset is 'The dataset expected';
comment on column ctl.coverage.instance is 'The instance it is expected of';
comment on column ctl.coverage.day is 'The evidence day, UTC';
comment on column ctl.coverage.kind is 'state, event, register or derived';
comment on column ctl.coverage.state is 'complete, gap, or pending: the day can still be captured in time';
comment on column ctl.coverage.captures is 'Complete captures that still verify';
comment on column ctl.coverage.first_captured_at is 'When the first of them was captured; null: there is none';
comment on column ctl.coverage.closes_at is 'From when on a missing capture is a gap';
comment on column ctl.coverage.cause is 'Why there is none; null: there is one, or it is pending';
comment on column ctl.coverage.recoverable_until is 'Last day on which the source still has it; null: never again, or no gap';

create table ctl.coverage_gap (
    dataset varchar not null,
    instance varchar not null,
    day date not null,
    gap_start timestamptz not null,
    gap_end timestamptz not null,
    cause varchar not null,
    recoverable boolean not null,
    recoverable_until date,
    recovered_by_run varchar,
    recovered_at timestamptz,
    entry bigint not null,
    recorded_at timestamptz not null,
    alternative_evidence varchar,
    acknowledged_by varchar
);
comment on table ctl.coverage_gap is 'One row per gap the ledger records, those recovered later included';
comment on column ctl.coverage_gap.dataset is 'The dataset that is missing';
comment on column ctl.coverage_gap.instance is 'The instance it was expected of';
comment on column ctl.coverage_gap.day is 'The evidence day, UTC';
comment on column ctl.coverage_gap.gap_start is 'First instant without evidence';
comment on column ctl.coverage_gap.gap_end is 'First instant after it';
comment on column ctl.coverage_gap.cause is 'Why';
comment on column ctl.coverage_gap.recoverable is 'Whether the source still had it when the gap was recorded';
comment on column ctl.coverage_gap.recoverable_until is 'Last day on which the source has it; null: never again';
comment on column ctl.coverage_gap.recovered_by_run is 'The run that captured it later; null: none did';
comment on column ctl.coverage_gap.recovered_at is 'When it was captured later; null: never';
comment on column ctl.coverage_gap.entry is 'Number of the ledger entry';
comment on column ctl.coverage_gap.recorded_at is 'When the gap was recorded';
comment on column ctl.coverage_gap.alternative_evidence is 'What else shows that the control operated; not recorded yet';
comment on column ctl.coverage_gap.acknowledged_by is 'Who has taken note of it; not recorded yet';
