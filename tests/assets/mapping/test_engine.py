"""Do files come to exact rows, and is everything that does not fit listed at once?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from assets.failures import PermanentFailure
from assets.mapping.declared import Mapping, read_mapping
from assets.mapping.engine import Filled, Target, fill
from assets.mapping.problems import Refused
from warehouse.dataset import Column, Privacy

SALE = Target(
    columns=(
        Column("sale_id", "text", "The sale", required=True),
        Column("customer_hmac", "text", "Who", source="customer_ref", privacy=Privacy.SHOPPER),
        Column("sold_at", "timestamp", "When", required=True),
        Column("currency", "text", "Currency", required=True),
        Column("total_minor", "money", "Total", required=True),
        Column("is_test", "bool", "Whether it is no sale"),
    ),
    key=("sale_id",),
    currency="currency",
)
ITEM = Target(
    columns=(
        Column("item_id", "text", "The item", required=True),
        Column("sale_id", "text", "The sale"),
        Column("qty_e4", "int", "Quantity", unit="1/10000"),
        Column("price_e4", "int", "Price", unit="1/10000 minor unit"),
        Column("rate_e9", "int", "Rate", unit="1/1000000000"),
        Column("ext_minor", "money", "Extension"),
    ),
    key=("item_id",),
    reference="sale_id",
    referred="sales",
)
TARGETS = {"sales": SALE, "items": ITEM}
SALES: dict[str, Any] = {
    "file": "sales.csv",
    "columns": {
        "sale_id": {"from": "id"},
        "customer_ref": {"from": "who"},
        "sold_at": {"from": "at"},
        "currency": {"from": "cur"},
        "total_minor": {"from": "total", "unit": "major"},
        "is_test": {"from": "test", "values": {"0": False, "1": True}},
    },
}
FORMULA = "text that no spreadsheet would compute: this begins as a formula"
HEADING = "id,who,at,cur,total,test\n"
GOOD = HEADING + "1,ana,2026-03-10T09:00:00Z,EUR,12.50,0\n"


def of(sales: dict[str, Any] | None = None, **other: Any) -> Mapping:
    """Return a mapping."""
    return Mapping.model_validate({"tables": {"sales": sales or SALES}, **other})


def filled(folder: Path, content: bytes | str, mapping: Mapping | None = None) -> Filled:
    """Return what one file of sales comes to."""
    raw = content.encode() if isinstance(content, str) else content
    (folder / "sales.csv").write_bytes(raw)
    return fill(mapping or of(), folder, TARGETS, of="shop export")["sales"]


def refused(folder: Path, content: bytes | str, mapping: Mapping | None = None) -> list[str]:
    """Return everything that does not fit in one file of sales."""
    with pytest.raises(Refused) as caught:
        filled(folder, content, mapping)
    return [str(problem) for problem in caught.value.problems]


def row(**other: Any) -> dict[str, Any]:
    """Return the one row of a good file."""
    return {
        "sale_id": "1",
        "customer_ref": "ana",
        "sold_at": datetime(2026, 3, 10, 9, tzinfo=UTC),
        "currency": "EUR",
        "total_minor": 1250,
        "is_test": False,
    } | other


def test_a_good_file_comes_to_exact_rows(tmp_path: Path) -> None:
    """In minor units and UTC, with the file's digest."""
    found = filled(tmp_path, GOOD)

    assert [row()] == found.rows
    assert ["sales.csv"] == [name for name, _ in found.files]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace(",ana,", ', "ana" ,').replace(' "ana" ', '"ana"').encode(),
        GOOD.encode() + b"\n\n",
    ],
)
def test_how_a_program_ends_lines_or_begins_a_file_does_not_matter(tmp_path: Path, content: bytes) -> None:
    """A byte order mark, CRLF, quotes and empty lines at the end."""
    assert [row()] == filled(tmp_path, content).rows


def test_a_line_break_between_quotes_belongs_to_its_cell(tmp_path: Path) -> None:
    """And the lines after it keep their numbers."""
    text = GOOD.replace("ana", '"an\na"') + "2,bo,never,EUR,1.00,0\n"

    assert ["sales.csv, line 4, column at"] == [
        problem.partition(":")[0] for problem in refused(tmp_path, text)
    ]


def test_everything_that_does_not_fit_is_listed_at_once(tmp_path: Path) -> None:
    """With file, line, column, what was found and what was expected."""
    lines = [
        "1,ana,2026-03-10T09:00:00Z,EUR,12.50,0",
        "2,ana,2026-03-10T09:00:00,EUR,12.505,0",
        "3,ana,2026-03-10T09:00:00Z,JPY,12.5,2",
        "4,ana,2026-03-10T09:00:00Z,XXQ,12.50,0",
        "5,ana,2026-03-10T09:00:00Z,EUR,NaN,0",
        "6,ana,2026-03-10T09:00:00Z,EUR,inf,0",
        f"7,ana,2026-03-10T09:00:00Z,JPY,{2**63},0",
        "8,ana,2026-03-10T09:00:00Z,EUR",
        "9,ana,2026-03-10T09:00:00Z,EUR,,0",
        "1,bo,2026-03-10T09:00:00Z,EUR,12.50,0",
        "=1+1,bo,2026-03-10T09:00:00Z,EUR,12.50,0",
    ]
    found = refused(tmp_path, HEADING + "\n".join(lines) + "\n")
    number = "a number with '.' before its decimals"
    zone = "an instant with its offset from UTC, or a `zone` in the mapping"
    known = "a currency of ISO 4217 or of `currencies`, without which no amount has decimals"

    assert {
        f"line 3, column at: found '2026-03-10T09:00:00', expected {zone}",
        "line 3, column total: found '12.505', expected at most 2 decimal(s)",
        "line 4, column test: found '2', expected one of 0, 1, as `values` says",
        "line 4, column total: found '12.5', expected no decimals",
        f"line 5: found currency 'XXQ', expected {known}",
        f"line 6, column total: found 'NaN', expected {number}",
        f"line 7, column total: found 'inf', expected {number}",
        f"line 8, column total: found '{2**63}', expected a number that 64 bits hold",
        "line 9: found 4 cells, expected 6, as the heading has",
        "line 10, column total: found no value, expected a value: no row may be without one",
        "line 11: found the same sale_id as in sales.csv, line 2, expected no two rows with one key",
        f"line 12, column id: found '=1+1', expected {FORMULA}",
    } == {problem.removeprefix("sales.csv, ") for problem in found}
    assert 12 == len(found)


def test_what_is_personal_is_not_shown(tmp_path: Path) -> None:
    """A shopper's reference that does not fit reaches no error."""
    (problem,) = refused(tmp_path, GOOD.replace("ana", "@ana-canary"))

    assert "canary" not in problem
    assert problem.startswith("sales.csv, line 2, column who: found a value (it may be personal")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "sales.csv: found an empty file, expected at least a heading"),
        (
            GOOD.replace("ana", "Zoë").encode("cp1252"),
            "sales.csv, line 2: found byte 29, which cannot be decoded",
        ),
        (GOOD.replace("ana", "a\0b").encode(), "sales.csv, line 2: found a NUL character"),
        (GOOD.replace("ana", "Zo\ufffd").encode(), "sales.csv, line 2: found a character that was lost"),
        (GOOD.replace("ana", '"ana').encode(), "sales.csv, line 2: found no CSV"),
        (GOOD.replace("who", "id").encode(), "sales.csv, line 1: found column id twice"),
        (GOOD.replace("who", "").encode(), "sales.csv, line 1: found no name of column 2"),
        (GOOD.replace("total", "sum").encode(), "sales.csv: found no column total, expected it"),
    ],
)
def test_a_file_that_is_no_such_file_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    """Before any of its rows are looked at."""
    assert any(found.startswith(problem) for found in refused(tmp_path, content))


def test_the_mark_of_another_encoding_is_refused(tmp_path: Path) -> None:
    """A western single-byte encoding can decode anything, and would garble it in silence."""
    (problem,) = refused(tmp_path, b"\xef\xbb\xbf" + GOOD.encode(), of(encoding="cp1252"))

    assert problem == "sales.csv: found the byte order mark of UTF-8, expected cp1252, as the mapping says"


def test_a_missing_file_is_no_empty_one(tmp_path: Path) -> None:
    """Nobody drops nothing."""
    with pytest.raises(Refused, match=r"sales\.csv: found no such file"):
        fill(of(), tmp_path, TARGETS, of="shop export")


def test_another_column_is_counted_as_drift(tmp_path: Path) -> None:
    """Unless the mapping knows it, and never kept."""
    text = "note,mood," + GOOD.replace("\n1,", "\nx,y,1,")
    found = filled(tmp_path, text, of({**SALES, "ignored": ["mood"]}))

    assert {"note": 1} == dict(found.dropped)
    assert [row()] == found.rows


def test_a_continental_export_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Semicolons, decimal commas, points between thousands, local times, its own word for nothing."""
    mapping = of(
        delimiter=";",
        decimal=",",
        thousands=".",
        zone="Europe/Berlin",
        timestamps=["%d.%m.%Y %H:%M"],
        null_words=["", "k.A."],
        encoding="cp1252",
        skip_rows=2,
    )
    text = "Umsätze\n\nid;who;at;cur;total;test\n1;k.A.;10.03.2026 10:00;EUR;1.234,50;0\n"

    assert [row(customer_ref=None, total_minor=123450)] == filled(
        tmp_path, text.encode("cp1252"), mapping
    ).rows


def test_an_export_in_parts_is_one_table(tmp_path: Path) -> None:
    """Its keys are unique over all of them."""
    for part in ("a", "b"):
        (tmp_path / f"sales-{part}.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(
        Refused, match=r"sales-b\.csv, line 2: found the same sale_id as in sales-a\.csv, line 2"
    ):
        fill(of({**SALES, "file": "sales-*.csv"}), tmp_path, TARGETS, of="shop export")


def test_lines_take_the_currency_of_their_order(tmp_path: Path) -> None:
    """Quantities, prices and rates are scaled exactly; an item of no sale has no currency."""
    (tmp_path / "sales.csv").write_text(HEADING + "1,a,2026-03-10T09:00:00Z,KWD,12.5,0\n", encoding="utf-8")
    (tmp_path / "items.csv").write_text("id,sale,n,each,rate\n7,1,1.5,0.12345,8.25\n", encoding="utf-8")
    items = {
        "file": "items.csv",
        "columns": {
            "item_id": {"from": "id"},
            "sale_id": {"from": "sale"},
            "qty_e4": {"from": "n", "unit": "one"},
            "price_e4": {"from": "each", "unit": "major"},
            "rate_e9": {"from": "rate", "unit": "percent"},
            "ext_minor": {"product": ["n", "each"], "unit": "major", "round": "half_up"},
        },
    }
    mapping = of(tables={"sales": SALES, "items": items})

    assert [
        {
            "item_id": "7",
            "sale_id": "1",
            "qty_e4": 15000,
            "price_e4": 1234500,
            "rate_e9": 82500000,
            "ext_minor": 185,
        }
    ] == fill(mapping, tmp_path, TARGETS, of="shop export")["items"].rows

    (tmp_path / "items.csv").write_text("id,sale,n,each,rate\n7,2,1,1,1\n", encoding="utf-8")
    with pytest.raises(Refused, match="found sale_id '2', which no row of sales has"):
        fill(mapping, tmp_path, TARGETS, of="shop export")


def test_amounts_without_a_unit_are_refused(tmp_path: Path) -> None:
    """Nobody guesses whether 1250 is twelve euro fifty."""
    columns = SALES["columns"] | {"total_minor": {"from": "total"}}
    (problem,) = refused(tmp_path, GOOD, of({**SALES, "columns": columns}))

    assert "expected a mapping with `unit` one of minor, major (it has no `unit`)" in problem


def test_books_finer_than_coins_have_a_currency_of_their_own(tmp_path: Path) -> None:
    """Its digits are the mapping's; those of ISO 4217 are nobody's to change."""
    text = GOOD.replace("EUR,12.50", "EUR4,12.5025")

    assert [row(currency="EUR4", total_minor=125025)] == filled(
        tmp_path, text, of(currencies={"EUR4": 4})
    ).rows
    for wrong in ({"EUR": 4}, {"EUR4": 3}):
        with pytest.raises(ValueError, match=r"currencies|ends in the number of digits"):
            of(currencies=wrong)


def parquet(folder: Path, total: pa.Array, mapping: Mapping) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file with one sale."""
    moment = pa.array([datetime(2026, 3, 10, 9, tzinfo=UTC)], pa.timestamp("ns", tz="UTC"))
    table = pa.table(
        {"id": ["1"], "who": ["ana"], "at": moment, "cur": ["EUR"], "total": total, "test": pa.array([0])}
    )
    pq.write_table(table, folder / "sales.parquet")
    return fill(mapping, folder, TARGETS, of="shop export")["sales"].rows


def test_parquet_gives_decimals_and_integers_as_they_are(tmp_path: Path) -> None:
    """A float is taken only where the mapping says so, and where it stands for one amount."""
    plain = {**SALES, "file": "sales.parquet", "format": "parquet"}
    taken = {
        **plain,
        "columns": SALES["columns"] | {"total_minor": {"from": "total", "unit": "major", "floats": True}},
    }

    assert [row()] == parquet(tmp_path, pa.array([Decimal("12.50")]), of(plain))
    assert [row()] == parquet(tmp_path, pa.array([12.5]), of(taken))
    with pytest.raises(Refused, match="a binary float is taken only with `floats: true`"):
        parquet(tmp_path, pa.array([12.5]), of(plain))
    with pytest.raises(Refused, match="at most 15 digits"):
        parquet(tmp_path, pa.array([0.1 + 0.2]), of(taken))
    with pytest.raises(Refused, match="at most 2 decimal"):
        parquet(tmp_path, pa.array([12.505]), of(taken))
    with pytest.raises(Refused, match="NaN and infinities"):
        parquet(tmp_path, pa.array([float("nan")]), of(taken))


def test_json_records_are_found_below_one_another(tmp_path: Path) -> None:
    """A number is exact in JSON too; `^` is of the record outside."""
    columns = SALES["columns"] | {
        "customer_ref": {"from": "^who.ref"},
        "total_minor": {"from": "total", "unit": "major"},
        "is_test": {"from": "test"},
    }
    mapping = of({"file": "sales.json", "format": "json", "records": ["people", "sales"], "columns": columns})
    text = (
        '{"people": [{"who": {"ref": "ana"}, "sales": [{"id": 1, "at": "2026-03-10T10:00:00+01:00", '
        '"cur": "EUR", "total": 12.50, "test": false}]}, {"who": {"ref": "bo"}, "sales": []}]}'
    )
    (tmp_path / "sales.json").write_text(text, encoding="utf-8")

    assert [row()] == fill(mapping, tmp_path, TARGETS, of="shop export")["sales"].rows
    for wrong in (
        text.replace("12.50", "NaN"),
        text.replace('"cur"', '"id"'),
        text.replace("sales", "sails"),
        text[:-1],
        json.dumps({"people": [1]}),
    ):
        (tmp_path / "sales.json").write_text(wrong, encoding="utf-8")
        with pytest.raises(Refused, match=r"sales\.json"):
            fill(mapping, tmp_path, TARGETS, of="shop export")


def read(folder: Path, content: Any) -> Mapping:
    """Return a mapping read from a file."""
    (folder / "mapping.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    tables = {name: frozenset(target.named()) for name, target in TARGETS.items()}
    return read_mapping(folder / "mapping.yaml", tables, of="shop export")


def test_a_mapping_says_of_every_table_what_it_is(tmp_path: Path) -> None:
    """Mapped or absent: silence is refused, as it would pass for an empty table."""
    with pytest.raises(PermanentFailure, match="nothing is said of items"):
        read(tmp_path, {"tables": {"sales": SALES}})

    assert ("items",) == read(tmp_path, {"tables": {"sales": SALES}, "absent": ["items"]}).absent


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"zome": "UTC"}, "line 3: zome: Extra inputs are not permitted"),
        ({"zone": "Middle/Earth"}, "is no time zone"),
        ({"timestamps": ["%d.%m.%y"]}, "could mean several things"),
        ({"decimal": ",", "thousands": ","}, "are the same sign"),
        ({"absent": ["sales"]}, "cannot be `absent` and have a file"),
        ({"absent": ["sails"]}, "absent: sails is none of items, sales"),
        ({"tables": {"sales": {**SALES, "file": "../x.csv"}}}, "must lie in the folder"),
        ({"tables": {"sales": {**SALES, "columns": {"id": {"from": "a"}}}}}, "the table has no such column"),
        ({"tables": {"sales": {**SALES, "columns": {"sale_id": {}}}}}, "exactly one of"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(tmp_path: Path, change: Any, problem: str) -> None:
    """Each with its line."""
    with pytest.raises(PermanentFailure, match=problem):
        read(
            tmp_path,
            {"absent": ["items"], **change} | ({} if "tables" in change else {"tables": {"sales": SALES}}),
        )


def test_what_is_taken_off_is_a_fraction_of_the_whole(tmp_path: Path) -> None:
    """Of exports that give a price, a quantity and a discount, and not what they make."""
    columns = SALES["columns"] | {
        "total_minor": {"product": ["n", "each"], "less": "off", "unit": "major", "round": "half_even"}
    }
    text = "id,who,at,cur,n,each,off,test\n1,ana,2026-03-10T09:00:00Z,EUR,3,0.95,0.1,0\n"

    assert [row(total_minor=256)] == filled(tmp_path, text, of({**SALES, "columns": columns})).rows


def test_amounts_in_a_list_are_added_up(tmp_path: Path) -> None:
    """Exactly; none at all come to nothing, and a list that is not there is no empty one."""
    columns = SALES["columns"] | {
        "total_minor": {"from": "parts[].amount", "unit": "major"},
        "is_test": {"from": "test"},
    }
    mapping = of({"file": "sales.json", "format": "json", "columns": columns})
    sale = {"id": "1", "who": "ana", "at": "2026-03-10T09:00:00Z", "cur": "EUR", "test": False}

    def total(**other: Any) -> list[int]:
        (tmp_path / "sales.json").write_text(json.dumps([{**sale, **other}]), encoding="utf-8")
        return [
            one["total_minor"] for one in fill(mapping, tmp_path, TARGETS, of="shop export")["sales"].rows
        ]

    assert [30] == total(parts=[{"amount": "0.10"}, {"amount": 0.2}])
    assert [0] == total(parts=[])
    for wrong in ({}, {"parts": None}, {"parts": [{"amount": None}]}, {"parts": [{}]}, {"parts": "0.10"}):
        with pytest.raises(Refused, match=r"parts\[\]\.amount"):
            total(**wrong)
