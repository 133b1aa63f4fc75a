"""Does every management event of a day's files come out once, and nothing where a file is not whole?"""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from assets.aws.cloudtrail import EVENT, PARAMETERS, aws_cloudtrail_event
from assets.capture import Reading, Row
from assets.failures import PermanentFailure, TransientFailure
from sandbox.aws_wire import Facts, Refused
from tests.assets.aws.conftest import ACCOUNT, BUCKET, SECRET_KEY, TRAIL, Bucket, Cloud

LOGS = f"AWSLogs/{ACCOUNT}/CloudTrail/"
DIGESTS = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/"
CANARY = "CanaryOfWhatWasAsked"


def event(number: int, **other: Any) -> Facts:
    """Return a record of a call at one minute of the day."""
    return {
        "eventVersion": "1.11",
        "eventID": f"event-{number}",
        "eventTime": f"2026-03-10T10:{number:02}:00Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "eventCategory": "Management",
        "managementEvent": True,
        "readOnly": False,
        "recipientAccountId": ACCOUNT,
        "userIdentity": {"type": "IAMUser", "userName": "ann", "accountId": ACCOUNT},
        **other,
    }


def name(stamp: str, region: str = "eu-central-1") -> str:
    """Return the key of a log file."""
    day = f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"
    return f"{LOGS}{region}/{day}/{ACCOUNT}_CloudTrail_{region}_{stamp}_abc.json.gz"


def digest(bucket: Bucket, stamp: str, named: dict[str, str], region: str = "eu-central-1") -> None:
    """Put a digest that names files."""
    day = f"{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}"
    key = f"{DIGESTS}{region}/{day}/{ACCOUNT}_CloudTrail-Digest_{region}_main_{region}_{stamp}.json.gz"
    files = [{"s3Bucket": BUCKET, "s3Object": key, "hashValue": value} for key, value in named.items()]
    bucket.put(key, {"logFiles": files})


def read(cloud: Cloud, reading: Reading | None = None) -> list[Row]:
    """Return the rows of the day."""
    return cloud.read(aws_cloudtrail_event, reading)[EVENT.name]


def test_every_event_of_every_file_and_region_is_read_over_pages_of_the_listing(
    cloud: Cloud, bucket: Bucket
) -> None:
    """Files of other days are left alone, whatever events are in them."""
    for n in range(5):
        bucket.put(name(f"20260310T10{n:02}Z"), {"Records": [event(10 * n), event(10 * n + 1)]})
    bucket.put(name("20260310T2355Z", "us-east-1"), {"Records": [event(59)]})
    bucket.put(name("20260309T2355Z"), {"Records": [event(58)]})
    bucket.put(name("20260311T0005Z"), {"Records": [event(57)]})

    assert [*sorted(f"event-{10 * n + k}" for n in range(5) for k in (0, 1)), "event-59"] == sorted(
        row["event_id"] for row in read(cloud)
    )


def test_an_event_becomes_what_its_columns_say(cloud: Cloud, bucket: Bucket) -> None:
    """Sign-ins say whether a factor was shown beside, sessions in their context."""
    sign_in = event(
        1,
        eventSource="signin.amazonaws.com",
        eventName="ConsoleLogin",
        eventType="AwsConsoleSignIn",
        awsRegion="us-east-1",
        sourceIPAddress="198.51.100.7",
        responseElements={"ConsoleLogin": "Success"},
        additionalEventData={"MFAUsed": "Yes", "LoginTo": CANARY},
    )
    context = {"attributes": {"mfaAuthenticated": "false"}, "sessionIssuer": {"arn": "arn:role"}}
    session = {"type": "AssumedRole", "arn": "arn:session", "accessKeyId": "ASIA1", "sessionContext": context}
    called = event(
        2,
        userIdentity=session,
        errorCode="AccessDenied",
        requestParameters={"userName": "bob", "password": CANARY, "tags": [{"Key": CANARY}], "name": {}},
        resources=[{"ARN": "arn:2"}, {"ARN": "arn:1"}, {"accountId": ACCOUNT}],
    )
    key = name("20260310T1000Z")
    bucket.put(key, {"Records": [sign_in, called]})

    first, second = read(cloud)

    assert (True, "Success", "us-east-1", "198.51.100.7", "ann", None) == (
        first["mfa_used"],
        first["console_login"],
        first["region"],
        first["source_ip"],
        first["principal_user"],
        first["parameters"],
    )
    assert (False, "AccessDenied", "ASIA1", "arn:role", '{"userName":"bob"}', ["arn:1", "arn:2"]) == (
        second["mfa_used"],
        second["error_code"],
        second["access_key_id"],
        second["issuer_arn"],
        second["parameters"],
        second["resource_arns"],
    )
    assert {key.rpartition("/")[2]} == {first["log_file"], second["log_file"]}


def test_what_was_asked_is_dropped_but_for_names_and_counted(
    cloud: Cloud, bucket: Bucket, reading: Reading
) -> None:
    """No value reaches a row, a raw page, a request or a count; nor does a key of ours."""
    asked = {"userName": "bob", "masterUserPassword": CANARY, "policyDocument": f"{{{CANARY}}}"}
    answered = {"credentials": {"sessionToken": CANARY}}
    bucket.put(
        name("20260310T1000Z"),
        {"Records": [event(1, requestParameters=asked, responseElements=answered, errorMessage=CANARY)]},
    )

    rows = read(cloud, reading)
    everything = str([rows, reading.pages, reading.requests, reading.dropped])

    assert CANARY not in everything
    assert SECRET_KEY not in everything
    assert {
        f"{EVENT.name}: requestParameters.{word}" for word in ("masterUserPassword", "policyDocument")
    } <= (set(reading.dropped))
    assert not {word for word in PARAMETERS if "assword" in word or "ecretString" in word}


def test_events_of_other_categories_are_left_out_and_counted(
    cloud: Cloud, bucket: Bucket, reading: Reading
) -> None:
    """Records of before there were categories do not say, and are kept unless they deny it."""
    old = {key: value for key, value in event(1).items() if key not in {"eventCategory", "managementEvent"}}
    denying = {**event(2), "managementEvent": False}
    del denying["eventCategory"]
    bucket.put(name("20260310T1000Z"), {"Records": [old, denying, event(3, eventCategory="Data"), event(4)]})

    assert ["event-1", "event-4"] == [row["event_id"] for row in read(cloud, reading)]
    assert {"Data": 1, "not a management event": 1} == {
        key.rpartition("category ")[2]: n for key, n in reading.dropped.items() if "category" in key
    }


def test_an_event_delivered_twice_is_one_and_one_that_differs_is_refused(
    cloud: Cloud, bucket: Bucket, reading: Reading
) -> None:
    """Which of two different records happened nobody can tell."""
    bucket.put(name("20260310T1000Z"), {"Records": [event(1)]})
    bucket.put(name("20260310T1005Z"), {"Records": [event(1), event(2)]})

    assert ["event-1", "event-2"] == [row["event_id"] for row in read(cloud, reading)]
    assert 1 == reading.dropped[f"{EVENT.name}: a record delivered again"]

    bucket.put(name("20260310T1010Z"), {"Records": [event(1, eventName="DeleteUser")]})

    with pytest.raises(PermanentFailure, match="two records of the trail have event id event-1 and differ"):
        read(cloud)


def test_digests_prove_the_files_they_name_also_those_of_the_next_day_s_first_hours(
    cloud: Cloud, bucket: Bucket, reading: Reading
) -> None:
    """What is said of a file of another day is no concern; later digests are not asked for."""
    first = bucket.put(name("20260310T1000Z"), {"Records": [event(1)]})
    last = bucket.put(name("20260310T2355Z"), {"Records": [event(2)]})
    digest(bucket, "20260310T110000Z", {name("20260310T1000Z"): first, name("20260309T2359Z"): "0" * 64})
    digest(bucket, "20260311T003000Z", {name("20260310T2355Z"): last})
    digest(bucket, "20260311T050000Z", {name("20260310T2355Z"): "not read"})

    assert 2 == len(read(cloud, reading))
    assert "2 log files of 2026-03-10, 2 of them proven whole by 2 digests" == reading.requests[-1]


@pytest.mark.parametrize(
    ("trouble", "kind", "message"),
    [
        ("removed", PermanentFailure, "name 1 log files of 2026-03-10 that are not in bucket trail-bucket"),
        ("altered", PermanentFailure, "The file was altered after it was delivered"),
        ("cut off", TransientFailure, "is no whole gzip file"),
        ("no json", PermanentFailure, "cannot be read: it is no JSON"),
        ("no records", PermanentFailure, "cannot be read: it has no list of records"),
        ("gone since", PermanentFailure, r"s3.get_object answered NoSuchKey \(404\)"),
        ("denied", PermanentFailure, "the role lacks s3.get_object"),
        ("no list in a digest", PermanentFailure, "cannot be read: it has no list of log files"),
    ],
)
def test_a_file_that_is_not_whole_fails_the_day(
    cloud: Cloud, bucket: Bucket, trouble: str, kind: type[Exception], message: str
) -> None:
    """And the message says which, and whether a retry helps, without quoting the file."""
    key, other = name("20260310T1000Z"), name("20260310T1005Z")
    proof = bucket.put(key, {"Records": [event(1, requestParameters={"password": CANARY})]})
    named = {key: proof, other: bucket.put(other, {"Records": [event(2)]})}
    match trouble:
        case "removed":
            del bucket.objects[other]
        case "altered":
            bucket.put(key, {"Records": []})
        case "cut off":
            bucket.objects[key] = bucket.objects[key][:-9]
        case "no json":
            bucket.objects[other] = gzip.compress(CANARY.encode())
        case "no records":
            named[other] = bucket.put(other, {"Record": CANARY})
        case "gone since":
            content = bucket.content
            cloud.answers["s3", "GetObject"] = lambda call: (
                content(call) if call.asked["Key"] != other else _refuse("NoSuchKey", 404)
            )
        case "denied":
            cloud.says("s3", "GetObject", Refused("AccessDenied", 403))
        case _:
            pass
    digest(bucket, "20260310T110000Z", named)
    if trouble == "no list in a digest":
        bucket.put(f"{DIGESTS}eu-central-1/2026/03/10/x_20260310T120000Z.json.gz", {"logFiles": None})

    with pytest.raises(kind) as failed:
        read(cloud)

    failed.match(message)
    assert CANARY not in str(failed.value)


def _refuse(code: str, status: int) -> bytes:
    raise Refused(code, status)


def test_a_day_without_a_file_is_believed_only_where_a_digest_says_so(cloud: Cloud, bucket: Bucket) -> None:
    """An empty folder alone may be a bucket that may not be read."""
    with pytest.raises(PermanentFailure, match="no digest that says there was none"):
        read(cloud)

    digest(bucket, "20260310T110000Z", {})

    assert [] == read(cloud)


def test_the_trail_of_an_organisation_is_read_below_the_organisation(cloud: Cloud, bucket: Bucket) -> None:
    """Its bucket has every account's files; those of this account are read."""
    cloud.says("cloudtrail", "DescribeTrails", {"trailList": [TRAIL | {"IsOrganizationTrail": True}]})
    within = f"AWSLogs/o-abc/{ACCOUNT}/CloudTrail/eu-central-1/2026/03/10/a.json.gz"
    bucket.put(within, {"Records": [event(1)]})
    bucket.put(within.replace(ACCOUNT, "222222222222"), {"Records": [event(2)]})

    assert ["event-1"] == [row["event_id"] for row in read(cloud)]

    bucket.put(within.replace("o-abc", "o-def"), {"Records": [event(3)]})

    with pytest.raises(PermanentFailure, match="files of 2 organisations, expected one"):
        read(cloud)


def test_a_prefix_of_the_trail_is_part_of_where_its_files_lie(cloud: Cloud, bucket: Bucket) -> None:
    """As whoever set the trail up chose it."""
    trail = TRAIL | {"S3KeyPrefix": "audit", "LogFileValidationEnabled": False}
    cloud.says("cloudtrail", "DescribeTrails", {"trailList": [trail]})
    bucket.put("audit/" + name("20260310T1000Z"), {"Records": [event(1)]})

    assert ["event-1"] == [row["event_id"] for row in read(cloud)]


def test_of_several_trails_a_whole_and_validated_one_is_read(cloud: Cloud, bucket: Bucket) -> None:
    """One of a single region would miss the others; without any that is whole there is no evidence."""
    partial = TRAIL | {"TrailARN": "arn:a", "IsMultiRegionTrail": False, "S3BucketName": "elsewhere"}
    unproven = TRAIL | {"TrailARN": "arn:b", "LogFileValidationEnabled": False, "S3BucketName": "elsewhere"}
    cloud.says("cloudtrail", "DescribeTrails", {"trailList": [partial, unproven, TRAIL]})
    bucket.put(name("20260310T1000Z"), {"Records": [event(1)]})

    assert 1 == len(read(cloud))

    cloud.says("cloudtrail", "DescribeTrails", {"trailList": [partial]})

    with pytest.raises(PermanentFailure, match="named 1 trails, none of which records every region"):
        read(cloud)


@pytest.mark.parametrize("counted", [0, 3, None])
def test_a_listing_of_files_that_is_not_as_long_as_it_says_fails_the_day(
    cloud: Cloud, bucket: Bucket, counted: int | None
) -> None:
    """S3 leaves an empty list out of its answer: only its count tells that from a lost one."""
    log = name("20260310T1005Z")
    digest(bucket, "20260310T110000Z", {log: bucket.put(log, {"Records": [event(1)]})})
    whole = bucket.listing
    cloud.answers["s3", "ListObjectsV2"] = lambda call: {**whole(call), "KeyCount": counted}

    with pytest.raises(
        PermanentFailure, match=rf"files and folders and counts {counted}\. Has the interface"
    ):
        read(cloud)
