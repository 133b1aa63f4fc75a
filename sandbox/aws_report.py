"""What does the credential report of an account say at an instant? moto's lacks the root user."""

from __future__ import annotations

import csv
import io
from datetime import datetime

from sandbox.aws_state import ROOT_CREATED, AwsState, Key
from sandbox.org import IAM_USERS, IamUser

HEADING = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    *(
        f"access_key_{n}_{word}"
        for n in (1, 2)
        for word in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ),
    *("cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated"),
]
NO_CERTIFICATES = ["false", "N/A", "false", "N/A"]
SERVICE, REGION = "s3", "eu-central-1"


def credential_report(state: AwsState, account: str, at: datetime) -> str:
    """Return the report as CSV: its heading, the root user, then every IAM user."""
    users = sorted((u for u in IAM_USERS if u.account == account), key=lambda user: user.name)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADING, _root(state, account, at), *(_user(state, user, at) for user in users)])
    return text.getvalue().rstrip("\n")


def _root(state: AwsState, account: str, at: datetime) -> list[str]:
    root = state.root(account, at)
    keys = (
        []
        if root.key_since is None
        else [Key("root", root.key_since, datetime.max.replace(tzinfo=at.tzinfo))]
    )
    return [
        "<root_account>",
        f"arn:aws:iam::{account}:root",
        _stamp(ROOT_CREATED),
        *("not_supported", "no_information", "not_supported", "not_supported"),
        _flag(root.mfa),
        *_keys(keys, at),
        *NO_CERTIFICATES,
    ]


def _user(state: AwsState, user: IamUser, at: datetime) -> list[str]:
    created = _stamp(state.created(user))
    signed_in = state.password_last_used(user, at)
    password = (
        ["true", "no_information" if signed_in is None else _stamp(signed_in), created, "N/A"]
        if user.console
        else ["false", "N/A", "N/A", "N/A"]
    )
    return [
        user.name,
        f"arn:aws:iam::{user.account}:user/{user.name}",
        created,
        *password,
        _flag(user.console and state.console_mfa(user, at)),
        *_keys(state.keys(user, at), at),
        *NO_CERTIFICATES,
    ]


def _keys(keys: list[Key], at: datetime) -> list[str]:
    """Return the two groups of columns for the at most two keys."""
    cells: list[str] = []
    for key in keys:
        used = key.last_used(at)
        last = ["N/A", "N/A", "N/A"] if used is None else [_stamp(used), REGION, SERVICE]
        cells += [_flag(key.active(at)), _stamp(key.created), *last]
    return cells + ["false", "N/A", "N/A", "N/A", "N/A"] * (2 - len(keys))


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S+00:00}"


def _flag(value: bool) -> str:
    return str(value).lower()
