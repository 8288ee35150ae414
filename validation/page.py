"""The page of every published number that the project covers, beside ours, with the difference explained.

What is compared is in `parts/NAME.toml`: a table for each number, `published` and where, the `low` to `high` window
that our value must stay in, and `why` it differs from the published value. The windows are those that an independent
reconstruction of the analyses (NumPy and SciPy, from the released data) leaves; they are not widened to fit. The module
`parts/NAME.py` beside it computes ours: each function of its SOURCES returns values by the id of their row.
"""

import importlib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PARTS = Path(__file__).parent / "parts"
ORDER = (
    "couplings",
    "nuclei",
    "coherent_csi_2021",
    "coherent_csi_2017",
    "coherent_lar_2020",
    "coherent_ge_mini_2024",
    "reactor_germanium",
    "electroweak",
    "solar",
    "xenon_er",
    "models",
    "joint",
    "forecasts",
    "cross_sections",
)
"""The parts of the page."""


def table(name: str) -> dict[str, Any]:
    """Return what a part of the page compares."""
    return tomllib.loads((PARTS / f"{name}.toml").read_text())


def ours(name: str) -> dict[str, float]:
    """Return our values of a part of the page, by the id of their row."""
    values: dict[str, float] = {}
    for source in importlib.import_module(f".parts.{name}", __package__).SOURCES:
        values |= source()
    return values


def part(name: str) -> tuple[list[str], list[str], int]:
    """Return the lines of a part of the page, a line for each number that left its window, and how many there are."""
    compared, values = table(name), ours(name)
    lines, moved, count = [], [], 0
    for group in compared["group"]:
        lines += ["", f"## {group['title']}", "", " ".join(group["note"].split()), ""]
        lines += ["| quantity | published | source | ours | window | why it differs |", "|---|---|---|---|---|---|"]
        for row in group["rows"]:
            value, digits = values[row["id"]], row["digits"]
            if not row["low"] <= value <= row["high"]:
                moved.append(f"{row['id']}: {value:.6g} is not in {row['low']:g} … {row['high']:g}")
            window = f"{row['low']:g} … {row['high']:g}"
            paper, published = compared["papers"][row["paper"]], row["published"] or "–"
            cells = [row["quantity"], published, paper, f"{value:.{digits}f}", window, row["why"]]
            lines.append(f"| {' | '.join(cells)} |")
            count += bool(row["published"])
    return lines, moved, count


def head(total: int) -> list[str]:
    """Return the lines at the head of a page of `total` published numbers."""
    return [
        "# Validation: published numbers beside ours",
        "",
        "Written by `python -m validation`, which fails when a number of ours leaves its window. What is compared",
        f"and why it differs stands in `validation/parts/`. Published numbers on this page: {total}.",
    ]


def page(names: Sequence[str] = ORDER) -> tuple[str, list[str]]:
    """Return the page and a line for each number that left its window."""
    body, moved, total = [], [], 0
    for name in names:
        lines, left, count = part(name)
        body, moved, total = body + lines, moved + left, total + count
    return "\n".join(head(total) + body) + "\n", moved
