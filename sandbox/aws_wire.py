"""How does the sandbox put plain facts into AWS's own wire formats?

The service descriptions that AWS's SDK comes with say how a request is to be read and an answer written; moto
has the machinery for both. So an answer here is a dictionary as boto3 would return it, and what goes over the
wire is what AWS would send.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

Facts = dict[str, Any]
SERVICES = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}
"""What a request is signed for, where that is not what the service's description is called."""
PAGES = {"DescribeSecurityGroupRules": 4, "ListRestoreJobs": 1}
"""How many items a page has at most, where not as many as asked for: AWS may always send fewer."""
XML_ERROR = "<Error><Type>Sender</Type><Code>{}</Code><Message>refused</Message></Error>"


class Refused(Exception):
    """An answer other than what was asked for: AWS's code, such as NoSuchBucketPolicy, and the status."""

    def __init__(self, code: str, status: int = 404) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Call:
    """One request, read."""

    account: str
    now: datetime
    asked: Facts


@dataclass(frozen=True)
class Sent:
    """One answer, written."""

    status: int
    headers: dict[str, str]
    body: bytes


Answer = Callable[[Call], Facts | bytes | None]
"""An answer as boto3 returns it, or an object's bytes; None: moto answers."""


@dataclass(frozen=True)
class Place:
    """Where a REST operation is to be found."""

    operation: str
    method: str
    path: re.Pattern[str]
    query: frozenset[str]


class Wire:
    """Reads requests and writes answers. `answers` says what is answered: (service, operation) -> facts."""

    def __init__(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        self._answers = answers
        self._places: dict[str, list[Place]] = {}

    def answer(self, environ: Mapping[str, Any], body: bytes, account: str, now: datetime) -> Sent | None:
        """Return what is sent; None where the request is none of those answered here."""
        signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        if signed is None:
            return None
        service = SERVICES.get(signed[1], signed[1])
        if service not in {known for known, _ in self._answers}:
            return None
        operation, within = self._operation(service, environ, body)
        if (service, operation) not in self._answers:
            return None
        asked = self._read(service, operation, environ, body, within)
        try:
            found = self._answers[service, operation](Call(account, now, asked))
        except Refused as refused:
            return _refusal(_protocol(service), refused)
        if found is None:
            return None
        if isinstance(found, bytes):
            return Sent(200, {"Content-Type": "application/x-gzip"}, found)
        return self._write(service, operation, self._cut(service, operation, found, asked))

    def _operation(
        self, service: str, environ: Mapping[str, Any], body: bytes
    ) -> tuple[str, Mapping[str, str]]:
        """Return the operation asked for, and what its path says."""
        if target := environ.get("HTTP_X_AMZ_TARGET"):
            return str(target).rpartition(".")[2], {}
        if action := re.search(rb"(?:^|&)Action=(\w+)", body):
            return action[1].decode(), {}
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True).keys()
        for place in self._rest(service):
            matched = place.path.fullmatch(environ["PATH_INFO"])
            if matched and place.method == environ["REQUEST_METHOD"] and place.query <= query:
                return place.operation, matched.groupdict()
        return "", {}

    def _rest(self, service: str) -> list[Place]:
        """Return where the operations of a REST service are, those that a query names first."""
        if service not in self._places:
            found = sorted(self._placed(service), key=lambda place: -len(place.query))
            self._places[service] = found
        return self._places[service]

    def _placed(self, service: str) -> Iterator[Place]:
        for known, operation in self._answers:
            if known == service:
                http = _model(service).operation_model(operation).http
                path, _, query = http["requestUri"].partition("?")
                form = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path).replace("\\+", "+"))
                form = re.sub(r"\\{(\w+)\+\\}", r"(?P<\1>.+)", form)
                yield Place(
                    operation,
                    http["method"],
                    re.compile(form if path.endswith("/") else form + "/?"),
                    frozenset(part.partition("=")[0] for part in query.split("&") if part),
                )

    def _read(
        self, service: str, operation: str, environ: Mapping[str, Any], body: bytes, within: Mapping[str, str]
    ) -> Facts:
        from moto.core.parse import PROTOCOL_PARSERS
        from werkzeug.datastructures import EnvironHeaders, MultiDict

        text = body if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form") else b""
        pairs = parse_qs(environ.get("QUERY_STRING", "") or text.decode(), keep_blank_values=True)
        parser = PROTOCOL_PARSERS[_protocol(service)](_model(service).operation_model(operation))
        read = parser.parse(
            {
                "method": environ["REQUEST_METHOD"],
                "values": MultiDict(pairs),
                "headers": EnvironHeaders(dict(environ)),
                "body": body,
                "url_path": environ["PATH_INFO"],
                "url_params": dict(within),
            }
        )
        return {
            name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
            for name, value in read.items()
        }

    def _cut(self, service: str, operation: str, found: Facts, asked: Facts) -> Facts:
        """Return the page that was asked for, with the token of the next one.

        An answer that speaks of a next page itself, be it of none, is one page already.
        """
        from moto.core.utils import get_pagination_model

        paging = get_pagination_model(service).get(operation)
        if paging is None or not isinstance(paging["result_key"], str):
            return found
        if paging["output_token"] in found:
            return {name: value for name, value in found.items() if value is not None}
        listed = found[paging["result_key"]]
        most = min(
            int(asked.get(paging.get("limit_key", ""), len(listed) or 1)), PAGES.get(operation, len(listed))
        )
        begin = int(asked.get(paging["input_token"]) or 0)
        page = {**found, paging["result_key"]: listed[begin : begin + most]}
        if more := begin + most < len(listed):
            page[paging["output_token"]] = str(begin + most)
        if "more_results" in paging:
            page[paging["more_results"]] = more
        return page

    def _write(self, service: str, operation: str, facts: Facts) -> Sent:
        from moto.core.serialize import get_serializer_class

        made: Any = get_serializer_class(service, _protocol(service))
        written = made(_model(service).operation_model(operation)).serialize(facts)
        body = written["body"]
        content = body.encode() if isinstance(body, str) else body
        return Sent(written["status_code"], dict(written["headers"]), content)


def _refusal(protocol: str, refused: Refused) -> Sent:
    """Return an error as the protocols have it."""
    if "json" in protocol:
        text = json.dumps({"__type": refused.code, "message": "refused"})
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": refused.code}
        return Sent(refused.status, headers, text.encode())
    error = XML_ERROR.format(refused.code)
    around = {
        "query": f"<ErrorResponse>{error}<RequestId>sandbox</RequestId></ErrorResponse>",
        "ec2": f"<Response><Errors>{error}</Errors><RequestID>sandbox</RequestID></Response>",
    }
    return Sent(refused.status, {"Content-Type": "text/xml"}, around.get(protocol, error).encode())


def _model(service: str) -> Any:
    from moto.core.utils import get_service_model

    return get_service_model(service)


def _protocol(service: str) -> str:
    """Return the protocol that the SDK chooses: JSON where a service offers it."""
    offered = _model(service).metadata.get("protocols", [_model(service).protocol])
    return "json" if "json" in offered else str(offered[0])
