"""``cevnsjax sample``: draws from a posterior."""

from pathlib import Path
from typing import Annotated

import typer

from .._base.errors import InputError
from ..inference.sample.registry import KINDS
from . import keeping, options, printing
from .request import MODEL, PARAMETERS, Request, with_request

Seed = Annotated[int, options.whole("--seed", "The same seed gives the same draws.")]


@with_request(options.Experiments, *PARAMETERS, *MODEL)
def sample(
    request: Request,
    draws: Annotated[
        int | None,
        options.whole("--draws", "Draws of all chains together; 102400, of nuts and nested 4000 by default."),
    ] = None,
    method: Annotated[str, typer.Option("--method", help=f"{', '.join(KINDS)}.")] = "auto",
    chains: Annotated[int | None, options.whole("--chains", "4 of nuts, 128 of hmc by default.")] = None,
    seed: Seed = 0,
    live: Annotated[int | None, options.whole("--live", "Live points of nested, 500 by default.")] = None,
    prior: options.Priors = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the draws to this netCDF file (.nc), which ArviZ reads.")
    ] = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
    plot_predictive: Annotated[
        Path | None, typer.Option("--plot-predictive", help="Draw data and predicted counts to this file.")
    ] = None,
) -> None:
    """Draw from the posterior: flat priors within the bounds, the constraints of the nuisances, or those of --prior."""
    from ..inference.problem.priors import apply_priors
    from ..inference.sample.run import find_sampler
    from ..inference.toys.draw import check_seed
    from ..results.tables.posterior import posterior_blocks

    printing.check_plot(plot)
    printing.check_plot(plot_predictive)
    sampler = find_sampler(method, draws=draws, chains=chains, live=live)
    check_seed(seed)
    arguments, priors = request.arguments(), options.priors(prior)
    with keeping.output(out, resume, overwrite) as output:
        likelihood = request.experiments()
        apply_priors(likelihood.specify(**arguments), priors)
        if plot_predictive is not None and not any(measurement.axes for measurement in likelihood.measurements):
            raise InputError("--plot-predictive: there is no measurement with bins to draw")
        with printing.growing_bar("sampling") as report:
            posterior = likelihood.sample(
                method=sampler, seed=seed, checkpoint=output.checkpoint, progress=report, priors=priors, **arguments
            )
        written = output.save(posterior.save)
    content = posterior.as_dict() | ({} if out is None else {"out": written})
    printing.result(content, json_, posterior_blocks, likelihood.data_name)
    output.check()
    printing.draw(plot, posterior.plot)
    printing.draw(plot_predictive, posterior.plot_predictive)
    printing.exit_unless_converged(content)
