"""Read the TOML document of an experiment: every entry checked, none left unread, every fault told with its line.

An entry with a number is ``{ value, unit }``, and may have ``source`` and ``uncertainty``. Where a list of numbers
stands, numbers of a file may stand instead:

    { table = "efficiency.csv", column = "efficiency" }         a column of a table
    { table = "counts.csv", columns = ["t_0_1", "t_1_2"] }      rows by columns; ``add`` in its place for their sum
    … rows = 12, sum = 8                                        the first rows alone; each so many added up
    { array = "templates.npz", name = "signal", unit = "1" }    an array
    { outer = [numbers, shares] }                               the product of all of the first with all of the second
    [numbers, numbers]                                          arrays with a further, second axis
"""

import copy
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from .._base.data_files import Numbers, inside, quoted
from .._base.errors import DataError, InputError, printable, suggest
from ..parameters.parameter import Gaussian, Parameter
from .folder import DOCUMENT, Folder, Table

QUANTITY = ("value", "unit", "source", "uncertainty")
"""What an entry with a number may hold."""
TABULATED = ("table", "column", "columns", "add", "rows", "sum", "array", "name", "unit", "source")
"""What an entry may hold whose numbers are in a file."""
DESCRIBED = ("sources", "tables", "arrays")
"""Tables that state in words what numbers and files are."""
PARAMETER = ("low", "high", "latex", "text")
"""What an entry with a parameter may hold beside a number."""
EVEN = ("from", "to", "bins")
"""What an entry holds that states even bins."""
Made = TypeVar("Made")
Units = str | Sequence[str] | Mapping[str, float]
"""A unit; the unit of each number of a list; or several units, with the factor that converts each."""

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("keV", "PE"), (1e-9, 1e9)),
    **dict.fromkeys(("MeV", "GeV", "MW", "GW"), (1e-9, 1e9)),
    **dict.fromkeys(("1/keV", "1/PE", "PE/keV", "1/us"), (1e-9, 1e9)),
    **dict.fromkeys(("h", "day"), (1e-6, 1e9)),
    "m": (1e-3, 1e12),
    "kg": (1e-12, 1e12),
    "us": (1e-6, 1e6),
    "cm^2": (1e-60, 1e-20),
    "fraction": (1e-12, 1.0),
    "counts": (1e-30, 1e15),
    "1/keV/kg/day": (1e-30, 1e15),
}
"""Magnitude of a number in each unit: beyond these it is a slip. Of the others, `ANY`."""
ANY = (1e-30, 1e30)
LONGEST_TEXT = 2000
"""Letters of a text up to which it is read."""
MOST_POINTS = 20_000
"""Numbers of a list in the document up to which it is read; more belong into a table."""


class Document(Numbers):
    """A document, which records the keys that were requested. Keys are dotted: ``detector.quenching.kind``."""

    def __init__(self, content: bytes, folder: Folder, name: str = DOCUMENT) -> None:
        """Parse `content`, which was read from the file `name` of `folder`."""
        super().__init__(content, folder.path / name, sourced=False)
        self.folder = folder
        self._text = content.decode("utf-8-sig")
        self.problems: list[DataError] = []
        self.has_other_bins = False
        """Whether edges were chosen in place of its own: what lies beyond them is then no slip."""
        self._lines = _lines(self._text)
        self._overrides: tuple[str, ...] = ()
        self._requested: set[str] = set(DESCRIBED)
        self._left: set[str] = set()
        self._idle: list[DataError] = []
        self._errors: set[str] = set()
        for key, value in (self.get("sources", dict) if self.has("sources") else {}).items():
            self._check_text(f"sources.{key}", value)

    def source_text(self) -> str:
        """Return the document as it was written."""
        return self._text

    # Overrides

    def overridden(self, table: str, name: str | None = None) -> "Document":
        """Return the document with the entries of ``[TABLE.NAME]`` in place of those of the same keys, or without any.

        It shares its problems, and what was requested of it, with this document.
        """
        changed = copy.copy(self)
        entries = self._content.get(table, {})
        changed._content = {key: value for key, value in self._content.items() if key != table}
        if name is not None and isinstance(entries, dict) and name in entries:
            idle = _idle(f"{table}.{name}", entries[name], self._content)
            changed._idle = [*self._idle, *(self._fail(*found) for found in idle)]
        if name is not None and isinstance(entries, dict) and isinstance(entries.get(name), dict):
            changed._content = _merged(changed._content, entries[name])
            changed._overrides = (f"{table}.{name}.", *self._overrides)
        return changed

    def rebinned(self, binning: Mapping[str, Sequence[float | int] | np.ndarray]) -> "Document":
        """Return the document with other edges along some axes, within its own; raise InputError for others."""
        changed = copy.copy(self)
        changed.has_other_bins = bool(binning)
        if not isinstance(binning, Mapping):
            raise InputError(f"binning: expected edges by the name of an axis, found {quoted(binning)}")
        for axis, chosen in binning.items():
            own = self.raw(f"binning.{axis}")
            if not isinstance(own, dict) or "value" not in own:
                raise InputError(f"binning: expected axes of {self.path}, found '{axis}'")
            try:
                edges, (low, high) = np.asarray(chosen, float), (own["value"][0], own["value"][-1])
            except (TypeError, ValueError):
                raise InputError(f"binning: {axis}: expected increasing numbers, found {quoted(chosen)}") from None
            if (
                edges.ndim != 1
                or len(edges) < 2
                or not np.all(np.diff(edges) > 0)
                or edges[0] < low
                or edges[-1] > high
            ):
                inside = f"increasing edges from {low:g} to {high:g} {own['unit']}"
                raise InputError(f"binning: {axis}: expected {inside}, found {edges.tolist()}")
            entry = {**own, "value": edges.tolist()}
            changed._content = {**changed._content, "binning": {**changed._content["binning"], axis: entry}}
        return changed

    def line(self, key: str) -> int | None:
        """Return the line of the document that the entry at `key` begins on, or the table that it should be in."""
        while key:
            for prefix in (*self._overrides, ""):
                if prefix + key in self._lines:
                    return self._lines[prefix + key]
            key = key.rpartition("[")[0] if key.endswith("]") else key.rpartition(".")[0]
        return None

    # Faults

    def _fail(self, key: str, expected: str, value: object) -> DataError:
        error = super()._fail(key, expected, value)
        error.key, error.line = key, self.line(key)
        return error

    def fail(self, key: str, expected: str, value: object) -> DataError:
        """Return the error that states what was expected at `key` instead of `value`."""
        return self._fail(key, expected, value)

    @contextmanager
    def at(self, key: str) -> Generator[None, None, None]:
        """Name file and `key` in errors that are raised inside."""
        try:
            yield
        except DataError as error:
            if not error.key:
                error.key, error.line = key, self.line(key)
            raise
        except InputError as error:
            told = DataError(f"{self.path}: {key}: {error}")
            told.key, told.line = key, self.line(key)
            raise told from None

    @contextmanager
    def collecting(self) -> Generator[None, None, None]:
        """Keep the errors of data that are raised inside, and go on."""
        try:
            yield
        except DataError as error:
            if error not in self.problems:
                self.problems.append(error)

    def stop_at_problems(self) -> None:
        """Raise the first of the problems that were collected, if there are any."""
        if self.problems:
            raise self.problems[0]

    def collect_idle(self) -> None:
        """Collect an error for each override that is no table, or leaves out what there is not."""
        self.problems.extend(self._idle)

    def attempt(self, make: Callable[[], Made]) -> Made | None:
        """Return what is made, or None where a fault was found, which is collected."""
        with self.collecting():
            return make()
        return None

    def raise_problems(self) -> None:
        """Raise the first of the problems that were collected, if there are any, and say how many more there are."""
        if not self.problems:
            return
        first, *others = dict.fromkeys(map(str, self.problems))
        told = DataError(f"{first} (and {len(others)} more: `cevnsjax check` tells all)" if others else first)
        told.key, told.line = self.problems[0].key, self.problems[0].line
        raise told

    # Entries

    def _section(self, key: str) -> dict[str, Any]:
        """Return the table that the entry at `key` is in, empty if there is none; a list is a table of ``NAME[k]``."""
        value: Any = self._content
        *parts, last = key.split(".")
        for part in parts:
            value = inside(value, part)
        if last.endswith("]"):
            return {last: found} if (found := inside(value, last)) is not None else {}
        return value if isinstance(value, dict) else {}

    def has(self, key: str) -> bool:
        """Return whether there is an entry at `key`."""
        self._requested.add(key)
        return key.rpartition(".")[2] in self._section(key)

    def holds(self, key: str) -> bool:
        """Return whether there is an entry at `key`, without requesting it."""
        return key.rpartition(".")[2] in self._section(key)

    def raw(self, key: str) -> Any:
        """Return what is at `key`, whatever it is; None if there is nothing."""
        return self._section(key).get(key.rpartition(".")[2]) if self.has(key) else None

    def _entry(self, key: str, expected: str, kind: type) -> Any:
        """Return what is at `key`, which must be of the type `kind`."""
        section, name = self._section(key), key.rpartition(".")[2]
        if not self.has(key):
            unread = [
                other for other in section if f"{key.rpartition('.')[0]}.{other}".strip(".") not in self._requested
            ]
            raise self._fail(key, expected, f"no such entry{suggest(name, unread)}")
        if not isinstance(section[name], kind):
            raise self._fail(key, expected, quoted(section[name]))
        return section[name]

    def text(self, key: str) -> str:
        """Return the text at `key`."""
        return self._check_text(key, self._entry(key, "a text", str))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of texts at `key`."""
        entry = self._entry(key, "a list of texts", list)
        return tuple(self._check_text(f"{key}[{k}]", value) for k, value in enumerate(entry))

    def _check_text(self, key: str, value: object) -> str:
        """Return `value` if it is a text that a terminal and a figure can show."""
        if not isinstance(value, str):
            raise self._fail(key, "a text", quoted(value))
        if len(value) > LONGEST_TEXT:
            raise self._fail(key, f"a text of at most {LONGEST_TEXT} letters", f"one of {len(value)}")
        if printable(line := value.translate({9: " ", 10: " ", 13: " "})) != line:
            raise self._fail(key, "a text without control characters", f"'{value}'")
        return value

    def sources(self) -> dict[str, str]:
        """Return the texts of [sources] by key, none if there is no such table."""
        return dict(self.get("sources", dict)) if self.has("sources") else {}

    def get(self, key: str, kind: type) -> Any:
        """Return the plain value at `key`, which must be of the type `kind`; [sources] may be missing."""
        return {} if key == "sources" and key not in self._content else super().get(key, kind)

    def one_of(self, key: str, known: Sequence[str]) -> str:
        """Return the text at `key`, which must be among those `known`."""
        expected = f"one of {', '.join(known)}"
        text = self._entry(key, expected, str)
        if text not in known:
            raise self._fail(key, expected, f"'{text}'{suggest(text, known)}")
        return text

    def names(self, key: str) -> list[str]:
        """Return the keys of the table at `key`, none if there is no such table."""
        return list(self._entry(key, "a table", dict)) if self.has(key) else []

    def _given_in(self, key: str, units: Units, what: str) -> Any:
        """Return the unit that the quantity at `key` is given in, which must be among `units`."""
        known = list(units) if isinstance(units, Mapping) else [list(units) if isinstance(units, tuple) else units]
        named = " or ".join(map(repr, known))
        entry = self._entry(key, f"{{ value = {what}, unit = {named} }}", dict)
        for part in entry:
            if part not in QUANTITY:
                raise self._fail(f"{key}.{part}", f"{', '.join(QUANTITY)} alone", "another entry")
        if "unit" in entry and entry["unit"] not in known:
            raise self._fail(f"{key}.unit", named, quoted(entry["unit"]))
        return entry.get("unit")

    def value(
        self,
        key: str,
        units: Units,
        zero: bool = False,
        negative: bool = False,
        most: float | None = None,
        wide: bool = False,
    ) -> float:
        """Return the number at `key`: positive, unless it may be `zero` or `negative`, and not above `most`.

        Its magnitude is one that is usual in its unit, unless it may be of a `wide` range.
        """
        unit = self._given_in(key, units, "a number")
        number = self.number(key, unit or "")
        self._check_sign(key, number, zero, negative, most)
        least, largest = ANY if wide else RANGES.get(unit or "", ANY)
        if number != 0 and not least <= abs(number) <= largest:
            raise self._fail(key, f"a magnitude from {least:g} to {largest:g}", f"{number:g}")
        return number * units[unit] if isinstance(units, Mapping) else number

    def _check_sign(self, key: str, number: float, zero: bool, negative: bool, most: float | None) -> None:
        if not (negative or number > 0 or (zero and number == 0)):
            raise self._fail(key, "a number that is not negative" if zero else "a positive number", f"{number:g}")
        if most is not None and number > most:
            raise self._fail(key, f"a number up to {most:g}", f"{number:g}")

    def optional(self, key: str, units: Units, default: float | None, **limits: Any) -> Any:
        """Return the number at `key`, or `default` if there is none."""
        return self.value(key, units, **limits) if self.has(key) else default

    def error_of(self, key: str) -> float:
        """Return the uncertainty of the number at `key`, in its unit."""
        self._errors.add(key)
        error = self.uncertainty(key)
        self._check_sign(f"{key}.uncertainty", error, False, False, None)
        return error

    def constant(self, key: str) -> float:
        """Return the number at `key`, in whatever unit."""
        unit = self._entry(key, "{ value = a number, unit = its unit }", dict).get("unit")
        if not isinstance(unit, str):
            raise self._fail(f"{key}.unit", "a text", quoted(unit))
        return self.value(key, unit, zero=True, negative=True, wide=True)

    def parameter(self, key: str, name: str) -> Parameter:
        """Return the nuisance of the entry ``{ value, unit, low, high }``, with a prior if it has an uncertainty."""
        entry = self._entry(key, "{ value = a number, unit, low, high }", dict)
        for part in entry:
            if part not in (*QUANTITY, *PARAMETER):
                raise self._fail(f"{key}.{part}", f"{', '.join((*QUANTITY, *PARAMETER))} alone", "another entry")
        if not isinstance(unit := entry.get("unit"), str):
            raise self._fail(f"{key}.unit", "a text", quoted(unit))
        value, low, high = (
            self.number(key, unit),
            *(self._finite(f"{key}.{end}", entry.get(end)) for end in ("low", "high")),
        )
        if not low <= value <= high or low == high:
            raise self._fail(key, "low <= value <= high", f"{low:g}, {value:g}, {high:g}")
        prior = Gaussian(value, self.error_of(key)) if "uncertainty" in entry else None
        words = {part: self.text(f"{key}.{part}") for part in ("latex", "text") if part in entry}
        latex = words.get("latex", rf"\mathrm{{{name.replace('_', ' ')}}}")
        described = words.get("text", f"coefficient {name}")
        return Parameter(name, unit, value, (low, high), latex, described, prior, nuisance=prior is None, own=True)

    # Lists, tables and arrays

    def values(self, key: str, units: Units, negative: bool = True, most: float = np.inf) -> np.ndarray:
        """Return the numbers at `key`: a list, lists of lists, a column, columns (row, column), or an array."""
        entry = self._section(key).get(key.rpartition(".")[2])
        if isinstance(entry, list) and entry:
            parts = [self.values(f"{key}[{k}]", units, negative, most) for k in range(len(entry))]
            self._requested.add(key)
            if any(part.shape != parts[0].shape for part in parts):
                raise self._fail(key, "arrays of the same shape", [part.shape for part in parts])
            return np.stack(parts, axis=min(1, parts[0].ndim))
        if isinstance(entry, dict) and "outer" in entry:
            return self._outer(key, entry, units, negative)
        if isinstance(entry, dict) and ("table" in entry or "array" in entry):
            numbers = self._from_file(key, entry, units)
        else:
            numbers = self._listed(key, units)
        beyond = np.argwhere((numbers < (-np.inf if negative else 0.0)) | (numbers > most))
        if len(beyond):
            place, limit = "".join(f"[{k}]" for k in beyond[0]), "" if most == np.inf else f" up to {most:g}"
            found = f"{numbers[tuple(beyond[0])]:g}"
            raise self._fail(f"{key}{place}", f"a number that is not negative{limit}", found)
        return numbers

    def _outer(self, key: str, entry: Mapping[str, Any], units: Units, negative: bool) -> np.ndarray:
        """Return the product of the numbers of the first axes with the shares of the last."""
        self._requested.add(key)
        if list(entry) != ["outer"] or not isinstance(entry["outer"], list) or len(entry["outer"]) != 2:
            raise self._fail(key, "{ outer = [numbers, shares] }", quoted(entry))
        first = self.values(f"{key}.outer[0]", units, negative)
        return np.multiply.outer(first, self.values(f"{key}.outer[1]", {"fraction": 1.0, "1": 1.0}, negative))

    def _listed(self, key: str, units: Units) -> np.ndarray:
        unit = self._given_in(key, units, "a list of numbers")
        nested = self._entry(key, "", dict).get("value")
        rows = nested if isinstance(nested, list) and nested and isinstance(nested[0], list) else None
        if rows is not None:
            if any(not isinstance(row, list) or len(row) != len(rows[0]) for row in rows):
                raise self._fail(key, "rows of the same length", f"{len(rows)} rows of others")
            return np.array(
                [[self._finite(f"{key}[{i}][{j}]", x) for j, x in enumerate(row)] for i, row in enumerate(rows)]
            )
        if isinstance(nested, list) and len(nested) > MOST_POINTS:
            raise self._fail(key, f"at most {MOST_POINTS} numbers", len(nested))
        numbers = self.array(key, unit if unit is not None else "")
        each = unit if isinstance(unit, list) else [unit] * len(numbers)
        for k, (number, own) in enumerate(zip(numbers, each, strict=True)):
            if abs(number) > (largest := RANGES.get(own, ANY)[1]):
                raise self._fail(f"{key}[{k}]", f"a magnitude up to {largest:g}", f"{number:g}")
        return numbers * (units[unit] if isinstance(units, Mapping) else 1.0)

    def _from_file(self, key: str, entry: Mapping[str, Any], units: Units) -> np.ndarray:
        """Return the numbers of a column, of several, or of an array."""
        self._requested.add(key)
        for part in entry:
            if part not in TABULATED:
                raise self._fail(f"{key}.{part}", f"{', '.join(TABULATED)} alone", "another entry")
        if "source" in entry and entry["source"] not in self.sources():
            raise self._fail(f"{key}.source", "a key of [sources]", quoted(entry["source"]))
        known = tuple(units) if isinstance(units, Mapping) else (units,)
        with self.at(key):
            if "array" in entry:
                arrays, name = self.folder.arrays(self.text(f"{key}.array")), self.text(f"{key}.name")
                if name not in arrays:
                    raise self._fail(f"{key}.name", f"one of {', '.join(arrays)}", f"'{name}'{suggest(name, arrays)}")
                self._check_array(key, name, arrays[name].shape)
                return arrays[name] * self._factor(key, self.text(f"{key}.unit"), known, units)
            table = self.table(f"{key}.table")
            if several := next((part for part in ("columns", "add") if part in entry), None):
                names = self.texts(f"{key}.{several}")
                if not names or len(set(names)) < len(names):
                    raise self._fail(f"{key}.{several}", "different columns", ", ".join(names) or "none")
                columns = [table.column(name) for name in names]
                stacked = np.stack([x * self._factor(key, unit, known, units) for x, unit in columns], axis=1)
                return self._first(key, entry, stacked.sum(axis=1) if several == "add" else stacked)
            numbers, unit = table.column(self.text(f"{key}.column"))
            return self._first(key, entry, numbers * self._factor(key, unit, known, units))

    def _first(self, key: str, entry: Mapping[str, Any], numbers: np.ndarray) -> np.ndarray:
        """Return the first rows, as many as the entry ``rows`` states, summed over as many as ``sum`` does."""
        rows = entry.get("rows", len(numbers))
        if type(rows) is not int or not 1 <= rows <= len(numbers):
            raise self._fail(f"{key}.rows", f"a whole number from 1 to {len(numbers)}", quoted(rows))
        numbers = numbers[:rows]
        step = entry.get("sum", 1)
        if type(step) is not int or step < 1 or len(numbers) % step:
            raise self._fail(f"{key}.sum", f"a whole number that divides {len(numbers)} rows", quoted(step))
        return numbers if step == 1 else numbers.reshape(-1, step, *numbers.shape[1:]).sum(axis=1)

    def table(self, key: str) -> Table:
        """Return the table that the text at `key` names, compared with what ``[tables]`` says of it, if it does."""
        name = self.text(key)
        with self.at(key):
            table, described = self.folder.table(name), f"tables.{name.removesuffix('.csv')}"
        if self.has("tables") and self.holds(described):
            columns = [f"{column} [{unit}]" for column, unit in table.columns.items()]
            if self.texts(f"{described}.columns") != tuple(columns):
                raise self._fail(f"{described}.columns", f"{columns} as in {name}", self.raw(f"{described}.columns"))
            if self.raw(f"{described}.rows") != table.values.shape[1]:
                raise self._fail(
                    f"{described}.rows", f"{table.values.shape[1]} as in {name}", self.raw(f"{described}.rows")
                )
        return table

    def _check_array(self, key: str, name: str, shape: tuple[int, ...]) -> None:
        """Raise DataError for an array that is not what ``[arrays]`` says of it, if it does."""
        described = f"arrays.{self.text(f'{key}.array').removesuffix('.npz')}.{name}"
        entry = self._section(f"{described}.shape")
        if entry and (entry.get("shape") != list(shape) or entry.get("unit") != self.text(f"{key}.unit")):
            raise self._fail(described, f"the shape {shape} and the unit of {key}", quoted(entry))

    def any_column(self, key: str) -> tuple[np.ndarray, str]:
        """Return the numbers at `key`, a list or a column, and whatever unit they are in."""
        entry = self._section(key).get(key.rpartition(".")[2])
        if not isinstance(entry, dict):
            raise self._fail(key, "numbers with their unit, or a column of a table", quoted(entry))
        if "table" in entry:
            with self.at(key):
                _, unit = self.table(f"{key}.table").column(self.text(f"{key}.column"))
        else:
            unit = self.text(f"{key}.unit")
        return self.values(key, unit), unit

    def _factor(self, key: str, unit: str, known: Sequence[Any], units: Units) -> float:
        if unit not in known:
            raise self._fail(f"{key}.unit", " or ".join(map(repr, known)), quoted(unit))
        return units[unit] if isinstance(units, Mapping) else 1.0

    def bins(self, key: str, units: Units, negative: bool = True) -> np.ndarray:
        """Return the increasing numbers at `key`, or as many even bins between two ends as it states."""
        if isinstance(entry := self.raw(key), dict) and "bins" in entry:
            return self._even(key, entry, units)
        edges = self.values(key, units)
        if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0):
            raise self._fail(key, "at least two increasing edges", edges.tolist())
        if edges[0] < 0 and not negative:
            raise self._fail(f"{key}[0]", "a number that is not negative", f"{edges[0]:g}")
        return edges

    def _even(self, key: str, entry: Mapping[str, Any], units: Units) -> np.ndarray:
        """Return the edges of ``{ from, to, bins, unit }``."""
        for part in entry:
            if part not in (*EVEN, "unit", "source"):
                raise self._fail(f"{key}.{part}", f"{', '.join(EVEN)} and unit alone", "another entry")
        if entry.get("unit") != units:
            raise self._fail(f"{key}.unit", quoted(units), quoted(entry.get("unit")))
        low, high = (self._finite(f"{key}.{end}", entry.get(end)) for end in ("from", "to"))
        if type(count := entry["bins"]) is not int or not 1 <= count <= MOST_POINTS or not low < high:
            raise self._fail(key, f"from < to and 1 to {MOST_POINTS} bins", f"{low:g}, {high:g}, {quoted(count)}")
        return np.linspace(low, high, count + 1)

    def uncertain(self) -> Iterator[str]:
        """Return the keys of numbers that have an uncertainty which nothing has requested."""
        yield from (key for key in _uncertain(self._content, "") if key not in self._errors)

    # What is left

    def leave(self, *keys: str) -> None:
        """Say nothing of entries that could not be read because of another fault, nor of what is in them."""
        self._left.update(keys)

    def refuse_the_rest(self) -> None:
        """Collect an error for each entry that nothing has requested, empty tables too."""
        for key in self._unread(self._content, ""):
            prefix, _, name = key.rpartition(".")
            beside = [other.rpartition(".")[2] for other in self._requested if other.rpartition(".")[0] == prefix]
            missing = [other for other in beside if other not in self._section(key)]
            error = self._fail(key, "entries that are used", f"one that is not{suggest(name, missing)}")
            self.problems.append(error)

    def _unread(self, table: dict[str, Any], prefix: str) -> Iterator[str]:
        for name, value in table.items():
            if (key := prefix + name) in DESCRIBED or key in self._left:
                continue
            within = any(entry.startswith((f"{key}.", f"{key}[")) for entry in self._requested | self._left)
            if isinstance(value, dict) and within and not {"table", "array", "value", "bins", "outer"} & set(value):
                yield from self._unread(value, f"{key}.")
            elif key not in self._requested:
                yield key


def _uncertain(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            if "uncertainty" in value:
                yield prefix + name
            yield from _uncertain(value, f"{prefix}{name}.")


def _idle(key: str, override: Any, base: Any) -> Iterator[tuple[str, str, object]]:
    """Return key, what is expected there, and what is found, of overrides that change nothing."""
    if not isinstance(override, dict):
        yield key, "a table", quoted(override)
        return
    for name, value in override.items():
        before = base.get(name) if isinstance(base, dict) else None
        if value == "none" and before is None:
            yield f"{key}.{name}", "an entry to leave out", "none of that name"
        elif isinstance(value, dict):
            yield from _idle(f"{key}.{name}", value, before)


def _merged(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of `base` with the entries of `override`; a number, or a table of another kind, is replaced."""
    merged = dict(base)
    for key, value in override.items():
        before = merged.get(key)
        tables = isinstance(value, dict) and isinstance(before, dict)
        numbers = tables and ({"value", "table", "array", "outer"} & (set(value) | set(before)))
        other = tables and value.get("kind", before.get("kind")) != before.get("kind")
        merged[key] = _merged(before, value) if tables and not numbers and not other else value
    return merged


def _lines(text: str) -> dict[str, int]:
    """Return the number of the line that each dotted key of a TOML document begins on, as it is written there."""
    lines, table = dict[str, int](), ""
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]", line):
            table = header[1].replace('"', "") + "."
            for end in (place.start() for place in re.finditer(r"\.", table)):
                lines.setdefault(table[:end], number)
        elif entry := re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", line):
            lines.setdefault(table + entry[1].replace('"', ""), number)
    return lines
