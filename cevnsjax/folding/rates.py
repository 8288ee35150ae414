"""Rates at recoil energies of the user's choice: dR/dT of a source on a target, before any detector.

    dR/dT (T) = 1/(m t) Σ_i N_i Σ_l Φ_l ∫ φ_l(E) dσ_l,i/dT (E, T) dE        [1/keV/kg/day]

for a target of mass m and a fluence Φ in the live time t: the recoil spectrum of the fold at the given energies, not at
the nodes of a quadrature.
"""

import numpy as np

from .._base.errors import InputError
from .._base.typing import Array, Float, Params
from ..interactions.combination import Combination
from ..interactions.kinematics import maximum_recoil
from ..measuring.measurement import Measurement
from ..nuclei.target import Target
from ..sources.live_time import LiveTime
from ..sources.source import Source
from .fold import recoil_spectrum
from .folded import Factor
from .nodes import recoil_points
from .scatterers import Scatterers, scatterers

POINTS = 241
"""Recoil energies of a spectrum that is printed or drawn."""
DECADES = 4
"""Powers of ten that they span."""


def live_time(source: Source, name: str) -> LiveTime:
    """Return the live time of a source; raise InputError, naming its owner, if it is not known."""
    if source.live_time is None:
        raise InputError(
            f"{name}: expected a source with a live time, without which there is no rate per day, found none"
        )
    return source.live_time


def differential_rate(
    source: Source,
    target: Target,
    interaction: Combination,
    targets: Scatterers,
    recoil: Float[np.ndarray, " node"],
    params: Params,
    name: str,
) -> Float[Array, "component nuclide node"]:
    """Return dR/dT [1/keV/kg/day] of each flavour of the source on each of the `targets` at energies `recoil` [MeV].

    `targets` are what of the `target` recoils, `name` is what an error calls the source.
    """
    exposure = 1e3 * target.mass * live_time(source, name).days
    points = recoil_points(recoil, targets)
    return recoil_spectrum(source, target, interaction, targets, points, name=name)(params) / exposure


def measured_rates(
    measurement: Measurement,
    interaction: Combination,
    recoil: Float[np.ndarray, " node"],
    params: Params,
    factor: Factor,
) -> dict[str, Float[np.ndarray, " node"]]:
    """Return dR/dT [1/keV/kg/day] at energies `recoil` [MeV] of the signal of a measurement, by component.

    Times the strengths of the signal (`factor`) and of groups of flavours; with electrons they are a component.
    """
    scattering = measurement.counted()
    groups = scattering.group_strengths(measurement.strengths[0].parameter)
    strengths = np.array([1.0 if name is None else params[name] for name in groups])
    rates = {}
    for component, (targets, _) in scatterers(measurement, interaction).items():
        rate = differential_rate(
            scattering.source, scattering.target, interaction, targets, recoil, params, measurement.name
        )
        rates[component] = np.asarray(factor(params) * (strengths @ rate.sum(axis=1)))
    return rates


def usual_recoils(measurement: Measurement, interaction: Combination) -> Float[np.ndarray, " node"]:
    """Return recoil energies [MeV] in equal ratios, up to the largest that the measurement may count."""
    breaks = [component.spectrum.breaks()[-1] for component in measurement.counted().source.components]
    ends = [
        min(float(maximum_recoil(max(breaks), targets.masses.min())), detector.reach())
        for targets, detector in scatterers(measurement, interaction).values()
    ]
    return max(ends) * np.logspace(-DECADES, 0.0, POINTS)
