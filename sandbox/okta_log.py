"""What does Okta's system log say about a day of the sandbox company?

Sign-ins, second factors, single sign-ons, visits to the Admin Console, and the changes to accounts, factors
and rules that the objects show. Every visit to the Admin Console has a successful second factor in the same
session, except where a fault says otherwise.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.company import Account, Company, Factor, Session
from sandbox.okta_objects import Objects, Record, text
from sandbox.org import ACCESS_RULES, ADMIN_CONSOLE, APPS, DOMAIN, GROUP_DEPARTMENTS
from sandbox.part import rng

FACTOR_NAMES = {
    "push": "Okta Verify",
    "signed_nonce": "Okta FastPass",
    "token:software:totp": "Okta Verify",
    "webauthn": "FIDO2 (WebAuthn)",
    "token:hardware": "YubiKey",
    "sms": "Phone",
}
STATUS_EVENTS = {
    "PROVISIONED": ("user.lifecycle.create", "Create okta user"),
    "ACTIVE": ("user.lifecycle.activate", "Activate Okta user"),
    "DEPROVISIONED": ("user.lifecycle.deactivate", "Deactivate Okta user"),
    "SUSPENDED": ("user.lifecycle.suspend", "Suspend Okta user"),
    "LOCKED_OUT": ("user.account.lock", "Max sign in attempts exceeded"),
    "PASSWORD_EXPIRED": ("user.account.expire_password", "User password expired"),
}
MISTYPED_SHARE = 0.05
"""Of all sign-ins, how many follow a wrong password."""


def admin_visit_id(company: Company, fault: str) -> str:
    """Return the event id of the Admin Console visit that a fault plants."""
    return event_id(company, fault, "user.session.access_admin_app")


def event_id(company: Company, *topic: object) -> str:
    """Return an event's identifier."""
    words = "/".join(map(str, (company.seed, "event", *topic)))
    return str(uuid.UUID(bytes=hashlib.sha256(words.encode()).digest()[:16], version=4))


def events(company: Company, day: date, objects: Objects) -> list[Record]:
    """Return the events of a day, the earliest first."""
    found = [*_sign_ins(company, day, objects), *_changes(company, day, objects)]
    return sorted(found, key=lambda event: (event["published"], event["uuid"]))


def _sign_ins(company: Company, day: date, objects: Objects) -> Iterator[Record]:
    for account in company.accounts:
        for session in company.sessions(account, day):
            yield from _session(company, account, session, objects)


def _session(company: Company, account: Account, session: Session, objects: Objects) -> Iterator[Record]:
    chance = rng(company.seed, "session", session.id)
    where: Record = {"session": session.id, "ip": f"198.51.100.{chance.randrange(1, 255)}"}
    topic = session.fault or session.id

    def event(kind: str, message: str, after: float, **more: Any) -> Record:
        at = session.at + timedelta(seconds=after)
        number = more.pop("number", "")
        name = event_id(company, topic, kind, *([number] if number != "" else []))
        return _event(account, name, kind, message, at, **(where | more))

    if chance.random() < MISTYPED_SHARE:
        yield event(
            "user.session.start",
            "User login to Okta",
            -21.4,
            number="mistyped",
            outcome=("FAILURE", "INVALID_CREDENTIALS"),
            session=None,
        )
    factors = [f for f in account.factors_at(session.at) if f.type != "question" and not f.pending]
    if factors:
        yield event(
            "user.authentication.auth_via_mfa",
            "Authentication of user via MFA",
            -4.25,
            outcome=("SUCCESS", None) if session.second_factor else ("FAILURE", "INVALID_CREDENTIALS"),
            target=_factor_target(account, factors[0]),
        )
    yield event("user.session.start", "User login to Okta", 0)
    if session.opens_admin_console:
        console = next(app for app in APPS if app.label == ADMIN_CONSOLE)
        yield event(
            "user.session.access_admin_app",
            "User accessing Okta admin app",
            40 + chance.randrange(400),
            target=[_target(objects.app_id(console), "AppInstance", ADMIN_CONSOLE, ADMIN_CONSOLE)],
        )
    if account.service:
        return
    department = account.job(session.at).department
    open_to = [app for app in APPS if department in GROUP_DEPARTMENTS.get(app.group, ())]
    for number in range(chance.randrange(2, 7)):
        app = chance.choice(open_to)
        yield event(
            "user.authentication.sso",
            "User single sign on to app",
            60 + chance.randrange(20_000),
            number=number,
            target=[_target(objects.app_id(app), "AppInstance", app.label, app.label)],
        )


def _changes(company: Company, day: date, objects: Objects) -> Iterator[Record]:
    administrator = company.people[1]

    def event(kind: str, message: str, at: datetime, *topic: object, **more: Any) -> Record:
        return _event(administrator, event_id(company, kind, *topic), kind, message, at, **more)

    for account in company.accounts:
        user = [_target(account.user_id, "User", account.login, account.first_name)]
        for since, status in account.statuses:
            if since.date() == day and status in STATUS_EVENTS:
                yield event(*STATUS_EVENTS[status], since, account.user_id, since, target=user)
        for factor in account.factors:
            target = [*user, *_factor_target(account, factor)]
            if factor.enrolled.date() == day and not factor.pending:
                words = ("user.mfa.factor.activate", "Activate factor for user")
                yield event(*words, factor.enrolled, factor.id, target=target)
            if factor.removed and factor.removed.date() == day:
                words = ("user.mfa.factor.deactivate", "Reset factor for user")
                yield event(*words, factor.removed, factor.id, target=target)
    for fault in company.faults.of("okta_rule_one_factor"):
        rule = next(rule for rule in ACCESS_RULES if f"rule {rule.subject}" == fault.subject)
        target = [_target(objects.id("rul", rule.subject), "PolicyRule", rule.name, rule.name)]
        for turn in (fault.first, fault.last + timedelta(days=1)):
            if turn == day:
                at = company.moment_of(fault, turn)
                yield event("policy.rule.update", "Update policy rule", at, fault.id, at, target=target)


def _factor_target(account: Account, factor: Factor) -> list[Record]:
    name = FACTOR_NAMES.get(factor.type, factor.type)
    return [_target(factor.id, "AuthenticatorEnrollment", account.login, name)]


def _target(found: str, kind: str, alternate: str, name: str) -> Record:
    return {
        "id": found,
        "type": kind,
        "alternateId": alternate,
        "displayName": name,
        "detailEntry": None,
    }


def _event(
    actor: Account,
    name: str,
    kind: str,
    message: str,
    at: datetime,
    *,
    session: str | None = None,
    ip: str = "198.51.100.7",
    outcome: tuple[str, str | None] = ("SUCCESS", None),
    target: list[Record] | None = None,
) -> Record:
    place = {
        "city": "Springfield",
        "state": None,
        "country": "United States",
        "postalCode": None,
        "geolocation": {"lat": 39.8, "lon": -89.6},
    }
    return {
        "actor": {
            "id": actor.user_id,
            "type": "User",
            "alternateId": actor.login,
            "displayName": f"{actor.first_name} {actor.last_name}",
            "detailEntry": None,
        },
        "client": {
            "userAgent": {"rawUserAgent": "Mozilla/5.0", "os": "Mac OS X", "browser": "CHROME"},
            "zone": "null",
            "device": "Computer",
            "id": None,
            "ipAddress": ip,
            "geographicalContext": place,
        },
        "device": None,
        "authenticationContext": {
            "authenticationProvider": None,
            "credentialProvider": None,
            "credentialType": None,
            "issuer": None,
            "interface": None,
            "authenticationStep": 0,
            "rootSessionId": session,
            "externalSessionId": session or "unknown",
        },
        "displayMessage": message,
        "eventType": kind,
        "outcome": {"result": outcome[0], "reason": outcome[1]},
        "published": text(at),
        "securityContext": {
            "asNumber": None,
            "asOrg": None,
            "isp": None,
            "domain": DOMAIN,
            "isProxy": None,
        },
        "severity": "INFO" if outcome[0] == "SUCCESS" else "WARN",
        "debugContext": {"debugData": {"requestId": name.replace("-", "")}},
        "legacyEventType": None,
        "transaction": {"type": "WEB", "id": name.replace("-", "")[::-1], "detail": {}},
        "uuid": name,
        "version": "0",
        "request": {
            "ipChain": [{"ip": ip, "geographicalContext": place, "version": "V4", "source": None}],
        },
        "target": target,
    }
