"""Is evidence.yaml refused wherever it is doubtful, and does it never hold or show a secret?"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipelines.catalogue import catalogue
from pipelines.configuration import ConfigurationError, Settings, home, load, parse
from warehouse.store import Home

ROOT = Path(__file__).parents[2]
TEXT = """
company: Example
start: 2026-03-01
sources:
  okta:
    - {instance: acme, org_url: "https://acme.okta.example"}
  aws:
    - {instance: "111111111111", region: eu-central-1}
    - {instance: "222222222222", region: eu-central-1}
  register:
    - {instance: main, folder: registers}
"""


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start in an empty folder, with nothing set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVIDENCE_HOME", raising=False)
    monkeypatch.delenv("EVIDENCE_CONFIG", raising=False)


def test_a_configuration_says_since_when_and_from_which_systems() -> None:
    """Sources that are not listed have no instances; states are collected at noon unless said otherwise."""
    found = parse(TEXT, "evidence.yaml")

    assert (date(2026, 3, 1), ("12:00",)) == (found.start, found.state_rounds)
    assert {
        "okta": ["acme"],
        "aws": ["111111111111", "222222222222"],
        "github": [],
        "shop": [],
        "register": ["main"],
        "people": [],
        "list": [],
        "settlement": [],
        "stripe": [],
        "jira": [],
    } == found.sources.instances()
    assert "OKTA_API_TOKEN" == found.sources.okta[0].token_env


@pytest.mark.parametrize("preview", [True, False])
def test_a_preview_is_expected_only_of_the_instances_that_have_it(preview: bool) -> None:
    """Where it is off nothing is missing from the calendar, and what needs it is NOT_TESTED."""
    text = f"{TEXT}  stripe:\n    - {{instance: live, preview: {preview}}}\n    - {{instance: test}}\n"
    expected = catalogue().expected(parse(text, "evidence.yaml").sources.listings())
    found = {(dataset.name, instance) for dataset, instance in expected if dataset.source == "stripe"}

    assert {("stripe_charge", "live"), ("stripe_charge", "test")} <= found
    assert ({"live"} if preview else set()) == {
        instance for name, instance in found if name in {"stripe_api_key", "stripe_activity_log"}
    }


@pytest.mark.parametrize("listed", [True, False])
def test_fine_grained_tokens_are_expected_only_of_the_organisations_whose_app_reads_them(
    listed: bool,
) -> None:
    """GitHub shows them to an app alone."""
    text = f"{TEXT}  github:\n    - {{instance: one, org: one, personal_access_tokens: {listed}}}\n"
    expected = catalogue().expected(parse(text, "evidence.yaml").sources.listings())
    found = {dataset.name for dataset, _ in expected if dataset.source == "github"}

    assert "github_deploy_key" in found
    assert listed == ("github_personal_access_token" in found)


def test_the_example_is_a_configuration() -> None:
    """Who copies it starts from something that loads."""
    parse((ROOT / "evidence.example.yaml").read_text(encoding="utf-8"), "evidence.example.yaml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("company: Example\n", "", "company: Field required"),
        ("start: 2026-03-01", "start: 2026-13-01", "month must be in 1..12"),
        ("okta:", "octa:", "sources.octa: Extra inputs"),
        ("org_url:", "token: 00secret, org_url:", "sources.okta.0.token: Extra inputs"),
        ("instance: acme", "instance: ../acme", "sources.okta.0.instance: String should match"),
        ('"222222222222"', '"111111111111"', "aws: instance 111111111111 is listed twice"),
        ("company:", "state_rounds: []\ncompany:", "state_rounds: "),
        ("company:", 'state_rounds: ["24:00"]\ncompany:', "state_rounds.0: String should match"),
        ("company:", "hmac_key_env: the key itself\ncompany:", "hmac_key_env: String should match"),
        ("company: Example", "company: [", "not YAML"),
        (TEXT, "", "1 problem"),
    ],
)
def test_what_is_doubtful_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    """A typo must not be a silent default, nor a secret stand in the file."""
    assert old in TEXT
    with pytest.raises(ConfigurationError, match=r"evidence\.yaml: ") as refused:
        parse(TEXT.replace(old, new), "evidence.yaml")

    assert said in str(refused.value)


def test_who_wants_people_told_says_through_which_channel() -> None:
    """A `notify` without any would tell nobody, and nobody would notice."""
    with pytest.raises(ConfigurationError, match="neither webhook nor email"):
        parse(TEXT + "notify: {lowest_severity: High}\n", "evidence.yaml")

    found = parse(TEXT + "notify: {webhook: {}}\n", "evidence.yaml")

    assert found.notify is not None
    assert found.notify.webhook is not None
    assert "EVIDENCE_WEBHOOK_URL" == found.notify.webhook.url_env


def test_every_problem_is_told_at_once() -> None:
    """Who mends one should not meet the next only then."""
    with pytest.raises(ConfigurationError, match=r"2 problem\(s\)"):
        parse(TEXT.replace("company: Example\n", "").replace("okta:", "octa:"), "evidence.yaml")


def test_a_home_has_its_own_configuration_else_it_is_the_one_where_we_are(tmp_path: Path) -> None:
    """A sandbox home brings its own, so that the demo never reads a real company's."""
    (tmp_path / "evidence.yaml").write_text(TEXT)
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    (one / "evidence.yaml").write_text(TEXT.replace("Example", "Simulated"))

    assert ["Simulated", "Example"] == [load(Home(path)).configuration.company for path in (one, two)]


def test_a_named_file_is_the_only_one_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """EVIDENCE_CONFIG; where it is not there, that is said."""
    (tmp_path / "evidence.yaml").write_text(TEXT)
    monkeypatch.setenv("EVIDENCE_CONFIG", str(tmp_path / "other.yaml"))

    with pytest.raises(ConfigurationError, match=r"Looked for .*other\.yaml\. Run"):
        load(Home(tmp_path))


def test_a_relative_path_is_counted_from_the_file_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the command is run, and however the file is named; an absolute path is as it stands."""
    company = tmp_path / "company"
    (company / "elsewhere").mkdir(parents=True)
    (company / "evidence.yaml").write_text(
        f"{TEXT}  people:\n    - {{instance: main, file: ../hr/people.csv}}\n"
        "  lists:\n    - {instance: a, system_id: stripe_dashboard, folder: ./lists}\n"
        "    - {instance: b, system_id: zendesk, file: /drops/list.yaml}\n"
    )
    expected = [
        company / "registers",
        company / "../hr/people.csv",
        company / "lists",
        Path("/drops/list.yaml"),
    ]
    for where, named in ((tmp_path, "company/evidence.yaml"), (company / "elsewhere", "../evidence.yaml")):
        monkeypatch.chdir(where)
        monkeypatch.setenv("EVIDENCE_CONFIG", named)
        sources = load(Home(tmp_path)).configuration.sources
        found = [sources.registers[0].folder, sources.people[0].file, sources.lists[0].folder]

        assert [path.resolve() for path in expected] == [
            path.resolve() for path in (*found, sources.lists[1].file) if path is not None
        ]
        assert all(path.is_absolute() for path in found if path is not None)


def test_the_home_is_beside_us_unless_the_environment_says_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two homes live side by side."""
    beside = home()
    monkeypatch.setenv("EVIDENCE_HOME", str(tmp_path / "other"))

    assert [tmp_path / ".evidence", tmp_path / "other"] == [beside.path, home().path]


def test_a_secret_is_read_when_it_is_needed_and_never_shown(tmp_path: Path) -> None:
    """A variable that is not set stops the run and is named."""
    settings = Settings(
        Home(tmp_path), parse(TEXT, "evidence.yaml"), {"A_TOKEN": "canary-value", "EMPTY": ""}
    )

    assert "canary-value" == settings.secret("A_TOKEN", "okta acme")
    assert "canary-value" not in repr(settings)
    for variable in ("ANOTHER", "EMPTY"):
        with pytest.raises(ConfigurationError, match=f"okta acme: the environment variable {variable}"):
            settings.secret(variable, "okta acme")
