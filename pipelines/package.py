"""How does a home become a package for an auditor, and is it remembered who got it?"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipelines import evaluation, publishing, reperform
from pipelines.configuration import Settings
from pipelines.query import connect
from pipelines.samples import store
from pipelines.session import Session
from warehouse.audit.package import HANDED, PackageRefused, Parts, Profile, archive, build
from warehouse.audit.period import NoPeriod, Period, chosen
from warehouse.verify import BROKEN, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

DONE = 0
SHOWN = 10


def make(
    settings: Settings,
    out: Console,
    *,
    audit_id: str | None,
    window: tuple[date, date] | None,
    target: Path | None,
    profile: Profile,
    recipient: str,
    moved: Callable[[int, int], None],
) -> int:
    """Make a package, remember it in the ledger and say where it is; return the exit code."""
    session = Session.open(settings, run="evidence package")
    insist(session)
    moved(0, 5)
    publishing.publish(session)
    with connect(settings.home) as connection:
        try:
            period = Period(*window) if window else chosen(connection, audit_id)
        except NoPeriod as error:
            raise click.ClickException(str(error)) from None
    name = f"evidence-{period.audit_id or f'{period.first}-to-{period.last}'}-{profile}"
    try:
        package = build(
            session.store,
            period,
            target or settings.home.reports / name,
            parts(session, period),
            profile=profile,
            recipient=recipient,
            moved=moved,
        )
    except PackageRefused as error:
        raise click.ClickException(str(error)) from None
    zipped = archive(package.folder)
    row = {
        "manifest_sha256": package.manifest_sha256,
        "audit_id": period.audit_id,
        "period_start": period.first,
        "period_end": period.last,
        "profile": profile,
        "recipient": recipient,
        "ledger_number": session.store.ledger.entries[-1].number,
        "files": package.files,
        "made_at": session.clock.now(),
    }
    store(session, ((HANDED, [row]),), by="warehouse/audit/package.py")
    out.print(f"made {package.folder}", markup=False)
    for label, value in (
        ("packed", zipped),
        ("files", f"{package.files:,}, {package.bytes:,} bytes"),
        ("run again", package.reperformed or "nothing: this package leaves the evidence out"),
        ("manifest", f"sha256 {package.manifest_sha256}"),
    ):
        out.print(f"  {label}: {value}", markup=False)
    out.print("Tell the recipient the manifest's digest by another way than the package itself.", style="dim")
    return DONE


def insist(session: Session) -> None:
    """Insist that evidence is whole and judged. Raises click.ClickException, and nothing is made."""
    found = verify(session.store, level="content")
    if found.exit_code == BROKEN:
        broken = [str(finding) for finding in found.findings if finding.breaks]
        raise click.ClickException(
            "Evidence does not verify, so there is no package:\n" + "\n".join(broken[:SHOWN])
        )
    if days := [day for day, _ in evaluation.owed(session)]:
        raise click.ClickException(
            f"{len(days)} day(s) from {days[0]} have evidence newer than their results. Run `evidence test` "
            "first: a package shows what was judged. There is no package."
        )


def parts(session: Session, period: Period) -> Parts:
    """Return what a package of a period is made of."""
    from expectations.criteria import criteria
    from warehouse.audit import report

    def published(path: Path) -> None:
        publishing.publish(session, self_contained=path)

    def reported(path: Path) -> None:
        report.write(session.settings.home, path, {one.id: one.meaning for one in criteria().values()})

    return Parts(
        published,
        reported,
        lambda: reperform.script(session, period.first, period.last, "store"),
        {row["control_id"]: row for row in evaluation.definition_rows(evaluation.controls())},
    )
