"""Does each test find again what the package says it found? Needs Python 3.9 and the duckdb package.

    pip install duckdb
    python kit/reperform.py        in the package's folder

Runs kit/reperform.sql, which any DuckDB of 1.4 or later can run as well, over the files under store/.

Exit codes: 0 equal wherever it was run again; 1 something differs; 2 equal, but some results could not be run
again, and why; 3 it could not be run.
"""

import os
import sys
from pathlib import Path


def main(folder):
    """Run the tests again and return the exit code."""
    try:
        import duckdb
    except ImportError:
        print("CANNOT TELL: the duckdb package is missing: pip install duckdb")
        return 3
    os.chdir(folder)
    script = Path("kit/reperform.sql")
    if not script.is_file():
        print(f"CANNOT TELL: there is no {script} in {folder}: this package leaves it out")
        return 3
    connection = duckdb.connect()
    try:
        for statement in connection.extract_statements(script.read_text(encoding="utf-8")):
            connection.execute(statement)
    except duckdb.Error as error:
        print(f"CANNOT TELL: {error}")
        return 3
    (again,) = connection.execute("select count(*) from run").fetchone()
    looked, refused = (
        connection.execute(f"select count(*) from {t}").fetchone()[0] for t in ("population", "refused")
    )
    not_run = connection.execute(
        "select test_id, count(*), reason from not_run group by all order by all"
    ).fetchall()
    differ = connection.execute(
        "select run.test_id, run.day, d.what, d.population_key, d.code from difference as d "
        "join run on run.result_id = d.result_id order by all"
    ).fetchall()
    for test, day, what, key, code in differ[:50]:
        print(f"DIFFERS  {test} of {day}: {what}: {key} {code or ''}")
    if len(differ) > 50:
        print(f"DIFFERS  and {len(differ) - 50} more")
    for test, days, reason in not_run:
        print(f"NOT RUN  {test} on {days} day(s): {reason}")
    print(f"run again     {again} results, {looked} rows looked at, {refused} refused")
    if not again:
        print("NOTHING WAS RUN AGAIN: no result of this package could be")
        return 2
    print(f"{'DIFFERS' if differ else 'EQUAL'}: {len(differ)} rows differ from what is stored")
    return 1 if differ else 2 if not_run else 0


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))
