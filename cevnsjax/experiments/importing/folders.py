"""Likelihoods of other formats as experiments' folders: what is called, and how a folder appears."""

import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..._base import arguments
from ..._base.errors import DataError, InputError
from ..._base.writing import cannot_write, check_folder, exists, write_folder
from ...nuclei.choice import DEFAULT as FORM_FACTOR
from ..document import Document
from ..folder import DOCUMENT, Folder
from ..reader import experiment
from ..starting import check_name
from . import histfactory, json_input
from .described import Described
from .histograms import from_histograms, from_uhi_json, is_uhi_json
from .workspace import workspace as read_workspace
from .written import MARK, files

FORMS = histfactory.FORMS


def _form(name: str, value: Any) -> None:
    """Raise InputError for another interpolation than those there are."""
    if value not in FORMS:
        raise InputError(f"{name}: expected {' or '.join(FORMS)}, found {arguments.shown(value)}")


@arguments.checked(
    out=arguments.path,
    measurement=arguments.optional(arguments.text),
    interpolation=_form,
    overwrite=arguments.switch,
)
def import_workspace(
    workspace: str | Path | Mapping[str, Any],
    out: str | Path,
    measurement: str | None = None,
    interpolation: str = "smooth",
    overwrite: bool = False,
) -> Path:
    """Write the folder of an experiment with the likelihood of a workspace of pyhf, and return its path.

    χ² of the folder is -2 ln L of pyhf up to a constant. What a folder does not carry is an error that names channel,
    sample and modifier. Format: L. Heinrich et al., J. Open Source Softw. 6, 2823 (2021), schema 1.0.0.

    Args:
        workspace: a JSON file, or what is in it.
        out: the folder to write, whose name is that of the experiment.
        measurement: the measurement of the workspace, where it has several.
        interpolation: ``smooth`` for the codes 4 and 4p, which are pyhf's default, ``piecewise`` for 1 and 0.
        overwrite: whether a folder that was imported before is replaced.

    Raises:
        InputError: for any other content, with its place; nothing is written then.

    >>> import cevnsjax as cj, tempfile
    >>> mu = {"name": "mu", "type": "normfactor", "data": None}
    >>> signal = {"name": "signal", "data": [5.0], "modifiers": [mu]}
    >>> background = {"name": "background", "data": [50.0], "modifiers": []}
    >>> counting = {
    ...     "channels": [{"name": "SR", "samples": [signal, background]}],
    ...     "observations": [{"name": "SR", "data": [53.0]}],
    ...     "measurements": [{"name": "fit", "config": {"poi": "mu", "parameters": []}}],
    ...     "version": "1.0.0",
    ... }
    >>> folder = cj.import_workspace(counting, f"{tempfile.mkdtemp()}/counting")
    >>> round(cj.Likelihood(str(folder)).fit(["mu"]).values["mu"], 6)
    0.6

    """
    content = json_input.content(Path(workspace)) if isinstance(workspace, str | Path) else workspace
    source = str(workspace) if isinstance(workspace, str | Path) else "workspace"
    return _imported(
        Path(out), overwrite, lambda name: _of_workspace(content, source, name, measurement, interpolation)
    )


def _of_workspace(content: Any, source: str, name: str, measurement: str | None, form: str) -> Described:
    given = read_workspace(content, source, measurement)
    origin = f"a workspace of pyhf, {Path(source).name}, measurement {given.measurement}"
    try:
        return histfactory.described(given, name, origin, form)
    except InputError as error:
        raise InputError(f"{source}: {error}") from None


@arguments.checked(out=arguments.path, overwrite=arguments.switch)
def import_histograms(
    out: str | Path,
    observed: Any,
    components: Mapping[str, Any],
    variations: Mapping[str, Mapping[str, Any]] | None = None,
    overwrite: bool = False,
) -> Path:
    """Write the folder of an experiment of histograms, and return its path.

    Histograms are objects of the UHI protocol (`hist.Hist`, `boost_histogram.Histogram`): `axes`, `values()`,
    `variances()`. The strength NAME_norm of a component is 1 until a fit frees it. A weighted histogram, one whose
    variances are not its values, has statistical errors, which the likelihood takes in (`template_errors`,
    arXiv:2206.12346).

    Args:
        out: the folder to write, whose name is that of the experiment.
        observed: counts in all bins.
        components: expected counts by the name of the component, on the same axes.
        variations: of a component, by the name of a parameter, the templates at +1σ and -1σ of it, a ``histosys`` of
            the smooth form; the parameter is a pull 0 ± 1, and the same in all components that it moves.
        overwrite: whether a folder that was imported before is replaced.

    Raises:
        InputError: for other axes, numbers that are not finite, negative counts, names that cannot be those of
            parameters; nothing is written then.

    >>> import boost_histogram as bh, cevnsjax as cj, tempfile
    >>> axis = bh.axis.Regular(2, 0.0, 10.0)
    >>> observed, flat = bh.Histogram(axis), bh.Histogram(axis)
    >>> observed[...], flat[...] = [12.0, 18.0], [10.0, 10.0]
    >>> folder = cj.import_histograms(f"{tempfile.mkdtemp()}/two-bins", observed, {"background": flat})
    >>> round(cj.Likelihood(str(folder)).fit(["background_norm"]).values["background_norm"], 6)
    1.5

    """
    return _imported(Path(out), overwrite, lambda name: from_histograms(name, observed, components, variations or {}))


def import_file(file: Path, out: Path, measurement: str | None, interpolation: str | None, overwrite: bool) -> Path:
    """Write the folder of a JSON file of any of the formats, and return its path."""
    content = json_input.content(file)
    if not is_uhi_json(content):
        form = FORMS[0] if interpolation is None else interpolation
        _form("interpolation", form)
        return _imported(out, overwrite, lambda name: _of_workspace(content, str(file), name, measurement, form))
    if measurement is not None or interpolation is not None:
        raise InputError(f"{file}: expected no --measurement or --interpolation of histograms, found one")
    return _imported(out, overwrite, lambda name: from_uhi_json(name, content, str(file)))


def _imported(out: Path, overwrite: bool, describe: Callable[[str], Described]) -> Path:
    """Write a folder that the reader has taken before it appears, and return its path."""
    name = out.name
    check_name(name)
    _check_place(out, overwrite)
    made = files(describe(name))
    with tempfile.TemporaryDirectory() as place:
        for file, content in made.items():
            (Path(place) / file).write_bytes(content)
        _read(Path(place), out)
    write_folder(made, out)
    return out


def _check_place(out: Path, overwrite: bool) -> None:
    """Raise InputError, before anything is read, if no folder can be written; only an imported one is replaced."""
    if exists(out):
        if not _is_imported(out):
            raise cannot_write(out, "there is something of that name, which is no folder that was imported")
        if not overwrite:
            raise cannot_write(out, "it exists already; overwrite it with --overwrite (overwrite=True in Python)")
    check_folder(out)


def _is_imported(out: Path) -> bool:
    """Return whether a folder was written by an import, with nothing else in it."""
    try:
        text = (out / DOCUMENT).read_text(encoding="utf-8") if not out.is_symlink() else ""
        names = {entry.name for entry in out.iterdir()} if text else set()
    except (OSError, ValueError):
        return False
    named = set(re.findall(r'table = "([^"]+)"', text))
    return bool(re.match(rf"# \S+{re.escape(MARK)}", text)) and names <= {DOCUMENT, *named}


def _read(place: Path, out: Path) -> None:
    """Raise InputError for a folder that the reader does not take."""
    try:
        experiment(Document((place / DOCUMENT).read_bytes(), Folder(place)), FORM_FACTOR)
    except DataError as error:
        raise InputError(str(error).replace(str(place), str(out))) from None
