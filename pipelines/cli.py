"""What can be asked of the warehouse at the command line? The `evidence` command.

Exit codes: 0 done, 1 failed, 2 done but with gaps or exceptions, 64 wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

    from pipelines.configuration import Settings
    from pipelines.demo import Plan
    from warehouse.audit.package import Profile

DONE, FAILED, WITH_FINDINGS, WRONG_USAGE = 0, 1, 2, 64


class Day(click.ParamType[date]):
    """A UTC date, YYYY-MM-DD."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date a text names."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no date; write it as 2026-03-17", param, ctx)


DAY = Day()


def console() -> Console:
    """Return where people read."""
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False)


def settings() -> Settings:
    """Return the settings of the home in force."""
    from pipelines.configuration import load

    return load()


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="evidence-warehouse")
def evidence() -> None:
    r"""Prove that a platform's SOC 2 controls operated on every day of an observation period.

    \b
    Before the first day, and when something is amiss:
      evidence doctor      can every source be reached, as whom, and what may we do there

    \b
    A day in the life:
      evidence init        write a commented starter set: evidence.yaml and the registers
      evidence add         store a document: a policy, a report, a contract, a screenshot
      evidence collect     read the sources into immutable snapshots
      evidence test        judge the controls against the snapshots
      evidence publish     build the analysts' DuckDB file
      evidence status      which control held on which day, and where evidence is missing
      evidence period      what a period's evidence amounts to, test by test, and what it lacks
      evidence readiness   what stands between today and an audit, what to do first coming first
      evidence sample      rows of a test's population for the auditor, drawn so that anyone can
      evidence finding     what the auditor found of one of them
      evidence package     what an auditor takes away: checked and run again offline
      evidence notify      tell people what is new, by webhook and e-mail, and nothing twice
      evidence report      the same for people, as one HTML file
      evidence verify      has anything been altered, removed or added behind our back?

    The evidence home is EVIDENCE_HOME, else ./.evidence. Exit codes: 0 done, 1 failed, 2 done but with
    gaps or exceptions, 64 wrong usage.
    """


@evidence.command()
@click.option("--seed", type=int, help="Another company.")
@click.option(
    "--faults", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Another fault list."
)
@click.option("--draw", type=int, metavar="SEED", help="Draw the fault list from a seed.")
@click.option("--days", type=click.IntRange(1, 30), default=30, show_default=True, help="Evidence days.")
@click.option("--okta-down", type=DAY, multiple=True, help="A day on which Okta answers nothing.")
@click.option(
    "--aws-unreachable", multiple=True, metavar="ACCOUNT:DAY", help="A day an AWS account is unreachable."
)
@click.option(
    "--through-dagster",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="How many of the last days go through Dagster's own jobs; the others are replayed without runs.",
)
def demo(
    seed: int | None,
    faults: Path | None,
    draw: int | None,
    days: int,
    okta_down: tuple[date, ...],
    aws_unreachable: tuple[str, ...],
    through_dagster: int,
) -> None:
    """Thirty evidence days of a simulated company, from source to verdict.

    Continues where an interrupted demo stopped. Exits with 0 exactly when what was found is what was
    planted.
    """
    from pipelines.demo import SEED, Plan

    unreachable = []
    for item in aws_unreachable:
        account, _, day = item.partition(":")
        if not day:
            raise click.BadParameter(
                f"{item!r}: write 222222222222:2026-03-14", param_hint="--aws-unreachable"
            )
        unreachable.append((account, DAY.convert(day, None, None)))
    plan = Plan(
        seed=SEED if seed is None else seed,
        faults=faults,
        draw=draw,
        okta_down=okta_down,
        aws_unreachable=tuple(unreachable),
        days=days,
        real_days=through_dagster,
    )
    sys.exit(run_demo(plan))


def run_demo(plan: Plan) -> int:
    """Carry out a demo with a progress bar, print what it found and return the exit code."""
    from pipelines.demo_report import run

    return run(plan, console())


@evidence.command()
@click.option("--source", help="One source only, such as okta.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="Seconds until a source that does not answer counts as not reached.",
)
def doctor(source: str | None, form: str, timeout: float) -> None:
    r"""Ask every configured source whether it can be reached, as whom, and what we may do there.

    Stores nothing and prints no credential. Environment variables that are not set are named. A source that
    does not tell what a credential may do says `not told`; SETUP.md in its folder says how to restrict it.

    \b
    Exit codes:
      0   every source can be reached, lacks nothing we need and lets us change nothing
      1   a source cannot be reached, or a credential is not set
      2   all can be reached, but one lacks a scope, could write, or refuses to say
      64  wrong usage
    """
    from pipelines import commands

    sys.exit(commands.doctor(settings(), console(), form=form, timeout=timeout, source=source))


@evidence.command()
@click.option("--day", type=DAY, help="An event day; states can only be collected today.")
@click.option("--source", help="One source only, such as okta, register or list.")
@click.option("--only", type=click.Choice(["states", "events"]), help="Only states, or only events.")
def collect(day: date | None, source: str | None, only: str | None) -> None:
    """Read the sources: today's states, and the event days still owed.

    Starts Dagster runs in the home's own instance, one per source, so that run history is whole.
    """
    from pipelines import commands

    sys.exit(commands.collect(settings(), console(), day=day, source=source, only=only))


@evidence.command()
@click.option("--day", type=DAY, help="One evidence day; else every day whose evidence is newer.")
@click.option("--from", "first", type=DAY, help="The first of several days.")
@click.option("--to", "last", type=DAY, help="The last of several days.")
def test(day: date | None, first: date | None, last: date | None) -> None:
    """Judge the controls against the stored snapshots, and record the gaps of days that are over."""
    from pipelines import commands

    if day is not None and (first or last):
        raise click.UsageError("--day and --from/--to exclude each other.")
    sys.exit(commands.test(settings(), console(), first=day or first, last=day or last))


@evidence.command()
@click.option(
    "--self-contained",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write one file that holds the evidence itself and opens anywhere.",
)
def publish(self_contained: Path | None) -> None:
    """Build the analysts' DuckDB file aside and swap it in; open readers are not disturbed."""
    from pipelines import commands

    sys.exit(commands.publish(settings(), console(), self_contained))


@evidence.command()
@click.option("--days", type=click.IntRange(1), help="Only the newest days.")
def status(days: int | None) -> None:
    """Print the matrix of controls and days, the coverage, and what no longer verifies."""
    from pipelines.configuration import home
    from pipelines.status import show

    sys.exit(show(home(), console(), days=days))


@evidence.command()
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True
)
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows printed at most."
)
def query(sql: str, form: str, limit: int) -> None:
    r"""Run SQL read-only on the analysts' file.

    \b
    evidence query "from ctl.open_exceptions"
    evidence query "from as_of('okta_user', timestamptz '2026-03-10 12:00:00+00')" --format csv
    """
    from pipelines.configuration import home
    from pipelines.query import run

    sys.exit(run(home(), sql, form, limit, console()))


@evidence.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to; else reports/ in the home."
)
def report(out: Path | None) -> None:
    """Write one self-contained HTML file: coverage, matrix, controls, exceptions and run headers."""
    from pipelines import commands

    sys.exit(commands.report(settings(), console(), out))


@evidence.command()
@click.option("--audit", "audit_id", help="An audit of the register observation_period; else its only one.")
@click.option("--from", "first", type=DAY, help="Any window instead: its first day.")
@click.option("--to", "last", type=DAY, help="Its last day.")
@click.option(
    "--category",
    "categories",
    multiple=True,
    type=click.Choice(["security", "availability", "processing_integrity", "confidentiality", "privacy"]),
    help="What if only these categories were in scope; may be given several times.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def period(
    audit_id: str | None, first: date | None, last: date | None, categories: tuple[str, ...], form: str
) -> None:
    """State what was tested in an observation period, on how many of its days, and what is missing.

    Counts and never judges. Exits with 0 when every test was made on every day and nothing deviated, else 2.
    """
    from pipelines.configuration import home
    from pipelines.period import show

    window = window_of(audit_id, first, last)
    sys.exit(show(home(), console(), audit_id=audit_id, window=window, categories=categories, form=form))


@evidence.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def readiness(form: str) -> None:
    """Say what stands between today and an audit, what to do first coming first.

    What will be lost for good and when, what is not collected, not tested, never passing, overdue, expiring,
    empty, without an owner or not covered. Exits with 0 when nothing is, else 2.
    """
    from pipelines.configuration import home
    from pipelines.readiness import show

    sys.exit(show(home(), console(), form))


@evidence.command()
@click.argument("test_id", metavar="TEST")
@click.option("--from", "first", type=DAY, required=True, help="The first day of the population.")
@click.option("--to", "last", type=DAY, required=True, help="Its last day.")
@click.option("--n", type=click.IntRange(1), help="How many; else as its size commonly asks for: 5 to 25.")
@click.option("--seed", default="", help="Any letters; the auditor chooses them.")
@click.option("--chosen-by", help="Who chose the seed.")
@click.option("--own-seed", is_flag=True, help="A rehearsal: the company chooses the seed, and it says so.")
@click.option("--by", required=True, help="Who asks for the sample.")
@click.option("--audit", "audit_id", help="The audit it is for.")
@click.option("--expands", metavar="SAMPLE", help="The sample it adds to after a deviation.")
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
def sample(
    test_id: str,
    first: date,
    last: date,
    n: int | None,
    seed: str,
    chosen_by: str | None,
    own_seed: bool,
    by: str,
    audit_id: str | None,
    expands: str | None,
    form: str,
) -> None:
    r"""Draw rows from the population of TEST so that anyone can draw them again, and store the draw.

    The keys are ordered by sha256(seed followed by the key); the first n are drawn. Exempt rows are not.
    The same request draws the same sample; after a deviation, another one that --expands it.

    \b
    evidence sample AC-07.a --from 2026-03-01 --to 2026-03-30 --seed 'blue heron' --chosen-by 'A. Auditor' \\
      --by 'A. Auditor'
    """
    from pipelines import samples
    from warehouse.audit.samples import Asked

    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}.")
    asked = Asked(test_id, first, last, seed, chosen_by, by, n, audit_id, expands)
    sys.exit(samples.sample(settings(), console(), asked, form, own_seed=own_seed))


@evidence.command()
@click.argument("sample_id", metavar="SAMPLE")
@click.argument("ordinal", metavar="ITEM", type=click.IntRange(1))
@click.argument("result")
@click.option("--by", required=True, help="Who found it.")
@click.option("--note", help="What is to be said of it.")
def finding(sample_id: str, ordinal: int, result: str, by: str, note: str | None) -> None:
    """Record what an auditor found of ITEM of SAMPLE.

    RESULT is `no exception`, `deviation`, `not applicable` or `more evidence asked for`. What was recorded
    before stays; the newest counts.
    """
    from pipelines import samples

    sys.exit(samples.record(settings(), console(), sample_id, ordinal, result, by, note))


@evidence.command()
@click.option("--audit", "audit_id", help="An audit of the register observation_period; else its only one.")
@click.option("--from", "first", type=DAY, help="Any window instead: its first day.")
@click.option("--to", "last", type=DAY, help="Its last day.")
@click.option(
    "--profile",
    type=click.Choice(["auditor", "management"]),
    default="auditor",
    show_default=True,
    help="auditor: with the evidence and the kit; management: what it amounts to, without it.",
)
@click.option("--recipient", required=True, help="Who it is made for: it stands in the package.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder; else one in the home's reports/.")
def package(
    audit_id: str | None,
    first: date | None,
    last: date | None,
    profile: Profile,
    recipient: str,
    out: Path | None,
) -> None:
    """Make what an auditor takes away: a folder and a zip that can be checked and run again offline.

    It is made whole or not at all: evidence that does not verify, or is newer than its results, makes none.
    It is checked and run again with its own kit before it is put in its place.
    """
    from pipelines import commands

    window = window_of(audit_id, first, last)
    sys.exit(
        commands.package(
            settings(),
            console(),
            audit_id=audit_id,
            window=window,
            target=out,
            profile=profile,
            recipient=recipient,
        )
    )


def window_of(audit_id: str | None, first: date | None, last: date | None) -> tuple[date, date] | None:
    """Return the window asked for; None: an audit is meant. Raises click.UsageError."""
    if (first is None) != (last is None):
        raise click.UsageError("--from and --to go together.")
    if first is None or last is None:
        return None
    if audit_id is not None:
        raise click.UsageError("--audit and --from/--to exclude each other.")
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}.")
    return first, last


@evidence.command()
@click.option("--dry-run", "dry", is_flag=True, help="Print what would be told; tell and record nothing.")
def notify(dry: bool) -> None:
    """Tell webhook and e-mail of new exceptions, gaps, overdue ones and waivers about to end.

    Nothing is told twice through a channel. Dagster does this by itself after each publication.
    """
    from pipelines import commands

    sys.exit(commands.notify(settings(), console(), dry=dry))


@evidence.command()
@click.argument("name", required=False)
@click.option("--month", metavar="YYYY-MM", help="The month it is about; else the last one with evidence.")
@click.option("--currency", default="EUR", show_default=True, help="The currency its charts show.")
@click.option("--keep", is_flag=True, help="Store the executed copy and its page as evidence.")
def notebook(name: str | None, month: str | None, currency: str, keep: bool) -> None:
    """Execute a notebook about a month, and write its copy and a page to read. Without a name: list them."""
    from pipelines import commands

    sys.exit(commands.notebook(settings(), console(), name, month, currency, keep=keep))


@evidence.command()
@click.option(
    "--level",
    type=click.Choice(["structure", "content"]),
    default="content",
    show_default=True,
    help="structure: are all files there and the chain whole; content: re-hash everything.",
)
def verify(level: str) -> None:
    """Re-hash the store and walk the ledger's chain.

    Exits with 0 when nothing is wrong, 1 when evidence was altered or removed, 2 when it is intact but has
    gaps or files nobody acknowledged.
    """
    from pipelines import commands
    from pipelines.configuration import home

    sys.exit(commands.verify(home(), console(), level))


@evidence.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", required=True, help="What it is: one of the kinds above.")
@click.option("--effective", required=True, type=DAY, help="The first day it counts.")
@click.option("--author", required=True, help="Who wrote it: a person, a role or a company.")
@click.option("--approver", required=True, help="Who approved or accepted it.")
@click.option("--expires", type=DAY, help="The last day it counts; without it, it has none.")
@click.option("--title", help="What it is called; else the file's name.")
@click.option("--correct", metavar="REASON", help="Why what was said of it before is wrong.")
def add(
    file: Path,
    kind: str,
    effective: date,
    author: str,
    approver: str,
    expires: date | None,
    title: str | None,
    correct: str | None,
) -> None:
    r"""Store a document as evidence: a policy, a report, a contract, a diagram, a screenshot.

    It is kept as it is, for ever, under the digest this prints; registers cite it by that digest. Adding the
    same file with the same facts again changes nothing.

    \b
    Kinds: policy, procedure, recovery_plan, recovery_test, after_action_report, action_evidence,
           assurance_report, attestation, certificate, questionnaire, contract, diagram, screenshot, minutes,
           notebook

    \b
    evidence add access-policy.pdf --kind policy --effective 2026-01-01 \
        --author security --approver cto --expires 2026-12-31
    """
    from pipelines import commands
    from warehouse.documents import KINDS, Said

    if kind not in KINDS:
        raise click.BadParameter(f"{kind!r} is none of {', '.join(KINDS)}", param_hint="--kind")
    said = Said(kind, title or file.stem, effective, author, approver, expires)
    sys.exit(commands.add(settings(), console(), file, said, correct))


@evidence.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=Path())
def init(folder: Path) -> None:
    """Write a commented starter set into FOLDER (else here): evidence.yaml and one file for each register.

    Nothing is overwritten: where one of the files exists already, none is written.
    """
    from pipelines import commands

    sys.exit(commands.init(console(), folder))


@evidence.command()
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def ui(port: int) -> None:
    """Open Dagster on this home, with its daemon; in a sandbox home the company runs beside it."""
    from pipelines import commands

    sys.exit(commands.ui(settings(), console(), port))


@evidence.command()
@click.argument("what", required=False)
@click.option(
    "--catalogue-into",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write the control catalogue between the markers of a Markdown file.",
)
def schema(what: str | None, catalogue_into: Path | None) -> None:
    """Print the JSON Schema of control.yaml, evidence.yaml, a mapping of files or a register, for editors.

    WHAT is `control`, `evidence`, `mapping` or a register's dataset such as `register_waiver`; without it,
    the names there are.
    """
    from pipelines import commands

    sys.exit(commands.schema(console(), what, catalogue_into))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; an error the user can act on is printed without a traceback."""
    from assets.failures import SourceFailure
    from pipelines.configuration import ConfigurationError
    from pipelines.runs import RunFailed
    from warehouse.store import Altered, StoreRefusal

    try:
        evidence.main(arguments, prog_name="evidence", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(FAILED)
    except click.UsageError as error:
        error.show()
        sys.exit(WRONG_USAGE)
    except click.ClickException as error:
        error.show()
        sys.exit(FAILED)
    except (ConfigurationError, RunFailed, SourceFailure, StoreRefusal, Altered) as error:
        click.echo(f"evidence: {error}", err=True)
        sys.exit(FAILED)
