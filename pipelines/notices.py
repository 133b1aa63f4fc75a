"""Who is told what happened, through which channel, and how does nobody hear the same thing twice?

What was told is recorded in the ledger after a channel took it: a channel that fails is tried again with the
next publication, and the worst that can happen is that something is told twice, never that it is not told.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from itertools import groupby

import httpx
import pyarrow.parquet as pq

from pipelines.configuration import ConfigurationError, Email, Settings, Webhook
from pipelines.query import connect
from pipelines.samples import store
from pipelines.session import Session
from warehouse.audit.notices import NOTIFICATION, Notice, notices

SECONDS = 20
SHOWN = 20
"""Lines under a heading; a message that nobody reads tells nobody."""


class NotTold(Exception):
    """A channel did not take a message; what it would have said is told the next time."""


def tell(settings: Settings, *, dry: bool = False) -> dict[str, list[Notice]]:
    """Tell every channel what it was not told yet, and return what that was.

    `dry` tells and records nothing. Raises NotTold after all channels were tried, where one failed.
    """
    configured = settings.configuration.notify
    if configured is None:
        raise ConfigurationError(
            "evidence.yaml has no `notify`: there is nobody to tell. Add a webhook or an e-mail address as "
            "evidence.example.yaml shows."
        )
    session = Session.open(settings, run="evidence notify")
    with connect(settings.home) as connection:
        everything = notices(connection, configured.lowest_severity)
    channels: dict[str, Callable[[str], None]] = {}
    if configured.webhook is not None:
        channels["webhook"] = _webhook(settings, configured.webhook)
    if configured.email is not None:
        channels["email"] = _email(settings, configured.email)
    known, told, failed = told_before(session), {}, []
    for channel, send in channels.items():
        fresh = [one for one in everything if (channel, one.notice) not in known]
        told[channel] = fresh
        if not fresh or dry:
            continue
        try:
            send(message(settings, session, fresh))
        except NotTold as error:
            failed.append(str(error))
            continue
        now = session.clock.now()
        rows = [{"channel": channel, "notice": one.notice, "text": one.text, "told_at": now} for one in fresh]
        store(session, ((NOTIFICATION, rows),), by="pipelines/notices.py")
    if failed:
        raise NotTold("\n".join(failed))
    return told


def told_before(session: Session) -> set[tuple[str, str]]:
    """Return (channel, notice) of everything that was told."""
    found: set[tuple[str, str]] = set()
    for slot, snapshots in session.index.snapshots.items():
        if slot.dataset == NOTIFICATION.name:
            for snapshot in snapshots:
                table = pq.read_table(session.store.home.path / snapshot.path, partitioning=None)
                found.update(zip(table["channel"].to_pylist(), table["notice"].to_pylist(), strict=True))
    return found


def message(settings: Settings, session: Session, told: Sequence[Notice]) -> str:
    """Return what is said: headings, some lines under each, and how many more there are."""
    lines = [f"{settings.configuration.company}: {len(told)} new from the evidence warehouse"]
    if session.store.is_sandbox:
        lines[0] = f"SANDBOX, a simulated company. {lines[0]}"
    for heading, group in groupby(told, key=lambda one: one.heading):
        listed = list(group)
        lines += ["", f"{heading} ({len(listed)})", *(f"- {one.text}" for one in listed[:SHOWN])]
        if len(listed) > SHOWN:
            lines.append(f"  and {len(listed) - SHOWN} more: `evidence report`")
    return "\n".join(lines)


def _webhook(settings: Settings, webhook: Webhook) -> Callable[[str], None]:
    url = settings.secret(webhook.url_env, "notify.webhook")

    def send(text: str) -> None:
        try:
            answer = httpx.post(url, json={"text": text}, timeout=SECONDS)
        except httpx.HTTPError as error:  # whose own words may hold the address, which is a secret
            raise NotTold(
                f"webhook: {type(error).__name__} at the address in {webhook.url_env}. It is tried again."
            ) from None
        if not answer.is_success:
            raise NotTold(
                f"webhook: the address in {webhook.url_env} answered {answer.status_code}, expected 2xx. "
                "It is tried again; where it says 404 or 410, make a new webhook."
            )

    return send


def _email(settings: Settings, email: Email) -> Callable[[str], None]:
    password = settings.secret(email.password_env, "notify.email") if email.password_env else None

    def send(text: str) -> None:
        letter = EmailMessage()
        letter["Subject"] = text.splitlines()[0]
        letter["From"], letter["To"] = email.sender, ", ".join(email.recipients)
        letter.set_content(text)
        try:
            with smtplib.SMTP(email.host, email.port, timeout=SECONDS) as server:
                if email.starttls:
                    server.starttls(context=ssl.create_default_context())
                if password is not None:
                    server.login(email.user or email.sender, password)
                server.send_message(letter)
        except (OSError, smtplib.SMTPException) as error:
            raise NotTold(
                f"email: {type(error).__name__} at {email.host}:{email.port}. It is tried again."
            ) from None

    return send


def summary(told: Mapping[str, Sequence[Notice]]) -> str:
    """Return how much was told where, in one line."""
    return ", ".join(f"{channel} {len(listed)}" for channel, listed in told.items())
