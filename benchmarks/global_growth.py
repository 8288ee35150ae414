"""How a joint fit grows with the number of measurements: real ones, all different, each run a process without a cache.

Large measurements alternate with small ones. A straight line is fitted to each of the times by least squares.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from cevnsjax.plots.style import RC, new_figure, tidy

from .before import NOW
from .case import Case
from .table import Table

FIGURE = Path(__file__).parent / "figures" / "global_growth.png"
ALL = (
    "coherent-lar-2020",
    "conus-plus-2025",
    "coherent-csi-2021",
    "apv-cs",
    "dresden-ii",
    "lz-8b",
    "coherent-ge-mini-2024",
    "crex",
    "texono-2025",
    "xenonnt-8b",
    "pandax4t-8b",
    "lz-er",
    "prex-ii",
    "xenonnt-er",
    "pandax4t-er",
)
"""Measurements that can be fitted together, of different data."""
COUNTS, QUICK_COUNTS = (2, 3, 5, 7, 9, 11, 13, 15), (2, 3)
TIMES = {"compile": "compile", "process": "whole process", "run": "run"}
"""What is timed, and its label."""

FIT = """
import json, sys
import cevnsjax as cj
fit = cj.Likelihood(sys.argv[1:]).fit(free=["sin2_theta_w"])
print(json.dumps({"converged": bool(fit.converged), "coordinates": len(fit.names), **fit.seconds}))
"""


def measured(counts: tuple[int, ...]) -> list[dict[str, Any]]:
    """Return the seconds of the fit of the first so many measurements, for each of `counts`."""
    found = []
    for count in counts:
        done = NOW.run(FIT, *ALL[:count])
        if done is None:
            raise RuntimeError(f"expected a fit of {count} measurements to end")
        found.append({"measurements": count, "process": done.seconds, **json.loads(done.output.splitlines()[-1])})
    return found


def line(found: list[dict[str, Any]], what: str) -> tuple[float, float, float]:
    """Return slope and value at 0 of the straight line through the seconds, and its largest distance from them."""
    x, y = (np.array([each[name] for each in found], float) for name in ("measurements", what))
    slope, first = np.polyfit(x, y, 1)
    return float(slope), float(first), float(np.abs(slope * x + first - y).max())


def draw(found: list[dict[str, Any]], path: Path) -> None:
    """Draw the seconds against the number of measurements, with the straight lines."""
    from matplotlib import rc_context

    with rc_context(RC):
        figure = new_figure(9.0, 3.8)
        left, right = figure.subplots(1, 2)
        x = np.array([each["measurements"] for each in found], float)
        for (what, label), colour in zip(TIMES.items(), ("#e08a2c", "#1f4e82", "#3f9b7a"), strict=True):
            panel = right if what == "run" else left
            slope, first, _ = line(found, what)
            panel.plot(x, [each[what] for each in found], "o", color=colour, markersize=5, label=label)
            panel.plot(x, slope * x + first, color=colour, linewidth=1.2)
        for panel in (left, right):
            panel.set(xlabel="measurements fitted together", ylabel="time [s]", ylim=(0.0, None))
            panel.legend(loc="upper left")
            tidy(panel)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path)


def growth_of_fits(case: Case) -> Table:
    """Return the seconds of each fit and the straight lines, and draw them (but for a quick run)."""
    found = measured(QUICK_COUNTS if case.quick else COUNTS)
    if not case.quick:
        draw(found, FIGURE)
    rows: list[tuple[Any, ...]] = [
        (each["measurements"], each["coordinates"], *(each[what] for what in TIMES), each["converged"])
        for each in found
    ]
    lines = [line(found, what) for what in TIMES]
    rows.append(("s for each more", None, *(slope for slope, _, _ in lines), None))
    rows.append(("largest distance from the line, s", None, *(distance for _, _, distance in lines), None))
    columns = ("measurements", "coordinates", "compile s", "whole process s", "run s", "converged")
    return Table("17. Joint fits of sin2_theta_w, no cache, each in a process of its own", columns, rows)
