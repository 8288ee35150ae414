"""The target: which nuclei a detector holds, how many, and their form factors.

Each element has a parameter for the neutrons and for the protons, r_n_<element> and r_p_<element>: the rms radius
of its most abundant isotope, in every target. The other isotopes keep the distance in radius from it that their
defaults have. With the form factor of the shell model a target has no parameters. A distribution of the user's brings
its own default of the radius.
"""

import dataclasses
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

import equinox as eqx
import numpy as np

from .._base.constants import AVOGADRO
from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float
from ..parameters.parameter import Parameter
from ..stages.stage import Constant, Stage
from .charges import InputCharge, NucleonCharge, NuclideCharges
from .choice import SHELL_MODEL, FormFactorChoice, Shape, check_name, form_factors
from .form_factors import FORM_FACTORS
from .nuclide import Nuclide, isotopes, nuclide, nuclides, reference_isotope
from .own_shapes import OwnShapes
from .radii import element_radius
from .shell_model import calculated, shell_model_charges
from .spin import spin_charges


def has_form_factor(name: str, nucleus: Nuclide) -> bool:
    """Return whether the form factor of that name is known of a nuclide: the shell model is of few."""
    return name != SHELL_MODEL or nucleus.name in calculated()


def _elements(nuclides: Iterable[Nuclide]) -> str:
    return ", ".join(sorted({nucleus.element.capitalize() for nucleus in nuclides}))


class Target(Module):
    """Nuclides of a detector with the number of each, and the form factors that describe them."""

    nuclides: tuple[Nuclide, ...]
    numbers: Float[np.ndarray, " nuclide"]
    """Number of nuclei of each nuclide."""
    form_factor: str = eqx.field(static=True)
    """Name of the form factor of all nuclides that have none of their own."""
    own: OwnShapes = eqx.field(default_factory=OwnShapes)
    """Form factors that some nuclides have of their own."""

    def __check_init__(self) -> None:
        check_name(self.form_factor)
        described = ((nucleus, self.shape(nucleus, particle)) for nucleus in self.nuclides for particle in "np")
        if missing := [n for n, shape in described if isinstance(shape, str) and not has_form_factor(shape, n)]:
            raise InputError(
                f"no form factor '{SHELL_MODEL}' of {_elements(missing)}: "
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

    @property
    def written(self) -> str:
        """Return the form factors as the command line has them."""
        return self.own.written or self.form_factor

    def shape(self, nucleus: Nuclide, particle: str) -> Shape:
        """Return the form factor of the protons or neutrons of a nuclide."""
        key = self.own.key(nucleus, particle)
        return self.form_factor if key is None else self.own.shapes[key]

    def has_radius(self, nucleus: Nuclide, particle: str) -> bool:
        """Return whether the protons or neutrons of a nuclide have a radius: not with the shell model."""
        shape = self.shape(nucleus, particle)
        return not (isinstance(shape, str) and shape == SHELL_MODEL)

    def stated(self) -> dict[str, float]:
        """Return the defaults of the radii that distributions of the user's bring, by parameter."""
        references = {nucleus.element: reference_isotope(nucleus.element) for nucleus in self.nuclides}
        return {
            f"r_{particle}_{element}": self.own.radius(nucleus, particle)
            for element, nucleus in references.items()
            for particle in "np"
            if self.own.distribution(nucleus, particle) is not None
        }

    def parameters(self, largest: float = 0.0) -> tuple[Parameter, ...]:
        """Return the radii r_n_<element> and r_p_<element>; none of what the shell model describes.

        `largest` is the momentum transfer [MeV] up to which form factors are needed: a radius ends where its form
        factor is no longer known there. InputError is raised if it is not known at its default.
        """
        elements = dict.fromkeys(nucleus.element for nucleus in self.nuclides)
        held = ((e, particle, [n for n in self.nuclides if n.element == e]) for e in elements for particle in "np")
        return tuple(
            self._parameter(element, particle, nuclei, largest)
            for element, particle, nuclei in held
            if any(self.has_radius(nucleus, particle) for nucleus in nuclei)
        )

    def _parameter(self, element: str, particle: str, nuclei: Sequence[Nuclide], largest: float) -> Parameter:
        parameter = element_radius(particle, element)
        default = self.own.radius(reference_isotope(element), particle)
        ends = [self.own.largest_radius(nucleus, particle, largest) for nucleus in nuclei]
        low, high = parameter.bounds[0], min(parameter.bounds[1], *ends)
        if not low <= default <= high:
            raise InputError(f"{parameter.name}: expected a radius from {low:g} to {high:g} fm, found {default:.4g} fm")
        return dataclasses.replace(parameter, default=default, bounds=(low, high))


def described_target(
    nuclides: Sequence[Nuclide], numbers: Float[np.ndarray, " nuclide"], form_factor: FormFactorChoice
) -> Target:
    """Return the target of some `numbers` of nuclides, with the form factors that a name or a dictionary chooses."""
    chosen = form_factors(form_factor).of(nuclides)
    own = OwnShapes(dict(chosen.own), chosen.text) if chosen.own else OwnShapes()
    return Target(tuple(nuclides), numbers, chosen.others, own)


def compound_target(names: Sequence[str], mass: float, molar_mass: float, form_factor: FormFactorChoice) -> Target:
    """Return the target of `mass` [kg] of a compound with a single nucleus of each nuclide per formula unit.

    `molar_mass` is that of the formula unit [g/mol]; the number of units is N_A m / M.
    """
    units = AVOGADRO * 1e3 * mass / molar_mass
    return described_target([nuclide(name) for name in names], np.full(len(names), units), form_factor)


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
    formula: str, mass: float, form_factor: FormFactorChoice, shares: Mapping[str, Mapping[str, float]] | None = None
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
    return described_target(used, AVOGADRO * 1e3 * mass / molar_mass * per_unit, form_factor)


def _isotopes(name: str, shares: Mapping[str, Mapping[str, float]]) -> list[tuple[Nuclide, float]]:
    """Return the nuclides of an entry of a formula with the share of each."""
    if name in nuclides():
        return [(nuclide(name), 1.0)]
    if name in shares:
        return [(nuclide(isotope), share) for isotope, share in shares[name].items() if share > 0]
    return [(isotope, isotope.abundance) for isotope in isotopes(name)]


def natural_target(element: str, mass: float, form_factor: FormFactorChoice) -> Target:
    """Return the target of `mass` [kg] of a natural element, given by its symbol (``xe`` or ``Xe``)."""
    return target_of(element.capitalize(), mass, form_factor)


def nuclear_charges(target: Target, q: Float[Array, "nuclide node"]) -> dict[str, Stage]:
    """Return the charges of `target` at the momentum transfers `q` [MeV] by their names."""
    proton_spin, neutron_spin = (Constant(charge) for charge in _stacked(spin_charges, target, q))
    if target.own.shapes:
        proton, neutron = (_rows(target, q, particle) for particle in "pn")
    elif target.form_factor == SHELL_MODEL:
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


def _number(nucleus: Nuclide, particle: str) -> float:
    return float(nucleus.protons if particle == "p" else nucleus.neutrons)


def _nucleons(target: Target, q: Float[Array, "nuclide node"], particle: str) -> NucleonCharge:
    return _named(target, target.nuclides, q, particle, target.form_factor)


def _named(
    target: Target, nuclei: Sequence[Nuclide], q: Float[Array, "nuclide node"], particle: str, name: str
) -> NucleonCharge:
    """Return the charges of nuclides by a form factor of the package."""
    return NucleonCharge(
        q=q,
        numbers=np.array([_number(nucleus, particle) for nucleus in nuclei]),
        form_factor=FORM_FACTORS[name],
        radii=tuple(f"r_{particle}_{nucleus.element}" for nucleus in nuclei),
        offsets=np.array([target.own.offset(nucleus, particle) for nucleus in nuclei]),
    )


def _rows(target: Target, q: Float[Array, "nuclide node"], particle: str) -> NuclideCharges:
    """Return the charges of nuclides of which some have a form factor of their own."""
    rows = zip(target.nuclides, q[:, None], strict=True)
    return NuclideCharges(tuple(_row(target, nucleus, row, particle) for nucleus, row in rows))


def _row(target: Target, nucleus: Nuclide, q: Float[Array, "1 node"], particle: str) -> Stage:
    shape = target.shape(nucleus, particle)
    if isinstance(shape, str) and shape == SHELL_MODEL:
        return Constant(shell_model_charges(nucleus, q)["pn".index(particle)])
    if isinstance(shape, str):
        return _named(target, [nucleus], q, particle, shape)
    return InputCharge(
        q=q,
        number=np.asarray(_number(nucleus, particle)),
        ratio=np.asarray(nucleus.neutrons / nucleus.protons),
        shape=shape,
        radius=f"r_{particle}_{nucleus.element}",
        offset=np.asarray(target.own.offset(nucleus, particle)),
    )
