"""Which version of what runs in an account, and how many of it would survive the loss of a zone?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from assets.aws.client import AwsClient
from assets.capture import Reading, Row, Rows, captures, row
from assets.failures import TransientFailure
from warehouse.dataset import Column, Dataset, Kind

SERVICES_AT_ONCE, TASKS_AT_ONCE = 10, 100
"""How many one call describes."""

RUNTIME_VERSION = Dataset(
    name="aws_runtime_version",
    kind=Kind.STATE,
    title="One row per container of an ECS service and per Lambda function: what runs",
    key=("resource_arn", "unit"),
    columns=(
        Column("resource_arn", "text", "The ECS service or the function", required=True),
        Column(
            "unit", "text", "The container; of a function and of a service at rest its name", required=True
        ),
        Column("service", "text", "The service's or function's name", required=True),
        Column("runtime", "text", "ecs or lambda", required=True),
        Column("cluster", "text", "The cluster; null: Lambda has none"),
        Column(
            "environment", "text", "Its tag env; null: not tagged, or a function, whose tags are not read"
        ),
        Column("images", "text[]", "Images as the running tasks name them", required=True),
        Column(
            "digests",
            "text[]",
            "Digests of what runs; several while a deployment is under way",
            required=True,
        ),
        Column("code_sha256", "text", "Digest of a function's code, Base64", source="CodeSha256"),
        Column("task_definition", "text", "The task definition deployed", source="taskDefinition"),
        Column("deployed_at", "timestamp", "When the deployment that counts began"),
        Column("desired", "int", "Tasks that should run; null: Lambda", source="desiredCount"),
        Column("running", "int", "Tasks that run; null: Lambda", source="runningCount"),
    ),
    may_be_empty=True,
)

ASG = Dataset(
    name="aws_asg",
    kind=Kind.STATE,
    title="One row per group of machines that grows and shrinks",
    key=("arn",),
    columns=(
        Column("arn", "text", "The group", source="AutoScalingGroupARN", required=True),
        Column("name", "text", "Its name", source="AutoScalingGroupName", required=True),
        Column("minimum", "int", "Fewest machines", source="MinSize"),
        Column("desired", "int", "Machines wanted", source="DesiredCapacity"),
        Column("maximum", "int", "Most machines", source="MaxSize"),
        Column("zones", "text[]", "Availability zones", source="AvailabilityZones"),
        Column("healthy", "int", "Machines in service and healthy", required=True),
        Column("policies", "int", "How many scaling policies it has", required=True),
        Column("created_at", "timestamp", "When it was created", source="CreatedTime"),
    ),
    may_be_empty=True,
)


@captures(RUNTIME_VERSION, ASG)
def aws_compute(client: AwsClient, reading: Reading) -> Mapping[str, Rows]:
    """Read which code runs, by digest, and which groups of machines grow with the load."""
    return {
        RUNTIME_VERSION.name: [*_containers(client, reading), *_functions(client, reading)],
        ASG.name: _groups(client, reading),
    }


def _containers(client: AwsClient, reading: Reading) -> Iterator[Row]:
    for cluster in client.texts("ecs", "list_clusters", "clusterArns"):
        reading.request(f"ecs.list_clusters -> {cluster}")
        running = _running(client, reading, cluster)
        services = client.texts("ecs", "list_services", "serviceArns", cluster=cluster)
        for some in _cut(services, SERVICES_AT_ONCE):
            answer = client.call("ecs", "describe_services", cluster=cluster, services=some, include=["TAGS"])
            _all_there(client, answer, "ecs.describe_services")
            request = f"ecs.describe_services({cluster})"
            page = client.page(answer, client.within(answer, "services", request), request)
            for service in reading.records([page], RUNTIME_VERSION):
                yield from _service(service, cluster, running[service["serviceName"]])


def _service(
    service: Mapping[str, Any], cluster: str, units: Mapping[str, set[tuple[str, str | None]]]
) -> Iterator[Row]:
    tags = {tag["key"]: tag.get("value") for tag in service.get("tags", ())}
    primary: Mapping[str, Any] = next(
        (one for one in service.get("deployments", ()) if one.get("status") == "PRIMARY"), {}
    )
    for unit, found in (units or {service["serviceName"]: set()}).items():
        yield row(
            RUNTIME_VERSION,
            service,
            resource_arn=service["serviceArn"],
            unit=unit,
            service=service["serviceName"],
            runtime="ecs",
            cluster=cluster.rpartition("/")[2],
            environment=tags.get("env"),
            images=sorted({image for image, _ in found}),
            digests=sorted({digest for _, digest in found if digest is not None}),
            deployed_at=primary.get("createdAt"),
        )


def _running(
    client: AwsClient, reading: Reading, cluster: str
) -> dict[str, dict[str, set[tuple[str, str | None]]]]:
    """Return service -> container -> image and digest of what runs in a cluster."""
    found: dict[str, dict[str, set[tuple[str, str | None]]]] = defaultdict(lambda: defaultdict(set))
    tasks = client.texts("ecs", "list_tasks", "taskArns", cluster=cluster)
    for some in _cut(tasks, TASKS_AT_ONCE):
        answer = client.call("ecs", "describe_tasks", cluster=cluster, tasks=some)
        request = f"ecs.describe_tasks({cluster}, {len(some)} tasks)"
        reading.request(request)
        _all_there(client, answer, "ecs.describe_tasks")
        for task in client.within(answer, "tasks", request):
            for container in client.within(task, "containers", request):
                service = str(task.get("group", "")).removeprefix("service:")
                found[service][container["name"]].add((container["image"], container.get("imageDigest")))
    return found


def _all_there(client: AwsClient, answer: Mapping[str, Any], what: str) -> None:
    """Raise TransientFailure where something has gone since it was listed: the listing is no longer whole."""
    if gone := answer.get("failures"):
        reasons = sorted({str(one.get("reason")) for one in gone})
        raise TransientFailure(
            f"aws {client.instance}: {what} did not know {len(gone)} of what was listed a moment before "
            f"({', '.join(reasons)})."
        )


def _functions(client: AwsClient, reading: Reading) -> Iterator[Row]:
    pages = client.pages("lambda", "list_functions", "Functions")
    for function in reading.records(pages, RUNTIME_VERSION):
        yield row(
            RUNTIME_VERSION,
            function,
            resource_arn=function["FunctionArn"],
            unit=function["FunctionName"],
            service=function["FunctionName"],
            runtime="lambda",
            cluster=None,
            environment=None,
            images=[],
            digests=[],
            deployed_at=datetime.fromisoformat(function["LastModified"]),
        )


def _groups(client: AwsClient, reading: Reading) -> Iterator[Row]:
    policies: Counter[str] = Counter()
    for page in client.pages("autoscaling", "describe_policies", "ScalingPolicies"):
        reading.request(page.request)
        policies.update(record["AutoScalingGroupName"] for record in page.records)
    pages = client.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")
    for group in reading.records(pages, ASG):
        healthy = [
            one
            for one in client.within(group, "Instances", "autoscaling.describe_auto_scaling_groups()")
            if one.get("HealthStatus") == "Healthy" and one.get("LifecycleState") == "InService"
        ]
        yield row(ASG, group, healthy=len(healthy), policies=policies[group["AutoScalingGroupName"]])


def _cut(items: Sequence[str], size: int) -> Iterator[list[str]]:
    for begin in range(0, len(items), size):
        yield list(items[begin : begin + size])
