"""How does the company's AWS run? moto's application on loopback, its dates set to the company's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from email.utils import format_datetime
from threading import Thread
from typing import Any

from sandbox.aws_front import MANAGEMENT, Front, moto_users
from sandbox.aws_identity import IdentityCenter
from sandbox.aws_principals import TRUST, reader_policies
from sandbox.aws_secrets import REGION, secrets_of
from sandbox.aws_state import ROOT_CREATED, AwsState
from sandbox.company import Company
from sandbox.faults import Fault, Faults
from sandbox.org import AWS_ACCOUNTS, DOMAIN, IAM_USERS, READER_ROLE

ACCESS_KEY, SECRET_KEY = "AKIASANDBOXREADER000", "the-sandbox-checks-no-signature"
STOP_SECONDS = 0.02
"""How soon the server sees that it is asked to stop."""


class AwsPart:
    """The three accounts of the company's organisation."""

    def __init__(
        self,
        seed: int,
        faults: Faults,
        at: datetime,
        unreachable: Mapping[str, AbstractSet[date]] | None = None,
    ) -> None:
        self._seed = seed
        self._at = at
        self._state = AwsState(seed, faults)
        self._secrets = secrets_of(seed, faults)
        self._identities = IdentityCenter(Company(seed, faults), MANAGEMENT)
        self._unreachable = unreachable or {}
        self._server: Any = None
        self._front: Front | None = None

    def start(self) -> Mapping[str, Any]:
        """Serve the accounts and return where."""
        from moto.moto_api._internal import mock_random
        from moto.moto_api._internal.models import moto_api_backend
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import WSGIRequestHandler, make_server

        moto_api_backend.reset()  # moto keeps one world a process: another part's would still be there
        mock_random.seed(self._seed)
        self._front = front = Front(
            DomainDispatcherApplication(create_backend_app), self._state, self._at, self._unreachable
        )

        class Handler(WSGIRequestHandler):
            protocol_version = "HTTP/1.1"

            def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 - theirs
                """Return the company's date for the `Date` header."""
                return format_datetime(front.now, usegmt=True)

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Keep quiet: one line a request would fill the log."""

        self._server = make_server("127.0.0.1", 0, self._front, threaded=True, request_handler=Handler)
        Thread(target=self._server.serve_forever, args=(STOP_SECONDS,), daemon=True).start()
        self._found()
        self.advance(self._at)
        return {
            "endpoint_url": f"http://127.0.0.1:{self._server.server_port}",
            "region": REGION,
            "accounts": list(AWS_ACCOUNTS),
            "access_key_id": ACCESS_KEY,
            "secret_access_key": SECRET_KEY,
        }

    def advance(self, to: datetime) -> None:
        """Move keys, MFA devices and last uses to an instant."""
        from moto.iam.models import (
            AccessKey,
            AccessKeyLastUsed,
            MFADevice,
            VirtualMfaDevice,
            iam_backends,
        )
        from moto.secretsmanager.models import secretsmanager_backends

        make_key: Any = AccessKey

        if self._front is None:
            raise RuntimeError("the AWS part moves only after it was started")
        for user in IAM_USERS:
            found = moto_users(user.account)[user.name]
            found.access_keys = []
            for key in self._state.keys(user, to):
                made: Any = make_key(
                    user.name, "AKIA", user.account, "Active" if key.active(to) else "Inactive"
                )
                made.access_key_id, made.create_date = key.id, key.created.replace(tzinfo=None)
                used = key.last_used(to)
                made.last_used = (
                    AccessKeyLastUsed(used.replace(tzinfo=None), "s3", REGION) if used is not None else None
                )
                found.access_keys.append(made)
            if user.console:
                serial = f"arn:aws:iam::{user.account}:mfa/{user.name}"
                has = self._state.console_mfa(user, to)
                device = MFADevice(serial, "000000", "000001")
                device.enable_date = found.create_date
                found.mfa_devices = {serial: device} if has else {}
                used = self._state.password_last_used(user, to)
                found.password_last_used = None if used is None else used.replace(tzinfo=None)
        for account in AWS_ACCOUNTS:
            backend, root = iam_backends[account]["aws"], self._state.root(account, to)
            names = [user.name for user in backend.users.values() if user.mfa_devices]
            devices = [
                VirtualMfaDevice(account, REGION, f"/{name}")
                for name in (*names, *(["root-account-mfa-device"] if root.mfa else []))
            ]
            backend.virtual_mfa_devices = {device.serial_number: device for device in devices}
            backend.access_keys = {
                key.access_key_id: key for user in backend.users.values() for key in user.access_keys
            }
            backend.account_summary._account_mfa_enabled = int(root.mfa)  # noqa: SLF001 - moto offers no way
            backend.account_summary._account_access_keys_present = int(root.key_since is not None)  # noqa: SLF001
            role = backend.get_role(READER_ROLE)
            role.policies.clear()
            for name, document in reader_policies(self._state, account, to).items():
                role.put_policy(name, json.dumps(document))
            for secret in self._secrets[account]:
                secret.show(secretsmanager_backends[account][REGION].secrets[secret.name], to)
        self._identities.advance(to)
        self._front.now = to

    def population_key(self, fault: Fault, test: str | None = None) -> str:  # noqa: ARG002 - one test a fault
        """Return the population key under which a fault must be found."""
        return self._state.population_key(fault)

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _found(self) -> None:
        """Make the organisation, the roles, users and secrets."""
        from moto.iam.models import iam_backends
        from moto.organizations.models import organizations_backends

        organisation = organizations_backends[MANAGEMENT]["aws"]
        if organisation.org is None:
            organisation.create_organization(region="us-east-1", FeatureSet="ALL")
        for account in AWS_ACCOUNTS:
            if account != MANAGEMENT:
                organisation.create_account(
                    AccountName=AWS_ACCOUNTS[account], Email=f"aws-{AWS_ACCOUNTS[account]}@{DOMAIN}"
                )
                organisation.accounts[-1].id = account
        organisation.accounts[0].name = AWS_ACCOUNTS[MANAGEMENT]
        organisation.accounts[0].email = f"aws-{AWS_ACCOUNTS[MANAGEMENT]}@{DOMAIN}"
        member: Any
        for member in organisation.accounts:
            member.create_time = ROOT_CREATED.replace(tzinfo=None)
        for user in IAM_USERS:
            backend = iam_backends[user.account]["aws"]
            made = backend.create_user(REGION, user.name, "/", None)
            made = made[0] if isinstance(made, tuple) else made
            digest = hashlib.sha256(f"{self._seed}/{user.subject}".encode()).hexdigest()
            made.id = "AIDA" + digest[:16].upper()
            made.create_date = self._state.created(user).replace(tzinfo=None)
            made.password = "x" if user.console else None
        for account in AWS_ACCOUNTS:
            trust = json.dumps(TRUST)
            iam_backends[account]["aws"].create_role(READER_ROLE, trust, "/", None, "", [], None)
        self._identities.begin()
        self._vaults()

    def _vaults(self) -> None:
        from moto.secretsmanager.models import secretsmanager_backends

        for account, secrets in self._secrets.items():
            for secret in secrets:
                secretsmanager_backends[account][REGION].create_secret(
                    name=secret.name,
                    secret_string=f"sandbox-secret-value-of-{secret.name}",
                    secret_binary=None,
                    description=None,
                    tags=[],
                    kms_key_id=None,
                    client_request_token=None,
                    replica_regions=[],
                    force_overwrite=False,
                )
