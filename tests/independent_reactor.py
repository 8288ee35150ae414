"""Germanium at reactors computed a second time, from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- tabulated spectra are integrated over the neutrino energy in closed form, polynomials with scipy.integrate.quad;
- the recoil energy is integrated between all points of spectrum and quenching, in small pieces, with the response of
  each bin at each node: no polynomial of the ionisation energy is interpolated;
- each isotope has its own mass, abundance and radii.
Formulas: arXiv:2202.10829, arXiv:2202.09672; Lindhard et al., Mat. Fys. Medd. Dan. Vid. Selsk. 33, 10 (1963).
"""

import csv
import tomllib
from functools import cache
from itertools import pairwise
from math import log, pi

import numpy as np
from independent_rates import AMU, DATA, G_F, HBARC, M_E, NUCLIDES, couplings_2022, form_factor
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import erf

AVOGADRO, JOULE, DAY = 6.02214076e23, 6.241509074460763e12, 86400.0
ISOTOPES = ("u235", "u238", "pu239", "pu241")
FLUX = tomllib.loads((DATA / "reactor_flux/spectra.toml").read_text())


def toml(folder):
    return tomllib.loads((DATA / folder / "experiment.toml").read_text())


def table(path):
    """Return the columns of a table by name."""
    header, *rows = csv.reader((DATA / path).read_text().splitlines())
    names = [column.split(" ")[0] for column in header]
    return dict(zip(names, np.array(rows, float).T, strict=True))


def trapezoid(x, y):
    return float(np.sum(np.diff(x) * (y[1:] + y[:-1])) / 2)


class Isotope:
    """An isotope of germanium."""

    def __init__(self, name):
        entry = {key: item["value"] for key, item in NUCLIDES[name].items() if isinstance(item, dict)}
        self.neutrons, self.abundance, self.atomic_mass = (
            entry["mass_number"] - 32,
            entry["abundance"],
            entry["atomic_mass"],
        )
        binding = 1e-6 * (14.4381 * 32**2.39 + 1.55468e-6 * 32**5.35)  # Rev. Mod. Phys. 75, 1021, Eq. A4
        self.mass = self.atomic_mass * AMU - 32 * M_E + binding
        self.radius_p, self.radius_n = entry["proton_radius"], entry["neutron_radius"]


GERMANIUM = tuple(Isotope(f"{a}Ge") for a in (70, 72, 73, 74, 76))
REFERENCE = max(GERMANIUM, key=lambda isotope: isotope.abundance)


def nuclei(isotope, mass):
    """Return the number of nuclei of an isotope in `mass` [kg] of natural germanium."""
    molar = sum(other.abundance * other.atomic_mass for other in GERMANIUM)
    return AVOGADRO * 1e3 * mass * isotope.abundance / molar


def polynomial(energy, isotope):
    """Return the spectrum of Huber, of Mueller for 238U."""
    name = "mueller_u238" if isotope == "u238" else f"huber_{isotope}"
    terms = FLUX["polynomials"][name]["value"]
    return np.exp(sum(a * energy**k for k, a in enumerate(terms)))


class Points:
    """A spectrum through points, linear between them."""

    def __init__(self, energy, density):
        self.energy, self.density = np.asarray(energy), np.asarray(density)

    def knots(self):
        return self.energy

    def moment(self, recoil, mass):
        """Return ∫ φ (1 - MT/2E²) dE above E_min(T), piece by piece in closed form."""
        energy_min = (recoil + np.sqrt(recoil**2 + 2 * mass * recoil)) / 2
        c, total = mass * recoil / 2, np.zeros_like(recoil)
        for (low, first), (high, last) in pairwise(zip(self.energy, self.density, strict=True)):
            if high == low:
                continue
            slope = (last - first) / (high - low)
            offset = first - slope * low
            start = np.clip(energy_min, max(low, 1e-12), high)

            def primitive(e, offset=offset, slope=slope):
                return offset * e + slope * e**2 / 2 + c * (offset / e - slope * np.log(e))

            total += np.where(start < high, primitive(np.full_like(recoil, high)) - primitive(start), 0.0)
        return total


class Smooth:
    """A spectrum given by a function between 2 and 8 MeV."""

    def __init__(self, density):
        self.density = density

    def knots(self):
        return np.arange(2.0, 8.5)

    def moment(self, recoil, mass):
        """Return ∫ φ (1 - MT/2E²) dE above E_min(T), adaptively."""
        found = []
        for t in recoil:
            start = (t + np.sqrt(t**2 + 2 * mass * t)) / 2
            edges = [max(start, 2.0), *(e for e in np.arange(3.0, 8.5) if e > max(start, 2.0))]
            found.append(
                sum(
                    quad(
                        lambda e, t=t: self.density(e) * (1 - mass * t / (2 * e**2)), low, high, epsabs=0, epsrel=1e-12
                    )[0]
                    for low, high in pairwise(edges)
                )
            )
        return np.array(found)


def dresden_flux():
    """Return the spectrum [1/MeV] at the detector in a day: each isotope normalised by itself."""
    data = toml("dresden_ii_2022")["source"]
    low, high = table("reactor_flux/vogel_engel_1989.csv"), table("reactor_flux/mueller_2011.csv")
    below = low["energy"] < 1.9
    energy = np.concatenate([low["energy"][below], high["energy"]])
    total = np.zeros_like(energy)
    for isotope, fraction in zip(ISOTOPES, data["fission_fractions"]["value"], strict=True):
        density = np.concatenate([low[isotope][below], high[isotope]])
        total += fraction * density / trapezoid(energy, density)
    return [Points(energy, data["flux"]["value"] * DAY * total)]


def fissions(reactor):
    """Return the fissions of each isotope per 4πL² in a day [1/cm²]."""
    fractions = dict(zip(ISOTOPES, reactor["fission_fractions"]["value"], strict=True))
    energies = dict(zip(ISOTOPES, FLUX["energy_per_fission"]["ma_2013"]["value"], strict=True))
    mean = sum(fractions[i] * energies[i] for i in ISOTOPES)
    area = 4 * pi * (100 * reactor["distance"]["value"]) ** 2
    return {i: reactor["thermal_power"]["value"] * 1e9 * JOULE * DAY / mean / area * fractions[i] for i in ISOTOPES}


def bestiole_flux(reactor, scale=1.0):
    """Return the summation spectrum at the detector in a day, 25 keV bins joined at their centres."""
    columns, number = table("reactor_flux/bestiole_2023.csv"), fissions(reactor)
    density = scale * sum(number[i] * columns[i] for i in ISOTOPES)
    energy = columns["energy"]
    return [Points([0.0, *energy, energy[-1] + 0.0125], [0.0, *density, 0.0])]


def hmve_flux(reactor):
    """Return the polynomials above 2 MeV and the table of Vogel and Engel below, at the detector in a day."""
    number, low = fissions(reactor), table("reactor_flux/vogel_engel_1989.csv")
    below = Points(low["energy"], sum(number[i] * low[i] for i in ISOTOPES))
    return [below, Smooth(lambda e: sum(number[i] * polynomial(e, i) for i in ISOTOPES))]


def recoils(flux, isotope, mass, recoil, params):
    """Return the recoils per MeV in `mass` [kg] of germanium."""
    q = np.sqrt(2 * isotope.mass * recoil)
    proton = 32 * form_factor("helm", q, params["r_p_ge"] + isotope.radius_p - REFERENCE.radius_p)
    neutron = isotope.neutrons * form_factor("helm", q, params["r_n_ge"] + isotope.radius_n - REFERENCE.radius_n)
    g_p, g_n = couplings_2022(M_E)
    g_p = g_p - 2 * 1.00063 * (params["sin2_theta_w"] - 0.23863)
    section = G_F**2 * (HBARC * 1e-13) ** 2 * isotope.mass / pi * (g_p * proton + g_n * neutron) ** 2
    return nuclei(isotope, mass) * section * sum(part.moment(recoil, isotope.mass) for part in flux)


def lindhard(recoil, k):
    """Return the ionisation energy [keV] of recoils [MeV]."""
    reduced = 11.5 * 32 ** (-7 / 3) * 1e3 * recoil
    g = 3 * reduced**0.15 + 0.7 * reduced**0.6 + reduced
    return 1e3 * recoil * k * g / (1 + k * g)


@cache
def quenching_table(model):
    columns = table(f"dresden_ii_2022/quenching_{model}.csv")
    return columns["recoil_energy"], columns["factor"]


def dresden_quenching(recoil, model, params):
    """Return the ionisation energy [keV] of recoils [MeV]."""
    if model == "lindhard":
        return lindhard(recoil, params["lindhard_k_ge"])
    return params["quenching_norm"] * 1e3 * recoil * np.interp(1e3 * recoil, *quenching_table(model))


def nodes(breaks, order=16, widest=2e-5):
    """Return Gauss-Legendre nodes and weights in √T between `breaks` [MeV], in pieces no wider than `widest`."""
    edges = [0.0]
    for low, high in pairwise(np.unique(np.concatenate([[0.0], breaks]))):
        edges += list(np.linspace(low, high, 1 + max(1, int(np.ceil((high - low) / widest))))[1:])
    root = np.sqrt(edges)
    x, w = np.polynomial.legendre.leggauss(order)
    half = np.diff(root)[:, None] / 2
    r = (root[1:] + root[:-1])[:, None] / 2 + half * x
    return (r**2).ravel(), (2 * r * half * w).ravel()


def kinks(flux, isotope, points):
    """Return the recoil energies [MeV] between which the integrand is smooth."""
    energies = np.unique(np.concatenate([part.knots() for part in flux]))
    ends = 2 * energies**2 / (isotope.mass + 2 * energies)
    found = np.concatenate([ends, points])
    return found[found <= ends[-1]]


def gaussian_bins(edges, energy, sigma, truncated):
    """Return the probability of each bin, for a Gaussian that may be cut at zero energy."""
    phi = erf((edges[:, None] - energy) / np.sqrt(2) / sigma) / 2
    norm = 2 / (1 + erf(energy / np.sqrt(2) / sigma)) if truncated else 1.0
    return np.diff(phi, axis=0) * norm


def widths(data):
    """Return the numbers of the resolution of a measurement by name."""
    return {key: entry["value"] for key, entry in data["detector"]["resolution"].items() if key != "kind"}


def dresden_signal(params, model):
    """Return the signal of each isotope in each bin, per day."""
    data, flux = toml("dresden_ii_2022"), dresden_flux()
    k = data["variants"]["lindhard"]["detector"]["quenching"]["k"]["value"]
    nominal, resolution = {**params, "lindhard_k_ge": k, "quenching_norm": 1.0}, widths(data)
    least = data["detector"]["minimum"]["value"]
    cut = brentq(lambda t: dresden_quenching(t, model, nominal) - least, 0, 1, xtol=1e-16)
    points = [] if model == "lindhard" else 1e-3 * quenching_table(model)[0]
    edges = np.linspace(0.2, 1.5, 131)
    found = []
    for isotope in GERMANIUM:
        recoil, weight = nodes(kinks(flux, isotope, [cut, *points]))
        recoil, weight = recoil[recoil > cut], weight[recoil > cut]
        energy = dresden_quenching(recoil, model, params)
        slope = resolution["fano_factor"] * resolution["pair_energy"]
        sigma = params["resolution_norm"] * np.sqrt(resolution["noise"] ** 2 + slope * energy)
        rate = recoils(flux, isotope, data["target"]["mass"]["value"], recoil, params)
        found.append(gaussian_bins(edges, energy, sigma, truncated=True) @ (weight * rate))
    return np.array(found)


def dresden_background(params):
    """Return the background at the centre of each bin, per day: arXiv:2202.10829 and its public code."""
    background = toml("dresden_ii_2022")["backgrounds"]["electron_capture"]
    data = {key: entry["value"] for key, entry in background["constants"].items()}
    energy = 0.205 + 0.01 * np.arange(130)
    height, centre, width = params["l1_height"], params["l1_centre"], params["l1_width"]
    noise = data["noise"] * params["resolution_norm"]
    lines = (
        (height, centre, width),
        (data["l2_height"] * height, data["l2_centre"], width),
        (params["m_l1_ratio"] * data["m_ratio"] * height * width / noise, data["m_centre"], noise),
    )
    continuum = params["continuum_flat"] + params["continuum_exponential"] * np.exp(-params["continuum_slope"] * energy)
    return continuum + sum(h * np.exp(-((energy - c) ** 2) / 2 / w**2) for h, c, w in lines)


def counting(folder, params):
    """Return the signal above the thresholds, the anchor in it."""
    data = toml(folder)
    flux, resolution = bestiole_flux(data["source"], data["source"]["anchor"]["value"]), widths(data)
    nominal = data["detector"]["quenching"]["k"]["value"]
    thresholds, shares, least = (data["detector"][key]["value"] for key in ("thresholds", "shares", "minimum"))
    highest, exposure = data["binning"]["energy"]["value"][-1], data["target"]["exposure"]["value"]
    cut = brentq(lambda t: lindhard(t, nominal) - least, 0, 1, xtol=1e-16)
    total = 0.0
    for isotope in GERMANIUM:
        recoil, weight = nodes(kinks(flux, isotope, [cut]), order=8)
        recoil, weight = recoil[recoil > cut], weight[recoil > cut]
        energy = lindhard(recoil, params["lindhard_k_ge"])
        variance = resolution["noise"] ** 2 + resolution["fano_factor"] * resolution["pair_energy"] * energy
        sigma = params["resolution_norm"] * np.sqrt(variance)
        rate = weight * recoils(flux, isotope, exposure, recoil, params)
        for threshold, share in zip(thresholds, np.array(shares) / sum(shares), strict=True):
            edges = np.array([threshold, highest])
            total += share * (gaussian_bins(edges, energy, sigma, truncated=False) @ rate)[0]
    return total


def beta_cross_section(energy):
    """Return the cross section of inverse beta decay [cm²], to a few per mille: astro-ph/0302055 Eq. 25."""
    electron = energy - 1.2933
    momentum = np.sqrt(electron**2 - M_E**2)
    exponent = -0.07056 + 0.02018 * log(energy) - 0.001953 * log(energy) ** 3
    return 1e-43 * momentum * electron * energy**exponent
