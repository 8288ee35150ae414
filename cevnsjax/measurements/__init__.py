"""The measurements, by name: factories that read ``data/`` and return a `Measurement`."""

import dataclasses
from collections.abc import Callable

from .._errors import InputError, suggest
from ..measurement import Measurement
from .coherent_csi_2017 import coherent_csi_2017
from .coherent_csi_2021 import coherent_csi_2021
from .coherent_ge_mini_2024 import coherent_ge_mini_2024

__all__ = ["CATALOGUE", "Entry", "coherent_csi_2017", "coherent_csi_2021", "coherent_ge_mini_2024", "load"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One measurement of the catalogue."""

    factory: Callable[..., Measurement]
    """Takes ``variant`` and ``form_factor``."""
    variants: tuple[str, ...]
    """The first is the default, and need not be named."""
    summary: str


CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2017": Entry(
        coherent_csi_2017,
        ("energy", "energy-time"),
        "COHERENT CsI[Na] at the SNS, first detection, 12 bins in energy, or 12 × 12 in energy and time",
    ),
    "coherent-csi-2021": Entry(
        coherent_csi_2021, ("flat", "shape"), "COHERENT CsI[Na] at the SNS, 14.6 kg, 9 × 11 bins in energy and time"
    ),
    "coherent-ge-mini-2024": Entry(
        coherent_ge_mini_2024,
        ("grid",),
        "COHERENT Ge-Mini at the SNS, 10.7 kg, 9 × 10 bins in energy and time, beam on and off",
    ),
}
"""Measurements by the name that the command line uses; a variant follows after a colon."""


def load(name: str, form_factor: str = "helm") -> Measurement:
    """Return the measurement of a catalogue name, ``coherent-csi-2021`` or ``coherent-csi-2021:shape``."""
    base, _, variant = name.partition(":")
    if base not in CATALOGUE:
        raise InputError(f"unknown measurement '{base}'{suggest(base, CATALOGUE)}; known: {', '.join(CATALOGUE)}")
    entry = CATALOGUE[base]
    variant = variant or entry.variants[0]
    if variant not in entry.variants:
        known = ", ".join(f"{base}:{other}" for other in entry.variants)
        raise InputError(f"unknown measurement '{name}'{suggest(variant, entry.variants)}; known: {known}")
    return entry.factory(variant=variant, form_factor=form_factor)
