"""COHERENT LAr 2020 computed a second time: from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- the integral over the neutrino energy is a closed form, not a quadrature;
- the resolution in a bin is integrated in closed form against the straight pieces of the efficiency;
- the integral over the recoil energy is adaptive (scipy.integrate.quad_vec), not on fixed nodes;
- the arrival times are convolved numerically;
- templates and their variations are read as they are, and the linear fit is linear algebra.
Formulas: arXiv:2006.12659 section 5, arXiv:2005.01645 section II.
"""

import csv
import tomllib
from itertools import pairwise
from math import pi, sqrt

import numpy as np
from independent_rates import (
    DATA,
    E_END,
    E_LINE,
    FLAVOURS,
    LEPTON_MASS,
    Nucleus,
    couplings_2022,
    flux_moments,
    form_factor,
)
from numpy.polynomial.legendre import leggauss
from scipy.integrate import quad, quad_vec
from scipy.special import ndtr

FOLDER = DATA / "coherent_lar_2020"
TOML = tomllib.loads((FOLDER / "experiment.toml").read_text())
RELEASE = TOML["variants"]["3d"]
"""What differs in the fits of the release, arXiv:2006.12659, from that of arXiv:2005.01645."""
EDGES = np.array(TOML["binning"]["energy"]["value"], float)
TIMES = np.array(RELEASE["binning"]["time"]["value"], float)
SLOPE = RELEASE["detector"]["resolution"]["slope"]["value"]
"""Variance of the electron-equivalent energy per energy [keV]."""
ACCEPTANCE = {
    name: np.array(TOML["variants"][name]["signal"]["F90"]["acceptance"]["value"]) for name in ("3d", "3d-flavours")
}
PULSE = {key: TOML["variants"]["3d-flavours"]["signal"]["time"][key]["value"] for key in ("mean", "width")}
"""Mean and width of the protons on target [us]: a mean of 0.452 us gives the released arrival times."""
RELEASED_MEAN = 0.44
"""Mean of the protons on target as the release has it [us], 0.44 ± 0.20: arXiv:2006.12659."""
MORPHING = {
    "lar_cevns_f90": ("cevns", "cevns_f90_up", "cevns_f90_down"),
    "lar_cevns_time": ("cevns", "cevns_time_mean", None),
    "lar_brn_energy": ("brn", "brn_energy_up", "brn_energy_down"),
    "lar_brn_time": ("brn", "brn_time_mean_up", "brn_time_mean_down"),
    "lar_brn_time_width": ("brn", "brn_time_width", None),
}
"""Parameters of the templates of the fit in three dimensions: component, templates at +1σ and -1σ."""
SHIFTS = {
    "lar_cevns_f90_up": ("cevns", "cevns_f90_up"),
    "lar_cevns_f90_down": ("cevns", "cevns_f90_down"),
    "lar_cevns_time": ("cevns", "cevns_time_mean"),
    "lar_brn_energy_up": ("brn", "brn_energy_up"),
    "lar_brn_energy_down": ("brn", "brn_energy_down"),
    "lar_brn_time_up": ("brn", "brn_time_mean_up"),
    "lar_brn_time_down": ("brn", "brn_time_mean_down"),
    "lar_brn_time_width": ("brn", "brn_time_width"),
}
"""Nuisances of the fit in two dimensions: component, alternative template."""


def table(name):
    """Return the columns of a table by their name, the unit left out."""
    with (FOLDER / f"{name}.csv").open() as file:
        header, *rows = list(csv.reader(file))
    return {key.split(" [")[0]: column for key, column in zip(header, np.array(rows, float).T, strict=True)}


def exposure(analysis):
    """Return nuclei × neutrinos of each flavour per cm² of "analysis" (2005.01645) or "release"."""
    beam, target, own = TOML["source"], TOML["target"], {"analysis": TOML, "release": RELEASE}[analysis]
    fluence = beam["neutrinos_per_flavour_and_proton"]["value"] * own["source"]["protons_on_target"]["value"]
    nuclei = 6.02214076e23 * 1e3 * own["target"]["mass"]["value"] / target["molar_mass"]["value"]
    return fluence / (4e4 * pi * beam["distance"]["value"] ** 2) * nuclei


class Rate:
    """Recoils of each flavour on 40Ar per MeV, per squared unit of exposure."""

    def __init__(self, params):
        """Take radii, quenching and sin²θ_W; the couplings are those of 2022, see `independent_rates`."""
        self.nucleus, self.params = Nucleus("40Ar"), params
        couplings = [couplings_2022(LEPTON_MASS[flavour]) for flavour in FLAVOURS]
        shift = -2 * 1.00063 * (params["sin2_theta_w"] - 0.23863)
        self.proton = np.array([proton + shift for proton, _ in couplings])
        self.neutron = couplings[0][1]

    def __call__(self, recoil):
        nucleus, params = self.nucleus, self.params
        q = np.sqrt(2 * nucleus.mass * recoil)
        proton = nucleus.protons * form_factor("helm", q, params["r_p_ar"])
        neutron = nucleus.neutrons * form_factor("helm", q, params["r_n_ar"])
        return flux_moments(recoil, nucleus.mass) * (self.proton * proton + self.neutron * neutron) ** 2

    def light(self, recoil):
        """Return the electron-equivalent energy [keV] of a recoil energy [MeV]."""
        kev = 1e3 * recoil
        return kev * (self.params["quenching_a"] + self.params["quenching_b"] * kev)

    def recoil(self, light):
        """Return the recoil energy [MeV] of an electron-equivalent energy [keV]."""
        a, b = self.params["quenching_a"], self.params["quenching_b"]
        return 1e-3 * (sqrt(a * a + 4 * b * light) - a) / (2 * b)

    def kinks(self):
        """Return the recoil energies [MeV] where the rate has a kink."""
        return [2 * e**2 / (self.nucleus.mass + 2 * e) for e in (E_LINE, E_END)]


def integrate(function, breaks, rtol):
    """Return ∫ function between consecutive breaks, added up: each element to `rtol` of itself or of 1e-9 of the largest."""
    pieces = list(pairwise(breaks))
    node, weight = leggauss(24)
    rough = sum(
        (high - low) / 2 * w * function((high + low) / 2 + (high - low) / 2 * x)
        for low, high in pieces
        for x, w in zip(node, weight, strict=True)
    )
    scale = np.maximum(rough, 1e-9 * rough.max())
    return scale * sum(
        quad_vec(lambda t: function(t) / scale, low, high, epsabs=rtol / len(pieces), epsrel=0.0, norm="max")[0]
        for low, high in pieces
    )


def efficiency():
    """Return the points of the efficiency, with the flat ends as points below and above all energies."""
    points = table("efficiency")
    energy, value = points["energy"], points["efficiency"]
    return np.array([-1e3, *energy, 1e3]), np.array([value[0], *value, value[-1]])


def unsmeared(rate, rtol=1e-11):
    """Return the recoils selected in each bin without any resolution, an array (flavour, bin)."""
    energy, value = efficiency()
    line, end = rate.kinks()
    found = np.zeros((3, len(EDGES) - 1))
    for i, (low, high) in enumerate(pairwise(EDGES)):
        inside = [rate.recoil(e) for e in energy if low < e < high]
        low, high = rate.recoil(low), rate.recoil(high)
        breaks = sorted({low, min(high, end), *(t for t in [*inside, line] if low < t < min(high, end))})
        if low < end:
            found[:, i] = integrate(lambda t: rate(t) * np.interp(rate.light(t), energy, value), breaks, rtol)
    return found


def smeared(rate, slope, rtol=1e-10):
    """Return the recoils selected in each bin with a resolution of variance `slope` × E, (flavour, bin).

    In each straight piece α + βx of the efficiency, ∫ (α + βx) N(x; E, σ) dx = (α + βE) Φ - βσ² N.
    """
    energy, value = efficiency()
    points = np.unique([*EDGES, *energy[(energy > EDGES[0]) & (energy < EDGES[-1])]])
    at = np.interp(points, energy, value)
    beta = np.diff(at) / np.diff(points)
    alpha = at[:-1] - beta * points[:-1]
    first = np.searchsorted(points, EDGES[:-1])

    def selected(recoil):
        light = rate.light(recoil)
        sigma = sqrt(slope * light)
        z = (points - light) / sigma
        density = np.exp(-(z**2) / 2) / sqrt(2 * pi)
        fraction = np.where(z[:-1] > 0, ndtr(-z[:-1]) - ndtr(-z[1:]), ndtr(z[1:]) - ndtr(z[:-1]))
        pieces = (alpha + beta * light) * fraction - beta * sigma * np.diff(density)
        return rate(recoil)[:, None] * np.add.reduceat(pieces, first)

    line, end = rate.kinks()
    return integrate(selected, [1e-9, 1e-4, 1e-3, 0.01, line, 0.08, 0.12, end], rtol)


def arrivals(mean, width):
    """Return the fraction of prompt and of delayed neutrinos in each time bin, of a Gaussian pulse [us].

    The decay of the pion (26.033 ns) and then of the muon (2.1969811 us), convolved numerically.
    """
    pion, muon = 0.026033, 2.1969811

    def prompt(t):
        return 1 - np.exp(-t / pion)

    def delayed(t):
        return 1 - (muon * np.exp(-t / muon) - pion * np.exp(-t / pion)) / (muon - pion)

    def cumulative(decay, time):
        low, high = mean - 10 * width, min(mean + 10 * width, time)
        if high <= low:
            return 0.0
        points = [p for p in (high - 0.2, high - 0.02, mean) if low < p < high]
        norm = width * sqrt(2 * pi)
        return quad(
            lambda s: np.exp(-(((s - mean) / width) ** 2) / 2) / norm * decay(time - s),
            low,
            high,
            points=points,
            epsabs=1e-14,
            limit=400,
        )[0]

    return np.array([np.diff([cumulative(decay, t) for t in TIMES]) for decay in (prompt, delayed)])


def grid(name):
    """Return the counts (energy, F90, time) of a template: the product of its two tables."""
    shape, time = table("energy_f90")[name].reshape(12, 8, 1), table("time")[name]
    return shape * time


def observed():
    """Return the counts (energy, F90, time)."""
    counts = table("counts")
    return np.array([column for key, column in counts.items() if key.startswith("t_")]).T.reshape(12, 8, 10)


def linear_fit(data, errors, columns, pulls):
    """Return χ² and the strengths at the minimum of Σ [(data - Σ s c)/error]² + Σ [(s - 1)/pull]², by least squares."""
    weights = 1 / errors.ravel()
    matrix = np.vstack([np.array([c.ravel() for c in columns]).T * weights[:, None], np.diag(1 / np.array(pulls))])
    target = np.concatenate([data.ravel() * weights, 1 / np.array(pulls)])
    strengths = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return float(np.sum((target - matrix @ strengths) ** 2)), strengths
