"""What measurements have in common: names of parameters, and shared nuisances."""

import collections
import dataclasses
import itertools
from collections.abc import Sequence, Set
from functools import cache
from typing import Any

from .._base import arguments
from .._base.errors import InputError
from ..interactions.catalogue import MODELS, model
from ..interactions.combination import Combination
from ..interactions.interaction import SPIN_CHARGES, Interaction
from ..measurements import CATALOGUE, load, resolve
from ..measurements.joint_analyses import JointAnalysis, expanded
from ..measuring.measurement import Measurement, base_name
from ..parameters.parameter import Parameter, ParameterTable
from ..parameters.strengths import shared_nuisance

MOST_OWNERS = 4
"""Models or measurements that are named as those that have a parameter."""
Measurements = Sequence[Measurement]


@cache
def _owners() -> dict[str, tuple[list[str], list[str]]]:
    """Return, for every parameter of the package, the models and the measurements that have it, by default."""
    by_parameter: dict[str, tuple[list[str], list[str]]] = {}
    for kind, parts in enumerate(({n: model(n) for n in MODELS}, {n: load(n) for n in CATALOGUE})):
        for name, part in parts.items():
            for parameter in part.parameters():
                by_parameter.setdefault(parameter.name, ([], []))[kind].append(name)
    return by_parameter


def owners(name: str) -> str:
    """Return which models or measurements have a parameter, as a hint; an empty text if none has it."""
    models, measurements = _owners().get(name, ([], []))
    if models:
        return f", which the interaction {' or '.join(models[:MOST_OWNERS])} has"
    if measurements:
        return f", which {' or '.join(measurements[:MOST_OWNERS])} has"
    return ""


def check_measurements(name: str, measurements: Any) -> None:
    """Raise InputError for anything but a measurement, its name, or a list of these that is not empty."""
    if isinstance(measurements, Measurement | str):
        return
    if not isinstance(measurements, Sequence):
        raise InputError(f"{name}: expected a list of measurements, found {arguments.shown(measurements)}")
    if not measurements:
        raise InputError("expected at least one measurement, found none")
    for measurement in measurements:
        if not isinstance(measurement, Measurement | str):
            raise InputError(f"{name}: expected measurements, found {arguments.shown(measurement)}")


def find_measurements(
    measurements: Measurement | str | Sequence[Measurement | str],
) -> tuple[tuple[Measurement, ...], JointAnalysis]:
    """Return measurements, each given itself or by its name, and what the joint analyses among the names move."""
    given = (measurements,) if isinstance(measurements, Measurement | str) else tuple(measurements)
    parts = [expanded([entry]).measurements if isinstance(entry, str) else (entry,) for entry in given]
    flat = [part for entry in parts for part in entry]
    named = iter(resolve([part for part in flat if isinstance(part, str)]))
    found = tuple(next(named) if isinstance(part, str) else part for part in flat)
    return found, expanded([entry for entry in given if isinstance(entry, str)])


def takes_electrons(measurement: Measurement) -> bool:
    """Return whether electrons can be added to what the neutrinos of a measurement scatter off."""
    scattering = None if measurement.numbers else measurement.scattering
    return scattering is not None and scattering.takes_electrons


def _reached(measurement: Measurement, beyond: Interaction, combination: Combination) -> bool:
    """Return whether a model may act on what is measured: not without neutrinos, nor by spins where there are none."""
    scattering = measurement.scattering
    if scattering is None:
        read = frozenset(measurement.borrowed).union(*(stage.parameters() for stage in measurement.others))
        return not read.isdisjoint(p.name for p in beyond.parameters())
    nuclei = scattering.takes_electrons
    terms = [*(beyond.nuclear_terms() if nuclei else ())]
    terms += beyond.electron_terms() if combination.electrons or not nuclei else ()
    charges = {term.charge for term in terms}
    spinless = not any(nucleus.spin for nucleus in scattering.target.nuclides)
    return not (spinless and charges and charges <= SPIN_CHARGES)


def check_reach(measurements: Measurements, interaction: Combination) -> None:
    """Raise InputError if no model changes anything in any of the measurements."""
    pairs = [(measurement, beyond) for measurement in measurements for beyond in interaction.beyond]
    if pairs and not any(_reached(*pair, interaction) for pair in pairs):
        names = ", ".join(measurement.name for measurement in measurements)
        models = ", ".join(f"'{beyond.name}'" for beyond in interaction.beyond)
        raise InputError(f"expected a model that acts on {names}, found {models}, which changes nothing")


def check_datasets(measurements: Measurements) -> None:
    """Raise InputError for measurements of the same data."""
    datasets: dict[str, str] = {}
    for measurement in measurements:
        base, other = base_name(measurement), datasets.get(measurement.dataset)
        if other == base:
            raise InputError(f"'{base}' is named more than once: its data would count twice")
        if other is not None:
            raise InputError(f"'{other}' and '{base}' hold the same data, which would count twice")
        datasets[measurement.dataset] = base


def shares(measurement: Measurement) -> dict[str, dict[str, float]]:
    """Return, by strength, the width of each nuisance that the measurement would share with others."""
    return {strength.parameter: strength.shares() for strength in measurement.strengths if strength.shares()}


def shared_widths(measurements: Measurements) -> dict[str, float]:
    """Return the width of each nuisance that two or more of the measurements share."""
    by_nuisance: dict[str, dict[str, float]] = {}
    for measurement in measurements:
        for widths in shares(measurement).values():
            for nuisance, width in widths.items():
                by_nuisance.setdefault(nuisance, {})[measurement.name] = width
    for nuisance, users in by_nuisance.items():
        if len(set(users.values())) > 1:
            listed = ", ".join(f"{width:g} in {name}" for name, width in users.items())
            raise InputError(f"{nuisance}: expected the same width in all measurements, found {listed}")
    return {nuisance: next(iter(users.values())) for nuisance, users in by_nuisance.items() if len(users) > 1}


def own_names(measurements: Measurements, shared: Set[str]) -> tuple[dict[str, str], ...]:
    """Return, for each measurement, the name in the likelihood of its parameters that others have too but do not share.

    These are its own parameters, and those of a material that the measurements know differently, with another default
    or constraint.
    """
    parameters = [measurement.parameters(shared) for measurement in measurements]
    kinds: dict[str, set[Parameter]] = {}
    for parameter in itertools.chain(*parameters):
        kinds.setdefault(parameter.name, set()).add(parameter)
    owned = [[p.name for p in known if p.own or (p.material and len(kinds[p.name]) > 1)] for known in parameters]
    counts = collections.Counter(name for names in owned for name in names)
    return tuple(
        {name: f"{name}@{base_name(measurement)}" for name in names if counts[name] > 1}
        for measurement, names in zip(measurements, owned, strict=True)
    )


def _common_bounds(first: Parameter, second: Parameter) -> tuple[float, float]:
    """Return the bounds that two measurements have of what is common to them."""
    low, high = max(first.bounds[0], second.bounds[0]), min(first.bounds[1], second.bounds[1])
    if not low < high:
        raise InputError(f"{first.name}: expected bounds that overlap, found {first.bounds} and {second.bounds}")
    return low, high


def stated_radii(measurements: Measurements) -> dict[str, float]:
    """Return the radii of the distributions of the user's, by parameter; raise InputError where they differ."""
    stated: dict[str, float] = {}
    for measurement in (m for m in measurements if m.scattering is not None):
        for name, radius in measurement.counted().target.stated().items():
            if abs(stated.setdefault(name, radius) - radius) > 1e-9:
                raise InputError(
                    f"{name}: expected distributions of one rms radius in all measurements, "
                    f"found {stated[name]:.6g} fm and {radius:.6g} fm ({measurement.name})"
                )
    return stated


def parameter_table(measurements: Measurements, interaction: Combination) -> ParameterTable:
    """Return the parameters of the interaction, of what the measurements share, and of each measurement.

    Where measurements have another default of what is common to them (a radius), that of a distribution of the user's
    is taken, else that of the first. Bounds are those that all measurements have.
    """
    names = [measurement.name for measurement in measurements]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"expected each measurement once, found '{twice[0]}' more than once")
    widths = shared_widths(measurements)
    shared = frozenset(widths)
    parameters = {p.name: p for p in interaction.parameters()}
    parameters |= {name: shared_nuisance(name, width) for name, width in widths.items()}
    for measurement, aliases in zip(measurements, own_names(measurements, shared), strict=True):
        for parameter in measurement.parameters(shared):
            renamed = dataclasses.replace(parameter, name=aliases.get(parameter.name, parameter.name))
            first = parameters.setdefault(renamed.name, renamed)
            if dataclasses.replace(renamed, default=first.default, bounds=first.bounds) != first:
                raise InputError(
                    f"'{renamed.name}' of {measurement.name} differs from that of the measurements before it in unit, "
                    f"or constraint, not in its default alone"
                )
            parameters[renamed.name] = dataclasses.replace(first, bounds=_common_bounds(first, renamed))
    for name, default in stated_radii(measurements).items():
        parameters[name] = dataclasses.replace(parameters[name], default=default)
    table = ParameterTable(parameters.values(), interaction.check, owners)
    for measurement in measurements:
        for name in measurement.borrowed:
            table.find(name)
    return table


def users_of_shared(measurements: Measurements, shared: Set[str]) -> dict[str, list[str]]:
    """Return the nuisances that several measurements share, with the names of these."""
    users: dict[str, list[str]] = {name: [] for name in sorted(shared)}
    for measurement, aliases in zip(measurements, own_names(measurements, shared), strict=True):
        named = {nuisance for widths in shares(measurement).values() for nuisance in widths}
        common = {p.name for p in measurement.parameters(shared) if p.profiled and not p.own} - set(aliases)
        for name in sorted((named & shared) | common):
            users.setdefault(name, []).append(measurement.name)
    return {name: names for name, names in users.items() if len(names) > 1}
