"""The target: which nuclei a detector holds, how many, and their form factors.

Each element has one parameter for the neutrons and one for the protons, r_n_<element> and r_p_<element>: the rms radius
of its most abundant isotope, in every target. The other isotopes keep the distance in radius from it that their
defaults have.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import equinox as eqx
import numpy as np

from .._constants import AVOGADRO
from .._errors import InputError, suggest
from .._stage import Stage
from .._typing import Array, Float, Params
from ..parameters import Parameter
from .charges import FixedCharge, NuclearCharge, NucleonCharge
from .form_factors import FORM_FACTORS
from .nuclide import Nuclide, isotopes, nuclide, reference_isotope
from .radii import element_radius


class Target(eqx.Module):
    """Nuclides of a detector with the number of each, and the form factor that describes them all."""

    nuclides: tuple[Nuclide, ...]
    numbers: Float[np.ndarray, " nuclide"]
    """Number of nuclei of each nuclide."""
    form_factor: str = eqx.field(static=True)

    def __check_init__(self) -> None:
        if self.form_factor not in FORM_FACTORS:
            raise InputError(
                f"unknown form factor '{self.form_factor}'{suggest(self.form_factor, FORM_FACTORS)}; "
                f"known: {', '.join(FORM_FACTORS)}"
            )
        if len(self.nuclides) != len(self.numbers) or np.any(self.numbers <= 0):
            raise InputError(
                f"expected a positive number for each of {len(self.nuclides)} nuclides, found {self.numbers}"
            )

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the radii r_n_<element> and r_p_<element>."""
        elements = dict.fromkeys(nucleus.element for nucleus in self.nuclides)
        return tuple(element_radius(particle, element) for element in elements for particle in "np")


def compound_target(names: Sequence[str], mass: float, molar_mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a compound with one nucleus of each nuclide per formula unit.

    `molar_mass` is that of the formula unit [g/mol]; the number of units is N_A m / M.
    """
    units = AVOGADRO * 1e3 * mass / molar_mass
    return Target(tuple(nuclide(name) for name in names), np.full(len(names), units), form_factor)


def parse_formula(formula: str) -> dict[str, int]:
    """Return how many atoms of each element, by lower-case symbol, a formula like ``CaWO4`` has.

    A formula is element symbols, each followed by a number or by nothing; it has no brackets, charges or blanks.
    """
    if not re.fullmatch(r"([A-Z][a-z]?([1-9]\d*)?)+", formula):
        raise InputError(
            f"cannot read the formula '{formula}': expected element symbols and numbers, like CsI or CaWO4"
        )
    atoms: Counter[str] = Counter()
    for symbol, number in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        atoms[symbol.lower()] += int(number or 1)
    return dict(atoms)


def target_of(formula: str, mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a substance of that formula (``Xe``, ``CaWO4``), isotopes as in nature.

    The number of nuclei of an isotope is N_A m n a / M, with n atoms of its element per formula unit, its abundance a,
    and the molar mass M = Σ n a m_atom of the formula unit.
    """
    found = [
        (isotope, n * isotope.abundance)
        for element, n in parse_formula(formula).items()
        for isotope in isotopes(element)
    ]
    per_unit = np.array([number for _, number in found])
    molar_mass = float(np.sum(per_unit * [isotope.atomic_mass for isotope, _ in found]))
    return Target(tuple(isotope for isotope, _ in found), AVOGADRO * 1e3 * mass / molar_mass * per_unit, form_factor)


def natural_target(element: str, mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a natural element, given by its symbol (``xe`` or ``Xe``)."""
    return target_of(element.capitalize(), mass, form_factor)


class NuclearAmplitudes(eqx.Module):
    """Coherent nuclear amplitudes at each momentum transfer, arrays (nuclide, node)."""

    q: Float[Array, "nuclide node"]
    """Momentum transfer [MeV]."""
    proton: Float[Array, "nuclide node"]
    """Z F_Z(q; R_p)."""
    neutron: Float[Array, "nuclide node"]
    """N F_N(q; R_n)."""


class NuclearResponse(Stage):
    """Stage: the nuclear amplitudes of a target at fixed momentum transfers q [MeV]."""

    q: Float[Array, "nuclide node"]
    proton: Stage
    neutron: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> NuclearAmplitudes:
        return NuclearAmplitudes(q=self.q, proton=self.proton(params), neutron=self.neutron(params))


def nuclear_response(target: Target, q: Float[np.ndarray, "nuclide node"]) -> NuclearResponse:
    """Return the stage that evaluates the form factors of `target` at the momentum transfers `q` [MeV]."""
    charges = nuclear_charges(target, q)
    return NuclearResponse(q=q, proton=charges["proton"], neutron=charges["neutron"])


def nuclear_charges(target: Target, q: Float[np.ndarray, "nuclide node"]) -> dict[str, NuclearCharge]:
    """Return the charges of `target` at the momentum transfers `q` [MeV] by their names."""

    def nucleons(particle: str, numbers: list[int], radius: Callable[[Nuclide], float]) -> NucleonCharge:
        return NucleonCharge(
            q=q,
            numbers=np.array(numbers, float),
            form_factor=FORM_FACTORS[target.form_factor],
            radii=tuple(f"r_{particle}_{nucleus.element}" for nucleus in target.nuclides),
            offsets=np.array([radius(n) - radius(reference_isotope(n.element)) for n in target.nuclides]),
        )

    return {
        "proton": nucleons("p", [nucleus.protons for nucleus in target.nuclides], lambda n: n.proton_radius),
        "neutron": nucleons("n", [nucleus.neutrons for nucleus in target.nuclides], lambda n: n.neutron_radius),
        "proton_spin": FixedCharge(np.zeros_like(q)),
        "neutron_spin": FixedCharge(np.zeros_like(q)),
    }
