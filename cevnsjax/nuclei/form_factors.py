"""Nuclear form factors F(q; R) of a given rms radius R, with F(0) = 1.

Each parametrisation is a function of the momentum transfer q [MeV] and the rms radius R [fm]. Which to
use: `helm` and `symmetrised_fermi` are what the CEvNS literature fits R_n with, and agree to 1e-3 in the rate;
`klein_nystrand` is COHERENT's own choice; `unity` is full coherence, to measure how far the data exclude it.
"""

import math
from collections.abc import Callable

from .._base.constants import HBAR_C
from .._base.numerics import namespace, uniform_ball
from .._base.typing import Array, Float, Scalar

HELM_SKIN = 0.9
"""Surface thickness s [fm] of the Helm form factor (Friedrich and Voegler 1982; arXiv:2303.09360 Eq. 5)."""
FERMI_DIFFUSENESS = 2.30 / (4.0 * math.log(3.0))
"""Diffuseness a = t / (4 ln 3) [fm] for the surface thickness t = 2.30 fm (arXiv:2303.09360 Eq. 4)."""
YUKAWA_RANGE = 0.7
"""Range a_k [fm] of the Yukawa potential folded in by Klein and Nystrand (Phys. Rev. C 60, 014903 (1999))."""

FormFactor = Callable[[Float[Array, "..."], Scalar | Float[Array, "..."]], Float[Array, "..."]]


def helm(q: Float[Array, "..."], rms_radius: Scalar | Float[Array, "..."]) -> Float[Array, "..."]:
    """Helm: F = 3 j1(q R0)/(q R0) exp(-q² s²/2), R² = (3/5) R0² + 3 s² (arXiv:2303.09360 Eq. 5).

    Defined for R > sqrt(3) s = 1.56 fm.
    """
    xp = namespace(q, rms_radius)
    q = q / HBAR_C
    box_radius = xp.sqrt(5.0 / 3.0 * (rms_radius**2 - 3.0 * HELM_SKIN**2))
    return uniform_ball(q * box_radius) * xp.exp(-0.5 * (q * HELM_SKIN) ** 2)


def symmetrised_fermi(
    q: Float[Array, "..."], rms_radius: Scalar | Float[Array, "..."], diffuseness: float = FERMI_DIFFUSENESS
) -> Float[Array, "..."]:
    """Symmetrised Fermi distribution (Piekarewicz et al. 2016; arXiv:2303.09360 Eq. 3).

    F = 3 / {qc [(qc)² + (πqa)²]} · πqa / sinh(πqa) · [πqa sin(qc)/tanh(πqa) - qc cos(qc)], with
    R² = (3/5) c² + (7/5) (πa)² and the diffuseness a [fm]. Defined for R > sqrt(7/5) π a = 1.95 fm.
    """
    xp = namespace(q, rms_radius)
    q = q / HBAR_C
    skin = math.pi * diffuseness
    half_density = xp.sqrt(5.0 / 3.0 * (rms_radius**2 - 1.4 * skin**2))
    small = q * rms_radius < 0.03
    safe = xp.where(small, 1.0, q)
    x, y = safe * half_density, safe * skin
    exact = 3.0 / (x * (x**2 + y**2)) * y / xp.sinh(y) * (y * xp.sin(x) / xp.tanh(y) - x * xp.cos(x))
    r4 = 3.0 / 7.0 * half_density**4 + 18.0 / 7.0 * (skin * half_density) ** 2 + 31.0 / 7.0 * skin**4
    series = 1.0 - (q * rms_radius) ** 2 / 6.0 + q**4 * r4 / 120.0
    return xp.where(small, series, exact)


def diffuseness_limit(rms_radius: float) -> float:
    """Return the diffuseness [fm] at which a symmetrised Fermi distribution of an rms radius [fm] has c = 0."""
    return math.sqrt(5.0 / 7.0) * rms_radius / math.pi


def klein_nystrand(q: Float[Array, "..."], rms_radius: Scalar | Float[Array, "..."]) -> Float[Array, "..."]:
    """Klein-Nystrand: F = 3 j1(q R_A)/(q R_A) / (1 + q² a_k²), R² = (3/5) R_A² + 6 a_k² (nucl-th/9902019).

    Defined for R > sqrt(6) a_k = 1.71 fm.
    """
    xp = namespace(q, rms_radius)
    q = q / HBAR_C
    box_radius = xp.sqrt(5.0 / 3.0 * (rms_radius**2 - 6.0 * YUKAWA_RANGE**2))
    return uniform_ball(q * box_radius) / (1.0 + (q * YUKAWA_RANGE) ** 2)


def unity(q: Float[Array, "..."], rms_radius: Scalar | Float[Array, "..."]) -> Float[Array, "..."]:
    """Full coherence: F = 1 at every momentum transfer."""
    return 1.0 + 0.0 * q * rms_radius


FORM_FACTORS: dict[str, FormFactor] = {
    "helm": helm,
    "symmetrised-fermi": symmetrised_fermi,
    "klein-nystrand": klein_nystrand,
    "unity": unity,
}
"""Form factors by the name that the command line uses."""
