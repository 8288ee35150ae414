"""The measurements, by name: factories that read ``data/`` and return a `Measurement` or `Observables`."""

import dataclasses
from collections.abc import Callable

from .._errors import InputError, suggest
from ..measurement import Measurement, Observables
from .apv_cs import VARIANTS as _APV_CS
from .apv_cs import apv_cs
from .coherent_csi_2021 import coherent_csi_2021
from .crex import VARIANTS as _CREX
from .crex import crex
from .csre_cs import VARIANTS as _CSRE_CS
from .csre_cs import csre_cs
from .prex_ii import VARIANTS as _PREX_II
from .prex_ii import prex_ii

__all__ = ["CATALOGUE", "Entry", "apv_cs", "coherent_csi_2021", "crex", "csre_cs", "load", "prex_ii"]


@dataclasses.dataclass(frozen=True)
class Entry:
    """One measurement of the catalogue."""

    factory: Callable[..., Measurement | Observables]
    """Takes ``variant`` and ``form_factor``."""
    variants: tuple[str, ...]
    """The first is the default, and need not be named."""
    summary: str


CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2021": Entry(
        coherent_csi_2021, ("flat", "shape"), "COHERENT CsI[Na] at the SNS, 14.6 kg, 9 × 11 bins in energy and time"
    ),
    "apv-cs": Entry(apv_cs, _APV_CS, "parity violation in atomic caesium: its weak charge"),
    "prex-ii": Entry(prex_ii, _PREX_II, "parity-violating electron scattering on 208Pb: its weak form factor"),
    "crex": Entry(crex, _CREX, "parity-violating electron scattering on 48Ca: its weak form factor"),
    "csre-cs": Entry(csre_cs, _CSRE_CS, "proton scattering on 133Cs: its neutron radius"),
}
"""Measurements by the name that the command line uses; a variant follows after a colon."""


def load(name: str, form_factor: str = "helm") -> Measurement | Observables:
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
