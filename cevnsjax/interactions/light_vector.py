"""A light vector mediator Z' of mass m and coupling g, with the charges of a U(1)' symmetry.

    nuclei      a_l = a_SM + g² Q_l / (√2 G_F (q² + m²)) [(2 Q_u + Q_d) Z F_Z + (Q_u + 2 Q_d) N F_N],   q² = 2MT
    electrons   g_V = g_V + g² Q_l Q_e / (√2 G_F (2 m_e T + m²)),   g_A as it is

(arXiv:2008.05022, 2202.11002), the same for antineutrinos. g is dimensionless, m in MeV. Heavy, it is the contact
interaction ε^f_ll = g² Q_l Q_f / (√2 G_F m²). Charges of arXiv:2202.11002:

                  Q_u    Q_d    Q_e    Q_μ    Q_τ
    universal      1      1      1      1      1        (flavour-blind, not free of anomalies)
    B-L           1/3    1/3    -1     -1     -1
    B-3Le         1/3    1/3    -3      0      0
    B-3Lmu        1/3    1/3     0     -3      0
    B-2Le-Lmu     1/3    1/3    -2     -1      0
    B-Le-2Lmu     1/3    1/3    -1     -2      0
    By+Lmu+Ltau   1/3    1/3     0      1      1
    Le-Lmu         0      0      1     -1      0
    Le-Ltau        0      0      1      0     -1
    Lmu-Ltau       0      0      0      1     -1

or any others, such as `u=1/3,d=1/3,e=-1,mu=-1,tau=-1`; those not named are 0.

Without charges of quarks the Z' reaches protons by a loop of charged leptons and a photon. The vacuum polarisation
gives the proton the charge

    Q_p(q²) = -(2α/π) Σ_l Q_l ∫₀¹ dx x(1-x) ln(m_l² + x(1-x) q²) = -(α/3π) Σ_l Q_l [ln m_l² + J(q²/m_l²)]

(J of `loops`), neutrons none, and electrons that have no charge of their own -Q_p. For L_α - L_β, ε_βα =
∫₀¹ dx x(1-x) ln[(m_β² + x(1-x) q²)/(m_α² + x(1-x) q²)] and

    g_V^p(ν_α) = g_V^p + √2 α g² ε_βα / (π G_F (q² + m²)),   ν_β with the opposite sign

as in arXiv:2202.11002; for ν_μ in Lmu-Ltau the shift is positive, Q_p(0) = (α/3π) ln(m_τ²/m_μ²) = 4.37e-3. It is
finite if the charges of the leptons add up to 0; otherwise InputError is raised. Loops are left out where there is a
coupling without a loop, as in the papers.

Variants, after a second colon:
Lmu-Ltau:2020   the formula of arXiv:2008.05022: the opposite sign, for ν_μ -α g² ln(m_τ²/m_μ²) / (3√2 π G_F (q² + m²)),
                its loop at all q² as at 0. Superseded: for comparison only.
CHARGES:tree    without the loop, for charges that have a loop: nothing on nuclei.
"""

import contextlib
import math
import re
from fractions import Fraction

import equinox as eqx
import numpy as np

from .._base import arguments
from .._base.constants import FINE_STRUCTURE
from .._base.errors import InputError, suggest
from .._base.typing import Array, Float, Params
from .exchange import Mediator, check_suffix
from .interaction import Propagator, Term
from .loops import logarithms, running_of_leptons

CARRIERS = ("u", "d", "e", "mu", "tau")
"""What has a charge: quarks u and d, leptons e, mu and tau with their neutrinos."""
_THIRD = Fraction(1, 3)
CHARGES: dict[str, tuple[Fraction | int, ...]] = {
    "universal": (1, 1, 1, 1, 1),
    "B-L": (_THIRD, _THIRD, -1, -1, -1),
    "B-3Le": (_THIRD, _THIRD, -3, 0, 0),
    "B-3Lmu": (_THIRD, _THIRD, 0, -3, 0),
    "B-2Le-Lmu": (_THIRD, _THIRD, -2, -1, 0),
    "B-Le-2Lmu": (_THIRD, _THIRD, -1, -2, 0),
    "By+Lmu+Ltau": (_THIRD, _THIRD, 0, 1, 1),
    "Le-Lmu": (0, 0, 1, -1, 0),
    "Le-Ltau": (0, 0, 1, 0, -1),
    "Lmu-Ltau": (0, 0, 0, 1, -1),
}
"""Charges of u, d, e, mu and tau (arXiv:2202.11002)."""


class LeptonLoop(Propagator):
    """Exchange of a Z' and a photon with a loop of charged leptons between them: Q_p(q²) / (q² + m²) [1/MeV²]."""

    by_flavour = False
    charges: tuple[float, float, float] = eqx.field(static=True)
    """Charges of e, mu, tau, which add up to 0."""
    runs: bool = eqx.field(static=True)
    """Whether Q_p changes with q²; else it is that at 0."""
    mass: str = eqx.field(static=True)
    """Parameter with the mass m [MeV]."""

    def names(self) -> tuple[str, ...]:
        """Return the mass."""
        return (self.mass,)

    def charge(self, q2: Float[Array, "*node"]) -> Float[Array, "*node"]:
        """Return Q_p(q²), the charge that the loop gives the proton."""
        total = 0.0 * q2 + np.dot(self.charges, logarithms())
        if self.runs:
            total = total + sum(
                charge * change for charge, change in zip(self.charges, running_of_leptons(q2), strict=True) if charge
            )
        return -FINE_STRUCTURE / (3.0 * math.pi) * total

    def __call__(self, q2: Float[Array, "*node"], params: Params) -> Float[Array, "*node"]:
        """Return Q_p(q²) / (q² + m²)."""
        return self.charge(q2) / (q2 + params[self.mass] ** 2)


class LightVector(Mediator):
    """A vector mediator."""

    particle, symbol, words = "zp", "Z'", "vector"
    label: str = eqx.field(static=True)
    """Name of the charges and of the variant, as on the command line."""
    quarks: tuple[float, float]
    leptons: tuple[float, float, float]
    loop: str | None = eqx.field(static=True)
    """None without a loop, else "running" or "2020"."""
    suffix: str = eqx.field(static=True, default="", kw_only=True)

    @property
    def kind(self) -> str:
        """Return the name of the command line without the suffix."""
        return f"light-vector:{self.label}"

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with protons and neutrons, by a loop if quarks have no charge."""
        up, down = self.quarks
        if not (up or down):
            return self._loop("proton", 1.0)
        proton = self.vertex(2.0 * up + down, self.leptons)
        neutron = self.vertex(up + 2.0 * down, self.leptons)
        return (
            Term("vector", "proton", proton, self.propagator),
            Term("vector", "neutron", neutron, self.propagator),
        )

    def electron_terms(self) -> tuple[Term, ...]:
        """Return the exchange of the mediator with electrons, by a loop if they have no charge."""
        electron = self.leptons[0]
        if not electron:
            return self._loop("electron", -1.0)
        return (Term("vector", "electron", self.vertex(electron, self.leptons), self.propagator),)

    def _loop(self, charge: str, sign: float) -> tuple[Term, ...]:
        """Return the exchange by a loop of leptons with something of the electric charge `sign`."""
        if self.loop is None:
            return ()
        loop = LeptonLoop(self.leptons, self.loop == "running", self.propagator.mass)
        vertex = self.vertex(-sign if self.loop == "2020" else sign, self.leptons)
        return (Term("vector", charge, vertex, loop),)


def _number(text: str, expected: str) -> Fraction:
    """Return the number of `text`: digits, with a point or as a fraction, at most 12 characters."""
    if re.fullmatch(r"[-+]?[0-9.]+(/[0-9]+|e[-+]?[0-9])?", text) and len(text) <= 12:
        with contextlib.suppress(ValueError, ZeroDivisionError):
            return Fraction(text)
    raise InputError(f"{expected}, found '{text}'")


def _user_charges(text: str) -> tuple[Fraction, ...]:
    """Return the charges of `text`, such as "u=1/3,d=1/3,e=-1"."""
    charges: dict[str, Fraction] = {}
    for entry in text.split(","):
        carrier, equals, number = (part.strip() for part in entry.partition("="))
        if not equals or carrier not in CARRIERS:
            known = ", ".join(CARRIERS)
            raise InputError(f"charges '{text}': expected NUMBER for each of {known} as in u=1/3, found '{entry}'")
        if carrier in charges:
            raise InputError(f"charges '{text}': '{carrier}' comes twice")
        charges[carrier] = _number(number, f"charges '{text}': expected a number or a fraction for '{carrier}'")
    return tuple(charges.get(carrier, Fraction(0)) for carrier in CARRIERS)


@arguments.checked(charges=arguments.text, suffix=check_suffix)
def light_vector(charges: str = "universal", *, suffix: str = "") -> LightVector:
    """Return a vector mediator with `charges`: a name of `CHARGES`, or "u=1/3,d=1/3,e=-1,mu=-1,tau=-1".

    ":tree" after them leaves out the loop of leptons, "Lmu-Ltau:2020" has it as in arXiv:2008.05022. A `suffix`
    distinguishes several mediators: their parameters are g_zp_SUFFIX and m_zp_SUFFIX.
    """
    named, colon, variant = charges.partition(":")
    if colon and not variant:
        raise InputError(f"charges '{charges}': expected a variant after the colon")
    if "=" in named:
        values = _user_charges(named)
        label = ",".join(f"{carrier}={value}" for carrier, value in zip(CARRIERS, values, strict=True) if value)
    elif named in CHARGES:
        values, label = CHARGES[named], named
    else:
        raise InputError(
            f"unknown charges '{named}'{suggest(named, CHARGES)}; known: {', '.join(CHARGES)}, "
            f"or such as u=1/3,d=1/3,e=-1,mu=-1,tau=-1"
        )
    quarks, leptons = values[:2], values[2:]
    if not any(leptons):
        raise InputError(f"charges '{named}': no neutrino has a charge, expected one of e, mu, tau")
    loop = None if any(quarks) else "running"
    if variant == "tree" and loop:
        loop = None
    elif variant == "2020" and named == "Lmu-Ltau":
        loop = "2020"
    elif variant:
        known = [*(["tree"] if loop else []), *(["2020"] if named == "Lmu-Ltau" else [])]
        raise InputError(f"unknown variant '{variant}' of charges '{named}'; known: {', '.join(known) or 'none'}")
    if loop and sum(leptons):
        raise InputError(
            f"charges '{named}': without charges of quarks nuclei are reached by a loop of leptons, which is finite if "
            f"the charges of the leptons add up to 0, found {sum(leptons)}; '{named}:tree' leaves it out"
        )
    up, down = (float(charge) for charge in quarks)
    electron, muon, tau = (float(charge) for charge in leptons)
    whole = f"{label}:{variant}" if variant else label
    return LightVector(whole, (up, down), (electron, muon, tau), loop, suffix=suffix)
