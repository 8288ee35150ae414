"""What neutrinos scatter off: the nuclei of a target or the electrons of its atoms, and which a measurement sees."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .._base.constants import ELECTRON_MASS
from .._base.errors import InputError
from .._base.typing import Array, Float
from ..detectors.response import Detector
from ..interactions.combination import Combination
from ..interactions.interaction import Term, as_array
from ..interactions.kinematics import momentum_transfer
from ..interactions.process import Process
from ..interactions.structures import ELECTRON_KINEMATICS, RISING
from ..measuring.measurement import Measurement, Scattering
from ..nuclei.electrons import electron_breaks, electron_charges, electron_groups
from ..nuclei.target import Target, nuclear_charges
from ..stages.stage import Stage

MASSLESS = 1e-3
"""Mass [MeV] down to whose recoil energy the rate by something massless is followed: it rises on, without an end."""

NO_RECOIL = 1e-30
"""Recoil energy [MeV] that represents zero."""

UNSEEN = 1e-25
"""Share of recoils below which no rise of a rate towards zero makes them count."""


@dataclasses.dataclass(frozen=True)
class Scatterers:
    """What neutrinos scatter off: the nuclides of a target, or the electrons of its elements."""

    kind: str
    """"nucleus" or "electron"."""
    masses: Float[np.ndarray, " nuclide"]
    """Masses [MeV]."""
    numbers: Float[np.ndarray, " nuclide"]
    breaks: tuple[tuple[float, ...], ...]
    """Recoil energies [MeV] where the charges of each have a step."""
    charges: Callable[[Float[Array, "nuclide node"]], Mapping[str, Stage]]
    """Charges by name at recoil energies [MeV]."""
    terms: tuple[Term, ...]
    """Terms of the amplitude."""
    processes: tuple[Process, ...]
    """What happens beside elastic scattering."""
    kinematics: str
    """How exact the kinematics are, an entry of `structures.KINEMATICS`."""
    lightest: float | None = None
    """Least mass [MeV] of what is exchanged, where the rate rises towards a recoil of zero: as 1/(2MT + m²)², or as
    1/T. None where the amplitudes are smooth there."""


def nuclei(target: Target, interaction: Combination) -> Scatterers:
    """Return the nuclei of a target."""
    terms = interaction.nuclear_terms()
    masses = np.array([nucleus.mass for nucleus in target.nuclides])
    return Scatterers(
        kind="nucleus",
        masses=masses,
        numbers=target.numbers,
        breaks=((),) * len(masses),
        charges=lambda recoil: nuclear_charges(target, as_array(momentum_transfer(recoil, masses[:, None]))),
        terms=terms,
        processes=interaction.nuclear_processes(),
        kinematics=interaction.nuclear_kinematics,
        lightest=lightest_exchanged(interaction, terms),
    )


def electrons(target: Target, interaction: Combination) -> Scatterers:
    """Return the electrons of the atoms of a target."""
    groups, terms = electron_groups(target), interaction.electron_terms()
    return Scatterers(
        kind="electron",
        masses=np.full(len(groups), ELECTRON_MASS),
        numbers=np.array(list(groups.values())),
        breaks=tuple(tuple(electron_breaks(element)) for element in groups),
        charges=lambda recoil: electron_charges(target, recoil),
        terms=terms,
        processes=interaction.electron_processes(),
        kinematics=ELECTRON_KINEMATICS,
        lightest=lightest_exchanged(interaction, terms),
    )


def scatterers(measurement: Measurement, interaction: Combination) -> dict[str, tuple[Scatterers, Detector]]:
    """Return what the neutrinos of a measurement scatter off, and what sees it, by the component.

    Empty for measured numbers that no signal predicts; electrons are not added to the nuclei that others are of.
    """
    scattering, targets = measurement.scattering, dict[str, tuple[Scatterers, Detector]]()
    if scattering is None:
        return targets
    signal = measurement.components[0]
    if scattering.takes_electrons:
        targets[signal] = nuclei(scattering.target, interaction), scattering.detector
    if (interaction.electrons and not measurement.numbers) or not scattering.takes_electrons:
        detector = _electron_detector(scattering, measurement.name)
        targets["es" if targets else signal] = electrons(scattering.target, interaction), detector
    return targets


def _electron_detector(scattering: Scattering, name: str) -> Detector:
    """Return what sees recoils of electrons in the measurement of that `name`."""
    detector = scattering.detector.electrons() if scattering.takes_electrons else scattering.detector
    if detector is None:
        raise InputError(f"{name}: its release has no response to recoils of electrons")
    return detector


def lightest_exchanged(interaction: Combination, terms: Sequence[Term]) -> float | None:
    """Return the least mass [MeV] that what is exchanged may have, None if no rate rises towards zero recoil."""
    least = {parameter.name: float(parameter.bounds[0]) for parameter in interaction.parameters()}
    masses = [
        min([least[name] for name in term.propagator.names() if least[name] > 0], default=MASSLESS)
        if term.propagator is not None
        else MASSLESS
        for term in terms
        if term.propagator is not None or term.structure in RISING
    ]
    return min(masses, default=None)


def endless_rise(measurement: Measurement, interaction: Combination) -> str | None:
    """Return why the recoil integral of `measurement` diverges at zero recoil and what to do, None if it does not.

    The rate by a photon rises as 1/T², that of a kernel of `RISING` as 1/T: what is counted must fall faster.
    """
    for targets, detector in scatterers(measurement, interaction).values():
        share = float(detector.share(np.full((len(targets.masses), 1), NO_RECOIL)).max())
        photons = any(term.propagator is not None and not term.propagator.names() for term in targets.terms)
        rising = any(term.structure in RISING for term in targets.terms)
        if (rising and share > UNSEEN) or (photons and share > UNSEEN * NO_RECOIL):
            return (
                "it diverges at zero recoil: the rate rises without end, and recoils of next to no energy are counted; "
                "the detector needs a smallest energy of a signal (detector.resolution.minimum of a description)"
            )
    return None
