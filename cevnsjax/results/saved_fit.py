"""What a file holds of a fit, and the fit that is made of it again."""

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.json_files import array_of, decoded, encoded, is_number
from ..folding.accuracy import Accuracy
from ..inference.grid.intervals import Interval
from ..inference.minimise.best_fit import BestFit
from ..inference.minimise.curvature import Curvature
from ..inference.minimise.solver import Solver
from ..inference.problem.problem import pose
from .held import Held
from .rebuilt import damaged, likelihood_and_specification, part

if TYPE_CHECKING:
    from ..joint.likelihood import Likelihood
    from .fit import FitResult

MOST_MINIMA = 100
"""Lower minima of a fit that are read, at most."""


def fit_content(fit: "FitResult") -> dict[str, Any]:
    """Return everything of a fit that its likelihood does not know, as a file holds it."""
    return encoded({"minimiser": fit.minimiser, "minima": [_minimum(entry) for entry in fit.minima]})


def fit_state(fit: "FitResult") -> dict[str, Any]:
    """Return what a fit came to, for those who only look at its file."""
    best = {name: fit.values[name] for name in fit.specification.free}
    return encoded({"chi2_min": fit.chi2, "best": best, "converged": fit.converged, "message": fit.message})


def _minimum(fit: "FitResult") -> dict[str, Any]:
    """Return a minimum, and the intervals around it."""
    minimum, bends = fit.minimum, fit.minimum.curvature
    return {
        "u": minimum.u,
        "chi2": minimum.value,
        "converged": minimum.converged,
        "message": minimum.message,
        **{name: getattr(bends, name) for name in ("covariance", "unseen", "at_bound", "flat")},
        "accuracy": dataclasses.asdict(fit.accuracy) if fit.settled else None,
        "intervals": [
            {"name": name, "delta": delta, "pieces": interval.pieces, "at_bound": interval.at_bound}
            for (name, delta), interval in fit.known_intervals.items()
        ],
    }


def load_fit(held: Held, likelihood: "Likelihood | None", name: str = "fit") -> "FitResult":
    """Return the fit of a file, with its likelihood."""
    from .fit import FitResult

    whole, specification = likelihood_and_specification(held, likelihood)
    content = part(held, name)
    minima, minimiser = content.get("minima"), content.get("minimiser")
    if not isinstance(minimiser, str) or not isinstance(minima, list) or not 1 <= len(minima) <= MOST_MINIMA:
        raise damaged(held, "minima")
    solver = Solver(pose(whole.chi2_function(), specification))

    def made(minimum: Any, lower: FitResult | None) -> FitResult:
        read = _Minimum(held, minimum, len(solver.problem.names), specification.coordinates)
        fit = FitResult(whole, specification, solver, read.best_fit(), minimiser)
        fit.remember(read.intervals(), read.accuracy(), lower)
        return fit

    *others, lowest = minima
    fit = made(lowest, None)
    for minimum in reversed(others):
        fit = made(minimum, fit)
    return fit


class _Minimum:
    """A minimum of a file, checked as it is read."""

    def __init__(self, held: Held, content: Any, count: int, names: tuple[str, ...]) -> None:
        """Take what the file says of it, and what the coordinates are."""
        if not isinstance(content, dict):
            raise damaged(held, "minimum")
        self._held, self._content, self._count, self._names = held, content, count, names

    def _numbers(self, name: str, *shape: int | None) -> np.ndarray:
        numbers = array_of(self._content.get(name), shape)
        if numbers is None:
            raise damaged(self._held, name)
        return numbers

    def _marks(self, name: str) -> np.ndarray:
        marks = self._content.get(name)
        if not isinstance(marks, list) or len(marks) != self._count or not all(type(mark) is bool for mark in marks):
            raise damaged(self._held, name)
        return np.array(marks, bool)

    def _is(self, name: str, kind: type) -> Any:
        value = self._content.get(name)
        if type(value) is not kind:
            raise damaged(self._held, name)
        return value

    def best_fit(self) -> BestFit:
        """Return the minimum itself."""
        n, converged = self._count, self._is("converged", bool)
        u, value = self._numbers("u", n), float(self._numbers("chi2"))
        if converged and not (np.isfinite(u).all() and np.isfinite(value)):
            raise damaged(self._held, "u")
        bends = Curvature(
            self._numbers("covariance", n, n),
            self._numbers("unseen", None, n),
            self._marks("at_bound"),
            self._marks("flat"),
        )
        return BestFit(u, value, bends, converged, self._is("message", str))

    def accuracy(self) -> Accuracy | None:
        """Return the error of the recoil integrals, if the minimum was reached."""
        content = self._content.get("accuracy")
        if not self._is("converged", bool):
            return None
        if not isinstance(content, dict) or not is_number(content.get("error")):
            raise damaged(self._held, "accuracy")
        error, models, reason = decoded(content["error"]), content.get("interactions"), content.get("reason")
        listed = isinstance(models, list) and all(isinstance(name, str) for name in models)
        texts = isinstance(content.get("measurement"), str) and (reason is None or isinstance(reason, str))
        if not (listed and texts and error >= 0.0):
            raise damaged(self._held, "accuracy")
        return Accuracy(error, content["measurement"], tuple(models), reason)

    def intervals(self) -> dict[tuple[str, float], Interval]:
        """Return the intervals around it, by parameter and Δχ²."""
        intervals = {}
        for entry in self._is("intervals", list):
            pieces = array_of(entry.get("pieces"), (None, 2)) if isinstance(entry, dict) else None
            if pieces is None or entry.get("name") not in self._names or not is_number(entry.get("delta")):
                raise damaged(self._held, "intervals")
            if type(entry.get("at_bound")) is not bool:
                raise damaged(self._held, "intervals")
            ends = tuple((float(low), float(high)) for low, high in pieces)
            intervals[entry["name"], decoded(entry["delta"])] = Interval(ends, entry["at_bound"])
        return intervals
