"""Which versions run in the company's AWS accounts at an instant? Those that its changes were deployed as."""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from sandbox.aws_secrets import REGION
from sandbox.aws_wire import Call, Facts
from sandbox.changes import REPOSITORIES, Changes, Deployment, Repository
from sandbox.faults import Faults
from sandbox.org import AWS_ACCOUNTS
from sandbox.part import instant

CLUSTERS = {"111111111111": ("shop", 2), "222222222222": ("shop-staging", 1)}
"""Account -> its cluster, and how many tasks each service has in it."""
FUNCTION = "stock-sync"
"""The function in the production account that the infrastructure repository deploys."""


@dataclass(frozen=True)
class Version:
    """What runs of a repository: a commit, its number and since when."""

    repository: Repository
    sha: str
    number: int
    since: datetime

    @property
    def digest(self) -> str:
        """The digest of the image built of it."""
        return "sha256:" + hashlib.sha256(self.sha.encode()).hexdigest()


class Running:
    """The services of one company."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self._seed = seed
        self.changes = Changes(seed, faults)
        production = [r for r in REPOSITORIES if r.production]
        self.services = [r for r in production if r.name != "infrastructure"]
        self._infrastructure = next(r for r in production if r.name == "infrastructure")
        self._deployed = {
            r: sorted((d for d in self.changes.deployments if d.repository == r), key=lambda d: d.succeeded)
            for r in production
        }

    def version(self, repository: Repository, account: str, now: datetime) -> Version:
        """Return what runs of a repository in an account; staging gets main when it is merged."""
        root = self.changes.root(repository)
        if AWS_ACCOUNTS[account] == "staging":
            merged = [commit for commit in self.changes.main(repository) if commit.at <= now]
            return Version(repository, merged[-1].sha, len(merged), merged[-1].at)
        deployed = self.deployments(repository)
        number = bisect_right([d.succeeded for d in deployed], now)
        if not number:
            return Version(repository, root.sha, 0, root.at)
        return Version(repository, deployed[number - 1].sha, number, deployed[number - 1].succeeded)

    def deployments(self, repository: Repository) -> list[Deployment]:
        """Return a repository's deployments in the order in which they succeeded."""
        return self._deployed[repository]

    def clusters(self, call: Call) -> Facts:
        """Answer ListClusters."""
        return {"clusterArns": [self._arn(call, "cluster", name) for name, _ in self._cluster(call)]}

    def listed(self, call: Call) -> Facts:
        """Answer ListServices."""
        return {
            "serviceArns": [
                self._service_arn(call, name, r) for name, _ in self._cluster(call) for r in self.services
            ]
        }

    def described(self, call: Call) -> Facts:
        """Answer DescribeServices."""
        found = []
        for name, count in self._cluster(call):
            for repository in self.services:
                if (arn := self._service_arn(call, name, repository)) in call.asked["services"]:
                    version = self.version(repository, call.account, call.now)
                    definition = self._definition(call, version)
                    found.append(
                        {
                            "serviceArn": arn,
                            "serviceName": repository.name,
                            "clusterArn": self._arn(call, "cluster", name),
                            "status": "ACTIVE",
                            "desiredCount": count,
                            "runningCount": count,
                            "pendingCount": 0,
                            "launchType": "FARGATE",
                            "taskDefinition": definition,
                            "deployments": [
                                {
                                    "id": f"ecs-svc/{version.sha[:19]}",
                                    "status": "PRIMARY",
                                    "taskDefinition": definition,
                                    "createdAt": version.since,
                                    "updatedAt": version.since,
                                    "desiredCount": count,
                                    "runningCount": count,
                                    "rolloutState": "COMPLETED",
                                }
                            ],
                            "createdAt": instant(version.since.date().replace(year=2025)),
                            "tags": [{"key": "env", "value": AWS_ACCOUNTS[call.account]}],
                        }
                    )
        return {"services": found, "failures": []}

    def tasks(self, call: Call) -> Facts:
        """Answer ListTasks."""
        return {"taskArns": list(self._tasks(call))}

    def described_tasks(self, call: Call) -> Facts:
        """Answer DescribeTasks."""
        known = self._tasks(call)
        return {"tasks": [self._task(call, arn, *known[arn]) for arn in call.asked["tasks"]], "failures": []}

    def functions(self, call: Call) -> Facts:
        """Answer ListFunctions; a function's variables may hold secrets, as this one's does."""
        if AWS_ACCOUNTS[call.account] != "production":
            return {"Functions": []}
        version = self.version(self._infrastructure, call.account, call.now)
        code = base64.b64encode(hashlib.sha256(version.sha.encode()).digest()).decode()
        return {
            "Functions": [
                {
                    "FunctionName": FUNCTION,
                    "FunctionArn": f"arn:aws:lambda:{REGION}:{call.account}:function:{FUNCTION}",
                    "Runtime": "python3.12",
                    "Handler": "main.handler",
                    "CodeSize": 48211,
                    "CodeSha256": code,
                    "LastModified": f"{version.since:%Y-%m-%dT%H:%M:%S.000+0000}",
                    "Version": "$LATEST",
                    "PackageType": "Zip",
                    "Environment": {"Variables": {"API_KEY": "sandbox-secret-value-of-stock-sync"}},
                }
            ]
        }

    def _cluster(self, call: Call) -> list[tuple[str, int]]:
        return [CLUSTERS[call.account]] if call.account in CLUSTERS else []

    def _tasks(self, call: Call) -> dict[str, tuple[str, Version]]:
        """Return task -> its cluster and what it runs."""
        found = {}
        for cluster, count in self._cluster(call):
            for repository in self.services:
                version = self.version(repository, call.account, call.now)
                for n in range(count):
                    name = hashlib.sha256(
                        f"{self._seed}/{call.account}/{version.sha}/{n}".encode()
                    ).hexdigest()
                    found[self._arn(call, "task", f"{cluster}/{name[:32]}")] = (cluster, version)
        return found

    def _task(self, call: Call, arn: str, cluster: str, version: Version) -> Facts:
        name = version.repository.name
        return {
            "taskArn": arn,
            "clusterArn": self._arn(call, "cluster", cluster),
            "group": f"service:{name}",
            "lastStatus": "RUNNING",
            "taskDefinitionArn": self._definition(call, version),
            "startedAt": version.since,
            "containers": [
                {
                    "name": name,
                    "image": f"{call.account}.dkr.ecr.{REGION}.amazonaws.com/{name}:{version.sha[:12]}",
                    "imageDigest": version.digest,
                    "lastStatus": "RUNNING",
                }
            ],
        }

    def _arn(self, call: Call, kind: str, name: str) -> str:
        return f"arn:aws:ecs:{REGION}:{call.account}:{kind}/{name}"

    def _service_arn(self, call: Call, cluster: str, repository: Repository) -> str:
        return self._arn(call, "service", f"{cluster}/{repository.name}")

    def _definition(self, call: Call, version: Version) -> str:
        return self._arn(call, "task-definition", f"{version.repository.name}:{version.number + 1}")
