"""Read the measured numbers under ``data/``: TOML for numbers with unit and source, CSV for tables.

Each kind of data is a folder with a TOML file and tables beside it. Everything read is checked: the file
against the checksum in ``SHA256SUMS``, each number against its unit, each table against its columns and length.
The folder is that shipped with the package, or that which the environment variable CEVNSJAX_DATA names.
"""

import csv
import hashlib
import os
import re
import stat
import tokenize
import tomllib
import zipfile
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .errors import LONGEST, NUMBER, DataError

UNITS = frozenset(
    "1 fraction counts PE us ns m cm kg g/mol u fm keV MeV 1/keV 1/MeV 1/MeV^2 1/MeV^3 1/MeV^4 1/MeV^5 1/PE 1/us "
    "t*y 1/t/y 1/cm^2/s 1/MeV/cm^2/s mol/cm^3 eV^2 R_sun 1/day GW day kg*day 1/kg/day GeV MW h PE/keV 1/keV/kg/day "
    "1/fm 1/fm^3 fm^2 GeV^2 a_B^3 e/a_B^2 e*a_B GWh GWh*kg 1/GWh b cm^2 1/keV^2 y".split()
)
"""Units that a data file may use."""

_KINDS: dict[type, str] = {dict: "a table", list: "a list", str: "a text", int: "a whole number"}


def data_root() -> Path:
    """Return the folder with the data: $CEVNSJAX_DATA, that of the installed package, or that of the checkout."""
    if chosen := os.environ.get("CEVNSJAX_DATA"):
        return Path(chosen)
    package = Path(__file__).parents[1]
    return package / "data" if (package / "data").is_dir() else package.parent / "data"


LARGEST_FILE = 2**26
"""Bytes of a data file up to which it is read."""
MOST_PARTS = 200
"""Parts that a key of a TOML file may have: the time to read a key grows as their number squared."""
DAMAGED = (
    *(ValueError, OSError, EOFError, KeyError, NotImplementedError, RuntimeError, SyntaxError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)
"""What reading an archive of arbitrary bytes raises."""


def read_bounded(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; nothing else is opened."""
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise DataError(f"{path}: expected a regular file, found a device, a pipe or a socket")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise DataError(f"{path}: expected a readable file, found: {error.strerror}") from None
    except ValueError as error:
        raise DataError(f"{path}: expected a readable file, found: {error}") from None
    if len(content) > most:
        raise DataError(f"{path}: expected a file of at most {most / 1e6:.3g} MB, found a larger one")
    return content


def shown(value: object, most: int = LONGEST) -> str:
    """Return how an error shows a value of a file: as Python writes it, cut where it is long."""
    try:
        text = value if isinstance(value, str) else repr(value)
    except (ValueError, RecursionError):
        return "a value too long to show"
    return text if len(text) <= most else f"{text[: most - 20]}…{text[-16:]}"


def quoted(value: object) -> str:
    """Return the same, a text in quotes."""
    return repr(shown(value)) if isinstance(value, str) else shown(value)


def _parts(line: str) -> int:
    """Return at least the number of parts of the longest dotted key in a line of TOML."""
    if line.count(".") < MOST_PARTS:
        return 1
    runs = re.split(r"[=,{}\[\]#]", re.sub(r"[\"' \t\r]", "", line))
    return max(sum(map(bool, run.split("."))) for run in runs)


def parse_toml(content: bytes, path: Path) -> dict[str, Any]:
    """Return the tables of a TOML document in UTF-8, with a byte-order mark or without, read from `path`."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected a TOML file, found: {error}") from None
    if any(_parts(line) > MOST_PARTS for line in text.split("\n")):
        raise DataError(f"{path}: expected a TOML file, found: a key of more than {MOST_PARTS} parts")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        number = int(place[1]) if place else text.count("\n") + 1
        line = text.split("\n")[number - 1]
        hint = " (a decimal comma? numbers have a point)" if re.search(r"[=\[]\s*[+-]?\d+,\d", line) else ""
        told = DataError(f"{path}: expected a TOML file, found: {error}{hint}")
        told.line = number
        raise told from None
    except RecursionError:
        raise DataError(f"{path}: expected a TOML file, found: lists or tables nested too deeply") from None
    except ValueError:
        raise DataError(f"{path}: expected a TOML file, found: a number or date that is none") from None


@cache
def _checksums(root: Path) -> dict[str, str]:
    path = root / "SHA256SUMS"
    try:
        lines = read_bounded(path).decode().splitlines()
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected lines of digest and name, found what is no text") from None
    return {name.strip(): digest for digest, _, name in (line.partition("  ") for line in lines)}


def read_verified(root: Path, name: str) -> bytes:
    """Return the bytes of ``root/name`` after comparing them with the digest in ``root/SHA256SUMS``."""
    expected = _checksums(root).get(name)
    if expected is None:
        raise DataError(f"{root / name}: expected an entry in {root / 'SHA256SUMS'}, found none")
    content = read_bounded(root / name)
    digest = hashlib.sha256(content).hexdigest()
    if digest != expected:
        raise DataError(f"{root / name}: the file was altered: expected sha256 {expected[:12]}…, found {digest[:12]}…")
    return content


def announced(file: Any) -> tuple[tuple[int, ...], np.dtype]:
    """Return the shape and the type that the header of an array of NumPy's announces."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    return shape, kind


def inside(value: Any, part: str) -> Any:
    """Return the entry of a table, ``name``, or of a list in it, ``name[k]``; None if there is none."""
    name, bracket, place = part.removesuffix("]").partition("[")
    if not bracket:
        return value.get(part) if isinstance(value, dict) else None
    found = value.get(name) if isinstance(value, dict) else None
    return found[int(place)] if isinstance(found, list) and place.isdigit() and int(place) < len(found) else None


class Numbers:
    """The numbers of a TOML document, each with its unit, checked as they are read."""

    def __init__(self, content: bytes, path: Path, sourced: bool) -> None:
        """Parse `content`, which was read from `path`; with `sourced` each number must name its source."""
        self.path = path
        self.sourced = sourced
        self._content = parse_toml(content, path)

    def _fail(self, key: str, expected: str, value: object) -> DataError:
        return DataError(f"{self.path}: {key}: expected {expected}, found {shown(value, 3 * LONGEST)}")

    def sections(self) -> list[str]:
        """Return the names of the top-level tables."""
        return [key for key, value in self._content.items() if isinstance(value, dict)]

    def get(self, key: str, kind: type) -> Any:
        """Return the plain value at the dotted `key`, which must be of the type `kind`."""
        value: Any = self._content
        for part in key.split("."):
            if (value := inside(value, part)) is None:
                raise self._fail(key, _KINDS[kind], "no such key")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self._fail(key, _KINDS[kind], quoted(value))
        return value

    def _quantity(self, key: str) -> dict[str, Any]:
        entry = self.get(key, dict)
        needed = ("value", "unit", "source") if self.sourced else ("value", "unit")
        for part in needed:
            if part not in entry:
                listed = f"{', '.join(needed[:-1])} and {needed[-1]}"
                raise self._fail(f"{key}.{part}", f"{listed} for each number", "no such key")
        if "source" in entry and entry["source"] not in list(self.get("sources", dict)):
            raise self._fail(f"{key}.source", "a key of [sources]", quoted(entry["source"]))
        units = entry["unit"] if isinstance(entry["unit"], list) else [entry["unit"]]
        for unit in units:
            if not isinstance(unit, str) or unit not in UNITS:
                raise self._fail(f"{key}.unit", f"a known unit ({', '.join(sorted(UNITS))})", quoted(unit))
        if "uncertainty" in entry:
            self._finite(f"{key}.uncertainty", entry["uncertainty"])
        return entry

    def _finite(self, key: str, value: object) -> float:
        try:
            number = np.nan if isinstance(value, bool) or not isinstance(value, int | float) else float(value)
        except OverflowError:
            number = np.inf
        if not np.isfinite(number):
            comma = isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d+,\d+\s*", value)
            hint = " (a number has a decimal point and no quotes)" if comma else ""
            raise self._fail(key, "a finite number", f"{quoted(value)}{hint}")
        return number

    def number(self, key: str, unit: str) -> float:
        """Return the number at `key`, which must be given in `unit`."""
        entry = self._quantity(key)
        if entry["unit"] != unit:
            raise self._fail(f"{key}.unit", quoted(unit), quoted(entry["unit"]))
        return self._finite(key, entry["value"])

    def uncertainty(self, key: str) -> float:
        """Return the uncertainty of the number at `key`, in its unit; raise DataError if it has none."""
        entry = self._quantity(key)
        if "uncertainty" not in entry:
            raise self._fail(f"{key}.uncertainty", "a finite number", "no such key")
        return self._finite(f"{key}.uncertainty", entry["uncertainty"])

    def array(self, key: str, unit: str | list[str], length: int | None = None) -> np.ndarray:
        """Return the list of numbers at `key`; `unit` is common to all, or a list with the unit of each."""
        entry = self._quantity(key)
        if entry["unit"] != unit:
            raise self._fail(f"{key}.unit", quoted(unit), quoted(entry["unit"]))
        values = entry["value"]
        if not isinstance(values, list):
            raise self._fail(key, "a list of numbers", quoted(values))
        length = len(unit) if isinstance(unit, list) else length
        if length is not None and len(values) != length:
            raise self._fail(key, f"{length} numbers", len(values))
        return np.array([self._finite(f"{key}[{i}]", value) for i, value in enumerate(values)])


class DataFile(Numbers):
    """The numbers of a TOML file under ``data/`` and of the tables beside it, all verified."""

    def __init__(self, name: str, root: Path | None = None) -> None:
        """Read ``name`` (relative to the data folder, ``solar/solar.toml``)."""
        self.root = data_root() if root is None else root
        self.name = name
        super().__init__(read_verified(self.root, name), self.root / name, sourced=True)

    def table(self, key: str) -> np.ndarray:
        """Return the columns of the table that ``[tables.KEY]`` describes, as an array (columns, rows).

        The CSV file is beside the TOML file. Its header must be the described columns, ``name [unit]``; a column
        of counts holds non-negative integers, and no weight or fraction is negative.
        """
        columns = self.get(f"tables.{key}.columns", list)
        rows = self.get(f"tables.{key}.rows", int)
        if (source := self.get(f"tables.{key}.source", str)) not in self.get("sources", dict):
            raise self._fail(f"tables.{key}.source", "a key of [sources]", quoted(source))
        name = str(Path(self.name).with_name(f"{key}.csv").as_posix())
        path = self.root / name
        content = read_verified(self.root, name)
        try:
            header, *lines = list(csv.reader(content.decode("utf-8-sig").splitlines()))
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

    def _cell(self, where: str, column: str, text: str) -> float:
        unit = column.partition("[")[2].rstrip("]")
        if unit not in UNITS:
            raise DataError(f"{where}: expected a known unit, found {unit!r}")
        try:
            value = float(text)
        except ValueError:
            raise DataError(f"{where}: expected a number, found {quoted(text)}") from None
        if not np.isfinite(value):
            raise DataError(f"{where}: expected a finite number, found {quoted(text)}")
        if not re.fullmatch(NUMBER, text.strip()):
            raise DataError(f"{where}: expected a number, found {quoted(text)}")
        if value < 0 and (unit in ("counts", "fraction", "1")):
            raise DataError(f"{where}: expected a non-negative number, found {text!r}")
        return value
