"""Read a nuclear distribution of the user's from a TOML file: every entry checked, and none left unread.

    kind = "fermi"                # or gaussian-sum, fourier-bessel, density-table, form-factor-table
    convention = "charge"         # or point, physical
    half_density_radius = { value = 6.6, unit = "fm", source = "paper" }
    diffuseness = { value = 0.55, unit = "fm", source = "paper" }
    [sources]
    paper = "who measured it, and where it is written"

A table stands in the file, or in a CSV file beside it, ``table = { file = "cs.csv", source = "paper" }``, with the
header ``q [1/fm],F [1]`` or ``r [fm],density [1/fm^3]``. docs/nuclei.md lists the entries of each kind.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .._base import arguments
from .._base.data_files import Numbers, quoted, read_bounded
from .._base.errors import BLANKS, DataError, InputError, read_number, suggest
from .._base.typing import Float
from .conventions import CONVENTIONS
from .densities import FermiDensity, FourierBessel, GaussianSum, TabulatedDensity
from .form_factor_input import TabulatedFormFactor
from .nuclear_input import NuclearInput

LARGEST = 2**20
"""Bytes of a file up to which it is read."""
COMMON = ("kind", "convention", "sources", "title")
"""Entries of every kind."""
QUANTITY = ("value", "unit", "uncertainty", "source")


class InputFile(Numbers):
    """The entries of a file."""

    def __init__(self, path: Path) -> None:
        """Read the file at `path`."""
        super().__init__(read_bounded(path, LARGEST), path, sourced=True)

    def fail(self, key: str, expected: str, value: object) -> DataError:
        """Return the error that states what was expected at `key` instead of `value`."""
        return self._fail(key, expected, value)

    def has(self, key: str) -> bool:
        """Return whether there is an entry `key`."""
        return key in self._content

    def one_of(self, key: str, known: tuple[str, ...]) -> str:
        """Return the text at `key`, which must be among those `known`."""
        text = self.get(key, str)
        if text not in known:
            raise self._fail(key, f"one of {', '.join(known)}", f"'{text}'{suggest(text, known)}")
        return text

    def refuse_others(self, known: tuple[str, ...]) -> None:
        """Raise DataError for entries beside those `known`, and for numbers that hold more than a number does."""
        for key, value in self._content.items():
            if key not in known:
                raise self._fail(key, f"entries among {', '.join(known)}", f"another one{suggest(key, known)}")
            if key not in COMMON and key != "table":
                for part in value if isinstance(value, dict) else ():
                    if part not in QUANTITY:
                        raise self._fail(f"{key}.{part}", f"{', '.join(QUANTITY)} alone", "another entry")
        if self.has("title"):
            self.get("title", str)
        for key, text in self.get("sources", dict).items():
            if not isinstance(text, str):
                raise self._fail(f"sources.{key}", "a text", quoted(text))

    @contextmanager
    def naming(self, names: dict[str, str]) -> Generator[None, None, None]:
        """Name the file in errors that are raised inside, and arguments by their entries `names`."""
        try:
            yield
        except DataError:
            raise
        except InputError as error:
            argument, colon, rest = str(error).partition(":")
            name, bracket, place = argument.partition("[")
            raise DataError(f"{self.path}: {names.get(name, name)}{bracket}{place}{colon}{rest}") from None

    def columns(self, header: tuple[str, str], entries: tuple[str, str], units: tuple[str, str]) -> list[np.ndarray]:
        """Return the two columns of a table: two entries of this file, or those of the CSV file that `table` names."""
        if not self.has("table"):
            return [self.array(entry, unit) for entry, unit in zip(entries, units, strict=True)]
        for entry in entries:
            if self.has(entry):
                raise self._fail(entry, "no entry beside table, which holds it", "one")
        for part in (table := self.get("table", dict)):
            if part not in ("file", "source"):
                raise self._fail(f"table.{part}", "file and source alone", "another entry")
        name = self.get("table.file", str)
        if self.get("table.source", str) not in self.get("sources", dict):
            raise self._fail("table.source", "a key of [sources]", quoted(table["source"]))
        return list(read_columns(self.path.parent / name, header))


def read_columns(path: Path, header: tuple[str, str]) -> Float[np.ndarray, "2 row"]:
    """Return the numbers of a CSV file with that header."""
    try:
        text = read_bounded(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected a text in UTF-8, found other bytes") from None
    numbered = [(number, line.strip(BLANKS)) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line.split(",")) for number, line in numbered if line and not line.startswith("#")]
    if not lines or tuple(cell.strip(BLANKS) for cell in lines[0][1]) != header:
        found = ",".join(lines[0][1]) if lines else "an empty table"
        raise DataError(f"{path}: header: expected {','.join(header)}, found {found}")
    values = np.empty((2, len(lines) - 1))
    for k, (number, cells) in enumerate(lines[1:]):
        if len(cells) != 2:
            raise DataError(f"{path}, line {number}: expected 2 numbers, found {len(cells)}")
        try:
            values[:, k] = [read_number(cell, name) for cell, name in zip(cells, header, strict=True)]
        except InputError as error:
            raise DataError(f"{path}, line {number}: {error}") from None
    return values


def _fermi(data: InputFile, convention: str) -> NuclearInput:
    w = data.number("w", "1") if data.has("w") else 0.0
    c, a = data.number("half_density_radius", "fm"), data.number("diffuseness", "fm")
    return FermiDensity(c, a, w, convention=convention)


def _gaussian_sum(data: InputFile, convention: str) -> NuclearInput:
    radii, shares = data.array("radii", "fm"), data.array("shares", "1")
    return GaussianSum(radii, shares, data.number("width", "fm"), convention=convention)


def _fourier_bessel(data: InputFile, convention: str) -> NuclearInput:
    coefficients, cutoff = data.array("coefficients", "1/fm^3"), data.number("cutoff_radius", "fm")
    integral = data.number("normalisation", "1")
    return FourierBessel(coefficients, cutoff, normalisation=integral, convention=convention)


def _density_table(data: InputFile, convention: str) -> NuclearInput:
    r, density = data.columns(("r [fm]", "density [1/fm^3]"), ("r", "density"), ("fm", "1/fm^3"))
    return TabulatedDensity(r, density, normalisation=data.number("normalisation", "1"), convention=convention)


def _form_factor_table(data: InputFile, convention: str) -> NuclearInput:
    q, values = data.columns(("q [1/fm]", "F [1]"), ("q", "F"), ("1/fm", "1"))
    return TabulatedFormFactor(q, values, convention=convention)


Maker = Callable[[InputFile, str], NuclearInput]
KINDS: dict[str, tuple[Maker, tuple[str, ...], dict[str, str]]] = {
    "fermi": (_fermi, ("half_density_radius", "diffuseness", "w"), {}),
    "gaussian-sum": (_gaussian_sum, ("radii", "shares", "width"), {}),
    "fourier-bessel": (_fourier_bessel, ("coefficients", "cutoff_radius", "normalisation"), {}),
    "density-table": (
        _density_table,
        ("r", "density", "table", "normalisation"),
        {"radii": "r", "values": "density"},
    ),
    "form-factor-table": (_form_factor_table, ("q", "F", "table"), {"values": "F"}),
}
"""What makes each kind of distribution, its entries, and the entries that arguments of another name have."""


@arguments.checked(path=arguments.path)
def nuclear_input(path: str | Path) -> NuclearInput:
    """Return the nuclear distribution that a TOML file describes; raise DataError that names the file and the entry.

    >>> import pathlib, tempfile
    >>> import cevnsjax as cj
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "neutrons.toml"
    >>> written = file.write_text('''
    ... kind = "fermi"
    ... convention = "point"
    ... half_density_radius = { value = 5.7, unit = "fm", source = "guess" }
    ... diffuseness = { value = 0.5, unit = "fm", source = "guess" }
    ... [sources]
    ... guess = "none"
    ... ''')
    >>> round(float(cj.nuclear_input(file).rms_radius), 4)
    4.7904

    """
    data = InputFile(Path(path))
    make, entries, names = KINDS[data.one_of("kind", tuple(KINDS))]
    data.refuse_others((*COMMON, *entries))
    convention = data.one_of("convention", tuple(CONVENTIONS))
    with data.naming(names):
        return make(data, convention)
