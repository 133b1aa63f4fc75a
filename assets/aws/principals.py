"""Which users, groups and roles does an account have, and which of them may do everything in it?

Ways by which somebody could make themselves an administrator are not searched for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assets.aws.client import AwsClient
from assets.capture import Page, Reading, Row, capture, row
from warehouse.dataset import Column, Dataset, Kind, Privacy

Document = Mapping[str, Any]
KINDS = {
    "UserDetailList": ("user", "UserName", "UserPolicyList"),
    "GroupDetailList": ("group", "GroupName", "GroupPolicyList"),
    "RoleDetailList": ("role", "RoleName", "RolePolicyList"),
}
"""Listing -> kind, and the fields of the name and of the policies of its own."""
ATTACHED = "AttachedManagedPolicies"
EVERYTHING = ("arn:aws:iam::aws:policy/AdministratorAccess",)
"""Policies of AWS that allow everything, whether or not the answer shows their documents."""

PRINCIPAL = Dataset(
    name="aws_iam_principal",
    kind=Kind.STATE,
    title="One row per IAM user, group and role",
    key=("arn",),
    columns=(
        Column("arn", "text", "Its ARN", source="Arn", required=True, privacy=Privacy.WORKFORCE),
        Column("kind", "text", "user, group or role", required=True),
        Column("name", "text", "Its name", required=True, privacy=Privacy.WORKFORCE),
        Column("path", "text", "Its path", source="Path"),
        Column("created_at", "timestamp", "When it was created", source="CreateDate"),
        Column("attached", "text[]", "Policies attached to it", required=True),
        Column("inline_sha256", "text[]", "Digests of the policies of its own", required=True),
        Column("groups", "text[]", "Groups a user is in", source="GroupList"),
        Column(
            "boundary_arn",
            "text",
            "The policy beyond which it can do nothing",
            source="PermissionsBoundary.PermissionsBoundaryArn",
        ),
        Column(
            "is_admin",
            "bool",
            "Whether a policy of it, or of its groups, allows every action on everything without a "
            "condition; null: a boundary, a denial or a document that is not shown leaves it open",
        ),
        Column("trust", "json", "Who may assume a role, as AWS has it", source="AssumeRolePolicyDocument"),
        Column("last_used_at", "timestamp", "When a role was last used", source="RoleLastUsed.LastUsedDate"),
    ),
)


@capture(PRINCIPAL)
def aws_iam_principal(client: AwsClient, reading: Reading) -> Iterator[Row]:
    """Every user, group and role with what is attached to it, in one listing."""
    answers = client.answers("iam", "get_account_authorization_details")

    def within(found: Mapping[str, Any], key: str) -> list[Any]:
        return client.within(found, key, "iam.get_account_authorization_details()")

    documents = {
        policy["Arn"]: _default(policy) for answer in answers for policy in within(answer, "Policies")
    }
    groups = {group["GroupName"]: group for answer in answers for group in within(answer, "GroupDetailList")}
    for listing, (kind, name, own) in KINDS.items():
        request = f"iam.get_account_authorization_details() {listing}"
        pages: Iterable[Page] = (client.page(answer, within(answer, listing), request) for answer in answers)
        for record in reading.records(pages, PRINCIPAL):
            holders = [(record, own)]
            if kind == "user":
                holders += [(groups[group], "GroupPolicyList") for group in within(record, "GroupList")]
            attached = {id(holder): _attached(within(holder, ATTACHED)) for holder, _ in holders}
            yield row(
                PRINCIPAL,
                record,
                kind=kind,
                name=record[name],
                attached=sorted(attached[id(record)]),
                inline_sha256=sorted(_digest(policy["PolicyDocument"]) for policy in record.get(own, ())),
                is_admin=may_do_everything(
                    [policy["PolicyDocument"] for holder, key in holders for policy in holder.get(key, ())],
                    {arn: documents.get(arn) for arns in attached.values() for arn in arns},
                    bounded="PermissionsBoundary" in record,
                ),
            )


def may_do_everything(
    inline: Iterable[Document], attached: Mapping[str, Document | None], *, bounded: bool
) -> bool | None:
    """Return whether policies allow everything; None where that cannot be proven from them alone."""
    shown = [*inline, *(document for document in attached.values() if document is not None)]
    statements = [statement for document in shown for statement in _listed(document.get("Statement", []))]
    allowed = any(arn in EVERYTHING for arn in attached) or any(map(_allows_everything, statements))
    if not allowed:
        hidden = any(document is None and arn not in EVERYTHING for arn, document in attached.items())
        return None if hidden else False
    denied = any(statement.get("Effect") == "Deny" for statement in statements)
    return None if bounded or denied else True


def _allows_everything(statement: Document) -> bool:
    return (
        statement.get("Effect") == "Allow"
        and not statement.get("Condition")
        and bool({"*", "*:*"} & set(_listed(statement.get("Action", []))))
        and "*" in _listed(statement.get("Resource", []))
    )


def _attached(policies: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(policy["PolicyArn"]) for policy in policies]


def _default(policy: Mapping[str, Any]) -> Document | None:
    """Return the document in force of a managed policy; None where the answer does not show it."""
    versions = policy.get("PolicyVersionList", ())
    found: Document | None = next(
        (version["Document"] for version in versions if version.get("IsDefaultVersion")), None
    )
    return found


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _digest(document: Document) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
