"""Read the TOML description of an experiment: every entry checked, and none left unread."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .._base.data_files import Numbers, data_root, quoted, read_verified
from .._base.errors import DataError, InputError, printable, suggest

FOLDER = "forecasts"
"""Where the shipped descriptions are, under ``data/``."""
QUANTITY = ("value", "unit", "source")
"""What an entry with a number holds; the source may be left out."""

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("keV", "PE"), (1e-9, 1e9)),
    **dict.fromkeys(("MeV", "GeV", "MW", "GW"), (1e-9, 1e9)),
    **dict.fromkeys(("1/keV", "1/PE", "PE/keV", "1/us"), (1e-9, 1e9)),
    **dict.fromkeys(("h", "day"), (1e-6, 1e9)),
    "m": (1e-3, 1e12),
    "kg": (1e-12, 1e12),
    "us": (1e-6, 1e6),
    "fraction": (1e-12, 1.0),
    "counts": (1e-30, 1e15),
    "1/keV/kg/day": (1e-30, 1e15),
}
"""Magnitude of a number in each unit: beyond these it is a slip. Of the others, `ANY`."""
ANY = (1e-30, 1e30)
LONGEST_TEXT = 2000
"""Letters of a text up to which it is read."""
MOST_POINTS = 20_000
"""Numbers of a list up to which it is read."""


class Description(Numbers):
    """A description, which records the keys that were requested. Keys are dotted: ``detector.quenching.kind``."""

    def __init__(self, content: bytes, path: Path) -> None:
        """Parse `content`, which was read from `path`."""
        super().__init__(content, path, sourced=False)
        self._requested: set[str] = {"sources"}
        for key, value in (self.get("sources", dict) if self.has("sources") else {}).items():
            self._check_text(f"sources.{key}", value)

    def fail(self, key: str, expected: str, value: object) -> DataError:
        """Return the error that states what was expected at `key` instead of `value`."""
        return self._fail(key, expected, value)

    @contextmanager
    def at(self, key: str) -> Generator[None, None, None]:
        """Name file and `key` in errors that are raised inside."""
        try:
            yield
        except DataError:
            raise
        except InputError as error:
            raise DataError(f"{self.path}: {key}: {error}") from None

    def _section(self, key: str) -> dict[str, Any]:
        """Return the table that the entry at `key` is in, empty if there is none."""
        value: Any = self._content
        for part in key.split(".")[:-1]:
            value = value.get(part) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    def has(self, key: str) -> bool:
        """Return whether there is an entry at `key`."""
        self._requested.add(key)
        return key.rpartition(".")[2] in self._section(key)

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

    def _check_text(self, key: str, value: object) -> str:
        """Return `value` if it is a text that a terminal and a figure can show."""
        if not isinstance(value, str):
            raise self._fail(key, "a text", quoted(value))
        if len(value) > LONGEST_TEXT:
            raise self._fail(key, f"a text of at most {LONGEST_TEXT} letters", f"one of {len(value)}")
        if printable(line := value.translate({9: " ", 10: " ", 13: " "})) != line:
            raise self._fail(key, "a text without control characters", f"'{value}'")
        return value

    def sources(self) -> tuple[str, ...]:
        """Return the texts of [sources], none if there is no such table."""
        return tuple(self.get("sources", dict).values()) if self.has("sources") else ()

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """Return the text at `key`, which must be among those `known`."""
        expected = f"one of {', '.join(known)}"
        text = self._entry(key, expected, str)
        if text not in known:
            raise self._fail(key, expected, f"'{text}'{suggest(text, known)}")
        return text

    def names(self, key: str) -> list[str]:
        """Return the keys of the table at `key`, none if there is no such table."""
        return list(self._entry(key, "a table", dict)) if self.has(key) else []

    def _given_in(self, key: str, units: str | list[str] | Mapping[str, float], what: str) -> Any:
        """Return the unit that the quantity at `key` is given in, which must be among `units`."""
        known = list(units) if isinstance(units, Mapping) else [units]
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
        units: str | Mapping[str, float],
        zero: bool = False,
        negative: bool = False,
        most: float | None = None,
    ) -> float:
        """Return the number at `key`: positive, unless it may be `zero` or `negative`, and not above `most`.

        Where several `units` are allowed, these are given with the factor that converts each.
        """
        unit = self._given_in(key, units, "a number")
        number = self.number(key, unit or "")
        if not (negative or number > 0 or (zero and number == 0)):
            raise self._fail(key, "a number that is not negative" if zero else "a positive number", f"{number:g}")
        least, largest = RANGES.get(unit or "", ANY)
        if number != 0 and not least <= abs(number) <= largest:
            raise self._fail(key, f"a magnitude from {least:g} to {largest:g}", f"{number:g}")
        if most is not None and number > most:
            raise self._fail(key, f"a number up to {most:g}", f"{number:g}")
        return number * units[unit] if isinstance(units, Mapping) else number

    def optional(self, key: str, units: str | Mapping[str, float], default: float | None, **limits: Any) -> Any:
        """Return the number at `key`, or `default` if there is none."""
        return self.value(key, units, **limits) if self.has(key) else default

    def values(self, key: str, unit: str | list[str], length: int | None = None) -> np.ndarray:
        """Return the list of numbers at `key`."""
        self._given_in(key, unit, "a list of numbers")
        self._check_length(key)
        numbers = self.array(key, unit, length)
        units = unit if isinstance(unit, list) else [unit] * len(numbers)
        for k, (number, own) in enumerate(zip(numbers, units, strict=True)):
            largest = RANGES.get(own, ANY)[1]
            if abs(number) > largest:
                raise self._fail(f"{key}[{k}]", f"a magnitude up to {largest:g}", f"{number:g}")
        return numbers

    def _check_length(self, key: str) -> None:
        if self.length(key) > MOST_POINTS:
            raise self._fail(key, f"at most {MOST_POINTS} numbers", self.length(key))

    def amounts(self, key: str, unit: str, length: int | None = None, most: float = np.inf) -> np.ndarray:
        """Return the list of numbers at `key`, none of them negative or above `most`."""
        numbers = self.values(key, unit, length)
        for k, number in enumerate(numbers):
            if number < 0 or number > most:
                limit = "" if most == np.inf else f" up to {most:g}"
                raise self._fail(f"{key}[{k}]", f"a number that is not negative{limit}", f"{number:g}")
        return numbers

    def bins(self, key: str, unit: str, negative: bool = True) -> np.ndarray:
        """Return the increasing numbers at `key`."""
        self._given_in(key, unit, "increasing numbers")
        self.values(key, unit)
        edges = self.edges(key, unit)
        if edges[0] < 0 and not negative:
            raise self._fail(f"{key}[0]", "a number that is not negative", f"{edges[0]:g}")
        return edges

    def length(self, key: str) -> int:
        """Return how many numbers are at `key`, 0 if it is no list."""
        value = self._entry(key, "{ value = a list of numbers, unit = a list of units }", dict).get("value")
        return len(value) if isinstance(value, list) else 0

    def refuse_the_rest(self) -> None:
        """Raise DataError for entries that nothing has requested, empty tables too."""
        for key in self._unread(self._content, ""):
            prefix, _, name = key.rpartition(".")
            beside = [other.rpartition(".")[2] for other in self._requested if other.rpartition(".")[0] == prefix]
            missing = [other for other in beside if other not in self._section(key)]
            raise self._fail(key, "entries that are used", f"one that is not{suggest(name, missing)}")

    def _unread(self, table: dict[str, Any], prefix: str) -> Iterator[str]:
        for name, value in table.items():
            key = prefix + name
            inside = any(entry.startswith(f"{key}.") for entry in self._requested)
            if isinstance(value, dict) and inside:
                yield from self._unread(value, f"{key}.")
            elif key not in self._requested:
                yield key


def shipped() -> tuple[str, ...]:
    """Return the names of the descriptions that come with the package."""
    return tuple(sorted(path.stem for path in (data_root() / FOLDER).glob("*.toml")))


def shipped_file(name: str) -> tuple[bytes, Path]:
    """Return the content and the path of a description that comes with the package."""
    return read_verified(data_root(), f"{FOLDER}/{name}.toml"), data_root() / FOLDER / f"{name}.toml"


def titles() -> dict[str, str]:
    """Return the titles of the descriptions that come with the package, by name."""
    return {name: Description(*shipped_file(name)).text("title") for name in shipped()}
