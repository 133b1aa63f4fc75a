"""What does each command of `evidence` do? Thin: the work is done where it belongs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines.configuration import Settings
from pipelines.session import OWED, Session
from warehouse.dataset import Kind
from warehouse.store import Home, Store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dagster as dg
    from rich.console import Console

    from warehouse.audit.package import Profile
    from warehouse.documents import Said

DONE, FAILED, WITH_FINDINGS = 0, 1, 2


def doctor(settings: Settings, out: Console, *, form: str, timeout: float, source: str | None) -> int:
    """Ask every source what it lets us do; return the exit code."""
    from pipelines import demo
    from pipelines import doctor as asking

    is_sandbox = settings.home.sandbox.is_dir()
    sandbox = (
        demo.company(settings.home, demo.remembered(settings.home), demo.start_instant(settings.home))
        if is_sandbox
        else nullcontext()
    )
    with sandbox:
        current = demo.settings_of(settings.home) if is_sandbox else settings
        return asking.run(current, out, form, timeout, source)


def collect(
    settings: Settings, out: Console, *, day: date | None, source: str | None, only: str | None
) -> int:
    """Collect today's states and the event days owed, or one day; return the exit code."""
    from pipelines import demo, partitions, runs, schedules

    session = Session.open(settings, run="evidence collect")
    known = {recipe.source for recipe in session.catalogue.recipes.values() if session.instances(recipe)}
    if source is not None and source not in known:
        raise click.BadParameter(
            f"{source!r} is no configured source; there are {', '.join(sorted(known))}", param_hint="--source"
        )
    now = session.clock.now().astimezone(UTC)
    last = partitions.last_day(settings)
    if last is not None and (day or now.date()) > last:
        out.print(f"The simulated company lives until {last}; there is nothing to collect after it.")
        return WITH_FINDINGS
    today = now.date()
    wanted: list[tuple[str, str, date]] = []
    for word in sorted(known if source is None else {source}):
        mine = [recipe for recipe in session.catalogue.recipes.values() if recipe.source == word]
        if only != "events" and any(recipe.kind.bound_to_its_day for recipe in mine):
            wanted.append(("collect_states", word, day or today))
        if only != "states" and any(recipe.kind is Kind.EVENT for recipe in mine):
            owed = {d for recipe in mine for d in session.unsettled(recipe)} if day is None else {day}
            wanted += [("collect_events", word, one) for one in sorted(owed)]
    sandbox = (
        demo.company(settings.home, demo.remembered(settings.home), demo.start_instant(settings.home))
        if session.store.is_sandbox
        else nullcontext()
    )
    failed = 0
    with sandbox:
        current = demo.settings_of(settings.home) if session.store.is_sandbox else settings
        for job, word, one in wanted:
            result = runs.execute(
                current,
                job,
                partition=one.isoformat(),
                selection=schedules.keys(session.catalogue, states=job == "collect_states", source=word),
                tags={"evidence/round": now.isoformat(), "evidence/source": word},
            )
            failed += not result.success
            out.print(f"{'stored' if result.success else 'FAILED'}  {job}  {word}  {one}")
            for reason in runs.reasons(result):
                out.print(f"        {reason}", markup=False)
    if not wanted:
        out.print(
            "Nothing is owed: every state of today was asked for elsewhere and every event day is settled."
        )
    return WITH_FINDINGS if failed else DONE


def test(settings: Settings, out: Console, *, first: date | None, last: date | None) -> int:
    """Evaluate the days owed, or those named, and close what is over; return the exit code."""
    from pipelines import controls, evaluation, runs

    session = Session.open(settings, run="evidence test")
    asked: list[tuple[date, Sequence[dg.AssetKey] | None]]
    if first is None and last is None:
        asked = [(day, controls.keys_of(due)) for day, due in evaluation.owed(session)]
    else:
        start = first or session.calendar.start or session.clock.now().date()
        end = last or session.clock.now().date() - timedelta(days=1)
        asked = [(start + timedelta(days=n), None) for n in range((end - start).days + 1)]
    worst = DONE
    for day, selection in asked:
        tags = {OWED: "yes"} if first is None and last is None else {}
        result = runs.execute(
            settings, "evaluate_day", partition=day.isoformat(), selection=selection, tags=tags
        )
        session.index.refresh()
        counts = evaluation.verdicts(session, day)
        line = "  ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        out.print(f"{day}  {line if result.success else 'the evaluation itself FAILED'}")
        if not result.success:
            worst = FAILED
        elif worst == DONE and counts.keys() - {"PASS", "NO_OCCURRENCE"}:
            worst = WITH_FINDINGS
    gaps = session.close()
    for gap in gaps:
        out.print(f"gap     {gap.slot}: {gap.cause}", markup=False)
    if not asked:
        out.print("No day has evidence newer than its last evaluation.")
    return worst if worst != DONE or not gaps else WITH_FINDINGS


def publish(settings: Settings, out: Console, self_contained: Path | None) -> int:
    """Publish the analysts' file, or a self-contained one elsewhere; return the exit code."""
    from pipelines import publishing

    session = Session.open(settings, run="evidence publish")
    with _progress(out, "publishing") as moved:
        published = publishing.publish(session, self_contained=self_contained, progress=moved)
    out.print(f"published {published.path}", markup=False)
    for name, value in published.facts().items():
        out.print(f"  {name}: {value}", markup=False)
    return WITH_FINDINGS if published.broken_files else DONE


def report(settings: Settings, out: Console, target: Path | None) -> int:
    """Write the HTML report; return the exit code."""
    from expectations.criteria import criteria
    from warehouse.audit.report import write

    if not settings.home.warehouse.is_file():
        raise click.ClickException(f"There is no {settings.home.warehouse}. Run `evidence publish` first.")
    path = write(settings.home, target, {known.id: known.meaning for known in criteria().values()})
    out.print(f"wrote {path}", markup=False)
    return DONE


def package(
    settings: Settings,
    out: Console,
    *,
    audit_id: str | None,
    window: tuple[date, date] | None,
    target: Path | None,
    profile: Profile,
    recipient: str,
) -> int:
    """Make a package; return the exit code."""
    from pipelines.package import make

    with _progress(out, "making the package") as moved:
        return make(
            settings,
            out,
            audit_id=audit_id,
            window=window,
            target=target,
            profile=profile,
            recipient=recipient,
            moved=moved,
        )


def notify(settings: Settings, out: Console, *, dry: bool) -> int:
    """Tell every channel what it was not told yet; return the exit code."""
    from pipelines.notices import NotTold, tell

    try:
        told = tell(settings, dry=dry)
    except NotTold as error:
        raise click.ClickException(str(error)) from None
    for channel, listed in told.items():
        out.print(f"{'would tell' if dry else 'told'} {channel}: {len(listed)}", markup=False)
        for one in listed if dry else ():
            out.print(f"  {one.heading}: {one.text}", markup=False)
    return DONE


def notebook(
    settings: Settings, out: Console, name: str | None, month: str | None, currency: str, *, keep: bool
) -> int:
    """Execute a notebook about a month, or list the notebooks; return the exit code."""
    from pipelines import notebooks

    if name is None:
        for known in notebooks.names():
            out.print(f"{known:28}{notebooks.title_of(known)}", markup=False)
        return DONE
    session = Session.open(settings, run="evidence notebook")
    try:
        first, last = notebooks.month_of(month or f"{session.clock.now().astimezone(UTC):%Y-%m}")
    except ValueError:
        raise click.BadParameter(f"{month!r} is no month such as 2026-03", param_hint="--month") from None
    try:
        executed = notebooks.execute(
            settings.home, name, first, last, currency, settings.home.path / "reports" / "notebooks"
        )
    except notebooks.NotebookFailed as error:
        raise click.ClickException(str(error)) from None
    out.print(f"wrote {executed.page}", markup=False)
    if keep:
        for document in notebooks.keep(session, executed, last):
            out.print(f"kept  {document.sha256}  {document.file_name}", markup=False)
    return DONE


def verify(home: Home, out: Console, level: str) -> int:
    """Verify the store; return the exit code."""
    from warehouse.verify import verify as check

    if not (home.path / "ledger").is_dir():
        raise click.ClickException(f"There is no evidence home at {home.path}. Set EVIDENCE_HOME.")
    with _progress(out, "re-hashing") as moved:
        found = check(Store(home), level=level, progress=moved)
    out.print(found.text(), markup=False)
    return found.exit_code


def add(settings: Settings, out: Console, file: Path, said: Said, correction: str | None) -> int:
    """Store a document and print the digest that registers cite it by; return the exit code."""
    from pipelines.filing import file_document

    document, new = file_document(Session.open(settings, run="evidence add"), file, said, correction)
    out.print(f"{'stored' if new else 'already stored'}  {document.file_name}", markup=False)
    for name, value in (
        ("sha256", document.sha256),
        ("kind", document.said.kind),
        ("media type", document.media_type),
        ("bytes", f"{document.size:,}"),
        ("effective", document.said.effective_on),
        ("expires", document.said.expires_on or "never"),
        ("added", document.added_at.isoformat()),
        ("ledger entry", document.entry),
    ):
        out.print(f"  {name}: {value}", markup=False)
    return DONE


def init(out: Console, folder: Path) -> int:
    """Write a starter set into a folder; return the exit code."""
    from pipelines.clock import SystemClock
    from pipelines.starter import write

    for path in write(folder, SystemClock().now().date()):
        out.print(f"wrote {path}", markup=False)
    out.print("Next: read evidence.yaml, take the marks away before what you have, and `evidence doctor`.")
    return DONE


@contextmanager
def _progress(out: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function (done, total) that moves a progress bar, where somebody is looking."""
    from rich.progress import Progress

    with Progress(console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def ui(settings: Settings, out: Console, port: int) -> int:
    """Run Dagster's web page and daemon until stopped; return its exit code."""
    from pipelines import demo, runs

    runs.prepare(settings.home)
    is_sandbox = Store(settings.home).is_sandbox
    sandbox = (
        demo.company(settings.home, demo.remembered(settings.home), demo.start_instant(settings.home))
        if is_sandbox
        else nullcontext()
    )
    with sandbox:
        out.print(f"Dagster opens on http://127.0.0.1:{port} (stop with Ctrl-C)")
        if is_sandbox:
            out.print("This home is marked SANDBOX: the company is simulated, and its clock stands still.")
        # A sandbox has no daemon: its schedules belong to the company's clock, not to this machine's.
        command = ["dagster-webserver"] if is_sandbox else ["dagster", "dev"]
        module = "-m" if is_sandbox else "--module-name"
        return subprocess.run(  # noqa: S603 - a fixed command
            [
                str(Path(sys.executable).parent / command[0]),
                *command[1:],
                module,
                "pipelines.definitions",
                "--port",
                str(port),
                "--host",
                "127.0.0.1",
            ],
            env={**os.environ, "EVIDENCE_HOME": str(settings.home.path)},
            check=False,
        ).returncode


def schema(out: Console, what: str | None, catalogue_into: Path | None) -> int:
    """Print a JSON Schema, or write the control catalogue into a Markdown file; return the exit code."""
    from pipelines import generated

    if catalogue_into is not None:
        generated.write_catalogue(catalogue_into)
        out.print(f"wrote the control catalogue into {catalogue_into}", markup=False)
        return DONE
    schemas = generated.schemas()
    if what is None:
        for name in schemas:
            click.echo(name)
        return DONE
    if what not in schemas:
        raise click.BadParameter(f"{what!r} is none of {', '.join(schemas)}", param_hint="WHAT")
    click.echo(json.dumps(schemas[what](), indent=2))
    return DONE
