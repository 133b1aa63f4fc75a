"""Which files did a trail deliver for an account on a day, and do its digests know exactly these?

A file belongs to the day it was delivered on, as its place in the bucket says: so each is read for one day
and none is missed, whenever its events happened. Checked against the digests that CloudTrail adds hourly:
every file a digest names for the day is there, and its content has the digest's SHA-256. Not checked: the
digests' signatures and their chain, which `aws cloudtrail validate-logs` does, and files younger than the
last digest, which the reads of the two days after see.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from assets.aws.client import AwsClient
from assets.failures import PermanentFailure, TransientFailure

Trail: TypeAlias = Mapping[str, Any]
UNTIL_HOUR = 3
"""Digests that end before this hour of the next day may still name files of the day before."""


@dataclass(frozen=True)
class TrailFile:
    """One log file: its key in the bucket and its records."""

    key: str
    records: list[dict[str, Any]]
    sha256: str
    """Of the content before it was compressed, as the digests have it."""


@dataclass
class TrailFiles:
    """The files of one trail in its bucket, about one account."""

    client: AwsClient
    trail: Trail
    requests: list[str]
    """What was asked, to be written down."""

    def of(self, day: date) -> Iterator[TrailFile]:
        """Yield every file delivered on a day. Raises a failure where one is missing, cut off or altered."""
        folder = self._folder()
        logs, digests = f"{folder}CloudTrail/", f"{folder}CloudTrail-Digest/"
        promised: dict[str, str] = {}
        proofs = 0
        if self.trail.get("LogFileValidationEnabled"):
            for region in self._below(digests):
                found = self._digests(region, day)
                proofs += len(found)
                for digest in found:
                    promised |= self._named_in(digest, logs, day)
        found_files = [key for region in self._below(logs) for key in self._keys(f"{region}{day:%Y/%m/%d}/")]
        if lost := sorted(promised.keys() - set(found_files)):
            raise PermanentFailure(
                f"aws {self.client.instance}: CloudTrail's digests name {len(lost)} log files of {day} that "
                f"are not in bucket {self._bucket}, first {lost[0]}. Evidence was removed there."
            )
        if not found_files and not proofs:
            raise PermanentFailure(
                f"aws {self.client.instance}: bucket {self._bucket} has no log file of {day} below {logs}, "
                "and no digest that says there was none. Does the trail record, and may we read its bucket?"
            )
        for key in found_files:
            file = self._file(key)
            if promised.get(key, file.sha256) != file.sha256:
                raise PermanentFailure(
                    f"aws {self.client.instance}: {key} has SHA-256 {file.sha256[:12]}…, CloudTrail's digest "
                    f"says {promised[key][:12]}…. The file was altered after it was delivered."
                )
            yield file
        self.requests.append(
            f"{len(found_files)} log files of {day}, {len(promised)} of them proven whole by {proofs} digests"
        )

    @property
    def _bucket(self) -> str:
        return str(self.trail["S3BucketName"])

    def _folder(self) -> str:
        """Return where the account's files lie. An organisation's trail puts the organisation before it."""
        prefix = f"{self.trail['S3KeyPrefix']}/" if self.trail.get("S3KeyPrefix") else ""
        root = f"{prefix}AWSLogs/"
        if not self.trail.get("IsOrganizationTrail"):
            return f"{root}{self.client.instance}/"
        found = [folder for folder in self._below(root) if folder.startswith(f"{root}o-")]
        if len(found) != 1:
            raise PermanentFailure(
                f"aws {self.client.instance}: bucket {self._bucket} has files of {len(found)} organisations, "
                "expected one. Give the organisation's trail a bucket of its own."
            )
        return f"{found[0]}{self.client.instance}/"

    def _below(self, folder: str) -> list[str]:
        """Return the folders in a folder: a trail has one per region."""
        answers = self._listing(folder, Delimiter="/")
        return sorted(one["Prefix"] for answer in answers for one in answer.get("CommonPrefixes", ()))

    def _keys(self, folder: str, **arguments: Any) -> list[str]:
        answers = self._listing(folder, **arguments)
        return [str(one["Key"]) for answer in answers for one in answer.get("Contents", ())]

    def _listing(self, prefix: str, **arguments: Any) -> list[dict[str, Any]]:
        self.requests.append(f"s3.list_objects_v2(Bucket={self._bucket}, Prefix={prefix})")
        answers = self.client.answers(
            "s3", "list_objects_v2", Bucket=self._bucket, Prefix=prefix, **arguments
        )
        for answer in answers:  # S3 leaves an empty listing out, and says in KeyCount that it is empty
            shown = sum(len(answer.get(name, ())) for name in ("Contents", "CommonPrefixes"))
            if answer.get("KeyCount") != shown:
                raise PermanentFailure(
                    f"aws {self.client.instance}: bucket {self._bucket} listed {shown} files and folders "
                    f"and counts {answer.get('KeyCount')}. Has the interface changed?"
                )
        return answers

    def _digests(self, region: str, day: date) -> list[str]:
        """Return the digests that can name files of a day: of the day, and of the first hours after it.

        A digest lies in the folder of the day it ends on, and is about the hour before that end.
        """
        following = day + timedelta(days=1)
        after = f"/{following:%Y/%m/%d}/"
        late = f"_{following:%Y%m%d}T{UNTIL_HOUR:02}"
        keys = self._keys(region, StartAfter=f"{region}{day:%Y/%m/%d}/")
        within = [key for key in keys if f"/{day:%Y/%m/%d}/" in key]
        return within + [key for key in keys if after in key and f"_{key.rpartition('_')[2]}" < late]

    def _named_in(self, key: str, logs: str, day: date) -> dict[str, str]:
        """Return key -> SHA-256 of the files of a day that a digest names."""
        content = self._json(key)
        named = content.get("logFiles")
        if not isinstance(named, list):
            raise self._unreadable(key, "it has no list of log files")
        return {
            str(one["s3Object"]): str(one["hashValue"])
            for one in named
            if str(one["s3Object"]).startswith(logs) and f"/{day:%Y/%m/%d}/" in str(one["s3Object"])
        }

    def _file(self, key: str) -> TrailFile:
        content = self._content(key)
        records = self._parsed(key, content).get("Records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise self._unreadable(key, "it has no list of records")
        return TrailFile(key, records, hashlib.sha256(content).hexdigest())

    def _json(self, key: str) -> dict[str, Any]:
        return self._parsed(key, self._content(key))

    def _content(self, key: str) -> bytes:
        packed = self.client.content(self._bucket, key)
        self.requests.append(f"s3.get_object(Bucket={self._bucket}, Key={key})")
        try:
            return gzip.decompress(packed)
        except (OSError, EOFError, zlib.error) as error:
            raise TransientFailure(
                f"aws {self.client.instance}: {key} in bucket {self._bucket} is no whole gzip file."
            ) from error

    def _parsed(self, key: str, content: bytes) -> dict[str, Any]:
        try:
            found = json.loads(content)
        except ValueError:  # its text would quote the file
            raise self._unreadable(key, "it is no JSON") from None
        if not isinstance(found, dict):
            raise self._unreadable(key, "it is no JSON object")
        return found

    def _unreadable(self, key: str, why: str) -> PermanentFailure:
        return PermanentFailure(
            f"aws {self.client.instance}: {key} in bucket {self._bucket} cannot be read: {why}."
        )
