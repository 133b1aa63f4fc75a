"""How long does judging all controls for one day take, against running their SQL alone?"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

from assets.capture import day_window
from pipelines import evaluation
from pipelines.configuration import load
from pipelines.session import Session
from tests.benchmarks.measure import Line, seconds
from warehouse.read import Reader
from warehouse.store import Home

DAY = date(2026, 3, 1)
START, END = day_window(DAY)
BUILT_IN = {"day": DAY, "day_start": START, "day_end": END}


def measure(folder: Path) -> list[Line]:
    """Compare both on one evidence day of the simulated company."""
    subprocess.run(
        [sys.executable, "-m", "pipelines", "demo", "--days", "1"],
        env={**os.environ, "EVIDENCE_HOME": str(folder)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    session = Session.open(load(Home(folder)), run="benchmark")
    tests = sum(not test.reads_results for control in evaluation.controls() for test in control.tests)
    return [
        Line(
            f"judging {tests} tests of one day",
            seconds(lambda: judge(session), times=3),
            "running their SQL alone",
            seconds(lambda: run_sql(session), times=3),
        )
    ]


def judge(session: Session) -> None:
    """Judge every test in both engines, storing nothing."""
    reader = Reader(session.store, session.index, session.catalogue.datasets)
    waivers = evaluation.waivers_of(session, reader, DAY)
    for control in evaluation.controls():
        for test in control.tests:
            if not test.reads_results:
                evaluation.judge(session, reader, control, test, DAY, waivers, ())


def run_sql(session: Session) -> None:
    """State the facts of every test, and judge nothing."""
    reader = Reader(session.store, session.index, session.catalogue.datasets)
    for control in evaluation.controls():
        for test in control.tests:
            if test.reads_results:
                continue
            for chosen in reader.available(test.needs, DAY).rounds:
                connection = reader.connect(chosen, test.needs)
                try:
                    known = {**control.parameters_on(DAY), **BUILT_IN, "observed_at": chosen.observed_at}
                    used = {name: known[name] for name in test.sql_parameters}
                    connection.execute(test.sql_text, used).fetchall()
                finally:
                    connection.close()
