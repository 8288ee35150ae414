"""``cevnsjax fit``: best fit and intervals."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base.clock import CLOCK
from .._base.errors import InputError
from .._base.json_files import check_json
from .._base.levels import Level
from . import keeping, options, printing
from .request import MODEL, PARAMETERS, Request, with_request

if TYPE_CHECKING:
    from ..results.fit import FitResult


@with_request(options.Measurements, *PARAMETERS, *MODEL)
def fit(
    request: Request,
    cl: options.Levels = None,
    minimiser: options.Minimiser = "newton",
    explain: options.Explain = False,
    out: options.OutJson = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Fit parameters and give their intervals, everything else profiled."""
    from ..inference.minimise.minimisers import Newton, find_minimiser
    from ..results.tables.explanation import explanation_blocks

    printing.check_plot(plot)
    output = keeping.written_at_once(out, overwrite, check_json)
    arguments = request.arguments()
    levels = options.levels(cl)
    find_minimiser(minimiser)
    likelihood = request.measured()
    if explain:
        chosen = (("--plot", plot), ("--cl", cl), ("--minimiser", minimiser != Newton.name), ("--out", out))
        for name, given in chosen:
            if given:
                raise InputError(f"--explain fits nothing: {name} goes with a fit")
        with printing.progress("compiling"):
            explanation = likelihood.explain(**arguments).as_dict()
        printing.result(explanation, json_, explanation_blocks)
        return
    likelihood.specify(**arguments)
    show_fit("fitting", likelihood.fit, arguments | {"minimiser": minimiser}, levels, json_, plot, output)


def show_fit(
    what: str,
    method: "Callable[..., FitResult]",
    arguments: dict[str, Any],
    levels: Sequence[Level],
    json_: bool,
    plot: Path | None,
    output: keeping.Output,
) -> None:
    """Fit with `arguments`; save, show and draw the result."""
    from ..results.tables.fit import fit_blocks

    with printing.progress(what):
        result = method(**arguments)
        CLOCK.switch("report")
        content = result.as_dict(levels)
        result = result.lowest
    content |= output.written(result.save)
    printing.result(content, json_, fit_blocks, result.likelihood.data_name)
    keeping.conclude(output, content, plot, result.plot)
