"""The files of an experiment: its TOML document and the tables beside it, in a folder that no path leaves.

A folder of the user's is read as it is; of what is shipped, each file is compared with its checksum. Tables are CSV
files whose first line names each column with its unit, ``energy [keV],efficiency [fraction]``, and arrays are NPZ files
of NumPy's, without pickles.
"""

import csv
import dataclasses
import io
import math
import zipfile
from functools import cached_property
from pathlib import Path

import numpy as np

from .._base.data_files import DAMAGED, UNITS, announced, data_root, quoted, read_bounded, read_verified, shown
from .._base.errors import BLANKS, DataError, InputError, read_number, suggest

DOCUMENT = "experiment.toml"
"""Name of the document in a folder."""
LARGEST_DOCUMENT, LARGEST_TABLE = 2 * 2**20, 64 * 2**20
"""Bytes of a document and of a table up to which they are read."""
MOST_ROWS, MOST_COLUMNS = 1_000_000, 10_000
"""Rows and columns of a table up to which it is read."""


@dataclasses.dataclass(frozen=True)
class Table:
    """The columns of a CSV file."""

    name: str
    columns: dict[str, str]
    """Unit of each column by its name."""
    values: np.ndarray
    """Numbers, (column, row)."""

    def column(self, name: str) -> tuple[np.ndarray, str]:
        """Return the numbers of a column and their unit."""
        if name not in self.columns:
            known = ", ".join(self.columns)
            raise DataError(f"{self.name}: expected a column '{name}'{suggest(name, self.columns)}, found {known}")
        return self.values[list(self.columns).index(name)], self.columns[name]


@dataclasses.dataclass(frozen=True)
class Folder:
    """The folder of an experiment: of the user's, or under the data that are shipped."""

    path: Path
    shipped: bool = False

    @cached_property
    def _read(self) -> dict[str, Table | str | dict[str, np.ndarray]]:
        return {}

    def _parsed(self, name: str) -> Table | str:
        """Return the table of a CSV file, or what is wrong with it."""
        try:
            return _parse_table(self.content(name), str(self.path / name))
        except DataError as error:
            return str(error)

    def content(self, name: str, most: int = LARGEST_TABLE) -> bytes:
        """Return the bytes of a file in the folder; raise DataError for a path that leaves it."""
        if self.shipped:  # what is read of it has a digest, links or none
            return read_verified(data_root(), str((self.path / name).relative_to(data_root()).as_posix()))
        if not name or not self._holds(name):
            raise InputError(f"expected the name of a file in the folder of the document, found {quoted(name)}")
        try:
            return read_bounded(self.path / name, most)
        except DataError as error:
            beside = [entry.name for entry in self.path.iterdir()] if self.path.is_dir() else []
            raise DataError(f"{error}{'' if name in beside else suggest(name, beside)}") from None

    def _holds(self, name: str) -> bool:
        """Return whether a path stays in the folder, links followed."""
        inside = self.path.resolve()
        try:
            return not Path(name).is_absolute() and (inside / name).resolve().is_relative_to(inside)
        except (OSError, RuntimeError):
            return False

    def table(self, name: str) -> Table:
        """Return the table of a CSV file."""
        if (kept := f"table {name}") not in self._read:
            self._read[kept] = self._parsed(name)
        found = self._read[kept]
        if isinstance(found, str):
            raise DataError(found)
        assert isinstance(found, Table)
        return found

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Return the arrays of an NPZ file by name."""
        if (kept := f"arrays {name}") not in self._read:
            self._read[kept] = _parse_arrays(self.content(name), str(self.path / name))
        found = self._read[kept]
        assert isinstance(found, dict)
        return found


def _parse_table(content: bytes, name: str) -> Table:
    try:
        rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"))) if not _comment(row)]
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise DataError(f"{name}: expected a CSV table with a header, found: {error}") from None
    if not rows:
        raise DataError(f"{name}: expected a CSV table with a header, found an empty one")
    columns = _parse_header(rows.pop(0), name)
    if not 1 <= len(rows) <= MOST_ROWS:
        raise DataError(f"{name}: expected 1 to {MOST_ROWS} rows, found {len(rows)}")
    values = np.empty((len(columns), len(rows)))
    for i, row in enumerate(rows):
        if len(row) != len(columns):
            hint = " (a decimal comma? numbers have a point)" if len(row) == 2 * len(columns) else ""
            raise DataError(f"{name}: row {i + 1}: expected {len(columns)} columns, found {len(row)}{hint}")
        for j, (column, cell) in enumerate(zip(columns, row, strict=True)):
            try:
                values[j, i] = read_number(cell.strip(BLANKS), column)
            except InputError as error:
                raise DataError(f"{name}: row {i + 1}: {error}") from None
    return Table(name, columns, values)


def _comment(row: list[str]) -> bool:
    return not any(cell.strip(BLANKS) for cell in row) or row[0].lstrip(BLANKS).startswith("#")


def _parse_header(header: list[str], name: str) -> dict[str, str]:
    """Return the unit of each column by its name."""
    columns: dict[str, str] = {}
    if len(header) > MOST_COLUMNS:
        raise DataError(f"{name}: expected at most {MOST_COLUMNS} columns, found {len(header)}")
    for cell in header:
        label, bracket, unit = cell.strip(BLANKS).partition(" [")
        if not (label and bracket and unit.endswith("]")):
            raise DataError(f"{name}: expected a header of columns 'name [unit]', found {quoted(cell)}")
        if (unit := unit.removesuffix("]")) not in UNITS:
            raise DataError(f"{name}: {label}: expected a known unit{suggest(unit, UNITS)}, found {quoted(unit)}")
        if label in columns:
            raise DataError(f"{name}: expected different columns, found '{label}' twice")
        columns[label] = unit
    return columns


def _parse_arrays(content: bytes, name: str) -> dict[str, np.ndarray]:
    """Return the arrays of an archive; what it announces is checked before any memory is taken."""
    arrays = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if (size := sum(member.file_size for member in archive.infolist())) > LARGEST_TABLE:
                raise DataError(f"{name}: expected arrays of at most {LARGEST_TABLE} B, found {size} B announced")
            for member in archive.infolist():
                with archive.open(member) as file:
                    shape, kind = announced(file)
                if kind.kind not in "fiu":
                    raise DataError(f"{name}: {shown(member.filename)}: expected numbers, found the type {kind}")
                if math.prod(shape) * kind.itemsize > member.file_size:
                    raise DataError(f"{name}: {shown(member.filename)}: expected as many numbers as announced")
                with archive.open(member) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                if not np.all(np.isfinite(array)):
                    raise DataError(f"{name}: {shown(member.filename)}: expected finite numbers, found others")
                arrays[member.filename.removesuffix(".npy")] = array.astype(float)
    except DataError:
        raise
    except DAMAGED as error:
        raise DataError(f"{name}: expected a file of arrays, found: {error or type(error).__name__}") from None
    if not arrays:
        raise DataError(f"{name}: expected a file of arrays, found none in it")
    return arrays
