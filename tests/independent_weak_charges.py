"""Parity violation with electrons computed a second time: from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- the Coulomb potential, the electron's waves and the overlaps are cumulative integrals on a fine grid in r, with the
  density itself, for uniform balls too; the engine has closed forms, and spectral integration of its Fermi profile;
- the rms radius of a Fermi density is that of the density on the grid, its half-density radius found by bisection;
- the weak form factor is the numerical Fourier transform of the weak charge density.
Formulas: arXiv:2303.09360 section IV, arXiv:1903.00123, arXiv:1202.1468.
"""

import tomllib
from functools import cache
from math import log, pi, sqrt
from pathlib import Path

import numpy as np
from scipy.integrate import cumulative_simpson, quad, simpson
from scipy.optimize import brentq

DATA = Path(__file__).parents[1] / "data"
ALPHA, HBARC = 1 / 137.035999084, 0.1973269804
PHOTON = 1 - ALPHA / (2 * pi)
Q_PROTON, Q_NEUTRON = -2 * (-0.0357 + 0.00005) * PHOTON, -2 * (0.495 + 0.00006) * PHOTON
SLOPE = -4 * 1.00063 * PHOTON
"""dq_p/ds²: g_AV^ep = ρ(-1/2 + 2s²), ρ = 1.00063, times -2 (1 - α/2π)."""
SIN2 = 0.23863
THICKNESS = 2.30


def numbers(name):
    return tomllib.loads((DATA / name / "experiment.toml").read_text())


@cache
def grid(edge):
    """A grid in r [fm] with a node at `edge`, where a ball ends."""
    return np.concatenate([np.linspace(0, edge, 6001), np.linspace(edge, 45.0, 12001)[1:]])


def fermi(r, c, a):
    return np.sinh(c / a) / (np.cosh(r / a) + np.cosh(c / a))


@cache
def half_density(rms, a):
    """c of the symmetrised Fermi density of that rms radius."""

    def excess(c):
        moments = [
            quad(lambda r, k=k: r**k * fermi(r, c, a), 0, c + 60 * a, epsabs=0, epsrel=1e-13, limit=400)[0]
            for k in (2, 4)
        ]
        return sqrt(moments[1] / moments[0]) - rms

    return brentq(excess, 0.5, 2 * rms, xtol=1e-13)


@cache
def amplitude(density, protons, charge_radius):
    """Return a function that gives f(r) on a grid: 1 - 2 ∫ V/r² ∫ V r² + [∫ V r² / r²]²."""

    def on(r):
        edge = charge_radius * sqrt(5 / 3)
        if density == "uniform":
            potential = np.where(r < edge, 1.5 / edge - 0.5 * r**2 / edge**3, 1 / np.maximum(r, edge))
        else:
            a = THICKNESS / (4 * log(3))
            rho = fermi(r, half_density(charge_radius, a), a)
            norm = simpson(r**2 * rho, x=r)
            inside = cumulative_simpson(r**2 * rho, x=r, initial=0) / norm
            outside = cumulative_simpson(r * rho, x=r, initial=0) / norm
            potential = np.divide(inside, r, out=np.zeros_like(r), where=r > 0) + outside[-1] - outside
        potential = -protons * ALPHA * potential
        first = cumulative_simpson(potential * r**2, x=r, initial=0)
        over = np.divide(first, r**2, out=np.zeros_like(r), where=r > 0)
        return 1 - 2 * cumulative_simpson(potential * over, x=r, initial=0) + over**2

    return on


@cache
def overlap(density, protons, charge_radius, rms):
    """q = ∫ ρ f d³r."""
    edge = rms * sqrt(5 / 3)
    if density == "uniform":
        # Two grids, so that neither the end of the nucleons nor the end of the charge falls between nodes.
        inner, outer = sorted((edge, charge_radius * sqrt(5 / 3)))
        r = (
            np.concatenate([np.linspace(0, inner, 8001), np.linspace(inner, outer, 4001)[1:]])
            if outer > inner
            else grid(edge)
        )
        f = amplitude(density, protons, charge_radius)(r)
        ball = r <= edge * (1 + 1e-12)
        return simpson(r[ball] ** 2 * f[ball], x=r[ball]) * 3 / edge**3
    a = THICKNESS / (4 * log(3))
    r = grid(5.0)
    rho = fermi(r, half_density(rms, a), a)
    return simpson(r**2 * rho * amplitude(density, protons, charge_radius)(r), x=r) / simpson(r**2 * rho, x=r)


def caesium(theory, density, sin2=SIN2, r_n=5.09, r_p=4.821, q_sm=-73.23):
    """Return the predicted and the measured weak charge without neutron skin, and its error."""
    document = numbers("apv_cs")
    data = document["measured"]["weak_charge"]
    own = document["variants"].get(theory, {}).get("measured", {}).get("weak_charge", {})
    ratio, beta = data["amplitude_over_polarisability"], data["polarisability"]
    theory = own.get("amplitude", data["amplitude"])
    measured = 78 * ratio["value"] * beta["value"] / theory["value"]
    relative = sqrt(sum((n["uncertainty"] / n["value"]) ** 2 for n in (ratio, beta, theory)))
    skin = 78 / -73.23 * (1 - overlap(density, 55, 4.804, r_n) / overlap(density, 55, 4.804, r_p))
    return (q_sm + 55 * SLOPE * (sin2 - SIN2)) * (1 + skin), measured, relative * abs(measured)


def weak_amplitude(q, protons, neutrons, r_p, r_n, a, sin2=SIN2):
    """Return Q_W F_W(q) in units of Q_W at the default: Fourier transform of a Fermi weak density; q [1/fm], radii [fm]."""
    q_p = Q_PROTON + SLOPE * (sin2 - SIN2)
    size, neutron = 0.8409**2, -0.1161
    # Mean square weak radius of each nucleon: (q_own <r²_charge of the proton> + q_partner <r²_charge of the neutron>)/q_own.
    proton_point, neutron_point = r_p**2 - size, r_n**2 - size
    weak = protons * (q_p * (proton_point + size) + Q_NEUTRON * neutron)
    weak += neutrons * (Q_NEUTRON * (neutron_point + size) + q_p * neutron)
    charge, standard = protons * q_p + neutrons * Q_NEUTRON, protons * Q_PROTON + neutrons * Q_NEUTRON
    r = grid(5.0)
    rho = fermi(r, half_density(sqrt(weak / charge), a), a)
    return charge / standard * simpson(r**2 * rho * np.sinc(q * r / pi), x=r) / simpson(r**2 * rho, x=r)
