"""The target: which nuclei a detector holds, how many, and their form factors."""

from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._constants import AVOGADRO
from .._errors import InputError, suggest
from .._numerics import namespace
from .._stage import Stage
from .._typing import Array, Float, Params, Scalar
from ..parameters import Parameter
from .form_factors import FORM_FACTORS, FormFactor
from .nuclide import Nuclide, nuclide


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
        found = {}
        for nucleus in self.nuclides:
            symbol = nucleus.element.capitalize()
            for particle, radius in (("n", nucleus.neutron_radius), ("p", nucleus.proton_radius)):
                word = "neutron" if particle == "n" else "proton"
                found[f"r_{particle}_{nucleus.element}"] = Parameter(
                    name=f"r_{particle}_{nucleus.element}",
                    unit="fm",
                    default=radius,
                    bounds=(2.2, 12.0),
                    latex=rf"R_{particle}(\mathrm{{{symbol}}})",
                    description=f"rms radius of the {word} distribution of {symbol}, nucleon size included",
                )
        return tuple(found.values())


def compound_target(names: Sequence[str], mass: float, molar_mass: float, form_factor: str) -> Target:
    """Return the target of `mass` [kg] of a compound with one nucleus of each nuclide per formula unit.

    `molar_mass` is that of the formula unit [g/mol]; the number of units is N_A m / M.
    """
    units = AVOGADRO * 1e3 * mass / molar_mass
    return Target(tuple(nuclide(name) for name in names), np.full(len(names), units), form_factor)


class NuclearAmplitudes(eqx.Module):
    """Coherent nuclear amplitudes at each momentum transfer, arrays (nuclide, node)."""

    q: Float[Array, "nuclide node"]
    """Momentum transfer [MeV]."""
    proton: Float[Array, "nuclide node"]
    """Z F_Z(q; R_p)."""
    neutron: Float[Array, "nuclide node"]
    """N F_N(q; R_n)."""


class NucleonAmplitude(Stage):
    """Stage: number × form factor of the protons or neutrons at fixed momentum transfers q [MeV]."""

    q: Float[Array, "nuclide node"]
    numbers: Float[Array, " nuclide"]
    form_factor: FormFactor = eqx.field(static=True)
    radii: tuple[str, ...] = eqx.field(static=True)
    """Parameter with the rms radius of each nuclide."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.radii)

    def __call__(self, params: Params) -> Float[Array, "nuclide node"]:
        radii: list[Scalar] = [params[name] for name in self.radii]
        return self.numbers[:, None] * self.form_factor(self.q, namespace(self.q, *radii).stack(radii)[:, None])


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

    def amplitude(particle: str, numbers: list[int]) -> NucleonAmplitude:
        radii = tuple(f"r_{particle}_{nucleus.element}" for nucleus in target.nuclides)
        return NucleonAmplitude(q, np.array(numbers, float), FORM_FACTORS[target.form_factor], radii)

    return NuclearResponse(
        q=q,
        proton=amplitude("p", [nucleus.protons for nucleus in target.nuclides]),
        neutron=amplitude("n", [nucleus.neutrons for nucleus in target.nuclides]),
    )
