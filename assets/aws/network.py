"""What may reach what in an account's network, through which balancer and under which certificate?

Rules of every security group one by one, so that an open door is one row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assets.aws.client import AwsClient
from assets.aws.listing import listed
from assets.capture import Page, Reading, Row, Rows, captures, row
from warehouse.dataset import Column, Dataset, Kind

KEY_TYPES = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]
"""Without a filter AWS lists certificates of RSA keys up to 2048 bits only."""

VPC = Dataset(
    name="aws_vpc",
    kind=Kind.STATE,
    title="One row per VPC of the region",
    key=("vpc_id",),
    columns=(
        Column("vpc_id", "text", "The VPC", source="VpcId", required=True),
        Column("is_default", "bool", "Whether AWS made it", source="IsDefault"),
        Column("cidr", "text", "Its addresses", source="CidrBlock"),
        Column("state", "text", "available or pending", source="State"),
    ),
    may_be_empty=True,
)

SECURITY_GROUP_RULE = Dataset(
    name="aws_security_group_rule",
    kind=Kind.STATE,
    title="One row per rule of a security group",
    key=("rule_id",),
    columns=(
        Column("rule_id", "text", "The rule", source="SecurityGroupRuleId", required=True),
        Column("group_id", "text", "The security group", source="GroupId", required=True),
        Column("is_egress", "bool", "Whether it is about what goes out", source="IsEgress", required=True),
        Column("protocol", "text", "tcp, udp, icmp, …; -1: all", source="IpProtocol", required=True),
        Column("from_port", "int", "First port; -1: all", source="FromPort"),
        Column("to_port", "int", "Last port; -1: all", source="ToPort"),
        Column("cidr_ipv4", "text", "Addresses it lets through", source="CidrIpv4"),
        Column("cidr_ipv6", "text", "Addresses it lets through", source="CidrIpv6"),
        Column("prefix_list_id", "text", "List of addresses it lets through", source="PrefixListId"),
        Column("referenced_group_id", "text", "Group it lets through", source="ReferencedGroupInfo.GroupId"),
        Column("description", "text", "What it is for", source="Description"),
    ),
    may_be_empty=True,
)

FLOW_LOG = Dataset(
    name="aws_flow_log",
    kind=Kind.STATE,
    title="One row per flow log",
    key=("flow_log_id",),
    columns=(
        Column("flow_log_id", "text", "The flow log", source="FlowLogId", required=True),
        Column("resource_id", "text", "The VPC, subnet or interface it is about", source="ResourceId"),
        Column("traffic_type", "text", "ACCEPT, REJECT or ALL", source="TrafficType"),
        Column("status", "text", "ACTIVE or not", source="FlowLogStatus"),
        Column("delivery_status", "text", "SUCCESS or FAILED", source="DeliverLogsStatus"),
        Column("destination", "text", "Where it is written", source="LogDestination"),
        Column("created_at", "timestamp", "When it was created", source="CreationTime"),
    ),
    may_be_empty=True,
)

LB = Dataset(
    name="aws_lb",
    kind=Kind.STATE,
    title="One row per load balancer",
    key=("arn",),
    columns=(
        Column("arn", "text", "The load balancer", source="LoadBalancerArn", required=True),
        Column("name", "text", "Its name", source="LoadBalancerName"),
        Column("lb_type", "text", "application, network or gateway", source="Type"),
        Column("scheme", "text", "internet-facing or internal", source="Scheme"),
        Column("vpc_id", "text", "The VPC it stands in", source="VpcId"),
        Column("zones", "text[]", "Availability zones it serves", required=True),
        Column("state", "text", "active, provisioning, …", source="State.Code"),
        Column("created_at", "timestamp", "When it was created", source="CreatedTime"),
    ),
    may_be_empty=True,
)

LB_LISTENER = Dataset(
    name="aws_lb_listener",
    kind=Kind.STATE,
    title="One row per listener of a load balancer",
    key=("arn",),
    columns=(
        Column("arn", "text", "The listener", source="ListenerArn", required=True),
        Column("lb_arn", "text", "Its load balancer", source="LoadBalancerArn", required=True),
        Column("port", "int", "The port", source="Port"),
        Column("protocol", "text", "HTTP, HTTPS, TLS, …", source="Protocol"),
        Column(
            "ssl_policy", "text", "AWS's name of what TLS may negotiate; null: no TLS", source="SslPolicy"
        ),
        Column("certificate_arns", "text[]", "Certificates it shows", required=True),
        Column("redirects_to_https", "bool", "Whether its default is to redirect to HTTPS", required=True),
    ),
    may_be_empty=True,
)

CERTIFICATE = Dataset(
    name="aws_acm_certificate",
    kind=Kind.STATE,
    title="One row per certificate of AWS Certificate Manager",
    key=("arn",),
    columns=(
        Column("arn", "text", "The certificate", source="CertificateArn", required=True),
        Column("domain", "text", "The domain it was issued for", source="DomainName"),
        Column(
            "alternative_names", "text[]", "Its first hundred names", source="SubjectAlternativeNameSummaries"
        ),
        Column("status", "text", "ISSUED, EXPIRED, …", source="Status"),
        Column("certificate_type", "text", "AMAZON_ISSUED, IMPORTED or PRIVATE", source="Type"),
        Column("key_algorithm", "text", "Kind and length of its key", source="KeyAlgorithm"),
        Column("in_use", "bool", "Whether anything shows it", source="InUse"),
        Column("renewal", "text", "Whether AWS renews it: ELIGIBLE or not", source="RenewalEligibility"),
        Column("issued_at", "timestamp", "When it was issued", source="IssuedAt"),
        Column("expires_at", "timestamp", "When it expires", source="NotAfter"),
    ),
    may_be_empty=True,
)


@captures(VPC, SECURITY_GROUP_RULE, FLOW_LOG, LB, LB_LISTENER, CERTIFICATE)
def aws_network(client: AwsClient, reading: Reading) -> Mapping[str, Rows]:
    """Read what stands between the network and everybody else, in the account's region."""
    balancers = list(client.pages("elbv2", "describe_load_balancers", "LoadBalancers"))
    return {
        VPC.name: listed(client, reading, VPC, ("ec2", "describe_vpcs", "Vpcs")),
        SECURITY_GROUP_RULE.name: listed(
            client,
            reading,
            SECURITY_GROUP_RULE,
            ("ec2", "describe_security_group_rules", "SecurityGroupRules"),
        ),
        FLOW_LOG.name: listed(client, reading, FLOW_LOG, ("ec2", "describe_flow_logs", "FlowLogs")),
        LB.name: _balancers(reading, balancers),
        LB_LISTENER.name: _listeners(client, reading, balancers),
        CERTIFICATE.name: listed(
            client,
            reading,
            CERTIFICATE,
            ("acm", "list_certificates", "CertificateSummaryList"),
            Includes={"keyTypes": KEY_TYPES},
        ),
    }


def _balancers(reading: Reading, balancers: Iterable[Page]) -> Iterator[Row]:
    for record in reading.records(balancers, LB):
        yield row(LB, record, zones=sorted(zone["ZoneName"] for zone in record["AvailabilityZones"]))


def _listeners(client: AwsClient, reading: Reading, balancers: Iterable[Page]) -> Iterator[Row]:
    for arn in [record["LoadBalancerArn"] for page in balancers for record in page.records]:
        pages = client.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=arn)
        for record in reading.records(pages, LB_LISTENER):
            certificates = record.get("Certificates") or []
            yield row(
                LB_LISTENER,
                record,
                certificate_arns=sorted(shown["CertificateArn"] for shown in certificates),
                redirects_to_https=_redirects(
                    client.within(record, "DefaultActions", "elbv2.describe_listeners()")
                ),
            )


def _redirects(actions: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the one thing a listener does by default is to redirect to HTTPS."""
    return [(one.get("RedirectConfig") or {}).get("Protocol") for one in actions] == ["HTTPS"]
