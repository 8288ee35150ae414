"""Kinds of sources of neutrinos, and of targets."""

from collections.abc import Mapping

import numpy as np

from ..._base.errors import suggest
from ...nuclei.choice import FormFactorChoice
from ...nuclei.nuclide import nuclide
from ...nuclei.target import Target, compound_target, parse_formula, target_of
from ...sources.atmospheric import atmospheric_neutrinos
from ...sources.live_time import SECONDS_PER_DAY, LiveTime, beam_energy, live_seconds
from ...sources.pion_decay import pion_decay_at_rest
from ...sources.reactor import (
    ISOTOPES,
    JOULE,
    MODELS,
    fission_fractions,
    fissions_of_flux,
    fissions_of_power,
    reactor,
)
from ...sources.solar import KINDS, YEAR, solar_neutrinos
from ...sources.source import FLAVOURS, Component, Source
from ...sources.tabulated import tabulated
from .kind import Place, each, each_number, kind, number, numbers, text, texts

TIMES = {"h": 3600.0, "day": SECONDS_PER_DAY, "y": YEAR}
"""Seconds in the units of a live time."""
EXPOSURES = {"kg*day": 1.0, "t*y": 1000.0}
"""Kilograms in the units of an exposure, and below the time that it is of."""
EXPOSED = {"kg*day": SECONDS_PER_DAY, "t*y": YEAR}
ANCHORED = "the reactor at its power, without the anchor"
"""What a day of a rate before the detector is, where the flux has an anchor."""
TIME = "the time of the data, or target.exposure"
COHERENT = "unity"
"""A form factor that every nuclide has: with it a formula alone can be wrong."""
SHARES = 1e-6
"""How far the shares of the isotopes of an element may be from a sum of 1."""


@kind(
    "source",
    "pion-decay-at-rest",
    """\
neutrinos_per_flavour_and_proton = { value = 0.0848, unit = "1" }
protons_on_target = { value = 3.198e23, unit = "1" }
distance = { value = 19.3, unit = "m" }""",
)
class PionDecay:
    """Pions that decay at rest in the target of a spallation source: a ν_μ line, ν_e and ν̄_μ of the muon."""

    neutrinos_per_flavour_and_proton: float = number("1", "neutrinos of each flavour per proton")
    protons_on_target: float | None = number("1", "protons; or the power and energy of the beam", None)
    beam_power: float | None = number("MW", "power of the beam on the target", None)
    proton_energy: float | None = number("GeV", "kinetic energy of a proton", None)
    protons_times_mass: float | None = number("kg", "protons on target times the mass of the detector", None, wide=True)
    distance: float = number("m", "distance from the target")
    live_time: float | None = number(TIMES, "time that the beam and the detector were on", None)
    beam_energy: float | None = number(
        "GWh", "or the energy that the beam delivered, for rates per day of full power", None
    )
    energy_times_mass: float | None = number("GWh*kg", "or that times the mass of the detector", None)

    def build(self, place: Place, seconds: float | None, mass: float) -> Source:
        """Return the source."""
        return pion_decay_at_rest(
            self.neutrinos_per_flavour_and_proton,
            self._protons(place, seconds, mass),
            self.distance,
            live_time=self._live_time(seconds, mass),
        )

    def _live_time(self, seconds: float | None, mass: float) -> LiveTime | None:
        if seconds is not None:
            return live_seconds(seconds)
        energy = self.beam_energy if self.energy_times_mass is None else self.energy_times_mass / mass
        return None if energy is None else beam_energy(energy)

    def _protons(self, place: Place, seconds: float | None, mass: float) -> float:
        if self.protons_on_target is not None:
            return self.protons_on_target
        if self.protons_times_mass is not None:
            return self.protons_times_mass / mass
        expected = "protons_on_target, or beam_power and proton_energy"
        power = place.need("beam_power", self.beam_power, expected)
        energy = place.need("proton_energy", self.proton_energy, expected)
        return place.need("live_time", seconds, "the time of the beam") * power * 1e6 * JOULE / (1e3 * energy)


@kind(
    "source",
    "reactor",
    """\
model = "HMVE"
fission_fractions = { value = [0.56, 0.08, 0.3, 0.06], unit = "fraction" }
thermal_power = { value = 3.6, unit = "GW" }
distance = { value = 20.7, unit = "m" }
live_time = { value = 365, unit = "day" }""",
)
class Reactor:
    """Electron antineutrinos of a reactor."""

    model: str = text("spectrum of the fissions", among=tuple(MODELS))
    fission_fractions: np.ndarray = numbers(
        "fraction", f"shares of {', '.join(ISOTOPES)} in the fissions", negative=False
    )
    fractions_of_flux: str = text("whether the shares are those in the fissions, or in the flux", "no", ("no", "yes"))
    flux: float | None = number("1/cm^2/s", "antineutrinos at the detector; or the power and distance", None)
    thermal_power: float | None = number("GW", "thermal power of the core", None)
    distance: float | None = number("m", "distance from the core", None)
    captures_per_fission: float = number("1", "neutrons that ²³⁸U captures, for each fission", 0.0, zero=True)
    anchor: float = number("1", "factor on the flux that gives the rate which is published", 1.0)
    live_time: float | None = number(TIMES, "time of the data", None)

    def build(self, place: Place, seconds: float | None, mass: float) -> Source:
        """Return the source."""
        if self.fission_fractions.shape != (len(ISOTOPES),):
            raise place.fail("fission_fractions", f"{len(ISOTOPES)} numbers", self.fission_fractions.size)
        with place.data.at(f"{place.key}.fission_fractions"):
            fractions = fission_fractions(self.fission_fractions)
        fissions = self._fissions(place, place.need("live_time", seconds, TIME) / SECONDS_PER_DAY, fractions)
        anchored = {isotope: self.anchor * n for isotope, n in fissions.items()}
        days = place.need("live_time", seconds, TIME) / SECONDS_PER_DAY
        live_time = LiveTime(days) if self.anchor == 1.0 else LiveTime(self.anchor * days, ANCHORED)
        return reactor(self.model, anchored, self.captures_per_fission, self.distance, live_time=live_time)

    def _fissions(self, place: Place, days: float, fractions: Mapping[str, float]) -> dict[str, float]:
        if self.flux is not None:
            each_alone = self.fractions_of_flux == "yes"
            return fissions_of_flux(self.model, self.flux, days, fractions, self.captures_per_fission, each_alone)
        power = place.need("thermal_power", self.thermal_power, "{ value = a number, unit = 'GW' }")
        distance = place.need("distance", self.distance, "{ value = a number, unit = 'm' }")
        return fissions_of_power(power, distance, days, fractions)


@kind("source", "solar", """neutrinos = "b8"\nlive_time = { value = 365, unit = "day" }""")
class Solar:
    """Neutrinos of the Sun, with the flavours that arrive."""

    neutrinos: str | None = text("a reaction that makes them", None, KINDS)
    reactions: tuple[str, ...] = texts("several of them; all by default", KINDS)
    live_time: float | None = number(TIMES, "time of the data", None)

    def build(self, place: Place, seconds: float | None, mass: float) -> Source:
        """Return the source."""
        reactions = self.reactions if self.neutrinos is None else (self.neutrinos,)
        return solar_neutrinos(place.need("live_time", seconds, TIME), reactions)


@kind("source", "atmospheric", """live_time = { value = 10, unit = "y" }""")
class Atmospheric:
    """Neutrinos of the atmosphere at Kamioka."""

    live_time: float | None = number(TIMES, "time of the data", None)

    def build(self, place: Place, seconds: float | None, mass: float) -> Source:
        """Return the source."""
        return atmospheric_neutrinos(place.need("live_time", seconds, TIME))


@kind(
    "source",
    "table",
    """\
live_time = { value = 1000, unit = "day" }
energy = { value = [2, 9, 20, 30], unit = "MeV" }
flux.nu_e = { value = [0, 3e5, 1e5, 2e4], unit = "1/MeV/cm^2/s" }""",
)
class Tabulated:
    """Fluxes that are given at energies, linear between them and zero outside."""

    energy: np.ndarray = numbers("MeV", "energies of the neutrinos, increasing")
    flux: dict[str, np.ndarray] = each("1/MeV/cm^2/s", f"flux of each flavour, of {', '.join(FLAVOURS)}")
    live_time: float | None = number(TIMES, "time of the data", None)

    def build(self, place: Place, seconds: float | None, mass: float) -> Source:
        """Return the source."""
        energies = place.data.bins(f"{place.key}.energy", "MeV", negative=False)
        time = place.need("live_time", seconds, TIME)
        components = []
        for flavour, density in self.flux.items():
            if flavour not in FLAVOURS:
                raise place.fail(
                    f"flux.{flavour}", f"one of {', '.join(FLAVOURS)}", f"'{flavour}'{suggest(flavour, FLAVOURS)}"
                )
            if density.shape != energies.shape:
                raise place.fail(f"flux.{flavour}", f"{len(energies)} numbers", density.shape)
            with place.data.at(f"{place.key}.flux.{flavour}"):
                flux, spectrum = tabulated(energies, density)
            components.append(Component(flavour, flux * time, spectrum))
        if not components:
            raise place.fail("flux", f"the flux of one of {', '.join(FLAVOURS)} or more", "none")
        return Source(tuple(components), live_time=live_seconds(time))


@kind("target", "substance", """formula = "CsI"\nmass = { value = 14.6, unit = "kg" }""")
class Substance:
    """A substance by its formula or its nuclides, and how much of it there is."""

    formula: str | None = text("element symbols and numbers, like CsI or CaWO4, or nuclides, like 76Ge", None)
    nuclides: tuple[str, ...] = texts("in place of a formula: a nucleus of each in a formula unit of molar_mass", ())
    molar_mass: float | None = number("g/mol", "mass of a mole of formula units, with nuclides", None)
    mass: float | None = number("kg", "mass of the target, in the live time of the source", None)
    exposure: float | None = number(EXPOSURES, "mass times time, in place of a mass and a live time", None)
    isotopes: dict[str, float] = each_number(
        "fraction", "shares of isotopes, not as in nature", {}, zero=True, most=1.0
    )

    def build(self, place: Place, form_factor: FormFactorChoice) -> Target:
        """Return the target."""
        mass = self.amount(place)
        if self.nuclides:
            if self.molar_mass is None or self.formula is not None:
                raise place.fail("molar_mass", "molar_mass beside nuclides, and no formula", "others")
            with place.data.at(f"{place.key}.nuclides"):
                compound_target(self.nuclides, mass, self.molar_mass, COHERENT)
            return compound_target(self.nuclides, mass, self.molar_mass, form_factor)
        if self.formula is None:
            raise place.fail("formula", "a text", "no such entry")
        with place.data.at(f"{place.key}.formula"):
            target_of(self.formula, mass, COHERENT)
        return target_of(self.formula, mass, form_factor, self._isotopes(place) if self.isotopes else None)

    def amount(self, place: Place) -> float:
        """Return the mass [kg], or the exposure in kilograms and the time that `unit_time` gives."""
        if (self.mass is None) == (self.exposure is None):
            raise place.fail("mass", "{ value = a number, unit = 'kg' }, or an exposure", _which(self.mass))
        given = self.mass if self.exposure is None else self.exposure
        return place.need("mass", given, "a mass")

    def unit_time(self, place: Place) -> float | None:
        """Return the time [s] that the exposure is of, None for a mass."""
        return None if self.exposure is None else EXPOSED[place.data.raw(f"{place.key}.exposure")["unit"]]

    def _isotopes(self, place: Place) -> dict[str, dict[str, float]]:
        """Return the shares of isotopes by element and nuclide."""
        assert self.formula is not None
        atoms, isotopes = parse_formula(self.formula), dict[str, dict[str, float]]()
        for name, share in self.isotopes.items():
            with place.data.at(f"{place.key}.isotopes.{name}"):
                element = nuclide(name).element
            if element not in atoms:
                expected = f"an isotope of an element of {self.formula} that has no mass number there"
                raise place.fail(f"isotopes.{name}", expected, f"'{name}'")
            isotopes.setdefault(element, {})[name] = share
        for shares in isotopes.values():
            if abs(sum(shares.values()) - 1.0) > SHARES:
                raise place.fail("isotopes", f"a sum of 1 of {', '.join(shares)}", f"{sum(shares.values()):.6g}")
        return isotopes


def _which(mass: float | None) -> str:
    return "no such entry" if mass is None else "both"
