"""The shipped experiments: what each is, its variants and what to cite, from the document in its folder."""

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from .._base.data_files import data_root, parse_toml, read_verified
from .._base.errors import InputError, suggest

DEFAULT_FORM_FACTOR = "helm"
DOCUMENT = "experiment.toml"
"""Name of the document in the folder of an experiment."""
FORECASTS = "forecasts"
"""Where the shipped forecasts are, under ``data/``."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A measurement of the catalogue."""

    folder: str
    """Folder of its data, under ``data/``."""
    document: str = DOCUMENT
    """Name of its document there."""

    @cached_property
    def content(self) -> Mapping[str, Any]:
        """Return the entries of its document, as they stand there."""
        file = f"{self.folder}/{self.document}"
        return parse_toml(read_verified(data_root(), file), data_root() / file)

    @property
    def summary(self) -> str:
        """Return what it is, in a line."""
        return self.content["summary"]

    @property
    def variants(self) -> tuple[str, ...]:
        """Return its variants; the first is the default, and need not be named."""
        return tuple(dict.fromkeys((self.content["default_variant"], *self.content.get("variants", {}))))

    @property
    def form_factor(self) -> bool:
        """Return whether its prediction has a nuclear form factor that can be chosen."""
        return "target" in self.content and self.content["detector"].get("recoils") != "electron"

    def references(self, variant: str) -> tuple[str, ...]:
        """Return what to cite for a variant, papers and data releases."""
        own = self.content.get("variants", {}).get(variant, {})
        return tuple(self.content["sources"][key] for key in own.get("cited", self.content["cited"]))


CATALOGUE: dict[str, Entry] = {
    "coherent-csi-2017": Entry("coherent_csi_2017"),
    "coherent-csi-2021": Entry("coherent_csi_2021"),
    "coherent-lar-2020": Entry("coherent_lar_2020"),
    "coherent-ge-mini-2024": Entry("coherent_ge_mini_2024"),
    "xenonnt-8b": Entry("xenonnt_8b"),
    "pandax4t-8b": Entry("pandax4t_8b"),
    "lz-8b": Entry("lz_8b"),
    "lz-er": Entry("lz_er"),
    "xenonnt-er": Entry("xenonnt_er"),
    "pandax4t-er": Entry("pandax4t_er"),
    "dresden-ii": Entry("dresden_ii_2022"),
    "dresden-ii-off": Entry("dresden_ii_2022", "off.toml"),
    "conus-plus-2025": Entry("conus_plus_2025"),
    "conus-2024": Entry("conus_2024"),
    "texono-2025": Entry("texono_2025"),
    "apv-cs": Entry("apv_cs"),
    "apv-pb": Entry("apv_pb"),
    "prex-ii": Entry("prex_ii"),
    "crex": Entry("crex"),
    "csre-cs": Entry("csre_cs"),
}
"""Measurements by the name that the command line uses; a variant follows after a colon."""
RELATIONS: dict[str, Entry] = {
    "skin-cs-pb": Entry("relations", "skin-cs-pb.toml"),
    "skin-cs-i": Entry("relations", "skin-cs-i.toml"),
}
"""Relations of theory between parameters, as constraints: they stand wherever a measurement does."""
ENTRIES = CATALOGUE | RELATIONS
"""All that is found by name."""


def find(name: str) -> tuple[Entry, str]:
    """Return the entry and the variant of a catalogue name, ``coherent-csi-2021`` or ``coherent-csi-2021:shape``."""
    base, colon, variant = name.partition(":")
    if base not in ENTRIES:
        raise InputError(f"unknown measurement '{base}'{suggest(base, ENTRIES)}; known: {', '.join(ENTRIES)}")
    entry = ENTRIES[base]
    variant = variant if colon else entry.variants[0]
    if variant not in entry.variants:
        known = ", ".join(f"{base}:{other}" for other in entry.variants)
        raise InputError(f"unknown measurement '{name}'{suggest(variant, entry.variants)}; known: {known}")
    return entry, variant


def full_name(base: str, variant: str) -> str:
    """Return the name of a measurement with its variant, which the default needs not."""
    return base if variant == ENTRIES[base].variants[0] else f"{base}:{variant}"


def shipped() -> tuple[str, ...]:
    """Return the names of the forecasts that come with the package."""
    return tuple(sorted(path.stem for path in (data_root() / FORECASTS).glob("*.toml")))


def forecast_entries(name: str) -> Mapping[str, Any]:
    """Return the entries of the document of a shipped forecast."""
    return Entry(FORECASTS, f"{name}.toml").content


def titles() -> dict[str, str]:
    """Return the titles of the forecasts that come with the package, by name."""
    return {name: str(forecast_entries(name)["title"]) for name in shipped()}
