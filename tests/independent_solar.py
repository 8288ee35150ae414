"""Solar neutrinos on xenon computed a second time: from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- the integral over the neutrino energy is a closed form of each linear piece of the spectrum, not a quadrature;
- the integral over the recoil energy is Simpson's rule on 128 parts between the energies of the templates;
- the survival probability is written with the mixing angle in matter; form factors use scipy's Bessel function;
- templates are interpolated by scipy's CubicSpline, in another order.
"""

import csv
import tomllib
from functools import cache
from itertools import pairwise
from math import atan2, cos, pi, sin, sqrt

import numpy as np
from independent_rates import AMU, DATA, G_F, HBARC, LEPTON_MASS, M_E, NUCLIDES, couplings_2022, form_factor
from scipy.interpolate import CubicSpline

SOLAR = tomllib.loads((DATA / "solar/solar.toml").read_text())
XENON = tomllib.loads((DATA / "xenonnt_8b/experiment.toml").read_text())
AVOGADRO, YEAR = 6.02214076e23, 365.25 * 86400
FLAVOURS = ("nu_e", "nu_mu", "nu_tau")
KINDS = ("pp", "pep", "hep", "be7", "b8", "n13", "o15", "f17")


def columns(path):
    with (DATA / path).open() as file:
        header, *rows = csv.reader(file)
    return dict(zip((name.partition(" [")[0] for name in header), np.array(rows, float).T, strict=True))


def survival(kind, energies, model="gs98"):
    """Return P_ee = cos⁴θ₁₃ (cos²θᵐ cos²θ₁₂ + sin²θᵐ sin²θ₁₂) + sin⁴θ₁₃, averaged over the places of production."""
    mixing = {key: entry["value"] for key, entry in SOLAR["oscillation"].items()}
    theta, cos2 = atan2(sqrt(mixing["sin2_theta_12"]), sqrt(1 - mixing["sin2_theta_12"])), 1 - mixing["sin2_theta_13"]
    table = columns(f"solar/production_{model}.csv")
    found = []
    for energy in energies:
        average = 0.0
        for moles, weight in zip(table["electron_density"], table[kind], strict=True):
            potential = sqrt(2) * G_F * moles * AVOGADRO * (HBARC * 1e-13) ** 3  # MeV
            vacuum = mixing["delta_m2_21"] * 1e-12 / (2 * energy)
            angle = atan2(vacuum * sin(2 * theta), vacuum * cos(2 * theta) - potential * cos2) / 2
            average += weight * (cos(angle) ** 2 * cos(theta) ** 2 + sin(angle) ** 2 * sin(theta) ** 2)
        found.append(cos2**2 * average / table[kind].sum() + mixing["sin2_theta_13"] ** 2)
    return np.array(found)


@cache
def b8_spectra():
    """Return the energies [MeV] and the flux of each flavour at them [1/cm²/s/MeV] in the model GS98."""
    table = columns("solar/spectrum_b8.csv")
    energy, density = table["energy"], table["density"]
    flux = SOLAR["flux_gs98"]["b8"]["value"] * density / np.sum(np.diff(energy) * (density[1:] + density[:-1]) / 2)
    nu_e = survival("b8", np.maximum(energy, 1e-6))
    tau = SOLAR["oscillation"]["sin2_theta_23"]["value"]
    return energy, flux * np.array([nu_e, (1 - nu_e) * (1 - tau), (1 - nu_e) * tau])


def folded_flux(recoil, mass):
    """Return ∫ φ(E) dσ/dT dE / amplitude² [1/s/MeV] of each flavour: ∫ (a + bE) (1 - MT/2E²) dE piece by piece."""
    energy, flux = b8_spectra()
    start = (recoil + np.sqrt(recoil**2 + 2 * mass * recoil)) / 2
    slope = np.diff(flux) / np.diff(energy)
    constant = flux[:, :-1] - slope * energy[:-1]
    half = mass * recoil[:, None] / 2

    def primitive(e):
        return constant[:, None] * (e + half / e) + slope[:, None] * (e**2 / 2 - half * np.log(e))

    low, high = np.maximum(energy[:-1], start[:, None]), np.maximum(energy[1:], start[:, None])
    found = np.where(high > low, primitive(high) - primitive(low), 0.0).sum(axis=-1)
    return G_F**2 * (HBARC * 1e-13) ** 2 * mass / pi * found


@cache
def isotopes():
    """Return name, neutrons, nuclear mass [MeV], radii [fm] and nuclei per tonne of each isotope of xenon."""
    entries = {name: n for name, n in NUCLIDES.items() if isinstance(n, dict) and n.get("element") == "xe"}
    value = {name: {k: v["value"] for k, v in n.items() if isinstance(v, dict)} for name, n in entries.items()}
    molar = sum(v["abundance"] * v["atomic_mass"] for v in value.values())
    electrons = 1e-6 * (14.4381 * 54**2.39 + 1.55468e-6 * 54**5.35)  # binding, Rev. Mod. Phys. 75, 1021, Eq. A4
    return [
        (
            v["mass_number"] - 54,
            v["atomic_mass"] * AMU - 54 * M_E + electrons,
            v["proton_radius"],
            v["neutron_radius"],
            1e6 / molar * AVOGADRO * v["abundance"],
        )
        for v in value.values()
    ]


REFERENCE = NUCLIDES["132Xe"]["neutron_radius"]["value"]
"""Neutron radius of the most abundant isotope, which the parameter r_n_xe is; the others keep their distance."""


def rate(recoil, sin2_theta_w=0.23863, r_n_xe=REFERENCE):
    """Return the events per t·y and MeV at recoil energies [MeV] with Helm form factors."""
    total = np.zeros_like(recoil)
    for neutrons, mass, proton_radius, neutron_radius, number in isotopes():
        q = np.sqrt(2 * mass * recoil)
        proton = 54 * form_factor("helm", q, proton_radius)
        neutron = neutrons * form_factor("helm", q, neutron_radius + r_n_xe - REFERENCE)
        flux = folded_flux(recoil, mass)
        for flavour, name in enumerate(FLAVOURS):
            g_p, g_n = couplings_2022(LEPTON_MASS[name])
            g_p = g_p - 2 * 1.00063 * (sin2_theta_w - 0.23863)
            total += number * flux[flavour] * (g_p * proton + g_n * neutron) ** 2
    return YEAR * total


def recoils_by_template(energies, parts=128, **parameters):
    """Return the recoils per t·y that each template at `energies` [keV] stands for, linear between them."""
    edges, share = 1e-3 * np.asarray(energies, float), np.linspace(0, 1, parts + 1)
    simpson = np.array([1, *[4, 2] * (parts // 2 - 1), 4, 1]) / (3 * parts)
    found = np.zeros(len(edges))
    for k, (low, high) in enumerate(pairwise(edges)):
        weight = (high - low) * simpson * rate(np.maximum(low + (high - low) * share, 1e-12), **parameters)
        found[k : k + 2] += [weight @ (1 - share), weight @ share]
    return found


def spline(templates, light, charge):
    """Return `templates` (light, charge, …) at the values of the two yield nuisances."""
    anchors = np.array(XENON["detector"]["light_yield"]["value"], float)
    in_charge = np.array([CubicSpline(anchors, row)(charge) for row in templates])
    return CubicSpline(anchors, in_charge)(light)


def xenonnt(light=0.0, charge=0.0, **parameters):
    """Return the expected events (run, S2, S2pre, S1, S2 score) of each component, with strengths of 1."""
    with np.load(DATA / "xenonnt_8b/templates.npz") as stored:
        templates = {name: np.asarray(stored[name], float) for name in stored.files}
    exposure = XENON["detector"]["exposures"]["value"]
    recoils = recoils_by_template(XENON["detector"]["recoil"]["value"], **parameters)
    counts = {"cevns": [], "ac": [], "er": [], "neutron": []}
    for run, years in enumerate(exposure):
        at_yields = np.array([spline(one, light, charge) for one in templates["signal"][run]])
        counts["cevns"].append(years * np.tensordot(recoils, at_yields, 1))
        counts["ac"].append(years * templates["accidental"][run])
        counts["er"].append(years * templates["electron_recoil"][run])
        counts["neutron"].append(years * spline(templates["neutron"][run], light, charge))
    return {name: np.array(found) for name, found in counts.items()}
