"""COHERENT CsI 2017 computed a second time, from the formulas of the papers and the numbers in `data/`.

Nothing here imports the engine. What differs from it: the integral over the neutrino energy is a closed form and that
over the recoil energy adaptive, as in `independent_rates`; without resolution each bin is an integral over the range of
recoil energies that it stands for; with resolution the smearing in a bin is integrated by parts.
Formulas: arXiv:1710.02730 and arXiv:1804.09459.
"""

import csv
import tomllib
from functools import reduce
from itertools import pairwise
from math import pi
from operator import getitem

import numpy as np
from independent_rates import DATA, E_END, E_LINE, NUCLEI, adaptive, flux_moments, squared_amplitudes
from scipy.integrate import quad_vec
from scipy.special import gammainc

FOLDER = DATA / "coherent_csi_2017"
TOML = tomllib.loads((FOLDER / "experiment.toml").read_text())
EDGES = np.array(TOML["binning"]["energy"]["value"], float)
TIMES = np.array(TOML["variants"]["energy-time"]["binning"]["time"]["value"], float)


def value(key):
    """Return the value of the number at a dotted key of the document."""
    return reduce(getitem, key.split("."), TOML)["value"]


def table(name):
    """Return the columns of a table, the first two of which are the edges of its rows."""
    rows = list(csv.reader((FOLDER / f"{name}.csv").read_text().splitlines()))[1:]
    return np.array(rows, float).T


def exposure():
    """Return (neutrinos of each flavour per cm²) × (CsI units): r N_POT / 4πL² · N_A m / M."""
    fluence = value("source.neutrinos_per_flavour_and_proton") * value("source.protons_on_target")
    fluence /= 4e4 * pi * value("source.distance") ** 2
    return fluence * 6.02214076e23 * 1e3 * value("target.mass") / value("target.molar_mass")


def acceptance(x, params):
    """Return the acceptance of `x` photo-electrons and its derivative."""
    a, b, c = (params[f"efficiency_{letter}"] for letter in "abc")
    logistic = 1 / (1 + np.exp(-b * (x - c)))
    return a * logistic, a * b * logistic * (1 - logistic)


def selected(nucleus, recoil, params):
    """Return the recoils per MeV and squared flux unit of each flavour at one recoil energy [MeV]."""
    return squared_amplitudes(nucleus, recoil, params, ("helm",))[0] * flux_moments(recoil, nucleus.mass)


def signal_energy(params, rtol=1e-11):
    """Return the signal of the variant energy, an array (flavour, bin): no resolution, bins of recoil energy."""
    scale = 1e-3 / value("detector.quenching.per_recoil_energy")
    counts = np.zeros((3, len(EDGES) - 1))
    for nucleus in NUCLEI:
        kinks = [2 * e**2 / (nucleus.mass + 2 * e) / scale for e in (E_LINE, E_END)]
        for k, (low, high) in enumerate(pairwise(EDGES)):
            inside = [low, *sorted(x for x in kinks if low < x < high), high]
            for a, b in pairwise(inside):
                piece, error = quad_vec(
                    lambda x, n=nucleus: selected(n, x * scale, params) * acceptance(x, params)[0] * scale,
                    a,
                    b,
                    epsrel=rtol,
                    epsabs=0,
                )
                assert error <= 10 * rtol * max(piece.max(), 1e-60)
                counts[:, k] += piece
    return params["cevns_norm"] * exposure() * counts


def bin_probability(energy, params, order=48):
    """Return ∫ ε p dx in each bin for one electron-equivalent energy [keV]: [ε P] - ∫ ε' P."""
    shape = 1 + params["smearing_shape"] * energy
    rate = params["smearing_mean_inverse"] / energy * shape
    node, weight = np.polynomial.legendre.leggauss(order)
    half = np.diff(EDGES)[:, None] / 2
    x = EDGES[:-1, None] + half * (1 + node)
    ends = acceptance(EDGES, params)[0] * gammainc(shape, rate * EDGES)
    return np.diff(ends) - np.sum(half * weight * acceptance(x, params)[1] * gammainc(shape, rate * x), axis=1)


def signal_energy_time(params, rtol=1e-11):
    """Return the signal of the variant energy-time, an array (flavour, energy bin, time bin)."""
    counts = sum(
        adaptive(
            lambda t, n=nucleus: (
                selected(n, t, params)[:, None] * bin_probability(1e3 * t * params["quenching_a"], params)
            ),
            nucleus,
            rtol,
        )
        for nucleus in NUCLEI
    )
    _, _, prompt, delayed, _ = table("arrival_times")
    share = np.array([prompt, delayed, delayed])[:, : len(TIMES) - 1]
    return params["cevns_norm"] * exposure() * counts[:, :, None] * share[:, None, :]


def beam_neutrons(order=16):
    """Return the beam-related neutrons in the energy bins: released rate × exposure × acceptance."""
    low, high, rate = table("brn_energy")
    node, weight = np.polynomial.legendre.leggauss(order)
    x = (low + high)[:, None] / 2 + node / 2
    coefficients = value("detector.efficiency.coefficients")
    nominal = {f"efficiency_{letter}": number for letter, number in zip("abc", coefficients, strict=True)}
    mean = (acceptance(x, nominal)[0] * weight / 2).sum(axis=1)
    counts = rate * value("backgrounds.brn.exposure") * mean
    return np.array([counts[(low >= a) & (high <= b)].sum() for a, b in pairwise(EDGES)])
