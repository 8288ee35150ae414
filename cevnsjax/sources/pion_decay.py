"""Pions that decay at rest: π⁺ → μ⁺ ν_μ at once, then μ⁺ → e⁺ ν_e ν̄_μ.

Spectra, each normalised to 1 (2303.09360 section II; exact at tree level with massless electrons):
  ν_μ   a line at E = (m_π² - m_μ²) / 2 m_π = 29.79 MeV
  ν̄_μ   (64 E² / m_μ³) (3/4 - E/m_μ)    up to m_μ/2
  ν_e   (192 E² / m_μ³) (1/2 - E/m_μ)   up to m_μ/2
"""

import math
from typing import overload

from .._base.constants import CHARGED_PION_MASS, MUON_MASS
from .._base.errors import InputError
from .._base.typing import Array, Float, Scalar
from .baseline import MERCURY_TARGET, Baseline
from .live_time import LiveTime
from .source import Component, Source
from .spectrum import Continuum, Line

LINE_ENERGY = (CHARGED_PION_MASS**2 - MUON_MASS**2) / (2.0 * CHARGED_PION_MASS)
"""Energy [MeV] of the ν_μ of the pion decay."""
ENDPOINT = MUON_MASS / 2.0
"""Largest energy [MeV] of the neutrinos of the muon decay."""


@overload
def electron_neutrino_density(energy: Float[Array, "..."]) -> Float[Array, "..."]: ...
@overload
def electron_neutrino_density(energy: Scalar) -> Scalar: ...
def electron_neutrino_density(energy: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
    """Return the ν_e spectrum [1/MeV] at `energy` [MeV], for 0 ≤ E ≤ m_μ/2."""
    return 192.0 * energy**2 / MUON_MASS**3 * (0.5 - energy / MUON_MASS)


@overload
def muon_antineutrino_density(energy: Float[Array, "..."]) -> Float[Array, "..."]: ...
@overload
def muon_antineutrino_density(energy: Scalar) -> Scalar: ...
def muon_antineutrino_density(energy: Scalar | Float[Array, "..."]) -> Scalar | Float[Array, "..."]:
    """Return the ν̄_μ spectrum [1/MeV] at `energy` [MeV], for 0 ≤ E ≤ m_μ/2."""
    return 64.0 * energy**2 / MUON_MASS**3 * (0.75 - energy / MUON_MASS)


def pion_decay_at_rest(
    neutrinos_per_flavour_and_proton: float,
    protons_on_target: float,
    distance: float,
    spread: float = MERCURY_TARGET,
    live_time: LiveTime | None = None,
) -> Source:
    """Return the source with fluence r N_POT / 4πL² for r neutrinos per flavour and proton at L = `distance` [m].

    `spread` is the standard deviation [m] of the distances, `live_time` that of these protons. The ν_μ of the pion are
    the group "prompt", the ν_e and ν̄_μ of the muon the group "delayed".
    """
    for name, value in (
        ("neutrinos_per_flavour_and_proton", neutrinos_per_flavour_and_proton),
        ("protons_on_target", protons_on_target),
        ("distance", distance),
    ):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name}: expected a positive number, found {value}")
    area = 4.0 * math.pi * (100.0 * distance) ** 2
    fluence = neutrinos_per_flavour_and_proton * protons_on_target / area
    return Source(
        (
            Component("nu_mu", fluence, Line(LINE_ENERGY), "prompt"),
            Component("nu_e", fluence, Continuum(electron_neutrino_density, (0.0, ENDPOINT)), "delayed"),
            Component("nu_mu_bar", fluence, Continuum(muon_antineutrino_density, (0.0, ENDPOINT)), "delayed"),
        ),
        Baseline(distance, spread),
        live_time,
    )
