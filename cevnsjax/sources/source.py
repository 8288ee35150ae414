"""A source of neutrinos: for each flavour its fluence at the detector and its spectrum."""

import math

import equinox as eqx

from .._base.errors import InputError, suggest
from .._base.module import Module
from .baseline import Baseline
from .live_time import LiveTime
from .spectrum import Spectrum

FLAVOURS = ("nu_e", "nu_e_bar", "nu_mu", "nu_mu_bar", "nu_tau", "nu_tau_bar")
"""Names of the neutrinos."""


def lepton_of(flavour: str) -> str:
    """Return the charged lepton of a flavour: "e", "mu" or "tau"."""
    return flavour.split("_")[1]


def is_antineutrino(flavour: str) -> bool:
    """Return whether a flavour is one of antineutrinos."""
    return flavour.endswith("_bar")


def check_flavour(name: str, value: object) -> None:
    """Raise InputError, naming the argument, for what is no flavour of a neutrino."""
    if not isinstance(value, str) or value not in FLAVOURS:
        hint = suggest(value, FLAVOURS) if isinstance(value, str) else ""
        raise InputError(f"{name}: expected one of {', '.join(FLAVOURS)}, found {value!r}{hint}")


class Component(Module):
    """The neutrinos of a flavour."""

    flavour: str = eqx.field(static=True)
    """Name of the flavour, as in `FLAVOURS`."""
    fluence: float
    """Neutrinos per area over the exposure [1/cm²]."""
    spectrum: Spectrum
    """Spectrum, normalised to 1."""
    group: str | None = eqx.field(static=True, default=None)
    """Flavours of the same group have a strength of their own, the parameter cevns_norm_<group>."""

    def __check_init__(self) -> None:
        if self.flavour not in FLAVOURS:
            raise InputError(f"unknown flavour '{self.flavour}'; known: {', '.join(FLAVOURS)}")
        if not (math.isfinite(self.fluence) and self.fluence > 0):
            raise InputError(f"{self.flavour}: expected a positive fluence, found {self.fluence}")

    @property
    def lepton(self) -> str:
        """Return the charged lepton of the flavour: "e", "mu" or "tau"."""
        return lepton_of(self.flavour)

    @property
    def antineutrino(self) -> bool:
        """Return whether these are antineutrinos."""
        return is_antineutrino(self.flavour)


class Source(Module):
    """Neutrinos at a detector, in the order of every array with a flavour axis."""

    components: tuple[Component, ...]
    baseline: Baseline | None = None
    """Distance to the detector; None where it is not known."""
    live_time: LiveTime | None = None
    """Time in which it has its fluence; None where that is not known."""

    def __check_init__(self) -> None:
        names = self.flavours
        if not names or len(set(names)) != len(names):
            raise InputError(f"expected different flavours, found {', '.join(names) or 'none'}")

    @property
    def flavours(self) -> tuple[str, ...]:
        """Return the names of the neutrinos."""
        return tuple(component.flavour for component in self.components)

    @property
    def groups(self) -> tuple[str | None, ...]:
        """Return the group of each flavour."""
        return tuple(component.group for component in self.components)
