"""Which objects lie in the bucket that CloudTrail writes to, at an instant?

A log file per account, region and day, delivered five minutes before midnight, and a digest that names it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.aws_resources import TRAIL_BUCKET, trail_name
from sandbox.aws_secrets import REGION
from sandbox.aws_trail import GLOBAL_REGION, Trail
from sandbox.aws_wire import Call, Facts, Refused
from sandbox.org import AWS_ACCOUNTS, PERIOD_START
from sandbox.part import instant

DELIVERED, PROVEN = (23, 55), (23, 59)
MOST_KEYS = 1000


@dataclass(frozen=True)
class Object:
    """A file in the bucket, and since when it lies there."""

    key: str
    content: bytes
    since: datetime


class Bucket:
    """The trail's bucket."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._days: dict[tuple[str, date], list[Object]] = {}

    def listing(self, call: Call) -> Facts | None:
        """Answer ListObjectsV2 in the order of the keys, with folders where a delimiter is given."""
        asked = call.asked
        if asked["Bucket"] != TRAIL_BUCKET:
            return None
        prefix, delimiter = asked.get("Prefix") or "", asked.get("Delimiter")
        after = asked.get("ContinuationToken") or asked.get("StartAfter") or ""
        found = sorted(
            (one for one in self._at(call.now, prefix) if one.key.startswith(prefix)),
            key=lambda one: one.key,
        )
        folders: list[str] = []
        if delimiter:
            inside = {one.key: one.key[len(prefix) :].partition(delimiter) for one in found}
            folders = sorted({prefix + head + cut for head, cut, _ in inside.values() if cut})
            found = [one for one in found if not inside[one.key][1]]
        found = [one for one in found if one.key > after]
        page = found[: int(asked.get("MaxKeys") or MOST_KEYS)]
        more = len(found) > len(page)
        return {
            "Name": TRAIL_BUCKET,
            "Prefix": prefix,
            "KeyCount": len(page) + len(folders),
            "MaxKeys": MOST_KEYS,
            "IsTruncated": more,
            "Contents": [
                {
                    "Key": one.key,
                    "LastModified": one.since,
                    "Size": len(one.content),
                    "StorageClass": "STANDARD",
                }
                for one in page
            ],
            "CommonPrefixes": [{"Prefix": folder} for folder in folders],
            **({"NextContinuationToken": page[-1].key} if more else {}),
        }

    def content(self, call: Call) -> bytes | None:
        """Answer GetObject."""
        if call.asked["Bucket"] != TRAIL_BUCKET:
            return None
        key = call.asked["Key"]
        for one in self._at(call.now, key):
            if one.key == key:
                return one.content
        raise Refused("NoSuchKey")

    def _at(self, now: datetime, prefix: str) -> list[Object]:
        """Return what lies there of the account that a prefix is about; of all, where it is about none."""
        accounts = [account for account in AWS_ACCOUNTS if account in prefix] or list(AWS_ACCOUNTS)
        days = [PERIOD_START + timedelta(days=n) for n in range((now.date() - PERIOD_START).days + 1)]
        found = [one for account in accounts for day in days for one in self._day(account, day)]
        return [one for one in found if one.since <= now]

    def _day(self, account: str, day: date) -> list[Object]:
        if (account, day) not in self._days:
            self._days[account, day] = self._written(account, day)
        return self._days[account, day]

    def _written(self, account: str, day: date) -> list[Object]:
        by_region: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for record in self._trail.records(account, day):
            by_region[record["awsRegion"]].append(record)
        found = []
        for region in (REGION, GLOBAL_REGION):
            logs = [self._log(account, day, region, by_region[region])] if by_region[region] else []
            found += [*logs, self._digest(account, day, region, logs)]
        return found

    def _log(self, account: str, day: date, region: str, records: list[dict[str, Any]]) -> Object:
        since = instant(day, *DELIVERED)
        mark = hashlib.sha256(f"{account}/{region}/{day}".encode()).hexdigest()[:16]
        name = f"{account}_CloudTrail_{region}_{since:%Y%m%dT%H%MZ}_{mark}.json.gz"
        key = f"AWSLogs/{account}/CloudTrail/{region}/{day:%Y/%m/%d}/{name}"
        return Object(key, _packed({"Records": records}), since)

    def _digest(self, account: str, day: date, region: str, logs: list[Object]) -> Object:
        since = instant(day, *PROVEN)
        trail = trail_name(account)
        name = f"{account}_CloudTrail-Digest_{region}_{trail}_{region}_{since:%Y%m%dT%H%M%SZ}.json.gz"
        key = f"AWSLogs/{account}/CloudTrail-Digest/{region}/{day:%Y/%m/%d}/{name}"
        content = {
            "awsAccountId": account,
            "digestStartTime": f"{instant(day):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": TRAIL_BUCKET,
            "digestS3Object": key,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "logFiles": [
                {
                    "s3Bucket": TRAIL_BUCKET,
                    "s3Object": log.key,
                    "hashValue": hashlib.sha256(gzip.decompress(log.content)).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
                for log in logs
            ],
        }
        return Object(key, _packed(content), since)


def _packed(content: Any) -> bytes:
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
