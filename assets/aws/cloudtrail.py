"""Who called what in an account, as the trail's own files in S3 have it?

The trail, not the event history: that keeps 90 days of one region and is limited to two requests a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.aws.client import AwsClient
from assets.aws.trail_files import Trail, TrailFiles
from assets.capture import Page, Reading, Row, capture, field_of, row
from assets.failures import PermanentFailure
from warehouse.dataset import Column, Dataset, Kind, Privacy

PARAMETERS = frozenset(
    {
        "accessKeyId",
        "bucketName",
        "cluster",
        "dBClusterIdentifier",
        "dBInstanceIdentifier",
        "functionName",
        "groupId",
        "groupName",
        "keyId",
        "name",
        "policyArn",
        "policyName",
        "roleArn",
        "roleName",
        "roleSessionName",
        "secretId",
        "serialNumber",
        "service",
        "status",
        "taskDefinition",
        "trailName",
        "userName",
    }
)
"""The request parameters that are kept, where they are texts: they name what a call was about."""
MANAGEMENT = "Management"
KEPT_DAYS = 365
"""The bucket's own rules decide. Where they keep less, the files of an older day are missed and it fails."""

EVENT = Dataset(
    name="aws_cloudtrail_event",
    kind=Kind.EVENT,
    retention_days=KEPT_DAYS,
    title="One row per management event in the files that the trail delivered on the day",
    key=("event_id",),
    columns=(
        Column("event_id", "text", "The event", source="eventID", required=True),
        Column(
            "occurred_at",
            "timestamp",
            "When it happened; up to some minutes before its file was delivered",
            source="eventTime",
            required=True,
        ),
        Column("event_source", "text", "The service that was called", source="eventSource", required=True),
        Column("event_name", "text", "What was called", source="eventName", required=True),
        Column("event_type", "text", "AwsApiCall, AwsConsoleSignIn, …", source="eventType"),
        Column("region", "text", "Where", source="awsRegion"),
        Column("account_id", "text", "The account it happened in", source="recipientAccountId"),
        Column("read_only", "bool", "Whether it could change nothing", source="readOnly"),
        Column("error_code", "text", "Why it was refused; null: it was not", source="errorCode"),
        Column(
            "principal_type", "text", "IAMUser, AssumedRole, Root, AWSService, …", source="userIdentity.type"
        ),
        Column("principal_arn", "text", "Who called", source="userIdentity.arn", privacy=Privacy.WORKFORCE),
        Column(
            "principal_user",
            "text",
            "The IAM user; AWS hides one typed in wrongly",
            source="userIdentity.userName",
            privacy=Privacy.WORKFORCE,
        ),
        Column("principal_account", "text", "Whose account they belong to", source="userIdentity.accountId"),
        Column("access_key_id", "text", "Public half of the key used", source="userIdentity.accessKeyId"),
        Column(
            "issuer_arn",
            "text",
            "The role that was assumed",
            source="userIdentity.sessionContext.sessionIssuer.arn",
        ),
        Column("invoked_by", "text", "The service that called for them", source="userIdentity.invokedBy"),
        Column("mfa_used", "bool", "Whether a second factor was shown; null: not said"),
        Column("source_ip", "text", "Where from", source="sourceIPAddress", privacy=Privacy.WORKFORCE),
        Column(
            "console_login", "text", "Success or Failure of a sign-in", source="responseElements.ConsoleLogin"
        ),
        Column("resource_arns", "text[]", "What it was about, as AWS lists it", required=True),
        Column(
            "parameters",
            "json",
            "Of what was asked, the names of things; never what might be secret",
            source="requestParameters",
        ),
        Column("log_file", "text", "The file it stands in", required=True),
    ),
    may_be_empty=True,
)


@capture(EVENT)
def aws_cloudtrail_event(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Read every management event that the account's trail delivered on the day, each once.

    A file that is listed and cannot be read, or that a digest names and nobody lists, fails the whole day.
    Records of data and network events are left out and counted.
    """
    files = TrailFiles(client, trail_of(client, reading), reading.requests)
    seen: dict[str, Row] = {}
    for file in files.of(reading.day):
        kept = [asked_only(record, reading) for record in file.records if is_management(record, reading)]
        for record in reading.records([Page(kept, f"file {file.key} sha256:{file.sha256}")], EVENT):
            found = row(
                EVENT,
                record,
                mfa_used=mfa_of(record),
                resource_arns=arns_of(record, reading),
                log_file=file.key.rpartition("/")[2],
            )
            if _again(client, seen, found):
                reading.dropped[f"{EVENT.name}: a record delivered again"] += 1
                continue
            seen[found["event_id"]] = found
            yield found


def trail_of(client: AwsClient, reading: Reading) -> Trail:
    """Return the trail that is read: one that records every region and global services, by name the first.

    Raises PermanentFailure where there is none: an account without a trail does not list this dataset's days.
    """
    answer = client.call("cloudtrail", "describe_trails")
    reading.request("cloudtrail.describe_trails()")
    whole = [
        trail
        for trail in client.within(answer, "trailList", "cloudtrail.describe_trails()")
        if trail.get("IsMultiRegionTrail") and trail.get("IncludeGlobalServiceEvents")
    ]
    if not whole:
        raise PermanentFailure(
            f"aws {client.instance}: describe_trails named {len(answer['trailList'])} trails, none of which "
            "records every region and the global services. Make one, with log file validation."
        )
    return min(whole, key=lambda trail: (not trail.get("LogFileValidationEnabled"), trail["TrailARN"]))


def is_management(record: Mapping[str, Any], reading: Reading) -> bool:
    """Return whether a record is a management event; others are counted. Older records do not say."""
    category = record.get("eventCategory")
    if category is None and record.get("managementEvent") is False:
        category = "not a management event"
    if category in {None, MANAGEMENT}:
        return True
    reading.dropped[f"{EVENT.name}: a record of category {category}"] += 1
    return False


def asked_only(record: Mapping[str, Any], reading: Reading) -> dict[str, Any]:
    """Return a record with none but the allowed request parameters; the others are counted by name."""
    asked = record.get("requestParameters")
    if not isinstance(asked, Mapping):
        return {**record, "requestParameters": None}
    kept = {name: value for name, value in asked.items() if name in PARAMETERS and isinstance(value, str)}
    reading.dropped.update(f"{EVENT.name}: requestParameters.{name}" for name in asked.keys() - kept.keys())
    return {**record, "requestParameters": kept or None}


def arns_of(record: Mapping[str, Any], reading: Reading) -> list[str]:
    """Return what an event was about; a resource that says nothing of an ARN is counted."""
    found: set[str] = set()
    for one in record.get("resources") or []:
        if isinstance(one, Mapping) and isinstance(one.get("ARN"), str):
            found.add(one["ARN"])
        else:
            reading.dropped[f"{EVENT.name}: a resource without an ARN"] += 1
    return sorted(found)


def mfa_of(record: Mapping[str, Any]) -> bool | None:
    """Return whether a second factor was shown: a sign-in says so beside, a session in its context."""
    said = field_of(record, "additionalEventData.MFAUsed")
    if said is None:
        said = field_of(record, "userIdentity.sessionContext.attributes.mfaAuthenticated")
    return (
        None
        if said is None
        else {"yes": True, "true": True, "no": False, "false": False}.get(str(said).lower())
    )


def _again(client: AwsClient, seen: Mapping[str, Row], found: Row) -> bool:
    """Return whether an event was delivered before. Raises PermanentFailure where it differs from then."""
    before = seen.get(found["event_id"])
    if before is None:
        return False
    if {**before, "log_file": None} != {**found, "log_file": None}:
        raise PermanentFailure(
            f"aws {client.instance}: two records of the trail have event id {found['event_id']} and differ: "
            f"in {before['log_file']} and {found['log_file']}. Which of them happened cannot be told."
        )
    return True
