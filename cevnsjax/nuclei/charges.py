"""Charges of nuclei as stages: what a neutrino couples to, at fixed momentum transfers.

The charges of a nucleus are "proton", Z F_Z(q), "neutron", N F_N(q), and those of its spin, "proton_spin" and
"neutron_spin". Each stage gives an array (nuclide, node); a stage without parameters is a `Constant`.
"""

import dataclasses

import equinox as eqx
import numpy as np
from jaxtyping import Int

from .._base.constants import HBAR_C
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..stages.stage import Stage, taken
from .conventions import CONVENTIONS
from .form_factors import FormFactor
from .nuclear_input import NuclearInput


class NucleonCharge(Stage):
    """Number × form factor of the protons or neutrons, with a radius that is a parameter."""

    q: Float[Array, "nuclide node"]
    """Momentum transfer [MeV]."""
    numbers: Float[Array, " nuclide"]
    form_factor: FormFactor = eqx.field(static=True)
    radii: tuple[str, ...] = eqx.field(static=True)
    """Parameter with the rms radius of the element of each nuclide."""
    offsets: Float[Array, " nuclide"]
    """Radius of each nuclide less that of its element [fm]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.radii)

    def __call__(self, params: Params) -> Float[Array, "nuclide node"]:
        values: list[Scalar] = [params[name] for name in self.radii]
        radii = namespace(self.q, *values).stack(values) + self.offsets
        return self.numbers[:, None] * self.form_factor(self.q, radii[:, None])

    def at(self, places: Int[np.ndarray, "nuclide point"]) -> "NucleonCharge":
        """Return the same charge at some of its nodes: those of these numbers for each nuclide."""
        return dataclasses.replace(self, q=taken(self.q, places))


class InputCharge(Stage):
    """Number × form factor of the protons or neutrons of a nuclide, of the user's distribution of these."""

    q: Float[Array, "1 node"]
    """Momentum transfer [MeV]."""
    number: Float[Array, ""]
    ratio: Float[Array, ""]
    """N/Z of the nuclide."""
    shape: NuclearInput
    radius: str = eqx.field(static=True)
    """Parameter with the rms radius of its element."""
    offset: Float[Array, ""]
    """Radius of the nuclide less that of its element [fm]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.radius,))

    def __call__(self, params: Params) -> Float[Array, "1 node"]:
        convention, q = CONVENTIONS[self.shape.convention], self.q / HBAR_C
        mean_square = (params[self.radius] + self.offset) ** 2 - convention.added(self.ratio)
        given = self.shape.form_factor(q, namespace(mean_square).sqrt(mean_square))
        return self.number * given * convention.factor(q, self.ratio)

    def at(self, places: Int[np.ndarray, "1 point"]) -> "InputCharge":
        """Return the same charge at some of its nodes."""
        return dataclasses.replace(self, q=taken(self.q, places))


class NuclideCharges(Stage):
    """The charges of several nuclides, one row each."""

    rows: tuple[Stage, ...]
    """Arrays (1, node)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "nuclide node"]:
        values = [row(params) for row in self.rows]
        return namespace(*values).concatenate(values)

    def at(self, places: Int[np.ndarray, "nuclide point"]) -> "NuclideCharges":
        """Return the same charges at some of their nodes: those of these numbers for each nuclide."""
        spread = np.broadcast_to(places, (len(self.rows), places.shape[-1]))
        return NuclideCharges(tuple(row.at(own[None]) for row, own in zip(self.rows, spread, strict=True)))
