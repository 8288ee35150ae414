"""A published curve of two parameters, from a CSV file: to lay over our own.

The header has the name of each parameter here and its unit, ``m_zp [MeV],g_zp [1]``, in either order; of a mass the
unit may be another one of energy. An empty row begins another line. Rows that begin with # are comments; one with the
word digitised (or digitized) states that the points were read off a figure, and the legend says so.

    # light-vector:B-L, arXiv:0000.00000, figure 3, digitised
    m_zp [GeV],g_zp [1]
    0.001,3.1e-5
    ...
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._base.data_files import read_bounded
from .._base.errors import BLANKS, DataError, InputError, read_number
from .._base.typing import Float

if TYPE_CHECKING:
    from ..plots.scans import Published

LARGEST = 2**26
"""Bytes of a file up to which it is read."""
ENERGIES = {"eV": 1e-6, "keV": 1e-3, "MeV": 1.0, "GeV": 1e3, "TeV": 1e6}
"""Units of energy [MeV]."""
DIGITISED = re.compile(r"\bdigiti[sz]ed\b", re.IGNORECASE)


def read_published(label: str, path: Path, units: Mapping[str, str], log: Sequence[bool]) -> "Published":
    """Return the curve of a file in the order and the units of `units`, those of the axes, which may be logarithmic.

    Anything but numbers of these two parameters raises DataError, with the line.
    """
    from ..plots.scans import Published

    comments, rows = _rows(path)
    header = [cell.strip(BLANKS) for cell in rows[0][1]]
    names, factors = _columns(f"{path}, line {rows[0][0]}", header, units)
    lines = _lines(path, names, rows[1:])
    order = [names.index(name) for name in units]
    scaled = tuple((line * factors)[:, order] for line in lines)
    for name, logarithmic, column in zip(units, log, np.concatenate(scaled).T, strict=True):
        if logarithmic and column.min() <= 0.0:
            raise DataError(f"{path}: {name}: expected numbers above 0 on a logarithmic axis, found {column.min():g}")
    read_off = any(map(DIGITISED.search, comments)) and not DIGITISED.search(label)
    return Published(f"{label} (digitised)" if read_off else label, scaled)


def _rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the comments, and the number and the cells of every other row, those of an empty row being none."""
    try:
        text = read_bounded(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected a text in UTF-8, found other bytes") from None
    lines = [(number, line.strip(BLANKS)) for number, line in enumerate(text.splitlines(), 1)]
    comments = [line for _, line in lines if line.startswith("#")]
    rows = [(number, line.split(",") if line else []) for number, line in lines if not line.startswith("#")]
    while rows and not rows[0][1]:
        rows.pop(0)
    if not rows:
        raise DataError(f"{path}: expected a header such as m_zp [MeV],g_zp [1], found an empty table")
    return comments, rows


def _columns(
    where: str, header: Sequence[str], units: Mapping[str, str]
) -> tuple[list[str], Float[np.ndarray, " column"]]:
    """Return the names of the columns of a header, and what their numbers are multiplied by."""
    expected = ",".join(f"{name} [{unit}]" for name, unit in units.items())
    found = [re.fullmatch(r"(\S+) *\[ *(\S+) *\]", cell) for cell in header]
    names = [match[1] for match in found if match]
    if len(names) != len(header) or sorted(names) != sorted(units):
        raise DataError(f"{where}: expected the header {expected}, found '{','.join(header)}'")
    factors = [_factor(f"{where}, {match[1]}", match[2], units[match[1]]) for match in found if match]
    return names, np.array(factors)


def _factor(where: str, unit: str, wanted: str) -> float:
    """Return how many of the unit that is wanted another one is."""
    if unit == wanted:
        return 1.0
    if unit not in ENERGIES or wanted not in ENERGIES:
        known = " or ".join(ENERGIES) if wanted in ENERGIES else wanted
        raise DataError(f"{where}: expected the unit {known}, found '{unit}'")
    return ENERGIES[unit] / ENERGIES[wanted]


def _lines(
    path: Path, names: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]]
) -> list[Float[np.ndarray, "point 2"]]:
    """Return the points of each line: empty rows are between them."""
    lines: list[list[list[float]]] = [[]]
    for number, cells in rows:
        if cells:
            lines[-1].append(_numbers(f"{path}, line {number}", names, cells))
        elif lines[-1]:
            lines.append([])
    kept = [np.array(line) for line in lines if line]
    if not kept or min(map(len, kept)) < 2:
        shortest = min(map(len, kept), default=0)
        raise DataError(f"{path}: expected 2 points or more of each line, found {shortest}")
    return kept


def _numbers(where: str, names: Sequence[str], cells: Sequence[str]) -> list[float]:
    """Return the two numbers of a row."""
    if len(cells) != len(names):
        raise DataError(f"{where}: expected {len(names)} numbers, found {len(cells)}")
    try:
        return [read_number(cell.strip(BLANKS), name) for name, cell in zip(names, cells, strict=True)]
    except InputError as error:
        raise DataError(f"{where}: {error}") from None
