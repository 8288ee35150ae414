"""Elastic scattering of solar neutrinos on the electrons of xenon computed a second time, without the engine.

What differs from the engine, so that a mistake is not made twice:
- the integral over the neutrino energy is a closed form of each linear piece of the spectrum, not a quadrature;
- the integral over the recoil energy is Simpson's rule between all steps, kinks and a fine grid;
- the survival probability is that of `independent_solar`; the number of electrons and the photo-absorption are looked
  up step by step; the resolution is integrated with the normal distribution of scipy;
- couplings are written out term by term (arXiv:2207.05036).
"""

import tomllib
from functools import cache
from itertools import pairwise
from math import log, pi, sqrt

import numpy as np
from independent_rates import ALPHA, DATA, G_F, HBARC, M_E, M_MU, M_TAU, M_W, NUCLIDES
from independent_solar import AVOGADRO, FLAVOURS, KINDS, SOLAR, YEAR, columns, survival
from scipy.special import ndtr

ATOMS = tomllib.loads((DATA / "atoms/electrons.toml").read_text())
LEPTON_MASS = {"nu_e": M_E, "nu_mu": M_MU, "nu_tau": M_TAU}
GEV_CM = HBARC * 1e-13  # ħc [MeV cm]


def couplings(flavour, sin2=0.23857):
    """Return (g_V, g_A) of a flavour with electrons: arXiv:2207.05036, after 1303.5522."""
    rho, a_z, s2, a_w, a_s = 1.00063, 1 / 127.952, 0.23121, 0.1227, 0.1185
    own = 1.0 if flavour == "nu_e" else 0.0
    ww = -a_z / (2 * pi * s2) * (1 - a_w / (2 * pi))
    radius = -ALPHA / (6 * pi) * (log(M_W**2 / LEPTON_MASS[flavour] ** 2) + 3 / 2)
    zz = -3 * a_z / (8 * pi * s2 * (1 - s2)) * (1 - a_s / pi)
    left, right = zz * (1 / 2 - s2) ** 2, zz * s2**2
    vector = own + rho * (-1 / 2 + 2 * sin2) + ww + 2 * radius + rho * (left - right)
    return vector, own - rho / 2 + ww + rho * (left + right)


@cache
def continua():
    """Return, of each continuum, energies [MeV] and the flux of each flavour [1/cm²/s/MeV] at them."""
    tau, found = SOLAR["oscillation"]["sin2_theta_23"]["value"], []
    for kind in KINDS:
        if kind in ("pep", "be7"):
            continue
        table = columns(f"solar/spectrum_{kind}.csv")
        energy, density = table["energy"], table["density"]
        flux = SOLAR["flux_gs98"][kind]["value"] * density / np.sum(np.diff(energy) * (density[1:] + density[:-1]) / 2)
        nu_e = survival(kind, np.maximum(energy, 1e-9))
        found.append((energy, flux * np.array([nu_e, (1 - nu_e) * (1 - tau), (1 - nu_e) * tau])))
    return found


@cache
def lines():
    """Return energy [MeV] and flux of each flavour [1/cm²/s] of each line."""
    tau, value = SOLAR["oscillation"]["sin2_theta_23"]["value"], {k: v["value"] for k, v in SOLAR["lines"].items()}
    excited, found = value["be7_excited_fraction"], []
    for kind, energy, share in (
        ("pep", value["pep"], 1.0),
        ("be7", value["be7_ground"], 1 - excited),
        ("be7", value["be7_excited"], excited),
    ):
        nu_e = survival(kind, [energy])[0]
        flux = share * SOLAR["flux_gs98"][kind]["value"]
        found.append((energy, flux * np.array([nu_e, (1 - nu_e) * (1 - tau), (1 - nu_e) * tau])))
    return found


def primitives(e):
    """Return the primitives of E^n (1, 1/E, 1/E², ln E) for n = 0 and 1."""
    constant = (e, np.log(e), -1 / e, e * (np.log(e) - 1))
    slope = (e**2 / 2, e, np.log(e), e**2 / 2 * (np.log(e) - 0.5))
    return np.array([constant, slope])


def moments(recoil):
    """Return ∫ φ_l(E) (1, 1/E, 1/E², ln E) dE above the threshold of each recoil [MeV]: an array (4, flavour, recoil)."""
    start = (recoil + np.sqrt(recoil**2 + 2 * M_E * recoil)) / 2
    total = np.zeros((4, 3, len(recoil)))
    for energy, flux in continua():
        slope = np.diff(flux) / np.diff(energy)
        constant = flux[:, :-1] - slope * energy[:-1]
        ends = primitives(np.maximum(energy, 1e-9))
        pieces = np.einsum("nfp,nkp->kfp", np.array([constant, slope]), np.diff(ends, axis=2))
        beyond = np.concatenate([np.cumsum(pieces[..., ::-1], axis=2)[..., ::-1], np.zeros((4, 3, 1))], axis=2)
        inside = (start > energy[0]) & (start < energy[-1])
        k = np.clip(np.searchsorted(energy, start, side="right") - 1, 0, len(energy) - 2)
        partial = primitives(np.maximum(energy[k + 1], 1e-9)) - primitives(start)
        own = np.einsum("nfr,nkr->kfr", np.array([constant[:, k], slope[:, k]]), partial) + beyond[..., k + 1]
        total += np.where(inside, own, np.where(start <= energy[0], beyond[..., :1], 0.0))
    for energy, flux in lines():
        seen = start <= energy
        for k, value in enumerate((1.0, 1 / energy, 1 / energy**2, log(energy))):
            total[k] += value * flux[:, None] * seen
    return total


def electrons(recoil):
    """Return Z_eff of xenon at recoil energies [MeV], looked up one by one."""
    entry = ATOMS["xe"]
    steps = list(zip(entry["binding_energy"]["value"], entry["electrons"]["value"], strict=True))
    return np.array([next((number for edge, number in steps if 1e3 * t > edge), 0) for t in recoil], float)


def photoabsorption(recoil):
    """Return the photo-absorption cross section of xenon [cm²], log-log between the rows of the table."""
    table = columns("atoms/photoabsorption_xe.csv")
    energy, value = table["energy"], table["cross_section"]
    found = np.zeros(len(recoil))
    for low, high, first, second in zip(energy, energy[1:], value, value[1:], strict=False):
        if high > low:
            inside = (1e3 * recoil >= low) & (1e3 * recoil < high)
            share = np.log(1e3 * recoil[inside] / low) / log(high / low)
            found[inside] = first * (second / first) ** share
    return 1e-24 * found


def per_tonne_year():
    """Return the atoms of a tonne of natural xenon times the seconds of a year."""
    isotopes = [n for n in NUCLIDES.values() if isinstance(n, dict) and n.get("element") == "xe"]
    molar = sum(n["abundance"]["value"] * n["atomic_mass"]["value"] for n in isotopes)
    return 1e6 / molar * AVOGADRO * YEAR


def rates(recoil, sin2=0.23863):
    """Return events per t·y and MeV: of the Standard Model, of (1e-11 μ_B)² and of (1e-13 e)² for every flavour."""
    zeroth, first, second, logarithm = moments(recoil)
    vector = np.array([couplings(name)[0] for name in FLAVOURS]) + 2 * 1.00063 * (sin2 - 0.23863)
    axial = np.array([couplings(name)[1] for name in FLAVOURS])
    bracket = ((vector + axial) ** 2)[:, None] * zeroth
    bracket += ((vector - axial) ** 2)[:, None] * (zeroth - 2 * recoil * first + recoil**2 * second)
    bracket -= (vector**2 - axial**2)[:, None] * M_E * recoil * second
    number, weak = per_tonne_year(), G_F**2 * GEV_CM**2 * M_E / (2 * pi)
    magnetic = pi * (ALPHA * GEV_CM / M_E) ** 2 * 1e-22 * (zeroth / recoil - first)
    charge = 2 * ALPHA / pi / recoil * (logarithm - log(1e-6) * zeroth) * 1e-26
    return (
        number * electrons(recoil) * weak * bracket.sum(axis=0),
        number * electrons(recoil) * magnetic.sum(axis=0),
        number * photoabsorption(recoil) * charge.sum(axis=0),
    )


def simpson(edges, parts=8):
    """Return nodes and weights of Simpson's rule in √T between consecutive `edges`, none of them at a step."""
    nodes, weights = [], []
    rule = np.array([1, *[4, 2] * (parts // 2 - 1), 4, 1]) / (3 * parts)
    for low, high in pairwise(edges):
        root = np.linspace(sqrt(low) * (1 + 1e-12), sqrt(high) * (1 - 1e-12), parts + 1)
        nodes.append(root**2)
        weights.append((sqrt(high) - sqrt(low)) * rule * 2 * root)
    return np.concatenate(nodes), np.concatenate(weights)


def steps(last):
    """Return where the rate of xenon has a step or a kink, in keV, up to `last`."""
    table = columns("atoms/photoabsorption_xe.csv")["energy"]
    ends = []
    for energy in [value for value, _ in lines()] + [spectrum[-1] for spectrum, _ in continua()]:
        ends.append(2e3 * energy**2 / (M_E + 2 * energy))
    every = {*ATOMS["xe"]["binding_energy"]["value"], *table, *ends}
    return sorted(x for x in every if x < last)


def response(recoil, edges, deviation, accepted=None, efficiency=None):
    """Return the probability (bin, recoil) that a recoil [MeV] is counted between `edges` [keV].

    `deviation` is σ(E) and `accepted` the efficiency against the true energy; `efficiency` is a table (energy, value)
    against the reconstructed one, integrated by parts: exact for what is linear between its points.
    """
    energy = 1e3 * recoil
    width = deviation(energy)
    if efficiency is None:
        found = np.diff(ndtr((np.asarray(edges)[:, None] - energy) / width), axis=0)
        return found if accepted is None else accepted(energy) * found
    x, value = efficiency
    found = np.zeros((len(edges) - 1, len(recoil)))
    for k, (low, high) in enumerate(pairwise(edges)):
        cuts = np.array([low, *x[(x > low) & (x < high)], high])
        at_cuts = np.interp(cuts, x, value)
        pull = (cuts[:, None] - energy) / width
        # ∫ (a + bx) N(x; E, σ) dx with the primitive (a + bE) Φ - b σ φ
        slope = np.diff(at_cuts) / np.diff(cuts)
        constant = at_cuts[:-1] - slope * cuts[:-1]
        normal = np.exp(-0.5 * pull**2) / sqrt(2 * pi)
        found[k] = np.sum(
            (constant[:, None] + slope[:, None] * energy) * np.diff(ndtr(pull), axis=0)
            - slope[:, None] * width * np.diff(normal, axis=0),
            axis=0,
        )
    return found


def counts(edges, exposure, deviation, last, accepted=None, efficiency=None, kinks=(), sin2=0.23863):
    """Return expected counts (3, bin): Standard Model, (1e-11 μ_B)², (1e-13 e)²; recoils up to `last` [keV]."""
    fine = np.arange(0.1, last, 0.25 if last < 70 else 0.5)
    cuts = sorted(
        {0.0121, *(x for x in steps(last) if x > 0.0121), *(x for x in kinks if 0.0121 < x < last), *fine, last}
    )
    nodes, weights = simpson(1e-3 * np.array(cuts))
    probability = response(nodes, edges, deviation, accepted, efficiency)
    return np.array([exposure * probability @ (weights * rate) for rate in rates(nodes, sin2)])


def numbers(folder, variant=""):
    """Return the exposure [t·y], the numbers of the resolution by name, and the highest energy seen [keV] if there is one."""
    document = tomllib.loads((DATA / folder / "experiment.toml").read_text())
    own = document.get("variants", {}).get(variant, {})
    exposure = own.get("target", document["target"])["exposure"]["value"]
    resolution = {k: v["value"] for k, v in document["detector"]["resolution"].items() if k != "kind"}
    return exposure, resolution, document["detector"].get("acceptance", {}).get("highest", {}).get("value")


def rising(folder, table, highest):
    """Return the efficiency against the true energy [keV], its running maximum, 0 beyond `highest`; and its points."""
    found = columns(f"{folder}/{table}.csv")
    energy, value = found["energy"], np.maximum.accumulate(found["efficiency"])
    return (lambda x: np.where(x <= highest, np.interp(x, energy, value), 0.0)), [*energy[energy < highest], highest]


def edges(folder, table):
    found = columns(f"{folder}/{table}.csv")
    return np.append(found["energy_low"], found["energy_high"][-1])


@cache
def expected(name, sin2=0.23863):
    """Return the counts (3, bin) of a measurement of the catalogue, as `counts`."""
    base, _, variant = name.partition(":")
    if base == "lz-er":
        run = variant or "ws2022"
        exposure, resolution, highest = numbers("lz_er", variant)
        accepted, points = rising("lz_er", f"efficiency_{run}", highest)
        slope = resolution["slope"]
        bins = edges("lz_er", f"spectrum_{run}")
        return counts(bins, exposure, lambda e: np.sqrt(slope * e), 35.0, accepted, kinks=points, sin2=sin2)
    if base == "xenonnt-er":
        (exposure, resolution, _), table = numbers("xenonnt_er"), columns("xenonnt_er/efficiency.csv")
        slope, linear = resolution["slope"], resolution["linear"]
        efficiency = (table["energy"], table["efficiency"])
        bins = edges("xenonnt_er", "spectrum")
        return counts(bins, exposure, lambda e: np.sqrt(slope * e) + linear * e, 50.0, efficiency=efficiency, sin2=sin2)
    exposure, resolution, highest = numbers("pandax4t_er")
    noise, *powers = (resolution[key] for key in ("noise", "linear", "quadratic", "cubic"))
    accepted, points = rising("pandax4t_er", "efficiency", highest)
    bins = edges("pandax4t_er", "spectrum")
    return counts(
        bins,
        exposure,
        lambda e: noise + powers[0] * e + powers[1] * e**2 + powers[2] * e**3,
        highest,
        accepted,
        kinks=points,
        sin2=sin2,
    )
