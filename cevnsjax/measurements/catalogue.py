"""The shipped measurements: what each is, its variants and what to cite; its factory is imported where it is called."""

import dataclasses
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .._base.data_files import DataFile, data_root, parse_toml, read_verified
from .._base.errors import InputError, suggest

if TYPE_CHECKING:
    from ..measuring.measurement import Measurement

DEFAULT_FORM_FACTOR = "helm"
DOCUMENT = "experiment.toml"
"""Name of the document in the folder of an experiment."""
FORECASTS = "forecasts"
"""Where the shipped forecasts are, under ``data/``."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A measurement of the catalogue."""

    factory: str
    """``MODULE.FUNCTION`` of ``analyses/``; takes ``variant``, and ``form_factor`` if a form factor can be chosen.
    Empty if its folder describes it."""
    variants: tuple[str, ...]
    """The first is the default, and need not be named."""
    summary: str
    folder: str
    """Folder of its data, under ``data/``."""
    cited: tuple[str, ...] | Mapping[str, tuple[str, ...]]
    """Keys of ``[sources]`` of its data to be cited, where they differ by variant."""
    form_factor: bool = True
    """Whether its prediction has a nuclear form factor that can be chosen."""

    document: str = DOCUMENT
    """Name of the document in the folder."""

    def make(self, **arguments: Any) -> "Measurement":
        """Return the measurement."""
        if not self.factory:
            from .loading import from_folder

            return from_folder(self.folder, self.document, **arguments)
        module, _, function = self.factory.partition(".")
        return getattr(import_module(f".analyses.{module}", __package__), function)(**arguments)

    def references(self, variant: str) -> tuple[str, ...]:
        """Return what to cite for a variant, papers and data releases."""
        if not self.factory:
            content = entries_of(self.folder, self.document)
            cited = content.get("variants", {}).get(variant, {}).get("cited", content["cited"])
            return tuple(content["sources"][key] for key in cited)
        data = DataFile(f"{self.folder}/measurement.toml")
        keys = self.cited[variant] if isinstance(self.cited, Mapping) else self.cited
        return tuple(data.get(f"sources.{key}", str) for key in keys)


def entries_of(folder: str, document: str = DOCUMENT) -> dict[str, Any]:
    """Return the entries of the document of a shipped experiment, as they stand there."""
    file = f"{folder}/{document}"
    return parse_toml(read_verified(data_root(), file), data_root() / file)


def described(folder: str, document: str = DOCUMENT) -> Entry:
    """Return the entry of a measurement that is described by its folder."""
    content = entries_of(folder, document)
    names = tuple(dict.fromkeys((content["default_variant"], *content.get("variants", {}))))
    form_factor = "target" in content and content["detector"].get("recoils") != "electron"
    return Entry("", names, content["summary"], folder, (), form_factor, document)


PAPER, ANALYSIS, RELEASE = ("paper",), ("paper", "analysis"), ("paper", "release", "analysis")

CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2017": described("coherent_csi_2017"),
    "coherent-csi-2021": described("coherent_csi_2021"),
    "coherent-lar-2020": described("coherent_lar_2020"),
    "coherent-ge-mini-2024": described("coherent_ge_mini_2024"),
    "xenonnt-8b": described("xenonnt_8b"),
    "pandax4t-8b": described("pandax4t_8b"),
    "lz-8b": described("lz_8b"),
    "lz-er": described("lz_er"),
    "xenonnt-er": described("xenonnt_er"),
    "pandax4t-er": described("pandax4t_er"),
    "dresden-ii": described("dresden_ii_2022"),
    "dresden-ii-off": described("dresden_ii_2022", "off.toml"),
    "conus-plus-2025": described("conus_plus_2025"),
    "conus-2024": described("conus_2024"),
    "texono-2025": described("texono_2025"),
    "apv-cs": described("apv_cs"),
    "prex-ii": described("prex_ii"),
    "crex": described("crex"),
    "csre-cs": described("csre_cs"),
}
"""Measurements by the name that the command line uses; a variant follows after a colon."""


def find(name: str) -> tuple[Entry, str]:
    """Return the entry and the variant of a catalogue name, ``coherent-csi-2021`` or ``coherent-csi-2021:shape``."""
    base, colon, variant = name.partition(":")
    if base not in CATALOGUE:
        raise InputError(f"unknown measurement '{base}'{suggest(base, CATALOGUE)}; known: {', '.join(CATALOGUE)}")
    entry = CATALOGUE[base]
    variant = variant if colon else entry.variants[0]
    if variant not in entry.variants:
        known = ", ".join(f"{base}:{other}" for other in entry.variants)
        raise InputError(f"unknown measurement '{name}'{suggest(variant, entry.variants)}; known: {known}")
    return entry, variant


def check_variant(base: str, variant: str) -> None:
    """Raise InputError unless the measurement `base` has this variant."""
    known = CATALOGUE[base].variants
    if variant not in known:
        raise InputError(f"unknown variant '{variant}' of {base}{suggest(variant, known)}; known: {', '.join(known)}")


def full_name(base: str, variant: str) -> str:
    """Return the name of a measurement with its variant, which the default needs not."""
    return base if variant == CATALOGUE[base].variants[0] else f"{base}:{variant}"


def references(base: str, variant: str) -> tuple[str, ...]:
    """Return what to cite for the variant of a measurement."""
    return CATALOGUE[base].references(variant)


def shipped() -> tuple[str, ...]:
    """Return the names of the forecasts that come with the package."""
    return tuple(sorted(path.stem for path in (data_root() / FORECASTS).glob("*.toml")))


def forecast_entries(name: str) -> dict[str, Any]:
    """Return the entries of the document of a shipped forecast."""
    file = f"{FORECASTS}/{name}.toml"
    return parse_toml(read_verified(data_root(), file), data_root() / file)


def titles() -> dict[str, str]:
    """Return the titles of the forecasts that come with the package, by name."""
    return {name: str(forecast_entries(name)["title"]) for name in shipped()}
