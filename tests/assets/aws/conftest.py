"""What the tests of the AWS connector share: a server that speaks AWS's protocols, as a test says."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from assets.aws.client import AwsClient
from assets.capture import Reading, Recipe, Row, day_window
from sandbox.aws_wire import Answer, Call, Facts, Refused, Wire
from warehouse.store import conform, table_of

ACCOUNT, REGION = "111111111111", "eu-central-1"
DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 0, 30, tzinfo=UTC)
SECRET_KEY = "CanarySecretAccessKeyOfTheTests"
BUCKET, TRAIL_ARN = "trail-bucket", f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"
TRAIL: Facts = {
    "Name": "main",
    "TrailARN": TRAIL_ARN,
    "HomeRegion": REGION,
    "S3BucketName": BUCKET,
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": True,
    "IsOrganizationTrail": False,
    "LogFileValidationEnabled": True,
}


class Quiet(WSGIRequestHandler):
    """Handles requests without a line for each."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet."""


@dataclass
class Cloud:
    """One account, as `answers` has it, and what was asked of it."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    """With which key each request was signed."""
    url: str = ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer one request; one that no answer is for is a mistake of the test."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        self.asked.append(f"{environ.get('HTTP_X_AMZ_TARGET') or environ['PATH_INFO']} {body.decode()}")
        self.signed.append(environ["HTTP_AUTHORIZATION"].partition("Credential=")[2].partition("/")[0])
        sent = Wire(self.answers).answer(environ, body, ACCOUNT, NOW)
        assert sent is not None, f"no answer for {environ['PATH_INFO']} {body.decode()}"
        start(f"{sent.status} OK", [*sent.headers.items(), ("Content-Length", str(len(sent.body)))])
        return [sent.body]

    def client(self, **settings: Any) -> AwsClient:
        """Return a client that signs with its own key and assumes no role."""
        return AwsClient(
            **{
                "instance": ACCOUNT,
                "region": REGION,
                "access_key_id": "AKIATEST",
                "secret_access_key": SECRET_KEY,
                "endpoint_url": self.url,
            }
            | settings
        )

    def read(self, recipe: Recipe, reading: Reading | None = None) -> dict[str, list[Row]]:
        """Return dataset -> rows of a recipe, each as it would be stored."""
        client = self.client()
        try:
            found = recipe.read(client, reading or new_reading())
            each = found if isinstance(found, Mapping) else {recipe.datasets[0].name: found}
            return {
                dataset.name: conform(dataset, table_of(dataset, list(each[dataset.name]))).to_pylist()  # type: ignore[arg-type]
                for dataset in recipe.datasets
            }
        finally:
            client.close()

    def says(self, service: str, operation: str, facts: Facts | Refused) -> None:
        """Answer an operation with some facts, or refuse it."""

        def answer(_: Call) -> Facts:
            if isinstance(facts, Refused):
                raise facts
            return facts

        self.answers[service, operation] = answer


@dataclass
class Bucket:
    """The trail's bucket, a few keys a page."""

    objects: dict[str, bytes] = field(default_factory=dict)
    a_page: int = 2

    def put(self, key: str, content: Any) -> str:
        """Put an object, packed as CloudTrail packs it; return the digest of what is in it."""
        text = json.dumps(content).encode()
        self.objects[key] = gzip.compress(text, mtime=0)
        return hashlib.sha256(text).hexdigest()

    def listing(self, call: Call) -> Facts:
        """Answer ListObjectsV2."""
        prefix, delimiter = call.asked.get("Prefix") or "", call.asked.get("Delimiter")
        after = call.asked.get("ContinuationToken") or call.asked.get("StartAfter") or ""
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        if delimiter:
            folders = {prefix + key[len(prefix) :].partition("/")[0] + "/" for key in keys}
            found = [{"Prefix": one} for one in sorted(folders)]
            return {"KeyCount": len(found), "CommonPrefixes": found, "IsTruncated": False}
        rest = [key for key in keys if key > after]
        page = rest[: self.a_page]
        more = {"NextContinuationToken": page[-1]} if len(rest) > len(page) else {}
        listed = [{"Key": key, "Size": 1} for key in page]
        counted = {"KeyCount": len(listed), "IsTruncated": bool(more)}
        return {**counted, **more, **({"Contents": listed} if listed else {})}

    def content(self, call: Call) -> bytes:
        """Answer GetObject."""
        if call.asked["Key"] not in self.objects:
            raise Refused("NoSuchKey")
        return self.objects[call.asked["Key"]]


def new_reading(day: date = DAY) -> Reading:
    """Return a reading of the day that has read nothing yet."""
    return Reading(day, ACCOUNT, *day_window(day), hmac=str)


@pytest.fixture(scope="module")
def served() -> Iterator[Cloud]:
    """Serve one account for the tests of a module."""
    cloud = Cloud()
    server = make_server("127.0.0.1", 0, cloud, threaded=True, request_handler=Quiet)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    cloud.url = f"http://127.0.0.1:{server.server_port}"
    yield cloud
    server.shutdown()
    server.server_close()


@pytest.fixture
def cloud(served: Cloud) -> Cloud:
    """Return an account that answers nothing yet."""
    served.answers, served.asked, served.signed = {}, [], []
    return served


@pytest.fixture
def bucket(cloud: Cloud) -> Bucket:
    """Return the bucket of the account's trail, empty."""
    found = Bucket()
    cloud.says("cloudtrail", "DescribeTrails", {"trailList": [TRAIL]})
    cloud.answers["s3", "ListObjectsV2"] = found.listing
    cloud.answers["s3", "GetObject"] = found.content
    return found


@pytest.fixture
def reading() -> Reading:
    """Return a reading that has read nothing yet."""
    return new_reading()
