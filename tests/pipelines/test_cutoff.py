"""When is a control first judged about a day, and what is computed for it until then?"""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import chain

from pipelines import evaluation
from pipelines.catalogue import catalogue
from warehouse.snapshots import Index
from warehouse.store import Home, Store

DAY = date(2026, 3, 10)
WAITING = frozenset(control.id for control in evaluation.controls() if control.cutoff_days)
AT_ONCE = frozenset(control.id for control in evaluation.controls()) - WAITING


def test_a_control_is_judged_when_its_cut_off_has_passed() -> None:
    """What belongs to the tenth may arrive until the end of the eleventh, so the twelfth begins with it."""
    control = evaluation.controls()[0].model_copy(update={"cutoff_days": 1})
    assert evaluation.judged_from(control, DAY) == datetime(2026, 3, 12, tzinfo=UTC)


def test_what_only_a_waiting_control_reads_is_left_for_it() -> None:
    """What a control needs at once never waits; what waits is made when its reader is judged."""
    later = evaluation.left_for_later(frozenset())
    read_now = frozenset(chain.from_iterable(map(evaluation.reads, AT_ONCE)))
    assert frozenset() == later & read_now
    assert frozenset() == evaluation.left_for_later(WAITING)
    assert evaluation.derived_for(AT_ONCE) | evaluation.derived_for(WAITING) == evaluation.derived_for(
        AT_ONCE | WAITING
    )
    assert later == evaluation.derived_for(AT_ONCE | WAITING) - evaluation.derived_for(AT_ONCE)


def test_no_derivation_reads_what_its_own_group_makes() -> None:
    """Groups are computed by several processes at once: every input is stored before, none is made twice."""
    groups = catalogue().levels(catalogue().derivations)
    assert sorted(map(id, catalogue().derivations)) == sorted(map(id, chain.from_iterable(groups)))
    made: set[str] = set()
    everything = {derivation.dataset.name for derivation in catalogue().derivations}
    for group in groups:
        for derivation in group:
            assert everything.intersection(derivation.inputs) <= made
        made |= {derivation.dataset.name for derivation in group}


def test_what_reads_a_changed_dataset_is_computed_too() -> None:
    """A changed order is followed through all that is derived from it, and nothing else is computed."""
    chosen = {derivation.dataset.name for derivation in catalogue().touched({"okta_system_log"}, ())}
    assert "access_login" in chosen
    assert not any(name.startswith("reconciliation_") for name in chosen)
    kept = {one.dataset.name for one in catalogue().touched({"okta_system_log"}, {"access_login"})}
    assert "access_login" not in kept


def test_what_is_read_of_the_next_day_is_derived_before_a_day_is_judged(eight_days: Home) -> None:
    """A charge made a second after midnight, of an attempt a second before it, is found."""
    index = Index(Store(eight_days).ledger)
    read = {
        slot.dataset: {path.split("/")[1] for path in snapshots[0].inputs if "day=2026-03-04" in path}
        for slot, snapshots in index.snapshots.items()
        if slot.dataset in {"reconciliation_charge", "reconciliation_refund_match"}
        and slot.day == date(2026, 3, 3)
    }

    assert {
        "reconciliation_charge": {"shop_payment", "psp_charge"},
        "reconciliation_refund_match": {"shop_refund", "shop_payment", "psp_refund"},
    } == read
