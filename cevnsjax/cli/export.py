"""``cevnsjax export``: a likelihood, or a scan, in the format of another program."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._base.errors import InputError
from .._base.tables import abridged
from . import options, printing
from .process import WRITTEN
from .request import MODEL, PARAMETERS, Request, with_request

if TYPE_CHECKING:
    from ..results.grid import GridResult

Names = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME_OR_FILE...",
        help="Measurements, forecasts or files that describe experiments; or a scan, or the file of a profile.",
        show_default=False,
        autocompletion=options.complete_experiment,
    ),
]


@with_request(Names, *PARAMETERS, *MODEL)
def export(
    request: Request,
    format_: Annotated[
        str | None,
        typer.Option("--format", help="pyhf, hepdata, onnx or hs3; of a scan hepdata or csv.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The file to write: .json, .onnx, .csv; of hepdata a folder.", show_default=False),
    ] = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
) -> None:
    """Write a likelihood or a scan in the format of another program, compared with the engine before."""
    from ..results.tables.exports import export_blocks

    if format_ is None:
        raise InputError("export: expected --format pyhf, hepdata, onnx or hs3, or csv of a scan")
    if out is None:
        raise InputError("export: expected --out and the name of what is written, such as --out csi.json")
    names = list(request.names or ())
    grids = [name for name in names if _is_grid(name)]
    if grids and len(names) > 1:
        raise InputError(f"export: expected a single scan or measurements, found {', '.join(names)}")
    content = _of_grid(request, format_, out, overwrite) if grids else _of_likelihood(request, format_, out, overwrite)
    WRITTEN.append(f"'{out}'")
    printing.result({**content, "seconds": {}}, json_, export_blocks)


def _is_grid(name: str) -> bool:
    from ..inference.grid.store import is_scan

    return name.endswith(".nc") or is_scan(Path(name))


def _of_grid(request: Request, form: str, out: Path, overwrite: bool) -> dict[str, Any]:
    from ..results.grid_export import check_format, check_place, export_grid

    given = [f.name for f in dataclasses.fields(request) if f.name != "names" and getattr(request, f.name) != f.default]
    if given:
        raise InputError(f"export: a scan is exported as it is, found options that change it: {abridged(given)}")
    check_format(form)
    check_place(form, out, overwrite)
    with printing.progress("exporting"):
        return export_grid(_grid(Path((request.names or [""])[0])), out, form, overwrite)


def _grid(path: Path) -> "GridResult":
    from ..joint.loading import load
    from ..results.grid import GridResult

    result = load(path)
    if not isinstance(result, GridResult):
        raise InputError(f"'{path}': expected a scan or a profile to export")
    return result


def _of_likelihood(request: Request, form: str, out: Path, overwrite: bool) -> dict[str, Any]:
    from ..exports.export import check_format, check_place

    check_format("--format", form)
    check_place(form, out, overwrite)
    arguments = request.arguments()
    likelihood = request.experiments()
    likelihood.specify(**arguments)
    with printing.progress("exporting"):
        return likelihood.export(out, form, overwrite, **arguments).as_dict()
