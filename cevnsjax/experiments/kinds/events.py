"""Events that were seen one by one: a table with a column for each axis."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..document import Document
from .kind import REQUIRED, Entry, Place, axis_unit, field


def events(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a table of events, with a column for each axis of ``[binning]`` in its order."""

    def read(data: Document, key: str) -> np.ndarray:
        if not data.has(key):
            raise data.fail(key, "{ table = a file, columns = a column for each axis }", "no such entry")
        axes = [axis for axis in data.names("binning") if isinstance(data.raw(f"binning.{axis}"), dict)]
        axes = [axis for axis in axes if axis not in NOT_AXES]
        axes.sort(key=lambda axis: axis != "energy")
        for part in data.names(key):
            if part not in ("table", "columns", "source"):
                raise data.fail(f"{key}.{part}", "table and columns alone", "another entry")
        table = data.table(f"{key}.table")
        names = data.texts(f"{key}.columns")
        if len(names) != len(axes):
            raise data.fail(f"{key}.columns", f"a column for each of {', '.join(axes)}", ", ".join(names) or "none")
        columns = []
        for axis, name in zip(axes, names, strict=True):
            with data.at(key):
                values, unit = table.column(name)
            if unit != axis_unit(data, axis):
                raise data.fail(f"{key}.columns", f"{axis} in {axis_unit(data, axis)}", f"{name} in {unit}")
            columns.append(values)
        return np.array(columns)

    return field(Entry(what, "unit of each axis", read, default))


NOT_AXES = ("parts", "excluded")
"""Entries of ``[binning]`` that are no axes."""


def binned(found: np.ndarray, edges: Sequence[np.ndarray]) -> np.ndarray:
    """Return how many events there are in each bin; those outside are left out."""
    return np.histogramdd(found.T, bins=list(edges))[0]


def check_inside(place: Place, found: np.ndarray, axes: Mapping[str, np.ndarray]) -> None:
    """Raise DataError for events outside the window of the `axes`, edges of bins by name; it says how many."""
    ends = [(edges[0], edges[-1]) for edges in axes.values()]
    beyond = np.any([(column < low) | (column > high) for column, (low, high) in zip(found, ends, strict=True)], axis=0)
    if beyond.any():
        window = ", ".join(f"{axis} from {low:g} to {high:g}" for axis, (low, high) in zip(axes, ends, strict=True))
        raise place.fail("events", f"events inside the bins, {window}", f"{beyond.sum()} of {beyond.size} outside")
