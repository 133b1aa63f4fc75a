"""Does every CloudTrail event that somebody recorded load, is none lost, and nothing kept it should not?

The recorded events are not part of this repository: EVIDENCE_SHARED names the folder that has them. They are
the test events of detection rules: some have no id, no time or times without a zone, which no trail delivers;
those are completed here, and nothing else of them is changed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.aws.cloudtrail import EVENT, PARAMETERS, aws_cloudtrail_event
from assets.capture import Reading
from tests.assets.aws.conftest import ACCOUNT, Bucket, Cloud

SHARED = Path(os.environ.get("EVIDENCE_SHARED", Path(__file__).parents[4] / "shared"))
RECORDED = SHARED / "recorded" / "panther" / "panther_cloudtrail_events.json"
FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/03/10/"
A_FILE = 50
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
COMPLETED = {"eventTime": "2026-03-10T10:00:00Z", "eventSource": "x.amazonaws.com", "eventName": "Unnamed"}
pytestmark = pytest.mark.skipif(
    not RECORDED.exists(),
    reason=f"no recorded events at {RECORDED}: set EVIDENCE_SHARED to the folder that has them",
)


def events() -> Iterator[dict[str, Any]]:
    """Yield every recorded event, completed where no trail would deliver it so, each with its own id."""
    for number, one in enumerate(json.loads(RECORDED.read_text(encoding="utf-8"))):
        if isinstance(one["event"], dict):
            event = {**COMPLETED, **{key: value for key, value in one["event"].items() if value is not None}}
            if not INSTANT.fullmatch(str(event["eventTime"])):
                event["eventTime"] = COMPLETED["eventTime"]
            for flag in ("readOnly", "managementEvent"):
                if isinstance(event.get(flag), str):
                    event[flag] = event[flag] == "true"
            yield {**event, "eventID": f"recorded-{number}"}


def management(event: dict[str, Any]) -> bool:
    """Return whether an event is one that is kept."""
    category = event.get("eventCategory")
    return category == "Management" or (category is None and event.get("managementEvent") is not False)


@pytest.fixture
def recorded(bucket: Bucket) -> list[dict[str, Any]]:
    """Return the recorded events, which then lie in the trail's bucket, some a file."""
    found = list(events())
    for begin in range(0, len(found), A_FILE):
        bucket.put(f"{FOLDER}{begin:05}.json.gz", {"Records": found[begin : begin + A_FILE]})
    return found


def test_every_recorded_management_event_becomes_a_row(
    cloud: Cloud, recorded: list[dict[str, Any]], reading: Reading
) -> None:
    """Over many versions of the format; those of other categories and unknown fields are counted."""
    rows = {row["event_id"]: row for row in cloud.read(aws_cloudtrail_event, reading)[EVENT.name]}
    kept = {event["eventID"]: event for event in recorded if management(event)}

    assert len(recorded) > 400
    assert kept.keys() == rows.keys()
    assert len(recorded) - len(kept) == sum(n for key, n in reading.dropped.items() if "a record of" in key)
    assert {key: (e["eventName"], e["eventSource"]) for key, e in kept.items()} == {
        key: (row["event_name"], row["event_source"]) for key, row in rows.items()
    }
    assert any("p_any_" in key for key in reading.dropped)


def test_sign_ins_say_how_they_ended_and_with_which_factor(
    cloud: Cloud, recorded: list[dict[str, Any]]
) -> None:
    """As the recorded ones do."""
    rows = {row["event_id"]: row for row in cloud.read(aws_cloudtrail_event)[EVENT.name]}
    said = {"Yes": True, "No": False}
    signed_in = [event for event in recorded if event["eventName"] == "ConsoleLogin" and management(event)]

    assert len(signed_in) > 20
    assert [
        (
            (event.get("responseElements") or {}).get("ConsoleLogin"),
            said.get(str((event.get("additionalEventData") or {}).get("MFAUsed"))),
        )
        for event in signed_in
        if "MFAUsed" in (event.get("additionalEventData") or {})
    ] == [
        (rows[event["eventID"]]["console_login"], rows[event["eventID"]]["mfa_used"])
        for event in signed_in
        if "MFAUsed" in (event.get("additionalEventData") or {})
    ]


def test_nothing_that_was_asked_is_kept_but_the_names_allowed(
    cloud: Cloud, recorded: list[dict[str, Any]], reading: Reading
) -> None:
    """With a canary in every other request parameter, answer and message, at any depth."""
    canary = "CanaryOfARecordedEvent"
    bucket = Bucket()
    for number, event in enumerate(recorded):
        asked = event.get("requestParameters")
        poisoned = {
            **event,
            "requestParameters": {
                key: value if key in PARAMETERS and isinstance(value, str) else {"deep": [canary]}
                for key, value in (asked if isinstance(asked, dict) else {"password": canary}).items()
            },
            "errorMessage": canary,
            "additionalEventData": {"LoginTo": canary},
            "userAgent": canary,
            "responseElements": {"credentials": canary, "ConsoleLogin": "Success"},
        }
        bucket.put(f"{FOLDER}{number:05}.json.gz", {"Records": [poisoned]})
    bucket.a_page = 1000
    cloud.answers["s3", "ListObjectsV2"] = bucket.listing
    cloud.answers["s3", "GetObject"] = bucket.content

    rows = cloud.read(aws_cloudtrail_event, reading)[EVENT.name]

    assert len(rows) > 400
    assert canary not in str([rows, reading.pages, reading.requests, reading.dropped])
