"""What studies of toys and constructions of Feldman and Cousins are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.digits import number, pieces
from ..._base.tables import Block, Table
from ...measuring.measurement import DATA
from .words import best_fit, fitted, share, timed


def toy_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a study of toys is shown as, from its JSON and what was fitted."""
    at = ", ".join(f"{name} = {number(value, '.5g')}" for name, value in content["truth"].items()) or "given values"
    blocks: list[Block] = [f"{content['count']} toys of {fitted(content, data_name)} at {at}"]
    if "goodness_of_fit" in content:
        goodness = content["goodness_of_fit"]
        blocks.append(
            f"goodness of fit: chi2 = {goodness['chi2']:.2f}, of the toys {goodness['toys']['mean']:.2f} on average, "
            f"p = {share(goodness['p_value'])}"
        )
    if content["test"]:
        blocks += _tested(content["test"])
    rows: list[tuple[str, ...]] = []
    for name, parameter in content.get("parameters", {}).items():
        numbers = (number(parameter[key], ".5g") for key in ("truth", "mean", "standard_deviation"))
        line = (name, *numbers)
        for level, coverage in parameter.get("coverage", {}).items():
            rows.append((*line, level, share(coverage)))
            line = ("",) * 4
        if line[0]:
            rows.append((*line, "", ""))
    if rows:
        headers = ("parameter", "truth", "mean of the toys", "standard deviation", "level [%]", "coverage")
        blocks.append(Table(headers, rows))
    return [*blocks, *_ended(content, data_name)]


def _tested(test: Mapping[str, Any]) -> list[Block]:
    """Return what the toys say of a hypothesis."""
    values = ", ".join(f"{name} = {value:.6g}" for name, value in test["values"].items())
    line = (
        f"{values}: t = {test['statistic']:.4f}, p = {share(test['p_value'])}, "
        f"{number(test['wilks_p_value'], '.4f')} by Wilks"
    )
    rows = [
        (level, f"{number(critical['value'], '.3f')} ± {number(critical['error'], '.3f')}", f"{critical['wilks']:.3f}")
        for level, critical in test["critical"].items()
    ]
    return [line, Table(("level [%]", "critical t of the toys", "by Wilks"), rows)]


def construction_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what a construction of Feldman and Cousins is shown as, from its JSON and what was fitted."""
    names, rows = content["parameters"], []
    levels = content.get("levels", {}).items()
    if len(names) == 1:
        headers: tuple[str, ...] = ("level [%]", f"{names[0]}, by toys", "error of each edge", "by Wilks")
        for level, entry in levels:
            errors = ", ".join(f"{edge['error']:.2g}" for edge in entry["edges"])
            rows.append((level, pieces(entry["interval"]), errors, pieces(entry["wilks"])))
    else:
        headers = ("level [%]", "contours by toys", "by Wilks")
        for level, entry in levels:
            lines = (
                ", ".join("closed" if contour["closed"] else "open" for contour in entry[key])
                for key in ("contours", "wilks")
            )
            rows.append((level, *lines))
    blocks: list[Block] = [best_fit(content), Table(headers, rows)]
    if "points" in content:
        toys = content["points"]["toys"]
        blocks.append(f"{sum(toys)} toys at {len(toys)} points, {min(toys)} to {max(toys)} at each")
    return [*blocks, *_ended(content, data_name)]


def _ended(content: Mapping[str, Any], data_name: str) -> list[Block]:
    seconds = content["seconds"]
    known = []
    if "fit" in seconds:
        known = [f"fitted the {data_name} in {seconds['fit']:.1f} s, the toys in {seconds['toys']:.1f} s"]
    return [
        *([content["message"]] if content["not_converged"] else []),
        *([f"written to {content['out']}"] if content.get("out") else []),
        *known,
        *timed(seconds),
    ]
