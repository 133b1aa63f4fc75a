-- What became of each exception, from when it was first seen until somebody else saw that it was gone?

create table ctl.exception_action as
select
    exception_id,
    done_at,
    event,
    actor,
    ticket_key,
    note,
    min(captured_at) as recorded_at
from ev.register_exception_action
group by all
order by exception_id, done_at, event;
comment on table ctl.exception_action is 'One row per thing somebody did about an exception, rows taken out of the register since included';
comment on column ctl.exception_action.recorded_at is 'The first capture that shows it, UTC: long after `done_at`, it was written down afterwards';

create table ctl.exception_episode as
with seen as (
    select
        exception_id,
        episode,
        test_id,
        control_id,
        population_key,
        code,
        max_by(subject_label, result_day) as subject_label,
        max_by(severity, result_day) as severity,
        min(result_day) as first_day,
        max(result_day) as last_day,
        count(*) as days,
        min(first_seen_at) as opened_at,
        max(last_seen_at) as last_seen_at,
        arg_max_null(waiver_id, result_day) as waiver_id,
        bool_and(waiver_id is not null) as is_waived_throughout,
        arg_max_null(cleared_at, result_day) as cleared_within_the_day
    from ctl.exception
    group by all
),
looked as (
    select
        test_id,
        result_day,
        test_kind,
        evaluated_at
    from ctl.test_day
    where verdict not in ('NOT_TESTED', 'ERROR')
        and coalesce(len(missing), 0) = 0
        and evidence_verifies
),
-- Only a state can be seen to be gone: what happened stays happened.
gone as (
    select
        seen.exception_id,
        seen.episode,
        min(looked.evaluated_at) as cleared_at
    from seen
    join looked
        on looked.test_id = seen.test_id
        and looked.result_day > seen.last_day
        and looked.test_kind = 'state'
    group by all
),
kind as (
    select
        test_id,
        any_value(test_kind) as test_kind
    from ctl.test_day
    group by all
),
timed as (
    select
        seen.* exclude (cleared_within_the_day),
        kind.test_kind,
        seen.opened_at
        + to_days(coalesce(control.remediation_days, due_days(seen.severity))::integer) as due_at,
        coalesce(seen.cleared_within_the_day, gone.cleared_at) as cleared_at,
        lead(seen.opened_at) over (partition by seen.exception_id order by seen.episode) as opened_again_at
    from seen
    left join gone on gone.exception_id = seen.exception_id and gone.episode = seen.episode
    left join kind on kind.test_id = seen.test_id
    left join ctl.control as control on control.control_id = seen.control_id
),
done as (
    select
        timed.exception_id,
        timed.episode,
        min(action.done_at) filter (where action.event = 'ticketed') as ticketed_at,
        min_by(action.ticket_key, action.done_at) filter (where action.event = 'ticketed') as ticket_key,
        max(action.done_at) filter (where action.event = 'remediation_claimed') as claimed_at,
        max_by(action.actor, action.done_at) filter (where action.event = 'remediation_claimed') as claimed_by
    from timed
    join ctl.exception_action as action
        on action.exception_id = timed.exception_id
        and action.done_at >= timed.opened_at
        and (timed.opened_again_at is null or action.done_at < timed.opened_again_at)
    group by all
),
-- The second person is another than the one who claimed it, and looked after it was gone.
verified as (
    select
        timed.exception_id,
        timed.episode,
        min(action.done_at) as verified_at,
        min_by(action.actor, action.done_at) as verified_by
    from timed
    join done on done.exception_id = timed.exception_id and done.episode = timed.episode
    join ctl.exception_action as action
        on action.exception_id = timed.exception_id
        and action.event = 'verified'
        and action.done_at >= timed.cleared_at
        and (timed.opened_again_at is null or action.done_at < timed.opened_again_at)
        and action.actor is distinct from done.claimed_by
    group by all
)
select
    timed.exception_id,
    timed.episode,
    timed.test_id,
    timed.control_id,
    timed.test_kind,
    timed.population_key,
    timed.subject_label,
    timed.code,
    timed.severity,
    case
        when verified.verified_at is not null then 'VERIFIED'
        when timed.test_kind = 'event' and timed.waiver_id is null then 'DEVIATION'
        when timed.cleared_at is not null then 'CLEARED'
        when timed.waiver_id is not null then 'WAIVED'
        when done.claimed_at is not null then 'REMEDIATION_CLAIMED'
        when done.ticketed_at is not null then 'TICKETED'
        else 'OPEN'
    end as status,
    timed.first_day,
    timed.last_day,
    timed.days,
    timed.opened_at,
    timed.last_seen_at,
    timed.due_at,
    done.ticketed_at,
    done.ticket_key,
    done.claimed_at,
    done.claimed_by,
    timed.cleared_at,
    verified.verified_at,
    verified.verified_by,
    timed.waiver_id,
    timed.is_waived_throughout,
    timed.test_kind = 'state'
    and not timed.is_waived_throughout
    and timed.due_at < coalesce(timed.cleared_at, (select published_at from meta.published)) as is_overdue
from timed
left join done on done.exception_id = timed.exception_id and done.episode = timed.episode
left join verified on verified.exception_id = timed.exception_id and verified.episode = timed.episode
order by timed.first_day, timed.test_id, timed.population_key, timed.code;
comment on table ctl.exception_episode is 'One row per time an exception occurred: from when it was seen until it was gone';
comment on column ctl.exception_episode.exception_id is 'Digest of test, row and code: the same on every day';
comment on column ctl.exception_episode.episode is 'Which time it occurs, from 1';
comment on column ctl.exception_episode.test_id is 'The test, such as AC-01.a';
comment on column ctl.exception_episode.control_id is 'The control, such as AC-01';
comment on column ctl.exception_episode.test_kind is 'state: it can be seen to be gone; event: it happened, and stays';
comment on column ctl.exception_episode.population_key is 'The row that breaks the rule; never personal';
comment on column ctl.exception_episode.subject_label is 'The row, as people know it; privacy: workforce';
comment on column ctl.exception_episode.code is 'Which rule is broken';
comment on column ctl.exception_episode.severity is 'Critical, High, Medium or Low, as it was seen last';
comment on column ctl.exception_episode.status is 'OPEN, TICKETED, REMEDIATION_CLAIMED, WAIVED, CLEARED (a complete test found it no more), VERIFIED (somebody else than who claimed it looked after that), or DEVIATION (it happened and cannot be undone)';
comment on column ctl.exception_episode.first_day is 'First evidence day it was found on';
comment on column ctl.exception_episode.last_day is 'Last evidence day it was found on';
comment on column ctl.exception_episode.days is 'On how many evidence days it was found';
comment on column ctl.exception_episode.opened_at is 'When it was first seen, UTC';
comment on column ctl.exception_episode.last_seen_at is 'When it was last seen, UTC';
comment on column ctl.exception_episode.due_at is 'By when it is to be mended, UTC: as its control says, else by its severity';
comment on column ctl.exception_episode.ticketed_at is 'When somebody opened a ticket for it, UTC; null: nobody did';
comment on column ctl.exception_episode.ticket_key is 'That ticket';
comment on column ctl.exception_episode.claimed_at is 'When somebody last said that it is mended, UTC; null: nobody did';
comment on column ctl.exception_episode.claimed_by is 'Who said so; privacy: workforce';
comment on column ctl.exception_episode.cleared_at is 'When a complete test first did not find it any more, UTC; null: none did';
comment on column ctl.exception_episode.verified_at is 'When somebody other than who claimed it saw that it was gone, UTC';
comment on column ctl.exception_episode.verified_by is 'Who saw that; privacy: workforce';
comment on column ctl.exception_episode.waiver_id is 'The waiver in force on its last day; null: none';
comment on column ctl.exception_episode.is_waived_throughout is 'Whether a waiver was in force on every day of it';
comment on column ctl.exception_episode.is_overdue is 'Whether it was there longer than it may be, without a waiver all along; an event never is';

create view ctl.exception_event as
with found as (
    select
        exception.exception_id,
        exception.episode,
        exception.result_day,
        exception.first_seen_at,
        exception.last_seen_at,
        exception.waiver_id,
        lag(exception.result_day) over life as day_before,
        lag(exception.waiver_id) over life as waiver_before
    from ctl.exception as exception
    window life as (partition by exception.exception_id, exception.episode order by exception.result_day)
),
happened as (
    select
        found.exception_id,
        found.first_seen_at as event_at,
        case
            when found.day_before is not null then 'reobserved'
            when found.episode = 1 then 'opened'
            when before.verified_at is not null then 'regressed'
            else 'reopened'
        end as event,
        null::varchar as actor,
        null::varchar as ticket_key,
        null::varchar as waiver_id,
        'evidence of ' || found.result_day as note,
        1 as place
    from found
    left join ctl.exception_episode as before
        on before.exception_id = found.exception_id and before.episode = found.episode - 1
    union all
    select
        exception_id,
        last_seen_at,
        case when waiver_id is null then 'waiver_expired' else 'waived' end,
        null,
        null,
        coalesce(waiver_id, waiver_before),
        'evidence of ' || result_day,
        2
    from found
    where waiver_id is distinct from waiver_before
    union all
    select
        exception_id,
        cleared_at,
        'cleared',
        null,
        null,
        null,
        'a complete test did not find it',
        3
    from ctl.exception_episode
    where cleared_at is not null
    union all
    select
        action.exception_id,
        action.done_at,
        action.event,
        action.actor,
        action.ticket_key,
        null,
        action.note,
        4
    from ctl.exception_action as action
    where action.exception_id in (select exception_id from ctl.exception_episode)
)
select
    exception_id,
    row_number() over (partition by exception_id order by event_at, place, event) as seq,
    event_at,
    event,
    actor,
    ticket_key,
    waiver_id,
    note
from happened
order by exception_id, seq;
comment on view ctl.exception_event is 'One row per thing that happened to an exception, in order: what the evidence shows, and what people say they did';
comment on column ctl.exception_event.exception_id is 'The exception';
comment on column ctl.exception_event.seq is 'Its place in the life of the exception, from 1';
comment on column ctl.exception_event.event_at is 'When, UTC';
comment on column ctl.exception_event.event is 'opened, reobserved, reopened, regressed (after it was verified), waived, waiver_expired, cleared; or, from the register: ticketed, assigned, note, remediation_claimed, verified, risk_accepted, false_positive, reported';
comment on column ctl.exception_event.actor is 'Who did it; null: the evidence shows it; privacy: workforce';
comment on column ctl.exception_event.ticket_key is 'The ticket, where there is one';
comment on column ctl.exception_event.waiver_id is 'The waiver, of what a waiver did';
comment on column ctl.exception_event.note is 'What is to be said of it';

create view ctl.waiver_finding as
with known as (
    select
        waiver.*,
        coalesce(waiver.test_id, waiver.control_id) as about
    from hist.register_waiver as waiver
    qualify row_number() over (partition by waiver.instance, waiver.waiver_id order by observed_last desc) = 1
),
used as (
    select
        waiver_id,
        count(distinct exception_id) as exceptions,
        count(distinct population_key) as accepted,
        min(first_seen_at) as first_used_at
    from ctl.exception
    where waiver_id is not null
    group by waiver_id
),
-- What a waiver accepts on a day, of what its test looked at on that day.
share as (
    select
        exception.waiver_id,
        max(exception.accepted * 100 // greatest(counts.population_count, 1)) as percent
    from (
        select
            waiver_id,
            test_id,
            result_day,
            count(distinct population_key) as accepted
        from ctl.exception
        where waiver_id is not null
        group by all
    ) as exception
    join ctl.test_day as counts
        on counts.test_id = exception.test_id and counts.result_day = exception.result_day
    group by exception.waiver_id
),
published as (
    select published_at from meta.published
),
found as (
    select waiver_id, about, 'UNUSED' as finding, 'it is in force and accepted nothing yet' as detail
    from known
    where effective_from <= (select published_at from published)
        and expires_at > (select published_at from published)
        and revoked_at is null
        and waiver_id not in (select waiver_id from used)
    union all
    select waiver_id, about, 'EXPIRED', 'it counts no more since ' || strftime(expires_at, '%Y-%m-%d')
    from known
    where expires_at <= (select published_at from published)
    union all
    select waiver_id, about, 'SELF_APPROVED', requested_by || ' asked for it and approved it'
    from known
    where requested_by = approved_by
    union all
    select waiver_id, about, 'TOO_LONG', 'it lasts ' || date_diff('day', effective_from, expires_at) || ' days, 366 at most'
    from known
    where expires_at > effective_from + interval 366 day
    union all
    select waiver_id, about, 'NO_COMPENSATING_CONTROL', 'nothing is said to limit the risk meanwhile'
    from known
    where coalesce(compensating_control, '') = ''
    union all
    select known.waiver_id, known.about, 'OVER_BROAD', 'it accepts ' || share.percent || ' % of a population'
    from known
    join share on share.waiver_id = known.waiver_id
    where share.percent > 10
    union all
    select known.waiver_id, known.about, 'LATER_THAN_OCCURRENCE',
        'approved ' || strftime(known.approved_at, '%Y-%m-%d %H:%M') || ', what it accepts was first seen '
        || strftime(used.first_used_at, '%Y-%m-%d %H:%M')
    from known
    join used on used.waiver_id = known.waiver_id
    where known.approved_at > used.first_used_at
    union all
    select one.waiver_id, one.about, 'STACKED', 'it begins where ' || other.waiver_id || ' about the same ended'
    from known as one
    join known as other
        on other.waiver_id <> one.waiver_id
        and other.about = one.about
        and other.subject_pattern = one.subject_pattern
        and other.exception_code is not distinct from one.exception_code
        and other.effective_from < one.effective_from
        and other.expires_at >= one.effective_from - interval 1 day
)
select distinct
    waiver_id,
    about,
    finding,
    detail
from found
order by
    waiver_id,
    finding;
comment on view ctl.waiver_finding is 'One row per thing an auditor would ask about a waiver; none of them takes a waiver out of force by itself';
comment on column ctl.waiver_finding.waiver_id is 'The waiver';
comment on column ctl.waiver_finding.about is 'The test or control it is about';
comment on column ctl.waiver_finding.finding is 'UNUSED, EXPIRED, SELF_APPROVED, TOO_LONG, NO_COMPENSATING_CONTROL, OVER_BROAD (over a tenth of a population on a day), LATER_THAN_OCCURRENCE or STACKED';
comment on column ctl.waiver_finding.detail is 'What was found';
