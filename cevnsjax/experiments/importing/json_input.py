"""JSON of other programs: every entry checked, each fault a line that names its place."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..._base.data_files import quoted, read_bounded
from ..._base.errors import InputError

MOST = 1e300
"""Magnitude of a number up to which it is read."""
LARGEST = 64 * 2**20
"""Bytes of a file up to which it is read."""


def content(path: Path) -> Any:
    """Return what is in a file; raise InputError for what is no JSON, not a number, or a key that is there twice."""

    def reject(text: str) -> NoReturn:
        raise InputError(f"{path}: expected finite numbers, found {text}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"{path}: expected each key once, found '{twice}' twice in a table")
        return entries

    try:
        return json.loads(
            read_bounded(path, LARGEST).decode("utf-8-sig"), parse_constant=reject, object_pairs_hook=once
        )
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: expected JSON, found: {error}") from None


def table(value: Any, where: str, needed: Sequence[str] = (), optional: Sequence[str] | None = None) -> dict[str, Any]:
    """Return a table of JSON that has the keys `needed`, and no others but those `optional` if these are named."""
    if not isinstance(value, dict):
        raise InputError(f"{where}: expected a table, found {quoted(value)}")
    for key in needed:
        if key not in value:
            raise InputError(f"{where}: expected the entry '{key}', found {', '.join(value) or 'none'}")
    if optional is not None and (others := [key for key in value if key not in (*needed, *optional)]):
        raise InputError(f"{where}: expected {', '.join((*needed, *optional))} alone, found '{others[0]}'")
    return value


def rows(value: Any, where: str) -> list[Any]:
    """Return a list of JSON that is not empty."""
    if not isinstance(value, list) or not value:
        raise InputError(f"{where}: expected a list, found {quoted(value)}")
    return value


def number(value: Any, where: str) -> float:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= MOST:
        raise InputError(f"{where}: expected a finite number, found {quoted(value)}")
    return float(value)


def numbers(value: Any, where: str, length: int | None = None, negative: bool = False) -> np.ndarray:
    """Return a list of numbers, of that `length`, none of them below 0 unless they may be `negative`."""
    made = np.array([number(entry, f"{where}[{k}]") for k, entry in enumerate(rows(value, where))])
    if length is not None and len(made) != length:
        raise InputError(f"{where}: expected {length} numbers, found {len(made)}")
    if not negative and np.any(made < 0):
        raise InputError(f"{where}: expected numbers of 0 or more, found {made.min():g}")
    return made
