"""A workspace of pyhf (HistFactory in JSON, schema 1.0.0; L. Heinrich et al., J. Open Source Softw. 6, 2823 (2021)).

Read without pyhf, every entry checked: channels of samples with modifiers, their observations, and what a measurement
says of the parameters.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._base.data_files import quoted
from ..._base.errors import InputError, suggest
from .described import Bins
from .json_input import number, numbers, rows, table

VERSION = "1.0.0"
"""Of pyhf's schema."""
OF_BINS = ("staterror", "shapesys", "shapefactor")
"""Modifiers with a parameter of each bin."""
TYPES = ("normfactor", "normsys", "histosys", "lumi", *OF_BINS)
SETTINGS = ("inits", "bounds", "auxdata", "factors", "sigmas", "fixed")


@dataclasses.dataclass(frozen=True)
class Modifier:
    """What moves a sample: templates or factors at ±1, or absolute uncertainties of the bins."""

    name: str
    type: str
    up: Bins | None = None
    down: Bins | None = None
    errors: Bins | None = None


@dataclasses.dataclass(frozen=True)
class Sample:
    """Expected counts of a channel, and what moves them."""

    name: str
    counts: Bins
    modifiers: tuple[Modifier, ...]

    def of_type(self, *types: str) -> tuple[Modifier, ...]:
        """Return the modifiers of some types."""
        return tuple(modifier for modifier in self.modifiers if modifier.type in types)


@dataclasses.dataclass(frozen=True)
class Region:
    """A channel with what was observed in it."""

    name: str
    observed: Bins
    samples: tuple[Sample, ...]


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a measurement says of a parameter; None, or no entry, where it is silent."""

    inits: tuple[float, ...] | None = None
    bounds: tuple[tuple[float, float], ...] | None = None
    auxdata: tuple[float, ...] | None = None
    sigmas: tuple[float, ...] | None = None
    fixed: bool = False

    def single(self, entry: str, default: Any) -> Any:
        """Return the entry of a parameter that is no vector."""
        given = getattr(self, entry)
        return default if given is None else given[0]


@dataclasses.dataclass(frozen=True)
class Workspace:
    """The channels of a workspace and a measurement of it."""

    measurement: str
    poi: str
    regions: tuple[Region, ...]
    settings: Mapping[str, Settings]


def workspace(content: Any, source: str, measurement: str | None = None) -> Workspace:
    """Return the workspace of JSON, with its only measurement or that of a name; errors begin with `source`."""
    given = table(content, source, ("channels", "observations", "measurements", "version"), ())
    if given["version"] != VERSION:
        raise InputError(f"{source}: version: expected '{VERSION}', found {quoted(given['version'])}")
    observed = _by_name(given["observations"], source, "observations", ("name", "data"))
    channels = _by_name(given["channels"], source, "channels", ("name", "samples"))
    if set(observed) != set(channels):
        odd = sorted(set(observed) ^ set(channels))[0]
        raise InputError(f"{source}: expected an observation of each channel, found '{odd}' in one of the two alone")
    regions = tuple(_region(name, entry, observed[name], source) for name, entry in channels.items())
    chosen = _measurement(given["measurements"], source, measurement)
    where = f"{source}: measurement {chosen['name']}"
    config = table(chosen["config"], where, ("poi", "parameters"), ())
    listed = config["parameters"] and _by_name(config["parameters"], where, "parameters", ("name",), SETTINGS)
    if not isinstance(config["poi"], str) or not isinstance(config["parameters"], list):
        raise InputError(f"{where}: expected a text 'poi' and a list 'parameters', found others")
    settings = {name: _settings(entry, f"{where}: parameter {name}") for name, entry in (listed or {}).items()}
    return Workspace(chosen["name"], config["poi"], regions, settings)


def _by_name(
    value: Any, source: str, key: str, needed: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Return the tables of a list by their names, which must differ."""
    made = dict[str, dict[str, Any]]()
    for k, entry in enumerate(rows(value, f"{source}: {key}")):
        entry = table(entry, f"{source}: {key}[{k}]", needed, optional)
        if not isinstance(name := entry["name"], str) or not name:
            raise InputError(f"{source}: {key}[{k}].name: expected a text, found {quoted(name)}")
        if name in made:
            raise InputError(f"{source}: {key}: expected different names, found '{name}' twice")
        made[name] = entry
    return made


def _measurement(value: Any, source: str, name: str | None) -> dict[str, Any]:
    known = _by_name(value, source, "measurements", ("name", "config"))
    if name is None and len(known) > 1:
        raise InputError(f"{source}: expected --measurement and one of {', '.join(known)}, found {len(known)} of them")
    chosen = next(iter(known)) if name is None else name
    if chosen not in known:
        found = f"'{chosen}'{suggest(chosen, known)}"
        raise InputError(f"{source}: expected a measurement of {', '.join(known)}, found {found}")
    return known[chosen]


def _region(name: str, entry: Mapping[str, Any], observed: Mapping[str, Any], source: str) -> Region:
    where = f"{source}: channel {name}"
    counts = numbers(observed["data"], f"{where}: observed")
    samples = _by_name(entry["samples"], where, "samples", ("name", "data", "modifiers"))
    return Region(name, counts, tuple(_sample(key, one, len(counts), where) for key, one in samples.items()))


def _sample(name: str, entry: Mapping[str, Any], bins: int, where: str) -> Sample:
    where = f"{where}: sample {name}"
    counts, listed = numbers(entry["data"], f"{where}: data", bins), entry["modifiers"]
    modifiers = tuple(_modifier(one, bins, where) for one in (listed if listed == [] else rows(listed, where)))
    seen = set[tuple[str, str]]()
    for modifier in modifiers:
        if (pair := (modifier.name, modifier.type)) in seen:
            raise InputError(f"{where}: expected each modifier once, found the {pair[1]} '{pair[0]}' twice")
        seen.add(pair)
    return Sample(name, counts, modifiers)


def _modifier(entry: Any, bins: int, where: str) -> Modifier:
    entry = table(entry, where, ("name", "type", "data"), ())
    name, kind, data = entry["name"], entry["type"], entry["data"]
    where = f"{where}: modifier {name}"
    if not isinstance(name, str) or kind not in TYPES:
        raise InputError(f"{where}: expected one of {', '.join(TYPES)}, which a folder carries, found {quoted(kind)}")
    if kind == "histosys":
        data = table(data, where, ("hi_data", "lo_data"), ())
        up, down = (numbers(data[key], f"{where}: {key}", bins, negative=True) for key in ("hi_data", "lo_data"))
        return Modifier(name, kind, up, down)
    if kind == "normsys":
        data = table(data, where, ("hi", "lo"), ())
        factors = [number(data[key], f"{where}: {key}") for key in ("hi", "lo")]
        if min(factors) <= 0:
            raise InputError(f"{where}: expected positive factors hi and lo, found {factors[0]:g} and {factors[1]:g}")
        return Modifier(name, kind, *(np.array([factor]) for factor in factors))
    if kind in ("staterror", "shapesys"):
        return Modifier(name, kind, errors=numbers(data, f"{where}: data", bins))
    if data is not None:
        raise InputError(f"{where}: expected no data of a {kind}, found {quoted(data)}")
    return Modifier(name, kind)


def _settings(entry: Mapping[str, Any], where: str) -> Settings:
    made = dict[str, Any]()
    for key in ("inits", "auxdata", "sigmas"):
        if key in entry:
            made[key] = tuple(numbers(entry[key], f"{where}: {key}", negative=True).tolist())
    if "bounds" in entry:
        pairs = [numbers(pair, f"{where}: bounds", 2, negative=True) for pair in rows(entry["bounds"], where)]
        made["bounds"] = tuple((float(low), float(high)) for low, high in pairs)
    if not isinstance(fixed := entry.get("fixed", False), bool):
        raise InputError(f"{where}: fixed: expected true or false, found {quoted(fixed)}")
    if "factors" in entry:
        raise InputError(f"{where}: expected no 'factors', which belong to the constraints of shapesys, found some")
    return Settings(**made, fixed=fixed)
