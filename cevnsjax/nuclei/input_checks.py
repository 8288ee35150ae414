"""Checks of the numbers of a nuclear distribution of the user's: one line for each error, naming the argument."""

import numpy as np

from .._base.errors import InputError
from .._base.typing import Float

RADII = (0.5, 12.0)
"""Rms radii [fm] that a distribution may have."""


def checked_radius(mean_square: float) -> Float[np.ndarray, ""]:
    """Return the rms radius [fm] of a mean square radius; raise InputError if no nucleus has it."""
    low, high = RADII
    if not low**2 <= mean_square <= high**2:
        root = f"{mean_square**0.5:.4g} fm" if mean_square > 0 else f"the root of {mean_square:.3g} fm^2"
        raise InputError(f"expected an rms radius from {low:g} to {high:g} fm, found {root}")
    return np.asarray(mean_square**0.5)


def positive(name: str, value: object, unit: str) -> float:
    """Return `value` if it is a positive number; raise InputError otherwise."""
    try:
        number = np.nan if isinstance(value, str | bool) else float(np.asarray(value, float))
    except (TypeError, ValueError):
        number = np.nan
    if not (np.isfinite(number) and number > 0):
        raise InputError(f"{name}: expected a positive number [{unit}], found {value!r}")
    return number


def numbers(name: str, values: object, unit: str, fewest: int = 1) -> Float[np.ndarray, " value"]:
    """Return a list of finite numbers as an array; raise InputError otherwise."""
    try:
        array = np.asarray(values, float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected a list of numbers [{unit}], found others") from None
    if array.ndim != 1 or len(array) < fewest:
        raise InputError(f"{name}: expected a list of {fewest} numbers or more [{unit}], found shape {array.shape}")
    if not np.all(np.isfinite(array)):
        place = int(np.argmin(np.isfinite(array)))
        raise InputError(f"{name}[{place}]: expected a finite number [{unit}], found {array[place]}")
    return array


def increasing_from_zero(name: str, values: object, unit: str, fewest: int) -> Float[np.ndarray, " value"]:
    """Return increasing numbers of which the first is 0; raise InputError otherwise."""
    array = numbers(name, values, unit, fewest)
    if array[0] != 0.0:
        raise InputError(f"{name}[0]: expected 0 {unit} first, found {array[0]:g}")
    if np.any(np.diff(array) <= 0):
        place = int(np.argmax(np.diff(array) <= 0)) + 1
        raise InputError(f"{name}[{place}]: expected increasing numbers [{unit}], found {array[place]:g} there")
    return array


def same_length(name: str, values: np.ndarray, other: str, count: int) -> None:
    """Raise InputError unless there are as many `values` as of another list."""
    if len(values) != count:
        raise InputError(f"{name}: expected {count} numbers, as many as of {other}, found {len(values)}")
