"""Is everybody's account theirs by an address, a link or a register, and nobody's by a guess?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from assets import identity
from assets.capture import Derivation
from tests.assets.derivations import derived

ANA = {"person_id": "P1", "name": "Ana", "work_email": "Ana@acme.example", "job_role": "finance"}
BEN = {"person_id": "P2", "name": "Ben", "work_email": "ben@acme.example", "job_role": "data"}
DIRECT, UPSTREAM = identity.DIRECT_PERSONS, identity.UPSTREAM_PERSONS


def account(name: str, **more: Any) -> dict[str, Any]:
    """Return an account of Okta whose key, id and login are told by one name."""
    return {
        "instance": "okta-acme",
        "account_key": f"okta:acme:{name}",
        "system_id": "okta",
        "native_id": name,
        "login": f"{name}@acme.example",
        "account_type": "person",
        "enabled": True,
        **more,
    }


def panel(name: str, **more: Any) -> dict[str, Any]:
    """Return an account of the shop's admin panel, which knows no address."""
    known = {"instance": "shop-main", "account_key": f"shop:main:{name}", "system_id": "shop", "login": name}
    return account(name, **known, **more)


def whose(
    derivation: Derivation, **rows: Sequence[Mapping[str, Any]]
) -> dict[str, tuple[str, str, str | None, int]]:
    """Return the account's own id -> what is behind it, by which rule, whose, and how many it could be."""
    instance = str(rows["access_account"][0]["instance"])
    return {
        row["account_key"].rpartition(":")[2]: (
            row["owner_kind"],
            row["match_rule"],
            row["person_id"],
            row["candidates"],
        )
        for row in derived(derivation, instance, **rows)
    }


def test_an_address_tells_the_person_whatever_its_letters() -> None:
    """And an address of nobody tells nobody."""
    found = whose(
        DIRECT,
        access_account=[account("ana"), account("ANA2", login="ANA@ACME.EXAMPLE"), account("zoe")],
        people_person=[ANA, BEN],
    )

    assert {
        "ana": ("person", "address", "P1", 1),
        "ANA2": ("person", "address", "P1", 1),
        "zoe": ("nobody", "none", None, 0),
    } == found


def test_a_link_of_the_register_tells_more_than_an_address() -> None:
    """By login or by id, in any instance or only in the one it names."""
    found = whose(
        DIRECT,
        access_account=[account("ana"), account("u7", login="root@acme.example"), account("u8")],
        people_person=[ANA, BEN],
        register_identity_link=[
            {"system_id": "okta", "account": "ana@acme.example", "person_id": "P2"},
            {"system_id": "okta", "account": "U7", "account_instance": "acme", "person_id": "P1"},
            {"system_id": "okta", "account": "u8", "account_instance": "other", "person_id": "P1"},
            {"system_id": "aws", "account": "u8", "person_id": "P1"},
        ],
    )

    assert {
        "ana": ("person", "register", "P2", 1),
        "u7": ("person", "register", "P1", 1),
        "u8": ("nobody", "none", None, 0),
    } == found


def test_two_links_to_two_people_are_nobody_and_say_so() -> None:
    """Which of them it is must be put right in the register, not guessed here."""
    links = [
        {"system_id": "okta", "account": "u1", "person_id": "P1"},
        {"system_id": "okta", "account": "u1", "person_id": "P2"},
    ]
    found = whose(
        DIRECT, access_account=[account("u1")], people_person=[ANA, BEN], register_identity_link=links
    )

    assert {"u1": ("nobody", "register", None, 2)} == found


def test_a_link_to_nobody_hr_knows_links_nothing() -> None:
    """A typo in a person's id must not make an account look like somebody's."""
    link = {"system_id": "okta", "account": "u1", "person_id": "P9"}
    found = whose(DIRECT, access_account=[account("u1")], people_person=[ANA], register_identity_link=[link])

    assert {"u1": ("nobody", "none", None, 0)} == found


@pytest.mark.parametrize(
    ("derivation", "made"), [(DIRECT, account), (UPSTREAM, panel)], ids=["direct", "upstream"]
)
def test_a_registered_service_account_is_a_machine_whatever_its_address(
    derivation: Derivation, made: Any
) -> None:
    """Registered in this instance; in another it is not."""
    rows = [made("ana"), made("ben")]
    system = rows[0]["system_id"]
    found = whose(
        derivation,
        access_account=rows,
        people_person=[ANA, BEN],
        register_service_account=[
            {"system_id": system, "account": "ana"},
            {"system_id": system, "account": "ben", "account_instance": "elsewhere"},
        ],
    )

    assert ("service", "service_register", None) == found["ana"][:3]
    assert "service" != found["ben"][0]


def test_machines_of_one_name_are_registered_in_each_instance_by_itself() -> None:
    """Two AWS accounts have a user called sync; of the third, where nobody registered it, it is nobody's."""
    registered = [{"system_id": "aws", "account": "sync", "account_instance": one} for one in ("111", "222")]
    aws = {"system_id": "aws", "login": "sync"}
    found = {
        where: whose(
            DIRECT,
            access_account=[account("sync", account_key=f"aws:{where}:sync", instance=f"aws-{where}", **aws)],
            register_service_account=registered,
        )["sync"][0]
        for where in ("111", "222", "333")
    }

    assert {"111": "service", "222": "service", "333": "nobody"} == found


def test_the_root_user_is_nobodys_but_root() -> None:
    """Its owner is the account's, not a person's."""
    found = whose(DIRECT, access_account=[account("root", account_type="root")], people_person=[ANA])

    assert {"root": ("root", "none", None, 0)} == found


def test_an_account_of_the_panel_is_whose_user_signs_it_in() -> None:
    """By the identity provider's user; one with a password of its own only by a link of the register."""
    found = whose(
        UPSTREAM,
        access_account=[
            panel("U1", upstream_id="00u1"),
            panel("U2"),
            panel("U3"),
            panel("U4", upstream_id="x"),
        ],
        people_person=[ANA, BEN],
        okta_user=[{"user_id": "00u1", "login": "ana@acme.example"}],
        register_identity_link=[
            {"system_id": "shop", "account": "U2", "account_instance": "main", "person_id": "P2"}
        ],
    )

    assert {
        "U1": ("person", "upstream", "P1", 1),
        "U2": ("person", "register", "P2", 1),
        "U3": ("nobody", "none", None, 0),
        "U4": ("nobody", "none", None, 0),
    } == found


def test_a_link_names_an_instance_of_a_system_whatever_its_lists_are_called() -> None:
    """A dropped list is an instance of its system, not of the source that reads lists."""
    listed = {"instance": "list-eu", "system_id": "processor", "login": None}
    found = whose(
        DIRECT,
        access_account=[
            account("u1", account_key="processor:eu:u1", **listed),
            account("u2", account_key="processor:eu:u2", **listed),
            account("u3", account_key="processor:eu:u3", **listed),
        ],
        people_person=[ANA],
        register_identity_link=[
            {"system_id": "processor", "account": "u1", "account_instance": "eu", "person_id": "P1"},
            {"system_id": "processor", "account": "u2", "account_instance": "e", "person_id": "P1"},
        ],
        register_service_account=[{"system_id": "processor", "account": "u3", "account_instance": "eu"}],
    )

    assert {
        "u1": ("person", "register", "P1", 1),
        "u2": ("nobody", "none", None, 0),
        "u3": ("service", "service_register", None, 0),
    } == found


def test_an_account_whose_address_is_hidden_is_told_by_its_id_in_the_register() -> None:
    """As Atlassian lets people hide theirs; without a line in the register it is nobody's."""
    jira = {"instance": "jira-acme", "system_id": "jira", "login": None}
    found = whose(
        DIRECT,
        access_account=[
            account("a1", account_key="jira:acme:a1", **(jira | {"login": "ana@acme.example"})),
            account("a2", account_key="jira:acme:a2", **jira),
            account("a3", account_key="jira:acme:a3", **jira),
            account("a4", account_key="jira:acme:a4", **jira, account_type="service"),
        ],
        people_person=[ANA, BEN],
        register_identity_link=[{"system_id": "jira", "account": "a2", "person_id": "P2"}],
        register_service_account=[{"system_id": "jira", "account": "a4", "account_instance": "acme"}],
    )

    assert {
        "a1": ("person", "address", "P1", 1),
        "a2": ("person", "register", "P2", 1),
        "a3": ("nobody", "none", None, 0),
        "a4": ("service", "service_register", None, 0),
    } == found
