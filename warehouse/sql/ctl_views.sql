-- Which rows did each verdict look at, which definitions were in force, and what has somebody accepted?

create view ctl.population as
select
    counts.control_id,
    population.* exclude (entry, instance, day, captured_at)
from ev.ctl_population as population
join ctl.test_day as counts
    on counts.entry = population.entry and counts.result_id = population.result_id;
comment on view ctl.population is 'One row per row looked at by the evaluation that counts for its test and day, in every round, exempt ones included';
comment on column ctl.population.control_id is 'The control, such as AC-01';

create view ctl.test_definition as
select
    test_id,
    definition_sha256,
    min(result_day) as first_day,
    max(result_day) as last_day,
    count(*) as days
from ctl.test_day
where definition_sha256 is not null
group by all
order by test_id, first_day;
comment on view ctl.test_definition is 'One row per test and definition: a test that was changed in the period shows twice';
comment on column ctl.test_definition.test_id is 'The test, such as AC-01.a';
comment on column ctl.test_definition.definition_sha256 is 'Digest of the definition, its SQL and the parameters in force';
comment on column ctl.test_definition.first_day is 'First evidence day it judged';
comment on column ctl.test_definition.last_day is 'Last evidence day it judged';
comment on column ctl.test_definition.days is 'How many evidence days it judged';

create view ctl.waiver as
select waiver.* exclude (next_observed, first_entry, last_entry)
from hist.register_waiver as waiver
qualify row_number() over (partition by instance, waiver_id order by observed_last desc) = 1
order by waiver_id;
comment on view ctl.waiver is 'One row per waiver as it was last seen in the register, those taken out of it included';
comment on column ctl.waiver.instance is 'The register it stands in';
comment on column ctl.waiver.observed_first is 'The first capture that shows it like this';
comment on column ctl.waiver.observed_last is 'The last capture that shows it like this';

create view ctl.observation_period as
select period.* exclude (entry, day)
from cur.register_observation_period as period
order by audit_id;
comment on view ctl.observation_period is 'One row per audit: the period it is about, as the register has it now';
comment on column ctl.observation_period.instance is 'The register it stands in';
comment on column ctl.observation_period.captured_at is 'When the register was read';

create view ctl.sample_request as
select request.* exclude (instance, day, captured_at, entry)
from ev.ctl_sample_request as request
qualify row_number() over (partition by sample_id order by entry) = 1
order by requested_at, sample_id;
comment on view ctl.sample_request is 'One row per sample that was drawn: from what, how, and by whose seed';

create view ctl.sample_item as
with newest as (
    select *
    from ev.ctl_sample_finding
    qualify row_number() over (partition by sample_id, ordinal order by entry desc) = 1
)
select
    item.* exclude (instance, day, captured_at, entry),
    newest.result as auditor_result,
    newest.note as auditor_note,
    newest.found_by,
    newest.found_at
from ev.ctl_sample_item as item
left join newest on newest.sample_id = item.sample_id and newest.ordinal = item.ordinal
qualify row_number() over (partition by item.sample_id, item.ordinal order by item.entry) = 1
order by sample_id, ordinal;
comment on view ctl.sample_item is 'One row per item of a sample, with what the auditor found of it last';
comment on column ctl.sample_item.auditor_result is 'What the auditor found; null: nothing was recorded yet';
comment on column ctl.sample_item.auditor_note is 'What the auditor noted';
comment on column ctl.sample_item.found_by is 'Who found it; privacy: workforce';
comment on column ctl.sample_item.found_at is 'When it was recorded';
