"""Every interaction computed a second time, on nuclei and on electrons: from the formulas of the papers.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- integrals over the neutrino energy are closed forms, sums of E^n and ln E, also for tabulated spectra; the kernels are
  written with left- and right-handed couplings;
- the recoil energy is integrated within each bin between all kinks of the rate with many nodes: nothing is interpolated;
- loops are integrated over the Feynman parameter numerically; amplitudes are complex numbers, a row for each flavour
  that leaves;
- couplings, form factors and nuclear masses are those of `independent_rates`, written out term by term.

A `World` says what there is beside the Standard Model, in plain numbers. Energies in MeV, recoils too.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from math import log, pi, sqrt
from typing import Any

import numpy as np
from independent_rates import (
    ALPHA,
    DATA,
    E_END,
    E_LINE,
    G_F,
    HBARC,
    M_E,
    M_MU,
    M_TAU,
    M_W,
    NUCLIDES,
    Nucleus,
    couplings_2022,
    form_factor,
)

FLAVOURS = ("e", "mu", "tau")
MASS = dict(zip(FLAVOURS, (M_E, M_MU, M_TAU), strict=True))
CM = HBARC * 1e-13  # MeV cm
CONTACT = 1 / (sqrt(2) * G_F)
AVOGADRO = 6.02214076e23
M_N = (938.27208816 + 939.56542052) / 2
AXIAL_CHARGE = 1.27641  # arXiv:2007.08529


# Couplings of the Standard Model


def gauss(low, high, order):
    node, weight = np.polynomial.legendre.leggauss(order)
    return (low + high) / 2 + (high - low) / 2 * node, (high - low) / 2 * weight


def feynman(function):
    """Return ∫_0^1 x(1-x) function(x(1-x)) dx: x = t⁴ towards both ends, where light leptons make it steep."""
    t, weight = gauss(0.0, 0.5**0.25, 60)
    x = t**4
    return np.tensordot(2 * 4 * t**3 * weight * x * (1 - x), function(x * (1 - x)), (0, 0))


def lepton_log(mass, q2):
    """Return ∫ x(1-x) ln[(m² + x(1-x) q²) / m_W²] dx."""
    return feynman(lambda s: np.log((mass**2 + s.reshape(-1, *[1] * np.ndim(q2)) * q2) / M_W**2))


def charge_radius_term(mass, q2):
    """Return CR(q²) = -(α/6π) {3/2 - 6 ∫ x(1-x) ln[(m² + q² x(1-x))/m_W²] dx}."""
    return -ALPHA / (6 * pi) * (3 / 2 - 6 * lepton_log(mass, q2))


def nucleon_couplings(scheme, lepton, sin2, q2):
    """Return (g_V^p, g_V^n) of neutrinos of one flavour, at q² (an array)."""
    mass, nothing = MASS[lepton], np.zeros_like(q2)
    if scheme == "tree":
        return 1 / 2 - 2 * sin2 + nothing, -1 / 2
    if scheme == "2020":  # arXiv:2005.01645
        rho, a_z, s2, a_s = 1.00058, 1 / 127.955, 0.23122, 0.123
        box = a_z / (4 * pi * s2) * (1 - 2 * a_s / pi)
        radius = ALPHA / (6 * pi) * (3 - 2 * log(mass**2 / M_W**2))
        neutron = -rho / 2 - a_z / (8 * pi * s2) * (7 - 5 * a_s / pi)
        return rho * (1 / 2 - 2 * sin2) - box + radius + nothing, neutron
    if scheme == "2022":  # the digits of 0.23857, at 0.23863
        proton, neutron = couplings_2022(mass, 0.23857)
        return proton - 2 * 1.00063 * (sin2 - 0.23863) + nothing, neutron
    assert scheme == "2024"
    proton, neutron = couplings_2022(mass, sin2)
    return proton - 2 * charge_radius_term(mass, q2) + 2 * charge_radius_term(mass, 0.0), neutron


def electron_couplings(scheme, lepton, sin2, q2=0.0):
    """Return (g_V, g_A) of neutrinos of one flavour on electrons, at q² = 2 m_e T."""
    own = float(lepton == "e")
    if scheme == "tree":
        return own - 1 / 2 + 2 * sin2, own - 1 / 2
    rho, a_z, s2, a_w, a_s = 1.00063, 1 / 127.952, 0.23121, 0.1227, 0.1185
    if scheme == "2020":
        rho, a_z, s2, a_w = 1.00058, 1 / 127.955, 0.23122, 0.123
    ww = -a_z / (2 * pi * s2) * (1 - a_w / (2 * pi))
    radius = charge_radius_term(MASS[lepton], q2 if scheme == "2024" else 0.0)
    zz = 0.0 if scheme == "2020" else -3 * a_z / (8 * pi * s2 * (1 - s2)) * (1 - a_s / pi)
    left, right = zz * (-1 / 2 + s2) ** 2, zz * s2**2
    at = sin2 - 0.23863 + 0.23857 if scheme == "2022" else sin2  # as for nucleons
    vector = own + rho * (-1 / 2 + 2 * at) + ww + 2 * radius + rho * (left - right)
    axial = own - rho / 2 + ww + rho * (left + right)
    return vector, axial


def axial_couplings(scheme):
    """Return ĝ_A of a proton and a neutron made of quarks at tree level, without their axial charge."""
    if scheme == "tree":
        return 1 / 2, -1 / 2
    rho, a_z, s2, a_w, a_s = 1.00063, 1 / 127.952, 0.23121, 0.1227, 0.1185
    if scheme == "2020":
        rho, a_z, s2, a_w, a_s = 1.00058, 1 / 127.955, 0.23122, 0.123, pi
    ww = -a_z / (2 * pi * s2) * (1 - a_w / (2 * pi))
    crossed = a_z / (8 * pi * s2) * (1 + a_w / pi)
    zz = -3 * a_z / (8 * pi * s2 * (1 - s2)) * (1 - a_s / pi)
    u = zz * ((1 / 2 - 2 / 3 * s2) ** 2 + (2 / 3 * s2) ** 2)
    d = zz * ((1 / 2 - 1 / 3 * s2) ** 2 + (1 / 3 * s2) ** 2)
    return rho / 2 + 2 * crossed + ww + rho * (2 * u + d), -rho / 2 + 2 * ww + crossed + rho * (2 * d + u)


# What there is beside the Standard Model


@dataclass
class World:
    """A model in plain numbers: couplings g, masses [MeV], and what is given per pair or per flavour as tables."""

    scheme: str = "2022"
    sin2: float = 0.23863
    kinematics: str = "leading"
    axial_current: bool = False
    standard: bool = True
    nsi: dict[Any, Any] = field(default_factory=dict)
    """ε by (l, l', quark), l ≤ l'; complex."""
    vector: tuple[Any, ...] | None = None
    """(g, m, charges of u, d, e, mu, tau)."""
    loop: tuple[Any, ...] | None = None
    """(g, m, a, b, sign): L_a - L_b."""
    loop_runs: bool = True
    """Whether the loop changes with the momentum transfer."""
    scalar: tuple[Any, ...] | None = None
    """(g, m, charge of a proton, of a neutron, of an electron)."""
    axial: tuple[Any, ...] | None = None
    pseudoscalar: tuple[Any, ...] | None = None
    tensor: tuple[Any, ...] | None = None
    """(g, m, charge of a proton's spin, of a neutron's spin, of an electron)."""
    coherent_tensor: bool = True
    """Whether the tensor adds up the nucleons, not their spins."""
    radii: dict[Any, Any] = field(default_factory=dict)
    """Total charge radii <r²> [1e-32 cm²] by (l, l'); those of the Standard Model where none is given."""
    millicharge: dict[Any, Any] = field(default_factory=dict)
    """Charges [1e-8 e] by (l, l')."""
    moment: dict[Any, Any] = field(default_factory=dict)
    """Magnetic moments [1e-10 μ_B] by (l, l')."""
    portal: tuple[Any, ...] | None = None
    """(moments [1e-10 μ_B] by flavour, m4 [MeV])."""
    equivalent_photons: bool = False
    """Millicharge on atoms by equivalent photons, not free electrons."""


def pair(table, flavour, other):
    """Return the entry of a Hermitian table."""
    if (flavour, other) in table:
        return table[flavour, other]
    return np.conj(table.get((other, flavour), 0.0))


def squares(table, flavour):
    """Return Σ over the flavours that leave of the squared entries."""
    return sum(abs(pair(table, flavour, other)) ** 2 for other in FLAVOURS)


def radius_shift(value):
    """Return Q̃ = (√2 π α / 3 G_F) <r²> of a charge radius [1e-32 cm²]."""
    return sqrt(2) * pi * ALPHA / (3 * G_F) * value * 1e-32 / CM**2


def standard_radius(lepton):
    """Return the charge radius of the Standard Model [1e-32 cm²]."""
    return -G_F / (2 * sqrt(2) * pi**2) * (3 - 2 * log(MASS[lepton] ** 2 / M_W**2)) * CM**2 * 1e32


def loop_function(b, a, q2):
    """Return ε_ba(q) = ∫ x(1-x) ln[(m_b² + x(1-x)q²)/(m_a² + x(1-x)q²)] dx."""
    return lepton_log(MASS[b], q2) - lepton_log(MASS[a], q2)


def photon_coupling(world, flavour, other, q2):
    """Return what charge radii, millicharges and the loop add to the coupling of a charge of one proton."""
    total = np.zeros(np.shape(q2), complex)
    if flavour == other:
        given = world.radii.get((flavour, flavour), standard_radius(flavour))
        total -= radius_shift(given) - radius_shift(standard_radius(flavour))
    else:
        total -= radius_shift(pair(world.radii, flavour, other))
    # 2√2 π α q / (G_F q²) with the four-momentum squared q² = -2MT
    total -= 2 * sqrt(2) * pi * ALPHA * 1e-8 * pair(world.millicharge, flavour, other) / (G_F * -q2)
    if world.loop is not None and flavour == other and flavour in world.loop[2:4]:
        g, m, a, b, sign = world.loop
        if flavour == b:
            a, b = b, a
        value = loop_function(b, a, q2 * world.loop_runs)
        total += sign * sqrt(2) * ALPHA * g**2 * value / (pi * G_F * (q2 + m**2))
    return total


def nuclear_vector(world, flavour, q2, protons, neutrons):
    """Return the vector amplitude on a nucleus with Z F_Z = `protons`, N F_N = `neutrons`: (flavour out, q²)."""
    rows = []
    for other in FLAVOURS:
        proton = np.zeros_like(q2, complex)
        neutron = np.zeros_like(q2, complex)
        if flavour == other and world.standard:
            g_p, g_n = nucleon_couplings(world.scheme, flavour, world.sin2, q2)
            proton, neutron = proton + g_p, neutron + g_n
        up, down = (pair({k[:2]: v for k, v in world.nsi.items() if k[2] == f}, flavour, other) for f in "ud")
        proton, neutron = proton + 2 * up + down, neutron + up + 2 * down
        if world.vector is not None and flavour == other:
            g, m, charges = world.vector
            strength = g**2 * charges[flavour] / (sqrt(2) * G_F * (q2 + m**2))
            proton = proton + strength * (2 * charges["u"] + charges["d"])
            neutron = neutron + strength * (charges["u"] + 2 * charges["d"])
        proton = proton + photon_coupling(world, flavour, other, q2)
        rows.append(proton * protons + neutron * neutrons)
    return np.array(rows)


def electron_vector(world, flavour, q2):
    """Return the vector amplitude on one free electron: (flavour out, q²)."""
    rows = []
    for other in FLAVOURS:
        value = np.zeros_like(q2, complex)
        if flavour == other:
            value = value + world.standard * electron_couplings(world.scheme, flavour, world.sin2, q2)[0]
            if world.vector is not None:
                g, m, charges = world.vector
                value = value + g**2 * charges[flavour] * charges["e"] / (sqrt(2) * G_F * (q2 + m**2))
        value = value + pair({k[:2]: v for k, v in world.nsi.items() if k[2] == "e"}, flavour, other)
        direct = world.vector is not None and world.vector[2]["e"] != 0
        photon = replace(
            world,
            millicharge={} if world.equivalent_photons else world.millicharge,
            loop=None if direct else world.loop,
        )
        rows.append(value - photon_coupling(photon, flavour, other, q2))
    return np.array(rows)


def exchange(mediator, q2, *charges):
    """Return g² Σ charge × factor / (√2 G_F (q² + m²)) of a mediator (g, m, factors…)."""
    g, m, *factors = mediator
    total = sum(charge * factor for charge, factor in zip(charges, factors, strict=True))
    return g**2 * total / (sqrt(2) * G_F * (q2 + m**2))


# Fluxes: monomials between energies, and lines


@dataclass
class Flux:
    """A flavour: lines [(E, fluence)], and pieces [(low, high, {power: coefficient})] of the density."""

    lepton: str
    anti: bool
    lines: list[Any]
    pieces: list[Any]

    def energies(self):
        return {e for e, _ in self.lines} | {e for low, high, _ in self.pieces for e in (low, high) if e > 0}

    def moments(self, start):
        """Return ∫ φ E^-n dE for n = 0, 1, 2 and ∫ φ ln E dE above the energies `start`."""
        found = np.zeros((4, *start.shape))
        for energy, fluence in self.lines:
            basis = np.array([1, 1 / energy, 1 / energy**2, log(energy)])
            found += fluence * basis[:, None] * (start <= energy)
        for low, high, terms in self.pieces:
            some = start < high
            bottom = np.maximum(start[some], low)
            top = np.full_like(bottom, high)
            for power, c in terms.items():
                for n in range(3):
                    k = power - n + 1
                    value = np.log(top / bottom) if k == 0 else (top**k - bottom**k) / k
                    found[n, some] += c * value
                k = power + 1
                found[3, some] += c * (
                    (top**k * np.log(top) - bottom**k * np.log(bottom)) / k - (top**k - bottom**k) / k**2
                )
        return found


def linear_pieces(energy, density):
    """Return the pieces of a density through points."""
    pieces = []
    for k in range(len(energy) - 1):
        low, high = energy[k], energy[k + 1]
        if high > low:
            slope = (density[k + 1] - density[k]) / (high - low)
            pieces.append((low, high, {0: density[k] - slope * low, 1: slope}))
    return pieces


def pion_flux(fluence):
    """Return the neutrinos of pions at rest, each flavour of that fluence [1/cm²]."""
    e, bar = 192 / M_MU**3, 64 / M_MU**3
    return [
        Flux("mu", False, [(E_LINE, fluence)], []),
        Flux("e", False, [], [(0.0, E_END, {2: fluence * e / 2, 3: -fluence * e / M_MU})]),
        Flux("mu", True, [], [(0.0, E_END, {2: fluence * bar * 3 / 4, 3: -fluence * bar / M_MU})]),
    ]


def reactor_flux(fissions):
    """Return the antineutrinos of Kopeikin's power reactor for so many fissions per 4πL² [1/cm²]."""
    rows = np.loadtxt(DATA / "reactor_flux/kopeikin_2012.csv", delimiter=",", skiprows=1)
    return [Flux("e", True, [], linear_pieces(rows[:, 0], fissions * rows[:, 1]))]


def solar_flux(kinds, seconds):
    """Return the neutrinos of the Sun of these kinds at the Earth."""
    from independent_solar import SOLAR, columns, survival

    tau = SOLAR["oscillation"]["sin2_theta_23"]["value"]
    found = {lepton: Flux(lepton, False, [], []) for lepton in FLAVOURS}
    for kind in kinds:
        total = seconds * SOLAR["flux_gs98"][kind]["value"]
        if kind == "be7":
            excited = SOLAR["lines"]["be7_excited_fraction"]["value"]
            energy = np.array([SOLAR["lines"][f"be7_{name}"]["value"] for name in ("excited", "ground")])
            weight = total * np.array([excited, 1 - excited])
        else:
            table = columns(f"solar/spectrum_{kind}.csv")
            energy, density = table["energy"], table["density"]
            weight = total * density / np.sum(np.diff(energy) * (density[1:] + density[:-1]) / 2)
        nu_e = survival(kind, np.maximum(energy, 1e-9))
        for lepton, share in zip(FLAVOURS, (nu_e, (1 - nu_e) * (1 - tau), (1 - nu_e) * tau), strict=True):
            if kind == "be7":
                found[lepton].lines += list(zip(energy, weight * share, strict=True))
            else:
                found[lepton].pieces += linear_pieces(energy, weight * share)
    return list(found.values())


# Targets


def natural(formula, kilograms):
    """Return (nucleus, number, proton radius, neutron radius) of every isotope of a formula {element: atoms}."""
    entries = {n: v for n, v in NUCLIDES.items() if isinstance(v, dict) and "element" in v}
    own = [(n, atoms * v["abundance"]["value"]) for e, atoms in formula.items() for n, v in entries.items()
           if v["element"] == e and v["abundance"]["value"] > 0]  # fmt: skip
    molar = sum(share * entries[n]["atomic_mass"]["value"] for n, share in own)
    units = AVOGADRO * 1e3 * kilograms / molar
    return [
        (Nucleus(n), units * share, entries[n]["proton_radius"]["value"], entries[n]["neutron_radius"]["value"])
        for n, share in own
    ]


SPINS = tomllib.loads((DATA / "nuclei/spin_responses.toml").read_text())


def spins(nucleus, q2):
    """Return √((J+1)/3J) 2 <S> F of protons and neutrons.

    F² from the sum of squares of multipoles where that is tabulated (arXiv:1203.3542), in y = q² b²/4, else the Gaussian
    of arXiv:0803.2360.
    """
    entry = NUCLIDES[nucleus.name]
    spin = entry["spin"]["value"]
    if spin == 0:
        return 0 * q2, 0 * q2
    root, found = (nucleus.protons + nucleus.neutrons) ** (1 / 3), []
    radius = 1.7 * root - 0.28 - 0.78 * (root - 3.8 + sqrt((root - 3.8) ** 2 + 0.2))
    for particle in ("proton", "neutron"):
        squared = np.exp(-q2 / HBARC**2 * radius**2 / 4)
        if nucleus.name in SPINS:
            table = SPINS[nucleus.name]
            y = q2 / HBARC**2 * table["oscillator_length"]["value"] ** 2 / 4
            terms = table[f"{particle}_squared"]["value"]
            squared = np.exp(-2 * y) * sum(c * y**k for k, c in enumerate(terms)) / terms[0]
        found.append(2 * sqrt((spin + 1) / (3 * spin)) * entry[f"{particle}_spin"]["value"] * np.sqrt(squared))
    return found


ATOMS = tomllib.loads((DATA / "atoms/electrons.toml").read_text())


def free_electrons(element, recoil):
    """Return Z_eff at recoil energies [MeV]: the steps of the table, one by one."""
    found = np.zeros_like(recoil)
    for edge, count in sorted(
        zip(ATOMS[element]["binding_energy"]["value"], ATOMS[element]["electrons"]["value"], strict=True)
    ):
        found = np.where(recoil > 1e-3 * edge, count, found)
    return found


@cache
def absorption(element):
    """Return the photo-absorption cross section [cm²] as a function of the energy [MeV], and its kinks."""
    energy, section = np.loadtxt(DATA / f"atoms/photoabsorption_{element}.csv", delimiter=",", skiprows=1).T
    x, y = np.log(1e-3 * energy), np.log(1e-24 * section)
    starts = np.array([0, *(k for k in range(1, len(x)) if x[k] == x[k - 1]), len(x)])

    def value(recoil):
        found = np.zeros_like(recoil)
        for first, last in pairwise(starts):
            inside = (np.log(recoil) >= x[first]) & (np.log(recoil) < x[last - 1])
            found = np.where(inside, np.exp(np.interp(np.log(recoil), x[first:last], y[first:last])), found)
        return found

    return value, tuple(1e-3 * energy)


# Cross sections and rates


def chiral(left, right, product, recoil, mass, m):
    """Return Σ couplings × ∫ φ kernel: (G_F² M/2π) [LL + RR (1-T/E)² - LR MT/E²] from the moments `m` of the flux."""
    rr = m[0] - 2 * recoil * m[1] + recoil**2 * m[2]
    lr = mass * recoil * m[2]
    return (G_F * CM) ** 2 * mass / (2 * pi) * (left * m[0] + right * rr - product * lr)


def vector_axial(world, vector, axial, anti, recoil, mass, m, kinematics):
    """Return ∫ φ dσ/dT dE of vector and axial amplitudes (flavour out, T)."""
    if kinematics == "spin-1/2":
        axial = -axial if anti else axial
        left, right = vector + axial, vector - axial
        product = np.real(left * np.conj(right))
        return sum(chiral(abs(left) ** 2, abs(right) ** 2, product, recoil, mass, m))
    scale, z = (G_F * CM) ** 2 * mass / pi, mass * recoil * m[2] / 2
    first = recoil * m[1] if kinematics == "spin-0" else 0.0
    return scale * (
        np.sum(abs(vector) ** 2, axis=0) * (m[0] - first - z) + np.sum(abs(axial) ** 2, axis=0) * (m[0] - first + z)
    )


def others(amplitudes, moment2, anti, recoil, mass, m, kinematics):
    """Return ∫ φ dσ/dT dE of what changes the helicity: amplitudes by name, and the squared moment × charge².

    Scalar and tensor, and pseudoscalar and tensor, interfere (arXiv:1612.04150, the term with R); a tensor that adds up
    the nucleons ("coherent") does not.
    """
    scale = (G_F * CM) ** 2 * mass / pi
    half, exact = kinematics == "spin-1/2", kinematics != "leading"
    z, y, y2 = mass * recoil * m[2] / 2, recoil * m[1], recoil**2 * m[2]
    scalar, pseudoscalar, tensor, coherent = (
        amplitudes.get(name, 0.0) for name in ("scalar", "pseudoscalar", "tensor", "coherent")
    )
    total = scale * scalar**2 * z * (1 + half * recoil / (2 * mass))
    total = total + scale * pseudoscalar**2 * y2 / 4
    total = total + scale * (tensor**2 + coherent**2) * 8 * (m[0] - exact * y - z / 2 + half * y2 / 4)
    sign = -1 if anti else 1
    total = total + sign * 2 * scale * tensor * (pseudoscalar * (y - exact * y2 / 2) - half * scalar * (y - y2 / 2))
    moment = m[0] / recoil - m[1] + (kinematics == "spin-0") * recoil * m[2] / 4
    return total + pi * (ALPHA * CM / M_E) ** 2 * moment2 * moment


def threshold(recoil, mass, m4=0.0):
    return (recoil + np.sqrt(recoil**2 + 2 * mass * recoil)) / 2 * (1 + m4**2 / (2 * mass * recoil))


def portal_rate(moment2, m4, recoil, mass, m, kinematics):
    """Return ∫ φ dσ/dT dE of ν → N4 by a dipole, for the squared moment × charge², moments above its own threshold."""
    if kinematics == "spin-1/2":  # arXiv:1803.03262
        bracket = m[0] / recoil - m[1] - m4**2 / (2 * recoil * mass) * (m[1] + (mass - recoil) / 2 * m[2])
        bracket = bracket + m4**4 * (recoil - mass) / (8 * recoil**2 * mass**2) * m[2]
    else:
        bracket = m[0] / recoil - m[1] - m4**2 / (2 * recoil * mass) * (m[1] + mass / 2 * m[2])
        bracket = bracket - m4**4 / (8 * recoil**2 * mass) * m[2]
    if kinematics == "spin-0":
        bracket = bracket + (recoil / 4 + m4**2 / (8 * mass)) * m[2]
    return pi * (ALPHA * CM / M_E) ** 2 * moment2 * bracket


def kinks(fluxes, mass, m4=0.0):
    """Return the recoil energies at which neutrinos of the energies of the flux's kinks stop contributing."""
    energies = sorted(set().union(*(flux.energies() for flux in fluxes)))
    if m4 == 0:
        return [2 * e**2 / (mass + 2 * e) for e in energies]
    found = []
    lowest = np.exp(np.linspace(log(1e-12), log(10.0), 20001))
    values = threshold(lowest, mass, m4)
    for energy in energies:
        for k in np.nonzero(np.diff(np.sign(values - energy)))[0]:
            low, high = lowest[k], lowest[k + 1]
            sign = np.sign(values[k] - energy)
            for _ in range(80):
                middle = (low + high) / 2
                low, high = (middle, high) if np.sign(threshold(middle, mass, m4) - energy) == sign else (low, middle)
            found.append((low + high) / 2)
    return found


def nodes(edges, breaks, order):
    """Return nodes, weights and the bin of each node, between the `breaks` within bins; logarithmic."""
    recoil, weight, bins = [], [], []
    for b, (low, high) in enumerate(pairwise(edges)):
        ends = sorted({low, high, *(x for x in breaks if low < x < high)})
        for first, last in pairwise(ends):
            x, w = gauss(log(first), log(last), order)
            recoil.append(np.exp(x))
            weight.append(w * np.exp(x))
            bins.append(np.full(order, b))
    return np.concatenate(recoil), np.concatenate(weight), np.concatenate(bins)


class Setup:
    """A source and a target with bins of true recoil energy, and what of the rate no coupling touches."""

    def __init__(self, fluxes, target, edges, order=12, form_factor="helm", efficiency=None):
        self.fluxes, self.target, self.edges, self.order = fluxes, target, np.asarray(edges), order
        self.form_factor = form_factor
        self.efficiency = efficiency or np.ones_like
        self._kept = {}

    def _prepared(self, key, mass, m4=0.0, more=()):
        """Return nodes, weights, bins and the moments of each flavour for a target of that mass."""
        key = (key, m4, len(more))
        if key not in self._kept:
            recoil, weight, bins = nodes(self.edges, [*kinks(self.fluxes, mass, m4), *more], self.order)
            start = threshold(recoil, mass, m4)
            self._kept[key] = recoil, weight, bins, [flux.moments(start) for flux in self.fluxes]
        return self._kept[key]

    def _binned(self, bins, values):
        return np.bincount(bins, values, minlength=len(self.edges) - 1)

    def amplitudes(self, nucleus, radii, q2):
        """Return Z F_Z and N F_N."""
        q = np.sqrt(q2)
        return [
            number * form_factor(self.form_factor, q, radius)
            for number, radius in zip((nucleus.protons, nucleus.neutrons), radii, strict=True)
        ]

    def nuclear(self, world):
        """Return the recoils of nuclei in each bin, (flavour, bin)."""
        counts = np.zeros((len(self.fluxes), len(self.edges) - 1))
        for nucleus, number, *radii in self.target:
            mass = nucleus.mass
            recoil, weight, bins, moments = self._prepared(nucleus.name, mass)
            q2 = 2 * mass * recoil
            protons, neutrons = self.amplitudes(nucleus, radii, q2)
            spin = spins(nucleus, q2)
            for k, (flux, m) in enumerate(zip(self.fluxes, moments, strict=True)):
                flavour = flux.lepton
                vector = nuclear_vector(world, flavour, q2, protons, neutrons)
                axial = np.zeros((3, len(q2)))
                if world.axial_current:
                    proton, neutron = (AXIAL_CHARGE * coupling for coupling in axial_couplings(world.scheme))
                    axial[FLAVOURS.index(flavour)] += proton * spin[0] + neutron * spin[1]
                if world.axial is not None:
                    axial[FLAVOURS.index(flavour)] += exchange(world.axial, q2, *spin, 0.0)
                found = {}
                if world.scalar is not None:
                    found["scalar"] = exchange(world.scalar, q2, protons, neutrons, 0.0)
                if world.pseudoscalar is not None:  # of nucleons: σ·q/2m_N, not σ·q/2M
                    found["pseudoscalar"] = mass / M_N * exchange(world.pseudoscalar, q2, *spin, 0.0)
                if world.tensor is not None:
                    charges = (protons, neutrons) if world.coherent_tensor else spin
                    found["coherent" if world.coherent_tensor else "tensor"] = exchange(world.tensor, q2, *charges, 0.0)
                moment2 = squares(world.moment, flavour) * (1e-10 * protons) ** 2
                total = vector_axial(world, vector, axial, flux.anti, recoil, mass, m, world.kinematics)
                total = total + others(found, moment2, flux.anti, recoil, mass, m, world.kinematics)
                counts[k] += number * self._binned(bins, weight * self.efficiency(recoil) * total)
            if world.portal is not None:
                mu, m4 = world.portal
                recoil, weight, bins, moments = self._prepared(nucleus.name, mass, m4)
                protons, _ = self.amplitudes(nucleus, radii, 2 * mass * recoil)
                for k, (flux, m) in enumerate(zip(self.fluxes, moments, strict=True)):
                    moment2 = (1e-10 * mu.get(flux.lepton, 0.0) * protons) ** 2
                    total = portal_rate(moment2, m4, recoil, mass, m, world.kinematics)
                    counts[k] += number * self._binned(bins, weight * self.efficiency(recoil) * total)
        return counts

    def electrons(self, world):
        """Return the recoils of electrons in each bin, (flavour, bin)."""
        counts = np.zeros((len(self.fluxes), len(self.edges) - 1))
        atoms = {}
        for nucleus, number, *_ in self.target:
            atoms[nucleus.element] = atoms.get(nucleus.element, 0.0) + number
        for element, number in atoms.items():
            photons, points = absorption(element)
            steps = [*(1e-3 * edge for edge in ATOMS[element]["binding_energy"]["value"])]
            if world.equivalent_photons:
                steps += points
            recoil, weight, bins, moments = self._prepared(element, M_E, 0.0, steps)
            q2 = 2 * M_E * recoil
            available = free_electrons(element, recoil)
            for k, (flux, m) in enumerate(zip(self.fluxes, moments, strict=True)):
                flavour = flux.lepton
                vector = electron_vector(world, flavour, q2)
                axial = np.zeros((3, len(q2)))
                axial[FLAVOURS.index(flavour)] = (
                    world.standard * electron_couplings(world.scheme, flavour, world.sin2, q2)[1]
                )
                if world.axial is not None:
                    axial[FLAVOURS.index(flavour)] += exchange(world.axial, q2, 0.0, 0.0, 1.0)
                mediators = {"scalar": world.scalar, "pseudoscalar": world.pseudoscalar, "tensor": world.tensor}
                found = {name: exchange(one, q2, 0.0, 0.0, 1.0) for name, one in mediators.items() if one is not None}
                moment2 = 1e-20 * squares(world.moment, flavour)
                total = vector_axial(world, vector, axial, flux.anti, recoil, M_E, m, "spin-1/2")
                total = total + others(found, moment2, flux.anti, recoil, M_E, m, "spin-1/2")
                total = available * total
                if world.equivalent_photons:
                    charge2 = 1e-16 * squares(world.millicharge, flavour)
                    logs = m[3] - log(1e-6) * m[0]
                    total = total + 2 * ALPHA / pi * photons(recoil) / recoil * logs * charge2
                counts[k] += number * self._binned(bins, weight * self.efficiency(recoil) * total)
            if world.portal is not None:
                mu, m4 = world.portal
                recoil, weight, bins, moments = self._prepared(element, M_E, m4, steps)
                for k, (flux, m) in enumerate(zip(self.fluxes, moments, strict=True)):
                    moment2 = free_electrons(element, recoil) * (1e-10 * mu.get(flux.lepton, 0.0)) ** 2
                    total = portal_rate(moment2, m4, recoil, M_E, m, "spin-1/2")
                    counts[k] += number * self._binned(bins, weight * self.efficiency(recoil) * total)
        return counts


# A fourth neutrino


@dataclass
class Oscillated:
    """What arrives of a flux as one flavour: the flux times a probability that depends on the energy."""

    flux: Flux
    lepton: str
    probability: Callable[[np.ndarray], np.ndarray]

    @property
    def anti(self):
        return self.flux.anti

    def energies(self):
        return self.flux.energies()

    def moments(self, start):
        """Return the moments of `Flux.moments`, numerically in ln E, in steps that the oscillation is smooth in."""
        found = np.zeros((4, *start.shape))
        for energy, fluence in self.flux.lines:
            basis = np.array([1, 1 / energy, 1 / energy**2, log(energy)])
            found += fluence * self.probability(np.array(energy)) * basis[:, None] * (start <= energy)
        for low, high, terms in self.flux.pieces:
            some = start < high
            bottom = np.maximum(start[some], max(low, 1e-9))[:, None]
            x, w = gauss(0.0, 1.0, 160 if low == 0 else 24)
            energy = bottom * (high / bottom) ** x
            weight = w * energy * np.log(high / bottom) * self.probability(energy)
            weight = weight * sum(c * energy**power for power, c in terms.items())
            for n, basis in enumerate((np.ones_like(energy), 1 / energy, 1 / energy**2, np.log(energy))):
                found[n, some] += (weight * basis).sum(axis=1)
        return found


def sterile(u2, before, after, delta_m2, distance, spread):
    """Return P(E) = δ - 4 (δ U_a² - U_a² U_b²) <sin²(1.267 Δm² L/E)>, averaged over a Gaussian of distances.

    <cos x> = cos(<x>) exp(-σ²/2), the characteristic function of the Gaussian.
    """
    a, b = u2[before], u2[after]
    amplitude = 4 * ((before == after) * a - a * b)

    def probability(energy):
        twice = 2 * 1e-12 * delta_m2 / (4 * np.asarray(energy)) / (HBARC * 1e-15)
        average = (1 - np.cos(twice * distance) * np.exp(-((twice * spread) ** 2) / 2)) / 2
        return float(before == after) - amplitude * average

    return probability


def sterile_solar(u2):
    """Return P (flavour without mixing, flavour with): c₁₄² |W_ab|² + s₁₄² |U_a4|² with W = R₃₄ R₂₄ R₁₄."""
    e, mu, tau = (u2[flavour] for flavour in FLAVOURS)
    s14, s24 = sqrt(e), sqrt(mu / (1 - e))
    s34 = sqrt(tau / ((1 - e) * (1 - s24**2)))

    def rotation(k, s):
        matrix = np.eye(4)
        matrix[k, k] = matrix[3, 3] = sqrt(1 - s**2)
        matrix[k, 3], matrix[3, k] = s, -s
        return matrix

    w = rotation(2, s34) @ rotation(1, s24) @ rotation(0, s14)
    assert np.allclose(w[:3, 3] ** 2, (e, mu, tau))
    return ((1 - e) * w[:3, :3] ** 2 + e * (w[:3, 3] ** 2)[:, None]).T
