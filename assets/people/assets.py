"""What is captured of people, and what does each column mean?"""

from __future__ import annotations

from collections.abc import Iterator

from assets.capture import Reading, Row, capture, row
from assets.people.client import PeopleClient
from warehouse.dataset import Column, Dataset, Kind, Privacy

PERSON = Dataset(
    name="people_person",
    kind=Kind.REGISTER,
    title="One row per person HR knows, former ones included",
    key=("person_id",),
    columns=(
        Column("person_id", "text", "HR's id of the person", source="person_id", required=True),
        Column("name", "text", "Their name", source="name", required=True, privacy=Privacy.WORKFORCE),
        Column(
            "work_email",
            "text",
            "Their address at work",
            source="work_email",
            required=True,
            privacy=Privacy.WORKFORCE,
        ),
        Column("type", "text", "employee or contractor", source="type", required=True),
        Column("job_role", "text", "What HR calls their work", source="job_role", required=True),
        Column("department", "text", "Where they work", source="department", required=True),
        Column("manager_id", "text", "Whom they answer to; null: nobody", source="manager_id"),
        Column("start_on", "date", "Their first day", source="start_on", required=True),
        Column(
            "terminated_at", "timestamp", "When their work ended or will; null: open", source="terminated_at"
        ),
        Column("termination_type", "text", "voluntary or involuntary", source="termination_type"),
        Column("role_changed_at", "timestamp", "When their work last changed", source="role_changed_at"),
    ),
)


@capture(PERSON)
def people_person(client: PeopleClient, reading: Reading) -> Iterator[Row]:
    """Everybody HR knows: who has left is told by HR, never by the identity provider."""
    pages, stated = client.read()
    if stated is not None:
        reading.reports(PERSON, stated)
    for record in reading.records(pages, PERSON):
        yield row(PERSON, record)
