"""What a model of the interaction is: terms of the amplitude with which a neutrino scatters, and parameters.

A model adds terms to the amplitude of l → l' on a nucleus, or on an electron:

    a_ll'(q²) = Σ_terms  vertex_ll'(θ) · propagator_l(q²; θ) · charge(q²)
    dσ/dT     = Σ_ss' κ_ss'(E, T) · Σ_l' Re(a_s,ll' a*_s',ll')

Terms of the same Lorentz structure s interfere, whichever model they come from; what different structures do together
is in the kernels κ_ss' of `structures`. Vertices hold all couplings, propagators all masses, charges all nuclear radii:
so the counts are a quadratic form of the vertices whose coefficients are folded once.

A vertex returns an array (3,), diagonal in the flavours e, mu, tau of the neutrino; or, if `mixing`, (3, 3, 2): flavour
before, flavour after, real and imaginary part. Antineutrinos have the complex conjugate, which is the same rate.
"""

import abc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import equinox as eqx
import numpy as np

from .._base.constants import FERMI_CONSTANT
from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter

if TYPE_CHECKING:
    from .process import Process

FLAVOURS = ("e", "mu", "tau")
"""Flavours of the neutrinos, by their charged lepton, in the order of every flavour axis."""
TARGETS = ("nucleus", "electron")
"""What neutrinos scatter off."""
NUCLEAR_CHARGES = ("proton", "neutron", "proton_spin", "neutron_spin")
"""Charges of nuclei: Z F_Z, N F_N, and the spin of the protons and of the neutrons with its form factor."""
SPIN_CHARGES = frozenset(NUCLEAR_CHARGES[2:])
"""Those that nuclei without spin do not have."""
ELECTRON_CHARGES = ("electron", "photoabsorption")
"""Charges of the electrons of an atom: sqrt(Z_eff), and the square root of the photo-absorption cross section [cm]."""
CONTACT = 1.0 / (np.sqrt(2.0) * FERMI_CONSTANT)
"""1/(√2 G_F) [MeV²]: g² CONTACT / (q² + m²) is the amplitude of a mediator in units of the weak amplitude."""


def as_array(values: Any) -> Array:
    """Return numbers as an array, an array as it is."""
    return values if isinstance(values, Array) else np.asarray(values, float)


class Vertex(Module):
    """The coupling of a term, as a function of the parameters."""

    mixing: eqx.AbstractClassVar[bool]
    """Whether it changes the flavour: then the array is (3, 3, 2), else (3,)."""

    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters that it reads."""

    @abc.abstractmethod
    def __call__(self, params: Params) -> Float[Array, "..."]:
        """Return the couplings of the flavours."""


class Fixed(Vertex):
    """A diagonal vertex without parameters."""

    mixing = False
    values: Float[Array, "3"] = eqx.field(converter=as_array)

    def names(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return the values."""
        return self.values


class Propagator(Module):
    """How a term depends on the momentum transfer beside its charge."""

    by_flavour: eqx.AbstractClassVar[bool]
    """Whether it depends on the flavour of the neutrino: then the array has a first axis of 3."""

    @abc.abstractmethod
    def names(self) -> tuple[str, ...]:
        """Return the names of the parameters that it reads."""

    @abc.abstractmethod
    def __call__(self, q2: Float[Array, "*node"], params: Params) -> Float[Array, "..."]:
        """Return the factor at q² = 2MT [MeV²]."""


class Yukawa(Propagator):
    """Exchange of a particle: 1 / (q² + m²) [1/MeV²]."""

    by_flavour = False
    mass: str = eqx.field(static=True)
    """Parameter with the mass m [MeV]."""

    def names(self) -> tuple[str, ...]:
        """Return the mass."""
        return (self.mass,)

    def __call__(self, q2: Float[Array, "*node"], params: Params) -> Float[Array, "*node"]:
        """Return 1 / (q² + m²)."""
        return 1.0 / (q2 + params[self.mass] ** 2)


class Photon(Propagator):
    """Exchange of a photon: 1 / q² [1/MeV²]."""

    by_flavour = False

    def names(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def __call__(self, q2: Float[Array, "*node"], params: Params) -> Float[Array, "*node"]:
        """Return 1 / q²."""
        return 1.0 / q2


class Term(Module):
    """A term of the amplitude: vertex × propagator × charge."""

    structure: str = eqx.field(static=True)
    """Lorentz structure, of `structures.STRUCTURES`."""
    charge: str = eqx.field(static=True)
    """Charge of the target, of `NUCLEAR_CHARGES` or `ELECTRON_CHARGES`."""
    vertex: Vertex
    propagator: Propagator | None = None
    """None for a contact interaction."""


class Interaction(Module):
    """A model of the interaction of neutrinos with nuclei and electrons."""

    is_standard: ClassVar[bool] = False
    """Whether it is the Standard Model, which others are added to."""
    oscillates: ClassVar[bool] = False
    """Whether neutrinos oscillate on their way."""

    @property
    @abc.abstractmethod
    def name(self) -> str:
        """Return the name of the command line, with its variant after a colon."""

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters."""

    @abc.abstractmethod
    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the terms of the amplitude on a nucleus."""

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the terms of the amplitude on an electron of an atom; none by default."""
        return ()

    def nuclear_processes(self, kinematics: str) -> tuple["Process", ...]:
        """Return what happens to a nucleus beside elastic scattering, in `kinematics`; nothing by default."""
        return ()

    def electron_processes(self, kinematics: str) -> tuple["Process", ...]:
        """Return what happens to an electron beside elastic scattering; nothing by default."""
        return ()

    @property
    def charge_radii(self) -> tuple[float, ...] | None:
        """Return the charge radii of e, mu, tau that its couplings hold [1e-32 cm²], None if it has none."""
        return None

    @property
    def another(self) -> str:
        """Return what makes a second of its kind another model, as a hint; empty by default."""
        return ""

    def check_beside(self, other: "Interaction") -> None:
        """Raise InputError for another model that it cannot be combined with; accepts all by default."""
        return

    def check(self, values: Mapping[str, float]) -> None:
        """Raise InputError for values of the parameters that are impossible together; accepts all by default."""
        return

    def __repr__(self) -> str:
        """Return the name."""
        return f"<{self.name}>"


def by_flavour(values: dict[str, Scalar]) -> Float[Array, "3"]:
    """Return the values for e, mu, tau as an array."""
    ordered = [values[flavour] for flavour in FLAVOURS]
    return namespace(*ordered).stack([1.0 * value for value in ordered])


def check_parameters(interactions: tuple[Interaction, ...]) -> None:
    """Raise InputError for models that share a parameter: the second would count the effect of the first twice."""
    owners: dict[str, str] = {}
    for interaction in interactions:
        for parameter in interaction.parameters():
            if parameter.name in owners:
                raise InputError(
                    f"'{interaction.name}' and '{owners[parameter.name]}' both have '{parameter.name}': "
                    f"its effect would count twice{interaction.another}"
                )
            owners[parameter.name] = interaction.name
