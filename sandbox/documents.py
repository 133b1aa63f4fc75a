"""Which documents does the company file, and when does each appear?

A folder of small PDF files with one list of what somebody says of each, as whoever adds evidence would. A
document lies there from the day it came on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox import governance
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.org import PERIOD_START, VENDORS

LISTED = "documents.json"
BEFORE = PERIOD_START - timedelta(days=20)
"""When what there was before the period was filed."""
KINDS = {"iso27001": "certificate", "pci_aoc": "attestation"}
"""What a vendor's assurance is filed as, where it is not a report."""


@dataclass(frozen=True)
class Filed:
    """A document, what somebody says of it, and the first day it lies there."""

    name: str
    content: bytes
    kind: str
    title: str
    effective_on: date
    author: str
    approver: str
    since: date
    expires_on: date | None = None

    def said(self) -> dict[str, str | None]:
        """Return what stands in the list."""
        return {
            "file": self.name,
            "kind": self.kind,
            "title": self.title,
            "effective_on": self.effective_on.isoformat(),
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "author": self.author,
            "approver": self.approver,
        }


class DocumentsPart:
    """The folder of documents to be added."""

    def __init__(self, faults: Faults, at: datetime) -> None:
        self._faults = faults
        self._at = at
        self._folder: GuardedFolder | None = None

    def start(self) -> Mapping[str, Any]:
        """Write the documents and return where."""
        self._folder = GuardedFolder("sandbox-documents-")
        self.advance(self._at)
        return {"folder": str(self._folder.path)}

    def advance(self, to: datetime) -> None:
        """Write every document that lies there at an instant, and the list of them."""
        if self._folder is None:
            raise RuntimeError("documents are written only after the part was started")
        there = [filed for filed in documents(self._faults) if filed.since <= to.date()]
        for filed in there:
            path = self._folder.path / filed.name
            if not path.exists():
                path.write_bytes(filed.content)
        listed = json.dumps([filed.said() for filed in there], indent=2)
        (self._folder.path / LISTED).write_text(listed, encoding="utf-8")

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the key of a fault of this part: there is none, registers cite what is not there."""
        raise ValueError(f"fault {fault.id} is not about the folder of documents")

    def stop(self) -> None:
        """Remove the folder; may be called twice."""
        if self._folder is not None:
            self._folder.remove()


def documents(faults: Faults) -> Iterator[Filed]:
    """Yield every document the company ever files during the period."""
    for vendor in VENDORS:
        for report in governance.reports_of(vendor, faults):
            yield Filed(
                name=f"{report.id}.pdf",
                content=report.content,
                kind=KINDS.get(str(vendor.assurance), "assurance_report"),
                title=f"{vendor.name}: {vendor.assurance}",
                effective_on=report.ended,
                author=f"{vendor.name} Inc.",
                approver="procurement",
                since=report.since or BEFORE,
                expires_on=report.expires_on,
            )
    for version, approved in governance.plan_versions(faults):
        content = governance.plan_paper(version)
        yield Filed(
            name=f"recovery-plan-{version}.pdf",
            content=content,
            kind="recovery_plan",
            title=f"Disaster-recovery plan {version}",
            effective_on=approved,
            author="platform",
            approver="cto",
            since=approved,
        )
    for test_id, reported in governance.after_action_reports():
        yield Filed(
            name=f"{test_id}.pdf",
            content=governance.report_paper(test_id),
            kind="after_action_report",
            title=f"After-action report of {test_id}",
            effective_on=reported,
            author="platform",
            approver="cto",
            since=reported,
        )
    _, closed = governance.action_days(faults)
    yield Filed(
        name="DRA-1.pdf",
        content=governance.report_paper("DRA-1"),
        kind="action_evidence",
        title="The search index restored from its own backup",
        effective_on=closed,
        author="platform",
        approver="cto",
        since=closed,
    )
    for policy in governance.policies():
        yield Filed(
            name=f"{policy['policy_id']}.pdf",
            content=governance.policy_paper(policy["policy_id"], policy["title"]),
            kind="policy",
            title=policy["title"],
            effective_on=policy["effective_on"],
            author=policy["owner"],
            approver=policy["approved_by"],
            since=policy["effective_on"],
        )
