"""What studies of toys and constructions of Feldman and Cousins are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.digits import number, pieces
from ..._base.tables import Block, Table
from ...measuring.measurement import DATA
from .words import best_fit, fitted, share


def toy_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a study of toys is shown as, from its JSON and what was fitted."""
    at = ", ".join(f"{name} = {number(value, '.5g')}" for name, value in content["truth"].items()) or "given values"
    blocks: list[Block] = [f"{content['count']} toys of {fitted(content, data_name)} at {at}"]
    if "goodness_of_fit" in content:
        found = content["goodness_of_fit"]
        blocks.append(
            f"goodness of fit: chi2 = {found['chi2']:.2f}, of the toys {found['toys']['mean']:.2f} on average, "
            f"p = {share(found['p_value'])}"
        )
    if content["test"]:
        blocks += _tested(content["test"])
    rows: list[tuple[str, ...]] = []
    for name, found in content.get("parameters", {}).items():
        numbers = (number(found[key], ".5g") for key in ("truth", "mean", "standard_deviation"))
        line = (name, *numbers)
        for level, one in found.get("coverage", {}).items():
            rows.append((*line, level, share(one)))
            line = ("",) * 4
        if line[0]:
            rows.append((*line, "", ""))
    if rows:
        headers = ("parameter", "truth", "mean of the toys", "standard deviation", "level [%]", "coverage")
        blocks.append(Table(headers, rows))
    return [*blocks, *_ended(content, data_name)]


def _tested(found: Mapping[str, Any]) -> list[Block]:
    """Return what the toys say of a hypothesis."""
    values = ", ".join(f"{name} = {value:.6g}" for name, value in found["values"].items())
    line = (
        f"{values}: t = {found['statistic']:.4f}, p = {share(found['p_value'])}, "
        f"{number(found['wilks_p_value'], '.4f')} by Wilks"
    )
    rows = [
        (level, f"{number(one['value'], '.3f')} ± {number(one['error'], '.3f')}", f"{one['wilks']:.3f}")
        for level, one in found["critical"].items()
    ]
    return [line, Table(("level [%]", "critical t of the toys", "by Wilks"), rows)]


def construction_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a construction of Feldman and Cousins is shown as, from its JSON and what was fitted."""
    names, rows = content["parameters"], []
    levels = content.get("levels", {}).items()
    if len(names) == 1:
        headers: tuple[str, ...] = ("level [%]", f"{names[0]}, by toys", "error of each edge", "by Wilks")
        for level, found in levels:
            errors = ", ".join(f"{edge['error']:.2g}" for edge in found["edges"])
            rows.append((level, pieces(found["interval"]), errors, pieces(found["wilks"])))
    else:
        headers = ("level [%]", "contours by toys", "by Wilks")
        for level, found in levels:
            lines = (
                ", ".join("closed" if one["closed"] else "open" for one in found[key]) for key in ("contours", "wilks")
            )
            rows.append((level, *lines))
    blocks: list[Block] = [best_fit(content), Table(headers, rows)]
    if "points" in content:
        toys = content["points"]["toys"]
        blocks.append(f"{sum(toys)} toys at {len(toys)} points, {min(toys)} to {max(toys)} at each")
    return [*blocks, *_ended(content, data_name)]


def _ended(content: Mapping[str, Any], data_name: str) -> list[Block]:
    seconds = content["seconds"]
    timed = f"fitted the {data_name} in {seconds['fit']:.1f} s, the toys in {seconds['toys']:.1f} s" if seconds else ""
    return [
        *([content["message"]] if content["not_converged"] else []),
        *([f"written to {content['out']}"] if content.get("out") else []),
        *([timed] if timed else []),
    ]
