"""The target: which nuclei a detector holds, how many, and their form factors.

Each element has a parameter for the neutrons and for the protons, r_n_<element> and r_p_<element>: the rms radius
of its most abundant isotope, in every target. The other isotopes keep the distance in radius from it that their
defaults have. With the form factor of the shell model a target has no parameters.
"""

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import equinox as eqx
import numpy as np

from .._base.constants import AVOGADRO
from .._base.errors import InputError, suggest
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float
from ..parameters.parameter import Parameter
from ..stages.stage import Constant, Stage
from .charges import NucleonCharge
from .form_factors import FORM_FACTORS
from .nuclide import Nuclide, isotopes, nuclide, nuclides, reference_isotope
from .radii import element_radius
from .shell_model import calculated, shell_model_charges
from .spin import spin_charges

SHELL_MODEL = "shell-model"
"""Name of the form factor without radii: Z F_Z and N F_N of the nuclear shell model."""
FORM_FACTOR_NAMES = (*FORM_FACTORS, SHELL_MODEL)
"""Names of all form factors of a target."""


def has_form_factor(name: str, nucleus: Nuclide) -> bool:
    """Return whether the form factor of that name is known of a nuclide: the shell model is of few."""
    return name != SHELL_MODEL or nucleus.name in calculated()


def _elements(nuclides: Iterable[Nuclide]) -> str:
    return ", ".join(sorted({nucleus.element.capitalize() for nucleus in nuclides}))


class Target(Module):
    """Nuclides of a detector with the number of each, and the form factor that describes them all."""

    nuclides: tuple[Nuclide, ...]
    numbers: Float[np.ndarray, " nuclide"]
    """Number of nuclei of each nuclide."""
    form_factor: str = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.form_factor not in FORM_FACTOR_NAMES:
            raise InputError(
                f"unknown form factor '{self.form_factor}'{suggest(self.form_factor, FORM_FACTOR_NAMES)}; "
                f"known: {', '.join(FORM_FACTOR_NAMES)}"
            )
        if missing := [nucleus for nucleus in self.nuclides if not has_form_factor(self.form_factor, nucleus)]:
            raise InputError(
                f"no form factor '{self.form_factor}' of {_elements(missing)}: "
                f"there are those of {_elements(nuclide(name) for name in calculated())}"
            )
        if len(self.nuclides) != len(self.numbers) or np.any(self.numbers <= 0):
            raise InputError(
                f"expected a positive number for each of {len(self.nuclides)} nuclides, found {self.numbers}"
            )

    @property
    def mass(self) -> float:
        """Return the mass of its atoms [kg]."""
        return float(self.numbers @ [nucleus.atomic_mass for nucleus in self.nuclides]) / (1e3 * AVOGADRO)

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the radii r_n_<element> and r_p_<element>; none with the form factor of the shell model."""
        if self.form_factor == SHELL_MODEL:
            return ()
        elements = dict.fromkeys(nucleus.element for nucleus in self.nuclides)
        return tuple(element_radius(particle, element) for element in elements for particle in "np")


def compound_target(names: Sequence[str], mass: float, molar_mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a compound with a single nucleus of each nuclide per formula unit.

    `molar_mass` is that of the formula unit [g/mol]; the number of units is N_A m / M.
    """
    units = AVOGADRO * 1e3 * mass / molar_mass
    return Target(tuple(nuclide(name) for name in names), np.full(len(names), units), form_factor)


MOST_ATOMS = 1000
"""Atoms of an element in a formula unit up to which a formula is accepted."""
LIGHT = 20
"""Atoms of an element from which on a number that is also a mass number of the element can only be meant as that."""


def _unreadable(formula: str, expected: str) -> InputError:
    return InputError(f"cannot read the formula '{formula}': expected {expected}")


def parse_formula(formula: str) -> dict[str, int]:
    """Return how many atoms a formula has of each element (lower-case symbol) or nuclide (``76Ge``).

    A formula is element symbols, each followed by the number of atoms or by nothing (``CaWO4``), isotopes as in nature;
    or nuclides, each with its mass number before the symbol (``76Ge``, ``133Cs127I``, ``12C16O2``). It has no brackets,
    charges or blanks.
    """
    matched = re.fullmatch(r"([0-9]*)([A-Z][a-z]?[0-9]*)+", formula)
    if matched is None:
        raise _unreadable(formula, "element symbols and numbers, like CsI or CaWO4, or nuclides, like 76Ge")
    symbols = re.findall(r"([A-Z][a-z]?)([0-9]*)", formula)
    atoms: Counter[str] = Counter()
    if not formula[0].isdigit():
        counts = [(symbol, _atoms(formula, symbol, number)) for symbol, number in symbols]
        _check_mass_numbers(formula, counts)
        for symbol, number in counts:
            atoms[symbol.lower()] += number
        return dict(atoms)
    mass = matched[1]
    for k, (symbol, digits) in enumerate(symbols):
        name = _nuclide_name(formula, symbol, mass)
        number, mass = (digits, "") if k == len(symbols) - 1 else _split(digits, symbols[k + 1][0])
        atoms[name] += _atoms(formula, symbol, number)
    return dict(atoms)


def _atoms(formula: str, symbol: str, number: str) -> int:
    """Return the number of atoms behind a symbol."""
    if len(number) > len(str(MOST_ATOMS)) or number.startswith("0") or int(number or 1) > MOST_ATOMS:
        raise _unreadable(formula, f"1 to {MOST_ATOMS} atoms of {symbol}, found {number}")
    return int(number or 1)


def _mass_numbers(symbol: str) -> dict[str, str]:
    """Return the names of the known nuclides of an element by their mass number."""
    return {
        name.removesuffix(symbol): name for name, nucleus in nuclides().items() if nucleus.element == symbol.lower()
    }


def _nuclide_name(formula: str, symbol: str, mass: str) -> str:
    known = _mass_numbers(symbol)
    if mass in known:
        return known[mass]
    if not known:
        isotopes(symbol.lower())
    listed = ", ".join(known.values())
    if not mass:
        raise _unreadable(formula, f"a mass number before every symbol or before none, found {symbol} ({listed} known)")
    raise _unreadable(formula, f"a known nuclide of {symbol} ({listed}), found {mass}{symbol}")


def _split(digits: str, following: str) -> tuple[str, str]:
    """Return the digits between two symbols as the number of atoms of the first and the mass number of the second."""
    for mass in _mass_numbers(following):
        if digits.endswith(mass):
            return digits.removesuffix(mass), mass
    return "", digits


def _check_mass_numbers(formula: str, counts: Sequence[tuple[str, int]]) -> None:
    """Raise InputError for numbers of atoms that must be mass numbers: ``Ge76``, ``Na23I``, ``C12O16``, ``Cs127I``."""
    meant = [str(number) in _mass_numbers(symbol) for symbol, number in counts]
    absurd = [(symbol, number) for is_mass, (symbol, number) in zip(meant, counts, strict=True) if is_mass]
    if all(meant) or any(number >= LIGHT for _, number in absurd):
        said = " and ".join(f"{number} atoms of {symbol}" for symbol, number in absurd)
        hint = "".join(f"{number}{symbol}" for symbol, number in absurd)
        raise _unreadable(formula, f"mass numbers before their symbols, found {said} (did you mean '{hint}'?)")
    for (symbol, number), (following, _) in itertools.pairwise(counts):
        if number >= LIGHT and str(number) in _mass_numbers(following):
            expected = f"a mass number before every symbol or before none, found {number} atoms of {symbol}"
            raise _unreadable(formula, f"{expected} (did you mean the nuclide {number}{following}?)")


def target_of(
    formula: str, mass: float, form_factor: str, shares: Mapping[str, Mapping[str, float]] | None = None
) -> Target:
    """Return the target of `mass` [kg] of a substance of that formula (``Xe``, ``CaWO4``, ``76Ge``).

    The number of nuclei of an isotope is N_A m n a / M, with n atoms of its element per formula unit, its share a of
    them, and the molar mass M = Σ n a m_atom of the formula unit. The shares are those of nature, or those of
    `shares`, by element (``ge``) and nuclide (``76Ge``); a nuclide in the formula is that nuclide alone.
    """
    atoms: defaultdict[str, float] = defaultdict(float)
    for name, number in parse_formula(formula).items():
        for isotope, share in _isotopes(name, shares or {}):
            atoms[isotope.name] += number * share
    per_unit = np.array(list(atoms.values()))
    used = tuple(nuclide(name) for name in atoms)
    molar_mass = float(np.sum(per_unit * [isotope.atomic_mass for isotope in used]))
    return Target(used, AVOGADRO * 1e3 * mass / molar_mass * per_unit, form_factor)


def _isotopes(name: str, shares: Mapping[str, Mapping[str, float]]) -> list[tuple[Nuclide, float]]:
    """Return the nuclides of an entry of a formula with the share of each."""
    if name in nuclides():
        return [(nuclide(name), 1.0)]
    if name in shares:
        return [(nuclide(isotope), share) for isotope, share in shares[name].items() if share > 0]
    return [(isotope, isotope.abundance) for isotope in isotopes(name)]


def natural_target(element: str, mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a natural element, given by its symbol (``xe`` or ``Xe``)."""
    return target_of(element.capitalize(), mass, form_factor)


def nuclear_charges(target: Target, q: Float[Array, "nuclide node"]) -> dict[str, Stage]:
    """Return the charges of `target` at the momentum transfers `q` [MeV] by their names."""
    proton_spin, neutron_spin = (Constant(charge) for charge in _stacked(spin_charges, target, q))
    if target.form_factor == SHELL_MODEL:
        proton, neutron = (Constant(charge) for charge in _stacked(shell_model_charges, target, q))
    else:
        proton, neutron = (_nucleons(target, q, particle) for particle in "pn")
    return {"proton": proton, "neutron": neutron, "proton_spin": proton_spin, "neutron_spin": neutron_spin}


def _stacked(
    charges: Callable[[Nuclide, Float[Array, " node"]], Float[Array, "2 node"]],
    target: Target,
    q: Float[Array, "nuclide node"],
) -> Float[Array, "2 nuclide node"]:
    return namespace(q).stack([charges(nucleus, row) for nucleus, row in zip(target.nuclides, q, strict=True)], axis=1)


def _nucleons(target: Target, q: Float[Array, "nuclide node"], particle: str) -> NucleonCharge:
    def number(nucleus: Nuclide) -> int:
        return nucleus.protons if particle == "p" else nucleus.neutrons

    def radius(nucleus: Nuclide) -> float:
        return nucleus.proton_radius if particle == "p" else nucleus.neutron_radius

    return NucleonCharge(
        q=q,
        numbers=np.array([number(nucleus) for nucleus in target.nuclides], float),
        form_factor=FORM_FACTORS[target.form_factor],
        radii=tuple(f"r_{particle}_{nucleus.element}" for nucleus in target.nuclides),
        offsets=np.array([radius(n) - radius(reference_isotope(n.element)) for n in target.nuclides]),
    )
