"""Can every source be reached, as whom, with which scopes, and could our credential change anything there?

Asks every configured instance at once, each in a thread of its own with a time limit. Stores nothing, and
shows nothing but what sources say of us: no credential is printed, not even in part.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from assets.capture import Client
from assets.failures import SourceFailure
from pipelines.configuration import ConfigurationError, Settings
from pipelines.resources import Clients, client_for, hmac_key

if TYPE_CHECKING:
    from rich.console import Console

FINE, UNREACHABLE, LACKING = 0, 1, 2
KEPT_BY_PEOPLE = frozenset({"register", "people", "list", "lists", "document", "settlement"})
"""Sources that are files: whether this process could write them is the machine's to limit."""
SHOWN = 2
"""Scopes a cell of the table names; JSON has all."""


@dataclass(frozen=True)
class Finding:
    """What one instance of a source said."""

    source: str
    instance: str
    reached: bool
    principal: str | None = None
    granted: tuple[str, ...] | None = None
    writing: tuple[str, ...] | None = None
    """Null: it could not be told."""
    lacking: tuple[str, ...] = ()
    problem: str | None = None
    """Why it could not be reached, or not be asked what we may do."""

    @property
    def word(self) -> str:
        """The finding in a word or two; never colour alone."""
        if not self.reached:
            return "NOT REACHED"
        if self.writing and self.source not in KEPT_BY_PEOPLE:
            return "CAN WRITE"
        if self.problem is not None:
            return "NOT TOLD"
        return "LACKS SCOPES" if self.lacking else "fine"

    @property
    def code(self) -> int:
        """The exit code it asks for."""
        if not self.reached:
            return UNREACHABLE
        return FINE if self.word == "fine" else LACKING


def run(settings: Settings, out: Console, form: str, timeout: float, source: str | None = None) -> int:
    """Ask every configured instance, print what was found and return the exit code."""
    wanted = [
        (word, instance)
        for word, instances in settings.configuration.sources.instances().items()
        for instance in instances
        if source in (None, word)
    ]
    if not wanted:
        known = sorted(word for word, listed in settings.configuration.sources.instances().items() if listed)
        raise click.BadParameter(
            f"{source!r} is no configured source; there are {', '.join(known)}"
            if source
            else "evidence.yaml configures no source",
            param_hint="--source",
        )
    findings = [] if source else list(_key_of_identifiers(settings))
    findings += examine(wanted, lambda word, instance: client_for(settings, word, instance), timeout)
    if form == "json":
        click.echo(json.dumps([{**asdict(found), "finding": found.word} for found in findings], indent=2))
    else:
        _show(findings, out)
    codes = {found.code for found in findings}
    return UNREACHABLE if UNREACHABLE in codes else max(codes)


def examine(wanted: Sequence[tuple[str, str]], clients: Clients, timeout: float) -> list[Finding]:
    """Return what every instance said within the time limit, in the order asked for."""
    asked: list[Future[Finding]] = []
    for word, instance in wanted:
        answer: Future[Finding] = Future()
        asked.append(answer)
        # Daemons, so that one that hangs in a library does not keep the command from ending.
        threading.Thread(target=_answer, args=(answer, word, instance, clients), daemon=True).start()
    wait(asked, timeout)
    late = f"it did not answer within {timeout:g} seconds. Is its address right, and is the network open?"
    return [
        answer.result() if answer.done() else Finding(word, instance, reached=False, problem=late)
        for (word, instance), answer in zip(wanted, asked, strict=True)
    ]


def _answer(answer: Future[Finding], word: str, instance: str, clients: Clients) -> None:
    answer.set_result(_examine_one(word, instance, clients))


def _examine_one(word: str, instance: str, clients: Clients) -> Finding:
    """Return what one instance said. Of an error that is not ours only the type is told: it may quote."""
    doing, reached = "making its client", False
    principal: str | None = None
    client: Client | None = None
    try:
        client = clients(word, instance)
        doing = "asking who we are"
        principal = client.principal()
        reached = True
        doing = "asking what we may do"
        access = client.access()
    except (ConfigurationError, SourceFailure) as error:
        problem = str(error)
    except Exception as error:  # noqa: BLE001 - one source must not keep the others from being told about
        problem = f"{doing} raised something unforeseen ({type(error).__name__})."
    else:
        return Finding(
            word,
            instance,
            reached=True,
            principal=principal,
            granted=access.granted,
            writing=access.writing,
            lacking=access.lacking,
        )
    finally:
        if client is not None:
            client.close()
    return Finding(word, instance, reached, principal, problem=problem)


def _key_of_identifiers(settings: Settings) -> Iterator[Finding]:
    """Yield that the key for shoppers' identifiers is missing or too short: nothing is collected then."""
    try:
        hmac_key(settings)
    except ConfigurationError as error:
        yield Finding("evidence", settings.configuration.hmac_key_env, reached=False, problem=str(error))


def _show(findings: Sequence[Finding], out: Console) -> None:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title="What each source says of us")
    for name in ("source", "instance", "finding"):
        table.add_column(name, no_wrap=True)
    for name in ("as whom", "may", "could write"):
        table.add_column(name, overflow="fold")
    for found in findings:
        style = {FINE: "green", UNREACHABLE: "red", LACKING: "yellow"}[found.code]
        table.add_row(
            found.source,
            found.instance,
            f"[{style}]{found.word}[/{style}]",
            escape(found.principal or "-"),
            escape(_cell(found, found.granted)),
            escape(_cell(found, found.writing)),
        )
    out.print(table)
    for found in findings:
        where = f"{found.source} {found.instance}"
        for text in (*([found.problem] if found.problem else []), *(f"lacks {it}" for it in found.lacking)):
            out.print(f"{where}: {text}", markup=False)
        if found.word == "CAN WRITE" and found.writing:
            out.print(f"{where}: could write by {', '.join(found.writing)}. Take that away.", markup=False)


def _cell(found: Finding, words: Sequence[str] | None) -> str:
    if found.principal is None or not found.reached:
        return "-"
    if words is None:
        return "not told"
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more if words else "nothing"
