"""What does the sandbox's AWS answer where moto cannot? A small layer in front of moto's application.

Root rows in the credential report, pages of ListUsers, and accounts that cannot be reached. All else is
moto's.
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.aws_state import AwsState

MANAGEMENT = "111111111111"
USERS_A_PAGE = 3
"""AWS may send fewer than asked for and say there are more; here it always does."""
STAMP = "%Y-%m-%dT%H:%M:%S+00:00"
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
        self.now = now

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Answer one request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        form = {name: values[0] for name, values in parse_qs(body.decode("utf-8", "replace")).items()}
        action, account = form.get("Action"), self._account(environ)
        match action:
            case "AssumeRole":
                return self._assume(form, environ, start)
            case "GetCredentialReport":
                return self._send(start, self._report(account))
            case "ListUsers":
                return self._send(start, self._users(account, form))
        return self._moto(environ, start)

    def _account(self, environ: Mapping[str, Any]) -> str:
        found = re.search(r"Credential=([A-Z0-9]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        return self._accounts.get(found[1], MANAGEMENT) if found else MANAGEMENT

    def _send(self, start: Start, text: str, status: str = "200 OK") -> list[bytes]:
        content = text.encode()
        start(status, [("Content-Type", "text/xml"), ("Content-Length", str(len(content)))])
        return [content]

    def _assume(self, form: Mapping[str, str], environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        account = form["RoleArn"].split(":")[4]
        if self.now.date() in self._unreachable.get(account, ()):
            return self._send(
                start,
                "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized "
                f"to perform: sts:AssumeRole on resource: {escape(form['RoleArn'])}</Message></Error>"
                "<RequestId>sandbox</RequestId></ErrorResponse>",
                "403 Forbidden",
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
        lines = "\n".join(self._report_lines(account))
        return (
            '<GetCredentialReportResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
            f"<GetCredentialReportResult><Content>{base64.b64encode(lines.encode()).decode()}</Content>"
            f"<ReportFormat>text/csv</ReportFormat><GeneratedTime>{self.now:%Y-%m-%dT%H:%M:%SZ}"
            "</GeneratedTime></GetCredentialReportResult><ResponseMetadata><RequestId>sandbox</RequestId>"
            "</ResponseMetadata></GetCredentialReportResponse>"
        )

    def _report_lines(self, account: str) -> Iterator[str]:
        """Yield the report: its heading, the root user, then moto's own line of every user."""
        yield ",".join(
            [
                "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed",
                "password_next_rotation,mfa_active",
                *(
                    f"access_key_{n}_active,access_key_{n}_last_rotated,access_key_{n}_last_used_date,"
                    f"access_key_{n}_last_used_region,access_key_{n}_last_used_service"
                    for n in (1, 2)
                ),
                "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated",
            ]
        )
        root = self._state.root(account, self.now)
        key = f"true,{self.now.strftime(STAMP)},N/A,N/A,N/A" if root.key else "false,N/A,N/A,N/A,N/A"
        yield ",".join(
            [
                f"<root_account>,arn:aws:iam::{account}:root,2021-05-03T09:00:00+00:00,not_supported",
                f"no_information,not_supported,not_supported,{str(root.mfa).lower()},{key}",
                "false,N/A,N/A,N/A,N/A,false,N/A,false,N/A",
            ]
        )
        for user in sorted(moto_users(account).values(), key=lambda user: user.name):
            yield user.to_csv().strip()


def moto_users(account: str) -> dict[str, Any]:
    """Return moto's own users of an account, by name."""
    from moto.iam.models import iam_backends

    users: dict[str, Any] = iam_backends[account]["aws"].users
    return users
