"""Solar neutrinos: fluxes of the B16 standard solar models, spectra, and the flavours that arrive.

A ν_e made where the electron density is n_e arrives at the Earth as a ν_e with the probability (three flavours,
adiabatic conversion, the phases averaged away; Review of Particle Physics 2024, chapter 14)

    P_ee = s₁₃⁴ + c₁₃⁴ (1 + cos 2θ₁₂ cos 2θ₁₂ᵐ) / 2
    cos 2θ₁₂ᵐ = (cos 2θ₁₂ - β) / sqrt((cos 2θ₁₂ - β)² + sin² 2θ₁₂),    β = 2 √2 G_F n_e c₁₃² E / Δm²₂₁

averaged over the region where its kind of neutrino is made. The others share 1 - P_ee as c₂₃² : s₂₃² between ν_μ and
ν_τ (exact for θ₁₃ = 0). What the Earth regenerates at night is left out.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from .._base.constants import AVOGADRO, FERMI_CONSTANT, HBAR_C_CM
from .._base.data_files import DataFile
from .._base.errors import InputError, suggest
from .._base.typing import Float
from ..parameters.parameter import Gaussian, Parameter
from .baseline import SUN
from .live_time import SECONDS_PER_DAY, live_seconds
from .source import Component, Source
from .spectrum import Line, Spectrum
from .tabulated import Mixture, tabulated

MODELS = ("gs98", "agss09met")
"""The B16 models, by their composition; the first is the default."""
KINDS = ("pp", "pep", "hep", "be7", "b8", "n13", "o15", "f17")
"""Kinds of solar neutrinos, by the reaction that makes them."""
YEAR = 365.25 * SECONDS_PER_DAY
"""A Julian year [s]."""
FILE = "solar/solar.toml"


@dataclasses.dataclass(frozen=True)
class Oscillation:
    """Mixing angles and the mass splitting of solar neutrinos."""

    sin2_theta_12: float
    sin2_theta_13: float
    sin2_theta_23: float
    delta_m2_21: float
    """Δm²₂₁ [eV²]."""

    def survival(
        self, energy: Float[np.ndarray, " energy"], electron_density: Float[np.ndarray, " place"]
    ) -> Float[np.ndarray, "energy place"]:
        """Return P_ee of neutrinos of `energy` [MeV] made at an `electron_density` [mol/cm³]."""
        density = electron_density * AVOGADRO * HBAR_C_CM**3
        cos2_13 = 1.0 - self.sin2_theta_13
        matter = 2.0 * np.sqrt(2.0) * FERMI_CONSTANT * density * cos2_13 * energy[:, None] / (self.delta_m2_21 * 1e-12)
        cosine = 1.0 - 2.0 * self.sin2_theta_12
        sine2 = 1.0 - cosine**2
        in_matter = (cosine - matter) / np.sqrt((cosine - matter) ** 2 + sine2)
        return self.sin2_theta_13**2 + cos2_13**2 * 0.5 * (1.0 + cosine * in_matter)

    def shares(self, survival: Float[np.ndarray, " energy"]) -> dict[str, Float[np.ndarray, " energy"]]:
        """Return the share of each flavour at the Earth where `survival` is P_ee; they sum to 1."""
        lost = 1.0 - survival
        tau = self.sin2_theta_23 * lost
        return {"nu_e": survival, "nu_mu": lost - tau, "nu_tau": tau}


def global_fit() -> Oscillation:
    """Return the parameters of NuFIT 6.0 (arXiv:2410.05380), normal ordering."""
    data = DataFile(FILE)
    angles = (data.number(f"oscillation.sin2_theta_{pair}", "1") for pair in ("12", "13", "23"))
    return Oscillation(*angles, data.number("oscillation.delta_m2_21", "eV^2"))


def _known(word: str, value: str, values: Sequence[str]) -> None:
    if value not in values:
        raise InputError(f"unknown {word} '{value}'{suggest(value, values)}; known: {', '.join(values)}")


def solar_flux(kind: str, model: str = MODELS[0]) -> tuple[float, float]:
    """Return the flux of a kind of neutrinos at the Earth, all flavours, and its uncertainty [1/cm²/s]."""
    _known("kind of solar neutrinos", kind, KINDS)
    _known("solar model", model, MODELS)
    data, key = DataFile(FILE), f"flux_{model}.{kind}"
    return data.number(key, "1/cm^2/s"), float(data.get(f"{key}.uncertainty", float))


def survival_probability(
    kind: str, energy: Float[np.ndarray, " energy"], model: str = MODELS[0], oscillation: Oscillation | None = None
) -> Float[np.ndarray, " energy"]:
    """Return P_ee at `energy` [MeV], averaged over where the neutrinos of that kind are made."""
    _known("kind of solar neutrinos", kind, KINDS)
    _known("solar model", model, MODELS)
    _, density, *fractions = DataFile(FILE).table(f"production_{model}")
    weight = fractions[KINDS.index(kind)]
    return (oscillation or global_fit()).survival(energy, density) @ (weight / weight.sum())


def _points(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Return energies [MeV] and density [1/MeV] of a continuum; for lines, energies and their shares."""
    data = DataFile(FILE)
    if kind == "pep":
        return np.array([data.number("lines.pep", "MeV")]), np.ones(1)
    if kind == "be7":
        excited = data.number("lines.be7_excited_fraction", "fraction")
        names = ("be7_excited", "be7_ground")
        return np.array([data.number(f"lines.{name}", "MeV") for name in names]), np.array([excited, 1.0 - excited])
    energy, density, *_ = data.table(f"spectrum_{kind}")
    return energy, density / np.trapezoid(density, energy)


def solar_neutrinos(
    exposure: float,
    kinds: Sequence[str] = KINDS,
    model: str = MODELS[0],
    oscillation: Oscillation | None = None,
) -> Source:
    """Return the neutrinos of the Sun at the Earth in `exposure` [s], as ν_e, ν_μ and ν_τ.

    Spectra are linear between their published points, where they are multiplied by the share of each flavour: the sum
    of the flavours is what the Sun made.
    """
    if not (np.isfinite(exposure) and exposure > 0):
        raise InputError(f"exposure: expected a positive time in seconds, found {exposure}")
    if not kinds:
        raise InputError(f"expected at least one kind of solar neutrinos, of {', '.join(KINDS)}")
    oscillation = oscillation or global_fit()
    by_flavour: dict[str, list[tuple[float, Spectrum]]] = {"nu_e": [], "nu_mu": [], "nu_tau": []}
    for kind in kinds:
        fluence = exposure * solar_flux(kind, model)[0]
        energy, density = _points(kind)
        for flavour, share in oscillation.shares(survival_probability(kind, energy, model, oscillation)).items():
            if kind in ("pep", "be7"):
                by_flavour[flavour] += [
                    (fluence * s, Line(float(e))) for e, s in zip(energy, density * share, strict=True)
                ]
            else:
                integral, spectrum = tabulated(energy, density * share)
                by_flavour[flavour].append((fluence * integral, spectrum))
    components = []
    for flavour, parts in by_flavour.items():
        fluences = np.array([fluence for fluence, _ in parts])
        spectra = tuple(spectrum for _, spectrum in parts)
        spectrum = spectra[0] if len(spectra) == 1 else Mixture(spectra, tuple(fluences / fluences.sum()))
        components.append(Component(flavour, float(fluences.sum()), spectrum))
    return Source(tuple(components), SUN, live_seconds(exposure))


def b8_flux_norm() -> Parameter:
    """Return the parameter that scales the ⁸B flux, 1 in the model B16-GS98, with the uncertainty of that model."""
    flux, uncertainty = solar_flux("b8")
    return Parameter(
        name="b8_flux_norm",
        unit="1",
        default=1.0,
        bounds=(0.0, 20.0),
        latex=r"\Phi_{^8\mathrm{B}}",
        description=f"flux of 8B neutrinos relative to {flux:.3g} /cm²/s (B16-GS98)",
        constraint=Gaussian(1.0, uncertainty / flux),
    )
