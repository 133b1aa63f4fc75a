"""Which networks, balancers, certificates and groups of machines are in the company's AWS accounts?

Made long ago and left alone since: nothing here depends on a fault.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sandbox.aws_resources import (
    LONG_AGO,
    TRAIL_BUCKET,
    ZONES,
    has_network,
    ident,
    machine,
    name_of,
    uuid,
)
from sandbox.aws_secrets import REGION
from sandbox.aws_wire import Call, Facts
from sandbox.org import DOMAIN
from sandbox.part import instant

EVERYBODY, INSIDE = "0.0.0.0/0", "10.0.0.0/16"
CERTIFICATE_LIFE = timedelta(days=395)
CERTIFICATE_RENEWED = instant(date(2026, 1, 12), 4)


def vpcs(call: Call) -> Facts:
    """Answer DescribeVpcs."""
    vpc = {"VpcId": _vpc(call), "IsDefault": False, "CidrBlock": INSIDE, "State": "available"}
    return {"Vpcs": [vpc] if has_network(call) else []}


def security_group_rules(call: Call) -> Facts:
    """Answer DescribeSecurityGroupRules: each tier reaches the one behind it."""
    balancer, services, database = (ident("sg", call.account, word) for word in ("lb", "app", "db"))
    wanted: list[tuple[str, bool, int, dict[str, Any], str]] = [
        (balancer, False, 443, {"CidrIpv4": EVERYBODY}, "shoppers"),
        (balancer, False, 80, {"CidrIpv4": EVERYBODY}, "redirected to HTTPS"),
        (services, False, 8080, {"ReferencedGroupInfo": {"GroupId": balancer}}, "from the balancer"),
        (services, True, 443, {"CidrIpv4": EVERYBODY}, "to AWS and partners"),
        (database, False, 5432, {"ReferencedGroupInfo": {"GroupId": services}}, "from the services"),
    ]
    return {
        "SecurityGroupRules": [
            {
                "SecurityGroupRuleId": ident("sgr", group, egress, port),
                "GroupId": group,
                "GroupOwnerId": call.account,
                "IsEgress": egress,
                "IpProtocol": "tcp",
                "FromPort": port,
                "ToPort": port,
                "Description": purpose,
                **other,
            }
            for group, egress, port, other, purpose in (wanted if has_network(call) else [])
        ]
    }


def flow_logs(call: Call) -> Facts:
    """Answer DescribeFlowLogs."""
    log = {
        "FlowLogId": ident("fl", call.account),
        "ResourceId": _vpc(call),
        "TrafficType": "ALL",
        "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS",
        "LogDestination": f"arn:aws:s3:::{TRAIL_BUCKET}/flow",
        "LogDestinationType": "s3",
        "CreationTime": LONG_AGO,
    }
    return {"FlowLogs": [log] if has_network(call) else []}


def balancers(call: Call) -> Facts:
    """Answer DescribeLoadBalancers."""
    balancer = {
        "LoadBalancerArn": _balancer(call),
        "LoadBalancerName": f"shop-{name_of(call)}",
        "Type": "application",
        "Scheme": "internet-facing",
        "VpcId": _vpc(call),
        "AvailabilityZones": [{"ZoneName": zone, "SubnetId": ident("subnet", zone)} for zone in ZONES],
        "State": {"Code": "active"},
        "CreatedTime": LONG_AGO,
    }
    return {"LoadBalancers": [balancer] if has_network(call) else []}


def listeners(call: Call) -> Facts:
    """Answer DescribeListeners."""
    balancer = call.asked["LoadBalancerArn"]
    base = balancer.replace(":loadbalancer/", ":listener/")
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    return {
        "Listeners": [
            {
                "ListenerArn": f"{base}/{ident('l', 443)[2:]}",
                "LoadBalancerArn": balancer,
                "Port": 443,
                "Protocol": "HTTPS",
                "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
                "Certificates": [{"CertificateArn": _certificate(call)}],
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": f"{base}/targets"}],
            },
            {
                "ListenerArn": f"{base}/{ident('l', 80)[2:]}",
                "LoadBalancerArn": balancer,
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "redirect", "RedirectConfig": redirect}],
            },
        ]
    }


def certificates(call: Call) -> Facts:
    """Answer ListCertificates; without a filter by key, AWS leaves elliptic curves out."""
    kinds = (call.asked.get("Includes") or {}).get("keyTypes", ["RSA_1024", "RSA_2048"])
    domain = DOMAIN if name_of(call) == "production" else f"{name_of(call)}.{DOMAIN}"
    certificate = {
        "CertificateArn": _certificate(call),
        "DomainName": domain,
        "SubjectAlternativeNameSummaries": [domain, f"www.{domain}"],
        "Status": "ISSUED",
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "EC_prime256v1",
        "InUse": True,
        "RenewalEligibility": "ELIGIBLE",
        "IssuedAt": CERTIFICATE_RENEWED,
        "NotAfter": CERTIFICATE_RENEWED + CERTIFICATE_LIFE,
    }
    found = [certificate] if has_network(call) and certificate["KeyAlgorithm"] in kinds else []
    return {"CertificateSummaryList": found}


def groups(call: Call) -> Facts:
    """Answer DescribeAutoScalingGroups."""
    name = "shop-workers"
    group = {
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": f"arn:aws:autoscaling:{REGION}:{call.account}:autoScalingGroup:"
        f"{uuid(call.account, name)}:autoScalingGroupName/{name}",
        "MinSize": 2,
        "DesiredCapacity": 2,
        "MaxSize": 6,
        "DefaultCooldown": 300,
        "HealthCheckType": "ELB",
        "AvailabilityZones": ZONES,
        "Instances": [
            {
                "InstanceId": machine(call, n),
                "AvailabilityZone": ZONES[n],
                "LifecycleState": "InService",
                "HealthStatus": "Healthy",
                "ProtectedFromScaleIn": False,
            }
            for n in range(2)
        ],
        "CreatedTime": LONG_AGO,
    }
    return {"AutoScalingGroups": [group] if name_of(call) == "production" else []}


def scaling_policies(call: Call) -> Facts:
    """Answer DescribePolicies."""
    policy = {
        "AutoScalingGroupName": "shop-workers",
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
    }
    return {"ScalingPolicies": [policy] if name_of(call) == "production" else []}


def _vpc(call: Call) -> str:
    return ident("vpc", call.account)


def _balancer(call: Call) -> str:
    inside = f"app/shop-{name_of(call)}/{ident('lb', call.account)[3:]}"
    return f"arn:aws:elasticloadbalancing:{REGION}:{call.account}:loadbalancer/{inside}"


def _certificate(call: Call) -> str:
    return f"arn:aws:acm:{REGION}:{call.account}:certificate/{uuid('certificate', call.account)}"
