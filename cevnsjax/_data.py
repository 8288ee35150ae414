"""Read the measured numbers under ``data/``: TOML for numbers with unit and source, CSV for tables, NPZ for arrays.

Each measurement is a folder with a ``measurement.toml`` and tables beside it. Everything read is checked: the file
against the checksum in ``SHA256SUMS``, each number against its unit, each table against its columns and length, each
array against its shape.
The folder is the one shipped with the package, or the one that the environment variable CEVNSJAX_DATA names.
"""

import csv
import hashlib
import io
import os
import tomllib
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ._errors import DataError

UNITS = frozenset(
    "1 fraction counts PE us ns m cm kg g/mol u fm keV MeV 1/keV 1/MeV 1/MeV^2 1/MeV^3 1/MeV^4 1/MeV^5 1/PE 1/us "
    "t*y 1/t/y 1/cm^2/s 1/MeV/cm^2/s mol/cm^3 eV^2 R_sun 1/day GW day kg*day 1/kg/day GeV MW h PE/keV 1/keV/kg/day "
    "1/fm fm^2 GeV^2 a_B^3 e/a_B^2 e*a_B GWh 1/GWh b 1/keV^2".split()
)
"""Units that a data file may use."""

_KINDS: dict[type, str] = {dict: "a table", list: "a list", str: "a text", int: "a whole number"}


def data_root() -> Path:
    """Return the folder with the data: $CEVNSJAX_DATA, the one in the installed package, or the checkout's."""
    if chosen := os.environ.get("CEVNSJAX_DATA"):
        return Path(chosen)
    package = Path(__file__).parent
    return package / "data" if (package / "data").is_dir() else package.parent / "data"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found: {error.strerror}") from None


@cache
def _checksums(root: Path) -> dict[str, str]:
    lines = _read(root / "SHA256SUMS").decode().splitlines()
    return {name.strip(): digest for digest, _, name in (line.partition("  ") for line in lines)}


def read_verified(root: Path, name: str) -> bytes:
    """Return the bytes of ``root/name`` after comparing them with the digest in ``root/SHA256SUMS``."""
    expected = _checksums(root).get(name)
    if expected is None:
        raise DataError(f"{root / name}: expected an entry in {root / 'SHA256SUMS'}, found none")
    content = _read(root / name)
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DataError(f"{root / name}: the file was altered: expected sha256 {expected[:12]}…, found {found[:12]}…")
    return content


class Numbers:
    """The numbers of a TOML document, each with its unit, checked as they are read."""

    def __init__(self, content: bytes, path: Path, sourced: bool) -> None:
        """Parse `content`, which was read from `path`; with `sourced` each number must name its source."""
        self.path = path
        self.sourced = sourced
        try:
            self._content = tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: expected a TOML file, found: {error}") from None

    def _fail(self, key: str, expected: str, found: object) -> DataError:
        return DataError(f"{self.path}: {key}: expected {expected}, found {found}")

    def sections(self) -> list[str]:
        """Return the names of the top-level tables."""
        return [key for key, value in self._content.items() if isinstance(value, dict)]

    def get(self, key: str, kind: type) -> Any:
        """Return the plain value at the dotted `key`, which must be of the type `kind`."""
        value: Any = self._content
        for part in key.split("."):
            if not isinstance(value, dict) or part not in value:
                raise self._fail(key, _KINDS[kind], "no such key")
            value = value[part]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._fail(key, _KINDS[kind], repr(value))
        return value

    def _quantity(self, key: str) -> dict[str, Any]:
        entry = self.get(key, dict)
        needed = ("value", "unit", "source") if self.sourced else ("value", "unit")
        for part in needed:
            if part not in entry:
                listed = f"{', '.join(needed[:-1])} and {needed[-1]}"
                raise self._fail(f"{key}.{part}", f"{listed} for each number", "no such key")
        if "source" in entry and entry["source"] not in list(self.get("sources", dict)):
            raise self._fail(f"{key}.source", "a key of [sources]", repr(entry["source"]))
        units = entry["unit"] if isinstance(entry["unit"], list) else [entry["unit"]]
        for unit in units:
            if not isinstance(unit, str) or unit not in UNITS:
                raise self._fail(f"{key}.unit", f"a known unit ({', '.join(sorted(UNITS))})", repr(unit))
        if "uncertainty" in entry:
            self._finite(f"{key}.uncertainty", entry["uncertainty"])
        return entry

    def _finite(self, key: str, value: object) -> float:
        try:
            number = np.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
        except OverflowError:
            number = np.inf
        if not np.isfinite(number):
            raise self._fail(key, "a finite number", repr(value))
        return number

    def number(self, key: str, unit: str) -> float:
        """Return the number at `key`, which must be given in `unit`."""
        entry = self._quantity(key)
        if entry["unit"] != unit:
            raise self._fail(f"{key}.unit", repr(unit), repr(entry["unit"]))
        return self._finite(key, entry["value"])

    def uncertainty(self, key: str) -> float:
        """Return the uncertainty of the number at `key`, in its unit; there must be one."""
        entry = self._quantity(key)
        if "uncertainty" not in entry:
            raise self._fail(f"{key}.uncertainty", "a finite number", "no such key")
        return self._finite(f"{key}.uncertainty", entry["uncertainty"])

    def array(self, key: str, unit: str | list[str], length: int | None = None) -> np.ndarray:
        """Return the list of numbers at `key`; `unit` is one for all or a list with one each."""
        entry = self._quantity(key)
        if entry["unit"] != unit:
            raise self._fail(f"{key}.unit", repr(unit), repr(entry["unit"]))
        values = entry["value"]
        if not isinstance(values, list):
            raise self._fail(key, "a list of numbers", repr(values))
        length = len(unit) if isinstance(unit, list) else length
        if length is not None and len(values) != length:
            raise self._fail(key, f"{length} numbers", len(values))
        return np.array([self._finite(f"{key}[{i}]", value) for i, value in enumerate(values)])

    def edges(self, key: str, unit: str) -> np.ndarray:
        """Return the increasing bin edges at `key`."""
        edges = self.array(key, unit)
        if len(edges) < 2 or np.any(np.diff(edges) <= 0):
            raise self._fail(key, "at least two increasing edges", edges.tolist())
        return edges


class DataFile(Numbers):
    """The numbers of one TOML file under ``data/`` and of the tables beside it, all verified."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        """Read ``name`` (relative to the data folder, ``coherent_csi_2021/measurement.toml``)."""
        self.root = data_root() if root is None else root
        self.name = name
        super().__init__(read_verified(self.root, name), self.root / name, sourced=True)

    def table(self, key: str) -> np.ndarray:
        """Return the columns of the table that ``[tables.KEY]`` describes, as an array (columns, rows).

        The CSV file stands beside the TOML file. Its header must be the described columns, ``name [unit]``; a column
        of counts holds non-negative integers, and no weight or fraction is negative.
        """
        columns = self.get(f"tables.{key}.columns", list)
        rows = self.get(f"tables.{key}.rows", int)
        if (source := self.get(f"tables.{key}.source", str)) not in self.get("sources", dict):
            raise self._fail(f"tables.{key}.source", "a key of [sources]", repr(source))
        name = str(Path(self.name).with_name(f"{key}.csv").as_posix())
        path = self.root / name
        content = read_verified(self.root, name)
        try:
            header, *lines = list(csv.reader(content.decode().splitlines()))
        except (UnicodeDecodeError, ValueError, csv.Error) as error:
            raise DataError(f"{path}: expected a CSV table, found: {error}") from None
        if header != columns:
            raise DataError(f"{path}: header: expected {columns}, found {header}")
        if len(lines) != rows:
            raise DataError(f"{path}: expected {rows} rows, found {len(lines)}")
        values = np.empty((len(columns), rows))
        for i, line in enumerate(lines):
            if len(line) != len(columns):
                raise DataError(f"{path}: row {i + 1}: expected {len(columns)} columns, found {len(line)}")
            for j, text in enumerate(line):
                values[j, i] = self._cell(f"{path}: row {i + 1}, {columns[j]}", columns[j], text)
        return values

    def arrays(self, key: str) -> dict[str, np.ndarray]:
        """Return the arrays of the compressed file KEY.npz that ``[arrays.KEY]`` describes, by name.

        The file stands beside the TOML file and has exactly the described arrays, ``name = { shape, unit }``, of finite
        numbers that are not negative where they are fractions or rates.
        """
        entry = self.get(f"arrays.{key}", dict)
        if (source := self.get(f"arrays.{key}.source", str)) not in self.get("sources", dict):
            raise self._fail(f"arrays.{key}.source", "a key of [sources]", repr(source))
        described = {name: value for name, value in entry.items() if isinstance(value, dict)}
        name = str(Path(self.name).with_name(f"{key}.npz").as_posix())
        path = self.root / name
        content = read_verified(self.root, name)
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                found = {part: np.asarray(stored[part], dtype=float) for part in stored.files}
        except (ValueError, OSError, zipfile.BadZipFile) as error:
            raise DataError(f"{path}: expected a file of arrays, found: {error}") from None
        if found.keys() != described.keys():
            raise DataError(f"{path}: expected the arrays {sorted(described)}, found {sorted(found)}")
        for part, values in found.items():
            shape = tuple(self.get(f"arrays.{key}.{part}.shape", list))
            if (unit := self.get(f"arrays.{key}.{part}.unit", str)) not in UNITS:
                raise self._fail(f"arrays.{key}.{part}.unit", "a known unit", repr(unit))
            if values.shape != shape:
                raise DataError(f"{path}: {part}: expected the shape {shape}, found {values.shape}")
            if not np.all(np.isfinite(values)) or (unit in ("counts", "fraction", "1", "1/t/y") and np.any(values < 0)):
                raise DataError(f"{path}: {part}: expected finite numbers that are not negative, found others")
        return found

    def _cell(self, where: str, column: str, text: str) -> float:
        unit = column.partition("[")[2].rstrip("]")
        if unit not in UNITS:
            raise DataError(f"{where}: expected a known unit, found {unit!r}")
        try:
            value = float(text)
        except ValueError:
            raise DataError(f"{where}: expected a number, found {text!r}") from None
        if not np.isfinite(value):
            raise DataError(f"{where}: expected a finite number, found {text!r}")
        if value < 0 and (unit in ("counts", "fraction", "1")):
            raise DataError(f"{where}: expected a non-negative number, found {text!r}")
        return value
