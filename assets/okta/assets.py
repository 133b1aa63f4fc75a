"""What is captured from Okta, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assets.capture import Page, Reading, Row, capture, row
from assets.failures import PermanentFailure
from assets.okta.client import NotOffered, OktaClient
from warehouse.dataset import Column, Dataset, Kind, Privacy

EVERYBODY: dict[str, str | int] = {"search": "status pr", "limit": 200}
"""Every user whatever the status: the bare list leaves the deprovisioned out."""
NOT_STRONG = frozenset({"question", "email", "password", "sms", "call"})
PHISHING_RESISTANT = frozenset({"webauthn", "u2f", "signed_nonce", "token:hardware"})
POLICY_TYPES = ("ACCESS_POLICY", "OKTA_SIGN_ON", "MFA_ENROLL", "PASSWORD")

USER = Dataset(
    name="okta_user",
    kind=Kind.STATE,
    title="One row per user, deprovisioned ones included",
    key=("user_id",),
    columns=(
        Column("user_id", "text", "The user", source="id", required=True),
        Column(
            "login", "text", "What is typed to sign in", source="profile.login", privacy=Privacy.WORKFORCE
        ),
        Column("email_domain", "text", "Domain of the mail address"),
        Column("status", "text", "ACTIVE, SUSPENDED, DEPROVISIONED, …", source="status", required=True),
        Column("user_type", "text", "Kind of user", source="profile.userType"),
        Column("department", "text", "Department", source="profile.department", privacy=Privacy.WORKFORCE),
        Column("title", "text", "Job title", source="profile.title", privacy=Privacy.WORKFORCE),
        Column(
            "manager_login",
            "text",
            "Login of the manager, where the profile names one",
            source="profile.managerId",
            privacy=Privacy.WORKFORCE,
        ),
        Column(
            "employee_number",
            "text",
            "Number of the employee",
            source="profile.employeeNumber",
            privacy=Privacy.WORKFORCE,
        ),
        Column("created_at", "timestamp", "When it was created", source="created", required=True),
        Column("activated_at", "timestamp", "When it was activated", source="activated"),
        Column("status_changed_at", "timestamp", "When its status last changed", source="statusChanged"),
        Column("last_login_at", "timestamp", "Last sign-in; null: never", source="lastLogin"),
        Column("password_changed_at", "timestamp", "Last new password", source="passwordChanged"),
    ),
)

FACTOR = Dataset(
    name="okta_user_factor",
    kind=Kind.STATE,
    title="One row per factor of a user who is not deprovisioned",
    key=("user_id", "factor_id"),
    columns=(
        Column("user_id", "text", "The user", required=True),
        Column("factor_id", "text", "The factor", source="id", required=True),
        Column("factor_type", "text", "webauthn, push, sms, …", source="factorType", required=True),
        Column("provider", "text", "Who verifies it", source="provider"),
        Column("status", "text", "ACTIVE, PENDING_ACTIVATION, …", source="status"),
        Column("created_at", "timestamp", "When it was enrolled", source="created"),
        Column("is_strong", "bool", "More than question, mail, password, SMS or call", required=True),
        Column("is_phishing_resistant", "bool", "Bound to the site it was enrolled for", required=True),
    ),
    may_be_empty=True,
)

GROUP = Dataset(
    name="okta_group",
    kind=Kind.STATE,
    title="One row per group",
    key=("group_id",),
    columns=(
        Column("group_id", "text", "The group", source="id", required=True),
        Column("group_type", "text", "OKTA_GROUP, APP_GROUP or BUILT_IN", source="type"),
        Column("name", "text", "Its name", source="profile.name"),
        Column("description", "text", "What it is for", source="profile.description"),
        Column("created_at", "timestamp", "When it was created", source="created"),
    ),
)

GROUP_MEMBER = Dataset(
    name="okta_group_member",
    kind=Kind.STATE,
    title="One row per user in a group",
    key=("group_id", "user_id"),
    columns=(
        Column("group_id", "text", "The group", required=True),
        Column("user_id", "text", "The user", source="id", required=True),
    ),
    may_be_empty=True,
)

APP = Dataset(
    name="okta_app",
    kind=Kind.STATE,
    title="One row per application",
    key=("app_id",),
    columns=(
        Column("app_id", "text", "The application", source="id", required=True),
        Column("label", "text", "What people see", source="label"),
        Column("name", "text", "Okta's name of its kind; saasure is the Admin Console", source="name"),
        Column("status", "text", "ACTIVE or INACTIVE", source="status", required=True),
        Column("sign_on_mode", "text", "How people are signed in to it", source="signOnMode"),
        Column("created_at", "timestamp", "When it was created", source="created"),
        Column("access_policy_id", "text", "The access policy that guards it"),
        Column("features", "text[]", "What it may do, such as provisioning", source="features"),
    ),
)

APP_ASSIGNMENT = Dataset(
    name="okta_app_assignment",
    kind=Kind.STATE,
    title="One row per user or group assigned to an application",
    key=("app_id", "scope", "principal_id"),
    columns=(
        Column("app_id", "text", "The application", required=True),
        Column(
            "scope",
            "text",
            "What the principal is: USER (directly or through a group) or GROUP",
            required=True,
        ),
        Column("principal_id", "text", "The user or group", source="id", required=True),
        Column("status", "text", "State of the assignment", source="status"),
        Column("created_at", "timestamp", "When it was assigned", source="created"),
        Column("updated_at", "timestamp", "When it was last changed", source="lastUpdated"),
    ),
    may_be_empty=True,
)

ADMIN_ROLE = Dataset(
    name="okta_admin_role",
    kind=Kind.STATE,
    title="One row per administrator role of a user or group",
    key=("principal_type", "principal_id", "role_assignment_id"),
    columns=(
        Column(
            "role_assignment_id",
            "text",
            "The assignment; of a standard role often the same text for every holder",
            source="id",
            required=True,
        ),
        Column("principal_type", "text", "USER or GROUP", required=True),
        Column("principal_id", "text", "The user or group", required=True),
        Column("role_type", "text", "SUPER_ADMIN, HELP_DESK_ADMIN, CUSTOM, …", source="type"),
        Column("label", "text", "What Okta calls the role", source="label"),
        Column("status", "text", "ACTIVE or INACTIVE", source="status"),
        Column("assignment_type", "text", "USER or GROUP", source="assignmentType"),
        Column("created_at", "timestamp", "When it was given", source="created"),
    ),
)

POLICY = Dataset(
    name="okta_policy",
    kind=Kind.STATE,
    title="One row per policy about signing in, enrolling factors and passwords",
    key=("policy_id",),
    columns=(
        Column("policy_id", "text", "The policy", source="id", required=True),
        Column("policy_type", "text", "ACCESS_POLICY, OKTA_SIGN_ON, MFA_ENROLL or PASSWORD", source="type"),
        Column("name", "text", "Its name", source="name"),
        Column("status", "text", "ACTIVE or INACTIVE", source="status", required=True),
        Column("priority", "int", "Order among its type", source="priority"),
        Column("is_system", "bool", "Whether Okta made it", source="system"),
        Column("created_at", "timestamp", "When it was created", source="created"),
        Column("updated_at", "timestamp", "When it was last changed", source="lastUpdated"),
    ),
)

POLICY_RULE = Dataset(
    name="okta_policy_rule",
    kind=Kind.STATE,
    title="One row per rule of a policy, the catch-all rule included",
    key=("rule_id",),
    columns=(
        Column("rule_id", "text", "The rule", source="id", required=True),
        Column("policy_id", "text", "The policy it belongs to", required=True),
        Column("policy_type", "text", "The policy's type", required=True),
        Column("name", "text", "Its name", source="name"),
        Column("status", "text", "ACTIVE or INACTIVE", source="status", required=True),
        Column("priority", "int", "Order in its policy", source="priority"),
        Column("is_system", "bool", "Whether it is Okta's catch-all", source="system"),
        Column("access", "text", "ALLOW or DENY; null: the rule is not about access"),
        Column("factor_mode", "text", "1FA, 2FA or CHAIN; null: the rule asks for no factor"),
        Column("chain_steps", "int", "Steps of the shortest chain; null: no chain"),
        Column("conditions", "json", "When it applies, as Okta has it", source="conditions"),
        Column("actions", "json", "What it does, as Okta has it", source="actions"),
        Column("mapped_app_ids", "text[]", "Applications its policy guards", required=True),
    ),
)

SYSTEM_LOG = Dataset(
    name="okta_system_log",
    kind=Kind.EVENT,
    retention_days=90,
    title="One row per event of the system log",
    key=("event_id",),
    columns=(
        Column("event_id", "text", "The event", source="uuid", required=True),
        Column("published_at", "timestamp", "When it happened", source="published", required=True),
        Column("event_type", "text", "What happened", source="eventType", required=True),
        Column("severity", "text", "DEBUG, INFO, WARN or ERROR", source="severity"),
        Column("outcome", "text", "SUCCESS, FAILURE, …", source="outcome.result"),
        Column("outcome_reason", "text", "Why", source="outcome.reason"),
        Column("actor_id", "text", "Who did it", source="actor.id"),
        Column("actor_type", "text", "User, SystemPrincipal, …", source="actor.type"),
        Column("actor_login", "text", "Their login", source="actor.alternateId", privacy=Privacy.WORKFORCE),
        Column("target_ids", "text[]", "What it was done to", required=True),
        Column("target_types", "text[]", "Of which type each of these is", required=True),
        Column(
            "client_ip", "text", "Address it came from", source="client.ipAddress", privacy=Privacy.WORKFORCE
        ),
        Column(
            "external_session_id",
            "text",
            "The session",
            source="authenticationContext.externalSessionId",
        ),
        Column("transaction_id", "text", "The transaction", source="transaction.id"),
    ),
)


@capture(USER)
def okta_user(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every user, deprovisioned ones included: leavers are found among those."""
    for record in reading.records(client.pages("/api/v1/users", **EVERYBODY), USER):
        address = (record.get("profile") or {}).get("email") or ""
        yield row(USER, record, email_domain=address.rpartition("@")[2] or None)


@capture(FACTOR)
def okta_user_factor(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every factor of every user Okta lists factors for; a deprovisioned user has none."""
    users = listed(reading, client.pages("/api/v1/users", **EVERYBODY))
    paths = {
        user_id: f"/api/v1/users/{user_id}/factors"
        for user_id, record in users.items()
        if record.get("status") != "DEPROVISIONED"
    }
    for user_id, pages in client.each(paths):
        for record in reading.records(pages, FACTOR):
            kind = record.get("factorType")
            yield row(
                FACTOR,
                record,
                user_id=user_id,
                is_strong=kind not in NOT_STRONG,
                is_phishing_resistant=kind in PHISHING_RESISTANT,
            )


@capture(GROUP)
def okta_group(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every group."""
    for record in reading.records(client.pages("/api/v1/groups", limit=200), GROUP):
        yield row(GROUP, record)


@capture(GROUP_MEMBER)
def okta_group_member(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every member of every group; Okta's own group of everybody too."""
    for group_id, pages in client.each(paths_below(client, reading, "groups", "users"), limit=200):
        for record in reading.records(pages, GROUP_MEMBER):
            yield row(GROUP_MEMBER, record, group_id=group_id)


@capture(APP)
def okta_app(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every application, and the access policy that guards it."""
    for record in reading.records(client.pages("/api/v1/apps", limit=200), APP):
        yield row(APP, record, access_policy_id=access_policy(record))


@capture(APP_ASSIGNMENT)
def okta_app_assignment(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Everybody and every group assigned to an application: who can reach what."""
    for scope, below in (("USER", "users"), ("GROUP", "groups")):
        for app_id, pages in client.each(paths_below(client, reading, "apps", below), limit=200):
            for record in reading.records(pages, APP_ASSIGNMENT):
                yield row(APP_ASSIGNMENT, record, app_id=app_id, scope=scope)


@capture(ADMIN_ROLE)
def okta_admin_role(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every administrator role, given to a user or to a group."""
    assignees = listed(reading, client.pages("/api/v1/iam/assignees/users", limit=100))
    holders = {user_id: f"/api/v1/users/{user_id}/roles" for user_id in assignees}
    for kind, paths in (("GROUP", paths_below(client, reading, "groups", "roles")), ("USER", holders)):
        for principal_id, pages in client.each(paths):
            for record in reading.records(pages, ADMIN_ROLE):
                if kind == "USER" and record.get("assignmentType") == "GROUP":
                    continue  # held through a group, which the group's own row says
                yield row(ADMIN_ROLE, record, principal_type=kind, principal_id=principal_id)


@capture(POLICY)
def okta_policy(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every policy about signing in, enrolling factors and passwords."""
    for kind in POLICY_TYPES:
        for record in reading.records(policies(client, reading, kind), POLICY):
            yield row(POLICY, record)


@capture(POLICY_RULE)
def okta_policy_rule(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every rule, and how many factors it asks for: one that asks for one undoes all the others."""
    guards: dict[str, list[str]] = {}
    for app_id, app in listed(reading, client.pages("/api/v1/apps", limit=200)).items():
        if policy := access_policy(app):
            guards.setdefault(policy, []).append(app_id)
    types = {
        policy: kind for kind in POLICY_TYPES for policy in listed(reading, policies(client, reading, kind))
    }
    paths = {policy: f"/api/v1/policies/{policy}/rules" for policy in types}
    for policy, pages in client.each(paths):
        for record in reading.records(pages, POLICY_RULE):
            yield row(
                POLICY_RULE,
                record,
                policy_id=policy,
                policy_type=types[policy],
                mapped_app_ids=sorted(guards.get(policy, [])),
                **factors_asked(record),
            )


@capture(SYSTEM_LOG)
def okta_system_log(client: OktaClient, reading: Reading) -> Iterator[Row]:
    """Every event of the day, by its `published` field.

    Okta (System Log query, "Bounded requests"): with both `since` and `until` the listing is in order of
    `published` and its last page names no next one; without `until` it never ends. A few events arrive late,
    which is why the day is read again. Whether `until` itself is included is not said, so an event at that
    very instant is left to the next day here.
    """
    pages = client.pages(
        "/api/v1/logs",
        since=_instant(reading.start),
        until=_instant(reading.end),
        sortOrder="ASCENDING",
        limit=1000,
    )
    for record in reading.records(pages, SYSTEM_LOG):
        targets = record.get("target") or []
        found = row(
            SYSTEM_LOG,
            record,
            target_ids=[str(target.get("id")) for target in targets],
            target_types=[str(target.get("type")) for target in targets],
        )
        if reading.start <= found["published_at"] < reading.end:
            yield found


def listed(reading: Reading, pages: Iterable[Page]) -> dict[str, Mapping[str, Any]]:
    """Return id -> record of a listing that is needed for what hangs below its items."""
    found: dict[str, Mapping[str, Any]] = {}
    for page in pages:
        reading.request(page.request)
        for record in page.records:
            if not isinstance(record.get("id"), str):
                raise PermanentFailure(
                    f"okta {reading.instance}: {page.request} has a record without an id. Has the interface "
                    "changed?"
                )
            found[record["id"]] = record
    return found


def paths_below(client: OktaClient, reading: Reading, listing: str, what: str) -> dict[str, str]:
    """Return id -> path of what hangs below every item of a listing."""
    items = listed(reading, client.pages(f"/api/v1/{listing}", limit=200))
    return {found: f"/api/v1/{listing}/{found}/{what}" for found in items}


def policies(client: OktaClient, reading: Reading, kind: str) -> Iterator[Page]:
    """Yield the pages of the policies of a type; none where the organisation has no such type."""
    try:
        yield from client.pages("/api/v1/policies", type=kind)
    except NotOffered:
        reading.request(f"GET /api/v1/policies?type={kind} (the organisation has no policies of this type)")


def access_policy(app: Mapping[str, Any]) -> str | None:
    """Return the id of the access policy that an application's links name; None where they name none."""
    link = (app.get("_links") or {}).get("accessPolicy") or {}
    return str(link.get("href", "")).rpartition("/")[2] or None


def factors_asked(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return access, factor_mode and chain_steps of a rule; None where it says nothing of the kind.

    Okta: actions.appSignOn.verificationMethod of an access policy's rule is ASSURANCE with a factorMode, or
    AUTH_METHOD_CHAIN with chains of which a user may take any, so the shortest one is what the rule asks for.
    The rules of a sign-on policy say in actions.signon whether they allow, and no factorMode.
    """
    actions = rule.get("actions") or {}
    sign_on = actions.get("appSignOn") or actions.get("signon") or {}
    method = sign_on.get("verificationMethod") or {}
    if method.get("type") == "AUTH_METHOD_CHAIN":
        lengths = [chain_length(chain) for chain in method.get("chains") or []]
        return {
            "access": sign_on.get("access"),
            "factor_mode": "CHAIN",
            "chain_steps": min(lengths, default=0),
        }
    return {"access": sign_on.get("access"), "factor_mode": method.get("factorMode"), "chain_steps": None}


def chain_length(chain: Mapping[str, Any]) -> int:
    """Return the steps of the shortest way through a chain of authentication methods."""
    following = chain.get("next") or []
    return 1 + min((chain_length(step) for step in following), default=0)


def _instant(moment: Any) -> str:
    return str(moment.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
