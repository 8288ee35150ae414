"""Which form factor each nuclide has: a name for all, and distributions of the user's for some.

On the command line and in Python alike, items are separated by commas:

    klein-nystrand                             of all nuclides
    133Cs:n=cs.toml                            of the neutrons of caesium, by a file; all others have Helm's
    klein-nystrand,133Cs:n=cs.toml,I=helm      of the neutrons of caesium, of iodine, of all others

A key is a nuclide (``133Cs``) or an element (``Xe``: its most abundant isotope; the others keep their shape and their
distance in radius), with ``:n`` or ``:p`` for neutrons or protons alone. The key that says most counts. In Python a
dictionary has the same keys, and ``others`` for the name of all others.
"""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._base import arguments
from .._base.errors import BLANKS, InputError, suggest
from .form_factors import FORM_FACTORS
from .input_files import nuclear_input
from .nuclear_input import NuclearInput
from .nuclide import Nuclide, isotopes, nuclide, nuclides

SHELL_MODEL = "shell-model"
"""Name of the form factor without radii: Z F_Z and N F_N of the nuclear shell model."""
FORM_FACTOR_NAMES = (*FORM_FACTORS, SHELL_MODEL)
"""Names of all form factors of a target."""
DEFAULT = "helm"
OTHERS = "others"
PARTICLES = {"n": "neutrons", "p": "protons"}

Shape = str | NuclearInput
"""The name of a form factor, or a distribution."""


def check_name(name: str) -> str:
    """Return the name of a form factor; raise InputError for any other."""
    if name not in FORM_FACTOR_NAMES:
        raise InputError(
            f"unknown form factor '{name}'{suggest(name, FORM_FACTOR_NAMES)}; known: {', '.join(FORM_FACTOR_NAMES)}"
        )
    return name


@dataclasses.dataclass(frozen=True)
class FormFactors:
    """The form factors of the nuclides of one target or of several."""

    others: str
    """Name of that of all nuclides that have none of their own."""
    own: Mapping[str, Shape]
    """Those of the others, by their keys."""
    files: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Where those that a file describes were read, by their keys."""
    partial: bool = False
    """Whether keys may be of nuclides that a target does not have."""

    def of(self, held: Iterable[Nuclide]) -> "FormFactors":
        """Return those of nuclides that a target holds; raise InputError for entries of others, unless partial."""
        names = dict.fromkeys(name for nucleus in held for name in (nucleus.name, nucleus.element.capitalize()))
        chosen = {key: shape for key, shape in self.own.items() if key.partition(":")[0] in names}
        if not self.partial:
            self.check_used(chosen, names)
        return dataclasses.replace(self, own=chosen)

    def check_used(self, used: Iterable[str], known: Iterable[str]) -> None:
        """Raise InputError for an entry that is not `used`; `known` are the names that keys may have."""
        if unused := [key for key in self.own if key not in set(used)]:
            listed = ", ".join(known) or "no nuclide whose form factor can be chosen"
            raise InputError(f"form factor {unused[0]}: expected a nuclide or element of the target ({listed})")

    @property
    def text(self) -> str:
        """Return the choice as it is written on the command line; a distribution without a file by its class."""
        items = [f"{key}={self._written(key, shape)}" for key, shape in self.own.items()]
        return ",".join([self.others] * (not items or self.others != DEFAULT) + items)

    def _written(self, key: str, shape: Shape) -> str:
        return shape if isinstance(shape, str) else self.files.get(key, type(shape).__name__)

    def __str__(self) -> str:
        return self.text


FormFactorChoice = str | Mapping[str, str | Path | NuclearInput] | FormFactors
"""What chooses form factors."""


def form_factors(choice: Any) -> FormFactors:
    """Return the form factors that a name, a text of several items or a dictionary chooses."""
    if isinstance(choice, FormFactors):
        return choice
    if isinstance(choice, str):
        return _written(choice)
    if not isinstance(choice, Mapping):
        what = "a name, or a dictionary such as {'133Cs:n': cj.FermiDensity(…)}"
        raise InputError(f"form_factor: expected {what}, found {arguments.shown(choice)}")
    entries = dict(choice)
    others = entries.pop(OTHERS, DEFAULT)
    if not isinstance(others, str):
        raise InputError(f"form factor {OTHERS}: expected a name, found {arguments.shown(others)}")
    return _chosen(check_name(others), entries)


def check_form_factor(name: str, value: Any) -> None:
    """Raise InputError unless `value` chooses form factors."""
    if not isinstance(value, str | Mapping | FormFactors):
        raise InputError(
            f"{name}: expected a text or a dictionary such as {{'133Cs:n': cj.FermiDensity(…)}}, "
            f"found {arguments.shown(value)}"
        )


def _written(text: str) -> FormFactors:
    """Return the form factors of a text such as ``helm`` or ``klein-nystrand,133Cs:n=cs.toml``."""
    others, own = list[str](), dict[str, str]()
    for item in (part.strip(BLANKS) for part in text.split(",")):
        key, equals, value = (part.strip(BLANKS) for part in item.partition("="))
        if not equals:
            others.append(check_name(item))
        elif not value:
            raise InputError(f"form factor {key}: expected KEY=NAME or KEY=FILE, found '{item}'")
        elif key in own:
            raise InputError(f"form factor {key}: expected one, found it twice")
        else:
            own[key] = value
    if len(others) > 1:
        raise InputError(f"form factor: expected one name for all other nuclides, found {' and '.join(others)}")
    return _chosen(others[0] if others else DEFAULT, own)


def _chosen(others: str, entries: Mapping[Any, Any]) -> FormFactors:
    own = {_key(key): _shape(key, value) for key, value in entries.items()}
    read = {key for key, shape in own.items() if not isinstance(shape, str) and isinstance(entries[key], str | Path)}
    return FormFactors(others, own, {key: str(Path(entries[key]).absolute()) for key in sorted(read)})


def _key(key: Any) -> str:
    """Return the key of a nuclide or an element; raise InputError for any other."""
    matched = re.fullmatch(r"([0-9]*)([A-Z][a-z]?)(:[np])?", key) if isinstance(key, str) else None
    if matched is None:
        hint = suggest(key, (*nuclides(), OTHERS)) if isinstance(key, str) else ""
        expected = "a nuclide or an element, with :n or :p for neutrons or protons alone, such as 133Cs:n"
        raise InputError(f"form factor: expected {expected}, found {arguments.shown(key)}{hint}")
    if matched[1]:
        nuclide(matched[1] + matched[2])
    else:
        isotopes(matched[2].lower())
    return key


def _shape(key: str, value: Any) -> Shape:
    """Return the form factor of a key: by its name, of a file, or itself."""
    if isinstance(value, NuclearInput):
        shape = value
    elif isinstance(value, Path) or (isinstance(value, str) and value not in FORM_FACTOR_NAMES):
        shape = _read(key, str(value))
    elif isinstance(value, str):
        return value
    else:
        expected = "a name, a file, or a distribution such as cj.FermiDensity(…)"
        raise InputError(f"form factor {key}: expected {expected}, found {arguments.shown(value)}")
    if shape.convention == "charge" and not key.endswith(":p"):
        raise InputError(
            f"form factor {key}: expected a density of nucleons, point or physical, found a charge density, "
            f"which is of protons: {key.partition(':')[0]}:p"
        )
    return shape


def _read(key: str, path: str) -> NuclearInput:
    if not path.endswith(".toml") and not Path(path).exists():
        hint = suggest(path, FORM_FACTOR_NAMES)
        raise InputError(
            f"form factor {key}: expected one of {', '.join(FORM_FACTOR_NAMES)}, or a file, found '{path}'{hint}"
        )
    return nuclear_input(path)
