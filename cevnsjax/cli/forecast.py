"""``cevnsjax forecast``: the sensitivity of experiments."""

from .._base.json_files import check_json
from . import keeping, options, printing
from .fit import show_fit
from .request import MODEL, PARAMETERS, Request, with_request


@with_request(options.Experiments, *PARAMETERS, *MODEL)
def forecast(
    request: Request,
    cl: options.Levels = None,
    minimiser: options.Minimiser = "newton",
    out: options.OutJson = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Forecast the sensitivity of experiments: fit the counts expected at the truth (Asimov), which --set moves."""
    from ..inference.minimise.minimisers import find_minimiser

    printing.check_plot(plot)
    output = keeping.written_at_once(out, overwrite, check_json)
    arguments = request.arguments()
    levels = options.levels(cl)
    find_minimiser(minimiser)
    likelihood = request.experiments()
    likelihood.specify(**arguments)
    show_fit("forecasting", likelihood.forecast, arguments | {"minimiser": minimiser}, levels, json_, plot, output)
