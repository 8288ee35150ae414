"""Scans with everything else profiled, after compilation: ours, MIGRAD on numba, batched NumPy, the earlier commit.

Ours is the median of the scans after a first one, the points of the grid alone, as `seconds` of the result has them.
MIGRAD runs at points drawn from the grid near the data, where it is fastest, and its time is scaled to all. The earlier
commit runs in a process of its own, on the same grid or, where that would take it too long, on a coarser one over the
same ranges, also scaled.
"""

import dataclasses
import statistics
import time
from typing import Any

import numpy as np
import scipy.optimize

import cevnsjax as cj
from cevnsjax.inference.problem.evaluate import Evaluator

from .before import COMMIT, LIMIT, Package, scanned
from .case import Case
from .experiments import Opponent
from .mediator_grid import COUPLINGS, MASSES, grid, numpy_mediator
from .pulls import profile_pulls
from .table import Table, verdict

SIDE, QUICK_SIDE, LARGE_SIDE, COARSE_SIDE = 100, 6, 1000, 20
"""Values of each parameter; of the largest grid; of the earlier commit's where it is slow."""
SOME, QUICK_SOME = 40, 2
"""Points at which MIGRAD runs."""
NEAR = 50.0
"""χ² above the lowest up to which MIGRAD runs and values are compared: far from the data it takes long, and ends
anywhere."""
STUCK = 1e-3
"""χ² above ours from which on MIGRAD counts as ended in a local minimum; its distance then tells nothing."""
AGAIN = 3
"""Scans after the first."""
FASTER = 4.0
"""How many times faster than batched NumPy the flat grids are to be."""
FIVE = ("coherent-csi-2021", "coherent-lar-2020", "coherent-ge-mini-2024", "dresden-ii", "conus-plus-2025")
FITTED = {"free": ["eps_mumu_u", "eps_mumu_d"]}
CHECKED, STARTS, REGION, CLOSE = 20, 100, 25.0, 1e-6
"""Points of the plane of couplings that are minimised from random starts, how many, of χ² up to so far above the
lowest; and the largest difference."""
STEPS, POLISHED = 60, 5
"""Iterations of L-BFGS-B from each start, and how many of its ends go on."""


@dataclasses.dataclass(frozen=True)
class Job:
    """A scan."""

    title: str
    measurements: tuple[str, ...]
    bar: float
    """Seconds that are not to be exceeded."""
    electrons: bool = False
    side: int = SIDE
    earlier: int = SIDE
    """Values of each parameter that the earlier commit gets."""


MEDIATOR = (
    Job("CsI 2021", FIVE[:1], 0.03),
    Job("CsI 2021, shape", ("coherent-csi-2021:shape",), 2.0),
    Job("Dresden-II, electrons too", ("dresden-ii",), 1.0, electrons=True),
    Job("XENONnT 8B", ("xenonnt-8b",), 4.0),
    Job("five together", FIVE, 5.0, earlier=COARSE_SIDE),
    Job("CsI 2021, large", FIVE[:1], 1.5, side=LARGE_SIDE),
)
NSI_BAR = 3.0
COLUMNS = ("scan", "who", "measured points", "s for all", "bar", "verdict", "us/point", "times slower", "chi2 off")


def _axes(side: int) -> dict[str, str]:
    return {name: f"{low}:{high}:{side}:log" for name, (low, high) in {"g_zp": COUPLINGS, "m_zp": MASSES}.items()}


def _plane(side: int) -> dict[str, str]:
    return {"eps_ee_u": f"-1:1:{side}", "eps_ee_d": f"-1:1:{side}"}


def _ours(likelihood: cj.Likelihood, axes: dict[str, str], again: int, **asked: Any) -> tuple[cj.GridResult, float]:
    """Return a scan, and the seconds of its points once compiled."""
    likelihood.scan(axes, **asked)
    results = [likelihood.scan(axes, **asked) for _ in range(again)]
    return results[-1], statistics.median(result.seconds["run"] for result in results)


def _earlier(title: str, job: dict[str, Any], before: Package, chi2: np.ndarray, seconds: float) -> tuple[Any, ...]:
    """Return the row of the earlier commit; χ² is compared where its grid is ours."""
    found = scanned(before, job)
    if found is None:
        return title, COMMIT, None, f"job > {LIMIT:.0f}", None, None, None, None, None
    value = np.array(found["chi2"])
    each, whole = found["run"] / len(value), found["run"] / len(value) * len(chi2)
    off = _distance(value, chi2, chi2.min()) if len(value) == len(chi2) else None
    return title, COMMIT, len(value), whole, None, None, 1e6 * each, whole / seconds, off


def _distance(value: np.ndarray, engine: np.ndarray, lowest: float) -> float | None:
    """Return the largest distance of χ², relative where χ² is above 1, of points near the lowest; None without any."""
    near = engine < lowest + NEAR
    distance = np.abs(value - engine)[near] / np.maximum(1.0, engine[near])
    return float(distance.max()) if near.any() else None


def _mediator(job: Job, case: Case, before: Package | None) -> list[tuple[Any, ...]]:
    """Return the rows of a scan of coupling and mass."""
    side, some = (QUICK_SIDE, QUICK_SOME) if case.quick else (job.side, SOME)
    likelihood = cj.Likelihood(list(job.measurements), cj.light_vector("universal"), electrons=job.electrons)
    result, seconds = _ours(likelihood, _axes(side), 1 if case.quick else AGAIN)
    chi2, count = result.dataset["chi2"].values.ravel(), side**2
    rows: list[tuple[Any, ...]] = []
    flat, large = job.measurements == FIVE[:1], job.side == LARGE_SIDE
    points = grid(side)
    slower = None
    if flat:
        opponent, problem = numpy_mediator(case), likelihood.problem(free=["g_zp", "m_zp"])
        limits = float(problem.box[0][2]), float(problem.box[1][2])
        with np.errstate(all="ignore"):  # far from the data
            begun = time.perf_counter()
            value = profile_pulls(opponent, points, limits)
            taken = time.perf_counter() - begun
        slower = taken / seconds
        off = _distance(value, chi2, chi2.min())
        rows.append((job.title, "NumPy Newton, batched", count, taken, None, None, 1e6 * taken / count, slower, off))
    if not large:
        rows.append(_minuit_row(job.title, likelihood, points, chi2, some, seconds))
    if before is not None and not large:
        asked = {"measurements": job.measurements, "model": ["light_vector", "universal"], "electrons": job.electrons}
        rows.append(_earlier(job.title, asked | {"grid": _axes(job.earlier), "asked": {}}, before, chi2, seconds))
    good = seconds <= job.bar and (slower is None or slower >= FASTER)
    bar = f"{job.bar}" if slower is None else f"{job.bar}, {FASTER:.0f} x NumPy"
    name = f"cevnsjax, {result.not_converged} not converged"
    return [(job.title, name, count, seconds, bar, verdict(good), 1e6 * seconds / count, 1.0, None), *rows]


def _minuit_row(
    title: str, likelihood: cj.Likelihood, points: np.ndarray, chi2: np.ndarray, some: int, seconds: float
) -> tuple[Any, ...]:
    """Return the row of MIGRAD at some points, its χ² compared with those of the scan."""
    problem = likelihood.problem(free=["g_zp", "m_zp"])
    opponent, start = Opponent(problem), problem.coordinates(likelihood.parameters.complete())
    near = np.flatnonzero(chi2 < chi2.min() + NEAR)
    chosen = np.random.default_rng(0).choice(near, some, replace=len(near) < some)
    begun = time.perf_counter()
    value = opponent.profile(points[chosen], start)
    each = (time.perf_counter() - begun) / some
    well = value < chi2[chosen] + STUCK
    whole, off = each * len(points), _distance(value[well], chi2[chosen][well], chi2.min())
    return (
        title,
        f"MIGRAD on numba, {some - well.sum()} end above",
        some,
        whole,
        None,
        None,
        1e6 * each,
        whole / seconds,
        off,
    )


def _from_afar(likelihood: cj.Likelihood, rows: np.ndarray, starts: int) -> np.ndarray:
    """Return the lowest χ² at each row of (ε_ee^u, ε_ee^d) from random starts over the bounds, by scipy.

    L-BFGS-B goes from every start; the lowest `POLISHED` of its ends go on by trust-exact with the Hessian, so long as
    they stay within the bounds. Coordinates are in units of 0.1, those of couplings of 0.01.
    """
    problem = likelihood.problem(free=["eps_ee_u", "eps_ee_d", *FITTED["free"]])
    evaluator = Evaluator(problem)
    low, high = (np.asarray(end, float) for end in problem.box)
    held = [problem.names.index(name) for name in ("eps_ee_u", "eps_ee_d")]
    moving = np.array([k for k in range(len(low)) if k not in held])
    scale = np.where([name.startswith("eps") for name in problem.names], 0.01, 0.1)[moving]
    random, lowest = np.random.default_rng(0), np.empty(len(rows))
    bounds = list(zip(low[moving] / scale, high[moving] / scale, strict=True))
    for k, row in enumerate(rows):
        u = np.empty(len(low))
        u[held] = row

        def placed(x: np.ndarray, u: np.ndarray = u) -> np.ndarray:
            u[moving] = x * scale
            return u

        def both(x: np.ndarray, placed: Any = placed) -> tuple[float, np.ndarray]:
            value, gradient = evaluator.value_and_gradient(placed(x))
            return (float(value), np.asarray(gradient)[moving] * scale) if np.isfinite(value) else (1e300, 0.0 * x)

        def bent(x: np.ndarray, placed: Any = placed) -> np.ndarray:
            return evaluator.hessian(placed(x))[np.ix_(moving, moving)] * np.outer(scale, scale)

        ends = [
            scipy.optimize.minimize(both, x, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": STEPS})
            for x in random.uniform(low[moving], high[moving], (starts, len(moving))) / scale
        ]
        ends.sort(key=lambda end: end.fun)
        values = [ends[0].fun]
        for end in ends[:POLISHED]:
            last = scipy.optimize.minimize(both, end.x, jac=True, hess=bent, method="trust-exact", tol=1e-7)
            if np.all((last.x * scale >= low[moving]) & (last.x * scale <= high[moving])):
                values.append(last.fun)
        lowest[k] = min(values)
    return lowest


def _couplings(case: Case, before: Package | None) -> list[tuple[Any, ...]]:
    """Return the rows of the plane of two couplings, two others profiled as well as the pulls."""
    side = QUICK_SIDE if case.quick else SIDE
    likelihood = cj.Likelihood([case.measurement], cj.nsi())
    result, seconds = _ours(likelihood, _plane(side), 1 if case.quick else AGAIN, **FITTED)
    chi2, count, title = result.dataset["chi2"].values.ravel(), side**2, "(eps_ee_u, eps_ee_d) of CsI 2021"
    axis = np.linspace(-1.0, 1.0, side)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    near = np.flatnonzero(chi2 < chi2.min() + REGION)
    _from_afar(likelihood, points[near[:1]], 1)  # compiles
    some, starts = (2, 5) if case.quick else (CHECKED, STARTS)
    chosen = np.random.default_rng(0).choice(near, min(some, len(near)), replace=False)
    begun = time.perf_counter()
    lowest = _from_afar(likelihood, points[chosen], starts)
    each = (time.perf_counter() - begun) / len(chosen)
    off, above = np.abs(chi2[chosen] - lowest).max(), (chi2[chosen] - lowest).max()
    good = seconds <= NSI_BAR and off < CLOSE
    name = f"cevnsjax, {result.not_converged} not converged"
    rows: list[tuple[Any, ...]] = [
        (title, name, count, seconds, f"{NSI_BAR}, {CLOSE:g} off", verdict(good), 1e6 * seconds / count, 1.0, off),
        (
            *(title, f"L-BFGS-B, {starts} starts; lower by {max(0.0, above):.1e}", len(chosen), each * count),
            *(None, None, 1e6 * each, each * count / seconds, None),
        ),
    ]
    if before is not None:
        job = {"measurements": FIVE[:1], "model": ["nsi"], "electrons": False, "grid": _plane(SIDE)}
        rows.append(_earlier(title, job | {"asked": FITTED}, before, chi2, seconds))
    return rows


def global_scans(case: Case, before: Package | None) -> Table:
    """Return the seconds of all scans, ours beside the bars and the opponents."""
    jobs = MEDIATOR[:3] if case.quick else MEDIATOR
    rows = [row for job in jobs for row in _mediator(job, case, before)] + _couplings(case, before)
    title = "15. Scans, nuisances profiled, after compilation; (g, M) of a universal vector mediator; chi2 off the "
    return Table(f"{title}engine's, relative; measured points scaled to all", COLUMNS, rows)
