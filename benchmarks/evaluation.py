"""Blocks 1 and 2: χ², gradient and Hessian of the engine beside NumPy and numba, with the error beside the time."""

from collections.abc import Callable
from typing import Any

import numpy as np

from cevnsjax.folding.nodes import recoil_nodes
from cevnsjax.folding.scatterers import nuclei

from .case import Case
from .numba_opponent import NumbaLikelihood
from .numpy_opponent import NumpyLikelihood, midpoint_nodes, numpy_likelihood
from .table import Table
from .timing import Timed, compete, first_call

BATCH = 4096
"""Points of a batched call."""
MIDPOINTS = 100
"""Recoil-energy nodes of the opponent of lower quality, for each nuclide."""
FINE_ORDER = 64
"""Recoil-energy nodes between kinks of the reference that the PE bins are compared with."""
BARS = {"one call": 60.0, "one call with gradient": 130.0, "batched": 1.5, "batched gradient": 3.0}
"""Times [us] that the engine is meant to keep, for each likelihood."""


def _calls(owner: Any, one: np.ndarray, many: np.ndarray, opponent: bool) -> dict[str, Callable[[], Any]]:
    if opponent:
        return {
            "one call": lambda: owner.chi2(one),
            "one call with gradient": lambda: owner.gradient(one),
            "batched": lambda: owner.chi2_batch(many),
            "batched gradient": lambda: owner.gradient_batch(many),
        }
    return {
        "one call": lambda: owner.chi2(one),
        "one call with gradient": lambda: owner.value_and_gradient(one),
        "batched": lambda: owner.chi2(many),
        "batched gradient": lambda: owner.value_and_gradient(many),
        "Hessian": lambda: owner.hessian(one),
    }


def _largest(error: np.ndarray, scale: np.ndarray) -> float:
    return float(np.max(np.abs(error) / np.abs(scale)))


def worst_bin(opponent: NumpyLikelihood, reference: NumpyLikelihood, u: np.ndarray) -> float:
    """Return the largest relative error of the signal in a PE bin (all flavours and times) at the coordinates `u`."""
    spectra = [owner.spectrum(u[None, :1], u[None, 1:2]).sum(axis=(0, 2)) for owner in (opponent, reference)]
    return _largest(spectra[0] - spectra[1], spectra[1])


def evaluation(case: Case) -> list[Table]:
    """Return the tables of times and of errors."""
    engine, measurement, interaction = case.evaluator(), case.measurement, case.likelihood.interaction
    opponents = {
        "NumPy": numpy_likelihood(measurement, interaction),
        "NumPy, midpoints": numpy_likelihood(measurement, interaction, midpoint_nodes(measurement, MIDPOINTS)),
    }
    numba = NumbaLikelihood(opponents["NumPy"])
    one, many = case.centre, case.points(BATCH)
    calls = _calls(engine, one, many, opponent=False)
    compiled = {name: first_call(call) for name, call in calls.items()}
    everyone = {("engine", name): call for name, call in calls.items()}
    for who, opponent in (opponents | {"numba": numba}).items():
        everyone |= {(who, name): call for name, call in _calls(opponent, one, many, opponent=True).items()}
    found = compete(everyone)

    def micro(who: str, name: str) -> tuple[float | None, float | None]:
        timed: Timed | None = found.get((who, name))
        scale = 1e6 / (BATCH if name.startswith("batched") else 1)
        return (timed.median * scale, timed.best * scale) if timed else (None, None)

    times = []
    for name in calls:
        engine_time, best = micro("engine", name)
        bar = BARS.get(name)
        kept = None if bar is None or engine_time is None else engine_time <= bar
        verdict = None if kept is None else "kept" if kept else "missed"
        numpy, midpoints = (micro(who, name) for who in opponents)
        times.append(
            (name, compiled[name], engine_time, best, bar, verdict, *numpy, midpoints[0], *micro("numba", name))
        )
    columns = ("call", "compile s", "engine us", "best turn", "bar us", "bar")
    columns += ("NumPy us", "NumPy best", "midpoints us", "numba us", "numba best")
    return [
        Table(
            "1 and 2. Time of a likelihood [us]; batched: of 4096, for each. Compile time [s] with the first run; "
            f"numba compiles in {numba.compile_seconds:.1f} s",
            columns,
            times,
        ),
        _errors(case, engine, opponents | {"numba": numba}, many),
    ]


def _errors(case: Case, engine: Any, opponents: dict[str, Any], many: np.ndarray) -> Table:
    """Return how far the opponents are from the engine over the batch, and from converged PE bins."""
    value, gradient = map(np.asarray, engine.value_and_gradient(many))
    measurement, interaction = case.measurement, case.likelihood.interaction
    scattering = measurement.counted()
    targets = nuclei(scattering.target, interaction)
    nodes = recoil_nodes(scattering.source, targets, scattering.detector, FINE_ORDER)
    fine = numpy_likelihood(measurement, interaction, nodes)
    rows = []
    for who, opponent in opponents.items():
        other, slope = opponent.gradient_batch(many)
        error = _largest(slope - gradient, np.abs(gradient).max(axis=0))
        bins = worst_bin(opponent, fine, case.centre) if isinstance(opponent, NumpyLikelihood) else None
        rows.append((who, _largest(other - value, value), error, bins))
    return Table(
        "2. Error beside time: largest relative distance to the engine over the batch, and error of the worst PE bin",
        ("opponent", "chi2", "gradient (of its largest)", "worst PE bin"),
        rows,
    )
