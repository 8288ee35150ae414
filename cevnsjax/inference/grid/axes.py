"""The axes of a grid."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.errors import BLANKS, InputError, read_number, read_whole
from ..._base.typing import Float
from ..problem.specification import APART

MOST_VALUES = 10**6
"""Values of an axis."""


@dataclasses.dataclass(frozen=True)
class Axis:
    """The values of a parameter of a grid."""

    name: str
    values: Float[np.ndarray, " value"]
    """Increasing."""
    log: bool
    """Whether distances on this axis are ratios: what contours are interpolated in, and drawn on."""


def _numbers(name: str, texts: Sequence[str]) -> list[float]:
    return [read_number(text, name) for text in texts]


def spaced(name: str, low: float, high: float, count: int, log: bool) -> Axis:
    """Return `count` values from `low` to `high`, both included, evenly spaced or, with `log`, their logarithms."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{name}: expected a range from a lower to a higher number, found {low:g} to {high:g}")
    if not 2 <= count <= MOST_VALUES:
        raise InputError(f"{name}: expected from 2 to {MOST_VALUES} values, found {count}")
    if log and low <= 0.0:
        raise InputError(f"{name}: expected a range above 0 for logarithmic spacing, found {low:g} to {high:g}")
    values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    _check_apart(name, values)
    return Axis(name, values, log)


def _check_apart(name: str, values: Float[np.ndarray, " value"]) -> None:
    """Raise `InputError` for neighbours that differ by no more than rounding."""
    if np.any(np.diff(values) <= APART * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))):
        raise InputError(
            f"{name}: expected values that differ by more than {APART:g} of themselves, "
            f"found {len(values)} from {values[0]!s} to {values[-1]!s}"
        )


def parse_axis(name: str, text: str) -> Axis:
    """Return the axis of ``LO:HI:N`` or ``LO:HI:N:log``."""
    parts = [part.strip(BLANKS) for part in text.split(":")]
    if len(parts) not in (3, 4) or (len(parts) == 4 and parts[3] not in ("log", "linear")) or not all(parts):
        raise InputError(f"{name}: expected LO:HI:N or LO:HI:N:log, found '{text}'")
    low, high = _numbers(name, parts[:2])
    return spaced(name, low, high, read_whole(parts[2], name), parts[-1] == "log")


def axis_of(name: str, values: str | Sequence[Any] | np.ndarray) -> Axis:
    """Return the axis of a text as in `parse_axis`, or of increasing numbers: logarithmic if their ratios are equal."""
    if isinstance(values, str):
        return parse_axis(name, values)
    numbers = np.asarray(values, float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.all(np.isfinite(numbers)) or np.any(np.diff(numbers) <= 0.0):
        raise InputError(f"{name}: expected at least two finite, increasing values")
    if len(numbers) > MOST_VALUES:
        raise InputError(f"{name}: expected from 2 to {MOST_VALUES} values, found {len(numbers)}")
    _check_apart(name, numbers)
    log = False
    if len(numbers) > 2 and numbers[0] > 0.0:
        steps = np.diff(np.log(numbers))
        log = bool(np.ptp(steps) < 1e-6 * steps.mean())
    return Axis(name, numbers, log)


def parse_grid(texts: Sequence[str]) -> dict[str, str]:
    """Return the values that each ``NAME=LO:HI:N[:log]`` describes, by name."""
    axes: dict[str, str] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip(BLANKS)
        if not equals or not name:
            raise InputError(f"expected a grid like g_zp=1e-6:1e-2:400:log, found '{text}'")
        if name in axes:
            raise InputError(f"the grid has two axes '{name}'")
        parse_axis(name, values)
        axes[name] = values
    return axes
