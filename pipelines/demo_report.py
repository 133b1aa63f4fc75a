"""What did the demo find, and is it exactly what was planted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from pipelines import demo, evaluation, runs
from pipelines.configuration import home
from pipelines.demo import Plan, Replay
from pipelines.session import Session
from warehouse.dataset import Kind
from warehouse.store import Home

if TYPE_CHECKING:
    from rich.console import Console

Finding = tuple[str, str, str, str, bool]
"""(test, population key, code, day, waived)."""
Untested = tuple[str, str]
"""(test, day)."""


@dataclass(frozen=True)
class Comparison:
    """What was planted against what was found, as whole sets."""

    planted: frozenset[Finding]
    found: frozenset[Finding]
    lacking: frozenset[Untested] = frozenset()
    """What the company has no source for, so that it must be NOT_TESTED."""
    untested: frozenset[Untested] = frozenset()
    """What is NOT_TESTED, but for what an outage of the plan took away."""

    @property
    def missed(self) -> list[Finding]:
        """Planted, not found."""
        return sorted(self.planted - self.found)

    @property
    def unplanted(self) -> list[Finding]:
        """Found, not planted."""
        return sorted(self.found - self.planted)

    @property
    def exact(self) -> bool:
        """Whether exactly what was planted was found, and exactly what cannot be tested was not."""
        return self.planted == self.found and self.lacking == self.untested


def judged(plan: Plan, test: str, day: date, seen_after: int = 0) -> bool:
    """Return whether a test's cut-off about a day passes before the plan ends, and it has all been seen.

    What comes or changes late is seen by a later read of its day, so many days after.
    """
    control = next(one for one in evaluation.controls() if one.id == test.partition(".")[0])
    return day + timedelta(days=max(control.cutoff_days, seen_after)) <= plan.all_days[-1]


def planted(session: Session, plan: Plan, expected: Iterable[Mapping[str, Any]]) -> frozenset[Finding]:
    """Return what the company planted, inside the plan's days, and the gaps its outages must leave."""
    days = {day.isoformat(): day for day in plan.all_days}
    findings = {
        (item["test"], item["population_key"], item["code"], item["day"], item["expect"] == "waived")
        for item in expected
        if item["day"] in days
        and judged(plan, item["test"], days[item["day"]], int(item["seen_after"]))
        and item["expect"] != "unknown"
    }
    down: list[tuple[str, str | None, date]] = [("okta", None, day) for day in plan.okta_down]
    down += [("aws", account, day) for account, day in plan.aws_unreachable]
    for source, instance, day in down:
        for slot, wanted in session.calendar.slots(day):
            mine = slot.dataset.startswith(f"{source}_") and instance in (None, slot.instance)
            if mine and wanted.kind is not Kind.EVENT:
                findings.add(("GV-06.a", str(slot), "COVERAGE_GAP", day.isoformat(), False))
    return frozenset(findings)


def found(place: Home) -> frozenset[Finding]:
    """Return the exceptions the analysts' file shows, one a day."""
    from pipelines.query import connect

    with connect(place) as connection:
        rows = connection.execute(
            """
            select
                test_id,
                population_key,
                code,
                result_day,
                waiver_id is not null as waived
            from ctl.exception
            order by all
            """
        ).fetchall()
    return frozenset((test, key, code, day.isoformat(), waived) for test, key, code, day, waived in rows)


def lacking(plan: Plan, tests: Iterable[str]) -> frozenset[Untested]:
    """Return which tests must be NOT_TESTED on which of the plan's days."""
    return frozenset(
        (test, day.isoformat()) for test in tests for day in plan.all_days if judged(plan, test, day)
    )


def untested(place: Home, plan: Plan, tests: Collection[str]) -> frozenset[Untested]:
    """Return what the analysts' file shows as NOT_TESTED on the plan's days.

    On a day of an outage others than the tests that are always so are left out: what it took away is planted.
    """
    from pipelines.query import connect

    with connect(place) as connection:
        rows = connection.execute(
            "select test_id, result_day from ctl.test_day where verdict = 'NOT_TESTED' order by all"
        ).fetchall()
    stormy = {*plan.okta_down, *(day for _, day in plan.aws_unreachable)}
    return frozenset(
        (test, day.isoformat())
        for test, day in rows
        if day in plan.all_days and (test in tests or day not in stormy)
    )


def run(plan: Plan, out: Console) -> int:
    """Carry out a demo and print what it found; 0 exactly when that is what was planted."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    place = home()
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=out, disable=not out.is_terminal) as bar:
        task = bar.add_task("starting the company", total=len(demo.steps(plan)))
        with (
            demo.company(place, plan, demo.start_instant(place)) as running,
            runs.instance_of(place) as instance,
        ):
            settings = demo.settings_of(place)
            replay = Replay(settings, plan, running)
            last: date | None = None
            left = demo.steps(plan)
            for step in replay.go(instance):
                bar.update(task, completed=left.index(step), description=f"{step.day} {step.what}")
                if step.day != last and not out.is_terminal:
                    out.print(f"evidence day {step.day}")
                last = step.day
            bar.update(task, completed=len(left), description="publishing")
            session = Session.open(settings, run="demo")
            runs.insist(runs.execute(settings, "publish"), "publish")
            tests = running.not_tested()
            comparison = Comparison(
                planted(session, plan, running.expected()),
                found(place),
                lacking(plan, tests),
                untested(place, plan, tests),
            )
        bar.update(task, description="done")
    show(comparison, place, out)
    return 0 if comparison.exact else 1


def show(comparison: Comparison, place: Home, out: Console) -> None:
    """Print the comparison per test, then where things are."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title="Planted faults against found exceptions, in exception days")
    for name in ("test", "code", "planted", "found", "missed", "not planted"):
        table.add_column(name, justify="left" if name in {"test", "code"} else "right")
    counts = [
        Counter((test, code) for test, _, code, _, _ in group)
        for group in (comparison.planted, comparison.found, comparison.missed, comparison.unplanted)
    ]
    for test, code in sorted({pair for count in counts for pair in count}):
        numbers = [count[test, code] for count in counts]
        style = "red" if numbers[2] or numbers[3] else ""
        table.add_row(test, code, *(str(number) for number in numbers), style=style)
    out.print(table)
    for name, group in (("MISSED", comparison.missed), ("NOT PLANTED", comparison.unplanted)):
        for test, key, code, day, waived in group[:20]:
            note = "  waived" if waived else ""
            out.print(f"{name}  {day}  {test}  {code}  {key}{note}", markup=False)
    for name, days in (
        ("TESTED WITHOUT A SOURCE", comparison.lacking - comparison.untested),
        ("NOT TESTED", comparison.untested - comparison.lacking),
    ):
        for test, day in sorted(days)[:20]:
            out.print(f"{name}  {day}  {test}", markup=False)
    verdict = (
        "Exactly the planted faults were found, each on its days with its code, and nothing else."
        if comparison.exact
        else f"{len(comparison.missed)} planted exception days were missed, "
        f"{len(comparison.unplanted)} were found that nobody planted; "
        f"{len(comparison.untested ^ comparison.lacking)} verdicts are wrong about what can be tested."
    )
    out.print(verdict)
    if tests := sorted({test for test, _ in comparison.lacking}):
        out.print(f"Not tested for want of a source, as sandbox/faults.yaml says: {', '.join(tests)}.")
    out.print(f"SANDBOX: this evidence is of a simulated company.\nhome       {place.path}", markup=False)
    out.print(f"warehouse  {place.warehouse}", markup=False)
    out.print("next       evidence status · evidence report · evidence verify · make ui", markup=False)
