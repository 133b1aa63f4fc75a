"""What does the HR system export: who works here as what, since when, until when?

One CSV, written anew whenever the company moves, as a nightly export would be.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.company import Account, Company
from sandbox.faults import Fault, Faults
from sandbox.leftovers import GuardedFolder
from sandbox.org import HEADS

FILE = "people.csv"
NOTICE = timedelta(days=14)
"""HR knows this long before of the last day of somebody who gave notice."""
COLUMNS = (
    "person_id",
    "name",
    "work_email",
    "type",
    "job_role",
    "department",
    "manager_id",
    "start_on",
    "terminated_at",
    "termination_type",
    "role_changed_at",
)


class PeoplePart:
    """The HR export's folder."""

    def __init__(self, seed: int, faults: Faults, at: datetime) -> None:
        self._company = Company(seed, faults)
        self._at = at
        self._folder: GuardedFolder | None = None

    def start(self) -> Mapping[str, Any]:
        """Write the export and return where."""
        self._folder = GuardedFolder("sandbox-people-")
        self.advance(self._at)
        return {"file": str(self._folder.path / FILE)}

    def advance(self, to: datetime) -> None:
        """Write the export as it stands at an instant."""
        if self._folder is None:
            raise RuntimeError("the export is written only after the part was started")
        rows = list(people(self._company, to))
        with (self._folder.path / FILE).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
            file.write(f"# rows: {len(rows)}\r\n")

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the key of a fault of this part: there is none."""
        raise ValueError(f"fault {fault.id} is not about the HR export")

    def stop(self) -> None:
        """Remove the folder."""
        if self._folder is not None:
            self._folder.remove()


def person_id(account: Account) -> str:
    """Return HR's number of somebody."""
    return f"E{1000 + account.number}"


def job_role(account: Account, moment: datetime) -> str:
    """Return what HR calls somebody's work: the department's word, and whether they lead it."""
    department = account.job(moment).department
    word = department.lower().replace(" ", "-")
    return f"{word}-lead" if HEADS[department] == account.number else word


def people(company: Company, moment: datetime) -> Iterator[dict[str, str]]:
    """Yield everybody HR knows at an instant, leavers included."""
    for account in company.people.values():
        if account.created > moment:
            continue
        manager = company.manager(account, moment)
        ended = account.ended
        known = ended if ended and ended <= moment + (timedelta(0) if account.dismissed else NOTICE) else None
        moved = [job.since for job in account.jobs[1:] if job.since <= moment]
        yield {
            "person_id": person_id(account),
            "name": f"{account.first_name} {account.last_name}",
            "work_email": account.login,
            "type": "employee",
            "job_role": job_role(account, moment),
            "department": account.job(moment).department,
            "manager_id": person_id(manager) if manager else "",
            "start_on": (account.activated or account.created).date().isoformat(),
            "terminated_at": known.isoformat() if known else "",
            "termination_type": ("involuntary" if account.dismissed else "voluntary") if known else "",
            "role_changed_at": moved[-1].isoformat() if moved else "",
        }
