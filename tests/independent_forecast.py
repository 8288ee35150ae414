"""Described experiments computed a second time: the TOML file read anew, the formulas of the papers integrated anew.

Nothing here imports the engine. What differs from it, so that a mistake is not made twice:
- the integral over the neutrino energy is a closed form, piece by piece of the spectrum (Huber's exponentials apart);
- the integral over the recoil energy is adaptive (scipy.integrate.quad_vec);
- smearing and efficiency in a bin are integrated with many nodes between all kinks, a Gaussian in closed form;
- arrival times are integrated as densities.
"""

import re
import tomllib
from functools import cache
from itertools import pairwise
from math import log, pi, sqrt

import independent_solar
import numpy as np
from independent_rates import (
    AMU,
    DATA,
    E_END,
    E_LINE,
    G_F,
    HBARC,
    LEPTON_MASS,
    M_E,
    M_MU,
    NUCLIDES,
    couplings_2022,
    form_factor,
)
from independent_solar import columns
from numpy.polynomial.legendre import leggauss
from scipy.integrate import quad_vec
from scipy.interpolate import CubicSpline
from scipy.special import gammaln, ndtr

LEPTON_MASS = {**LEPTON_MASS, "nu_tau_bar": LEPTON_MASS["nu_tau"], "nu_e_bar": M_E}
AVOGADRO, MEV_PER_JOULE = 6.02214076e23, 1 / 1.602176634e-13
SECONDS = {"h": 3600.0, "day": 86400.0}
NODE, WEIGHT = leggauss(40)


class File:
    """A description: ``file("source.distance")`` is a number or a list of them, or a text."""

    def __init__(self, path):
        self.content = tomllib.loads(path.read_text())

    def entry(self, key):
        found = self.content
        for part in key.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        return found

    def __call__(self, key, default=None):
        found = self.entry(key)
        if not isinstance(found, dict) or "kind" in found:
            return default if found is None else found
        value = found["value"]
        return np.array(value, float) if isinstance(value, list) else float(value)

    @property
    def seconds(self):
        return self("source.live_time") * SECONDS[self.entry("source.live_time")["unit"]]


# Fluxes: pieces of each flavour, (low, high, coefficients of 1, E, E², E³) with arrays for many, or (low, high,
# function), and lines (E, number), all to be multiplied by a factor [1/cm²].


def linear(energy, density):
    """Return the pieces of a density that is linear between points."""
    slope = np.diff(density) / np.diff(energy)
    return [(energy[:-1], energy[1:], (density[:-1] - slope * energy[:-1], slope))]


def nodes(low, high):
    half = (high - low)[:, None] / 2
    return low[:, None] + half * (1 + NODE), half * WEIGHT


def integral(piece):
    """Return the neutrinos of a piece."""
    low, high, shape = piece
    if callable(shape):
        e, weight = nodes(low, high)
        return np.sum(weight * shape(e))
    return sum(np.sum(c * (high ** (k + 1) - low ** (k + 1)) / (k + 1)) for k, c in enumerate(shape))


def reactor(file):
    """Return Huber-Mueller from 2 to 8 MeV with Vogel and Engel's table below (HMVE), or Kopeikin's table."""
    isotopes = ("u235", "u238", "pu239", "pu241")
    numbers = tomllib.loads((DATA / "reactor_flux/spectra.toml").read_text())
    share = file("source.fission_fractions")
    if file("source.model") == "kopeikin":
        table = columns("reactor_flux/kopeikin_2012.csv")
        pieces = linear(table["energy"], table["total"])
    else:
        assert file("source.model") == "HMVE"
        table = columns("reactor_flux/vogel_engel_1989.csv")
        pieces = linear(table["energy"], sum(f * table[name] for f, name in zip(share, isotopes, strict=True)))
        names = [f"{'mueller' if name == 'u238' else 'huber'}_{name}" for name in isotopes]
        powers = [numbers["polynomials"][name]["value"][::-1] for name in names]
        density = lambda e: sum(f * np.exp(np.polyval(p, e)) for f, p in zip(share, powers, strict=True))  # noqa: E731
        pieces.append((np.arange(2.0, 8.0), np.arange(3.0, 9.0), density))
    if file("source.flux") is not None:
        scale = file("source.flux") * file.seconds / sum(map(integral, pieces))
    else:
        energy = share @ np.array(numbers["energy_per_fission"]["ma_2013"]["value"])
        fissions = file("source.thermal_power") * 1e9 * MEV_PER_JOULE * file.seconds / energy
        scale = fissions / (4e4 * pi * file("source.distance") ** 2)
    return {"nu_e_bar": (scale, pieces, [])}


def fluxes(file):
    """Return (factor, pieces, lines) of each flavour."""
    kind = file("source.kind")
    if kind == "pion-decay-at-rest":
        protons = file("source.protons_on_target")
        if protons is None:
            joule = file.seconds * file("source.beam_power") * 1e6
            protons = joule * MEV_PER_JOULE / (1e3 * file("source.proton_energy"))
        scale = file("source.neutrinos_per_flavour_and_proton") * protons / (4e4 * pi * file("source.distance") ** 2)
        return {
            "nu_mu": (scale, [], [(E_LINE, 1.0)]),
            "nu_e": (scale, [(0.0, E_END, (0, 0, 96 / M_MU**3, -192 / M_MU**4))], []),
            "nu_mu_bar": (scale, [(0.0, E_END, (0, 0, 48 / M_MU**3, -64 / M_MU**4))], []),
        }
    if kind == "reactor":
        return reactor(file)
    if kind == "solar":
        assert file("source.neutrinos") == "b8"
        energy, flux = independent_solar.b8_spectra()
        return {
            name: (file.seconds, linear(energy, one), [])
            for name, one in zip(independent_solar.FLAVOURS, flux, strict=True)
        }
    if kind == "atmospheric":
        table = columns("atmospheric/kamioka.csv")
        names = ("nu_e", "nu_e_bar", "nu_mu", "nu_mu_bar")
        return {name: (file.seconds, linear(table["energy"], table[name]), []) for name in names}
    names, energy = file.content["source"]["flux"], file("source.energy")
    return {name: (file.seconds, linear(energy, file(f"source.flux.{name}")), []) for name in names}


def moment(flux, recoil, mass):
    """Return ∫ φ(E) dσ/dT dE / amplitude² [cm²/MeV] with dσ/dT = (G_F² M/π) (1 - MT/2E²)."""
    scale, pieces, lines = flux
    start = (recoil + sqrt(recoil**2 + 2 * mass * recoil)) / 2
    half = mass * recoil / 2
    total = sum(number * (1 - half / e**2) for e, number in lines if e >= start)
    for low, high, shape in pieces:
        first = np.minimum(np.maximum(low, start), high)
        if callable(shape):
            e, weight = nodes(first, high)
            total += np.sum(weight * shape(e) * (1 - half / e**2))
            continue
        for k, c in enumerate(shape):
            inverse = np.log(high / first) if k == 1 else (high ** (k - 1.0) - first ** (k - 1.0)) / (k - 1)
            total += np.sum(c * ((high ** (k + 1) - first ** (k + 1)) / (k + 1) - half * inverse))
    return scale * G_F**2 * (HBARC * 1e-13) ** 2 * mass / pi * total


# Target


@cache
def nuclei(file):
    """Return a dictionary for each isotope of the target, ``number`` of them in it."""
    formula, found = file("target.formula"), []
    for symbol, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        for name, entry in NUCLIDES.items():
            if isinstance(entry, dict) and entry.get("element") == symbol.lower() and entry["abundance"]["value"] > 0:
                value = {key: part["value"] for key, part in entry.items() if isinstance(part, dict)}
                z = value["protons"]
                binding = 1e-6 * (14.4381 * z**2.39 + 1.55468e-6 * z**5.35)
                value |= {"name": name, "element": symbol.lower(), "per_unit": int(count or 1) * value["abundance"]}
                found.append(value | {"mass": value["atomic_mass"] * AMU - z * M_E + binding})
    molar = sum(one["per_unit"] * one["atomic_mass"] for one in found)
    reference = {
        one["element"]: max(found, key=lambda n: (n["element"] == one["element"], n["abundance"])) for one in found
    }
    for one in found:
        one["number"] = AVOGADRO * 1e3 * file("target.mass") / molar * one["per_unit"]
        for particle, radius in (("n", "neutron_radius"), ("p", "proton_radius")):
            default = reference[one["element"]][radius]
            one[f"r_{particle}"] = one[radius] - default + file(f"defaults.r_{particle}_{one['element']}", default)
    return found


def amplitudes(one, recoil):
    """Return Z F_Z and N F_N with Helm form factors."""
    q = np.array([sqrt(2 * one["mass"] * recoil)])
    numbers = {"p": one["protons"], "n": one["mass_number"] - one["protons"]}
    return [number * form_factor("helm", q, one[f"r_{particle}"])[0] for particle, number in numbers.items()]


# Detector


def light(file, recoil):
    """Return the electron-equivalent energy [keV] of a recoil energy [MeV]."""
    kind, key = file("detector.quenching.kind"), "detector.quenching"
    if kind == "polynomial":
        return 1e3 * sum(c * recoil ** (k + 1) for k, c in enumerate(file(f"{key}.coefficients")))
    if kind == "lindhard":
        z = nuclei(file)[0]["protons"]
        e = 11.5 * z ** (-7 / 3) * 1e3 * recoil
        g = file(f"{key}.k") * (3 * e**0.15 + 0.7 * e**0.6 + e)
        return 1e3 * recoil * g / (1 + g)
    return 1e3 * recoil * np.interp(1e3 * recoil, file(f"{key}.recoil"), file(f"{key}.factor"))


def efficiency(file):
    """Return the efficiency against reconstructed energy, and the energies where it has a kink or a step."""
    kind, key = file("detector.efficiency.kind"), "detector.efficiency"
    if kind == "unity":
        return (lambda x: np.ones_like(x)), []
    if kind == "table":
        points, fractions = file(f"{key}.energy"), file(f"{key}.fraction")
        step = file(f"{key}.threshold", -1e9)
        return (lambda x: np.where(x >= step, np.interp(x, points, fractions), 0.0)), [*points, step]
    if kind == "sigmoid":
        a, b, c = file(f"{key}.coefficients")
        return (lambda x: a / (1 + np.exp(-b * (x - c)))), []
    a, b, c, d = file(f"{key}.coefficients")
    step = c - log(-a / d - 1) / b
    return (lambda x: np.where(x >= step, a / (1 + np.exp(-b * (x - c))) + d, 0.0)), [step]


class Bins:
    """Probability that a recoil is selected in each energy bin."""

    def __init__(self, file, parts=8):
        self.file, self.edges = file, file("binning.energy")
        self.selected, kinks = efficiency(file)
        self.x, self.weight = [], []
        for low, high in pairwise(self.edges):
            inside = sorted({low, high, *(k for k in kinks if low < k < high)})
            fine = np.concatenate([np.linspace(*ends, parts + 1)[:-1] for ends in pairwise(inside)] + [[high]])
            half = np.diff(fine)[:, None] / 2
            self.x.append((fine[:-1, None] + half * (1 + NODE)).ravel())
            self.weight.append((half * WEIGHT).ravel())

    def __call__(self, recoil):
        energy = light(self.file, recoil)
        if energy <= 0:
            return np.zeros(len(self.edges) - 1)
        key = "detector.resolution"
        if self.file(f"{key}.kind") == "gaussian":
            sigma = sqrt(self.file(f"{key}.noise") ** 2 + self.file(f"{key}.slope") * energy)
            if self.file("detector.efficiency.kind") == "unity":
                z = (self.edges - energy) / sigma
                return np.where(z[:-1] > 0, ndtr(-z[:-1]) - ndtr(-z[1:]), ndtr(z[1:]) - ndtr(z[:-1]))
            density = lambda x: np.exp(-(((x - energy) / sigma) ** 2) / 2) / (sqrt(2 * pi) * sigma)  # noqa: E731
        else:
            mean = energy * self.file(f"{key}.light_yield")
            k = 1 + self.file(f"{key}.shape") * mean
            density = lambda x: np.exp(k * np.log(k / mean) - gammaln(k) + (k - 1) * np.log(x) - k * x / mean)  # noqa: E731
        return np.array([np.sum(w * density(x) * self.selected(x)) for x, w in zip(self.x, self.weight, strict=True)])


def breaks(file, ends, largest):
    """Return recoil energies [MeV] that split the integral: the kinks, and a few more where the spectrum falls."""
    points = [*ends, *(1e-3 * np.array(file("detector.quenching.recoil", [])))]
    grid = np.geomspace(1e-7, 1.0, 4000)
    seen = light(file, grid)
    edges = file("binning.energy") / (file("detector.resolution.light_yield") or 1.0)
    points += [float(np.interp(e, seen, grid)) for e in [0.5 * max(edges[0], 0.1 * edges[-1]), *edges]]
    return sorted({0.0, largest, *(t for t in points if 0 < t < largest)})


def signal(file, rtol=1e-8, cut=None):
    """Return the expected signal of each flavour in each energy bin; recoils beyond `cut` [MeV] are left out."""
    bins, sources = Bins(file), fluxes(file)
    found = {name: np.zeros(len(bins.edges) - 1) for name in sources}
    parts = [
        e for _, pieces, lines in sources.values() for e in (*(p[1] for p in pieces), *(line[0] for line in lines))
    ]
    energies = np.unique(np.concatenate([np.atleast_1d(part) for part in parts]))
    couplings = [couplings_2022(LEPTON_MASS[name]) for name in sources]
    for one in nuclei(file):
        ends = sorted(2 * e**2 / (one["mass"] + 2 * e) for e in energies)
        splits = breaks(file, ends if len(ends) < 20 else [], min(ends[-1], cut or ends[-1]))

        def rates(t, one=one):
            amplitude = np.dot(couplings, amplitudes(one, t))
            each = [moment(flux, t, one["mass"]) for flux in sources.values()] * amplitude**2
            return one["number"] * np.outer(each, bins(t))

        for low, high in pairwise(splits):
            # √T: the rate of a continuum starts as a power of it
            piece, _ = quad_vec(
                lambda s: 2 * s * rates(s**2), sqrt(low), sqrt(high), epsrel=rtol, epsabs=1e-300, limit=200, norm="max"
            )
            for name, row in zip(sources, piece, strict=True):
                found[name] += row
    return found


# Time


@cache
def released():
    """Return knots and the splines through the cumulative arrival times of CsI[Na], by flavour."""
    table = columns("coherent_csi_2021/arrival_times.csv")
    knots = np.append(table["t_low"], table["t_high"][-1])
    names = ("nu_mu", "nu_e", "nu_mu_bar")
    return knots, {
        name: CubicSpline(knots, np.concatenate([[0], np.cumsum(table[name])]), bc_type="clamped") for name in names
    }


def pulse_density(mean, width, *lifetimes):
    """Return the density of a Gaussian pulse followed by one decay, or by two of different lifetimes."""

    def one(tau):
        return lambda t: (
            np.exp(width**2 / (2 * tau**2) - (t - mean) / tau) * ndtr((t - mean) / width - width / tau) / tau
        )

    if len(lifetimes) == 1:
        return one(*lifetimes)
    first, second = lifetimes
    return lambda t: (second * one(second)(t) - first * one(first)(t)) / (second - first)


def times(file):
    """Return the share of each flavour in each time bin, the time efficiency included; None without time bins."""
    edges = file("binning.time")
    if edges is None:
        return None
    onset, rate = file("signal.time.efficiency_onset", 0.0), file("signal.time.efficiency_rate", 0.0)
    kept = lambda t: np.exp(-rate * np.maximum(t - onset, 0.0))  # noqa: E731
    if file("signal.time.kind") == "pulse":
        mean, width = file("signal.time.mean"), file("signal.time.width")
        prompt = pulse_density(mean, width, 0.026033)
        late = pulse_density(mean, width, 0.026033, 2.1969811)
        densities = {"nu_mu": prompt, "nu_e": late, "nu_mu_bar": late}
        fine = np.arange(edges[0], edges[-1] + 0.02, 0.05)
    else:
        fine, splines = released()
        densities = {name: spline.derivative() for name, spline in splines.items()}
    points = np.unique([*(t for t in fine if edges[0] < t < edges[-1]), *edges, *([onset] if onset > edges[0] else [])])
    half = np.diff(points)[:, None] / 2
    t = points[:-1, None] + half * (1 + NODE[None, :])
    first = np.searchsorted(points, edges[:-1])
    return {n: np.add.reduceat(np.sum(half * WEIGHT * d(t) * kept(t), axis=1), first) for n, d in densities.items()}


def background(file, name, spread):
    """Return the expected counts of a background (energy bin, time bin)."""
    key, edges, clock = f"backgrounds.{name}", file("binning.energy"), file("binning.time")
    if file(f"{key}.counts") is not None:
        energy = file(f"{key}.counts")
    elif file(f"{key}.rate") is not None:
        days = file.seconds / 86400
        energy = file(f"{key}.rate") * file("target.mass") * days * file(f"{key}.duty_factor", 1.0) * np.diff(edges)
    else:
        energy = file(f"{key}.total") * shape(*kind_of(file, f"{key}.energy"), edges)
    if clock is None:
        return energy[:, None]
    kind, scale = kind_of(file, f"{key}.time")
    if kind == "prompt":
        return np.outer(energy, spread["nu_mu"] / spread["nu_mu"].sum())
    return np.outer(energy, shape(kind, scale, clock))


def kind_of(file, key):
    """Return the kind of a shape, flat if there is none, and the length in which it falls by e, if it falls."""
    entry = file(key, "flat")
    if isinstance(entry, str):
        return entry, None
    rate = file(f"{key}.rate")
    return entry["kind"], file(f"{key}.scale") if rate is None else 1 / rate


def shape(kind, scale, edges):
    """Return the shares of bins in a flat distribution, or in one that falls as exp(-x/scale)."""
    primitive = (lambda x: x) if kind == "flat" else (lambda x: -np.exp(-(x - edges[0]) / scale))
    return np.diff(primitive(edges)) / (primitive(edges[-1]) - primitive(edges[0]))


def expected(path, **limits):
    """Return the expected counts of each component (energy bin, time bin) of the description at `path`."""
    file = File(path)
    spread = times(file)
    energy = signal(file, **limits)
    ones = dict.fromkeys(energy, np.ones(1))
    found = {"cevns": sum(np.outer(row, (spread or ones)[name]) for name, row in energy.items())}
    return found | {name: background(file, name, spread) for name in file.content.get("backgrounds", {})}
