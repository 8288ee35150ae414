"""Charges of nuclei as stages: what a neutrino couples to, at fixed momentum transfers.

The charges of a nucleus are "proton", Z F_Z(q), "neutron", N F_N(q), and those of its spin, "proton_spin" and
"neutron_spin". Each stage gives an array (nuclide, node); a stage without parameters is a `Constant`.
"""

import dataclasses

import equinox as eqx
import numpy as np
from jaxtyping import Int

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..stages.stage import Stage, taken
from .form_factors import FormFactor


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
