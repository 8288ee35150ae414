"""COHERENT Ge-Mini computed a second time, from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. The integral over the neutrino energy is a closed form and that over the recoil energy
Gauss-Legendre between the edges of the bins and beside them, with its error checked; each isotope has its own mass,
abundance and radii.
Formulas: arXiv:2406.13806; Lindhard et al., Mat. Fys. Medd. Dan. Vid. Selsk. 33, 10 (1963).
"""

import csv
import tomllib
from functools import reduce
from itertools import pairwise
from math import log, pi, sqrt
from operator import getitem

import numpy as np
from independent_rates import (
    AMU,
    DATA,
    E_END,
    E_LINE,
    FLAVOURS,
    LEPTON_MASS,
    M_E,
    NUCLIDES,
    couplings_2022,
    flux_moments,
    form_factor,
)
from scipy.optimize import brentq
from scipy.special import erf

FOLDER = DATA / "coherent_ge_mini_2024"
TOML = tomllib.loads((FOLDER / "experiment.toml").read_text())
EDGES = np.array(TOML["binning"]["energy"]["value"], float)
FWHM = 2 * sqrt(2 * log(2))


class Isotope:
    """An isotope of germanium; radii relative to those of the most abundant one."""

    def __init__(self, name):
        entry = {key: item["value"] for key, item in NUCLIDES[name].items() if isinstance(item, dict)}
        self.name, self.neutrons, self.abundance = name, entry["mass_number"] - 32, entry["abundance"]
        self.atomic_mass = entry["atomic_mass"]
        binding = 1e-6 * (14.4381 * 32**2.39 + 1.55468e-6 * 32**5.35)
        self.mass = self.atomic_mass * AMU - 32 * M_E + binding
        self.radius_p, self.radius_n = entry["proton_radius"], entry["neutron_radius"]


ISOTOPES = tuple(Isotope(f"{a}Ge") for a in (70, 72, 73, 74, 76))
REFERENCE = max(ISOTOPES, key=lambda isotope: isotope.abundance)


def value(key):
    """Return the value of the number at a dotted key of the document."""
    return reduce(getitem, key.split("."), TOML)["value"]


def grid(name):
    """Return a grid of counts, (energy bin, time bin)."""
    rows = list(csv.reader((FOLDER / f"{name}.csv").read_text().splitlines()))[1:]
    return np.array(rows, float)[:, 2:]


def arrivals():
    """Return the share of prompt and delayed neutrinos in the 10 bins of 4 µs from -4 µs, normalised to 1."""
    rows = list(csv.reader((FOLDER / "arrival_times.csv").read_text().splitlines()))[1:]
    fine = np.array(rows, float)[:, 2:].T  # 9 bins of 2 µs from 0
    padded = np.pad(fine, ((0, 0), (2, 9)))
    return padded.reshape(2, 10, 2).sum(axis=2) / fine.sum(axis=1)[:, None]


def exposure_per_mass():
    """Return neutrinos of each flavour per cm² times kg of germanium."""
    return (
        value("source.neutrinos_per_flavour_and_proton")
        * value("source.protons_times_mass")
        / (4e4 * pi * value("source.distance") ** 2)
    )


def ionisation(recoil, k):
    """Return the ionisation energy [keV] of a germanium recoil [MeV]."""
    reduced = 11.5 * 32 ** (-7 / 3) * recoil * 1e3
    g = 3 * reduced**0.15 + 0.7 * reduced**0.6 + reduced
    return 1e3 * recoil * k * g / (1 + k * g)


def probability(recoil, params, edges):
    """Return the probability of each energy bin, with the variance linear in the energy."""
    noise, line = value("detector.resolution.noise") / FWHM, value("detector.resolution.line") / FWHM
    energy = ionisation(recoil, params["lindhard_k_ge"])
    width = params["resolution_norm"] * sqrt(
        noise**2 + (line**2 - noise**2) / value("detector.resolution.line_energy") * energy
    )
    return np.diff(erf((edges - energy) / (sqrt(2) * width))) / 2


def integrate(function, isotope, k, edges):
    """Return ∫ function(T) dT up to the largest recoil, in pieces: the response is steep where the edges lie."""
    line, end = (2 * e**2 / (isotope.mass + 2 * e) for e in (E_LINE, E_END))
    steep = [edge + width for edge in edges for width in (-0.6, 0, 0.6) if 0.1 < edge + width < ionisation(end, k)]
    recoils = [brentq(lambda t, e=energy: ionisation(t, k) - e, 0, end, xtol=1e-15) for energy in steep]
    breaks = sorted([0.0, line, end, *recoils])
    total, rough = np.zeros(()), np.zeros(())
    for low, high in pairwise(breaks):
        for order in (20, 30):
            node, weight = np.polynomial.legendre.leggauss(order)
            root = (sqrt(high) + sqrt(low)) / 2 + (sqrt(high) - sqrt(low)) / 2 * node
            weights = (sqrt(high) - sqrt(low)) * weight * root
            piece = sum(w * function(r**2) for r, w in zip(root, weights, strict=True))
            if order == 20:
                rough = rough + piece
            else:
                total = total + piece
    assert np.abs(total - rough).max() < 1e-10 * total.max()
    return total


def signal(params, edges=EDGES):
    """Return the signal, an array (flavour, energy bin), at all times."""
    molar = sum(i.abundance * i.atomic_mass for i in ISOTOPES)

    def spectrum(isotope):
        radius_p = params["r_p_ge"] + isotope.radius_p - REFERENCE.radius_p
        radius_n = params["r_n_ge"] + isotope.radius_n - REFERENCE.radius_n

        def function(recoil):
            q = np.sqrt(2 * isotope.mass * recoil)
            proton = 32 * form_factor("helm", q, radius_p)
            neutron = isotope.neutrons * form_factor("helm", q, radius_n)
            amplitudes = []
            for flavour in FLAVOURS:
                g_p, g_n = couplings_2022(LEPTON_MASS[flavour])
                g_p = g_p - 2 * 1.00063 * (params["sin2_theta_w"] - 0.23863)
                amplitudes.append((g_p * proton + g_n * neutron) ** 2)
            rate = np.array(amplitudes) * flux_moments(recoil, isotope.mass)
            return rate[:, None] * probability(recoil, params, edges)

        return function

    k = params["lindhard_k_ge"]
    counts = sum(
        6.02214076e23 * 1e3 * isotope.abundance / molar * integrate(spectrum(isotope), isotope, k, edges)
        for isotope in ISOTOPES
    )
    return params["cevns_norm"] * exposure_per_mass() * counts
