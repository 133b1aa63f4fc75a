"""How does one paged listing of AWS become the rows of a dataset, where each record is a row as it is?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assets.aws.client import AwsClient
from assets.capture import Reading, Row, row
from warehouse.dataset import Dataset


def listed(
    client: AwsClient, reading: Reading, dataset: Dataset, call: tuple[str, str, str], **arguments: Any
) -> Iterator[Row]:
    """Yield the rows of a listing. `call` is its service, its operation and the key of its records."""
    service, operation, key = call
    for record in reading.records(client.pages(service, operation, key, **arguments), dataset):
        yield row(dataset, record)
