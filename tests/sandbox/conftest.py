"""What the tests of the sandbox share: the company of the demo."""

from __future__ import annotations

import pytest

from sandbox.company import Company
from sandbox.faults import Faults, load
from sandbox.process import FAULTS, SEED


@pytest.fixture(scope="session")
def faults() -> Faults:
    """Load the faults of the repository."""
    return load(FAULTS)


@pytest.fixture(scope="session")
def company(faults: Faults) -> Company:
    """Make the company of the demo."""
    return Company(SEED, faults)
