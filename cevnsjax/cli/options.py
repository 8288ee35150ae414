"""Options of the command line, and what they mean to the library."""

import contextlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._base.errors import BLANKS, InputError, read_number, read_whole, suggest
from .._base.levels import USUAL, Level, typed_level
from ..inference.defaults import PRIOR_FORMS
from ..interactions.catalogue import MODELS
from ..measurements.catalogue import CATALOGUE, RELATIONS, Entry, find, shipped
from ..measurements.joint_analyses import joint_entries

if TYPE_CHECKING:
    from ..inference.engines.dask import Dask
    from ..inference.problem.priors import Flat, LogFlat, Normal


def whole(option: str, what: str) -> Any:
    """Return the option of a whole number: ASCII digits, as all numbers of the command line."""

    def parse(text: str | int) -> int:
        try:
            return read_whole(str(text), option)  # a default comes as the number that it is
        except InputError as error:
            raise typer.BadParameter(str(error).removeprefix(f"{option}: ")) from None

    return typer.Option(option, parser=parse, metavar="INTEGER", help=what)


def _beginning(names: Iterable[str], incomplete: str) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]


def complete_measurement(incomplete: str) -> list[str]:
    """Return the measurements, with variants, whose name begins like this: for completion by the shell."""
    return _beginning(_with_variants(CATALOGUE | joint_entries()), incomplete)


def complete_relation(incomplete: str) -> list[str]:
    """Return the relations, with variants, whose name begins like this."""
    return _beginning(_with_variants(RELATIONS), incomplete)


def _with_variants(entries: Mapping[str, Entry]) -> list[str]:
    return [name for base, entry in entries.items() for name in (base, *(f"{base}:{v}" for v in entry.variants[1:]))]


def complete_experiment(incomplete: str) -> list[str]:
    """Return the measurements and shipped forecasts whose name begins like this."""
    return [*complete_measurement(incomplete), *_beginning(shipped(), incomplete)]


def complete_model(incomplete: str) -> list[str]:
    """Return the models, with variants, whose name begins like this."""
    every = (name for base, entry in MODELS.items() for name in (base, *(f"{base}:{v}" for v in entry.variants)))
    return _beginning(every, incomplete)


Measurements = Annotated[
    list[str],
    typer.Argument(
        metavar="MEASUREMENT...",
        help="Measurements by name, a variant after a colon.",
        show_default=False,
        autocompletion=complete_measurement,
    ),
]
Free = Annotated[list[str] | None, typer.Option("--free", help="Parameters to fit, comma-separated.")]
Ties = Annotated[list[str] | None, typer.Option("--tie", help="FOLLOWER=LEADER: give a parameter another's value.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", help="NAME=VALUE: fix a parameter, or start it there if it is free.")
]
Requirements = Annotated[
    list[str] | None, typer.Option("--require", help="A<=B: an order between parameters, or a parameter and a number.")
]
Constraints = Annotated[
    list[str] | None,
    typer.Option(
        "--constrain", help="NAME=CENTRE,WIDTH: a Gaussian constraint, or on a combination: r_n_cs-r_n_i=0.06,0.02."
    ),
]
Correlations = Annotated[
    list[str] | None,
    typer.Option("--correlate", help="A,B=RHO: correlation between the constraints of two parameters."),
]
Relations = Annotated[
    list[str] | None,
    typer.Option(
        "--relation",
        help=f"A relation of theory as a constraint, with its error: {' or '.join(RELATIONS)}.",
        autocompletion=complete_relation,
    ),
]
Priors = Annotated[
    list[str] | None,
    typer.Option("--prior", help=f"NAME={PRIOR_FORMS}: the prior of a free parameter or a nuisance."),
]
Interactions = Annotated[
    list[str] | None,
    typer.Option(
        "--interaction", help="A model beside the Standard Model; see `cevnsjax models`.", autocompletion=complete_model
    ),
]
CouplingScheme = Annotated[str, typer.Option("--couplings", help="tree, 2020, 2022 (the default) or 2024.")]
Electrons = Annotated[bool, typer.Option("--electrons", help="Add neutrino-electron scattering.")]
FormFactorNames = Annotated[
    list[str] | None,
    typer.Option(
        "--form-factor",
        help="helm (the default), symmetrised-fermi, klein-nystrand, shell-model or unity; of a nuclide or an element "
        "alone, by name or by a file of your own: 133Cs:n=cs.toml.",
    ),
]
Experiments = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME_OR_FILE...",
        help="A shipped forecast, a measurement, or a TOML file that describes an experiment.",
        show_default=False,
        autocompletion=complete_experiment,
    ),
]
Listed = Annotated[
    list[str] | None,
    typer.Argument(
        help="Measurements, forecasts or files; all measurements by default.", autocompletion=complete_experiment
    ),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show what is folded to arrays and what is compiled; fit nothing.")
]
Minimiser = Annotated[
    str, typer.Option("--minimiser", help="Who finds the minima: newton, minuit, optimistix or optax.")
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON object on standard output.")]
Plot = Annotated[Path | None, typer.Option("--plot", help="Draw the result to this file.")]
Swap = Annotated[bool, typer.Option("--swap", help="Turn the axes of the figure round; by default a mass is on x.")]
Styles = Annotated[
    list[str] | None,
    typer.Option(
        "--style", help="Style sheet of the figure: column or wide (for a journal), a name of matplotlib's, or a file."
    ),
]
RateAxis = Annotated[
    str | None,
    typer.Option(
        "--axis", help="recoil: also dR/dT against the recoil energy, before the detector; --plot then draws that."
    ),
]
EngineName = Annotated[
    str, typer.Option("--engine", help="Where tasks run: serial, dask (workers on this computer) or dask:ADDRESS.")
]
Workers = Annotated[
    int | None,
    whole("--workers", "Workers to start, by default as many as cores; with an address, to wait for."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Carry on the unfinished run of --out.")]
OutJson = Annotated[
    Path | None, typer.Option("--out", help="Save the result to this JSON file (.json), for `show` and cevnsjax.load.")
]
OutNetcdf = Annotated[
    Path | None, typer.Option("--out", help="Save the result to this netCDF file (.nc), for `show` and cevnsjax.load.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file of --out, if it exists.")]
Levels = Annotated[
    list[str] | None, typer.Option("--cl", help="Confidence level in per cent, or as 5sigma, beside the usual four.")
]


def split(items: Sequence[str] | None, option: str) -> list[str]:
    """Return the items of a repeated, comma-separated option, none of them empty."""
    parts = [part.strip(BLANKS) for item in items or () for part in item.split(",")]
    if not all(parts):
        raise InputError(f"{option}: expected items separated by commas, found '{','.join(items or ())}'")
    return parts


def _pairs(items: Sequence[str], option: str, form: str = "NAME=VALUE") -> dict[str, str]:
    pairs: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name.strip(BLANKS) or not value.strip(BLANKS):
            raise InputError(f"{option}: expected {form}, found '{item}'")
        if name.strip(BLANKS) in pairs:
            raise InputError(f"{option}: '{name.strip(BLANKS)}' is given twice")
        pairs[name.strip(BLANKS)] = value.strip(BLANKS)
    return pairs


def check_relation(name: str) -> None:
    """Raise InputError for what is not the name of a relation."""
    if (base := name.partition(":")[0]) not in RELATIONS:
        raise InputError(f"--relation: expected {' or '.join(RELATIONS)}, found '{name}'{suggest(base, RELATIONS)}")
    find(name)


def limits(text: str | None, option: str) -> tuple[float, float] | None:
    """Return the two numbers of ``LO:HI``."""
    if text is None:
        return None
    low, colon, high = text.partition(":")
    if not colon or ":" in high:
        raise InputError(f"{option}: expected LO:HI, found '{text}'")
    return read_number(low, option), read_number(high, option)


def curves(items: Sequence[str] | None) -> dict[str, str]:
    """Return the files of ``--curve LABEL=FILE.csv``, by label; the last equals sign counts."""
    files: dict[str, str] = {}
    for item in items or ():
        label, _, file = (part.strip(BLANKS) for part in item.rpartition("="))
        if not label or not file:
            raise InputError(f"--curve: expected LABEL=FILE.csv, found '{item}'")
        if label in files:
            raise InputError(f"--curve: '{label}' is given twice")
        files[label] = file
    return files


def of_plot(plot: Path | None, **given: Any) -> None:
    """Raise InputError for an option of the figure without --plot."""
    for name, value in given.items():
        if plot is None and value not in (None, False, [], {}):
            raise InputError(f"--{name} needs --plot: the name of the figure")


def specification(
    free: Sequence[str] | None = None,
    tie: Sequence[str] | None = None,
    settings: Sequence[str] | None = None,
    require: Sequence[str] | None = None,
    constrain: Sequence[str] | None = None,
    correlate: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Return the arguments of `Likelihood.fit` for the options of the command line."""
    constraints = {}
    for name, text in _pairs(constrain or (), "--constrain", "NAME=CENTRE,WIDTH").items():
        numbers = text.split(",")
        if len(numbers) != 2:
            raise InputError(f"--constrain: expected NAME=CENTRE,WIDTH, found '{name}={text}'")
        constraints[name] = tuple(read_number(number, f"--constrain {name}") for number in numbers)
    correlations: dict[tuple[str, str], float] = {}
    for text, value in _pairs(correlate or (), "--correlate", "A,B=RHO").items():
        pair = [name.strip(BLANKS) for name in text.split(",")]
        if len(pair) != 2 or not all(pair):
            raise InputError(f"--correlate: expected A,B=RHO, found '{text}={value}'")
        if (pair[1], pair[0]) in correlations:
            raise InputError(f"--correlate: '{pair[0]}' and '{pair[1]}' are given twice")
        correlations[pair[0], pair[1]] = read_number(value, f"--correlate {text}")
    return {
        "free": split(free, "--free"),
        "tie": _pairs(split(tie, "--tie"), "--tie", "FOLLOWER=LEADER"),
        "values": values(split(settings, "--set"), "--set"),
        "require": split(require, "--require"),
        "constrain": constraints,
        "correlate": correlations,
    }


def priors(items: Sequence[str] | None) -> "dict[str, Flat | LogFlat | Normal]":
    """Return the priors of ``--prior NAME=flat:LO:HI``, by name."""
    from ..inference.problem.priors import parse_prior

    texts = _pairs(items or (), "--prior", "NAME=PRIOR")
    try:
        return {name: parse_prior(name, text) for name, text in texts.items()}
    except InputError as error:
        raise InputError(f"--prior {error}") from None


def values(items: Sequence[str] | None, option: str) -> dict[str, float]:
    """Return the numbers of ``NAME=VALUE``, by name."""
    return {name: read_number(text, name) for name, text in _pairs(items or (), option).items()}


def engine(name: str, workers: int | None) -> "AbstractContextManager[Dask | None]":
    """Return the context of where tasks run, which ends the workers that it starts."""
    from ..inference.engines.dask import choose

    return _running(choose(name, workers))


@contextlib.contextmanager
def _running(chosen: "Dask | None") -> "Generator[Dask | None, None, None]":
    from ..inference.engines.engine import prepare

    with chosen or contextlib.nullcontext():
        prepare(chosen)
        yield chosen


SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 2.0**10, "MiB": 2.0**20, "GiB": 2.0**30}


def memory(text: str) -> float:
    """Return the bytes that a text like ``500MB`` means."""
    for unit, size in SIZES.items():
        if text.lower().endswith(unit.lower()):
            value = read_number(text[: -len(unit)], "--memory") * size
            if value > 0.0:
                return value
    raise InputError(f"--memory: expected a size like 500MB or 2GB, found '{text}'")


def level(text: str) -> Level:
    """Return the confidence level of --cl, in per cent or as 5sigma."""
    try:
        return typed_level(text)
    except InputError as error:
        raise InputError(f"--cl: {error}") from None


def levels(extra: Sequence[str] | None, usual: Sequence[Level] = USUAL) -> list[Level]:
    """Return the `usual` confidence levels and those of --cl, the lowest first."""
    chosen = {entry.label: entry for entry in (*usual, *map(level, split(extra, "--cl")))}
    return sorted(chosen.values(), key=lambda entry: entry.of_one)


def ranges(items: Sequence[str] | None, scanned: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return the ranges of ``--range LO:HI`` (in the order of the parameters) or ``--range NAME=LO:HI``."""
    limits: dict[str, tuple[float, float]] = {}
    for number, item in enumerate(items or ()):
        name, equals, text = (part.strip(BLANKS) for part in item.rpartition("="))
        if equals and not name:
            raise InputError(f"--range: expected LO:HI or NAME=LO:HI, found '{item}'")
        if not equals:
            if number >= len(scanned):
                raise InputError(f"--range: expected a range for each of {', '.join(scanned)} at most, found '{item}'")
            name = scanned[number]
        low, colon, high = text.partition(":")
        if not colon:
            raise InputError(f"--range: expected LO:HI, found '{text}'")
        if name in limits:
            raise InputError(f"--range: '{name}' is given twice")
        limits[name] = (read_number(low, f"--range {name}"), read_number(high, f"--range {name}"))
    return limits
