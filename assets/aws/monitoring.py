"""What does an account write down of itself, for how long, and who is called when something is wrong?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from assets.aws.client import AwsClient
from assets.aws.listing import listed
from assets.capture import Reading, Row, Rows, captures, row
from warehouse.dataset import Column, Dataset, Kind

TRAIL = Dataset(
    name="aws_cloudtrail_trail",
    kind=Kind.STATE,
    title="One row per trail that records an account's calls",
    key=("arn",),
    columns=(
        Column("arn", "text", "The trail", source="TrailARN", required=True),
        Column("name", "text", "Its name", source="Name", required=True),
        Column("home_region", "text", "Where it is kept", source="HomeRegion"),
        Column("multi_region", "bool", "Whether it records every region", source="IsMultiRegionTrail"),
        Column(
            "organization", "bool", "Whether it is the whole organisation's", source="IsOrganizationTrail"
        ),
        Column(
            "global_events", "bool", "Whether it records global services", source="IncludeGlobalServiceEvents"
        ),
        Column(
            "validation", "bool", "Whether digests prove its files whole", source="LogFileValidationEnabled"
        ),
        Column("kms_key_id", "text", "The key its files are encrypted with; null: S3's", source="KmsKeyId"),
        Column("bucket", "text", "Where its files go", source="S3BucketName"),
        Column(
            "log_group_arn",
            "text",
            "Where it is written to besides; null: nowhere",
            source="CloudWatchLogsLogGroupArn",
        ),
        Column("logging", "bool", "Whether it records", source="IsLogging", required=True),
        Column("latest_delivery_at", "timestamp", "Its last file", source="LatestDeliveryTime"),
        Column("latest_digest_at", "timestamp", "Its last digest", source="LatestDigestDeliveryTime"),
        Column("delivery_error", "text", "Why its last file failed", source="LatestDeliveryError"),
        Column(
            "management_events",
            "text",
            "All, ReadOnly, WriteOnly or None: which calls it records",
            required=True,
        ),
        Column(
            "data_event_resources", "text[]", "Kinds of resources whose data events it records", required=True
        ),
    ),
    may_be_empty=True,
)

LOG_GROUP = Dataset(
    name="aws_log_group",
    kind=Kind.STATE,
    title="One row per log group",
    key=("name",),
    columns=(
        Column("name", "text", "The log group", source="logGroupName", required=True),
        Column(
            "retention_days",
            "int",
            "How long lines are kept; null: for ever",
            unit="days",
            source="retentionInDays",
        ),
        Column("kms_key_id", "text", "The key it is encrypted with; null: AWS's", source="kmsKeyId"),
        Column("metric_filters", "int", "How many metrics are made of it", source="metricFilterCount"),
        Column(
            "deletion_protection", "bool", "Whether it cannot be deleted", source="deletionProtectionEnabled"
        ),
    ),
    may_be_empty=True,
)

ALARM = Dataset(
    name="aws_alarm",
    kind=Kind.STATE,
    title="One row per alarm",
    key=("arn",),
    columns=(
        Column("arn", "text", "The alarm", source="AlarmArn", required=True),
        Column("name", "text", "Its name", source="AlarmName", required=True),
        Column(
            "metric", "text", "What is measured; null: a composite, or several metrics", source="MetricName"
        ),
        Column("namespace", "text", "Of which service", source="Namespace"),
        Column("comparison", "text", "How it is compared", source="ComparisonOperator"),
        Column("threshold", "text", "With which value, as AWS writes it"),
        Column("period_seconds", "int", "Over how long", unit="seconds", source="Period"),
        Column("actions_enabled", "bool", "Whether it does anything", source="ActionsEnabled", required=True),
        Column("actions", "text[]", "What it does when it goes off", source="AlarmActions", required=True),
        Column("state", "text", "OK, ALARM or INSUFFICIENT_DATA", source="StateValue"),
    ),
    may_be_empty=True,
)


@captures(TRAIL, LOG_GROUP, ALARM)
def aws_monitoring(client: AwsClient, reading: Reading) -> Mapping[str, Rows]:
    """Read trails, log groups and alarms."""
    return {
        TRAIL.name: _trails(client, reading),
        LOG_GROUP.name: listed(client, reading, LOG_GROUP, ("logs", "describe_log_groups", "logGroups")),
        ALARM.name: _alarms(client, reading),
    }


def _trails(client: AwsClient, reading: Reading) -> Iterator[Row]:
    answer = client.call("cloudtrail", "describe_trails")
    for trail in client.within(answer, "trailList", "cloudtrail.describe_trails()"):
        name = trail["TrailARN"]
        status = client.call("cloudtrail", "get_trail_status", Name=name)
        selectors = client.call("cloudtrail", "get_event_selectors", TrailName=name)
        reading.request(f"cloudtrail.get_trail_status({name})")
        reading.request(f"cloudtrail.get_event_selectors({name})")
        status.pop("ResponseMetadata", None)
        page = client.page(answer, [{**trail, **status}], "cloudtrail.describe_trails()")
        for record in reading.records([page], TRAIL):
            yield row(TRAIL, record, **recorded(selectors))


def recorded(selectors: Mapping[str, Any]) -> dict[str, Any]:
    """Return which management events a trail records, and data events of which kinds of resources.

    A trail has either simple selectors or advanced ones; with neither it records all management events.
    """
    simple = selectors.get("EventSelectors") or []
    advanced = selectors.get("AdvancedEventSelectors") or []
    kinds = {resource["Type"] for selector in simple for resource in selector.get("DataResources") or []}
    management = {
        selector.get("ReadWriteType", "All") for selector in simple if selector.get("IncludeManagementEvents")
    }
    for selector in advanced:
        fields = {one["Field"]: one for one in selector.get("FieldSelectors") or []}
        if "Management" in fields.get("eventCategory", {}).get("Equals", []):
            only = fields.get("readOnly", {}).get("Equals", [])
            management.add({("true",): "ReadOnly", ("false",): "WriteOnly"}.get(tuple(only), "All"))
        kinds |= set(fields.get("resources.type", {}).get("Equals", []))
    if (not simple and not advanced) or management >= {"ReadOnly", "WriteOnly"}:
        management = {"All"}
    return {
        "management_events": next(
            (word for word in ("All", "WriteOnly", "ReadOnly") if word in management), "None"
        ),
        "data_event_resources": sorted(kinds),
    }


def _alarms(client: AwsClient, reading: Reading) -> Iterator[Row]:
    answers = client.answers("cloudwatch", "describe_alarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    for kind in ("MetricAlarms", "CompositeAlarms"):
        request = f"cloudwatch.describe_alarms() {kind}"
        pages = [client.page(answer, client.within(answer, kind, request), request) for answer in answers]
        for record in reading.records(pages, ALARM):
            limit = record.get("Threshold")
            yield row(ALARM, record, threshold=None if limit is None else str(limit))
