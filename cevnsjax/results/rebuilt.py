"""The parts of a result that is read from a file: made again from their names, or handed over, and checked."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .._base import arguments
from .._base.data_files import shown
from .._base.errors import InputError
from .._base.netcdf import read_numbers
from .._base.version import __version__
from ..interactions.catalogue import model
from ..interactions.combination import Combination, combine
from ..measurements import DEFAULT_FORM_FACTOR, resolve
from ..measuring.measurement import Measurement
from .held import Held, differences, read_held, specification_of
from .record import Parts, digests

if TYPE_CHECKING:
    from ..inference.problem.specification import Specification
    from ..joint.likelihood import Likelihood

NAMES = {
    "scan": "a scan",
    "posterior": "a posterior",
    "toys": "toys",
    "feldman-cousins": "toys of Feldman and Cousins",
    "fit": "a fit",
    "profile": "a profile",
    "prediction": "a prediction",
    "cross-sections": "cross sections",
}
"""What a file holds, in words."""
ASK = "expected the likelihood that it was made with, as load(path, likelihood=…)"
LONGEST_REASON = 400
"""Letters of the reason why a file is rejected, where they are the words of the file."""
Maker = TypeVar("Maker", bound=type)
_MAKERS: list[type] = []


def makes_likelihoods(maker: Maker) -> Maker:
    """Take the class of likelihoods, which lies in a room above, to make those of files with."""
    _MAKERS.append(maker)
    return maker


def check_likelihood(name: str, value: Any) -> None:
    """Raise InputError if the argument of that name is not a likelihood."""
    if not isinstance(value, tuple(_MAKERS)):
        raise InputError(f"{name}: expected a likelihood, found {arguments.shown(value)}")


def read(path: str | Path, *kinds: str) -> Held:
    """Return what a file holds; raise InputError if it is of another kind, or made by another version."""
    held = read_held(Path(path))
    if held.kind not in kinds:
        raise InputError(f"'{path}' holds {NAMES[held.kind]}, not {NAMES[kinds[0]]}: cevnsjax.load takes either")
    if held.versions["version"] != __version__:
        raise InputError(
            f"'{path}' was made by cevnsjax {shown(held.versions['version'])}, this is {__version__}: "
            "`cevnsjax show` prints the command that makes it again"
        )
    return held


def damaged(held: Held, what: str) -> InputError:
    """Return the error of a file whose content is not what this program writes."""
    return InputError(f"'{held.path}' is damaged: its {held.kind} has no {what} that this program writes")


def part(held: Held, name: str) -> dict[str, Any]:
    """Return a part of what a file says of its result."""
    section = held.content.get(name)
    if not isinstance(section, dict):
        raise damaged(held, name)
    return section


def arrays_of(held: Held, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return arrays of a netCDF file, which must have these shapes."""
    arrays = read_numbers(held.path, list(shapes))
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise damaged(held, name)
    return arrays


def interaction_of(held: Held) -> Combination:
    """Return the models of a result, made from their names."""
    settings, made = held.settings, []
    if settings["couplings"]["scheme"] is None:
        raise InputError("its couplings are of no scheme")
    for name in settings["interactions"]:
        try:
            made.append(model(name, settings["couplings"]["scheme"]))
        except InputError:
            raise InputError(f"the model {shown(name)} is not known by name") from None
    return combine(made, settings["couplings"]["scheme"], settings["electrons"])


def _measurement(held: Held, name: str) -> list[Measurement]:
    """Return a measurement by its name or its file, with its form factor, as a list of length 1."""
    file, chosen = held.origin["files"].get(name), held.settings["form factors"].get(name)
    why = ""
    for form_factor in (chosen, None) if chosen else (None,):
        try:
            return resolve([file or name], form_factor)
        except InputError as error:
            why = shown(str(error), LONGEST_REASON) if file else f"{shown(name)} is not known by name"
    raise InputError(why)


def form_factor_items(texts: Iterable[str]) -> list[str]:
    """Return what ``--form-factor`` says of several measurements together, without what is the default."""
    return list(dict.fromkeys(item for text in texts for item in text.split(",") if item != DEFAULT_FORM_FACTOR))


def _agreed(held: Held, alone: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements as they are where descriptions say something of what they have in common."""
    names = [held.origin["files"].get(name, name) for name in held.settings["measurements"]]
    try:
        return resolve(names, ",".join(form_factor_items(held.settings["form factors"].values())) or None)
    except InputError:
        return list(alone)


def parts_of(held: Held) -> Parts:
    """Return the measurements and the models of a result, made from their names."""
    interaction = interaction_of(held)
    measurements = [measurement for name in held.settings["measurements"] for measurement in _measurement(held, name)]
    parts = Parts(tuple(measurements), interaction)
    if held.origin.get("truth") is None and len(measurements) > 1 and _others(held, parts):
        parts = Parts(tuple(_agreed(held, measurements)), interaction)
    return parts


def _others(held: Held, parts: "Likelihood | Parts") -> list[str]:
    """Return the parts that are not those of a result."""
    there, here = held.origin["digests"], digests(parts)
    return [name for name in dict.fromkeys((*there, *here)) if there.get(name) != here.get(name)]


def check_parts(held: Held, parts: "Likelihood | Parts", ask: str = ASK) -> None:
    """Raise InputError for other measurements or models than those of a result."""
    if others := _others(held, parts):
        verb = "differs" if len(others) == 1 else "differ"
        raise InputError(f"'{held.path}': {ask}: {shown(', '.join(others), LONGEST_REASON)} {verb}")


def part_of(held: Held, likelihood: "Likelihood | None") -> tuple[Measurement, Combination]:
    """Return the only measurement of a result and its models: those of a likelihood, or made from their names."""
    names = held.settings["measurements"]
    try:
        parts = parts_of(held) if likelihood is None else likelihood
    except InputError as error:
        raise InputError(f"'{held.path}': {ASK}: {error}") from None
    chosen = tuple(measurement for measurement in parts.measurements if measurement.name in names)
    if len(chosen) != 1:
        raise InputError(f"'{held.path}': {ASK}: {shown(', '.join(names))} is not in it")
    check_parts(held, Parts(chosen, parts.interaction))
    return chosen[0], parts.interaction


def likelihood_of(held: Held, likelihood: "Likelihood | None" = None) -> "Likelihood":
    """Return the likelihood of a result: that passed, else made from the names; raise InputError if it differs."""
    truth = held.origin.get("truth")
    if likelihood is None:
        (maker,) = _MAKERS
        try:
            parts = parts_of(held)
            likelihood = maker(parts.measurements, parts.interaction)
            if truth is not None:
                likelihood = likelihood.asimov(truth["values"], truth["tie"])
        except InputError as error:
            raise InputError(f"'{held.path}': {ASK}: {shown(str(error), LONGEST_REASON)}") from None
    check_parts(held, likelihood)
    try:
        different = differences(held, likelihood)
    except InputError as error:
        why = shown(str(error), LONGEST_REASON)
        raise InputError(f"'{held.path}' is damaged: its request is not valid: {why}") from None
    if different:
        raise InputError(f"'{held.path}': {ASK}: {different[0]}")
    return likelihood


def likelihood_and_specification(held: Held, likelihood: "Likelihood | None") -> "tuple[Likelihood, Specification]":
    """Return the likelihood of a result, and the specification."""
    rebuilt = likelihood_of(held, likelihood)
    return rebuilt, specification_of(held, rebuilt)
