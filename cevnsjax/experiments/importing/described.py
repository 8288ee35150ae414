"""An experiment of templates as it is imported, before it is written: channels, components, parameters."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..._base.errors import InputError
from ..._base.typing import Float
from ..template_counts import NAME

Bins = Float[np.ndarray, " bin"]
"""Numbers of all bins of a channel, the last axis fastest."""


@dataclasses.dataclass(frozen=True)
class Variation:
    """How a parameter moves a template."""

    parameter: str
    kind: str
    """``histosys``, with templates at ±1, or ``normsys``, with factors."""
    up: Bins
    down: Bins
    form: str = "smooth"


@dataclasses.dataclass(frozen=True)
class Component:
    """A component of a channel."""

    name: str
    counts: Bins
    factors: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    variations: tuple[Variation, ...] = ()
    errors: Bins | None = None
    """Relative statistical errors of the template."""


@dataclasses.dataclass(frozen=True)
class OwnParameter:
    """An entry of ``[parameters]``: its kind, numbers, or numbers of each bin, and what it is in words."""

    name: str
    kind: str
    numbers: Mapping[str, float]
    text: str = ""
    of_bins: Mapping[str, Bins] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Channel:
    """What is counted in the bins of some axes."""

    name: str
    axes: Mapping[str, np.ndarray]
    """Edges of the bins along each axis, by name with unit: ``energy [keV]``."""
    observed: Bins
    components: tuple[Component, ...]
    parameters: tuple[OwnParameter, ...] = ()
    """Those of its bins."""
    text: str = ""


@dataclasses.dataclass(frozen=True)
class Described:
    """An experiment of templates."""

    name: str
    origin: str
    """What it was imported from, in words."""
    channels: tuple[Channel, ...]
    parameters: tuple[OwnParameter, ...] = ()


def own_name(name: Any, where: str) -> str:
    """Return a name of letters, digits and underscores for another; raise InputError if it has no letter first."""
    made = re.sub(r"[^A-Za-z0-9_]", "_", name) if isinstance(name, str) else ""
    if not re.fullmatch(NAME, made):
        raise InputError(f"{where}: expected a name that begins with a letter, found {name!r:.80}")
    return made


def own_names(names: Iterable[str], where: str) -> dict[str, str]:
    """Return the name that each of several is given; raise InputError for two that become the same."""
    made, origin = dict[str, str](), dict[str, str]()
    for name in dict.fromkeys(names):
        made[name] = own_name(name, where)
        if (other := origin.setdefault(made[name].lower(), name)) != name:
            raise InputError(f"{where}: expected names of different letters and digits, found '{other}' and '{name}'")
    return made
