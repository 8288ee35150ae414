"""What the command line prints: tables for people, one JSON object for programs, progress on standard error."""

import json
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._base.digits import MOST_DECIMALS, column, value_and_error
from .._base.errors import printable
from .._base.levels import LEVELS, typed_level
from .._base.numerics import error_digits
from ..measuring.measurement import ASIMOV, DATA
from ..parameters.parameter import ParameterTable
from ..results.prediction import Prediction
from .process import OUTPUT, WRITTEN

NOT_CONVERGED = 3
"""Exit code of what did not converge."""


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Say on standard error what goes on, once it has taken a second."""
    console = Terminal(stderr=True)
    status = console.status(Text(f"{what} …"))
    started, shown = time.perf_counter(), threading.Event()

    def show() -> None:
        shown.set()
        if console.is_terminal:
            status.start()
        else:
            console.print(f"{what} …")

    timer = threading.Timer(1.0, show)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        status.stop()
        if shown.is_set() and console.is_terminal:
            console.print(f"{what}: {time.perf_counter() - started:.1f} s")


class Bar:
    """A progress bar on standard error: at once on a terminal, elsewhere a line now and then after a second."""

    def __init__(self, what: str) -> None:
        """Take what goes on."""
        self._what, self._bar = what, None

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` points are done."""
        if self._bar is None:
            from tqdm import tqdm

            terminal = sys.stderr.isatty()
            self._bar = tqdm(
                desc=self._what,
                total=total,
                initial=done,
                unit=" points",
                file=sys.stderr,
                dynamic_ncols=terminal,
                delay=0.0 if terminal else 1.0,
                mininterval=0.1 if terminal else 10.0,
                leave=False,
            )
        self._bar.update(done - self._bar.n)

    def close(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.close()


@contextmanager
def bar(what: str) -> Iterator[Bar]:
    """Show a progress bar while something runs."""
    shown = Bar(what)
    try:
        yield shown
    finally:
        shown.close()


def exit_unless_converged(content: dict[str, Any]) -> None:
    """End with the exit code of what did not converge, if `content` did not."""
    if not content["converged"]:
        say(f"cevnsjax: {content['message']}")
        raise typer.Exit(NOT_CONVERGED)


class Terminal(Console):
    """A console that shows texts as they are and goes on where its output ends.

    No markup, no names of emoji, and nothing that could steer a terminal, whatever is printed or put into a table.
    """

    def __init__(self, **how: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **how)

    def render_str(self, text: str, **how: Any) -> Text:
        """Return a text as it is shown."""
        return super().render_str("\n".join(map(printable, text.expandtabs().split("\n"))), **how)

    def print(self, *what: Any, **how: Any) -> None:
        """Print, or drop what nobody reads or nothing holds."""
        OUTPUT.printed(super().print, *what, **how)

    def on_broken_pipe(self) -> None:
        """Drop what nobody reads."""
        OUTPUT.drop(BrokenPipeError())


def console() -> Console:
    """Return the console of the results: as wide as the terminal, 120 columns where there is none."""
    width = None if sys.stdout.isatty() else 120
    return Terminal(soft_wrap=True, width=width)


def say(line: str) -> None:
    """Print a line on standard error."""
    print(printable(line), file=sys.stderr)


def table(*headers: str, wrapped: Sequence[str] = ()) -> Table:
    """Return an empty table with these columns; only those `wrapped` may take several lines."""
    empty = Table(box=None)
    for header in headers:
        empty.add_column(header, no_wrap=header not in wrapped)
    return empty


def json_object(content: dict[str, Any]) -> None:
    """Print `content` as JSON."""
    OUTPUT.printed(print, json.dumps(content, indent=2, allow_nan=False))


def check_plot(plot: Path | None) -> None:
    """Refuse, before anything is computed, a path that no figure can be written to."""
    if plot is not None:
        from ..plots.style import check_figure_path

        check_figure_path(plot)


def draw(plot: Path | None, result: Any) -> None:
    """Draw `result` to a file, if one is asked for."""
    if plot is not None:
        from ..plots.style import save

        save(result.plot(), plot)
        say_drawn(plot)


def say_drawn(plot: Path) -> None:
    """Say where a figure is."""
    WRITTEN.append(f"'{plot}'")
    say(f"drawn to {plot}")


def _pieces(pieces: Sequence[Sequence[float]]) -> str:
    return " or ".join(f"{low:.5g} … {high:.5g}" for low, high in pieces) or "nowhere"


def _plus_minus(value: float, pieces: Sequence[Sequence[float]]) -> str:
    """Return the piece around `value` as "+0.027 -0.024"."""
    for low, high in pieces:
        if low <= value <= high:
            up, down = high - value, value - low
            digits = error_digits(up, down)
            return f"+{up:.{digits}f} -{down:.{digits}f}" if digits <= MOST_DECIMALS else f"+{up:.1e} -{down:.1e}"
    return ""


def _number(value: float | None, form: str) -> str:
    """Return a number of the JSON in the given form, a dash where there is none."""
    return "–" if value is None else format(value, f"z{form}")


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def abridged(names: Sequence[str], most: int = 6) -> str:
    """Return a list of names, the first and how many there are where there are many."""
    listed = names if len(names) <= most else [*names[:most], f"… {len(names)} in all"]
    return ", ".join(listed)


def parameters(table_: ParameterTable, scheme: str, digits: Mapping[str, Mapping[str, float]]) -> None:
    """Print the parameters, and the couplings of a scheme by case."""
    rows = table("parameter", "unit", "default", "bounds", "prior", "what it is", wrapped=("what it is",))
    needed = table_.without_default()
    for p in table_.values():
        default = "none" if p.name in needed else f"{p.default:g}"
        prior = "" if p.constraint is None else f"{p.constraint.centre:g} ± {p.constraint.width:.4g}"
        bounds = f"{p.bounds[0]:.6g} … {p.bounds[1]:.6g}"
        rows.add_row(p.name, _unit(p.unit), default, bounds, prior, p.description)
    terminal = console()
    terminal.print(rows)
    values = table(f"couplings {scheme}", *next(iter(digits.values())))
    for case, numbers in digits.items():
        values.add_row(case, *(f"{number:.6f}" for number in numbers.values()))
    terminal.print()
    terminal.print(values)


def draw_predictions(plot: Path | None, found: Sequence[Prediction]) -> None:
    """Draw all predictions to one file, if one is asked for."""
    if plot is not None:
        from ..plots.spectra import draw_spectra
        from ..plots.style import save

        save(draw_spectra([prediction.panel() for prediction in found]), plot)
        say_drawn(plot)


def _numbers(prediction: Prediction) -> None:
    """Print predicted numbers beside the measured ones."""
    measurement = prediction.measurement
    rows = table("number", "predicted", "expected (Asimov)" if measurement.asimov else "measured", "error")
    for label, *numbers in zip(
        measurement.labels, prediction.counts["prediction"], measurement.observed, measurement.errors, strict=True
    ):
        rows.add_row(label, *(f"{number:.5g}" for number in numbers))
    console().print(rows)


MOST_ROWS = 40
"""Rows of a table of bins; more bins are added up in pairs, threes, ..."""


def _bins(prediction: Prediction) -> None:
    """Print the expected counts in bins of the first axis."""
    measurement, counts = prediction.measurement, prediction.counts
    axis, edges = next(iter(measurement.axes.items()))
    rows = table(axis, *counts, "sum", ASIMOV if measurement.asimov else "observed")
    for one in rows.columns[1:]:
        one.justify = "right"
    step = -(-(len(edges) - 1) // MOST_ROWS)
    firsts = range(0, len(edges) - 1, step)
    ends = [(first, min(first + step, len(edges) - 1)) for first in firsts] + [(0, len(edges) - 1)]
    columns = [[component[first:last].sum() for first, last in ends] for component in counts.values()]
    texts = [column(numbers) for numbers in (*columns, [sum(row) for row in zip(*columns, strict=True)])]
    observed = [prediction.observed[first:last].sum() for first, last in ends]
    texts.append(column(observed) if measurement.asimov else [f"{number:.6g}" for number in observed])
    *lines, last_line = zip(*texts, strict=True)
    for (first, last), line in zip(ends, lines, strict=False):
        rows.add_row(f"{edges[first]:g} – {edges[last]:g}", *line)
    rows.add_section()
    rows.add_row("all", *last_line)
    terminal = console()
    terminal.print(rows)
    shares = column([part.sum() for part in prediction.signal], decimals=1)
    split = ", ".join(map(" ".join, zip(measurement.counted().source.flavours, shares, strict=True)))
    terminal.print(f"signal by flavour: {split}")
    if measurement.counted().takes_electrons:
        terminal.print(f"flux-averaged cross section: {1e40 * prediction.cross_section:.4g}e-40 cm² per nucleus")
    reason = "" if prediction.diverging is None else f": {prediction.diverging}"
    terminal.print(f"relative quadrature error: {prediction.quadrature_error:.1e}{reason}")


def predictions(found: Sequence[Prediction]) -> None:
    """Print the expected counts of each measurement in bins of its first axis, or its predicted numbers."""
    for prediction in found:
        console().print(f"{prediction.measurement.name}: {prediction.measurement.title}")
        (_bins if prediction.measurement.axes else _numbers)(prediction)


def fitted(content: Mapping[str, Any], data_name: str) -> str:
    """Return the measurements, and what was fitted if not their data."""
    names = " + ".join(content["measurements"])
    return names if data_name == DATA else f"{names}: {data_name}"


def fit(content: dict[str, Any], data_name: str = DATA) -> None:
    """Print a fit from its JSON."""
    terminal = console()
    terminal.print(fitted(content, data_name))
    if content["parameters"]:
        rows = table("parameter", "value", "1σ", "90 %", "2σ", "unit")
        for name, found in content["parameters"].items():
            leader = content["tied"].get(name)
            pieces = [found["interval"].get(level, ()) for level in ("68.27", "90", "95.45")]
            errors = (_plus_minus(found["value"], one) for one in pieces)
            label = f"{name} = {leader}" if leader else name
            rows.add_row(label, _number(found["value"], ".5g"), *errors, _unit(found["unit"]))
        terminal.print(rows)
    for name, found in content["parameters"].items():
        for level, pieces in found["interval"].items():
            if level not in LEVELS or len(pieces) > 1:
                terminal.print(f"{name} at {typed_level(level)}: {_pieces(pieces)}")
        if found.get("at_bound"):
            terminal.print(f"{name}: an interval reaches a bound of the parameter")
    if content["nuisances"]:
        rows = table("nuisance", "value", "error", "prior")
        for name, found in content["nuisances"].items():
            numbers = value_and_error(found["value"], found["error"], 4 if abs(found["value"]) < 100 else 0)
            prior = "none" if found["prior"] is None else "{:g} ± {:.4g}".format(*found["prior"])
            rows.add_row(name, *numbers, prior)
        terminal.print(rows)
    for reason in dict.fromkeys(content["held"].values()):
        names = ", ".join(name for name, why in content["held"].items() if why == reason)
        terminal.print(f"held in the errors of what follows, {reason}: {names}")
    if content["priors_dropped"]:
        terminal.print(f"prior dropped, because fitted: {', '.join(content['priors_dropped'])}")
    for name, users in content["shared"].items():
        terminal.print(f"{name}: shared by {', '.join(users)}")
    for constraint in content["constraints"]:
        terminal.print("{}: {:g} ± {:g}".format(constraint["combination"], *constraint["prior"]))
    for correlation in content["correlations"]:
        terminal.print("{} and {}: correlation {:g}".format(*correlation["parameters"], correlation["value"]))
    for measurement, numbers in content["observables"].items():
        for label, found in numbers.items():
            predicted, observed, error = (_number(found[key], ".5g") for key in ("predicted", "observed", "error"))
            word = "measured" if data_name == DATA else data_name
            terminal.print(f"{measurement}: {label} = {predicted}, {word} {observed} ± {error}")
    for measurement in content["events"]:
        events = content["events"][measurement].items()
        totals = ", ".join(f"{name} {' ± '.join(value_and_error(**found, decimals=1))}" for name, found in events)
        terminal.print(f"{measurement}: {totals} events")
        if section := content["flux_averaged_cross_section"].get(measurement):
            section_text, sm = " ± ".join(value_and_error(section["value"], section["error"])), section["sm"]
            terminal.print(f"flux-averaged cross section: {section_text}, SM {sm:.4g} (1e-40 cm² per nucleus)")
    chi2, seconds = _number(content["chi2_min"], ".2f"), content["seconds"]
    terminal.print(f"chi2 = {chi2} for {content['dof']} degrees of freedom; {content['message']}")
    terminal.print(f"compiled in {seconds['compile']:.1f} s, ran {seconds['run']:.2f} s")


def profile(content: dict[str, Any], data_name: str = DATA) -> None:
    """Print a profile from its JSON."""
    terminal = console()
    names = content["parameters"]
    if data_name != DATA:
        terminal.print(f"fitted: {data_name}")
    best = ", ".join(f"{name} = {_number(content['best'][name], '.5g')}" for name in names)
    terminal.print(f"chi2 = {_number(content['chi2_min'], '.2f')} at {best}")
    rows = table("parameter", "level [%]", "interval")
    by_name = content["interval"] if len(names) == 2 else {names[0]: content["interval"]}
    for name, by_level in by_name.items():
        for level, pieces in by_level.items():
            rows.add_row(name, level, _pieces(pieces))
    terminal.print(rows)
    if len(names) == 1:
        rows = table(names[0], "chi2", "delta chi2")
        step = max(1, len(content["points"]) // 20)
        for x, value in list(zip(content["points"], content["chi2"], strict=True))[::step]:
            shown = ("", "") if value is None else (f"{value:.3f}", f"{value - content['chi2_min']:.3f}")
            rows.add_row(f"{x:.5g}", *shown)
        terminal.print(rows)
    if content["not_converged"]:
        terminal.print(f"{content['not_converged']} points did not converge")


def scan(content: dict[str, Any]) -> None:
    """Print what a scan came to from its JSON."""
    terminal = console()
    sizes = " x ".join(str(n) for n in content["shape"])
    terminal.print(f"chi2 on {sizes} values of {', '.join(content['parameters'])}" + f" in {content['out']}")
    rows = table("parameter", "best fit", "lowest of the grid")
    for name, value in content["best"].items():
        rows.add_row(name, _number(value, ".5g"), _number(content["grid_best"].get(name), ".5g"))
    rows.add_row("chi2", _number(content["chi2_min"], ".4f"), _number(content["chi2_grid_min"], ".4f"))
    terminal.print(rows)
    if content["not_converged"]:
        terminal.print(f"{content['not_converged']} points did not converge")
    seconds = content["seconds"]
    terminal.print(
        f"compiled in {seconds['compile']:.1f} s, ran {seconds['run']:.2f} s, best fit {seconds['best_fit']:.2f} s"
    )


def contours(found: Sequence[dict[str, Any]]) -> None:
    """Print the contours of scans from their JSON."""
    terminal = console()
    for content in found:
        names, reference = content["names"], content["reference"]
        whose = "one parameter" if content["parameters"] == 1 else f"{content['parameters']} parameters"
        which = "best fit" if reference["which"] == "best" else "lowest point of the grid"
        terminal.print(
            f"{content['scan']}: {typed_level(content['cl'])} of {whose}, delta chi2 = {content['delta_chi2']:.3f} "
            f"above the {which}, chi2 = {reference['chi2']:.3f}"
        )
        if "lines" in content:
            rows = table("contour", "kind", "points", *names)
            for number, line in enumerate(content["lines"]):
                ranges = [(min(values), max(values)) for values in zip(*line["points"], strict=True)]
                texts = (f"{low:.4g} … {high:.4g}" for low, high in ranges)
                kind = "closed" if line["closed"] else "open"
                rows.add_row(str(number), kind, str(len(line["points"])), *texts)
        else:
            rows = table("piece", "from", "to", "reaches the edge of the grid")
            for number, piece in enumerate(content["pieces"]):
                edges = [side for side in ("below", "above") if piece[f"open_{side}"]]
                rows.add_row(str(number), f"{piece['low']:.5g}", f"{piece['high']:.5g}", " and ".join(edges))
        terminal.print(rows)
        if content["not_converged"]:
            terminal.print(f"{content['not_converged']} points of the scan did not converge")


def _share(found: dict[str, Any]) -> str:
    """Return a share of toys with the interval that their number leaves it."""
    low, high = found["interval"]
    return f"{found['value']:.4f} ({low:.4f} … {high:.4f})"


def toys(content: dict[str, Any], data_name: str = DATA) -> None:
    """Print a study of toys from its JSON."""
    terminal = console()
    at = ", ".join(f"{name} = {_number(value, '.5g')}" for name, value in content["truth"].items()) or "given values"
    terminal.print(f"{content['count']} toys of {fitted(content, data_name)} at {at}")
    if "goodness_of_fit" in content:
        found = content["goodness_of_fit"]
        terminal.print(
            f"goodness of fit: chi2 = {found['chi2']:.2f}, of the toys {found['toys']['mean']:.2f} on average, "
            f"p = {_share(found['p_value'])}"
        )
    if content["test"]:
        found = content["test"]
        values = ", ".join(f"{name} = {value:.6g}" for name, value in found["values"].items())
        terminal.print(
            f"{values}: t = {found['statistic']:.4f}, p = {_share(found['p_value'])}, "
            f"{_number(found['wilks_p_value'], '.4f')} by Wilks"
        )
        rows = table("level [%]", "critical t of the toys", "by Wilks")
        for level, one in found["critical"].items():
            value = f"{_number(one['value'], '.3f')} ± {_number(one['error'], '.3f')}"
            rows.add_row(level, value, f"{one['wilks']:.3f}")
        terminal.print(rows)
    rows = table("parameter", "truth", "mean of the toys", "standard deviation", "level [%]", "coverage")
    for name, found in content.get("parameters", {}).items():
        numbers = (_number(found[key], ".5g") for key in ("truth", "mean", "standard_deviation"))
        line = [name, *numbers]
        for level, one in found.get("coverage", {}).items():
            rows.add_row(*line, level, _share(one))
            line = [""] * 4
        if line[0]:
            rows.add_row(*line, "", "")
    if rows.row_count:
        terminal.print(rows)
    _ended(content, data_name)


def construction(content: dict[str, Any], data_name: str = DATA) -> None:
    """Print a construction of Feldman and Cousins from its JSON."""
    terminal = console()
    names = content["parameters"]
    best = ", ".join(f"{name} = {_number(content['best'][name], '.5g')}" for name in names)
    terminal.print(f"chi2 = {_number(content['chi2_min'], '.2f')} at {best}")
    if len(names) == 1:
        rows = table("level [%]", f"{names[0]}, by toys", "error of each edge", "by Wilks")
        for level, found in content.get("levels", {}).items():
            errors = ", ".join(f"{edge['error']:.2g}" for edge in found["edges"])
            rows.add_row(level, _pieces(found["interval"]), errors, _pieces(found["wilks"]))
    else:
        rows = table("level [%]", "contours by toys", "by Wilks")
        for level, found in content.get("levels", {}).items():
            lines = (
                ", ".join("closed" if one["closed"] else "open" for one in found[key]) for key in ("contours", "wilks")
            )
            rows.add_row(level, *lines)
    terminal.print(rows)
    if "points" in content:
        number = content["points"]["toys"]
        terminal.print(f"{sum(number)} toys at {len(number)} points, {min(number)} to {max(number)} at each")
    _ended(content, data_name)


def _ended(content: dict[str, Any], data_name: str) -> None:
    if content["not_converged"]:
        console().print(content["message"])
    if content["out"]:
        console().print(f"written to {content['out']}")
    seconds = content["seconds"]
    console().print(f"fitted the {data_name} in {seconds['fit']:.1f} s, the toys in {seconds['toys']:.1f} s")


def cross_sections(content: dict[str, Any]) -> None:
    """Print flux-averaged cross sections from their JSON."""

    def errors(pair: Sequence[float | None]) -> str:
        down, up = pair
        return f"+{_number(up, '.3g')} -{_number(down, '.3g')}"

    terminal = console()
    terminal.print(f"flux-averaged cross section per nucleus [{content['unit'].replace('^2', '²')}]")
    rows = table("measurement", "N", "measured", "statistical", "total", "Standard Model", "ratio")
    for name, found in content["measured"].items():
        value, sm = found["value"], found["sm"]
        rows.add_row(
            name,
            f"{found['neutrons']:.2f}",
            _number(value, ".4g"),
            errors(found["statistical"]),
            errors(found["total"]),
            f"{_number(sm, '.4g')} ± {_number(found['sm_error'], '.2g')}",
            "–" if value is None else f"{value / sm:.3f}",
        )
    terminal.print(rows)
    rows = table("nuclide", "N", "Standard Model", "F = 1")
    for name, found in content["predicted"].items():
        rows.add_row(name, str(found["neutrons"]), f"{found['sm']:.4g}", f"{found['coherent']:.4g}")
    terminal.print()
    terminal.print(rows)


def _stage(path: str, stage: Mapping[str, Any]) -> str:
    """Return one line about a stage of a component: where it is, what it is, its arrays and what it reads."""
    parts = ["×".join(map(str, shape)) or "1" for shape in stage["shapes"][:3]]
    arrays = f" {', '.join(parts)}{' …' if len(stage['shapes']) > 3 else ''}, {stage['bytes']} B" if parts else ""
    reads = f"; reads {abridged(stage['parameters'])}" if stage["parameters"] else ""
    error = "" if stage["error"] is None else f"; interpolated to {stage['error']:.0e}"
    name = f"{path.split('.')[-1]}: " if path else ""
    return f"{'  ' * (path.count('.') + bool(path))}{name}{stage['kind']}{arrays}{reads}{error}"


def explanation(content: Mapping[str, Any]) -> None:
    """Print what is folded and what is compiled."""
    out = console()
    out.print(f"χ² as a function of {', '.join(content['coordinates']) or 'nothing'}")
    for measurement, components in content["measurements"].items():
        out.print(f"\n{measurement}")
        for component, one in components.items():
            state = f"a function of {abridged(one['live'])}" if one["live"] else "folded to an array"
            scaled = f", times {abridged(one['factors'])}" if one["factors"] else ""
            out.print(f"  {component}: {state + scaled}")
            if one["arguments"]:
                out.print(f"    fixed, other values compile nothing: {abridged(one['arguments'])}")
            if one["folded"]:
                out.print(f"    folded away: {abridged(one['folded'])}")
            for stage in one["stages"]:
                path = stage["path"].removeprefix(component).removeprefix(".")
                out.print(f"    {_stage(path, stage)}")
    compiled, gradient = content["compiled"], content["gradient"]
    cache = content["cache"]["folder"] if content["cache"]["on"] else "off"
    out.print(f"\n{content['bytes'] / 1e3:.0f} kB of arrays, folded in {content['seconds']['fold']:.2f} s")
    out.print(f"χ² and its gradient: {gradient['operations']} operations, {gradient['flops']:.3g} flops")
    out.print(
        f"minimisation: {compiled['programs']} compiled, {compiled['cache_hits']} of them from the cache; traced in "
        f"{compiled['trace']:.2f} s, lowered in {compiled['lower']:.2f} s, compiled in {compiled['compile']:.2f} s"
    )
    out.print(f"cache: {cache}")
