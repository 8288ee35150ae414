"""``cevnsjax profile``: χ² against a parameter or two."""

from typing import Annotated, Any

import typer

from .._base.clock import CLOCK
from .._base.errors import InputError
from .._base.netcdf import check_netcdf
from . import keeping, options, printing
from .request import MODEL, PARAMETERS, Request, with_request


@with_request(options.Experiments, *PARAMETERS, *MODEL)
def profile(
    request: Request,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="The parameter or the two to profile, if not all that are free.")
    ] = None,
    range_: Annotated[
        list[str] | None, typer.Option("--range", help="LO:HI or NAME=LO:HI; by default what holds 3σ.")
    ] = None,
    points: Annotated[int | None, options.whole("--points", "Values of each parameter.")] = None,
    cl: options.Levels = None,
    out: options.OutNetcdf = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
    swap: options.Swap = False,
    style: options.Styles = None,
) -> None:
    """Profile chi2 against a parameter, or two with their contour and the curve of each."""
    from ..results.fit import scan_points
    from ..results.tables.grid import profile_blocks

    styles = options.split(style, "--style")
    options.of_plot(plot, swap=swap, style=styles)
    printing.check_plot(plot, styles)
    output = keeping.written_at_once(out, overwrite, check_netcdf)
    levels = options.levels(cl)
    chosen = options.split(param, "--param") or options.split(request.free, "--free")
    if swap and len(chosen) != 2:
        raise InputError(f"--swap: expected two parameters, found {', '.join(chosen) or 'none'}")
    ranges = options.ranges(range_, chosen)
    scan_points(chosen, points)
    arguments = request.arguments()
    likelihood = request.experiments()
    every: dict[str, Any] = arguments | {"free": list(dict.fromkeys((*chosen, *arguments["free"])))}
    likelihood.specify(**every)
    with printing.progress("profiling"):
        result = likelihood.profile(chosen, ranges, points, **arguments)
        CLOCK.switch("report")
        content = result.as_dict(levels)
    content |= output.written(result.save)
    printing.result(content, json_, profile_blocks, likelihood.data_name)
    keeping.conclude(output, content, plot, lambda: result.plot(swap=swap, style=styles), styles)
