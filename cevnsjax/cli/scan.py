"""The command that scans a grid of parameters."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .._base.errors import InputError
from .._base.tables import listed
from .._base.writing import exists
from ..inference.defaults import CHUNK
from . import options, printing
from .process import WRITTEN, stops_shown
from .request import MODEL, PARAMETERS, Request, with_request


@with_request(options.Experiments, *PARAMETERS, *MODEL)
def scan(
    request: Request,
    grid: Annotated[
        list[str] | None,
        typer.Option("--grid", help="NAME=LO:HI:N or NAME=LO:HI:N:log: an axis of the grid.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="The store to write; a scan that was stopped goes on in it.", show_default=False),
    ] = None,
    chunk: Annotated[int | None, options.whole("--chunk", f"Points of a chunk, {CHUNK} by default.")] = None,
    memory: Annotated[
        str | None, typer.Option("--memory", help="Most memory for the points of a chunk, as 500MB or 2GB.")
    ] = None,
    engine: options.EngineName = "serial",
    workers: options.Workers = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Begin anew, in place of a scan that is there.")
    ] = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Scan chi2 on a grid of parameters, everything else profiled, into a store that survives being stopped."""
    from ..inference.grid.axes import parse_grid
    from ..results.tables.grid import scan_blocks

    printing.check_plot(plot)
    if out is None:
        raise InputError("scan: expected --out and the name of a store, such as --out scan.zarr")
    axes = parse_grid(grid or ())
    if not axes:
        raise InputError("scan: expected a --grid, such as --grid g_zp=1e-6:1e-2:400:log")
    most = None if memory is None else options.memory(memory)
    arguments = request.arguments()
    where = options.engine(engine, workers)
    likelihood = request.experiments()
    before = out.lstat() if exists(out) else None
    with where as chosen, printing.bar("scanning") as progress:
        try:
            with stops_shown():
                result = likelihood.scan(
                    axes, out, chunk, most, engine=chosen, progress=progress, overwrite=overwrite, **arguments
                )
        except KeyboardInterrupt as stop:
            if exists(out):
                stop.add_note(_left_by_stop(out, overwrite, before))
            raise
    WRITTEN.append(f"'{out}'")
    if result.repaired:
        printing.say(f"cevnsjax: '{out}' was damaged and is whole again: {listed(result.repaired)}")
    content = result.as_dict()
    printing.result(content, json_, scan_blocks)
    if result.converged:
        printing.draw(plot, result.plot)
    printing.exit_unless_converged(content)


def _left_by_stop(out: Path, overwrite: bool, before: os.stat_result | None) -> str:
    """Return what a scan that was stopped leaves at `out`, where `before` was when it began."""
    if overwrite and before is not None and os.path.samestat(before, out.lstat()):
        return f"nothing is kept, and '{out}' is the scan that was there"
    without = " without --overwrite" if overwrite else ""
    return f"'{out}' keeps the chunks that are done: the same command{without} goes on from there"
