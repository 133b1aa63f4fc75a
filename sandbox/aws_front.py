"""What does the sandbox's AWS answer where moto cannot? A small layer in front of moto's application.

The credential report, pages of ListUsers, dates of secrets' versions, accounts that cannot be reached, and
all that aws_answers.py lists. All else is moto's.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.aws_answers import answers
from sandbox.aws_report import credential_report
from sandbox.aws_secrets import secrets_of
from sandbox.aws_state import AwsState
from sandbox.aws_wire import Wire

MANAGEMENT = "111111111111"
USERS_A_PAGE = 3
"""AWS may send fewer than asked for and say there are more; here it always does."""
XML, JSON = "text/xml", "application/x-amz-json-1.1"
Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]


class Front:
    """A WSGI application around moto's."""

    def __init__(
        self, moto: App, state: AwsState, now: datetime, unreachable: Mapping[str, AbstractSet[date]]
    ) -> None:
        self._moto = moto
        self._state = state
        self._unreachable = unreachable
        self._accounts: dict[str, str] = {}
        self._secrets = secrets_of(state.seed, state.faults)
        self._wire = Wire(answers(state))
        self.now = now

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        account = self._account(environ)
        match form.get("Action") or environ.get("HTTP_X_AMZ_TARGET"):
            case "AssumeRole":
                return self._assume(form, environ, start)
            case "GetCredentialReport":
                return self._send(start, self._report(account))
            case "ListUsers":
                return self._send(start, self._users(account, form))
            case "secretsmanager.ListSecretVersionIds":
                return self._send(start, self._versions(account, json.loads(body)), JSON)
        sent = self._wire.answer(environ, body, account, self.now)
        if sent is None:
            return self._moto(environ, start)
        length = {"Content-Length": str(len(sent.body))}
        start(f"{sent.status} {HTTPStatus(sent.status).phrase}", [*{**sent.headers, **length}.items()])
        return [sent.body]

    def _account(self, environ: Mapping[str, Any]) -> str:
        found = re.search(r"Credential=([A-Z0-9]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        return self._accounts.get(found[1], MANAGEMENT) if found else MANAGEMENT

    def _send(self, start: Start, text: str, kind: str = XML, status: str = "200 OK") -> list[bytes]:
        content = text.encode()
        start(status, [("Content-Type", kind), ("Content-Length", str(len(content)))])
        return [content]

    def _assume(self, form: Mapping[str, str], environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        account = form["RoleArn"].split(":")[4]
        if self.now.date() in self._unreachable.get(account, ()):
            return self._send(
                start,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized "
                f"to perform: sts:AssumeRole on resource: {escape(form['RoleArn'])}</Message></Error>"
                "<RequestId>sandbox</RequestId></ErrorResponse>",
                status="403 Forbidden",
            )
        content = b"".join(self._moto(environ, start))
        if found := re.search(rb"<AccessKeyId>([A-Z0-9]+)</AccessKeyId>", content):
            self._accounts[found[1].decode()] = account
        return [content]

    def _users(self, account: str, form: Mapping[str, str]) -> str:
        users = sorted(moto_users(account).values(), key=lambda user: user.name)
        begin = int(form.get("Marker", "0"))
        size = min(int(form.get("MaxItems", "100")), USERS_A_PAGE)
        page, more = users[begin : begin + size], begin + size < len(users)
        members = "".join(
            f"<member><Path>{user.path}</Path><UserName>{user.name}</UserName><UserId>{user.id}</UserId>"
            f"<Arn>{user.arn}</Arn><CreateDate>{user.create_date:%Y-%m-%dT%H:%M:%SZ}</CreateDate></member>"
            for user in page
        )
        following = f"<Marker>{begin + size}</Marker>" if more else ""
        return (
            '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>'
            f"<IsTruncated>{str(more).lower()}</IsTruncated><Users>{members}</Users>{following}"
            "</ListUsersResult><ResponseMetadata><RequestId>sandbox</RequestId></ResponseMetadata>"
            "</ListUsersResponse>"
        )

    def _report(self, account: str) -> str:
        content = base64.b64encode(credential_report(self._state, account, self.now).encode()).decode()
        return (
            '<GetCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<GetCredentialReportResult><Content>{content}</Content>"
            f"<ReportFormat>text/csv</ReportFormat><GeneratedTime>{self.now:%Y-%m-%dT%H:%M:%SZ}"
            "</GeneratedTime></GetCredentialReportResult><ResponseMetadata><RequestId>sandbox</RequestId>"
            "</ResponseMetadata></GetCredentialReportResponse>"
        )

    def _versions(self, account: str, asked: Mapping[str, Any]) -> str:
        """Return what ListSecretVersionIds answers; moto would date every version by the system's clock."""
        secret = next(s for s in self._secrets[account] if asked["SecretId"] in (s.arn, s.name))
        listed = [
            version
            for version in secret.versions(self.now)
            if version["VersionStages"] or asked.get("IncludeDeprecated")
        ]
        begin, size = int(asked.get("NextToken", "0")), asked.get("MaxResults", 100)
        answer = {"ARN": secret.arn, "Name": secret.name, "Versions": listed[begin : begin + size]}
        return json.dumps(answer | ({"NextToken": str(begin + size)} if begin + size < len(listed) else {}))


def moto_users(account: str) -> dict[str, Any]:
    """Return moto's own users of an account, by name."""
    from moto.iam.models import iam_backends

    users: dict[str, Any] = iam_backends[account]["aws"].users
    return users
