from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.faults import Fault, draw, load
from sandbox.kinds import KINDS
from sandbox.process import FAULTS, Company, SandboxFailure

NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
DOWN = date(2026, 3, 20)


def okta_answers(company: Company) -> dict[str, Any]:
    """Return what the company's Okta says about users, rules and the day before."""
    where = company.state["okta"]
    paths = (
        "users?search=status%20pr",
        "groups",
        "policies?type=ACCESS_POLICY",
        "logs?since=2026-03-08T00:00:00Z&until=2026-03-09T00:00:00Z&limit=1000",
    )
    with httpx.Client(headers={"Authorization": f"SSWS {where['token']}"}) as http:
        found = {
            path: http.get(f"{where['org_url']}/api/v1/{path}").raise_for_status().text for path in paths
        }
    return {path: json.loads(text.replace(where["org_url"], "")) for path, text in found.items()}


def foretold(faults: Iterable[Fault], down: date | None = None) -> list[tuple[str, ...]]:
    """Return (fault, test, code, day, expect) of all that the kinds of faults say, with Okta down a day."""
    listed = list(faults)
    waived = {(f.subject, f.test, f.code, day) for f in listed if f.part == "registers" for day in f.days}
    told = []
    for fault in listed:
        kind = KINDS[fault.kind]
        at_once = ((kind.test, kind.code), *kind.also) if kind.part != "registers" else ()
        days = [(named, day) for named in at_once for day in fault.days]
        days += [(named, fault.last + timedelta(days=1)) for named in kind.afterwards]
        for named, day in days:
            unseen = day == down and kind.part == "okta" and not kind.one_day
            covered = "waived" if (fault.id, *named, day) in waived else "fail"
            told.append((fault.id, *named, day.isoformat(), "unknown" if unseen else covered))
    return sorted(told)


def facts(expected: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Return (fault, test, code, day, expect) of everything that a company says must be found."""
    return sorted(tuple(one[name] for name in ("fault", "test", "code", "day", "expect")) for one in expected)


def alive(pid: int) -> bool:
    """Return whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()


def test_a_company_killed_and_started_again_answers_the_same(tmp_path: Path) -> None:
    """Whether it was advanced to an instant or started at it, before or after a crash."""
    with Company(tmp_path / "one", okta_down=[DOWN]) as company:
        parts = {
            "okta",
            "aws",
            "github",
            "shop",
            "registers",
            "people",
            "lists",
            "documents",
            "stripe",
            "jira",
            "paypal",
        }
        assert {"pid", "control", *parts} == set(company.state)
        assert 0o600 == (tmp_path / "one" / "state.json").stat().st_mode & 0o777
        company.advance(NOON)
        company.advance(NOON)
        assert NOON == company.now()
        with pytest.raises(SandboxFailure, match="never moves back"):
            company.advance(NOON - timedelta(seconds=1))
        before, expected = okta_answers(company), company.expected()
        company.kill()
    with Company(tmp_path / "two", at=NOON, okta_down=[DOWN]) as company:
        assert (before, expected) == (okta_answers(company), company.expected())
    assert {"fail", "waived", "unknown"} == {entry["expect"] for entry in expected}
    assert foretold(load(FAULTS).all, DOWN) == facts(expected)


def test_another_seed_with_drawn_faults_is_served(tmp_path: Path) -> None:
    """The launcher hands a list of faults to the child, which expects all that their kinds say."""
    faults = draw(99)
    with Company(tmp_path, seed=99, faults=faults) as company:
        expected = company.expected()
    assert foretold(faults) == facts(expected)


def test_a_company_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The child's last words are in the error."""
    (tmp_path / "faults.yaml").write_text("nothing: here\n")
    with pytest.raises(SandboxFailure, match="expected a list of faults"):
        Company(tmp_path, faults=tmp_path / "faults.yaml").start()


def test_a_company_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    """Even when that one is killed and cannot say so."""
    script = (
        "import pathlib, sys, time\n"
        "from sandbox.process import Company\n"
        "Company(pathlib.Path(sys.argv[1])).start()\n"
        "time.sleep(600)\n"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], cwd=Path.cwd())
    state = tmp_path / "state.json"
    waited_until = time.monotonic() + 90
    while not state.exists() and time.monotonic() < waited_until:
        time.sleep(0.05)
    pid = json.loads(state.read_text())["pid"]
    starter.kill()
    starter.wait()
    while alive(pid) and time.monotonic() < waited_until:
        time.sleep(0.1)
    assert not alive(pid)
