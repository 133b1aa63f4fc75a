"""What does somebody see who asks about a period, draws a sample and records what an auditor found?"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb

from warehouse.store import Home, Store

if TYPE_CHECKING:
    from conftest import Evidence

ASKED = ("AC-01.a", "--from", "2026-03-01", "--to", "2026-03-08", "--by", "A. Auditor")
SEED = ("--seed", "blue heron", "--chosen-by", "A. Auditor")


def told(evidence: Evidence, home: Home, *arguments: str) -> dict[str, Any]:
    """Return what `evidence period` says as JSON."""
    answer = evidence(home.path, "period", "--format", "json", *arguments)

    assert "" == answer.err
    found: dict[str, Any] = json.loads(answer.out)
    return found


def asked(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Return what the published file answers."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_statement_of_an_audit_is_what_the_macro_says_of_its_period(
    eight_days: Home, evidence: Evidence
) -> None:
    """The register's only audit is meant; every test of a control in scope has its sentence."""
    found = told(evidence, eight_days)

    assert ("2026-march", 2, "2026-03-01", "2026-03-30") == tuple(
        found["period"][name] for name in ("audit_id", "report_type", "first", "last")
    )
    assert asked(
        eight_days,
        "select test_id, statement from period_statement(date '2026-03-01', date '2026-03-31') where "
        "control_id in (select control_id from ctl.control where list_bool_or(list_transform(criteria, "
        "lambda one: category_of(one) in ('security', 'processing_integrity')))) order by test_id",
    ) == [(row["test_id"], row["statement"]) for row in found["tests"]]
    (counted,) = asked(
        eight_days,
        "select count(distinct (exception_id, episode)) from ctl.exception where result_day <= '2026-03-30' "
        "and control_id in (select control_id from ctl.control where list_bool_or(list_transform(criteria, "
        "lambda one: category_of(one) in ('security', 'processing_integrity'))))",
    )
    assert counted == (len(found["deviations"]),)
    assert {"AC-01.a", "PI-02.a"} <= {row["test_id"] for row in found["tests"]}


def test_other_categories_bring_other_controls_into_play(eight_days: Home, evidence: Evidence) -> None:
    """What if only Availability were in scope: disaster recovery is, code hosting is not."""
    found = told(evidence, eight_days, "--category", "availability")

    controls = {row["control_id"] for row in found["controls"]}
    assert "AV-05" in controls
    assert not controls & {"AC-03", "PI-01"}
    assert {"register_dr_plan", "register_dr_test"} <= set(found["datasets"])
    assert controls == {row["control_id"] for row in found["tests"]}


def test_a_window_leaves_out_what_is_before_and_after_it_and_says_so(
    eight_days: Home, evidence: Evidence
) -> None:
    """Two days of eight: two before, four after, and none of them counted."""
    found = told(evidence, eight_days, "--from", "2026-03-03", "--to", "2026-03-04")

    assert {"days_before": 2, "days_after": 4} == found["outside"]
    assert {2} == {row["expected"] for row in found["tests"]}
    assert all(
        "2026-03-03" <= row["first_day"] <= row["last_day"] <= "2026-03-04" for row in found["deviations"]
    )


def test_the_statement_for_people_ends_by_leaving_the_judgement_to_the_auditor(
    eight_days: Home, evidence: Evidence
) -> None:
    """It says SANDBOX, counts, and never uses the auditor's words."""
    answer = evidence(eight_days.path, "period")

    assert 2 == answer.code
    assert answer.out.startswith("SANDBOX")
    assert "What it is worth is for the auditor to say." in answer.out
    assert not {"compliant", "effective", "certified"} & set(answer.out.lower().split())


def test_readiness_names_what_is_lacking_and_the_criteria_in_scope_that_nothing_covers(
    eight_days: Home, evidence: Evidence
) -> None:
    """Of the registered audit's categories only: Availability and Privacy are not in it."""
    answer = evidence(eight_days.path, "readiness", "--format", "json")
    found = json.loads(answer.out)["lacking"]

    assert 2 == answer.code
    assert ("is not collected", "stripe_api_key") in {(one["what"], one["subject"]) for one in found}
    bare = {one["subject"] for one in found if one["what"] == "is a criterion no control covers"}
    assert "CC1.1" in bare
    assert {name for name in bare if not name.startswith(("CC", "PI"))} == set()


def test_an_audit_nobody_registered_is_refused(eight_days: Home, evidence: Evidence) -> None:
    """And the ones that are registered are named."""
    answer = evidence(eight_days.path, "period", "--audit", "2025-h2")

    assert 1 == answer.code
    assert "There is no audit '2025-h2'. The register observation_period has: 2026-march." in answer.err


def test_a_sample_is_stored_once_and_survives_what_comes_after(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Drawn twice before it is published: one ledger entry; findings add to it, and the newest counts."""
    home = copy_of(eight_days)
    before = len(Store(home).ledger.entries)
    answers = [evidence(home.path, "sample", *ASKED, *SEED, "--format", "json") for _ in range(2)]

    assert [0, 0] == [answer.code for answer in answers], answers[0].err
    assert before + 1 == len(Store(home).ledger.entries)
    request, items = json.loads(answers[0].out).values()
    assert request == json.loads(answers[1].out)["request"]

    assert 0 == evidence(home.path, "publish").code
    assert [(len(items), request["n"])] == asked(home, "select count(*), count(*) from ctl.sample_item")
    name = request["sample_id"]
    for result in ("more evidence asked for", "no exception"):
        assert 0 == evidence(home.path, "finding", name, "1", result, "--by", "A. Auditor").code
    assert 0 == evidence(home.path, "publish").code
    assert [(1, "no exception"), (2, None)] == asked(
        home, "select ordinal, auditor_result from ctl.sample_item where ordinal < 3 order by 1"
    )
    assert [(2,)] == asked(home, "select count(*) from ev.ctl_sample_finding")
    assert 0 == evidence(home.path, "verify").code


def test_a_seed_of_our_own_is_refused_unless_it_is_said(
    eight_days: Home, copy_of: Callable[[Home], Home], evidence: Evidence
) -> None:
    """Nobody is to choose the sample they are judged by; a rehearsal says that it is one."""
    home = copy_of(eight_days)
    before = [entry.sha256 for entry in Store(home).ledger.entries]

    refused = evidence(home.path, "sample", *ASKED, "--seed", "blue heron")

    assert 64 == refused.code
    assert "An auditor chooses the seed" in refused.err
    assert before == [entry.sha256 for entry in Store(home).ledger.entries]

    rehearsed = evidence(home.path, "sample", *ASKED, "--own-seed")

    assert 0 == rehearsed.code
    assert "chosen by the company itself, not an auditor" in rehearsed.out
