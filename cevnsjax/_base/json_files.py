"""Results as strict JSON: every number with all its digits, what is no finite number as text, nothing that is run."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from .data_files import read_bounded
from .errors import InputError
from .writing import cannot_write, check_file, replacing

LARGEST = 4 * 2**20
"""Bytes of a file up to which it is written and read."""
ENDINGS = (".json",)
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
"""Texts in place of numbers that JSON does not have."""


def encoded(content: Any) -> Any:
    """Return `content` as JSON holds it: arrays and tuples as lists, what is no finite number as text."""
    if isinstance(content, dict):
        return {key: encoded(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [encoded(value) for value in content]
    if isinstance(content, np.ndarray | np.generic):
        return encoded(content.tolist())
    if isinstance(content, float) and not math.isfinite(content):
        return "nan" if math.isnan(content) else "inf" if content > 0 else "-inf"
    return content


def is_number(value: Any) -> bool:
    """Return whether a value is a number of JSON, or the text of a number that JSON does not have."""
    if isinstance(value, str):
        return value in NOT_FINITE
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2.0**1023


def decoded(value: Any) -> float:
    """Return the number of what `is_number`."""
    return NOT_FINITE[value] if isinstance(value, str) else float(value)


def array_of(value: Any, shape: tuple[int | None, ...]) -> np.ndarray | None:
    """Return the array of numbers in nested lists, None if they are not of that `shape`; None in it is any length."""
    if not shape:
        return np.array(decoded(value)) if is_number(value) else None
    if not isinstance(value, list) or (shape[0] is not None and len(value) != shape[0]):
        return None
    rows = [array_of(row, shape[1:]) for row in value]
    if any(row is None for row in rows):
        return None
    return np.array(rows, float).reshape(len(rows), *(length or 0 for length in shape[1:]))


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def check_json(path: Path, overwrite: bool = False) -> None:
    """Raise InputError, before anything is computed, if no such file can be written to `path`."""
    check_file(path, overwrite, ENDINGS)


def write_json(content: dict[str, Any], path: Path, overwrite: bool = False) -> None:
    """Write a file, whole or not at all; an existing file is an error unless `overwrite`."""
    check_json(path, overwrite)
    plain = encoded(content)
    whole = {"cevnsjax": plain, "sha256": _digest(plain)}
    text = json.dumps(whole, allow_nan=False).encode() + b"\n"
    if len(text) > LARGEST:
        raise cannot_write(path, f"expected a result of at most {LARGEST / 1e6:.3g} MB, found {len(text) / 1e6:.3g} MB")
    with replacing(path, overwrite) as part:
        part.write_bytes(text)


def read_json(path: Path) -> dict[str, Any]:
    """Return what `write_json` wrote; raise InputError for any other or altered file."""
    content = read_bounded(path, LARGEST)
    other = InputError(f"'{path}' holds no result of this program")

    def reject(text: str) -> NoReturn:
        raise other

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            raise other
        return entries

    try:
        whole = json.loads(content.decode(), parse_constant=reject, object_pairs_hook=once)
        if not isinstance(whole, dict) or not isinstance(whole.get("cevnsjax"), dict):
            raise other
        same = whole.get("sha256") == _digest(whole["cevnsjax"])
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        cut = isinstance(error, json.JSONDecodeError) and content.startswith(b'{"cevnsjax": {')
        raise (InputError(f"'{path}' is damaged: it ends early, or was altered") if cut else other) from None
    if not same:
        raise InputError(f"'{path}' is damaged: it was altered")
    return whole["cevnsjax"]
