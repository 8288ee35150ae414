"""The target: which nuclei a detector holds, how many, and their form factors.

Each element has one parameter for the neutrons and one for the protons, r_n_<element> and r_p_<element>: the rms radius
of its most abundant isotope, in every target. The other isotopes keep the distance in radius from it that their
defaults have. With the form factor of the shell model a target has no parameters.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import equinox as eqx
import numpy as np

from .._constants import AVOGADRO
from .._errors import InputError, suggest
from .._typing import Float
from ..parameters import Parameter
from .charges import FixedCharge, NuclearCharge, NucleonCharge
from .form_factors import FORM_FACTORS
from .nuclide import Nuclide, isotopes, nuclide, reference_isotope
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


class Target(eqx.Module):
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

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the radii r_n_<element> and r_p_<element>; none with the form factor of the shell model."""
        if self.form_factor == SHELL_MODEL:
            return ()
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


def nuclear_charges(target: Target, q: Float[np.ndarray, "nuclide node"]) -> dict[str, NuclearCharge]:
    """Return the charges of `target` at the momentum transfers `q` [MeV] by their names."""
    proton_spin, neutron_spin = (FixedCharge(charge) for charge in _stacked(spin_charges, target, q))
    if target.form_factor == SHELL_MODEL:
        proton, neutron = (FixedCharge(charge) for charge in _stacked(shell_model_charges, target, q))
    else:
        proton, neutron = (_nucleons(target, q, particle) for particle in "pn")
    return {"proton": proton, "neutron": neutron, "proton_spin": proton_spin, "neutron_spin": neutron_spin}


def _stacked(
    charges: Callable[[Nuclide, Float[np.ndarray, " node"]], Float[np.ndarray, "2 node"]],
    target: Target,
    q: Float[np.ndarray, "nuclide node"],
) -> Float[np.ndarray, "2 nuclide node"]:
    return np.stack([charges(nucleus, row) for nucleus, row in zip(target.nuclides, q, strict=True)], axis=1)


def _nucleons(target: Target, q: Float[np.ndarray, "nuclide node"], particle: str) -> NucleonCharge:
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
