"""The lowest minimum from several starts."""

import dataclasses

import numpy as np

from .curvature import Curvature, curvature, unknown
from .search import Search
from .starts import STARTS, approach, spread_starts


@dataclasses.dataclass(frozen=True)
class BestFit:
    """The lowest of the minima."""

    u: np.ndarray
    value: float
    curvature: Curvature
    converged: bool
    message: str

    @property
    def covariance(self) -> np.ndarray:
        """Return 2 H⁻¹ of the coordinates, not-a-number for those that have no error by the curvature."""
        known = self.curvature.known
        return np.where(known[:, None] & known, self.curvature.covariance, np.nan)


def best_fit(solver: Search, start: np.ndarray, free: np.ndarray) -> BestFit:
    """Return the lowest minimum from `STARTS` starts that differ in the coordinates marked in `free`."""
    starts = approach(solver, spread_starts(solver, start, free, STARTS), free)
    minima = solver(starts, np.zeros(len(start), bool))
    finite = np.where(np.isfinite(minima.value), minima.value, np.inf)
    best = int(np.argmin(finite))
    settled = np.where(minima.converged, finite, np.inf)
    converged = bool(np.isfinite(finite[best]) and settled.min() <= finite[best] + 1e-6)
    if converged:
        best = int(np.argmin(settled))
        agreeing = int(np.sum(settled <= settled[best] + 1e-6))
        message = f"converged; {agreeing} of {len(finite)} starts ended in this minimum"
        if not minima.converged.all():
            message += f", {int(np.sum(~minima.converged))} did not converge"
        if not len(start):
            message = "nothing to fit: chi2 of the given values"
    elif not np.isfinite(finite[best]):
        message = "did not converge: chi2 is not finite at any start"
    else:
        message = f"did not converge within {int(minima.steps.max())} steps from any of {len(finite)} starts"
    u, value = minima.u[best], float(minima.value[best])
    if not converged:
        return BestFit(u, value, unknown(len(u)), converged, message)
    everything = np.ones(len(u), bool)
    bends = curvature(
        lambda points: solver(points, everything).value, u, value, minima.hessian[best], (solver.lower, solver.upper)
    )
    return BestFit(u, value, bends, converged, message)
