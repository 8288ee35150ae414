"""Antineutrinos of a nuclear reactor: spectra per fission, and their fluence from thermal power or from a given flux.

Φ = P / (4π L² Σ_i f_i e_i) · Σ_i f_i S_i(E) for fission fractions f_i, energies e_i released and spectra S_i emitted
per fission of the isotope i. The models of S_i:

  HMVE      Huber's (235U, 239Pu, 241Pu) and Mueller's (238U) polynomials from 2 to 8 MeV, Vogel and Engel's table below
  HMK       the same from 2 to 8 MeV, below Kopeikin's spectrum of a whole reactor, neutron capture on 238U included
  MVE       tables of Mueller from 2 to 8 MeV and of Vogel and Engel up to 1.5 MeV, joined by a line (arXiv:2202.10829)
  VE        Vogel and Engel alone: the table below 2 MeV, their formula from there to 8 MeV
  kopeikin  Kopeikin's spectrum of a whole reactor, up to 9 MeV
  bestiole  the summation spectra BESTIOLE-2023 (arXiv:2304.14992), up to 12.5 MeV

`data/reactor_flux/spectra.toml` names the papers. Nothing is emitted beyond the range of a model.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np

from .._base.data_files import DataFile
from .._base.errors import InputError, suggest
from .._base.numerics import gauss_legendre, namespace
from .._base.typing import Array, Float
from .baseline import REACTOR_CORE, Baseline
from .live_time import SECONDS_PER_DAY, LiveTime
from .source import Component, Source
from .spectrum import Continuum, Spectrum
from .tabulated import Mixture, tabulated

ISOTOPES = ("u235", "u238", "pu239", "pu241")
"""Fissile isotopes, in the order of every list of fission fractions."""
Weights = Mapping[str, float]
"""Fissions of each isotope, in any unit."""
Part = tuple[float, Spectrum]
"""Antineutrinos, and their spectrum normalised to 1."""

JOULE = 1.0 / 1.602176634e-13
"""A joule in MeV (SI)."""
SUMMATION_BIN = 0.025
"""Width of the bins of the summation spectra [MeV]."""


@dataclasses.dataclass(frozen=True)
class Exponentials:
    """The density Σ_i w_i exp(Σ_k a_ik E^k) [1/MeV] at energies E [MeV]."""

    weights: tuple[float, ...]
    coefficients: tuple[tuple[float, ...], ...]

    def __call__(self, energy: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the density."""
        xp, pairs = namespace(energy), zip(self.weights, self.coefficients, strict=True)
        parts = [weight * xp.exp(np.polynomial.polynomial.polyval(energy, terms)) for weight, terms in pairs]
        return sum(parts[1:], start=parts[0])


def _spectra() -> DataFile:
    return DataFile("reactor_flux/spectra.toml")


def _columns(data: DataFile, key: str) -> dict[str, np.ndarray]:
    """Return the columns of a table by name, units left out."""
    names = [column.partition(" ")[0] for column in data.get(f"tables.{key}.columns", list)]
    return dict(zip(names, data.table(key), strict=True))


def _exponentials(data: DataFile, keys: Mapping[str, str], weights: Weights) -> Part:
    """Return the part between 2 and 8 MeV from the coefficients at the dotted key of each isotope."""
    low, high = data.array("polynomials.range", "MeV", 2)
    powers = ["1", "1/MeV", *(f"1/MeV^{k}" for k in range(2, 6))]
    terms = []
    for isotope in ISOTOPES:
        section, _, name = keys[isotope].partition(".")
        terms.append(tuple(data.array(f"{section}.{name}", powers[: 3 if section == "vogel_engel" else 6]).tolist()))
    density = Exponentials(tuple(weights[isotope] for isotope in ISOTOPES), tuple(terms))
    edges = tuple(np.arange(low, high + 0.5).tolist())
    energy, weight = gauss_legendre(edges, 24)
    total = float(np.sum(weight * density(energy)))
    share = tuple(weight / total for weight in density.weights)
    return total, Continuum(dataclasses.replace(density, weights=share), edges)


def _huber_mueller(data: DataFile, weights: Weights) -> Part:
    keys = {isotope: f"polynomials.{'mueller' if isotope == 'u238' else 'huber'}_{isotope}" for isotope in ISOTOPES}
    return _exponentials(data, keys, weights)


def _vogel_engel_formula(data: DataFile, weights: Weights) -> Part:
    return _exponentials(data, {isotope: f"vogel_engel.{isotope}" for isotope in ISOTOPES}, weights)


def _weighted(data: DataFile, key: str, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """Return the energies of a table and Σ_i w_i S_i there."""
    table = _columns(data, key)
    first, *others = (weights[isotope] * table[isotope] for isotope in ISOTOPES)
    return table["energy"], sum(others, start=first)


def _vogel_engel_table(data: DataFile, weights: Weights) -> Part:
    return tabulated(*_weighted(data, "vogel_engel_1989", weights))


def _joined_tables(data: DataFile, weights: Weights) -> Part:
    (low, first), (high, second) = (_weighted(data, key, weights) for key in ("vogel_engel_1989", "mueller_2011"))
    below = low < high[0]
    return tabulated(np.concatenate([low[below], high]), np.concatenate([first[below], second]))


def _kopeikin(data: DataFile, weights: Weights) -> Part:
    table = _columns(data, "kopeikin_2012")
    return tabulated(table["energy"], sum(weights.values()) * table["total"])


def _kopeikin_low(data: DataFile, weights: Weights) -> Part:
    table = _columns(data, "kopeikin_2012")
    below = table["energy"] <= data.array("polynomials.range", "MeV", 2)[0]
    return tabulated(table["energy"][below], sum(weights.values()) * table["total"][below])


def _closed(energy: np.ndarray, density: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a spectrum given at the centres of bins with the outer edges of its first and last bin at 0."""
    ends = energy[0] - SUMMATION_BIN / 2.0, energy[-1] + SUMMATION_BIN / 2.0
    return np.array([max(ends[0], 0.0), *energy, ends[1]]), np.array([0.0, *density, 0.0])


def _bestiole(data: DataFile, weights: Weights) -> Part:
    return tabulated(*_closed(*_weighted(data, "bestiole_2023", weights)))


MODELS: dict[str, tuple[Callable[[DataFile, Weights], Part], ...]] = {
    "HMVE": (_vogel_engel_table, _huber_mueller),
    "HMK": (_kopeikin_low, _huber_mueller),
    "MVE": (_joined_tables,),
    "VE": (_vogel_engel_table, _vogel_engel_formula),
    "kopeikin": (_kopeikin,),
    "bestiole": (_bestiole,),
}
"""The parts of each model."""


def _captures(data: DataFile, captures: float) -> list[Part]:
    """Return the decays of 239U and 239Np that follow neutron capture on 238U."""
    table = _columns(data, "capture_2023")
    return [tabulated(*_closed(table["energy"], captures * table[isotope])) for isotope in ("u239", "np239")]


def _checked(name: str, values: Weights) -> dict[str, float]:
    if set(values) != set(ISOTOPES) or not all(math.isfinite(v) and v >= 0 for v in values.values()):
        raise InputError(f"{name}: expected a number of 0 or more for each of {', '.join(ISOTOPES)}, found {values}")
    if not sum(values.values()) > 0:
        raise InputError(f"{name}: expected a positive sum, found {values}")
    return dict(values)


def antineutrinos(model: str, fissions: Weights, captures_per_fission: float = 0.0) -> Part:
    """Return how many antineutrinos a `model` emits in `fissions` of each isotope, and their spectrum.

    With `captures_per_fission` (about 0.6 in a power reactor) those of 239U and 239Np are added. The models "HMK" and
    "kopeikin" contain them.
    """
    if model not in MODELS:
        raise InputError(f"unknown reactor spectrum '{model}'{suggest(model, MODELS)}; known: {', '.join(MODELS)}")
    data, weights = _spectra(), _checked("fissions", fissions)
    parts = [build(data, weights) for build in MODELS[model]]
    if captures_per_fission > 0:
        parts += _captures(data, captures_per_fission * sum(weights.values()))
    total = sum(number for number, _ in parts)
    if len(parts) == 1:
        return parts[0]
    return total, Mixture(tuple(spectrum for _, spectrum in parts), tuple(number / total for number, _ in parts))


def fission_fractions(values: Float[Array, "4"] | str) -> dict[str, float]:
    """Return fission fractions by isotope, from a list in the order of `ISOTOPES` or by the name of a published set."""
    if isinstance(values, str):
        values = _spectra().array(f"fission_fractions.{values}", "fraction", len(ISOTOPES))
    fractions = dict(zip(ISOTOPES, map(float, values), strict=True))
    if not math.isclose(sum(fractions.values()), 1.0, rel_tol=1e-9):
        raise InputError(f"fission fractions: expected a sum of 1, found {sum(fractions.values()):g}")
    return fractions


def fissions_of_power(
    power: float, distance: float, days: float, fractions: Weights, energies: str = "ma_2013"
) -> dict[str, float]:
    """Return the fissions of each isotope per 4πL² [1/cm²] at L = `distance` [m] of a core with `power` [GW].

    P T / (4π L² Σ f_i e_i) f_i over a live time of `days`; `energies` names the set of energies e_i per fission.
    """
    for name, value in (("power", power), ("distance", distance), ("days", days)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}: expected a positive number, found {value}")
    released = dict(zip(ISOTOPES, _spectra().array(f"energy_per_fission.{energies}", "MeV", 4), strict=True))
    mean = sum(fractions[isotope] * released[isotope] for isotope in ISOTOPES)
    total = power * 1e9 * JOULE * days * SECONDS_PER_DAY / (mean * 4.0 * math.pi * (100.0 * distance) ** 2)
    return {isotope: float(total * fractions[isotope]) for isotope in ISOTOPES}


def fissions_of_flux(
    model: str, flux: float, days: float, fractions: Weights, captures_per_fission: float = 0.0, each: bool = False
) -> dict[str, float]:
    """Return the fissions of each isotope per 4πL² [1/cm²] that make a given `flux` [1/cm²/s] over `days`.

    With `each`, the fission fractions are the shares of the isotopes in the flux, each spectrum normalised by itself
    (arXiv:2202.10829), not their shares in the fissions.
    """
    for name, value in (("flux", flux), ("days", days)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}: expected a positive number, found {value}")
    fluence = flux * days * SECONDS_PER_DAY
    if not each:
        emitted, _ = antineutrinos(model, fractions, captures_per_fission)
        return {isotope: fluence * fractions[isotope] / emitted for isotope in ISOTOPES}
    alone = {i: {other: float(other == i) for other in ISOTOPES} for i in ISOTOPES}
    return {i: fluence * fractions[i] / antineutrinos(model, alone[i], captures_per_fission)[0] for i in ISOTOPES}


def reactor(
    model: str,
    fissions: Weights,
    captures_per_fission: float = 0.0,
    distance: float | None = None,
    spread: float = REACTOR_CORE,
    live_time: LiveTime | None = None,
) -> Source:
    """Return the electron antineutrinos of a `model` at a detector, from the `fissions` per 4πL² [1/cm²].

    `distance` [m] and `spread`, the standard deviation of the distances, matter where neutrinos oscillate on the way;
    `live_time` is that of these fissions.
    """
    fluence, spectrum = antineutrinos(model, fissions, captures_per_fission)
    baseline = None if distance is None else Baseline(distance, spread)
    return Source((Component("nu_e_bar", fluence, spectrum),), baseline, live_time)
