"""What did the demo find, and is it exactly what was planted?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines import demo, runs
from pipelines.configuration import home
from pipelines.demo import Plan, Replay
from pipelines.session import Session
from warehouse.dataset import Kind
from warehouse.store import Home

if TYPE_CHECKING:
    from rich.console import Console

Finding = tuple[str, str, str, str, bool]
"""(test, population key, code, day, waived)."""


@dataclass(frozen=True)
class Comparison:
    """What was planted against what was found, as whole sets."""

    planted: frozenset[Finding]
    found: frozenset[Finding]

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
        """Whether exactly what was planted was found."""
        return self.planted == self.found


def planted(session: Session, plan: Plan, expected: Iterable[Mapping[str, Any]]) -> frozenset[Finding]:
    """Return what the company planted, inside the plan's days, and the gaps its outages must leave."""
    days = {day.isoformat() for day in plan.all_days}
    findings = {
        (item["test"], item["population_key"], item["code"], item["day"], item["expect"] == "waived")
        for item in expected
        if item["day"] in days and item["expect"] != "unknown"
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
            comparison = Comparison(planted(session, plan, running.expected()), found(place))
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
    verdict = (
        "Exactly the planted faults were found, each on its days with its code, and nothing else."
        if comparison.exact
        else f"{len(comparison.missed)} planted exception days were missed, "
        f"{len(comparison.unplanted)} were found that nobody planted."
    )
    out.print(verdict)
    out.print(f"SANDBOX: this evidence is of a simulated company.\nhome       {place.path}", markup=False)
    out.print(f"warehouse  {place.warehouse}", markup=False)
    out.print("next       evidence status · evidence report · evidence verify · make ui", markup=False)
