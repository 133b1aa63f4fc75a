"""Does any secret, or anything about a shopper, reach a file of the home?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import zstandard

from pipelines.demo import HMAC_KEY
from warehouse.store import Home

CANARIES = (
    "mail.example",  # every shopper's address ends so
    "sandbox-reader-password",
    "sandbox-secret-value",
    "the-sandbox-checks-no-signature",
    HMAC_KEY.lower(),
    "ssws",
    "rk_live_",  # the processor's key; the run header says its kind, which ends before
    "jordan shopper",  # who pays, as Stripe's charges name them
    "hooks.acme-shop.example/",  # what comes after is a webhook's secret path
    "atatt3x",  # how a token of Jira begins
)


def texts(home: Path) -> Iterator[tuple[Path, str]]:
    """Yield what every file of the home holds, in clear."""
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        if path.suffix == ".parquet":
            yield path, str(pq.read_table(path, partitioning=None).to_pydict())
        elif path.suffix == ".zst":
            yield path, zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read().decode()
        else:
            yield path, path.read_bytes().decode("utf-8", "replace")


def test_no_file_of_a_home_holds_a_secret_or_a_shoppers_address(eight_days: Home) -> None:
    """Snapshots, raw pages, ledger, warehouse, Dagster's own files and the configuration."""
    found = [
        (str(path.relative_to(eight_days.path)), canary)
        for path, text in texts(eight_days.path)
        for canary in CANARIES
        if canary in text.lower()
    ]

    assert [] == found
