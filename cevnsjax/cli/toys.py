"""The command that draws and fits toy experiments."""

from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.errors import InputError
from .._base.levels import LEVELS
from . import keeping, options, printing
from .request import MODEL, PARAMETERS, Request, with_request

STUDY_TOYS, POINT_TOYS = 1000, 2000


@with_request(options.Experiments, *PARAMETERS, *MODEL)
def toys(
    request: Request,
    count: Annotated[
        int | None,
        options.whole("--count", f"Toys, {STUDY_TOYS} by default; most at a point, {POINT_TOYS} by default."),
    ] = None,
    seed: Annotated[int, options.whole("--seed", "Seed of the random numbers.")] = 1,
    test: Annotated[
        list[str] | None,
        typer.Option("--test", help="NAME=VALUE: the hypothesis to draw toys at and to test.", show_default=False),
    ] = None,
    feldman_cousins: Annotated[
        list[str] | None,
        typer.Option(
            "--feldman-cousins",
            help="NAME=LO:HI:N or NAME=LO:HI:N:log: intervals of a parameter, or contours of two, by toys.",
            show_default=False,
        ),
    ] = None,
    cl: Annotated[
        list[str] | None, typer.Option("--cl", help="Confidence level in per cent, or as 5sigma, beside 68.27 and 90.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write all toys to this netCDF file (.nc).")] = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    engine: options.EngineName = "serial",
    workers: options.Workers = None,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Draw toy experiments and fit them: p-values, goodness of fit, coverage, intervals of Feldman and Cousins."""
    from ..inference.grid.axes import parse_grid
    from ..inference.toys.draw import check_numbers
    from ..results.tables.toys import construction_blocks, toy_blocks

    printing.check_plot(plot)
    check_numbers(STUDY_TOYS if count is None else count, seed)
    levels = options.levels(cl, (LEVELS["68.27"], LEVELS["90"]))
    arguments = request.arguments()
    grid, tested = parse_grid(feldman_cousins or ()), options.values(options.split(test, "--test"), "--test")
    if grid and tested:
        raise InputError("toys: expected either --test or --feldman-cousins, found both")
    where = options.engine(engine, workers)
    result: Any
    with keeping.output(out, resume, overwrite) as output:
        likelihood = request.experiments()
        with where as chosen, printing.bar("toys") as progress:
            running: dict[str, Any] = {"engine": chosen, "progress": progress, "checkpoint": output.checkpoint}
            if grid:
                most = POINT_TOYS if count is None else count
                result = likelihood.feldman_cousins(grid, levels, most, seed, **running, **arguments)
                content = result.as_dict()
            else:
                result = likelihood.toys(STUDY_TOYS if count is None else count, seed, tested, **running, **arguments)
                content = result.as_dict(levels)
        content["out"] = output.save(result.save if content["converged"] else None)
    printing.result(content, json_, construction_blocks if grid else toy_blocks, likelihood.data_name)
    keeping.conclude(output, content, plot, result.plot)
