"""The Standard Model: exchange of a Z between the neutrino and the whole nucleus, of Z and W with electrons.

Nuclei: dσ/dT = (G_F² M/π) (1 - MT/2E²) [g_V^p(ν_l) Z F_Z(q) + g_V^n N F_N(q)]²   (arXiv:2303.09360 Eq. 1; its text
lacks the Z before F_Z). The same for antineutrinos.

Electrons: dσ/dT = Z_eff(T) (G_F² m_e/2π) [(g_V+g_A)² + (g_V-g_A)² (1-T/E)² - (g_V²-g_A²) m_e T/E²], with -g_A for
antineutrinos (arXiv:2207.05036): vector and axial terms of `structures`, which interfere.

The axial part of nuclei is an option. With the spins <S_p>, <S_n> of a nucleus of spin J it is

    dσ/dT = (G_F² M/π) (1 + MT/2E²) a²,   a = √((J+1)/3J) 2 [g_A^p <S_p> F_p + g_A^n <S_n> F_n]
    g_A^p = ĝ_A^p g_A - g_A^s/2,   g_A^n = ĝ_A^n g_A - g_A^s/2

where ĝ_A are the couplings of `couplings`, ±1/2 but for radiative corrections, g_A = 1.27641 the axial charge of the
nucleon and g_A^s = -0.085 that of strange quarks, taken as 0 by default. At tree level this is the limit at q = 0
of F_A = 8π/(2J+1) [(g_A^s)² S_00 - g_A g_A^s S_01 + g_A² S_11] in (G_F² M/4π) (1 + MT/2E² - T/E) F_A (Hoferichter,
Menéndez, Schwenk, arXiv:2007.08529 Eqs. 66-67, 80-86). Nothing for nuclei of spin 0, 1/N² of the rate for others.

In the 2024 scheme the charge radii of the neutrinos change with the momentum transfer: g_V^p by -(α/3π) J(q²/m_l²),
g_V^e by the opposite (`couplings`, `loops`).
"""

import math

import equinox as eqx

from .._base import arguments
from .._base.constants import FINE_STRUCTURE
from .._base.errors import InputError, suggest
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from .couplings import DEFAULT_SIN2, Couplings, couplings
from .interaction import FLAVOURS, Fixed, Interaction, Propagator, Term, Vertex, by_flavour
from .loops import running_of_leptons

AXIAL_CHARGE = 1.27641
"""Axial charge g_A of the nucleon (arXiv:2007.08529)."""
STRANGE_AXIAL_CHARGE = -0.085
"""Axial charge g_A^s of the strange quarks in a nucleon (arXiv:2007.08529)."""

SIN2_THETA_W = Parameter(
    name="sin2_theta_w",
    unit="1",
    default=DEFAULT_SIN2,
    bounds=(0.0, 1.0),
    latex=r"\sin^2\theta_W",
    description="weak mixing angle at zero momentum transfer, MS-bar",
)


class ProtonCoupling(Vertex):
    """g_V^p of each flavour, which moves with sin²θ_W."""

    mixing = False
    couplings: Couplings

    def names(self) -> tuple[str, ...]:
        """Return sin²θ_W."""
        return ("sin2_theta_w",)

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return g_V^p."""
        return by_flavour({lepton: self.couplings.proton(lepton, params["sin2_theta_w"]) for lepton in FLAVOURS})


class ElectronCoupling(Vertex):
    """g_V^e of each flavour, which moves with sin²θ_W."""

    mixing = False
    couplings: Couplings

    def names(self) -> tuple[str, ...]:
        """Return sin²θ_W."""
        return ("sin2_theta_w",)

    def __call__(self, params: Params) -> Float[Array, "3"]:
        """Return g_V^e."""
        return by_flavour({lepton: self.couplings.electron(lepton, params["sin2_theta_w"]) for lepton in FLAVOURS})


class RunningChargeRadius(Propagator):
    """What the loop of a W and a charged lepton changes at q²: -2 [C_l(q²) - C_l(0)] = -(α/3π) J(q²/m_l²)."""

    by_flavour = True

    def names(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def __call__(self, q2: Float[Array, "*node"], params: Params) -> Float[Array, "3 *node"]:
        """Return the change of g_V^p."""
        return -FINE_STRUCTURE / (3.0 * math.pi) * running_of_leptons(q2)


class StandardModel(Interaction):
    """Standard-Model scattering with the couplings of a scheme."""

    is_standard = True
    couplings: Couplings
    recoil_term: bool = eqx.field(static=True)
    """Keep the term -T/E of the exact kinematics."""
    axial: bool = eqx.field(static=True, default=False)
    """Keep the axial part of nuclei with spin."""
    strange: bool = eqx.field(static=True, default=False)
    """Give the axial part the spin of strange quarks."""

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        options = {"axial": self.axial, "recoil-term": self.recoil_term, "strange": self.strange}
        return ":".join(["standard-model", *filter(None, [",".join(word for word in options if options[word])])])

    def parameters(self) -> tuple[Parameter, ...]:
        """Return sin²θ_W."""
        return (SIN2_THETA_W,)

    @property
    def charge_radii(self) -> tuple[float, ...]:
        """Return the charge radii that the couplings hold [1e-32 cm²]."""
        return tuple(self.couplings.charge_radii[flavour] for flavour in FLAVOURS)

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a Z with the protons and the neutrons."""
        terms = [
            Term("vector", "proton", ProtonCoupling(self.couplings)),
            Term("vector", "neutron", Fixed((self.couplings.neutron,) * 3)),
        ]
        if self.couplings.runs:
            terms.append(Term("vector", "proton", Fixed((1.0, 1.0, 1.0)), RunningChargeRadius()))
        if self.axial:
            strange = 0.5 * STRANGE_AXIAL_CHARGE if self.strange else 0.0
            proton = AXIAL_CHARGE * self.couplings.proton_axial - strange
            neutron = AXIAL_CHARGE * self.couplings.neutron_axial - strange
            terms.append(Term("axial", "proton_spin", Fixed((proton,) * 3)))
            terms.append(Term("axial", "neutron_spin", Fixed((neutron,) * 3)))
        return tuple(terms)

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of a Z and a W with the electrons."""
        axial = tuple(self.couplings.electron_axial[lepton] for lepton in FLAVOURS)
        terms = [
            Term("vector", "electron", ElectronCoupling(self.couplings)),
            Term("axial", "electron", Fixed(axial)),
        ]
        if self.couplings.runs:
            terms.append(Term("vector", "electron", Fixed((-1.0, -1.0, -1.0)), RunningChargeRadius()))
        return tuple(terms)


@arguments.checked(
    scheme=arguments.text, recoil_term=arguments.switch, axial=arguments.switch, strange=arguments.switch
)
def standard_model(
    scheme: str = "2022", recoil_term: bool = False, axial: bool = False, strange: bool = False
) -> StandardModel:
    """Return the Standard Model with the couplings of `scheme` ("tree", "2020", "2022", "2024").

    `recoil_term` keeps the term -T/E of the exact kinematics, `axial` the axial part of nuclei with spin, and `strange`
    the spin of strange quarks in it.
    """
    if strange and not axial:
        raise InputError("strange quarks change the axial part of nuclei alone: expected 'axial' with 'strange'")
    return StandardModel(couplings(scheme), recoil_term, axial, strange)


OPTIONS = ("recoil-term", "axial", "strange")


def standard_model_with(scheme: str = "2022", options: str = "") -> StandardModel:
    """Return the Standard Model with `options`, comma-separated names of `OPTIONS`."""
    names = [name.strip() for name in options.split(",")] if options else []
    for name in names:
        if name not in OPTIONS:
            raise InputError(
                f"unknown option of the standard model '{name}'{suggest(name, OPTIONS)}; known: {', '.join(OPTIONS)}"
            )
    return standard_model(scheme, *(option in names for option in OPTIONS))
