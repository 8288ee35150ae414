"""What the neutrinos of a measurement scatter off."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from .._base.constants import ELECTRON_MASS
from .._base.errors import InputError
from .._base.typing import Float
from ..detectors.response import Detector
from ..interactions.combination import Combination
from ..interactions.interaction import Term
from ..interactions.kinematics import momentum_transfer
from ..interactions.process import Process
from ..interactions.structures import ELECTRON_KINEMATICS, RISING
from ..measuring.measurement import Measurement, Scattering
from ..nuclei.electrons import electron_breaks, electron_charges, electron_groups
from ..nuclei.target import nuclear_charges
from ..stages.stage import Stage

MASSLESS = 1e-3
"""Mass [MeV] down to whose recoil energy the rate by something massless is followed: it rises on, without an end."""

NO_RECOIL = 1e-30
"""Recoil energy [MeV] that represents zero."""

UNSEEN = 1e-25
"""Share of recoils below which no rise of a rate towards zero makes them count."""


@dataclasses.dataclass(frozen=True)
class Scatterers:
    """What the neutrinos of a measurement scatter off: its nuclides, or the electrons of its elements."""

    kind: str
    """"nucleus" or "electron"."""
    masses: Float[np.ndarray, " nuclide"]
    """Masses [MeV]."""
    numbers: Float[np.ndarray, " nuclide"]
    breaks: tuple[tuple[float, ...], ...]
    """Recoil energies [MeV] where the charges of each have a step."""
    detector: Detector
    charges: Callable[[Float[np.ndarray, "nuclide node"]], Mapping[str, Stage]]
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


def nuclei(scattering: Scattering, interaction: Combination) -> Scatterers:
    """Return the nuclei of a target."""
    target, terms = scattering.target, interaction.nuclear_terms()
    masses = np.array([nucleus.mass for nucleus in target.nuclides])
    return Scatterers(
        kind="nucleus",
        masses=masses,
        numbers=target.numbers,
        breaks=((),) * len(masses),
        detector=scattering.detector,
        charges=lambda recoil: nuclear_charges(target, np.asarray(momentum_transfer(recoil, masses[:, None]))),
        terms=terms,
        processes=interaction.nuclear_processes(),
        kinematics=interaction.nuclear_kinematics,
        lightest=lightest_exchanged(interaction, terms),
    )


def electrons(scattering: Scattering, interaction: Combination, name: str) -> Scatterers:
    """Return the electrons of the atoms of the target of the measurement `name`."""
    detector = scattering.detector.electrons() if scattering.takes_electrons else scattering.detector
    if detector is None:
        raise InputError(f"{name}: its release has no response to recoils of electrons")
    groups, terms = electron_groups(scattering.target), interaction.electron_terms()
    return Scatterers(
        kind="electron",
        masses=np.full(len(groups), ELECTRON_MASS),
        numbers=np.array(list(groups.values())),
        breaks=tuple(tuple(electron_breaks(element)) for element in groups),
        detector=detector,
        charges=lambda recoil: electron_charges(scattering.target, recoil),
        terms=terms,
        processes=interaction.electron_processes(),
        kinematics=ELECTRON_KINEMATICS,
        lightest=lightest_exchanged(interaction, terms),
    )


def scatterers(measurement: Measurement, interaction: Combination) -> dict[str, Scatterers]:
    """Return what the neutrinos of a measurement scatter off, by the component; empty for measured numbers."""
    scattering, targets = measurement.scattering, dict[str, Scatterers]()
    if scattering is None:
        return targets
    signal = measurement.components[0]
    if scattering.takes_electrons:
        targets[signal] = nuclei(scattering, interaction)
    if interaction.electrons or not scattering.takes_electrons:
        targets["es" if targets else signal] = electrons(scattering, interaction, measurement.name)
    return targets


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
    for targets in scatterers(measurement, interaction).values():
        share = float(targets.detector.share(np.full((len(targets.masses), 1), NO_RECOIL)).max())
        photons = any(term.propagator is not None and not term.propagator.names() for term in targets.terms)
        rising = any(term.structure in RISING for term in targets.terms)
        if (rising and share > UNSEEN) or (photons and share > UNSEEN * NO_RECOIL):
            return (
                "it diverges at zero recoil: the rate rises without end, and recoils of next to no energy are counted; "
                "the detector needs a smallest energy of a signal (detector.resolution.minimum of a description)"
            )
    return None
