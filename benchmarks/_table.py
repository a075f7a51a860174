"""The table of all rows: as text, and as reStructuredText for the documentation."""

from collections.abc import Sequence
from typing import Any

from ._row import Goal, Row

HEADER = (
    "measured",
    "what",
    "skrnn",
    "peers",
    "ratio or figure",
    "must reach",
    "reached",
    "aim",
)


def cells(row: Row) -> tuple[str, ...]:
    """Return the text of a row, column by column."""
    peers = [f"{name} {_figure(value, row.unit)}" for name, value in row.peers.items()]
    return (
        row.name,
        row.what,
        _figure(row.ours, row.unit),
        ", ".join(peers) or "-",
        ", ".join(f"{_figure(g.value, g.unit)} {g.against}".rstrip() for g in row.goals),
        ", ".join(_limit(g, g.must) for g in row.goals),
        {True: "yes", False: "no", None: "not measured"}[row.is_reached],
        ", ".join(_limit(g, g.aim) for g in row.goals),
    )


def line(row: Row) -> str:
    """Return a row as one line, for printing while the others are still being measured."""
    name, _, ours, peers, figures, must, reached, _ = cells(row)
    return f"{name}: {ours}; {peers}; {figures} (must be {must}: {reached})"


def as_text(rows: Sequence[Row]) -> str:
    """Return the table in columns of equal width."""
    table = [HEADER, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def as_rst(rows: Sequence[Row], environment: dict[str, Any]) -> str:
    """Return the table as a reStructuredText list-table, under a line on the environment."""
    lines = [describe(environment), "", ".. list-table::", "   :header-rows: 1", ""]
    for texts in [HEADER, *map(cells, rows)]:
        bullets = ["   * -", *["     -"] * (len(texts) - 1)]
        lines += [f"{bullet} {text}" for bullet, text in zip(bullets, texts, strict=True)]
    return "\n".join(lines) + "\n"


def describe(environment: dict[str, Any]) -> str:
    """Return machine and versions in one line."""
    return ", ".join(f"{name} {value}" for name, value in environment.items())


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return "not installed"
    return f"{_number(value)}{'' if unit in ('x', '') else ' '}{unit}"


def _number(value: float) -> str:
    """Return three digits that count, and never an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}"


def _limit(goal: Goal, limit: float | None) -> str:
    if limit is None:
        return "-"
    return f"{'≤' if goal.at_most else '≥'} {limit:g}{'' if goal.unit == 'x' else ' '}{goal.unit}"
