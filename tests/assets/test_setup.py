"""Do the set-up pages state the scopes that the connectors really need, and none that could write?"""

from __future__ import annotations

import json
import re
from pathlib import Path

import assets
from assets.aws.access import NEEDED, Policy
from assets.shop.client import views_needed

FOLDER = Path(assets.__file__).parent


def page(source: str) -> str:
    """Return the set-up page of a source."""
    return (FOLDER / source / "SETUP.md").read_text(encoding="utf-8")


def test_the_policies_for_aws_give_what_is_needed_and_only_read() -> None:
    """As the connector judges its own policies."""
    documents = [json.loads(text) for text in re.findall(r"```json\n(.+?)```", page("aws"), re.DOTALL)]
    policies = [Policy("it", tuple(d["Statement"])) for d in documents if "Resource" in d["Statement"][0]]

    assert [False, False] == [policy.writes for policy in policies]
    assert () == tuple(action for action in NEEDED if not policies[0].allows(action))


def test_the_module_and_the_page_for_aws_name_the_same_actions() -> None:
    """Whoever reads either is told all; of our own role, only the page need say it."""
    action = re.compile(r"(?<![:\w-])[a-z0-9]+:[A-Z]\w+")
    said = set(action.findall(page("aws"))) - {"sts:AssumeRole"}
    module = (FOLDER / "aws" / "__init__.py").read_text(encoding="utf-8").replace("\n", " ")
    named = set(action.findall(module))
    own = {one for one in said if "Polic" in one and one.startswith("iam:")}

    assert named - {"secretsmanager:GetSecretValue"} == said - own


def test_the_page_of_the_shop_names_every_view_that_is_read() -> None:
    """So that the contract is whole."""
    assert set() == {view for view in views_needed() if f"`{view}`" not in page("shop")}


def test_every_page_says_what_to_prepare_grant_configure_and_check() -> None:
    """In this order, for whoever administers the system."""
    wanted = ["Prerequisites", "Least scopes", "Configure", "Check"]

    for source in ("okta", "aws", "shop"):
        assert wanted == re.findall(r"^## (.+)$", page(source), re.MULTILINE), source
