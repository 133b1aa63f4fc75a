"""Which person, or which registered machine, is behind each account of every system?

Never guessed: an account is somebody's by the work address it is signed in with, by the user at the identity
provider that signs it in, or by a line of register_identity_link; it is a machine's by a line of
register_service_account. What matches nothing says so, and controls refuse it.
Collected: nothing new. Scopes: none.
"""

from __future__ import annotations

from assets.capture import Derivation
from assets.derive import sql_beside
from warehouse.dataset import Column, Dataset, Kind, Privacy

PERSON = Dataset(
    name="identity_person",
    kind=Kind.DERIVED,
    follows=Kind.STATE,
    title="One row per account of any system, with the person behind it",
    key=("account_key",),
    columns=(
        Column("account_key", "text", "The account", required=True),
        Column("system_id", "text", "The system it is in", required=True),
        Column("login", "text", "What is typed to sign in", privacy=Privacy.WORKFORCE),
        Column("enabled", "bool", "Whether it can be signed in with", required=True),
        Column("is_admin", "bool", "Whether it administers the system; null: not collected"),
        Column("owner_kind", "text", "person, service, root or nobody", required=True),
        Column("match_rule", "text", "address, upstream, register, service_register or none", required=True),
        Column("person_id", "text", "HR's id of the person; null: no person's"),
        Column("name", "text", "Their name", privacy=Privacy.WORKFORCE),
        Column("job_role", "text", "What HR calls their work"),
        Column("department", "text", "Where they work"),
        Column("terminated_at", "timestamp", "When their work ended or will; null: open"),
        Column("termination_type", "text", "voluntary or involuntary"),
        Column(
            "candidates", "int", "People it matches: more than one is a fault of the register", required=True
        ),
    ),
)

UPSTREAM = ("shop",)
"""Systems whose accounts name a user of the identity provider instead of an address."""

DIRECT_PERSONS = Derivation(
    PERSON,
    sql_beside(__file__, "person.sql"),
    ("access_account", "people_person", "register_identity_link", "register_service_account"),
    of_derived=True,
    without=UPSTREAM,
)
UPSTREAM_PERSONS = Derivation(
    PERSON,
    sql_beside(__file__, "person_upstream.sql"),
    ("access_account", "people_person", "register_identity_link", "register_service_account", "okta_user"),
    of_derived=True,
    only=UPSTREAM,
)
