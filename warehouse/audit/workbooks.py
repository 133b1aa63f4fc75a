"""What does an auditor's workbook of a control hold: its tests, their results, populations and exceptions?

Values are what the analysts' file answers: real dates and numbers, instants in UTC, and text that stays text
whatever it begins with, so that nothing from a source ever becomes a formula.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from warehouse.audit.period import Period

ROWS = 1_048_575
"""What a sheet holds besides its heading."""
CHARACTERS = 32_767
"""What a cell holds."""
EXACT = 10**15
"""Beyond, a spreadsheet rounds a whole number: it is written as text."""
HEADING = PatternFill("solid", fgColor="DDE5EE")
WIDEST = 66


class WorkbookRefused(Exception):
    """A sheet cannot hold what it is to show."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, and the query whose columns and rows it shows."""

    name: str
    sql: str
    upright: bool = False
    """Its one row is shown as names beside values."""


SHEETS: Sequence[Sheet] = (
    Sheet(
        "Control",
        """
        select
            control_id as "Control",
            title as "What management states",
            array_to_string(criteria, ' ') as "Criteria",
            owner as "Owner",
            severity as "Severity",
            frequency as "Operates",
            remediation_days as "Days to mend",
            code_version as "Definition (sha256)",
            published.company as "Company",
            case
                when published.sandbox then 'SANDBOX: a simulated company, which proves nothing'
                else 'evidence'
            end as "This is",
            $first::date as "Period from",
            $after::date - 1 as "Period to",
            published.published_at as "As of (UTC)",
            published.ledger_number as "Ledger entry"
        from ctl.control
        cross join meta.published as published
        where control_id = $control
        """,
        upright=True,
    ),
    Sheet(
        "Tests",
        """
        select
            statement.test_id as "Test",
            test.title as "Condition",
            test.exception_when as "Exception when",
            statement.expected as "Expected",
            statement.performed as "Tested",
            statement.late as "Late",
            statement.no_occurrence as "Nothing to test",
            statement.not_tested as "Not tested",
            statement.errors as "Errors",
            statement.missed as "Not evaluated",
            statement.pending as "Not due yet",
            statement.longest_gap as "Longest gap",
            statement.deviations as "Deviations",
            statement.waived_deviations as "Waived",
            statement.definitions as "Versions",
            statement.statement as "In words"
        from period_statement($first::date, $after::date) as statement
        join ctl.control_test as test on test.test_id = statement.test_id
        where statement.control_id = $control
        order by statement.test_id
        """,
    ),
    Sheet(
        "Walkthrough",
        """
        with recursive shown as (
            -- One real row of each test: an exception of the newest day it was looked at, else its first row.
            select
                population.*,
                counts.entry as result_entry
            from ctl.population as population
            join ctl.test_day as counts
                on counts.test_id = population.test_id and counts.result_day = population.result_day
            where population.control_id = $control
                and population.result_day >= $first::date
                and population.result_day < $after::date
            qualify row_number() over (
                partition by population.test_id
                order by population.result_day desc,
                    population.status = 'exception' desc,
                    population.population_key
            ) = 1
        ),
        file as (
            select
                snapshot.*,
                regexp_extract(snapshot.object_uri, 'evidence/.*') as path
            from meta.snapshot as snapshot
            qualify row_number() over (partition by snapshot.object_uri order by snapshot.entry) = 1
        ),
        step as (
            select
                shown.test_id,
                shown.result_day,
                file.path,
                file.inputs,
                1 as depth
            from shown
            join ctl.test_result as result
                on result.entry = shown.result_entry and result.result_id = shown.result_id
            join file on list_contains(result.snapshot_ids, file.snapshot_id) and file.day = shown.result_day
            union
            select
                step.test_id,
                step.result_day,
                file.path,
                file.inputs,
                step.depth + 1
            from step
            join file on list_contains(step.inputs, file.path)
        ),
        nearest as (
            select
                test_id,
                path,
                min(depth) as depth
            from step
            group by all
        )
        select
            shown.test_id as "Test",
            test.title as "Condition",
            shown.result_day as "Evidence day",
            shown.population_key as "One real row",
            shown.subject_label as "Known as",
            shown.status as "Result",
            shown.attributes::varchar as "Facts that were judged",
            nearest.depth as "Step back",
            file.dataset as "Read from",
            file.instance as "Instance",
            run.principal as "Asked as",
            left(run.request_json, 500) as "Asked",
            file.captured_at as "Captured (UTC)",
            file.row_count as "Rows",
            file.entry as "Ledger entry",
            file.path as "File"
        from shown
        join ctl.control_test as test on test.test_id = shown.test_id
        left join nearest on nearest.test_id = shown.test_id
        left join file on file.path = nearest.path
        left join meta.extraction_run as run on run.entry = file.entry and run.dataset = file.dataset
        order by
            shown.test_id,
            nearest.depth,
            file.dataset,
            file.instance,
            file.entry
        """,
    ),
    Sheet(
        "Results",
        """
        select
            test_id as "Test",
            result_day as "Evidence day",
            verdict as "Verdict",
            reason as "Reason",
            population_count as "Population",
            exempt_count as "Exempt",
            exceptions_count as "Exceptions",
            unknown_count as "Unknown",
            waived_count as "Waived",
            evaluated_at as "Evaluated (UTC)",
            entry as "Ledger entry",
            definition_sha256 as "Definition (sha256)"
        from ctl.test_day
        where control_id = $control
            and result_day >= $first::date
            and result_day < $after::date
        order by
            test_id,
            result_day
        """,
    ),
    Sheet(
        "Population",
        """
        select
            test_id as "Test",
            population_key as "Row",
            max_by(subject_label, result_day) as "Known as",
            any_value(subject_type) as "Is a",
            min(result_day) as "First day",
            max(result_day) as "Last day",
            count(distinct result_day) as "Days",
            count(distinct result_day) filter (where status = 'exception') as "Days with an exception",
            count(distinct result_day) filter (where status = 'waived') as "Days waived",
            count(distinct result_day) filter (where status = 'unknown') as "Days unknown",
            count(distinct result_day) filter (where status = 'exempt') as "Days exempt",
            max_by(exempt_reason, result_day) as "Exempt because",
            max_by(attributes::varchar, result_day) as "Facts on the last day"
        from ctl.population
        where control_id = $control
            and result_day >= $first::date
            and result_day < $after::date
        group by
            test_id,
            population_key
        order by
            test_id,
            population_key
        """,
    ),
    Sheet(
        "Exceptions",
        """
        select
            episode.test_id as "Test",
            episode.code as "Code",
            episode.severity as "Severity",
            episode.status as "Status",
            episode.population_key as "Row",
            episode.subject_label as "Known as",
            episode.first_day as "First day",
            episode.last_day as "Last day",
            episode.days as "Days",
            episode.opened_at as "First seen (UTC)",
            episode.due_at as "Due (UTC)",
            episode.is_overdue as "Overdue",
            episode.ticket_key as "Ticket",
            episode.claimed_at as "Said to be mended (UTC)",
            episode.claimed_by as "Said by",
            episode.cleared_at as "Seen to be gone (UTC)",
            episode.verified_at as "Verified (UTC)",
            episode.verified_by as "Verified by",
            episode.waiver_id as "Waiver",
            episode.exception_id as "Exception (sha256)"
        from ctl.exception_episode as episode
        where episode.control_id = $control
            and episode.last_day >= $first::date
            and episode.first_day < $after::date
        order by
            episode.test_id,
            episode.first_day,
            episode.population_key,
            episode.code
        """,
    ),
    Sheet(
        "Missing",
        """
        select
            test_id as "Test",
            first_day as "From",
            last_day as "To",
            became as "What became of it",
            coalesce(reason, 'nothing was evaluated') as "Why"
        from period_occurrences($first::date, $after::date)
        where control_id = $control
            and became in ('NOT_TESTED', 'ERROR', 'MISSED')
        order by
            test_id,
            last_day
        """,
    ),
)


def write(connection: duckdb.DuckDBPyConnection, control_id: str, period: Period, path: Path) -> None:
    """Write the workbook of a control about a period. Raises WorkbookRefused, with nothing written."""
    first, after = period.window
    book = Workbook(write_only=True)
    for sheet in SHEETS:
        _sheet(book, sheet, answers(connection, sheet, control=control_id, first=first, after=after))
    book.save(path)


def answers(
    connection: duckdb.DuckDBPyConnection, sheet: Sheet, **values: Any
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Return the columns and rows of a sheet."""
    used = {name: value for name, value in values.items() if f"${name}" in sheet.sql}
    found = connection.execute(sheet.sql, used)
    names, rows = [column[0] for column in found.description or ()], found.fetchall()
    if sheet.upright:
        (row,) = rows
        return ["What", "Answer"], list(zip(names, row, strict=True))
    return names, rows


def _sheet(book: Workbook, sheet: Sheet, found: tuple[Sequence[str], Sequence[Sequence[Any]]]) -> None:
    names, rows = found
    if len(rows) > ROWS:
        raise WorkbookRefused(
            f"The sheet {sheet.name} would have {len(rows):,} rows; a sheet holds {ROWS:,}. Ask for a "
            "shorter period, or query the package's warehouse.duckdb. A retry will not help."
        )
    page = book.create_sheet(sheet.name)
    page.freeze_panes = "B2"
    page.auto_filter.ref = f"A1:{get_column_letter(len(names))}{len(rows) + 1}"
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.page_setup.orientation, page.page_setup.fitToHeight = "landscape", 0  # one page wide
    page.print_title_rows = "1:1"
    for number, width in enumerate(_widths(names, rows), 1):
        page.column_dimensions[get_column_letter(number)].width = width
    heading = []
    for name in names:
        cell = WriteOnlyCell(page, name)
        cell.font, cell.fill = Font(bold=True), HEADING
        heading.append(cell)
    page.append(heading)
    for row in rows:
        page.append([_cell(page, value) for value in row])


def _cell(page: Any, value: Any) -> Any:
    shown = cell_value(value)
    cell = WriteOnlyCell(page, shown)
    if isinstance(shown, str):
        cell.data_type = "s"  # a text that begins with = would be taken for a formula
    elif isinstance(shown, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
    elif isinstance(shown, date):
        cell.number_format = "yyyy-mm-dd"
    return cell


def cell_value(value: Any) -> Any:
    """Return a value as a cell holds it: a cell knows no time zone, no list and no number beyond 10^15."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT:
        return str(value)
    if isinstance(value, str):
        plain = ILLEGAL_CHARACTERS_RE.sub(lambda found: f"\\x{ord(found[0]):02x}", value)
        return plain if len(plain) <= CHARACTERS else f"{plain[: CHARACTERS - 2]} …"
    return value


def _widths(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[float]:
    """Yield how wide each column is to be, by its first rows."""
    for place, name in enumerate(names):
        longest = max((len(str(cell_value(row[place]))) for row in rows[:200]), default=0)
        yield min(WIDEST, max(len(name) * 1.1, longest, 6)) + 2
