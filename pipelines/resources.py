"""Which systems do we read, with which credentials? Every source and every credential on one screen.

name -> client -> environment variable. evidence.yaml names the variables; their values are read here, when a
client is made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import assert_never

from assets.capture import Client
from assets.collect import HmacKey
from pipelines.configuration import (
    AwsSource,
    ConfigurationError,
    GithubSource,
    JiraSource,
    ListSource,
    OktaSource,
    PeopleSource,
    RegisterSource,
    Settings,
    SettlementSource,
    ShopSource,
    Source,
    StripeSource,
)

HMAC_KEY_LENGTH = 32


def client_for(settings: Settings, source: str, instance: str) -> Client:
    """Return a client of one configured instance. Raises ConfigurationError where a credential is not set.

    The vendors' libraries are imported here, so that commands that read no source need not wait for them.
    """
    for item in settings.configuration.sources.of(source):
        if item.instance == instance:
            return _client(settings, item)
    raise ConfigurationError(f"evidence.yaml names no instance {instance!r} of source {source!r}.")


def _client(settings: Settings, item: Source) -> Client:
    def secret(variable: str) -> str:
        return settings.secret(variable, f"source of instance {item.instance}")

    match item:
        case OktaSource():
            from assets.okta.client import OktaClient

            return OktaClient(instance=item.instance, org_url=item.org_url, token=secret(item.token_env))
        case AwsSource():
            from assets.aws.client import AwsClient

            return AwsClient(
                instance=item.instance,
                access_key_id=secret(item.access_key_id_env) if item.access_key_id_env else None,
                secret_access_key=(
                    secret(item.secret_access_key_env) if item.secret_access_key_env else None
                ),
                role_arn=item.role_arn,
                endpoint_url=item.endpoint_url,
                region=item.region,
            )
        case GithubSource():
            from assets.github.client import GithubClient

            return GithubClient(
                instance=item.instance,
                org=item.org,
                token=secret(item.token_env),
                base_url=item.base_url,
                only=item.repositories,
                lists_tokens=item.personal_access_tokens,
            )
        case ShopSource():
            return _shop(item, secret)
        case RegisterSource():
            from assets.registers.client import RegisterFolder

            return RegisterFolder(instance=item.instance, folder=item.folder)
        case PeopleSource(file=Path() as file):
            from assets.people.client import PeopleFile

            return PeopleFile(instance=item.instance, file=file)
        case PeopleSource():
            from assets.people.table import PeopleTable

            return PeopleTable(instance=item.instance, dsn=secret(str(item.dsn_env)))
        case ListSource() | SettlementSource():
            return _dropped(item)
        case StripeSource():
            from assets.stripe.client import StripeClient

            return StripeClient(
                instance=item.instance,
                key=secret(item.key_env),
                base_url=item.base_url,
                preview=item.preview,
            )
        case JiraSource():
            from assets.jira.client import JiraClient

            return JiraClient(
                instance=item.instance,
                base_url=item.base_url,
                email=secret(item.email_env),
                token=secret(item.token_env),
                projects=item.projects,
                approval_fields=item.approval_fields,
            )
        case _:
            assert_never(item)


def _shop(item: ShopSource, secret: Callable[[str], str]) -> Client:
    if item.folder is not None and item.mapping is not None:
        from assets.shop.files import ShopFiles

        return ShopFiles(item.instance, item.folder, item.mapping)
    from assets.shop.client import ShopClient

    return ShopClient(instance=item.instance, dsn=secret(item.dsn_env or "SHOP_DSN"))


def absent(settings: Settings) -> frozenset[tuple[str, str]]:
    """Return (dataset, instance) of what a source's configuration says cannot be had from it.

    Raises ConfigurationError where a shop's mapping cannot be read: then nobody knows what to expect.
    """
    found: set[tuple[str, str]] = set()
    for item in settings.configuration.sources.shop:
        if item.mapping is not None:
            found |= {(name, item.instance) for name in _lacking(item.mapping, item.instance)}
    return frozenset(found)


@cache
def _lacking(mapping: Path, instance: str) -> frozenset[str]:
    from assets.failures import PermanentFailure
    from assets.shop.files import absent_from, mapping_of

    try:
        return absent_from(mapping_of(mapping, instance))
    except PermanentFailure as error:
        raise ConfigurationError(str(error)) from None


def _dropped(item: ListSource | SettlementSource) -> Client:
    """Return a client of what somebody drops into a folder."""
    if isinstance(item, ListSource):
        from assets.lists.client import ListClient

        return ListClient(item.instance, item.system_id, item.folder, item.file, item.max_age_days)
    from assets.settlement.client import SettlementClient

    return SettlementClient(
        instance=item.instance,
        processor=item.processor,
        folder=item.folder,
        frame=item.frame,
        file=item.file,
        day_format=item.day_format,
        mapping=item.mapping,
    )


def hmac_key(settings: Settings) -> HmacKey:
    """Return the key that replaces shoppers' identifiers. Raises ConfigurationError where it is too short."""
    configuration = settings.configuration
    value = settings.secret(configuration.hmac_key_env, "replacing shoppers' identifiers")
    if len(value) < HMAC_KEY_LENGTH:
        raise ConfigurationError(
            f"{configuration.hmac_key_env} has {len(value)} characters, expected at least {HMAC_KEY_LENGTH}: "
            "a short key can be guessed, and with it every shopper's identifier."
        )
    return HmacKey(value.encode(), configuration.hmac_version)


Clients = Callable[[str, str], Client]
"""(source, instance) -> client."""
