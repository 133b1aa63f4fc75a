"""Which company, since when, from which systems? `evidence.yaml` names variables and holds no secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from warehouse.store import Home

FILE = "evidence.yaml"
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
InstanceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


def _beside(path: Path, about: ValidationInfo) -> Path:
    """Return a path as the file means it that names it: counted from that file, wherever we are."""
    return Path(about.context, path) if isinstance(about.context, Path) else path


Beside = Annotated[Path, AfterValidator(_beside)]
"""A file or folder. Relative, it is counted from the folder of evidence.yaml."""


class ConfigurationError(Exception):
    """The configuration is missing or contradicts itself; the message says what to write where."""


class Strict(BaseModel):
    """A part of evidence.yaml: unknown keys are refused, since a typo must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    instance: InstanceName


class OktaSource(Strict):
    """One Okta organisation."""

    org_url: str
    token_env: Variable = "OKTA_API_TOKEN"  # noqa: S105 - the variable's name, not its value


class AwsSource(Strict):
    """One AWS account, reached by assuming a read-only role in it."""

    region: str
    role_arn: str | None = None
    access_key_id_env: Variable | None = None
    """Null: boto3's own chain of credentials (profile, container, instance role)."""
    secret_access_key_env: Variable | None = None
    endpoint_url: str | None = None


class GithubSource(Strict):
    """One GitHub organisation."""

    org: str
    token_env: Variable = "GITHUB_TOKEN"  # noqa: S105 - the variable's name, not its value
    base_url: str = "https://api.github.com"
    """GitHub Enterprise Server: https://<host>/api/v3."""
    repositories: tuple[str, ...] = ()
    """Names of those that are read; none: all of the organisation."""
    personal_access_tokens: bool = False
    """Whether the token is a GitHub App's, to which alone GitHub lists fine-grained tokens."""


class ShopSource(Strict):
    """The platform's shop: its PostgreSQL with the views of the shop contract, or a folder of exports."""

    dsn_env: Variable | None = None
    """Of a database; SHOP_DSN where nothing is said."""
    folder: Beside | None = None
    """Instead: where the exported files lie."""
    mapping: Beside | None = None
    """What the files in the folder are: a YAML file."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.folder is None) != (self.mapping is None) or (self.folder and self.dsn_env):
            raise ValueError(
                "name either `dsn_env` (the address of a PostgreSQL), or `folder` and `mapping` (an export)"
            )
        return self


class RegisterSource(Strict):
    """The folder of registers people keep."""

    folder: Beside


class PeopleSource(Strict):
    """Who works here, from HR: an export dropped as a file, never kept in git, or a view of a PostgreSQL."""

    file: Beside | None = None
    dsn_env: Variable | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.file is None) == (self.dsn_env is None):
            raise ValueError("name either `file` (HR's export) or `dsn_env` (the address of a PostgreSQL)")
        return self


class ListSource(Strict):
    """A system without a connector: somebody exports its accounts and drops them as files."""

    system_id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    """What its accounts are called by in access_account, the role matrix and the registers."""
    folder: Beside | None = None
    """Into which every drop is put, each with its manifest; the newest counts."""
    file: Beside | None = None
    """One manifest that is replaced with each drop."""
    max_age_days: Annotated[int, Field(ge=0, le=31)] = 0
    """How old a list may be. 0: exported on the evidence day itself, the only one a state is true of."""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.folder is None) == (self.file is None):
            raise ValueError("name either `folder` (it keeps every drop) or `file` (one manifest, replaced)")
        return self


class SettlementSource(Strict):
    """An account at a payment processor whose settlement files are dropped into a folder."""

    processor: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    """As the shop's payments name it."""
    folder: Beside
    frame: Literal["paypal", "adyen", "shopify"]
    """How its files are written, and how they say that they are whole."""
    file: str
    """A file's name, with `{day}` where the day stands in it."""
    day_format: str = "%Y%m%d"
    mapping: Beside | None = None
    """Null: the one that is shipped for the frame."""


class StripeSource(Strict):
    """One Stripe account in one mode: its key is a live or a test key."""

    key_env: Variable = "STRIPE_API_KEY"
    base_url: str = "https://api.stripe.com"
    preview: bool = False
    """Whether the account takes part in Stripe's preview of listing API keys and its activity log."""


class JiraSource(Strict):
    """A Jira Cloud site, and the projects whose issues are read."""

    base_url: str
    email_env: Variable = "JIRA_EMAIL"
    token_env: Variable = "JIRA_API_TOKEN"  # noqa: S105 - the variable's name, not its value
    projects: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")], ...] = Field(
        min_length=1
    )
    approval_fields: tuple[Annotated[str, StringConstraints(pattern=r"^customfield_[0-9]+$")], ...] = ()
    """Custom fields that hold approvals; their changes are read too."""


Source: TypeAlias = (
    OktaSource
    | AwsSource
    | GithubSource
    | ShopSource
    | RegisterSource
    | PeopleSource
    | ListSource
    | SettlementSource
    | StripeSource
    | JiraSource
)
FIELDS = {"register": "registers", "list": "lists"}
"""Source word -> the field of Sources that holds its instances, where it is called otherwise."""


class Sources(BaseModel):
    """The systems evidence is collected from."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    okta: tuple[OktaSource, ...] = ()
    aws: tuple[AwsSource, ...] = ()
    github: tuple[GithubSource, ...] = ()
    shop: tuple[ShopSource, ...] = ()
    registers: tuple[RegisterSource, ...] = Field(default=(), alias="register")
    """Named `register` in the file, as its datasets are; that word is taken in Python's classes."""
    people: tuple[PeopleSource, ...] = ()
    lists: tuple[ListSource, ...] = ()
    settlement: tuple[SettlementSource, ...] = ()
    stripe: tuple[StripeSource, ...] = ()
    jira: tuple[JiraSource, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        for source, names in self.instances().items():
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(
                    f"{source}: instance {', '.join(twice)} is listed twice; give each its own name"
                )
        return self

    def of(self, source: str) -> tuple[Source, ...]:
        """Return the configured instances of a source."""
        found: tuple[Source, ...] = getattr(self, FIELDS.get(source, source))
        return found

    def instances(self) -> dict[str, list[str]]:
        """Return source word -> configured instance names, in the order of the file."""
        words = {field: word for word, field in FIELDS.items()}
        fields = [words.get(name, name) for name in type(self).model_fields]
        return {source: [item.instance for item in self.of(source)] for source in fields}

    def listings(self) -> dict[str, list[str]]:
        """Return what recipes are read from: the instances of a source, and those that have a flag set."""
        return {
            **self.instances(),
            "github.personal_access_tokens": [
                item.instance for item in self.github if item.personal_access_tokens
            ],
            "stripe.preview": [item.instance for item in self.stripe if item.preview],
        }


class Webhook(BaseModel):
    """Where messages are posted as Slack takes them: JSON with a `text`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    url_env: Variable = "EVIDENCE_WEBHOOK_URL"
    """The address is a secret: who has it can post."""


class Email(BaseModel):
    """Who is written to, through which server."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)
    starttls: bool = True
    user: str | None = None
    """Null: the sender."""
    password_env: Variable | None = None
    """Null: the server wants none."""


class Notify(BaseModel):
    """Who is told of new exceptions, gaps, overdue ones and waivers about to end."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    lowest_severity: Literal["Critical", "High", "Medium", "Low"] = "High"
    webhook: Webhook | None = None
    email: Email | None = None

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if self.webhook is None and self.email is None:
            raise ValueError("it names neither webhook nor email, so that nobody would be told")
        return self


class Configuration(BaseModel):
    """evidence.yaml as a whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    company: str
    start: date
    """The first evidence day. From it on, every day without a snapshot is a gap."""
    hmac_key_env: Variable = "EVIDENCE_HMAC_KEY"
    hmac_version: str = "1"
    state_rounds: tuple[Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")], ...] = Field(
        default=("12:00",), min_length=1
    )
    """When states are collected each day, UTC."""
    sources: Sources
    notify: Notify | None = None


@dataclass(frozen=True)
class Settings:
    """A home and the configuration that is in force for it."""

    home: Home
    configuration: Configuration
    secrets: Mapping[str, str]
    """Environment variables, read when a secret is needed."""

    def __repr__(self) -> str:
        return f"Settings(home={self.home.path}, company={self.configuration.company!r})"

    def secret(self, variable: str, needed_for: str) -> str:
        """Return the value of an environment variable. Raises ConfigurationError where it is not set."""
        value = self.secrets.get(variable, "")
        if not value:
            raise ConfigurationError(
                f"{needed_for}: the environment variable {variable} is not set. evidence.yaml names it; set "
                "it to the credential's value (never write the value into a file). A retry will not help "
                "before that."
            )
        return value


def home() -> Home:
    """Return the evidence home: EVIDENCE_HOME, else ./.evidence."""
    return Home(Path(os.environ.get("EVIDENCE_HOME", ".evidence")).absolute())


def load(chosen: Home | None = None, file: Path | None = None) -> Settings:
    """Return the settings in force: evidence.yaml in the home (a sandbox), else where we are.

    Raises ConfigurationError naming where we looked, or every wrong key of the file.
    """
    chosen = chosen or home()
    explicit = os.environ.get("EVIDENCE_CONFIG")
    if file is None and explicit:
        file = Path(explicit)
    looked = [file] if file else [chosen.path / FILE, Path(FILE).absolute()]
    found = next((path for path in looked if path.is_file()), None)
    if found is None:
        raise ConfigurationError(
            f"There is no {FILE}. Looked for {' and '.join(str(path) for path in looked)}. Run "
            "`evidence init` for a commented one to begin with, or `make demo` for the simulated company."
        )
    return Settings(chosen, parse(found.read_text(encoding="utf-8"), str(found)), os.environ)


def parse(text: str, name: str) -> Configuration:
    """Return the configuration that the text of a file holds; relative paths in it are counted from the file.

    Raises ConfigurationError with every problem in one list.
    """
    try:
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # a ValueError: a date no calendar has
        raise ConfigurationError(f"{name}: not YAML: {error}") from error
    try:
        return Configuration.model_validate(content, context=Path(name).absolute().parent)
    except ValidationError as error:
        problems = "\n".join(
            f"  {'.'.join(str(step) for step in item['loc'])}: {item['msg']}" for item in error.errors()
        )
        raise ConfigurationError(f"{name}: {error.error_count()} problem(s):\n{problems}") from error
