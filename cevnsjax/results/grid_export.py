"""A grid as others read it: a table of CSV, or a submission to HEPData."""

import csv
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.errors import InputError, suggest
from .._base.hepdata import FORM as HEPDATA
from .._base.hepdata import Column, DataTable, check_submission, submission, write_submission
from .._base.writing import check_file, replacing

if TYPE_CHECKING:
    from .grid import GridResult

CSV = "csv"
FORMATS = (HEPDATA, CSV)


def check_format(form: str) -> None:
    """Raise InputError unless `form` is a format of grids."""
    if form not in FORMATS:
        raise InputError(f"format: expected {' or '.join(FORMATS)} of a grid, found '{form}'{suggest(form, FORMATS)}")


def check_place(form: str, path: Path, overwrite: bool) -> None:
    """Raise InputError, before anything is computed, if the format cannot be written to `path`."""
    if form == HEPDATA:
        check_submission(path, overwrite)
    else:
        check_file(path, overwrite, (f".{CSV}",))


def export_grid(grid: "GridResult", path: Path, form: str, overwrite: bool = False) -> dict[str, Any]:
    """Write the grid; return what was written, the JSON of the command line."""
    check_format(form)
    check_place(form, path, overwrite)
    tables: list[DataTable] = []
    if form == HEPDATA:
        tables = grid_tables(grid)
        write_submission(submission(f"{grid.title}: {_origin(grid)}.", tables), path, overwrite)
    else:
        _write_csv(grid, path, overwrite)
    settings = grid.dataset.attrs["settings"]
    return {
        "out": str(path),
        "format": form,
        "measurements": settings["measurements"],
        "interactions": settings["interactions"],
        "parameters": [{"name": name, "unit": grid.dataset[name].attrs["units"]} for name in grid.names],
        "tables": [table.name for table in tables],
        "check": None,
        "data": grid.dataset.attrs["digest"],
        "version": grid.dataset.attrs["version"],
    }


def _origin(grid: "GridResult") -> str:
    attributes = grid.dataset.attrs
    return f"chi2 on a grid by cevnsjax {attributes['version']}, data {attributes['digest']} of the package"


def _profiled(grid: "GridResult") -> dict[str, np.ndarray]:
    """Return the parameters that were minimised over, in a row for each point."""
    names = (str(name) for name in grid.dataset.data_vars if name not in ("chi2", "converged"))
    return {name: np.asarray(grid.dataset[name]).ravel() for name in names}


def _positions(grid: "GridResult") -> list[np.ndarray]:
    """Return the values of each axis in a row for each point, the last axis fastest."""
    return [each.ravel() for each in np.meshgrid(*(axis.values for axis in grid.axes), indexing="ij")]


def _delta(grid: "GridResult") -> np.ndarray:
    """Return Δχ² from the best fit at every point, over all axes."""
    if not math.isfinite(grid.chi2_min):
        raise InputError("expected a grid with a point that is allowed, found none: there is nothing to export")
    return (grid.chi2 - grid.chi2_min).ravel()


def grid_tables(grid: "GridResult") -> list[DataTable]:
    """Return the table of Δχ², with what was profiled, and that of the best fit."""
    units = [grid.dataset[name].attrs["units"] for name in grid.names]
    columns = [
        Column(name, values, "" if unit == "1" else unit)
        for name, values, unit in zip(grid.names, _positions(grid), units, strict=True)
    ]
    profiled = [Column(name, values) for name, values in _profiled(grid).items()]
    about = f"{grid.title}. Delta chi2 from the best fit, everything else profiled; {_settings(grid)}"
    if grid.not_converged:
        about += f" At {grid.not_converged} points the minimisation did not converge."
    names = ", ".join(grid.names)
    delta = DataTable(
        f"Delta chi2 of {names}", about, tuple(columns), (Column("Delta chi2", _delta(grid)), *profiled), ("CHI2",)
    )
    best = {**grid.best, "chi2": grid.chi2_min}
    text = f"Best fit of {grid.title}, the parameters of the axes ({names}) free within their bounds."
    fit = DataTable(
        "Best fit", text, (Column("Parameter", tuple(best)),), (Column("Value", tuple(best.values())),), ("PARAMETER",)
    )
    return [delta, fit]


def _settings(grid: "GridResult") -> str:
    settings = grid.dataset.attrs["settings"]
    tied = [f"{name} = {leader}" for name, leader in settings["tied"].items()]
    constraints = [f"{name} = {centre:g} +- {width:g}" for name, (centre, width) in settings["constraints"].items()]
    return f"tied: {', '.join(tied) or 'nothing'}; constraints: {', '.join(constraints) or 'none'}."


def _write_csv(grid: "GridResult", path: Path, overwrite: bool) -> None:
    """Write a row for each point: the parameters of the axes, χ², Δχ², whether it converged, what was profiled."""
    converged = np.asarray(grid.dataset["converged"]).ravel().astype(int)
    profiled, delta = _profiled(grid), _delta(grid)
    columns = [*_positions(grid), grid.chi2.ravel(), delta, converged, *profiled.values()]
    with replacing(path, overwrite) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*grid.names, "chi2", "delta_chi2", "converged", *profiled])
        table.writerows(zip(*(column.tolist() for column in columns), strict=True))
