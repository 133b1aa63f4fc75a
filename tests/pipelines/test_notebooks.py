"""Do the notebooks answer from what a demo published, and is an executed copy kept as evidence?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import nbformat
import pytest

from pipelines import notebooks
from pipelines.query import connect
from warehouse.store import Home

Evidence: TypeAlias = Callable[..., Any]
Copy: TypeAlias = Callable[[Home], Home]


def test_the_questions_are_listed(evidence: Evidence, eight_days: Home) -> None:
    """Without a name the command says which notebooks there are, and what each asks."""
    answer = evidence(eight_days.path, "notebook")
    assert [
        "inventory_roll_forward",
        "order_to_cash",
        "payouts_to_bank",
        "period_overview",
        "tax_by_jurisdiction",
    ] == [line.split()[0] for line in answer.out.splitlines()]
    assert all(line.endswith("?") for line in answer.out.splitlines())


@pytest.mark.parametrize("name", notebooks.names())
@pytest.mark.parametrize("currency", ["EUR", "JPY"])
def test_a_notebook_runs_headless_on_what_the_demo_published(
    name: str, currency: str, evidence: Evidence, eight_days: Home, copy_of: Copy
) -> None:
    """Its page has its pictures inside, each said in words too, fetches nothing and names no place here."""
    home = copy_of(eight_days)
    answer = evidence(home.path, "notebook", name, "--month", "2026-03", "--currency", currency)
    assert 0 == answer.code, answer.err
    copy = home.path / "reports" / "notebooks" / f"{name}-2026-03-01-2026-03-31.ipynb"
    page = copy.with_suffix(".html").read_text(encoding="utf-8")
    assert "SANDBOX: this evidence is of a simulated company." in page
    assert [] == re.findall(r"<script|https?://|<link", page)
    assert len(re.findall("<img ", page)) == len(re.findall(r'<img alt="[^"]+" src="data:image/png', page))
    executed = copy.read_text(encoding="utf-8")
    assert str(home.path) not in executed + page
    outputs = [out for cell in nbformat.reads(executed, 4).cells for out in cell.get("outputs", ())]
    assert [] == [out for out in outputs if out.output_type in {"error", "stream"}]


def test_the_source_of_a_notebook_holds_no_answer() -> None:
    """What stands in git has no output: an answer belongs to the evidence it was computed from."""
    for name in notebooks.names():
        cells = nbformat.read(notebooks.FOLDER / f"{name}.ipynb", 4).cells
        assert [] == [cell.outputs for cell in cells if cell.cell_type == "code" and cell.outputs]


def test_a_kept_copy_is_a_document_under_its_digest(
    evidence: Evidence, eight_days: Home, copy_of: Copy
) -> None:
    """The copy and its page are stored once, as of the last day of the month, by nobody and not reviewed."""
    home = copy_of(eight_days)
    answer = evidence(home.path, "notebook", "order_to_cash", "--month", "2026-03", "--keep")
    assert 0 == answer.code, answer.err
    kept = re.findall(r"^kept  ([0-9a-f]{64})  (\S+)$", answer.out, re.MULTILINE)
    assert ["order_to_cash-2026-03-01-2026-03-31.ipynb", "order_to_cash-2026-03-01-2026-03-31.html"] == [
        file for _, file in kept
    ]
    assert 0 == evidence(home.path, "publish").code
    assert 0 == evidence(home.path, "verify").code
    stored = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (home.path / "documents").iterdir()}
    assert {sha256 for sha256, _ in kept} <= stored


def test_a_bridge_ends_where_the_movements_end(eight_days: Home) -> None:
    """What was paid out and what the processors gained is what moved: the notebook fails where it is not."""
    with connect(eight_days) as connection:
        moved = connection.execute(
            "select currency, sum(net_minor) from cur.psp_balance_entry where type <> 'payout' group by 1"
        ).fetchall()
    assert {"EUR", "GBP", "USD"} == {currency for currency, _ in moved}


def test_an_unknown_notebook_and_a_month_that_is_none_are_refused(
    evidence: Evidence, eight_days: Home
) -> None:
    """The message names what there is; nothing is written."""
    answer = evidence(eight_days.path, "notebook", "orders")
    assert 1 == answer.code
    assert "there are inventory_roll_forward, order_to_cash" in " ".join(answer.err.split())
    answer = evidence(eight_days.path, "notebook", "order_to_cash", "--month", "March")
    assert 64 == answer.code
    assert "'March' is no month such as 2026-03" in " ".join(answer.err.split())
