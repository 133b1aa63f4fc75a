"""How do amounts look: a bridge, an ageing, a course over days? Pictures for notebooks, in words and colours.

Amounts stay integers in minor units until a picture is drawn: a picture may round, a table never does.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from io import BytesIO
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1c2733"
QUIET = "#5b6b7b"
UP, DOWN, TOTAL, ALARM = "#2e7d5b", "#b5533c", "#31506f", "#b3261e"
NOTHING = "-"
NARROW = 4
"""A span on which ticks in whole numbers would repeat themselves."""
SERIES = ("#31506f", "#c78a2c", "#2e7d5b", "#8a5a83", "#5b6b7b", "#b5533c")


@dataclass(frozen=True)
class Money:
    """Amounts of one currency: how many minor units make one, and how it is called."""

    currency: str
    digits: int

    def exact(self, minor: int | None) -> str:
        """Return an amount as people write it, to the last minor unit; an unknown one as a dash."""
        if minor is None:
            return NOTHING
        return f"{Decimal(minor).scaleb(-self.digits):,.{self.digits}f}"

    def major(self, minor: int) -> float:
        """Return an amount as a number to draw."""
        return float(Decimal(minor).scaleb(-self.digits))


@dataclass(frozen=True)
class Picture:
    """A chart as a picture: what it shows is said in words too, for who cannot see it."""

    says: str
    png: bytes

    def _repr_html_(self) -> str:
        """Return it as Jupyter shows it."""
        return f'<img alt="{escape(self.says)}" src="data:image/png;base64,{b64encode(self.png).decode()}">'


def figure(title: str, width: float = 9.0, height: float = 3.8) -> tuple[Figure, Axes]:
    """Return an empty chart whose title says what it shows."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    made, axes = plt.subplots(figsize=(width, height), dpi=130, layout="constrained")
    axes.set_title(title, loc="left", color=INK, fontsize=12, fontweight="bold", pad=12)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#b8c2cc")
    axes.tick_params(colors=QUIET, labelsize=9)
    axes.grid(axis="y", color="#e6ebf0", linewidth=0.8)
    axes.set_axisbelow(True)
    return made, axes


VERDICTS: Mapping[str, tuple[str, str, str]] = {
    "PASS": ("P", "#d7eadf", INK),
    "PASS_WAIVED": ("W", "#cfe6ee", INK),
    "FAIL": ("F", ALARM, "#ffffff"),
    "ERROR": ("E", "#7a1f5c", "#ffffff"),
    "NOT_TESTED": ("?", "#f6d98b", INK),
    "NO_OCCURRENCE": ("-", "#eef1f4", QUIET),
}
"""Verdict -> its letter, the colour of its cell and of the letter: nobody has to tell colours apart."""


def matrix(
    title: str, names: Sequence[str], days: Sequence[date], verdicts: Mapping[tuple[str, date], str]
) -> Picture:
    """Return a picture of one row a name and one column a day: the verdict's letter on its colour."""
    made, axes = figure(title, width=max(9.0, 1.6 + 0.26 * len(days)), height=0.9 + 0.24 * len(names))
    axes.grid(visible=False)
    for row, name in enumerate(names):
        for column, day in enumerate(days):
            verdict = verdicts.get((name, day))
            if verdict is None:
                continue
            letter, colour, ink = VERDICTS[verdict]
            axes.barh(row, 0.94, left=column - 0.47, height=0.86, color=colour)
            axes.text(column, row, letter, color=ink, fontsize=7, ha="center", va="center")
    axes.set_xlim(-0.6, len(days) - 0.4)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(range(len(days)), [str(day.day) for day in days])
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    counts = Counter(verdicts.values())
    said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    return _picture(f"{title}. One cell a control and day: {said}.", made)


def bridge(title: str, steps: Sequence[tuple[str, int, bool]], money: Money) -> Picture:
    """Return a waterfall: (label, amount in minor units, whether it is a total to stand on the floor)."""
    made, axes = figure(title, width=10.5, height=4.8)
    level = 0
    edges = [0.0]
    for place, (_, amount, total) in enumerate(steps):
        bottom = 0 if total else level
        top = amount if total else level + amount
        colour = TOTAL if total else UP if amount >= 0 else DOWN
        axes.bar(place, money.major(top - bottom), bottom=money.major(bottom), color=colour, width=0.62)
        edges += [money.major(bottom), money.major(top)]
        axes.annotate(
            money.exact(amount) if total or amount <= 0 else f"+{money.exact(amount)}",
            (place, money.major(max(top, bottom))),
            xytext=(0, 4),
            textcoords="offset points",
            ha="center",
            fontsize=7.5,
            color=INK,
        )
        level = top
        if place + 1 < len(steps):
            axes.plot([place + 0.31, place + 0.69], [money.major(level)] * 2, color="#9aa7b3", linewidth=0.9)
    axes.set_xticks(range(len(steps)), [fill(label, 11) for label, _, _ in steps], fontsize=8)
    axes.set_ylabel(money.currency, color=QUIET)
    axes.set_ylim(min(edges) * 1.12, max(edges) * 1.12 or 1)
    _thousands(axes)
    return _picture(title, made)


def course(
    title: str, days: Sequence[date], lines: Mapping[str, Sequence[float]], unit: str, *, floor: bool = True
) -> Picture:
    """Return lines over days, each with its name at its end."""
    made, axes = figure(title)
    for number, (name, values) in enumerate(lines.items()):
        colour = SERIES[number % len(SERIES)]
        axes.plot(
            range(len(days)), values, color=colour, linewidth=1.8, marker="o", markersize=2.6, label=name
        )
    every = -(-len(days) // 12)
    axes.set_xticks(range(0, len(days), every), [f"{day.day} {day:%b}" for day in days[::every]])
    axes.set_ylabel(unit, color=QUIET)
    drawn = [value for values in lines.values() for value in values]
    if floor:
        axes.set_ylim(0, max(drawn) * 1.1 or 1)
    elif max(drawn) - min(drawn) < 1:  # else a flat line would lie between two ticks that both read 0
        axes.set_ylim(min(drawn) - 1, max(drawn) + 1)
    if len(lines) > 1:
        axes.legend(
            frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(lines)
        )
    _thousands(axes)
    return _picture(title, made)


def bars(title: str, heights: Mapping[str, float], unit: str, colour: str = TOTAL) -> Picture:
    """Return lying bars, the largest first, each with its number."""
    made, axes = figure(title, height=max(1.6, 0.42 * len(heights) + 1.1))
    names = list(heights)[::-1]
    axes.barh(names, [heights[name] for name in names], color=colour, height=0.62)
    for place, name in enumerate(names):
        axes.annotate(
            f"{heights[name]:,.0f}",
            (heights[name], place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color="#e6ebf0", linewidth=0.8)
    axes.set_xlabel(unit, color=QUIET)
    axes.margins(x=0.12)
    return _picture(title, made)


def table(
    rows: Iterable[Mapping[str, Any]], numbers: Sequence[str] = (), empty: str = "There is none."
) -> str:
    """Return rows as an HTML table, every cell escaped; without a row, a sentence."""
    listed = list(rows)
    if not listed:
        return f"<p>{escape(empty)}</p>"
    kind = {name: ' class="number"' if name in numbers else "" for name in listed[0]}
    head = "".join(f"<th{kind[name]}>{escape(name.replace('_', ' '))}</th>" for name in listed[0])
    body = "".join(
        "<tr>"
        + "".join(f"<td{kind[name]}>{escape(_said(value))}</td>" for name, value in row.items())
        + "</tr>"
        for row in listed
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _picture(title: str, made: Figure) -> Picture:
    from matplotlib import pyplot as plt

    with BytesIO() as file:
        made.savefig(file, format="png", metadata={"Software": None})  # equal charts are equal bytes
        plt.close(made)
        return Picture(title, file.getvalue())


def _said(value: Any) -> str:
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _thousands(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter

    low, high = axes.get_ylim()
    digits = 0 if high - low > NARROW else 2
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.{digits}f}"))
