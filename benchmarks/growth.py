"""How cost and memory grow: with the points of a grid, the bins, the free parameters, the measurements.

Points: the grid of block 8, the four pulls profiled at each. The rest: χ² with its gradient, for each point of a batch;
NumPy has the gradient by central differences, numba by hand. A competitor whose run would take longer than `LIMIT` is
left out from there on. Memory is by how much the resident memory rises at most in one run: the results are part of it.
"""

import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np

import cevnsjax as cj
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.plots.style import RC, new_figure, tidy

from .case import FREE, TIE, Case
from .mediator_grid import grid, minuit, newton, numpy_mediator
from .numba_opponent import NumbaLikelihood, NumbaMediator
from .numpy_opponent import BLOCK, NumpyLikelihood, numpy_likelihood
from .pulls import TOLERANCE, profile_pulls
from .table import Table
from .timing import peak_memory

FIGURE = Path(__file__).parent / "figures" / "growth.png"
LIMIT = 10.0
"""Longest run [s] of an opponent."""
LEAST = 0.1
"""Least memory [MiB] that is drawn."""
SIDES, QUICK_SIDES = (10, 32, 100, 316, 1000), (4, 10)
"""Values of each parameter of the grids."""
BINS = {12: (3, 4), 99: None, 396: (18, 22), 1584: (36, 44), 6336: (72, 88)}
"""Number of bins, and into how many of energy and of time the events are cut; None for the published ones."""
COUPLINGS = ("eps_ee_u", "eps_mumu_u", "eps_ee_d", "eps_mumu_d", "eps_emu_u", "eps_emu_d")
"""What is set free beside sin²θ_W, R_n and the pulls, one pair after the other."""
COPIES = (1, 2, 4, 8)
"""Measurements: copies of CsI 2021 with pulls of their own."""
BATCH = 2048

WHO = ("cevnsjax", "numba", "NumPy", "NumPy, point by point", "MINUIT")
Batched = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""χ² and gradient at each row of coordinates."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one competitor costs at one size."""

    axis: str
    who: str
    size: int
    seconds: float
    """Time of one run: of the whole grid, or of a batch."""
    points: int
    memory: float | None
    """Peak [MiB] in one run."""
    compile_seconds: float | None
    distance: float | None
    """Largest relative distance of χ² to the engine."""


def measured(call: Callable[[], Any], turn: float = 0.3) -> tuple[float, float | None]:
    """Return the median time [s] of a call over `turn` seconds at least, and its peak memory [MiB].

    The first run is left out: what it compiles, it need not compile again.
    """
    times: list[float] = []

    def timed() -> None:
        started = time.perf_counter()
        jax.block_until_ready(call())
        times.append(time.perf_counter() - started)

    timed()
    times.clear()
    memory = peak_memory(timed)
    while sum(times) < turn:
        timed()
    return float(np.median(times)), memory


def _distance(value: np.ndarray, engine: np.ndarray) -> float:
    """Return the largest relative distance, points left out where undamped steps left the domain."""
    return float(np.nanmax(np.abs(value - engine) / np.maximum(1.0, np.abs(engine))))


def points(case: Case) -> Iterator[Cost]:
    """Yield the cost of profiling the grid of a vector mediator over the pulls, against its number of points."""
    problem = cj.Likelihood([case.measurement], cj.light_vector("universal")).problem(free=["g_zp", "m_zp"])
    jax.clear_caches()
    solver, opponent = Solver(problem), numpy_mediator(case)
    limits = (float(solver.lower[2]), float(solver.upper[2]))
    numba = NumbaMediator(opponent, limits, TOLERANCE)
    frozen = np.arange(len(problem.names)) < 2
    left_out: dict[str, float] = {}
    for side in QUICK_SIDES if case.quick else SIDES:
        rows = grid(side)
        starts = np.concatenate([rows, np.ones((len(rows), 4))], axis=1)
        calls: dict[str, Callable[[], np.ndarray]] = {
            "cevnsjax": lambda u=starts: solver.lowest(u, frozen).value,
            "numba": lambda u=rows: numba(u),
            "NumPy": lambda u=rows: profile_pulls(opponent, u, limits),
            "NumPy, point by point": lambda u=rows: newton(opponent, u),
            "MINUIT": lambda u=rows: minuit(opponent, u, limits),
        }
        engine: np.ndarray | None = None
        for who, call in calls.items():
            if who != "cevnsjax" and left_out.get(who, 0.0) * len(rows) > LIMIT:
                continue
            with np.errstate(all="ignore"):  # undamped steps and MINUIT leave the domain far from the data
                value = call()
                seconds, memory = measured(call)
            engine = value if engine is None else engine  # the first of all
            left_out[who] = seconds / len(rows)
            compiled = {"cevnsjax": solver.compile_seconds, "numba": numba.compile_seconds}.get(who)
            near = engine < engine.min() + 50.0
            yield Cost(
                "points", who, len(rows), seconds, len(rows), memory, compiled, _distance(value[near], engine[near])
            )


def _compete(
    axis: str, size: int, problem: Any, opponents: dict[str, tuple[Batched, float | None]], u: np.ndarray
) -> Iterator[Cost]:
    """Yield the cost of a batch of χ² with gradients of the engine and of each opponent."""
    evaluator = Evaluator(problem)
    jax.clear_caches()
    started = time.perf_counter()
    engine = np.asarray(evaluator.value_and_gradient(u)[0])
    compiled = time.perf_counter() - started
    seconds, memory = measured(lambda: evaluator.value_and_gradient(u))
    yield Cost(axis, "cevnsjax", size, seconds, len(u), memory, compiled, 0.0)
    for who, (call, compiled) in opponents.items():
        few = u[: max(BLOCK, len(u) // 8)] if who == "NumPy" else u
        value = call(few)[0]
        seconds, memory = measured(lambda c=call, u=few: c(u))
        yield Cost(axis, who, size, seconds, len(few), memory, compiled, _distance(value, engine[: len(few)]))


def _spread(problem: Any, centre: np.ndarray, count: int) -> np.ndarray:
    """Return `count` rows of coordinates within 5 % of `centre`, couplings within 0.05 of 0."""
    width = np.where(centre == 0.0, 0.05, 0.05 * centre)
    return centre + width * np.random.default_rng(0).uniform(-1.0, 1.0, (count, len(centre)))


def _measurement(cut: tuple[int, int] | None) -> Measurement:
    """Return the measurement in so many bins of energy, the first up to 8 photo-electrons, and of time."""
    if cut is None:
        return cj.measurements.coherent_csi_2021()
    energies, times = np.r_[0.0, np.linspace(8.0, 60.0, cut[0])], np.linspace(0.0, 6.0, cut[1] + 1)
    return cj.measurements.coherent_csi_2021(binning={"energy": energies, "time": times})


def bins(case: Case) -> Iterator[Cost]:
    """Yield the cost against the number of bins."""
    for size, cut in list(BINS.items())[: 2 if case.quick else None]:
        measurement = _measurement(cut)
        likelihood = cj.Likelihood([measurement])
        problem = likelihood.problem(free=FREE, tie=TIE)
        base = numpy_likelihood(measurement, likelihood.interaction)
        numba = NumbaLikelihood(base)
        u = _spread(problem, problem.coordinates(likelihood.parameters.complete()), 64 if case.quick else BATCH)
        opponents: dict[str, tuple[Batched, float | None]] = {
            "numba": (numba.gradient_batch, numba.compile_seconds),
            "NumPy": (base.gradient_batch, None),
        }
        yield from _compete("bins", size, problem, opponents, u)


@dataclasses.dataclass(frozen=True)
class NumpyNonStandard(NumpyLikelihood):
    """The opponent with non-standard interactions of u and d, the couplings of `COUPLINGS` in that order."""

    strength: float = 0.0
    """g_V^n."""
    couplings: int = 0
    """How many of them are coordinates, after sin²θ_W and R_n."""

    def spectrum_of(self, u: np.ndarray) -> np.ndarray:
        """Return the signal of ν_μ, ν̄_μ, ν_e [counts] in each energy bin, an array (point, bin, flavour)."""
        electron, muon = self.amplitude(u[:, :1], u[:, 1:2])
        at_electron, _, slope, anchor = self.coupling
        neutron = (electron - (at_electron + slope * (u[:, :1] - anchor)) * self.proton) / self.strength
        eps = np.zeros((len(u), len(COUPLINGS)))
        eps[:, : self.couplings] = u[:, 2 : 2 + self.couplings]
        added = [
            (2.0 * up + down)[:, None] * self.proton + (up + 2.0 * down)[:, None] * neutron
            for up, down in ((eps[:, 0], eps[:, 2]), (eps[:, 1], eps[:, 3]), (eps[:, 4], eps[:, 5]))
        ]
        changed = added[2] ** 2
        electron, muon = (electron + added[0]) ** 2 + changed, (muon + added[1]) ** 2 + changed
        found = np.empty((len(u), self.fold_electron.shape[1], 3))
        found[:, :, :2] = (muon @ self.fold_muon).reshape(len(u), -1, 2)
        found[:, :, 2] = electron @ self.fold_electron
        return found

    def _block(self, u: np.ndarray) -> np.ndarray:
        pulls = u[:, 2 + self.couplings :]
        expected = (self.spectrum_of(u).reshape(-1, 3) @ self.arrivals).reshape(len(u), -1)
        expected = expected * pulls[:, :1] + pulls[:, 1:] @ self.backgrounds
        total = expected.sum(axis=1) - np.log(expected) @ self.observed
        return self.constant + 2.0 * total + (((pulls - 1.0) / self.widths) ** 2).sum(axis=1)


def non_standard(base: NumpyLikelihood, strength: float, couplings: int) -> NumpyNonStandard:
    """Return the opponent with the first of `COUPLINGS` free; `strength` is g_V^n."""
    fields = {field.name: getattr(base, field.name) for field in dataclasses.fields(base)}
    return NumpyNonStandard(**fields, strength=strength, couplings=couplings)


def parameters(case: Case) -> Iterator[Cost]:
    """Yield the cost against the number of coordinates: the four pulls, sin²θ_W, R_n, then couplings."""
    likelihood = cj.Likelihood([case.measurement], cj.nsi())
    base = numpy_likelihood(case.measurement, case.likelihood.interaction)
    strength = case.likelihood.interaction.standard.couplings.neutron
    for count in range(0, 3 if case.quick else len(COUPLINGS) + 1, 2):
        problem = likelihood.problem(free=(*FREE, *COUPLINGS[:count]), tie=TIE)
        numpy = non_standard(base, strength, count)
        u = _spread(problem, problem.coordinates(likelihood.parameters.complete()), 64 if case.quick else BATCH)
        yield from _compete("parameters", u.shape[1], problem, {"NumPy": (numpy.gradient_batch, None)}, u)


def _copy(measurement: Measurement, k: int) -> Measurement:
    """Return the measurement as the k-th of several, with flat pulls that nothing is shared of."""
    flat = tuple(dataclasses.replace(strength, parts=()) for strength in measurement.strengths)
    return dataclasses.replace(measurement, name=f"csi-{k}", dataset=f"csi-{k}", strengths=flat)


def _summed(single: Batched, columns: list[list[int]]) -> Batched:
    """Return χ² and gradient of several measurements, each at its own `columns` of the coordinates."""

    def total(u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = np.zeros(len(u)), np.zeros(u.shape)
        for chosen in columns:
            own, slope = single(np.ascontiguousarray(u[:, chosen]))
            value += own
            gradient[:, chosen] += slope
        return value, gradient

    return total


def measurements(case: Case) -> Iterator[Cost]:
    """Yield the cost against the number of measurements; NumPy and numba sum over them."""
    base = numpy_likelihood(_copy(case.measurement, 0), case.likelihood.interaction)
    numba = NumbaLikelihood(base)
    pulls = [strength.parameter for strength in case.measurement.strengths]
    for count in COPIES[: 2 if case.quick else None]:
        likelihood = cj.Likelihood([_copy(case.measurement, k) for k in range(count)])
        problem = likelihood.problem(free=FREE, tie=TIE)
        u = _spread(problem, problem.coordinates(likelihood.parameters.complete()), 64 if case.quick else BATCH)
        columns = []
        for k in range(count):
            own = pulls if count == 1 else [f"{pull}@csi-{k}" for pull in pulls]
            columns.append([problem.names.index(name) for name in (*FREE, *own)])
        opponents: dict[str, tuple[Batched, float | None]] = {
            "numba": (_summed(numba.gradient_batch, columns), numba.compile_seconds),
            "NumPy": (_summed(base.gradient_batch, columns), None),
        }
        yield from _compete("measurements", count, problem, opponents, u)


AXES = {
    "points": (points, "points of the grid", "a grid, 4 pulls profiled"),
    "bins": (bins, "bins", "likelihood and gradient"),
    "parameters": (parameters, "coordinates", "likelihood and gradient"),
    "measurements": (measurements, "measurements", "likelihood and gradient"),
}
"""What measures each axis, its label, and what is computed."""


def draw(costs: list[Cost], path: Path) -> None:
    """Draw time of each point and memory of a run against every size."""
    from matplotlib import rc_context

    colours = dict(zip(WHO, ("#1f4e82", "#3f9b7a", "#e08a2c", "#b8524f", "#8c5aa8"), strict=True))
    with rc_context(RC):
        figure = new_figure(13.0, 5.6)
        panels = figure.subplots(2, len(AXES), sharex="col")
        for column, (axis, (_, label, what)) in enumerate(AXES.items()):
            for who, colour in colours.items():
                series = [cost for cost in costs if cost.axis == axis and cost.who == who]
                sizes = [cost.size for cost in series]
                style = {"color": colour, "marker": "o", "markersize": 4, "label": who}
                panels[0, column].plot(sizes, [1e6 * cost.seconds / cost.points for cost in series], **style)
                held = [(cost.size, max(cost.memory, LEAST)) for cost in series if cost.memory is not None]
                panels[1, column].plot([size for size, _ in held], [memory for _, memory in held], **style)
            for panel in panels[:, column]:
                if any(len(line.get_xdata()) for line in panel.lines):
                    panel.set(xscale="log" if axis in ("points", "bins") else "linear", yscale="log")
                tidy(panel)
            panels[1, column].set_xlabel(label)
            panels[0, column].set_title(what)
        panels[0, 0].set_ylabel("time for each point [µs]")
        panels[1, 0].set_ylabel("peak memory of a run [MiB]")
        panels[0, 0].legend()
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path)


def growth(case: Case) -> list[Table]:
    """Return a table for each axis, and draw them all (but for a quick run)."""
    costs = [cost for measure, _, _ in AXES.values() for cost in measure(case)]
    if not case.quick:
        draw(costs, FIGURE)
    tables = []
    for axis, (_, label, what) in AXES.items():
        rows = [
            (c.who, c.size, c.compile_seconds, c.seconds, 1e6 * c.seconds / c.points, c.memory, c.distance)
            for c in costs
            if c.axis == axis
        ]
        columns = ("who", axis, "compile s", "run s", "us/point", "memory MiB", "distance of chi2")
        tables.append(Table(f"9. Growth with {label}: {what}", columns, rows))
    return tables
