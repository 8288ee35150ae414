"""What profiles, scans and contours are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.digits import number, pieces
from ..._base.levels import typed_level
from ..._base.tables import Block, Table
from ...measuring.measurement import DATA
from .words import best_fit, timed

MOST_POINTS = 20
"""Points of a profile that are shown, about."""


def profile_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a profile is shown as, from its JSON and what was fitted."""
    names = content["parameters"]
    blocks: list[Block] = [] if data_name == DATA else [f"fitted: {data_name}"]
    by_name = content["interval"] if len(names) == 2 else {names[0]: content["interval"]}
    rows = [
        (name, level, pieces(interval)) for name, by_level in by_name.items() for level, interval in by_level.items()
    ]
    blocks += [best_fit(content), Table(("parameter", "level [%]", "interval"), rows)]
    if len(names) == 1:
        points = list(zip(content["points"], content["chi2"], strict=True))
        rows = []
        for x, value in points[:: max(1, len(points) // MOST_POINTS)]:
            shown = ("", "") if value is None else (f"{value:.3f}", f"{value - content['chi2_min']:.3f}")
            rows.append((f"{x:.5g}", *shown))
        blocks.append(Table((names[0], "chi2", "delta chi2"), rows))
    if content["not_converged"]:
        blocks.append(f"{content['not_converged']} points did not converge")
    return blocks


def scan_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what a scan is shown as, from its JSON."""
    sizes = " x ".join(str(n) for n in content["shape"])
    place = "" if content["out"] is None else f" in {content['out']}"
    best, lowest = content["best"], content["grid_best"]
    rows = [(name, number(value, ".5g"), number(lowest.get(name), ".5g")) for name, value in best.items()]
    rows.append(("chi2", number(content["chi2_min"], ".4f"), number(content["chi2_grid_min"], ".4f")))
    blocks: list[Block] = [
        f"chi2 on {sizes} values of {', '.join(content['parameters'])}{place}",
        Table(("parameter", "best fit", "lowest of the grid"), rows),
    ]
    if content["not_converged"]:
        blocks.append(f"{content['not_converged']} points did not converge")
    return [*blocks, *timed(content["seconds"])]


def contour_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what the contours of a scan at a level are shown as, from their JSON."""
    names, reference = content["names"], content["reference"]
    whose = "1 parameter" if content["parameters"] == 1 else f"{content['parameters']} parameters"
    which = "best fit" if reference["which"] == "best" else "lowest point of the grid"
    blocks: list[Block] = [
        f"{content['scan']}: {typed_level(content['cl'])} of {whose}, delta chi2 = {content['delta_chi2']:.3f} "
        f"above the {which}, chi2 = {reference['chi2']:.3f}"
    ]
    rows: list[tuple[str, ...]] = []
    if "lines" in content:
        for count, line in enumerate(content["lines"]):
            ranges = [(min(values), max(values)) for values in zip(*line["points"], strict=True)]
            texts = (f"{low:.4g} … {high:.4g}" for low, high in ranges)
            kind = "closed" if line["closed"] else "open"
            rows.append((str(count), kind, str(len(line["points"])), *texts))
        blocks.append(Table(("contour", "kind", "points", *names), rows))
    else:
        for count, piece in enumerate(content["pieces"]):
            edges = [side for side in ("below", "above") if piece[f"open_{side}"]]
            rows.append((str(count), f"{piece['low']:.5g}", f"{piece['high']:.5g}", " and ".join(edges)))
        blocks.append(Table(("piece", "from", "to", "reaches the edge of the grid"), rows))
    if content["not_converged"]:
        blocks.append(f"{content['not_converged']} points of the scan did not converge")
    return blocks
