"""Can a secret, a text people wrote or a customer get into rows, raw pages, run headers, logs or errors?"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from assets.failures import SourceFailure
from assets.jira.assets import jira_issue, jira_site
from tests.assets.jira.conftest import EMAIL, TOKEN, Odd, change, issue, moved

if TYPE_CHECKING:
    from assets.capture import Reading, Recipe
    from tests.assets.jira.conftest import Site

CANARY = "canary-must-never-be-stored"
PERSON = {
    "accountId": "a1",
    "accountType": "atlassian",
    "active": True,
    "emailAddress": f"{CANARY}@acme.example",
    "displayName": CANARY,
    "avatarUrls": {"48x48": CANARY},
    "timeZone": CANARY,
    "self": CANARY,
}
TEXTS = {
    "summary": CANARY,
    "description": {"content": [{"text": CANARY}]},
    "comment": {"comments": [{"body": CANARY}]},
    "attachment": [{"filename": CANARY, "content": CANARY}],
    "worklog": {"worklogs": [{"comment": CANARY}]},
    "environment": CANARY,
    "customfield_10001": CANARY,
    "watches": {"self": CANARY},
}


@pytest.fixture
def full(site: Site) -> Site:
    """Return a site whose every record is full of canaries."""
    site.issues = [
        issue(
            7,
            creator=PERSON,
            reporter=PERSON,
            assignee=PERSON,
            resolution={"id": "1", "name": "Done", "description": CANARY},
            **TEXTS,
        )
    ]
    items = [
        {"fieldId": "description", "fieldtype": "jira", "fromString": CANARY, "toString": CANARY},
        {**moved("1", "2"), "tmpFromAccountId": CANARY},
        {"fieldId": "assignee", "from": "a1", "fromString": CANARY, "to": "a2", "toString": CANARY},
        {"fieldId": "customfield_2", "from": "a1", "fromString": CANARY, "to": "a2", "toString": CANARY},
    ]
    made = change(1, "2026-03-10T09:00:00.000+0000", *items)
    site.histories = [("7", {**made, "author": PERSON, "historyMetadata": {"description": CANARY}})]
    site.statuses = [
        {"id": "1", "name": "To Do", "description": CANARY, "statusCategory": {"key": "new", "self": CANARY}}
    ]
    site.projects = [
        {"id": "1", "key": "SHOP", "name": "Shop", "description": CANARY, "lead": PERSON, "email": CANARY}
    ]
    site.users = [
        {**PERSON, "emailAddress": "ada@acme.example"},
        {**PERSON, "accountId": CANARY, "accountType": "customer"},
    ]
    return site


@pytest.mark.parametrize("recipe", [jira_issue, jira_site], ids=lambda recipe: recipe.name)
def test_no_secret_and_no_text_that_people_wrote_is_kept(
    full: Site, recipe: Recipe, reading: Reading
) -> None:
    """Neither in rows nor in raw pages nor in the run header, which counts them by name instead."""
    client = full.client(approval_fields=("customfield_2",))
    filled: Any = recipe.read(client, reading)
    rows = {name: list(found) for name, found in filled.items()}
    client.close()
    kept = json.dumps([rows, reading.pages, reading.requests, reading.dropped], default=str)

    assert all(rows.values())
    assert CANARY not in kept
    assert reading.dropped


def test_what_people_wrote_is_never_asked_for(full: Site, reading: Reading) -> None:
    """No field that holds text is among those requested."""
    client = full.client()
    jira_issue.read(client, reading)
    client.close()
    asked = next(asked for path, asked in full.asked if path.endswith("/search/jql"))

    assert set() == {"*all", "*navigable", *TEXTS} & set(asked["fields"])


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500])
def test_no_failure_and_no_log_shows_the_credential_or_the_answer(
    full: Site, status: int, reading: Reading, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever Jira answers."""
    caplog.set_level(logging.DEBUG)
    body = json.dumps({"errorMessages": [CANARY], "errors": {}}).encode()
    full.odd["jql", 1] = [Odd(status, {"Location": "https://elsewhere.example/"}, body)] * 3
    client = full.client(max_wait=0.0)
    with pytest.raises(SourceFailure) as failure:
        jira_issue.read(client, reading)
    client.close()
    told = [str(failure.value), repr(failure.value), repr(client), caplog.text]

    assert [] == [text for text in told for word in (CANARY, TOKEN, EMAIL) if word in text]
