-- What was captured for the day, what does the source say it has, and how far is that from the usual?
-- Only listings of a state have a usual size; the volume of events is theirs to choose, and is checked
-- against the source's own totals.
select
    meta_run.run_key as population_key,
    null as subject_label,
    meta_run.captured_at_source as occurred_at,
    meta_run.instance,
    null as exempt_reason,
    meta_run.dataset,
    meta_run.run_instance,
    meta_run.rows_stored,
    meta_run.rows_reported,
    meta_run.last_page_seen,
    meta_run.median_rows,
    meta_run.row_change,
    case
        when meta_slot.kind = 'state' and abs(meta_run.row_change) > $max_small_row_change
            then meta_run.row_change_percent
    end as row_change_percent
from meta_run
left join meta_slot
    on meta_slot.dataset = meta_run.dataset
    and meta_slot.slot_instance = meta_run.run_instance
    and meta_slot.slot_day = $day
order by population_key
