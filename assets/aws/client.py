"""What does one AWS account answer, read to its last page?"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from assets.capture import Access, Page
from assets.failures import PermanentFailure, SourceFailure, TransientFailure

DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnrecognizedClientException"}
)
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
PASSING = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "ReportInProgress",
    }
)
SERVER_TROUBLE = 500
SESSION_SECONDS = 3600
REPORT_POLLS = 30
NO_VALUE = frozenset({"N/A", "no_information", "not_supported", ""})
"""What the credential report writes where there is nothing."""


@dataclass
class AwsClient:
    """One account, through a read-only role in it. No repr shows a key."""

    instance: str
    region: str
    access_key_id: str | None = field(default=None, repr=False)
    secret_access_key: str | None = field(default=None, repr=False)
    role_arn: str | None = None
    endpoint_url: str | None = None
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)
    _sdk: _Sdk | None = field(default=None, init=False, repr=False)
    _principal: str | None = field(default=None, init=False, repr=False)

    def principal(self) -> str:
        """Return who AWS says we are. Raises PermanentFailure where that is another account."""
        if self._principal is None:
            identity = self.call("sts", "get_caller_identity")
            if identity["Account"] != self.instance:
                raise PermanentFailure(
                    f"aws {self.instance}: the credentials belong to account {identity['Account']}. Evidence "
                    "must not be filed under another account: mend the role in evidence.yaml."
                )
            self._principal = str(identity["Arn"])
        return self._principal

    def access(self) -> Access:
        """Return what the policies of our role or user allow."""
        from assets.aws.access import access

        return access(self)

    def close(self) -> None:
        """Give connections back, and the role with them."""
        if self._sdk is not None:
            self._sdk.close()
            self._sdk = None

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Page]:
        """Yield the pages of a listing, to the last one."""
        request = f"{service}.{operation}({shown(arguments)})"
        for answer in self.answers(service, operation, **arguments):
            yield self.page(answer, self.within(answer, key, request), request)

    def within(self, answer: Mapping[str, Any], key: str, request: str) -> list[Any]:
        """Return a listing inside an answer. Where it is absent nobody has said that there is none."""
        if not isinstance(answer.get(key), list):
            raise PermanentFailure(
                f"aws {self.instance}: {request} answered without {key}. Has its interface changed?"
            )
        return list(answer[key])

    def answers(self, service: str, operation: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return every answer of a listing, to the last one.

        The SDK's paginator ends when AWS sends no further token and raises on a repeated one. A session that
        expires on the way starts the whole listing again, so that no listing is pieced together.
        """
        try:
            return self._answers(service, operation, arguments)
        except _Expired:
            self._forget()
            return self._answers(service, operation, arguments)

    def texts(self, service: str, operation: str, key: str, **arguments: Any) -> list[str]:
        """Return a listing whose items are mere texts, as of permission sets, to its last page."""
        return [
            str(text)
            for answer in self.answers(service, operation, **arguments)
            for text in self.within(answer, key, f"{service}.{operation}({shown(arguments)})")
        ]

    def _answers(self, service: str, operation: str, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        client = self._client(service)
        try:
            if client.can_paginate(operation):
                return list(client.get_paginator(operation).paginate(**arguments))
            return list(self._tokens(getattr(client, operation), arguments))
        except Exception as error:
            raise self._failure(error, f"{service}.{operation}") from error

    def _tokens(self, operation: Callable[..., Any], arguments: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the answers of a listing the SDK has no paginator for, as list_secret_version_ids."""
        token: str | None = None
        seen: set[str] = set()
        while True:
            answer = operation(**arguments, **({"NextToken": token} if token else {}))
            yield answer
            token = answer.get("NextToken")
            if token is None:
                return
            if token in seen:
                raise PermanentFailure(
                    f"aws {self.instance}: a listing sent the same NextToken twice; it would never end."
                )
            seen.add(token)

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer of one call."""
        for attempt in (1, 2):
            try:
                answer: dict[str, Any] = getattr(self._client(service), operation)(**arguments)
            except Exception as error:
                failure = self._failure(error, f"{service}.{operation}")
                if isinstance(failure, _Expired) and attempt == 1:
                    self._forget()
                    continue
                raise failure from error
            return answer
        raise AssertionError("a second expiry raises")

    def known(
        self, service: str, operation: str, absent: frozenset[str], **arguments: Any
    ) -> dict[str, Any] | None:
        """Return the answer of one call; None where AWS says by one of some codes that there is none."""
        try:
            return self.call(service, operation, **arguments)
        except SourceFailure as failure:
            refused = getattr(failure.__cause__, "response", {})
            if refused.get("Error", {}).get("Code") in absent:
                return None
            raise

    def content(self, bucket: str, key: str) -> bytes:
        """Return an object's whole content."""
        answer = self.call("s3", "get_object", Bucket=bucket, Key=key)
        try:
            found: bytes = answer["Body"].read()
        except Exception as error:
            raise self._failure(error, f"s3.get_object({bucket}/{key})") from error
        return found

    @staticmethod
    def page(answer: Mapping[str, Any], records: Sequence[Mapping[str, Any]], request: str) -> Page:
        """Return an answer as a page, with its request id and the server's date."""
        about = answer.get("ResponseMetadata", {})
        date = about.get("HTTPHeaders", {}).get("date")
        return Page(
            records,
            request,
            request_id=about.get("RequestId"),
            server_date=parsedate_to_datetime(date).astimezone(UTC) if date else None,
        )

    def credential_report(self) -> Page:
        """Return the credential report as AWS wrote it: one record a line, nothing where AWS writes nothing.

        AWS makes a new one at most every four hours; `report_generated_at` says when this one was made.
        """
        for _ in range(REPORT_POLLS):
            if self.call("iam", "generate_credential_report")["State"] == "COMPLETE":
                break
            self.sleep(1)
        else:
            raise TransientFailure(
                f"aws {self.instance}: the credential report was not ready after {REPORT_POLLS} polls."
            )
        answer = self.call("iam", "get_credential_report")
        lines = answer["Content"].decode("utf-8").splitlines()
        generated = answer["GeneratedTime"].astimezone(UTC)
        records = [
            {name: (None if value in NO_VALUE else value) for name, value in record.items()}
            | {"report_generated_at": generated}
            for record in csv.DictReader(lines, strict=True)
        ]
        return self.page(answer, records, "iam.get_credential_report()")

    def _client(self, service: str) -> Any:
        return self._open().client(service)

    def _open(self) -> _Sdk:
        if self._sdk is None:
            if self.role_arn is None:
                self._sdk = self._given()
            else:
                granted = self._granted()
                self._sdk = _shared(self.region, self.endpoint_url, self.role_arn)
                self._sdk.use(granted["AccessKeyId"], granted["SecretAccessKey"], granted["SessionToken"])
        return self._sdk

    def _given(self) -> _Sdk:
        """Return the SDK with the credentials we were given, or with those it finds by itself."""
        if self.access_key_id is None or self.secret_access_key is None:
            return _Sdk(self.region, self.endpoint_url)
        given = _shared(self.region, self.endpoint_url, self.access_key_id)
        given.use(self.access_key_id, self.secret_access_key, None)
        return given

    def _granted(self) -> dict[str, Any]:
        """Return the credentials of the role, after assuming it."""
        begin = self._given()
        try:
            granted: dict[str, Any] = begin.client("sts").assume_role(
                RoleArn=self.role_arn, RoleSessionName="evidence", DurationSeconds=SESSION_SECONDS
            )["Credentials"]
        except Exception as error:
            raise self._failure(error, f"sts.assume_role({self.role_arn})") from error
        finally:
            begin.close()
        return granted

    def _forget(self) -> None:
        """Drop the session, so that the next call assumes the role again."""
        self.close()

    def _failure(self, error: Exception, doing: str) -> SourceFailure:
        from botocore.exceptions import BotoCoreError, ClientError

        if isinstance(error, SourceFailure):
            return error
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            said = f"aws {self.instance}: {doing} answered {code} ({status})"
            if code in EXPIRED:
                return _Expired(f"{said}; the session ran out twice.")
            if code in DENIED or status in {401, 403}:
                return PermanentFailure(
                    f"{said}; the role lacks {doing.split('(', 1)[0]}, or may not be assumed."
                )
            if code in PASSING or status >= SERVER_TROUBLE:
                return TransientFailure(f"{said}.")
            return PermanentFailure(f"{said}, expected an answer. Is the region or the endpoint right?")
        if isinstance(error, BotoCoreError):
            return TransientFailure(f"aws {self.instance}: {doing} failed ({type(error).__name__}).")
        return PermanentFailure(
            f"aws {self.instance}: {doing} gave something unforeseen ({type(error).__name__})."
        )


class _Sdk:
    """The vendor's clients of one place, made once: making one takes longer than asking it.

    Their credentials are replaced under them, so that every session still begins with those of its time.
    """

    def __init__(self, region: str, endpoint_url: str | None) -> None:
        import boto3
        import botocore.session

        self._core = botocore.session.Session()
        self._core.register_component("data_loader", _models())
        self._session = boto3.Session(region_name=region, botocore_session=self._core)
        self._where = {"region_name": region, "endpoint_url": endpoint_url}
        self._clients: dict[str, Any] = {}

    def use(self, key: str, secret: str, token: str | None) -> None:
        """Sign with other credentials from now on."""
        if not self._clients:
            self._core.set_credentials(key, secret, token)
        held: Any = self._core.get_credentials()
        held.access_key, held.secret_key, held.token = key, secret, token

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            from botocore.config import Config

            patience = Config(
                retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=60
            )
            make: Any = self._session.client
            self._clients[service] = make(service, config=patience, **self._where)
        return self._clients[service]

    def close(self) -> None:
        """Give the connections back; the clients can be asked again."""
        for client in self._clients.values():
            client.close()


@cache
def _shared(region: str, endpoint_url: str | None, _who: str) -> _Sdk:
    """Return the one SDK of this process for a role, or a key, at a place."""
    return _Sdk(region, endpoint_url)


@cache
def _models() -> Any:
    """Return the SDK's descriptions of the services, loaded once: that takes longer than asking them."""
    from botocore.loaders import Loader

    return Loader()


def shown(arguments: Mapping[str, Any]) -> str:
    """Return the arguments of a call as its request is written down."""
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


class _Expired(TransientFailure):
    """The session's credentials ran out on the way."""


def instant(text: str | None) -> datetime | None:
    """Return an instant of the credential report. Raises ValueError where it has no zone."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant of the credential report has no time zone")
    return moment.astimezone(UTC)


def flag(text: str | None) -> bool | None:
    """Return true or false of the credential report; null where AWS says neither."""
    return None if text is None else {"true": True, "false": False}[text.lower()]
