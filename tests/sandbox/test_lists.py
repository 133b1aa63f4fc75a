"""Is the dashboard's list dropped as a person would, and is everybody on it allowed to be?"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import yaml

from sandbox.company import Company
from sandbox.faults import Faults
from sandbox.lists import MANIFEST, ListsPart, dashboard_accounts, dashboard_users
from sandbox.org import PERIOD_START
from sandbox.part import instant
from sandbox.people import job_role, people, person_id
from sandbox.process import SEED
from sandbox.roles import role_matrix

NOON = instant(date(2026, 3, 15), 12)


def texts(part: ListsPart, folder: Path) -> dict[str, str]:
    """Return every file of the drop."""
    assert part is not None
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())}


def test_a_drop_has_two_lists_and_a_manifest_that_counts_them(faults: Faults) -> None:
    """The same at an instant, whether started there or moved there."""
    part, moved = ListsPart(SEED, faults, NOON), ListsPart(SEED, faults, NOON - timedelta(days=9))
    try:
        expected = texts(part, Path(part.start()["folder"]))
        folder = Path(moved.start()["folder"])
        moved.advance(NOON)

        assert expected == texts(moved, folder)
    finally:
        part.stop()
        moved.stop()
    said = yaml.safe_load(expected[MANIFEST])

    assert {"accounts.csv", "entitlements.csv", MANIFEST} == set(expected)
    assert NOON == said["exported_at"]
    for listed in (said["accounts"], said["entitlements"]):
        assert listed["rows_shown"] == len(expected[listed["file"]].splitlines()) - 1


def test_everybody_on_the_list_has_what_the_role_matrix_gives_their_work() -> None:
    """On every day, for another company too; HR knows each by the address on the list."""
    allowed = {
        (row["job_role"], row["entitlement"])
        for row in role_matrix()
        if row["system_id"] == "stripe_dashboard"
    }
    for seed in (SEED, 7):
        company = Company(seed, Faults())
        for noon in (instant(PERIOD_START + timedelta(days=n), 12) for n in range(30)):
            known = {person["person_id"]: person for person in people(company, noon)}
            users = list(dashboard_users(company, noon))
            for account, role in users:
                assert (job_role(account, noon), f"role:{role}") in allowed
                assert account.login == known[person_id(account)]["work_email"]
            counted = Counter(role for _, role in users)

            assert 1 == counted["administrator"]
            assert counted["analyst"] >= 5 <= counted["support_specialist"]
            assert len(users) == len({row["native_id"] for row in dashboard_accounts(company, noon)})
