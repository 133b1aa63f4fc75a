"""How do property tests run on a busy machine? As long as they need: how fast it is, is not ours to judge."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
