"""What expected counts and predicted numbers are shown as."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..._base.digits import column
from ..._base.tables import Block, Table
from ...measuring.measurement import ASIMOV

MOST_ROWS = 40
"""Rows of a table of bins; more bins are added up in pairs, threes, ..."""


def prediction_blocks(
    content: Mapping[str, Any], title: str, asimov: bool = False, diverging: str | None = None
) -> list[Block]:
    """Return what a prediction is shown as, from its JSON, the title of the measurement and what it holds.

    `diverging` is why the recoil integral has no value, if it has none.
    """
    parts = _bins(content, asimov, diverging) if "counts" in content else _numbers(content, asimov)
    return [f"{content['measurement']}: {title}", *parts]


def _numbers(content: Mapping[str, Any], asimov: bool) -> list[Block]:
    """Return predicted numbers beside the measured numbers."""
    entries = (
        (label, content["total"][label], content["observed"][label], content["error"][label])
        for label in content["total"]
    )
    rows = [(label, *(f"{number:.5g}" for number in numbers)) for label, *numbers in entries]
    return [Table(("number", "predicted", "expected (Asimov)" if asimov else "measured", "error"), rows)]


def _bins(content: Mapping[str, Any], asimov: bool, diverging: str | None) -> list[Block]:
    """Return the expected counts in bins of the first axis."""
    counts = {name: np.array(values) for name, values in content["counts"].items()}
    axis, edges = next(iter(content["edges"].items()))
    bins = len(edges) - 1
    step = -(-bins // MOST_ROWS)
    ends = [(first, min(first + step, bins)) for first in range(0, bins, step)] + [(0, bins)]
    columns = [[component[first:last].sum() for first, last in ends] for component in counts.values()]
    texts = [column(numbers) for numbers in (*columns, [sum(row) for row in zip(*columns, strict=True)])]
    observed = [np.array(content["observed"])[first:last].sum() for first, last in ends]
    texts.append(column(observed) if asimov else [f"{number:.6g}" for number in observed])
    names = [*(f"{edges[first]:g} – {edges[last]:g}" for first, last in ends[:-1]), "all"]
    headers = (axis, *counts, "sum", ASIMOV if asimov else "observed")
    rows = list(zip(names, *texts, strict=True))
    right = tuple(range(1, len(headers)))
    table = Table(headers, rows, right=right, breaks=(len(rows) - 1,))
    if not content["signal"]:
        return [table]
    totals = [np.sum(list(by_nuclide.values())) for by_nuclide in content["signal"].values()]
    split = ", ".join(map(" ".join, zip(content["signal"], column(totals, decimals=1), strict=True)))
    blocks: list[Block] = [table, f"signal by flavour: {split}"]
    if section := content.get("flux_averaged_cross_section"):
        blocks.append(f"flux-averaged cross section: {section['value']:.4g}e-40 cm² per nucleus")
    reason = "" if diverging is None else f": {diverging}"
    return [*blocks, f"relative quadrature error: {content['quadrature_error']:.1e}{reason}"]
