"""Overlap of an atom's electron with the nucleons: how parity violation in atoms depends on the neutron radius.

The electron that feels the weak charge moves in the Coulomb potential V of the nucleus. The product f(r) of its s and p
waves, normalised to 1 at the centre, falls towards the surface; to second order in Z α, the electron being massless
there,

    f(r) = 1 - 2 ∫_0^r dr' V(r')/r'² ∫_0^r' V r''² dr'' + [ (1/r²) ∫_0^r V r'² dr' ]²     (ħc = 1)

(James and Sandars, J. Phys. B 32, 3295 (1999); arXiv:2102.06153 appendix B). For a uniform charge of radius R it is the
polynomial of Pollock, Fortson and Wilets, Phys. Rev. C 46, 2587 (1992). What counts is the overlap q = ∫ ρ f d³r with
the density ρ, normalised to 1, of the protons or neutrons. The expansion is good for caesium (Z α = 0.40) and poor for
lead (0.60), whose 1 - q_n/q_p it has 6 % too large. There the Dirac equation is solved instead. At threshold, with
W = 2 m - V, the large and small components g and f of the s and the p wave obey (lengths in fm, ħc = 1)

    g_s' = W f_s     f_s' = V g_s - 2 f_s/r          f_p' = V g_p     g_p' = W f_p - 2 g_p/r

and the electron feels the weak charge by f(r) = g_s f_p - f_s g_p, with g_s = f_p = 1 at the centre.
"""

import math
from collections.abc import Callable

import numpy as np
from scipy.integrate import solve_ivp

from .._base.constants import ELECTRON_MASS, FINE_STRUCTURE, HBAR_C
from .._base.errors import InputError, suggest
from .._base.module import Module
from .._base.numerics import gauss_legendre, namespace
from .._base.typing import Array, Float, Scalar
from .form_factors import FERMI_DIFFUSENESS

Overlap = Callable[[Scalar], Scalar]
"""Overlap q as a function of the rms radius [fm] of the density."""

LARGEST = 40.0
"""Radius [fm] beyond which the density of no nucleus with R < 12 fm reaches: 3e-21 of it."""
PANELS, ORDER = 20, 16
CENTRE = 1e-4
"""Radius [fm] where the Dirac equation starts, with the leading terms there."""
PRECISION = 1e-12
"""Relative and absolute error of a step of it."""


class UniformOverlap(Module):
    """Uniform densities of nucleons and of charge, in closed form.

    With x = r/R, R² = (5/3) R_ch²: f = 1 - (Zα)² [x²/2 - x⁴/10 + x⁶/150] inside the charge and
    f = 1 - (Zα)² [13/60 + ln x + 1/(5x²) - 1/(100x⁴)] outside; q is the mean of f over the ball of the nucleons.
    """

    coupling: float
    """(Zα)²."""
    charge_radius: float
    """Rms radius of the charge [fm]."""

    def __call__(self, rms_radius: Scalar) -> Scalar:
        x = rms_radius / self.charge_radius
        xp = namespace(x)
        near = xp.minimum(x, 1.0)
        far = xp.maximum(x, 1.0)
        inside = 0.3 * near**2 - 3.0 / 70.0 * near**4 + near**6 / 450.0
        cube = far**3
        beyond = 13.0 / 180.0 * (cube - 1.0) + cube * xp.log(far) / 3.0 - (cube - 1.0) / 9.0
        beyond = beyond + (far - 1.0) / 5.0 + (1.0 / far - 1.0) / 100.0
        return 1.0 - self.coupling * (inside + 3.0 * beyond) / cube


class FermiOverlap(Module):
    """Symmetrised Fermi densities of nucleons and of charge, of surface thickness 2.30 fm, by quadrature in r."""

    radii: Float[np.ndarray, " node"]
    weights: Float[np.ndarray, " node"]
    """Quadrature weights × f(r)."""

    def __call__(self, rms_radius: Scalar) -> Scalar:
        return namespace(rms_radius, self.radii).sum(self.weights * fermi_profile(self.radii, rms_radius))


def fermi_profile(r: Float[Array, " node"], rms_radius: Scalar) -> Float[Array, " node"]:
    """Return 4π r² times the symmetrised Fermi density [1/fm] at `r` [fm], normalised to 1.

    ρ ∝ sinh(c/a) / [cosh(r/a) + cosh(c/a)] with the norm (4π/3) c³ [1 + (πa/c)²] and R² = (3/5) c² + (7/5)(πa)².
    Defined for R > sqrt(7/5) π a = 1.95 fm.
    """
    xp = namespace(r, rms_radius)
    skin = math.pi * FERMI_DIFFUSENESS
    c = xp.sqrt(5.0 / 3.0 * (rms_radius**2 - 1.4 * skin**2))
    edge = c / FERMI_DIFFUSENESS
    shape = xp.sinh(edge) / (xp.cosh(r / FERMI_DIFFUSENESS) + xp.cosh(edge))
    return 3.0 * r**2 / (c * (c**2 + skin**2)) * shape


def uniform_overlap(protons: int, charge_radius: float) -> UniformOverlap:
    """Return the overlap with uniform densities in the field of `protons` of rms `charge_radius` [fm]."""
    return UniformOverlap((protons * FINE_STRUCTURE) ** 2, charge_radius)


def fermi_overlap(protons: int, charge_radius: float) -> FermiOverlap:
    """Return the overlap with Fermi densities in the field of `protons` of rms `charge_radius` [fm]."""
    r, weights = _quadrature()
    profile = np.asarray(fermi_profile(r, charge_radius))
    outer = _cumulative(profile / r)
    potential = -protons * FINE_STRUCTURE * (_cumulative(profile) / r + np.sum(weights * profile / r) - outer)
    inner = _cumulative(potential * r**2)
    f = 1.0 - 2.0 * _cumulative(potential * inner / r**2) + (inner / r**2) ** 2
    return FermiOverlap(r, weights * f)


def dirac_overlap(protons: int, charge_radius: float) -> FermiOverlap:
    """Return the overlap with Fermi densities, the waves of the electron being those of the Dirac equation."""
    r, weights = _quadrature()
    profile = np.asarray(fermi_profile(r, charge_radius))
    coupling, twice_mass = protons * FINE_STRUCTURE, 2.0 * ELECTRON_MASS / HBAR_C
    centre = -coupling * float(np.sum(weights * profile / r))

    def change(radius: float, waves: Float[np.ndarray, " 6"]) -> list[float]:
        potential, charge, g_s, f_s, f_p, g_p = waves
        energy = twice_mass - potential
        return [
            coupling * charge / radius**2,
            float(fermi_profile(np.array([radius]), charge_radius)[0]),
            energy * f_s,
            potential * g_s - 2.0 * f_s / radius,
            potential * g_p,
            energy * f_p - 2.0 * g_p / radius,
        ]

    start = [centre, 0.0, 1.0, centre * CENTRE / 3.0, 1.0, (twice_mass - centre) * CENTRE / 3.0]
    span = (CENTRE, float(r[-1]))
    waves = solve_ivp(change, span, start, method="DOP853", t_eval=r, rtol=PRECISION, atol=PRECISION)
    _, _, g_s, f_s, f_p, g_p = waves.y
    return FermiOverlap(r, weights * (g_s * f_p - f_s * g_p))


def _quadrature() -> tuple[Float[np.ndarray, " node"], Float[np.ndarray, " node"]]:
    return gauss_legendre(np.linspace(0.0, LARGEST, PANELS + 1), ORDER)


def _cumulative(values: Float[np.ndarray, " node"]) -> Float[np.ndarray, " node"]:
    """Return the integral from 0 to each node of a function given at the nodes, through its interpolating polynomials.

    Exact for polynomials of a degree below `ORDER` in each panel.
    """
    x, w = np.polynomial.legendre.leggauss(ORDER)
    legendre = np.polynomial.legendre.legvander(x, ORDER)
    degree = np.arange(1, ORDER)
    antiderivatives = np.column_stack([x + 1.0, (legendre[:, 2:] - legendre[:, :-2]) / (2 * degree + 1)])
    coefficients = (np.arange(ORDER)[:, None] + 0.5) * legendre[:, :-1].T * w
    half = 0.5 * LARGEST / PANELS
    panels = values.reshape(PANELS, ORDER)
    totals = half * panels @ w
    before = np.concatenate([[0.0], np.cumsum(totals)[:-1]])
    return (before[:, None] + half * panels @ (antiderivatives @ coefficients).T).ravel()


_OVERLAPS = {"second-order": {"uniform": uniform_overlap, "fermi": fermi_overlap}, "dirac": {"fermi": dirac_overlap}}
ELECTRONS = tuple(_OVERLAPS)
"""How the waves of the electron are found."""
DENSITIES = tuple(_OVERLAPS["second-order"])
"""Names of the nuclear densities."""


def electron_overlap(density: str, protons: int, charge_radius: float, electron: str = ELECTRONS[0]) -> Overlap:
    """Return the overlap as a function of the rms radius [fm] of the nucleons, for a density of `DENSITIES`."""
    if density not in DENSITIES:
        raise InputError(f"unknown density '{density}'{suggest(density, DENSITIES)}; known: {', '.join(DENSITIES)}")
    if electron not in ELECTRONS:
        raise InputError(f"unknown electron '{electron}'{suggest(electron, ELECTRONS)}; known: {', '.join(ELECTRONS)}")
    known = _OVERLAPS[electron]
    if density not in known:
        raise InputError(f"expected the density {' or '.join(known)} with '{electron}', found '{density}'")
    return known[density](protons, charge_radius)


def skin_correction(
    overlap: Overlap, neutrons: int, weak_charge: Scalar, proton_radius: Scalar, neutron_radius: Scalar
) -> Scalar:
    """Return δE/E = (N/Q_W)(1 - q_n/q_p), the change of the parity-violating amplitude by the neutron skin.

    `weak_charge` is the Standard-Model Q_W of the nucleus (arXiv:2303.09360 section IV).
    """
    return neutrons / weak_charge * (1.0 - overlap(neutron_radius) / overlap(proton_radius))
