"""The measurements, by name: factories that read ``data/`` and return a `Measurement`."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

from .._base import arguments
from .._base.errors import DataError, InputError, suggest
from ..measuring.measurement import Measurement
from ..parameters.parameter import Parameter
from .apv_cs import VARIANTS as APV_VARIANTS
from .apv_cs import apv_cs
from .coherent_csi_2017 import coherent_csi_2017
from .coherent_csi_2021 import coherent_csi_2021
from .coherent_ge_mini_2024 import coherent_ge_mini_2024
from .coherent_lar_2020 import VARIANTS as LAR_VARIANTS
from .coherent_lar_2020 import coherent_lar_2020
from .crex import crex
from .csre_cs import csre_cs
from .delta_chi2 import ENDING, delta_chi2_table
from .described import described as read_description
from .described import shipped, titles
from .dresden_ii import MODELS as DRESDEN_MODELS
from .dresden_ii import OFF_MODELS as DRESDEN_OFF_MODELS
from .dresden_ii import dresden_ii, dresden_ii_off
from .lz_8b import lz_8b
from .pandax4t_8b import pandax4t_8b
from .prex_ii import VARIANTS as PREX_VARIANTS
from .prex_ii import prex_ii
from .reactor_counting import conus_2024, conus_plus_2025, texono_2025
from .xenon_er import PANDAX4T_VARIANTS as PANDAX4T_ER_VARIANTS
from .xenon_er import RUNS as LZ_ER_VARIANTS
from .xenon_er import XENONNT_VARIANTS as XENONNT_ER_VARIANTS
from .xenon_er import lz_er, pandax4t_er, xenonnt_er
from .xenonnt_8b import xenonnt_8b

__all__ = [
    "CATALOGUE",
    "Entry",
    "apv_cs",
    "coherent_csi_2017",
    "coherent_csi_2021",
    "coherent_ge_mini_2024",
    "coherent_lar_2020",
    "conus_2024",
    "conus_plus_2025",
    "crex",
    "csre_cs",
    "delta_chi2_table",
    "described",
    "dresden_ii",
    "dresden_ii_off",
    "load",
    "lz_8b",
    "lz_er",
    "pandax4t_8b",
    "pandax4t_er",
    "prex_ii",
    "resolve",
    "resolve_or_describe",
    "shipped",
    "texono_2025",
    "titles",
    "xenonnt_8b",
    "xenonnt_er",
]

DEFAULT_FORM_FACTOR = "helm"


@dataclasses.dataclass(frozen=True)
class Entry:
    """A measurement of the catalogue."""

    factory: Callable[..., Measurement]
    """Takes ``variant``, and ``form_factor`` if that can be chosen."""
    variants: tuple[str, ...]
    """The first is the default, and need not be named."""
    summary: str
    form_factor: bool = True
    """Whether its prediction has a nuclear form factor that can be chosen."""


CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2017": Entry(
        coherent_csi_2017,
        ("energy", "energy-time"),
        "COHERENT CsI[Na] at the SNS, first detection, 12 bins in energy, or 12 × 12 in energy and time",
    ),
    "coherent-csi-2021": Entry(
        coherent_csi_2021, ("flat", "shape"), "COHERENT CsI[Na] at the SNS, 14.6 kg, 9 × 11 bins in energy and time"
    ),
    "coherent-lar-2020": Entry(
        coherent_lar_2020, LAR_VARIANTS, "COHERENT CENNS-10 liquid argon at the SNS, 24 kg, energy, F90 and time"
    ),
    "coherent-ge-mini-2024": Entry(
        coherent_ge_mini_2024,
        ("grid",),
        "COHERENT Ge-Mini at the SNS, 10.7 kg, 9 × 10 bins in energy and time, beam on and off",
    ),
    "xenonnt-8b": Entry(
        xenonnt_8b, ("all", "sr0-sr1"), "XENONnT, solar 8B neutrinos, 6.77 t·y in three runs of 3 × 3 × 3 × 3 bins"
    ),
    "pandax4t-8b": Entry(pandax4t_8b, ("counts",), "PandaX-4T, solar 8B neutrinos, counts in paired and S2-only data"),
    "lz-8b": Entry(
        lz_8b, ("equivalent",), "LZ, solar 8B neutrinos, a counting experiment equivalent to the published flux"
    ),
    "lz-er": Entry(
        lz_er, LZ_ER_VARIANTS, "LZ, solar neutrinos on electrons, 19 bins from 1 to 20 keV", form_factor=False
    ),
    "xenonnt-er": Entry(
        xenonnt_er,
        XENONNT_ER_VARIANTS,
        "XENONnT, solar neutrinos on electrons, 1.16 t·y, 15 bins from 1 to 30 keV",
        form_factor=False,
    ),
    "pandax4t-er": Entry(
        pandax4t_er,
        PANDAX4T_ER_VARIANTS,
        "PandaX-4T, solar neutrinos on electrons, Run1, 29 bins from 1 to 30 keV",
        form_factor=False,
    ),
    "dresden-ii": Entry(
        dresden_ii, DRESDEN_MODELS, "Dresden-II germanium at a reactor, 2.9 kg, 130 bins of ionisation energy"
    ),
    "dresden-ii-off": Entry(dresden_ii_off, DRESDEN_OFF_MODELS, "the same detector with the reactor off, 25 days"),
    "conus-plus-2025": Entry(conus_plus_2025, ("counts",), "CONUS+ germanium at Leibstadt, 395 ± 106 events"),
    "conus-2024": Entry(
        conus_2024, ("counts",), "CONUS germanium at Brokdorf, upper limit of twice the Standard Model"
    ),
    "texono-2025": Entry(
        texono_2025, ("counts",), "TEXONO germanium at Kuo-Sheng, upper limit of 4.7 times the Standard Model"
    ),
    "apv-cs": Entry(apv_cs, APV_VARIANTS, "parity violation in atomic caesium: its weak charge", form_factor=False),
    "prex-ii": Entry(prex_ii, PREX_VARIANTS, "parity-violating electron scattering on 208Pb: its weak form factor"),
    "crex": Entry(crex, ("form-factor",), "parity-violating electron scattering on 48Ca: its weak form factor"),
    "csre-cs": Entry(csre_cs, ("radius",), "proton scattering on 133Cs: its neutron radius", form_factor=False),
}
"""Measurements by the name that the command line uses; a variant follows after a colon."""


@arguments.checked(name=arguments.text, form_factor=arguments.optional(arguments.text))
def load(name: str, form_factor: str | None = None) -> Measurement:
    """Return the measurement of a catalogue name, ``coherent-csi-2021`` or ``coherent-csi-2021:shape``.

    `form_factor` is a name of `FORM_FACTORS`, Helm's by default; raise InputError if the measurement has none.
    """
    if name.endswith(ENDING):
        if form_factor is not None:
            raise InputError(
                f"form factor: expected none, as '{name}' has no form factor to choose, found '{form_factor}'"
            )
        return delta_chi2_table(name)
    base, colon, variant = name.partition(":")
    if name in shipped() or base.endswith(".toml"):
        raise InputError(f"'{name}' holds no data to fit, but those expected: `cevnsjax forecast {name}` fits these")
    if base not in CATALOGUE:
        raise InputError(f"unknown measurement '{base}'{suggest(base, CATALOGUE)}; known: {', '.join(CATALOGUE)}")
    entry = CATALOGUE[base]
    variant = variant if colon else entry.variants[0]
    if variant not in entry.variants:
        known = ", ".join(f"{base}:{other}" for other in entry.variants)
        raise InputError(f"unknown measurement '{name}'{suggest(variant, entry.variants)}; known: {known}")
    if form_factor is not None and not entry.form_factor:
        raise InputError(f"form factor: expected none, as '{base}' has no form factor to choose, found '{form_factor}'")
    chosen = DEFAULT_FORM_FACTOR if form_factor is None else form_factor
    return entry.factory(variant=variant, **({"form_factor": chosen} if entry.form_factor else {}))


@arguments.checked(name=arguments.path, form_factor=arguments.text)
def described(name: str | Path, form_factor: str = DEFAULT_FORM_FACTOR) -> Measurement:
    """Return the experiment of a description: the name of a shipped description, or the path of a TOML file.

    A file has a name of its own, not that of a measurement or of a shipped description.
    """
    measurement = read_description(name, form_factor)
    if str(name) not in shipped() and measurement.name in (*shipped(), *CATALOGUE):
        raise DataError(
            f"{name}: name: expected one that no measurement or shipped forecast has, found '{measurement.name}'"
        )
    return measurement


def resolve(names: Sequence[str], form_factor: str | None = None) -> list[Measurement]:
    """Return the measurements of several names; raise InputError if none of them can use a given `form_factor`."""
    takes = [
        CATALOGUE[base].form_factor if (base := name.partition(":")[0]) in CATALOGUE else not name.endswith(ENDING)
        for name in names
    ]
    if form_factor is not None and not any(takes):
        raise InputError(
            f"form factor: expected none, as there is no form factor to choose in {', '.join(names)}, "
            f"found '{form_factor}'"
        )
    return [load(name, form_factor if has else None) for name, has in zip(names, takes, strict=True)]


def resolve_or_describe(names: Sequence[str], form_factor: str | None = None) -> list[Measurement]:
    """Return the measurements of several names, each also that of a shipped forecast or the path of a TOML file.

    A default or an uncertainty that a description gives a parameter which others have too holds for them all.
    """
    known = (*shipped(), *CATALOGUE)
    files = [name for name in names if name in shipped() or name.endswith(".toml")]
    for name in names:
        if name not in files and name.partition(":")[0] not in CATALOGUE and not name.endswith(ENDING):
            what = f"unknown experiment '{name}'{suggest(name, known)}"
            raise InputError(
                f"{what}; known: {', '.join(known)}, or a file that ends in .toml, "
                f"or in {ENDING} (a table of delta chi2)"
            )
    taking = [name for name in names if (base := name.partition(":")[0]) in CATALOGUE and CATALOGUE[base].form_factor]
    if form_factor is not None and not (files or taking):
        raise InputError(
            f"form factor: expected none, as there is no form factor to choose in {', '.join(names)}, "
            f"found '{form_factor}'"
        )
    measurements = [
        described(name, DEFAULT_FORM_FACTOR if form_factor is None else form_factor)
        if name in files
        else load(name, form_factor if name in taking else None)
        for name in names
    ]
    used = [measurement.name.partition(":")[0] for measurement in measurements]
    for name in used:
        if used.count(name) > 1:
            raise InputError(f"expected experiments of different names, found '{name}' more than once")
    return _agreed(
        measurements, [measurement for name, measurement in zip(names, measurements, strict=True) if name in files]
    )


def _agreed(measurements: Sequence[Measurement], descriptions: Sequence[Measurement]) -> list[Measurement]:
    """Return the `measurements` with what `descriptions` state of parameters that are common to all."""
    stated: dict[str, tuple[str, Parameter]] = {}
    for description in descriptions:
        for parameter in (p for p in description.declared if not (p.own or p.material)):
            name, other = stated.setdefault(parameter.name, (description.name, parameter))
            if other != parameter:
                raise InputError(
                    f"expected one default and uncertainty of '{parameter.name}', "
                    f"found others in '{name}' and '{description.name}'"
                )
    agreed = []
    for measurement in measurements:
        changed = {
            p.name: stated[p.name][1] for p in measurement.parameters() if p.name in stated and stated[p.name][1] != p
        }
        if changed:
            unchanged = [p for p in measurement.declared if p.name not in changed]
            measurement = dataclasses.replace(measurement, declared=(*unchanged, *changed.values()))
        agreed.append(measurement)
    return agreed
