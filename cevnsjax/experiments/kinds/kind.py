"""Kinds: what can stand in the tables of an experiment, each a small class with its entries, their units, an example.

A kind is a class whose fields are its entries; each field says what the entry holds, in which unit, and what it is if
it is left out. `read` takes them from a document, all faults collected; the method ``build`` makes the part of the
engine. The registry is what ``cevnsjax kinds`` lists and the reference page of the format is written from.

    @kind("resolution", "gaussian", '''noise = { value = 0.08, unit = "keV" }''')
    class Gaussian:
        \"\"\"A Gaussian of constant width.\"\"\"

        noise: float = number("keV", "standard deviation")

        def build(self, place: Place, setting: Setting) -> GaussianSmearing: ...
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from ..._base.data_files import quoted
from ..._base.errors import DataError
from ...parameters.parameter import Gaussian, Parameter
from ..document import Document, Units

ENERGY_UNITS = ("PE", "keV")
"""Units of a reconstructed energy: the last where a detector states none."""
NONE = "none"
"""In place of an entry that need not be there: without it, in a variant."""
REQUIRED: Any = object()
"""Default of an entry that must not be left out."""
Class = TypeVar("Class", bound=type)
KINDS: dict[str, dict[str, type]] = {}
"""The kinds of each category, by name."""


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a table stands in a document, for errors."""

    data: Document
    key: str

    def fail(self, entry: str, expected: str, found: object) -> DataError:
        """Return the error that states what was expected at an entry of the table, or of the table itself."""
        return self.data.fail(f"{self.key}.{entry}" if entry else self.key, expected, found)

    def need(self, entry: str, value: float | None, expected: str) -> float:
        """Return the value of an entry that must be there, or raise the error that states what was `expected`."""
        if value is None:
            raise self.fail(entry, expected, "no such entry")
        return value


@dataclasses.dataclass(frozen=True)
class Entry:
    """What an entry of a kind holds."""

    text: str
    unit: str
    read: Callable[[Document, str], Any]
    default: Any = REQUIRED
    many: bool = False
    """Whether an entry holds a table of such entries, by name."""


def field(entry: Entry) -> Any:
    """Return the field of an entry."""
    return dataclasses.field(metadata={"entry": entry}, default=None)


def _shown(units: Units) -> str:
    if isinstance(units, str):
        return units
    return " or ".join(units) if isinstance(units, Mapping) else ", ".join(units)


def number(units: Units, text: str, default: Any = REQUIRED, **limits: Any) -> Any:
    """Return the field of a number; `limits` as in `Document.value`."""
    return field(Entry(text, _shown(units), lambda data, key: data.value(key, units, **limits), default))


def whole(text: str, default: Any = REQUIRED, most: float = 1000.0) -> Any:
    """Return the field of a positive whole number."""

    def read(data: Document, key: str) -> int:
        value = data.value(key, "1", most=most)
        if value != int(value):
            raise data.fail(key, "a whole number", f"{value:g}")
        return int(value)

    return field(Entry(text, "1", read, default))


def numbers(units: Units, text: str, default: Any = REQUIRED, negative: bool = True, most: float = np.inf) -> Any:
    """Return the field of a list of numbers, a column or an array."""
    return field(Entry(text, _shown(units), lambda data, key: data.values(key, units, negative, most), default))


def edges(units: Units, text: str, default: Any = REQUIRED, negative: bool = True) -> Any:
    """Return the field of increasing numbers."""
    return field(Entry(text, _shown(units), lambda data, key: data.bins(key, units, negative), default))


def text(what: str, default: Any = REQUIRED, among: Sequence[str] | None = None) -> Any:
    """Return the field of a text, of those `among` which it must be."""
    if among is None:
        return field(Entry(what, "text", lambda data, key: data.text(key), default))
    return field(Entry(f"{what}: {', '.join(among)}", "text", lambda data, key: data.one_of(key, among), default))


def texts(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a list of texts."""
    return field(Entry(what, "texts", lambda data, key: data.texts(key), default))


def each(units: Units, what: str, default: Any = REQUIRED, negative: bool = False, most: float = np.inf) -> Any:
    """Return the field of a table of lists of numbers, by name."""

    def read(data: Document, key: str) -> dict[str, np.ndarray]:
        return {name: data.values(f"{key}.{name}", units, negative, most) for name in data.names(key)}

    return field(Entry(what, _shown(units), read, default, many=True))


def each_number(units: Units, what: str, default: Any = REQUIRED, **limits: Any) -> Any:
    """Return the field of a table of numbers, by name."""

    def read(data: Document, key: str) -> dict[str, float]:
        return {name: data.value(f"{key}.{name}", units, **limits) for name in data.names(key)}

    return field(Entry(what, _shown(units), read, default, many=True))


def several(units: Units, what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a list of arrays, or of a single one."""

    def read(data: Document, key: str) -> tuple[np.ndarray, ...]:
        if not isinstance(listed := data.raw(key), list):
            return (data.values(key, units, negative=False),)
        return tuple(data.values(f"{key}[{k}]", units, negative=False) for k in range(len(listed)))

    return field(Entry(what, f"{_shown(units)}; or a list of these", read, default))


def coefficients(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a table of parameters: value and unit, bounds, an uncertainty if they have a prior."""

    def read(data: Document, key: str) -> dict[str, Parameter]:
        return {name: data.parameter(f"{key}.{name}", name) for name in data.names(key)}

    return field(Entry(what, "value, unit, low, high, uncertainty", read, default, many=True))


@dataclasses.dataclass(frozen=True)
class Moved:
    """A template at ±1σ of a parameter that moves it."""

    parameter: Parameter
    up: np.ndarray
    down: np.ndarray | None


REACH = 5.0
"""Standard deviations that a template may move."""


def variations(units: Units, what: str) -> Any:
    """Return the field of a table of templates at ±1σ, by the name of the parameter that moves between them."""

    def read(data: Document, key: str) -> dict[str, Moved]:
        return {name: _moved(data, f"{key}.{name}", name, units) for name in data.names(key)}

    return field(Entry(what, f"up, down: {_shown(units)}; width: 1; text", read, {}, many=True))


def _moved(data: Document, key: str, name: str, units: Units) -> Moved:
    up = data.values(f"{key}.up", units, negative=False).ravel()
    down = data.values(f"{key}.down", units, negative=False).ravel() if data.has(f"{key}.down") else None
    width = data.value(f"{key}.width", "1") if data.has(f"{key}.width") else None
    what = data.text(f"{key}.text") if data.has(f"{key}.text") else f"template of {key.split('.')[1]}"
    return Moved(moving(name, f"{what}, ±1 at its templates of ±1σ", width), up, down)


def moving(name: str, text: str, width: float | None) -> Parameter:
    """Return the parameter that moves a template, in standard deviations, with a prior if it has a width."""
    latex = rf"\xi_\mathrm{{{name.replace('_', ' ')}}}"
    prior = None if width is None else Gaussian(0.0, width)
    return Parameter(name, "1", 0.0, (-REACH, REACH), latex, text, prior, own=True)


def constants(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a table of numbers, each in a unit of its own."""

    def read(data: Document, key: str) -> dict[str, float]:
        return {name: data.constant(f"{key}.{name}") for name in data.names(key)}

    return field(Entry(what, "value, unit", read, default, many=True))


def along(what: str, default: Any = REQUIRED, inverse: bool = False) -> Any:
    """Return the field of a length along the axis that the table is of, or of the inverse of one."""
    shown = "1/unit of the axis" if inverse else "unit of the axis"

    def read(data: Document, key: str) -> float:
        unit = axis_unit(data, key.split(".")[-2])
        return data.value(key, f"1/{unit}" if inverse and unit != "1" else unit)

    return field(Entry(what, shown, read, default))


def along_edges(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of increasing values along the axis that the table is of: edges, or a column of lower ones."""

    def read(data: Document, key: str) -> np.ndarray:
        return data.bins(key, axis_unit(data, key.split(".")[-2]))

    return field(Entry(what, "unit of the axis", read, default))


def detector_unit(data: Document) -> str:
    """Return the unit of the reconstructed energy."""
    return data.one_of("detector.unit", ENERGY_UNITS) if data.holds("detector.unit") else ENERGY_UNITS[-1]


def axis_unit(data: Document, axis: str) -> str:
    """Return the unit of an axis."""
    if axis == "energy":
        return detector_unit(data)
    entry = data.raw(f"binning.{axis}")
    unit = entry.get("unit") if isinstance(entry, dict) else None
    return unit if isinstance(unit, str) else "1"


def part(category: str, what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a table that is a kind of another category."""
    return field(Entry(what, f"table: {category}", lambda data, key: read(data, category, key), default))


def kind(category: str, name: str, example: str = "") -> Callable[[Class], Class]:
    """Return the decorator that makes a class a kind of a category."""

    def register(made: Class) -> Class:
        made = dataclasses.dataclass(frozen=True)(made)
        made.category, made.kind, made.example = category, name, example
        KINDS.setdefault(category, {})[name] = made
        return made

    return register


def entries(of: Any) -> dict[str, Entry]:
    """Return the entries of a kind by name."""
    return {field.name: field.metadata["entry"] for field in dataclasses.fields(of)}


@dataclasses.dataclass(frozen=True)
class Read:
    """A table that was read: its kind with the values of its entries, and where it stands."""

    of: Any
    place: Place

    def build(self, *arguments: Any) -> Any:
        """Return what the kind makes; errors name the table."""
        with self.place.data.at(self.place.key):
            return self.of.build(self.place, *arguments)

    def density(self, *arguments: Any) -> Any:
        """Return the density at unbinned events of what `build` makes in bins; raise DataError for a kind without."""
        if not hasattr(self.of, "density"):
            known = ", ".join(name for name, other in KINDS[self.of.category].items() if hasattr(other, "density"))
            raise self.place.fail("kind", f"{known} for unbinned events", f"'{self.of.kind}', which has no density")
        with self.place.data.at(self.place.key):
            return self.of.density(self.place, *arguments)


def read(data: Document, category: str, key: str, implied: str | None = None) -> Read:
    """Return the kind at `key` with the values of its entries; faults are collected, and the first is raised.

    The entry ``kind`` names it, or else it is the one `implied`. A text in place of a table is a kind without entries.
    """
    known = KINDS[category]
    if not isinstance(data.raw(key), dict | str | None):
        data.leave(key)
        raise data.fail(key, "a table", quoted(data.raw(key)))
    if isinstance(data.raw(key), str):
        return Read(_read_entries(data, known[data.one_of(key, tuple(known))], f"{key}.", {}), Place(data, key))
    try:
        given = data.holds(f"{key}.kind") or implied is None
        name = data.one_of(f"{key}.kind", tuple(known)) if given else implied
    except DataError:
        data.leave(key)
        raise
    return Read(_read_entries(data, known[name], f"{key}.", entries(known[name])), Place(data, key))


def _read_entries(data: Document, of: type, prefix: str, wanted: Mapping[str, Entry]) -> Any:
    values, faults = {}, []
    for name, entry in wanted.items():
        if entry.default is not REQUIRED and (not data.has(prefix + name) or data.raw(prefix + name) == NONE):
            values[name] = entry.default
            continue
        try:
            values[name] = entry.read(data, prefix + name)
        except DataError as error:
            data.leave(prefix + name)
            faults.append(error)
    missing = [name for name, entry in entries(of).items() if entry.default is REQUIRED and name not in wanted]
    if missing:
        faults.append(data.fail(f"{prefix}{missing[0]}", "an entry of this kind", "no such entry"))
    data.problems.extend(faults[1:])
    if faults:
        raise faults[0]
    return of(**{name: entry.default for name, entry in entries(of).items() if name not in values} | values)
