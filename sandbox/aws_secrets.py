"""Which secrets lie in the company's vaults, and which versions has each at an instant?"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults import Fault, Faults
from sandbox.org import AWS_ACCOUNTS, PERIOD_START, SECRETS
from sandbox.part import instant, rng

REGION = "eu-central-1"
CHANGED_EVERY = 60
OLD = 91
"""The age in days with which a fault of age begins."""
LIFETIME = 4
"""Values a secret had before the period begins, at most."""
ROTATED_BY_AWS = frozenset({"shop/postgres/app"})
STAGES = ("AWSCURRENT", "AWSPREVIOUS")
"""The labels of the two newest versions; older ones are deprecated and have none."""


@dataclass(frozen=True)
class Secret:
    """A secret of one account."""

    seed: int
    account: str
    name: str
    provider: str
    overdue: Fault | None = None
    """The fault by which its value grows too old, while somebody edits its tags."""

    @property
    def subject(self) -> str:
        """How faults.yaml names it."""
        return f"secret {self.account}/{self.name}"

    @property
    def arn(self) -> str:
        """The address; AWS ends it with six characters of its own."""
        return f"arn:aws:secretsmanager:{REGION}:{self.account}:secret:{self.name}-{self._digest('arn')[:6]}"

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags; the last one is of no concern to anybody who collects evidence."""
        said = {
            "env": AWS_ACCOUNTS[self.account],
            "provider": self.provider,
            "owner": "platform",
            "cost": "4711",
        }
        return [{"Key": key, "Value": value} for key, value in said.items()]

    def changes(self, at: datetime) -> list[datetime]:
        """Return when its value was changed, the first time included, up to an instant."""
        offset = rng(self.seed, "secret", self.account, self.name).randint(0, CHANGED_EVERY - 1)
        if self.overdue is not None:
            rotated = [self.overdue.first - timedelta(days=OLD), self.overdue.last + timedelta(days=1)]
            return [instant(day, 6) for day in rotated if instant(day, 6) <= at]
        first = instant(PERIOD_START - timedelta(days=LIFETIME * CHANGED_EVERY - offset), 6)
        count = (at - first) // timedelta(days=CHANGED_EVERY) + 1
        return [first + n * timedelta(days=CHANGED_EVERY) for n in range(count)]

    def versions(self, at: datetime) -> list[dict[str, Any]]:
        """Return its versions, the newest first, as ListSecretVersionIds tells them."""
        changes = sorted(self.changes(at), reverse=True)
        today = instant(at.date())
        return [
            {
                "VersionId": self.version_id(changed),
                "CreatedDate": int(changed.timestamp()),
                "LastAccessedDate": int((today if n == 0 else instant(changes[n - 1].date())).timestamp()),
                "VersionStages": list(STAGES[n : n + 1]),
            }
            for n, changed in enumerate(changes)
        ]

    def version_id(self, changed: datetime) -> str:
        """Return the id of the version made by a change."""
        digest = self._digest("version", changed.isoformat())
        return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))

    def show(self, held: Any, at: datetime) -> None:
        """Make moto's object of it say what is true at an instant."""
        changes = self.changes(at)
        held.arn, held.tags = self.arn, self.tags
        held.created_date, held.last_changed_date = (int(changes[n].timestamp()) for n in (0, -1))
        if self.overdue is not None and at >= (edited := instant(self.overdue.first, 5)):
            held.last_changed_date = max(held.last_changed_date, int(edited.timestamp()))
        versions = self.versions(at)
        held.versions = {
            version["VersionId"]: {
                "secret_string": f"sandbox-secret-value-of-{self.name}",
                "createdate": version["CreatedDate"],
                "version_id": version["VersionId"],
                "version_stages": version["VersionStages"],
            }
            for version in versions
        }
        held.set_default_version_id(versions[0]["VersionId"])
        if self.name in ROTATED_BY_AWS:
            held.rotation_requested = held.rotation_enabled = True
            held.auto_rotate_after_days = CHANGED_EVERY
            held.last_rotation_date = held.last_changed_date
            held.next_rotation_date = held.last_changed_date + CHANGED_EVERY * 86_400

    def _digest(self, *topic: object) -> str:
        return hashlib.sha256(
            "/".join(map(str, (self.seed, self.account, self.name, *topic))).encode()
        ).hexdigest()


def secrets_of(seed: int, faults: Faults) -> Mapping[str, list[Secret]]:
    """Return the secrets of every account."""
    overdue = {fault.subject: fault for fault in faults.of("secret_overdue")}
    return {
        account: [
            Secret(seed, account, name, provider, overdue.get(f"secret {account}/{name}"))
            for name, provider in names.items()
        ]
        for account, names in SECRETS.items()
    }
