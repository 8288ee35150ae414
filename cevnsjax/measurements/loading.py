"""Measurements by name: those of the catalogue, descriptions in TOML files, tables of Δχ²."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from .._base import arguments
from .._base.errors import DataError, InputError, suggest
from ..measuring.measurement import Measurement
from ..nuclei.choice import FormFactorChoice, FormFactors, check_form_factor, form_factors
from ..parameters.parameter import Parameter
from .catalogue import CATALOGUE, DEFAULT_FORM_FACTOR, find
from .delta_chi2 import ENDING, delta_chi2_table
from .description import shipped
from .experiment import experiment


@arguments.checked(name=arguments.text, form_factor=arguments.optional(check_form_factor))
def load(name: str, form_factor: FormFactorChoice | None = None) -> Measurement:
    """Return the measurement of a catalogue name, ``coherent-csi-2021`` or ``coherent-csi-2021:shape``.

    `form_factor` is a name, Helm's by default, or form factors of your own by nuclide; raise InputError if the
    measurement has none.
    """
    if name.endswith(ENDING):
        if form_factor is not None:
            raise InputError(
                f"form factor: expected none, as '{name}' has no form factor to choose, found '{form_factor}'"
            )
        return delta_chi2_table(name)
    base = name.partition(":")[0]
    if name in shipped() or base.endswith(".toml"):
        raise InputError(f"'{name}' holds no data to fit, but those expected: `cevnsjax forecast {name}` fits these")
    entry, variant = find(name)
    if form_factor is not None and not entry.form_factor:
        raise InputError(f"form factor: expected none, as '{base}' has no form factor to choose, found '{form_factor}'")
    chosen = DEFAULT_FORM_FACTOR if form_factor is None else form_factor
    return entry.make(variant=variant, **({"form_factor": chosen} if entry.form_factor else {}))


@arguments.checked(name=arguments.path, form_factor=check_form_factor)
def described(name: str | Path, form_factor: FormFactorChoice = DEFAULT_FORM_FACTOR) -> Measurement:
    """Return the experiment of a description: the name of a shipped description, or the path of a TOML file.

    A file has a name of its own, not that of a measurement or of a shipped description.
    """
    measurement = experiment(name, form_factor)
    if str(name) not in shipped() and measurement.name in (*shipped(), *CATALOGUE):
        raise DataError(
            f"{name}: name: expected one that no measurement or shipped forecast has, found '{measurement.name}'"
        )
    return measurement


def _shared(form_factor: FormFactorChoice | None) -> FormFactors | None:
    """Return form factors for several measurements, each of which takes those of its nuclides."""
    return None if form_factor is None else dataclasses.replace(form_factors(form_factor), partial=True)


def _check_used(chosen: FormFactors | None, measurements: Sequence[Measurement]) -> None:
    """Raise InputError for form factors of nuclides that none of the measurements has."""
    targets = [m.scattering.target for m in measurements if m.scattering is not None and m.scattering.takes_electrons]
    if chosen is not None:
        known = dict.fromkeys(nucleus.name for target in targets for nucleus in target.nuclides)
        chosen.check_used({key for target in targets for key in target.own.shapes}, known)


def resolve(names: Sequence[str], form_factor: FormFactorChoice | None = None) -> list[Measurement]:
    """Return the measurements of several names; raise InputError if none of them can use a given `form_factor`."""
    chosen = _shared(form_factor)
    takes = [
        CATALOGUE[base].form_factor if (base := name.partition(":")[0]) in CATALOGUE else not name.endswith(ENDING)
        for name in names
    ]
    if form_factor is not None and not any(takes):
        raise InputError(
            f"form factor: expected none, as there is no form factor to choose in {', '.join(names)}, "
            f"found '{form_factor}'"
        )
    measurements = [load(name, chosen if has else None) for name, has in zip(names, takes, strict=True)]
    _check_used(chosen, measurements)
    return measurements


def resolve_or_describe(names: Sequence[str], form_factor: FormFactorChoice | None = None) -> list[Measurement]:
    """Return the measurements of several names, each also that of a shipped forecast or the path of a TOML file.

    A default or an uncertainty that a description gives a parameter which others have too holds for them all.
    """
    known, chosen = (*shipped(), *CATALOGUE), _shared(form_factor)
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
        described(name, DEFAULT_FORM_FACTOR if chosen is None else chosen)
        if name in files
        else load(name, chosen if name in taking else None)
        for name in names
    ]
    _check_used(chosen, measurements)
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
