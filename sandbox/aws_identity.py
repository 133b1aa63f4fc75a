"""Who reaches which AWS account through Identity Center at an instant, as the identity provider says?"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sandbox.aws_secrets import REGION
from sandbox.company import Company
from sandbox.org import AWS_ASSIGNMENTS, AWS_PERMISSION_SETS, GROUP_DEPARTMENTS

STORE = "d-9067f0c0de"
INSTANCE = "arn:aws:sso:::instance/ssoins-6804c0de6804c0de"


class IdentityCenter:
    """Users, groups and permission sets of the organisation's Identity Center."""

    def __init__(self, company: Company, management: str) -> None:
        self._company = company
        self._management = management

    def begin(self) -> None:
        """Make the groups, the permission sets and who is given which in which account."""
        from moto.identitystore.models import Group
        from moto.ssoadmin.models import AccountAssignment, ManagedPolicy, PermissionSet

        center, store = self._center(), self._store()
        center.instances[0].identity_store_id = STORE
        center.instances[0].instance_arn = INSTANCE
        for department in GROUP_DEPARTMENTS["app-aws"]:
            found = _id(self._company.seed, "group", department)
            store.groups[found] = Group(found, group_name(department), [], "", STORE)
        for name, (hours, policies) in AWS_PERMISSION_SETS.items():
            made: Any = PermissionSet(name, "", INSTANCE, f"PT{hours}H", "", [])
            made.permission_set_arn = permission_set_arn(name)
            made.managed_policies = [
                ManagedPolicy(f"arn:aws:iam::aws:policy/{policy}", policy) for policy in policies
            ]
            center.permission_sets.append(made)
        for department, given in AWS_ASSIGNMENTS.items():
            for account, name in given:
                center.account_assignments.append(
                    AccountAssignment(
                        INSTANCE,
                        account,
                        "AWS_ACCOUNT",
                        permission_set_arn(name),
                        "GROUP",
                        _id(self._company.seed, "group", department),
                    )
                )

    def advance(self, to: datetime) -> None:
        """Bring users and memberships to an instant."""
        from moto.identitystore.models import Name, User

        store, seed = self._store(), self._company.seed
        members = [
            account
            for account in self._company.existing(to)
            if account.active(to)
            and not account.service
            and account.job(to).department in GROUP_DEPARTMENTS["app-aws"]
        ]
        store.users = {
            (found := _id(seed, "user", account.number)): User(
                found,
                STORE,
                account.login,
                Name(None, account.last_name, account.first_name, None, None, None),
                f"{account.first_name} {account.last_name}",
                "",
                "",
                [{"Value": account.login, "Type": "work"}],
                [],
                [],
                "",
                "",
                "",
                "",
                "",
            )
            for account in members
        }
        store.group_memberships = {
            (found := _id(seed, "membership", account.number)): {
                "IdentityStoreId": STORE,
                "MembershipId": found,
                "GroupId": _id(seed, "group", account.job(to).department),
                "MemberId": {"UserId": _id(seed, "user", account.number)},
            }
            for account in members
        }

    def _center(self) -> Any:
        from moto.ssoadmin.models import ssoadmin_backends

        return ssoadmin_backends[self._management][REGION]

    def _store(self) -> Any:
        from moto.identitystore.models import IdentityStoreData, identitystore_backends

        stores = identitystore_backends[self._management][REGION].identity_stores
        return stores.setdefault(STORE, IdentityStoreData())


def group_name(department: str) -> str:
    """Return the name of a department's group."""
    return "aws-" + department.lower().replace(" ", "-")


def permission_set_arn(name: str) -> str:
    """Return the address of a permission set."""
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{INSTANCE.replace('instance', 'permissionSet', 1)}/ps-{digest}"


def _id(seed: int, *topic: object) -> str:
    digest = hashlib.sha256("/".join(map(str, (seed, "identity center", *topic))).encode()).hexdigest()
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
