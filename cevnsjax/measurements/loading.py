"""Measurements by name: those that are shipped, folders and TOML files of the user's, tables of Δχ²."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .._base import arguments
from .._base.data_files import data_root, read_bounded, read_verified
from .._base.errors import DataError, InputError, suggest
from ..experiments.document import Document
from ..experiments.folder import LARGEST_DOCUMENT, Folder
from ..experiments.reader import experiment
from ..measuring.measurement import Measurement
from ..nuclei.choice import FormFactorChoice, FormFactors, check_form_factor, form_factors
from ..parameters.parameter import Parameter
from .catalogue import DEFAULT_FORM_FACTOR, DOCUMENT, ENTRIES, FORECASTS, Entry, find, shipped
from .delta_chi2 import ENDING, delta_chi2_table
from .joint_analyses import joint_entries


@arguments.checked(name=arguments.path, form_factor=arguments.optional(check_form_factor))
def measurement(name: str | Path, form_factor: FormFactorChoice | None = None) -> Measurement:
    """Return a measurement by its name, or the experiment of a folder or a TOML file.

    Args:
        name: the name of a shipped measurement or forecast, ``coherent-csi-2021:shape``; the path of a folder with an
            ``experiment.toml``, or of such a file, with a variant after a colon; or a CSV file with a table of Δχ².
        form_factor: a name, Helm's by default, or form factors of your own by nuclide (docs/nuclei.md).

    >>> import cevnsjax as cj
    >>> cj.measurement("coherent-csi-2021").shape
    (9, 11)

    """
    (made,) = resolve([str(name)], form_factor)
    return made


@arguments.checked(name=arguments.text, form_factor=arguments.optional(check_form_factor))
def load(name: str, form_factor: FormFactorChoice | None = None) -> Measurement:
    """Return the measurement of a catalogue name, or of a table of Δχ²."""
    if name.endswith(ENDING):
        if form_factor is not None:
            raise InputError(
                f"form factor: expected none, as '{name}' has no form factor to choose, found '{form_factor}'"
            )
        return delta_chi2_table(name)
    base = name.partition(":")[0]
    if name in shipped():
        raise InputError(f"'{name}' holds no data to fit, but those expected: `cevnsjax forecast {name}` fits these")
    entry, variant = find(name)
    if form_factor is not None and not entry.form_factor:
        raise InputError(f"form factor: expected none, as '{base}' has no form factor to choose, found '{form_factor}'")
    return from_folder(entry, variant, DEFAULT_FORM_FACTOR if form_factor is None else form_factor)


def is_path(name: str) -> bool:
    """Return whether a name is that of a folder or a file of the user's, not that of what is shipped."""
    base = _without_variant(name)
    if base in ENTRIES or base in shipped():
        return False
    named = base.endswith(".toml") or ("/" in base and not base.endswith(ENDING))
    return named or _holds_document(Path(base))


def _holds_document(path: Path) -> bool:
    """Return whether a path is that of a folder of an experiment."""
    try:
        return (path / DOCUMENT).is_file()
    except OSError:  # no path at all: too long
        return False


def _without_variant(name: str) -> str:
    """Return a name or a path without the variant after its last colon."""
    base, colon, variant = name.rpartition(":")
    return base if colon and "/" not in variant and not variant.endswith(".toml") else name


def open_document(name: str | Path) -> Document:
    """Return the document of a folder, of a TOML file, or of a shipped forecast, its variants not yet chosen."""
    if str(name) in shipped():
        file = f"{FORECASTS}/{name}.toml"
        return Document(read_verified(data_root(), file), Folder(data_root() / FORECASTS, shipped=True), f"{name}.toml")
    path = Path(name)
    folder, file = (path, DOCUMENT) if _holds_document(path) else (path.parent, path.name)
    try:
        content = read_bounded(folder / file, LARGEST_DOCUMENT)
    except DataError as error:
        known = [entry for entry in shipped() if Path(name).parent == Path()]
        raise DataError(f"{error}{suggest(str(name), known)}") from None
    return Document(content, Folder(folder), file)


def from_folder(
    entry: Entry,
    variant: str,
    form_factor: FormFactorChoice = DEFAULT_FORM_FACTOR,
    binning: Mapping[str, Sequence[float | int] | np.ndarray] | None = None,
) -> Measurement:
    """Return a shipped measurement, with other edges than published along some axes."""
    form_factors(form_factor)
    data = entry_document(entry)
    if variant not in (known := variants_of(data)):
        hint = f"{suggest(variant, known)}; known: {', '.join(known)}"
        raise InputError(f"unknown variant '{variant}' of {data.text('name')}{hint}")
    called = None if variant == known[0] else f"{data.text('name')}:{variant}"
    return experiment(data.overridden("variants", variant).rebinned(binning or {}), form_factor, called)


def shipped_document(name: str) -> Document:
    """Return the document of a shipped measurement or forecast."""
    if name in shipped():
        return open_document(name)
    return entry_document(find(name)[0])


def entry_document(entry: Entry) -> Document:
    """Return the document of a shipped measurement."""
    folder = Folder(data_root() / entry.folder, shipped=True)
    return Document(folder.content(entry.document), folder, entry.document)


def variants_of(data: Document) -> tuple[str, ...]:
    """Return the variants of a document, the default first; none if it has none."""
    others = [name for name in data.names("variants")]
    default = [data.text("default_variant")] if data.has("default_variant") else []
    return tuple(dict.fromkeys((*default, *others)))


@arguments.checked(name=arguments.path, form_factor=check_form_factor)
def described(name: str | Path, form_factor: FormFactorChoice = DEFAULT_FORM_FACTOR) -> Measurement:
    """Return the experiment of a document: a folder, a TOML file, or a shipped forecast.

    It has a name of its own, not that of a measurement or of a shipped forecast.
    """
    form_factors(form_factor)
    base = _without_variant(str(name))
    data = open_document(base)
    known, variant = variants_of(data), str(name)[len(base) + 1 :]
    if variant and variant not in known:
        listed = f"; known: {', '.join(known)}" if known else ", as it has none"
        raise InputError(f"unknown variant '{variant}' of {base}{suggest(variant, known)}{listed}")
    called = None if not variant or variant == known[0] else f"{data.text('name')}:{variant}"
    found = experiment(data.overridden("variants", variant or (known[0] if known else None)), form_factor, called)
    if base in shipped():
        return found
    if found.name.partition(":")[0] in (*shipped(), *ENTRIES):
        raise DataError(
            f"{data.path}: name: expected one that no measurement or shipped forecast has, found '{found.name}'"
        )
    return dataclasses.replace(found, file=str(Path(base).absolute()) + str(name)[len(base) :])


def _has_form_factor(name: str) -> bool:
    """Return whether a form factor can be chosen for a measurement."""
    base = name.partition(":")[0]
    return ENTRIES[base].form_factor if base in ENTRIES else not name.endswith(ENDING)


def _shared(form_factor: FormFactorChoice | None) -> FormFactors | None:
    """Return form factors for several measurements, each of which takes those of its nuclides."""
    return None if form_factor is None else dataclasses.replace(form_factors(form_factor), partial=True)


def _none_to_choose(names: Sequence[str], chosen: FormFactorChoice) -> InputError:
    listed = ", ".join(names)
    return InputError(f"form factor: expected none, as there is no form factor to choose in {listed}, found '{chosen}'")


def _check_used(chosen: FormFactors | None, measurements: Sequence[Measurement]) -> None:
    """Raise InputError for form factors of nuclides that none of the measurements has, or if none takes any."""
    if chosen is None:
        return
    targets = [m.scattering.target for m in measurements if m.scattering is not None and m.scattering.takes_electrons]
    known = dict.fromkeys(nucleus.name for target in targets for nucleus in target.nuclides)
    chosen.check_used({key for target in targets for key in target.own.shapes}, known)
    if not targets:
        raise _none_to_choose([m.name for m in measurements], chosen)


def resolve(names: Sequence[str], form_factor: FormFactorChoice | None = None) -> list[Measurement]:
    """Return the measurements of several names, of shipped ones, folders and files.

    Raise InputError if none of them can use a given `form_factor`. A default or an uncertainty that a document gives a
    parameter which others have too holds for them all.
    """
    for name in names:
        base = name.partition(":")[0]
        if not (base in ENTRIES or name in shipped() or name.endswith(ENDING) or is_path(name)):
            known = (*shipped(), *ENTRIES, *joint_entries())
            if base in joint_entries():
                raise InputError(f"'{name}' is several measurements: expected a single one, or a likelihood of them")
            what = f"unknown experiment '{name}'{suggest(base, known)}"
            raise InputError(
                f"{what}; known: {', '.join(known)}, or a folder with {DOCUMENT}, a file that ends in .toml, "
                f"or in {ENDING} (a table of delta chi2)"
            )
    if form_factor is not None and not any(map(_has_form_factor, names)):
        raise _none_to_choose(names, form_factor)
    shared = _shared(form_factor)
    chosen = [shared if _has_form_factor(name) else None for name in names]
    described_names = [name for name in names if name in shipped() or is_path(name)]
    measurements = [
        described(name, DEFAULT_FORM_FACTOR if own is None else own) if name in described_names else load(name, own)
        for name, own in zip(names, chosen, strict=True)
    ]
    _check_used(shared, measurements)
    used = [found.name.partition(":")[0] for found in measurements]
    for name in used:
        if used.count(name) > 1 and described_names:
            raise InputError(f"expected experiments of different names, found '{name}' more than once")
    return _agreed(
        measurements, [found for name, found in zip(names, measurements, strict=True) if name in described_names]
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
    for found in measurements:
        changed = {p.name: stated[p.name][1] for p in found.parameters() if p.name in stated and stated[p.name][1] != p}
        if changed:
            unchanged = [p for p in found.declared if p.name not in changed]
            found = dataclasses.replace(found, declared=(*unchanged, *changed.values()))
        agreed.append(found)
    return agreed
