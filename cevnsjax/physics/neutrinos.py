"""Sources of neutrinos by name, of a reactor and of a pion beam; their fluxes."""

from collections.abc import Sequence
from typing import Any, TypeGuard

import numpy as np

from .._base import arguments
from .._base.errors import InputError, suggest
from .._base.typing import Array, Float
from ..folding.rates import live_time
from ..measuring.measurement import Measurement
from ..sources.atmospheric import atmospheric_neutrinos
from ..sources.live_time import SECONDS_PER_DAY, LiveTime
from ..sources.pion_decay import pion_decay_at_rest
from ..sources.reactor import JOULE, fission_fractions, fissions_of_power, reactor
from ..sources.solar import KINDS, YEAR, solar_neutrinos
from ..sources.source import Component, Source, check_flavour
from .given import Numbers, in_shape, measurement_of, numbers

NATURAL = ("solar", *(f"solar:{kind}" for kind in KINDS), "atmospheric")
"""Names of the sources that belong to no measurement."""


def is_by_nature(source: Any) -> TypeGuard[str]:
    """Return whether a source is one of `NATURAL`, or meant as one."""
    return isinstance(source, str) and source.partition(":")[0] in ("solar", "atmospheric")


def check_source(name: str, value: Any) -> None:
    """Raise InputError for what is neither a source, nor a measurement, nor a name."""
    if not isinstance(value, str | Source | Measurement):
        raise InputError(f"{name}: expected a source or its name, found {arguments.shown(value)}")


@arguments.checked(source=check_source)
def neutrino_source(source: str | Source | Measurement) -> Source:
    """Return a source by its name, that of a measurement, or a source as it is.

    Args:
        source: ``solar`` (all kinds, B16-GS98), ``solar:b8`` and other kinds, ``atmospheric`` (at Kamioka), the name
            of a measurement or of a shipped forecast, the path of a description, a measurement, or a source: that of
            `reactor_source` or `pion_decay_source`, or of your own.

    Raises:
        InputError: for an unknown name, and a measurement without neutrinos.

    >>> import cevnsjax as cj
    >>> cj.physics.neutrino_source("conus-plus-2025").flavours
    ('nu_e_bar',)

    """
    if isinstance(source, Source):
        return source
    if not is_by_nature(source):
        return measurement_of("source", source).counted().source
    if source not in NATURAL:
        raise InputError(f"source: expected one of {', '.join(NATURAL)}, found '{source}'{suggest(source, NATURAL)}")
    if source == "atmospheric":
        return atmospheric_neutrinos(YEAR)
    kind = source.partition(":")[2]
    return solar_neutrinos(YEAR, (kind,) if kind else KINDS)


@arguments.checked(
    power=arguments.positive, distance=arguments.positive, model=arguments.text, captures_per_fission=arguments.number
)
def reactor_source(
    power: float,
    distance: float,
    model: str = "HMVE",
    fractions: str | Sequence[float] = "typical",
    captures_per_fission: float = 0.0,
) -> Source:
    """Return the antineutrinos of a reactor core of a thermal `power` [GW] at a `distance` [m], in a day.

    Args:
        power: thermal power [GW].
        distance: between core and detector [m].
        model: spectra per fission, ``HMVE``, ``HMK``, ``MVE``, ``VE``, ``kopeikin`` or ``bestiole``.
        fractions: shares of ²³⁵U, ²³⁸U, ²³⁹Pu and ²⁴¹Pu in the fissions, of sum 1, or the name of a published set,
            ``typical``, ``conus_2024``, ``texono`` or ``daya_bay``.
        captures_per_fission: neutron captures on ²³⁸U, whose antineutrinos are below 1.3 MeV: about 0.6 in a power
            reactor. The models ``HMK`` and ``kopeikin`` contain them.

    Raises:
        InputError: for numbers that are not positive, an unknown model, shares of another sum.

    >>> import cevnsjax as cj
    >>> source = cj.physics.reactor_source(3.6, 20.7)
    >>> f"{source.components[0].fluence / 86400:.2e}"  # 1/cm²/s
    '1.14e+13'

    """
    values = fractions if isinstance(fractions, str) else np.asarray(fractions, float)
    if isinstance(values, np.ndarray) and values.shape != (4,):
        raise InputError(f"fractions: expected 4 numbers, found {arguments.shown(fractions)}")
    fissions = fissions_of_power(power, distance, 1.0, fission_fractions(values))
    return reactor(model, fissions, captures_per_fission, distance, live_time=LiveTime(1.0))


@arguments.checked(
    power=arguments.positive,
    distance=arguments.positive,
    neutrinos_per_flavour_and_proton=arguments.positive,
    proton_energy=arguments.positive,
)
def pion_decay_source(
    power: float, distance: float, neutrinos_per_flavour_and_proton: float, proton_energy: float
) -> Source:
    """Return the neutrinos of pions and muons that decay at rest behind a proton beam, in a day of it.

    Args:
        power: power of the beam [MW].
        distance: between target and detector [m].
        neutrinos_per_flavour_and_proton: 0.09 ± 0.009 for the SNS at about 1 GeV (arXiv:2006.12659).
        proton_energy: energy of the protons [GeV].

    Raises:
        InputError: for numbers that are not positive.

    >>> import cevnsjax as cj
    >>> source = cj.physics.pion_decay_source(1.4, 20.0, 0.09, 1.0)
    >>> f"{source.components[0].fluence / 86400:.2e}"  # 1/cm²/s, each of ν_μ, ν_e and ν̄_μ
    '1.56e+07'

    """
    protons = power * 1e6 * JOULE * SECONDS_PER_DAY / (1e3 * proton_energy)
    return pion_decay_at_rest(neutrinos_per_flavour_and_proton, protons, distance, live_time=LiveTime(1.0))


def _component(source: str | Source | Measurement, flavour: str) -> tuple[Component, float]:
    """Return the neutrinos of a flavour of a source, and their flux [1/cm²/s]."""
    found = neutrino_source(source)
    if flavour not in found.flavours:
        raise InputError(f"flavour: expected one that the source has, {', '.join(found.flavours)}, found '{flavour}'")
    component = found.components[found.flavours.index(flavour)]
    days = live_time(found, source if isinstance(source, str) else "source").days
    return component, component.fluence / (days * SECONDS_PER_DAY)


@arguments.checked(source=check_source, flavour=check_flavour)
def flux(energy: Numbers, source: str | Source | Measurement, flavour: str) -> Float[Array, "..."]:
    """Return the flux dφ/dE [1/MeV/cm²/s] of a flavour at the detector, lines left out (`flux_lines`).

    Args:
        energy: neutrino energies [MeV], a number or an array; it has derivatives by them.
        source: what `neutrino_source` takes.
        flavour: one of the flavours that the source has, ``nu_e`` to ``nu_tau_bar``, as they arrive.

    Raises:
        InputError: for unknown names, a flavour that the source does not have, a source whose live time is not known.

    >>> import cevnsjax as cj
    >>> f"{cj.physics.flux(30.0, 'coherent-csi-2021', 'nu_e'):.4g}"  # at the SNS with 1.4 MW
    '5.098e+05'

    """
    component, total = _component(source, flavour)
    e = numbers("energy", energy)
    return in_shape(total * component.spectrum.continuum(in_shape(e, (-1,))), e.shape)


@arguments.checked(source=check_source, flavour=check_flavour)
def flux_lines(
    source: str | Source | Measurement, flavour: str
) -> tuple[Float[np.ndarray, " line"], Float[np.ndarray, " line"]]:
    """Return the energies [MeV] of the lines in the spectrum of a flavour, and the flux [1/cm²/s] of each.

    Two empty arrays if it has none. Arguments and errors are those of `flux`.

    >>> import cevnsjax as cj
    >>> energies, fluxes = cj.physics.flux_lines("coherent-csi-2021", "nu_mu")
    >>> [f"{value:.4g}" for value in (*energies, *fluxes)]
    ['29.79', '1.61e+07']

    """
    component, total = _component(source, flavour)
    lines = np.array(component.spectrum.lines()).reshape(-1, 2)
    return lines[:, 0], total * lines[:, 1]
