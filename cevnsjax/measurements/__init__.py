"""The measurements, by name: factories that read ``data/`` and return a `Measurement`."""

import dataclasses
from collections.abc import Callable

from .._errors import InputError, suggest
from ..measurement import Measurement
from .coherent_csi_2021 import coherent_csi_2021
from .coherent_lar_2020 import VARIANTS as LAR_VARIANTS
from .coherent_lar_2020 import coherent_lar_2020
from .dresden_ii import VARIANTS as DRESDEN_VARIANTS
from .dresden_ii import dresden_ii
from .lz_8b import lz_8b
from .pandax4t_8b import pandax4t_8b
from .reactor_counting import conus_2024, conus_plus_2025, texono_2025
from .xenonnt_8b import xenonnt_8b

__all__ = [
    "CATALOGUE",
    "Entry",
    "coherent_csi_2021",
    "coherent_lar_2020",
    "conus_2024",
    "conus_plus_2025",
    "dresden_ii",
    "load",
    "lz_8b",
    "pandax4t_8b",
    "texono_2025",
    "xenonnt_8b",
]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One measurement of the catalogue."""

    factory: Callable[..., Measurement]
    """Takes ``variant`` and ``form_factor``."""
    variants: tuple[str, ...]
    """The first is the default, and need not be named."""
    summary: str


CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2021": Entry(
        coherent_csi_2021, ("flat", "shape"), "COHERENT CsI[Na] at the SNS, 14.6 kg, 9 × 11 bins in energy and time"
    ),
    "coherent-lar-2020": Entry(
        coherent_lar_2020, LAR_VARIANTS, "COHERENT CENNS-10 liquid argon at the SNS, 24 kg, energy, F90 and time"
    ),
    "xenonnt-8b": Entry(
        xenonnt_8b, ("all", "sr0-sr1"), "XENONnT, solar 8B neutrinos, 6.77 t·y in three runs of 3 × 3 × 3 × 3 bins"
    ),
    "pandax4t-8b": Entry(pandax4t_8b, ("counts",), "PandaX-4T, solar 8B neutrinos, counts in paired and S2-only data"),
    "lz-8b": Entry(
        lz_8b, ("equivalent",), "LZ, solar 8B neutrinos, a counting experiment equivalent to the published flux"
    ),
    "dresden-ii": Entry(
        dresden_ii, DRESDEN_VARIANTS, "Dresden-II germanium at a reactor, 2.9 kg, 130 bins of ionisation energy"
    ),
    "conus-plus-2025": Entry(conus_plus_2025, ("counts",), "CONUS+ germanium at Leibstadt, 395 ± 106 events"),
    "conus-2024": Entry(
        conus_2024, ("counts",), "CONUS germanium at Brokdorf, upper limit of twice the Standard Model"
    ),
    "texono-2025": Entry(
        texono_2025, ("counts",), "TEXONO germanium at Kuo-Sheng, upper limit of 4.7 times the Standard Model"
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
