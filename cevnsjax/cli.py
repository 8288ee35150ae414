"""The command line. One line on standard error and exit code 2 for bad input; 3 for a fit that did not converge."""

import json
import math
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ._errors import InputError
from ._version import __version__

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

NOT_CONVERGED = 3
BAD_INPUT = 2

Measurements = Annotated[
    list[str],
    typer.Argument(metavar="MEASUREMENT...", help="Measurements by name, a variant after a colon.", show_default=False),
]
Free = Annotated[list[str] | None, typer.Option("--free", help="Parameters to fit, comma-separated.")]
Ties = Annotated[list[str] | None, typer.Option("--tie", help="FOLLOWER=LEADER: give one parameter another's value.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="NAME=VALUE: fix a parameter, or start a free one there.")
]
Requirements = Annotated[
    list[str] | None, typer.Option("--require", help="A<=B: an order between parameters, or a parameter and a number.")
]
Constraints = Annotated[
    list[str] | None, typer.Option("--constrain", help="NAME=CENTRE,WIDTH: a Gaussian constraint; adds a nuisance.")
]
Interactions = Annotated[list[str] | None, typer.Option("--interaction", help="The interaction: standard-model.")]
CouplingScheme = Annotated[str, typer.Option("--couplings", help="tree, 2020 or 2022.")]
FormFactorName = Annotated[str, typer.Option("--form-factor", help="helm, symmetrised-fermi, klein-nystrand or unity.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw the result to this file.")]
Levels = Annotated[list[str] | None, typer.Option("--cl", help="Confidence level in per cent, beside the usual four.")]


def _split(items: Sequence[str] | None) -> list[str]:
    return [part.strip() for item in items or () for part in item.split(",") if part.strip()]


def _number(text: str, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{what}: expected a number, found '{text}'") from None
    if not math.isfinite(value):
        raise InputError(f"{what}: expected a finite number, found '{text}'")
    return value


def _pairs(items: Sequence[str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise InputError(f"{option}: expected NAME=VALUE, found '{item}'")
        if name.strip() in found:
            raise InputError(f"{option}: '{name.strip()}' is given twice")
        found[name.strip()] = value.strip()
    return found


def _specification(
    free: Sequence[str] | None,
    tie: Sequence[str] | None,
    settings: Sequence[str] | None,
    require: Sequence[str] | None,
    constrain: Sequence[str] | None,
) -> dict[str, Any]:
    """Return the arguments of `Likelihood.fit` for the options of the command line."""
    constraints = {}
    for name, text in _pairs(constrain or (), "--constrain").items():
        numbers = text.split(",")
        if len(numbers) != 2:
            raise InputError(f"--constrain: expected NAME=CENTRE,WIDTH, found '{name}={text}'")
        constraints[name] = (_number(numbers[0], name), _number(numbers[1], name))
    return {
        "free": _split(free),
        "tie": _pairs(_split(tie), "--tie"),
        "values": {name: _number(text, name) for name, text in _pairs(_split(settings), "--set").items()},
        "require": _split(require),
        "constrain": constraints,
    }


def _likelihood(names: Sequence[str], interactions: Sequence[str] | None, couplings: str, form_factor: str) -> Any:
    from .analysis import Likelihood
    from .interactions.standard_model import standard_model
    from .measurements import load

    for name in interactions or ():
        if name != "standard-model":
            raise InputError(f"unknown interaction '{name}'; known: standard-model")
    return Likelihood([load(name, form_factor) for name in names], standard_model(couplings))


def _levels(extra: Sequence[str] | None) -> list[str]:
    from .inference.intervals import LEVELS, delta_chi2

    levels = list(LEVELS)
    for text in _split(extra):
        _number(text, "--cl")
        delta_chi2(text)
        if text not in levels:
            levels.append(text)
    return sorted(levels, key=float)


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Say on standard error what goes on, once it has taken a second."""
    console = Console(stderr=True)
    status = console.status(f"{what} …")
    started, shown = time.perf_counter(), threading.Event()

    def show() -> None:
        shown.set()
        if console.is_terminal:
            status.start()
        else:
            console.print(f"{what} …", highlight=False)

    timer = threading.Timer(1.0, show)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
        if shown.is_set() and console.is_terminal:
            console.print(f"{what}: {time.perf_counter() - started:.1f} s", highlight=False)


def _console() -> Console:
    """Return the console of the results: as wide as the terminal, 100 columns where there is none."""
    width = None if sys.stdout.isatty() else 100
    return Console(highlight=False, soft_wrap=True, width=width)


def _table(*headers: str, wrapped: str = "") -> Table:
    """Return an empty table with these columns; only the column `wrapped` may take several lines."""
    table = Table(box=None)
    for header in headers:
        table.add_column(header, no_wrap=header != wrapped)
    return table


def _print_json(content: dict[str, Any]) -> None:
    print(json.dumps(content, indent=2, allow_nan=False))


def _prepare_plot(plot: Path | None) -> None:
    if plot is not None:
        from .plots.style import check_figure_path

        check_figure_path(plot)


def _draw(plot: Path | None, result: Any) -> None:
    if plot is not None:
        from .plots.style import save

        save(result.plot(), plot)
        print(f"drawn to {plot}", file=sys.stderr)


def _pieces(pieces: Sequence[Sequence[float]]) -> str:
    return " or ".join(f"{low:.5g} … {high:.5g}" for low, high in pieces) or "nowhere"


def _plus_minus(value: float, pieces: Sequence[Sequence[float]]) -> str:
    """Return the piece around `value` as "+0.027 -0.024"."""
    for low, high in pieces:
        if low <= value <= high:
            return f"+{high - value:.2g} -{value - low:.2g}"
    return ""


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


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
def measurements(json_: Json = False) -> None:
    """List the measurements and their variants."""
    from .measurements import CATALOGUE

    if json_:
        _print_json({name: {"variants": list(e.variants), "summary": e.summary} for name, e in CATALOGUE.items()})
        return
    table = _table("measurement", "variants, default first", "what it is", wrapped="what it is")
    for name, entry in CATALOGUE.items():
        table.add_row(name, ", ".join(f":{variant}" for variant in entry.variants), entry.summary)
    _console().print(table)


@app.command()
def parameters(
    names: Annotated[list[str] | None, typer.Argument(help="Measurements by name; all by default.")] = None,
    interaction: Interactions = None,
    couplings: CouplingScheme = "2022",
    form_factor: FormFactorName = "helm",
    json_: Json = False,
) -> None:
    """List the parameters with unit, default, bounds and prior, and the couplings they give."""
    from .interactions.couplings import COUPLING_SIN2, LEPTONS, formula
    from .measurements import CATALOGUE

    likelihood = _likelihood(names or list(CATALOGUE), interaction, couplings, form_factor)
    sin2 = likelihood.parameters["sin2_theta_w"].default
    cases = {
        f"in fits, sin2_theta_w = {sin2:g}": (likelihood.interaction.couplings, sin2),
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
                "default": p.default,
                "bounds": list(p.bounds),
                "prior": None if p.constraint is None else [p.constraint.centre, p.constraint.width],
                "latex": p.latex,
                "description": p.description,
            }
            for p in likelihood.parameters.values()
        }
        _print_json({"parameters": described, "couplings": {"scheme": couplings, "values": digits}})
        return
    table = _table("parameter", "unit", "default", "bounds", "prior", "what it is", wrapped="what it is")
    for p in likelihood.parameters.values():
        prior = "" if p.constraint is None else f"{p.constraint.centre:g} ± {p.constraint.width:.4g}"
        bounds = f"{p.bounds[0]:.6g} … {p.bounds[1]:.6g}"
        table.add_row(p.name, _unit(p.unit), f"{p.default:g}", bounds, prior, p.description)
    console = _console()
    console.print(table)
    values = _table(f"couplings {couplings}", *next(iter(digits.values())))
    for case, numbers in digits.items():
        values.add_row(case, *(f"{number:.6f}" for number in numbers.values()))
    console.print()
    console.print(values)


@app.command()
def predict(
    names: Measurements,
    settings: Settings = None,
    interaction: Interactions = None,
    couplings: CouplingScheme = "2022",
    form_factor: FormFactorName = "helm",
    json_: Json = False,
    plot: Plot = None,
) -> None:
    """Predict the counts of each measurement, by component and bin."""
    _prepare_plot(plot)
    likelihood = _likelihood(names, interaction, couplings, form_factor)
    predictions = likelihood.predict(_specification(None, None, settings, None, None)["values"])
    if plot is not None and len(predictions) > 1:
        raise InputError("--plot draws one measurement: name one")
    _draw(plot, predictions[0])
    if json_:
        dictionaries = [prediction.as_dict() for prediction in predictions]
        _print_json(dictionaries[0] if len(dictionaries) == 1 else {"predictions": dictionaries})
        return
    console = _console()
    for prediction in predictions:
        measurement, counts = prediction.measurement, prediction.counts
        console.print(f"{measurement.name}: {measurement.title}")
        axis, edges = next(iter(measurement.axes.items()))
        table = _table(axis, *counts, "sum", "observed")
        for column in table.columns[1:]:
            column.justify = "right"
        total = sum(counts.values())
        for b in range(len(edges) - 1):
            row = [component[b].sum() for component in counts.values()]
            observed = f"{measurement.observed[b].sum():.0f}"
            table.add_row(f"{edges[b]:g} – {edges[b + 1]:g}", *(f"{x:.2f}" for x in (*row, sum(row))), observed)
        sums = [component.sum() for component in counts.values()]
        table.add_section()
        table.add_row("all", *(f"{x:.2f}" for x in (*sums, total.sum())), f"{measurement.observed.sum():.0f}")
        console.print(table)
        split = ", ".join(
            f"{flavour} {prediction.signal[k].sum():.1f}" for k, flavour in enumerate(measurement.source.flavours)
        )
        console.print(f"signal by flavour: {split}")
        console.print(f"flux-averaged cross section: {1e40 * prediction.cross_section:.1f}e-40 cm² per nucleus")
        console.print(f"relative quadrature error: {prediction.quadrature_error:.1e}")


@app.command()
def fit(
    names: Measurements,
    free: Free = None,
    tie: Ties = None,
    settings: Settings = None,
    require: Requirements = None,
    constrain: Constraints = None,
    interaction: Interactions = None,
    couplings: CouplingScheme = "2022",
    form_factor: FormFactorName = "helm",
    cl: Levels = None,
    json_: Json = False,
    plot: Plot = None,
) -> None:
    """Fit parameters and give their intervals, everything else profiled."""
    _prepare_plot(plot)
    levels = _levels(cl)
    likelihood = _likelihood(names, interaction, couplings, form_factor)
    with _progress("fitting"):
        result = likelihood.fit(**_specification(free, tie, settings, require, constrain))
        content = result.as_dict(levels)
    _draw(plot, result)
    if json_:
        _print_json(content)
    else:
        _print_fit(content)
    _exit_unless_converged(content)


def _exit_unless_converged(content: dict[str, Any]) -> None:
    if not content["converged"]:
        print(f"cevnsjax: {content['message']}", file=sys.stderr)
        raise typer.Exit(NOT_CONVERGED)


def _print_fit(content: dict[str, Any]) -> None:
    from .inference.intervals import LEVELS

    console = _console()
    console.print(" + ".join(content["measurements"]))
    dropped = content["priors_dropped"]
    if content["parameters"]:
        table = _table("parameter", "value", "1σ", "90 %", "2σ", "unit")
        for name, found in content["parameters"].items():
            pieces = found["interval"]
            leader = content["tied"].get(name)
            table.add_row(
                f"{name} = {leader}" if leader else name,
                f"{found['value']:.5g}",
                *(_plus_minus(found["value"], pieces.get(level, ())) for level in ("68.27", "90", "95.45")),
                _unit(found["unit"]),
            )
        console.print(table)
        for name, found in content["parameters"].items():
            for level, pieces in found["interval"].items():
                if level not in LEVELS or len(pieces) > 1:
                    console.print(f"{name} at {level} %: {_pieces(pieces)}")
            if found.get("at_bound"):
                console.print(f"{name}: an interval reaches a bound of the parameter")
    if content["nuisances"]:
        table = _table("nuisance", "value", "error", "prior")
        for name, found in content["nuisances"].items():
            centre, width = found["prior"]
            error = "" if found["error"] is None else f"{found['error']:.4f}"
            table.add_row(name, f"{found['value']:.4f}", error, f"{centre:g} ± {width:.4g}")
        console.print(table)
    if dropped:
        console.print(f"prior dropped, because fitted: {', '.join(dropped)}")
    events = ", ".join(f"{name} {e['value']:.1f} ± {e['error']:.1f}" for name, e in content["events"].items())
    console.print(f"events: {events}")
    section = content["flux_averaged_cross_section"]
    console.print(
        f"flux-averaged cross section: {section['value']:.1f} ± {section['error']:.1f}, SM {section['sm']:.1f} "
        "(1e-40 cm² per nucleus)"
    )
    console.print(f"chi2 = {content['chi2_min']:.2f} for {content['dof']} degrees of freedom; {content['message']}")
    seconds = content["seconds"]
    console.print(f"compiled in {seconds['compile']:.1f} s, ran {seconds['run']:.2f} s")


def _ranges(items: Sequence[str] | None, scanned: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return the ranges of ``--range LO:HI`` (in the order of the parameters) or ``--range NAME=LO:HI``."""
    found = {}
    for number, item in enumerate(items or ()):
        name, equals, text = item.rpartition("=")
        if not equals:
            if number >= len(scanned):
                raise InputError(f"--range: a range for each of {', '.join(scanned)} at most, found '{item}'")
            name = scanned[number]
        low, colon, high = text.partition(":")
        if not colon:
            raise InputError(f"--range: expected LO:HI, found '{text}'")
        found[name] = (_number(low, name), _number(high, name))
    return found


@app.command()
def profile(
    names: Measurements,
    free: Free = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", help="The one or two to profile, if not all that are free.")
    ] = None,
    range_: Annotated[
        list[str] | None, typer.Option("--range", help="LO:HI or NAME=LO:HI; by default what holds 3σ.")
    ] = None,
    points: Annotated[int | None, typer.Option("--points", help="Values of each parameter.")] = None,
    tie: Ties = None,
    settings: Settings = None,
    require: Requirements = None,
    constrain: Constraints = None,
    interaction: Interactions = None,
    couplings: CouplingScheme = "2022",
    form_factor: FormFactorName = "helm",
    cl: Levels = None,
    json_: Json = False,
    plot: Plot = None,
) -> None:
    """Profile chi2 against one parameter, or two with their contour and the curve of each."""
    _prepare_plot(plot)
    levels = _levels(cl)
    chosen = _split(param) or _split(free)
    ranges = _ranges(range_, chosen)
    likelihood = _likelihood(names, interaction, couplings, form_factor)
    with _progress("profiling"):
        result = likelihood.profile(chosen, ranges, points, **_specification(free, tie, settings, require, constrain))
        content = result.as_dict(levels)
        _draw(plot, result)
    if json_:
        _print_json(content)
    else:
        _print_profile(content)
    _exit_unless_converged(content)


def _print_profile(content: dict[str, Any]) -> None:
    console = _console()
    names = content["parameters"]
    best = ", ".join(f"{name} = {content['best'][name]:.5g}" for name in names)
    console.print(f"chi2 = {content['chi2_min']:.2f} at {best}")
    table = _table("parameter", "level [%]", "interval")
    by_name = content["interval"] if len(names) == 2 else {names[0]: content["interval"]}
    for name, by_level in by_name.items():
        for level, pieces in by_level.items():
            table.add_row(name, level, _pieces(pieces))
    console.print(table)
    if len(names) == 1:
        table = _table(names[0], "chi2", "delta chi2")
        step = max(1, len(content["points"]) // 20)
        for x, value in list(zip(content["points"], content["chi2"], strict=True))[::step]:
            shown = ("", "") if value is None else (f"{value:.3f}", f"{value - content['chi2_min']:.3f}")
            table.add_row(f"{x:.5g}", *shown)
        console.print(table)
    if content["not_converged"]:
        console.print(f"{content['not_converged']} points did not converge")


@app.command()
def cite(
    names: Annotated[list[str] | None, typer.Argument(help="Measurements by name; all by default.")] = None,
    json_: Json = False,
) -> None:
    """Say what to cite: the papers and data releases of each measurement, and this package."""
    from .measurements import CATALOGUE, load

    loaded = [load(name) for name in names or list(CATALOGUE)]
    package = f"cevnsjax {__version__}, a differentiable likelihood engine for CEvNS (CITATION.cff)"
    if json_:
        _print_json({"package": package, "measurements": {m.name: list(m.references) for m in loaded}})
        return
    console = _console()
    console.print(package)
    for measurement in loaded:
        console.print(f"{measurement.name}:")
        for reference in measurement.references:
            console.print(f"  {reference}")


def main() -> None:
    """Run the command line; turn what a user can cause into one line and exit code 2."""
    from ._cache import enable_compilation_cache

    try:
        enable_compilation_cache()
        code = app(prog_name="cevnsjax", standalone_mode=False)
    except typer.Exit as exit_:
        code = exit_.exit_code
    except typer.TyperException as error:
        message = error.format_message()
        print(message if len(sys.argv) == 1 else f"cevnsjax: {' '.join(message.split())}", file=sys.stderr)
        code = BAD_INPUT
    except InputError as error:
        print(f"cevnsjax: {' '.join(str(error).split())}", file=sys.stderr)
        code = BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        print("cevnsjax: interrupted", file=sys.stderr)
        code = 130
    sys.exit(code or 0)
