"""``cevnsjax sample``: draws from a posterior."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.errors import InputError
from ..inference.sample.run import check_settings
from ..results.posterior import CREDIBLE, Posterior
from . import keeping, options, show

NOT_TRUSTED = 3
Seed = Annotated[int, options.whole("--seed", "The same seed gives the same draws.")]


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on standard error how far `what` is; only say what goes on where that is no terminal."""
    from tqdm import tqdm

    if not sys.stderr.isatty():
        with show.progress(what):
            yield lambda done, wanted: None
        return
    with tqdm(desc=what, total=1, delay=1.0, leave=False, file=sys.stderr, mininterval=0.2) as shown:

        def report(done: int, wanted: int) -> None:
            shown.total = wanted
            shown.update(done - shown.n)

        yield report


def sample(
    names: options.Experiments,
    free: options.Free = None,
    draws: Annotated[
        int | None, options.whole("--draws", "Draws of all chains together; 4000, of hmc 102400 by default.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help="nuts (the default), hmc or nested.")] = "nuts",
    chains: Annotated[int | None, options.whole("--chains", "4 of nuts, 128 of hmc by default.")] = None,
    seed: Seed = 0,
    live: Annotated[int | None, options.whole("--live", "Live points of nested, 500 by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the draws to this netCDF file (.nc), which ArviZ reads.")
    ] = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    tie: options.Ties = None,
    settings: options.Settings = None,
    require: options.Requirements = None,
    constrain: options.Constraints = None,
    correlate: options.Correlations = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    json_: options.Json = False,
    plot: options.Plot = None,
    plot_predictive: Annotated[
        Path | None, typer.Option("--plot-predictive", help="Draw data and predicted counts to this file.")
    ] = None,
) -> None:
    """Draw from the posterior: flat priors within the bounds, the constraints of the nuisances."""
    show.check_plot(plot)
    show.check_plot(plot_predictive)
    check_settings(method, draws, chains, seed, live=live)
    asked = options.specification(free, tie, settings, require, constrain, correlate)
    with keeping.output(out, resume, overwrite) as kept:
        likelihood = options.experiments(names, interaction, couplings, form_factor, electrons)
        likelihood.specify(**asked)
        if plot_predictive is not None and not any(one.axes for one in likelihood.measurements):
            raise InputError("--plot-predictive: there is no measurement with bins to draw")
        with bar("sampling") as report:
            posterior = likelihood.sample(
                draws=draws,
                method=method,
                seed=seed,
                chains=chains,
                live=live,
                checkpoint=kept.checkpoint,
                progress=report,
                **asked,
            )
        written = kept.save(posterior.save)
    content = posterior.as_dict() | ({} if out is None else {"out": written})
    if json_:
        show.json_object(content)
    else:
        _show(content, likelihood.data_name)
    kept.check()
    show.draw(plot, posterior)
    _draw_predictive(plot_predictive, posterior)
    if not posterior.trusted:
        show.say(f"cevnsjax: {posterior.verdict}")
        raise typer.Exit(NOT_TRUSTED)


def _draw_predictive(path: Path | None, posterior: Posterior) -> None:
    if path is not None:
        from ..plots.style import save

        save(posterior.plot_predictive(), path)
        show.say_drawn(path)


def _show(content: dict[str, Any], data_name: str) -> None:
    """Print a posterior from its JSON."""
    terminal = show.console()
    terminal.print(show.fitted(content, data_name))
    shown = {label: CREDIBLE[label] for label in ("68.27", "90")}
    rows = show.table("parameter", "mean", "sd", *map(str, shown.values()), "R-hat", "ESS", "tail", "prior")
    for name, one in (content["parameters"] | content["nuisances"]).items():
        edges = ("{:.4g} … {:.4g}".format(*one["interval"][level]) for level in shown)
        rhat = "–" if one["r_hat"] is None else f"{one['r_hat']:.3f}"
        sizes = ("–" if one[key] is None else f"{one[key]:.0f}" for key in ("ess_bulk", "ess_tail"))
        rows.add_row(name, f"{one['mean']:.5g}", f"{one['sd']:.3g}", *edges, rhat, *sizes, content["priors"][name])
    terminal.print(rows)
    if "log_evidence" in content:
        terminal.print(f"ln evidence: {content['log_evidence']:.2f} ± {content['log_evidence_error']:.2f}")
    seconds = content["seconds"]
    chains = "" if content["method"] == "nested" else f" of {content['chains']} chains"
    terminal.print(
        f"{content['draws']} draws{chains} by {content['method']}, seed {content['seed']}; "
        f"{seconds['modes'] + seconds['start']:.1f} s to start, {seconds['sampling']:.1f} s of sampling"
    )
    terminal.print(content["message"])
