"""Scattering with a final state of its own: a kernel and limits of the recoil that parameters move.

    dσ_l/dT (E, T) = κ(E, T; θ) · |vertex_l(θ)|² · charge(q²)²,    T₋(E; θ) < T < T₊(E; θ)

Nothing interferes with it. A `Process` gives what the counts need of it; `projection` does the integrals.
"""

import abc

import equinox as eqx

from .._base.module import Module
from .._base.typing import Array, Float, Params, Scalar
from .interaction import Vertex

Values = Scalar | Float[Array, "..."]


class Process(Module):
    """Scattering into a final state of its own. All functions take NumPy or JAX arrays and are differentiable."""

    charge: eqx.AbstractVar[str]
    """What it couples to, of `NUCLEAR_CHARGES` or `ELECTRON_CHARGES`."""
    vertex: eqx.AbstractVar[Vertex]
    """Couplings of the flavours, not mixing."""

    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters of the kernel and the limits."""

    def energies(self) -> int:
        """Return at how many E the kernel is taken for each T: exact where E² κ is a polynomial in E of lower degree.

        That of any exchange at tree level is of degree 2, for which the default suffices.
        """
        return 3

    @abc.abstractmethod
    def kernel(self, energy: Float[Array, "..."], recoil: Float[Array, "..."], mass: Values, params: Params) -> Values:
        """Return κ [cm²/MeV] at neutrino energies E and recoil energies T of a target of some mass [MeV].

        Only its values within the limits count, but it must be finite for all T > 0.
        """

    @abc.abstractmethod
    def minimum_energy(self, recoil: Float[Array, "..."], mass: Values, params: Params) -> Values:
        """Return the smallest E [MeV] that can leave a recoil T > 0."""

    @abc.abstractmethod
    def recoil_limits(self, energy: Float[Array, "..."], mass: Values, params: Params) -> tuple[Values, Values]:
        """Return T₋ and T₊ [MeV] of each E, where `minimum_energy` is E; equal to each other where E is too small."""
