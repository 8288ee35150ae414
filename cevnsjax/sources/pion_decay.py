"""Pions that decay at rest: π⁺ → μ⁺ ν_μ at once, then μ⁺ → e⁺ ν_e ν̄_μ.

Spectra, each normalised to 1 (2303.09360 section II; exact at tree level with massless electrons):
  ν_μ   a line at E = (m_π² - m_μ²) / 2 m_π = 29.79 MeV
  ν̄_μ   (64 E² / m_μ³) (3/4 - E/m_μ)    up to m_μ/2
  ν_e   (192 E² / m_μ³) (1/2 - E/m_μ)   up to m_μ/2
"""

import math

import equinox as eqx
import numpy as np

from .._constants import CHARGED_PION_MASS, MUON_MASS
from .._errors import InputError
from .._typing import Float
from .spectrum import Continuum, Line, Spectrum

LINE_ENERGY = (CHARGED_PION_MASS**2 - MUON_MASS**2) / (2.0 * CHARGED_PION_MASS)
"""Energy [MeV] of the ν_μ of the pion decay."""
ENDPOINT = MUON_MASS / 2.0
"""Largest energy [MeV] of the neutrinos of the muon decay."""


def electron_neutrino_density(energy: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the ν_e spectrum [1/MeV] at `energy` [MeV], for 0 ≤ E ≤ m_μ/2."""
    return 192.0 * energy**2 / MUON_MASS**3 * (0.5 - energy / MUON_MASS)


def muon_antineutrino_density(energy: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return the ν̄_μ spectrum [1/MeV] at `energy` [MeV], for 0 ≤ E ≤ m_μ/2."""
    return 64.0 * energy**2 / MUON_MASS**3 * (0.75 - energy / MUON_MASS)


class PionDecayAtRest(eqx.Module):
    """Neutrinos of pions decaying at rest, at a distance where the beam spot is a point."""

    fluence: float
    """Neutrinos of each flavour per area, over the exposure [1/cm²]."""

    @property
    def flavours(self) -> tuple[str, ...]:
        """Return the names of the neutrinos, in the order of every array with a flavour axis."""
        return ("nu_mu", "nu_e", "nu_mu_bar")

    @property
    def fluences(self) -> dict[str, float]:
        """Return the fluence of each neutrino [1/cm²]."""
        return dict.fromkeys(self.flavours, self.fluence)

    @property
    def spectra(self) -> dict[str, Spectrum]:
        """Return the spectrum of each neutrino, normalised to 1."""
        return {
            "nu_mu": Line(LINE_ENERGY),
            "nu_e": Continuum(electron_neutrino_density, (0.0, ENDPOINT)),
            "nu_mu_bar": Continuum(muon_antineutrino_density, (0.0, ENDPOINT)),
        }


def pion_decay_at_rest(
    neutrinos_per_flavour_and_proton: float, protons_on_target: float, distance: float
) -> PionDecayAtRest:
    """Return the source with fluence r N_POT / 4πL² for r neutrinos per flavour and proton at L = `distance` [m]."""
    for name, value in (
        ("neutrinos_per_flavour_and_proton", neutrinos_per_flavour_and_proton),
        ("protons_on_target", protons_on_target),
        ("distance", distance),
    ):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}: expected a positive number, found {value}")
    area = 4.0 * math.pi * (100.0 * distance) ** 2
    return PionDecayAtRest(neutrinos_per_flavour_and_proton * protons_on_target / area)
