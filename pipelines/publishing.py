"""What goes into the analysts' file besides the ledger's evidence: the controls as they stand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pipelines.evaluation import controls, definition_rows
from pipelines.session import Session
from warehouse.publish import Published
from warehouse.publish import publish as build


def publish(
    session: Session,
    *,
    self_contained: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Published:
    """Publish a home's warehouse, or a self-contained copy of it at another path."""
    return build(
        session.store,
        session.index,
        session.catalogue.datasets,
        definition_rows(controls()),
        at=session.clock.now(),
        company=session.settings.configuration.company,
        target=self_contained,
        self_contained=self_contained is not None,
        progress=progress,
    )
