"""The commands."""

import errno
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .._base.errors import InputError, legible
from .._base.levels import Level
from .._base.version import __version__
from ..inference.minimise.minimisers import find_minimiser
from ..interactions.catalogue import MODELS, model, resolve_models
from ..interactions.couplings import COUPLING_SIN2, LEPTONS, formula
from ..joint.cross_sections import DEFAULT_MEASUREMENTS, flux_averaged_cross_sections
from ..joint.joining import parameter_table
from ..measurements import CATALOGUE, resolve_or_describe, titles
from ..results.fit import FitResult, scan_points
from . import options, show
from .contour import contour
from .held import show as show_file
from .process import OUTPUT, check_environment, prepare_streams, say_stopped, stoppable, use_cache
from .sample import sample
from .scan import scan
from .toys import toys

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

NO_OUTPUT, BAD_INPUT = 1, 2
FULL = (errno.ENOSPC, errno.EPIPE, errno.EIO, errno.EBADF)
"""Errors of a stream that takes no more; those of files have the name of the file."""


def _show_version(asked: bool | None) -> None:
    if asked:
        print(f"cevnsjax {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool | None, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = None,
) -> None:
    """A differentiable likelihood engine for coherent elastic neutrino-nucleus scattering."""


@app.command()
def measurements(json_: options.Json = False) -> None:
    """List the measurements and their variants."""
    if json_:
        show.json_object({name: {"variants": list(e.variants), "summary": e.summary} for name, e in CATALOGUE.items()})
        return
    table = show.table(
        "measurement", "variants, default first", "what it is", wrapped=("variants, default first", "what it is")
    )
    for name, entry in CATALOGUE.items():
        table.add_row(name, ", ".join(f":{variant}" for variant in entry.variants), entry.summary)
    console = show.console()
    console.print(table)
    forecasts = show.table("forecast", "what it is", wrapped=("what it is",))
    for name, title in titles().items():
        forecasts.add_row(name, title)
    console.print(forecasts)


@app.command()
def models(json_: options.Json = False) -> None:
    """List the models of the interaction, with their variants and parameters."""
    found = {name: [p.name for p in model(name).parameters()] for name in MODELS}
    if json_:
        show.json_object(
            {
                name: {
                    "variants": list(one.variants),
                    "parameters": found[name],
                    "summary": one.summary,
                    "reference": one.reference,
                }
                for name, one in MODELS.items()
            }
        )
        return
    columns = ("model", "what it is", "variants, default first", "parameters", "reference")
    table = show.table(*columns, wrapped=columns[1:])
    for name, one in MODELS.items():
        listed = show.abridged(found[name])
        table.add_row(name, one.summary, ", ".join(f":{variant}" for variant in one.variants), listed, one.reference)
    show.console().print(table)


@app.command()
def parameters(
    names: Annotated[
        list[str] | None, typer.Argument(help="Measurements, forecasts or files; all measurements by default.")
    ] = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    json_: options.Json = False,
) -> None:
    """List the parameters with unit, default, bounds and prior, and the couplings they give."""
    chosen_interaction = resolve_models(interaction, couplings, electrons)
    found = parameter_table(resolve_or_describe(names or list(CATALOGUE), form_factor), chosen_interaction)
    sin2 = found["sin2_theta_w"].default
    cases = {
        f"in fits, sin2_theta_w = {sin2:g}": (chosen_interaction.standard.couplings, sin2),
        f"formula at {COUPLING_SIN2:g}": (formula(couplings, COUPLING_SIN2), COUPLING_SIN2),
        f"formula at {sin2:g}": (formula(couplings, sin2), sin2),
    }
    digits = {
        case: {f"g_V^p(nu_{lepton})": float(chosen.proton(lepton, value)) for lepton in LEPTONS}
        | {"g_V^n": float(chosen.neutron)}
        for case, (chosen, value) in cases.items()
    }
    if json_:
        described = {
            p.name: {
                "unit": p.unit,
                "default": None if p.name in found.without_default() else p.default,
                "bounds": list(p.bounds),
                "prior": None if p.constraint is None else [p.constraint.centre, p.constraint.width],
                "latex": p.latex,
                "description": p.description,
            }
            for p in found.values()
        }
        show.json_object({"parameters": described, "couplings": {"scheme": couplings, "values": digits}})
        return
    show.parameters(found, couplings, digits)


@app.command()
def predict(
    names: options.Experiments,
    settings: options.Settings = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Predict the counts of each measurement, by component and bin."""
    show.check_plot(plot)
    values = options.specification(settings=settings)["values"]
    likelihood = options.experiments(names, interaction, couplings, form_factor, electrons)
    predictions = likelihood.predict(values)
    if json_:
        dictionaries = [prediction.as_dict() for prediction in predictions]
        show.json_object(dictionaries[0] if len(dictionaries) == 1 else {"predictions": dictionaries})
    else:
        show.predictions(predictions)
    show.draw_predictions(plot, predictions)


@app.command()
def fit(
    names: options.Measurements,
    free: options.Free = None,
    tie: options.Ties = None,
    settings: options.Settings = None,
    require: options.Requirements = None,
    constrain: options.Constraints = None,
    correlate: options.Correlations = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    cl: options.Levels = None,
    minimiser: options.Minimiser = "newton",
    explain: options.Explain = False,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Fit parameters and give their intervals, everything else profiled."""
    show.check_plot(plot)
    asked = options.specification(free, tie, settings, require, constrain, correlate)
    levels = options.levels(cl)
    find_minimiser(minimiser)
    likelihood = options.likelihood(names, interaction, couplings, form_factor, electrons)
    if explain:
        for name, given in (("--plot", plot), ("--cl", cl), ("--minimiser", minimiser != "newton")):
            if given:
                raise InputError(f"--explain fits nothing: {name} goes with a fit")
        with show.progress("compiling"):
            found = likelihood.explain(**asked).as_dict()
        show.json_object(found) if json_ else show.explanation(found)
        return
    likelihood.specify(**asked)
    _fit("fitting", likelihood.fit, asked | {"minimiser": minimiser}, levels, json_, plot)


@app.command()
def forecast(
    names: options.Experiments,
    free: options.Free = None,
    tie: options.Ties = None,
    settings: options.Settings = None,
    require: options.Requirements = None,
    constrain: options.Constraints = None,
    correlate: options.Correlations = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    cl: options.Levels = None,
    minimiser: options.Minimiser = "newton",
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Forecast the sensitivity of experiments: fit the counts expected at the truth (Asimov), which --set moves."""
    show.check_plot(plot)
    asked = options.specification(free, tie, settings, require, constrain, correlate)
    levels = options.levels(cl)
    find_minimiser(minimiser)
    likelihood = options.experiments(names, interaction, couplings, form_factor, electrons)
    likelihood.specify(**asked)
    _fit("forecasting", likelihood.forecast, asked | {"minimiser": minimiser}, levels, json_, plot)


def _fit(
    what: str,
    method: Callable[..., FitResult],
    asked: dict[str, Any],
    levels: Sequence[Level],
    json_: bool,
    plot: Path | None,
) -> None:
    """Fit what is asked, and show and draw the result."""
    with show.progress(what):
        result = method(**asked)
        content = result.as_dict(levels)
    if json_:
        show.json_object(content)
    else:
        show.fit(content, result.likelihood.data_name)
    if result.converged:
        show.draw(plot, result)
    show.exit_unless_converged(content)


@app.command()
def profile(
    names: options.Experiments,
    free: options.Free = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="The one or two to profile, if not all that are free.")
    ] = None,
    range_: Annotated[
        list[str] | None, typer.Option("--range", help="LO:HI or NAME=LO:HI; by default what holds 3σ.")
    ] = None,
    points: Annotated[int | None, options.whole("--points", "Values of each parameter.")] = None,
    tie: options.Ties = None,
    settings: options.Settings = None,
    require: options.Requirements = None,
    constrain: options.Constraints = None,
    correlate: options.Correlations = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    electrons: options.Electrons = False,
    cl: options.Levels = None,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Profile chi2 against one parameter, or two with their contour and the curve of each."""
    show.check_plot(plot)
    levels = options.levels(cl)
    chosen = options.split(param, "--param") or options.split(free, "--free")
    ranges = options.ranges(range_, chosen)
    scan_points(chosen, points)
    asked = options.specification(free, tie, settings, require, constrain, correlate)
    likelihood = options.experiments(names, interaction, couplings, form_factor, electrons)
    likelihood.specify(**asked | {"free": list(dict.fromkeys((*chosen, *asked["free"])))})
    with show.progress("profiling"):
        result = likelihood.profile(chosen, ranges, points, **asked)
        content = result.as_dict(levels)
    if json_:
        show.json_object(content)
    else:
        show.profile(content, result.fit.likelihood.data_name)
    if result.fit.converged:
        show.draw(plot, result)
    show.exit_unless_converged(content)


app.command()(scan)
app.command()(sample)
app.command()(toys)
app.command()(contour)
app.command(name="show")(show_file)


@app.command(name="cross-sections")
def cross_sections(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Measurements at the Spallation Neutron Source; CsI 2021, argon and germanium by default."),
    ] = None,
    interaction: options.Interactions = None,
    couplings: options.CouplingScheme = "2022",
    form_factor: options.FormFactorName = None,
    json_: options.Json = False,
    plot: options.Plot = None,
) -> None:
    """Measure flux-averaged cross sections, beside those of the Standard Model for each number of neutrons."""
    show.check_plot(plot)
    chosen = resolve_models(interaction, couplings)
    with show.progress("fitting"):
        result = flux_averaged_cross_sections(names or DEFAULT_MEASUREMENTS, chosen, form_factor)
        content = result.as_dict()
    if json_:
        show.json_object(content)
    else:
        show.cross_sections(content)
    if result.converged:
        show.draw(plot, result)
    show.exit_unless_converged(content)


@app.command()
def cite(
    names: Annotated[
        list[str] | None, typer.Argument(help="Measurements, forecasts or files; all measurements by default.")
    ] = None,
    json_: options.Json = False,
) -> None:
    """Say what to cite: the papers and data releases of each measurement, and this package."""
    loaded = resolve_or_describe(names or list(CATALOGUE))
    package = f"cevnsjax {__version__}, a differentiable likelihood engine for CEvNS (CITATION.cff)"
    if json_:
        show.json_object({"package": package, "measurements": {m.name: list(m.references) for m in loaded}})
        return
    console = show.console()
    console.print(package)
    for measurement in loaded:
        console.print(f"{measurement.name}:")
        for reference in measurement.references:
            console.print(f"  {reference}")


def main() -> None:
    """Run the command line; turn what a user can cause into one line and exit code 2."""
    try:
        with stoppable():
            gc.freeze()  # what the imports made stays: to search it for garbage again costs a tenth of a command
            prepare_streams()
            code = _run()
    except KeyboardInterrupt as stop:
        code = say_stopped(stop)
    OUTPUT.printed(lambda: None)
    if OUTPUT.error is not None:
        print(f"cevnsjax: cannot write to the standard output: {OUTPUT.error.strerror}", file=sys.stderr)
        code = NO_OUTPUT
    sys.exit(code)


def _run() -> int:
    """Return the exit code of the command."""
    try:
        check_environment()
        use_cache()
        command = typer.main.get_command(app)
        # Not by its own main, which makes an exit code of an interruption and drops what that says.
        with command.make_context("cevnsjax", sys.argv[1:]) as context:
            command.invoke(context)
        return 0
    except typer.Exit as exit_:
        return exit_.exit_code
    except typer.TyperException as error:
        message = error.format_message()
        print(message if len(sys.argv) == 1 else f"cevnsjax: {legible(' '.join(message.split()))}", file=sys.stderr)
    except InputError as error:
        print(f"cevnsjax: {' '.join(str(error).split())}", file=sys.stderr)
    except OSError as error:
        unnamed = error.filename is None and error.errno in FULL
        if not (unnamed or OUTPUT.fails):
            raise
        OUTPUT.drop(error)
    return BAD_INPUT
