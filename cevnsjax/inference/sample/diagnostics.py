"""Whether chains have converged, and how many independent draws they are worth.

Rank-normalised split R̂, bulk and tail effective sample size: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter and
P.-C. Bürkner, Bayesian Analysis 16, 667 (2021), arXiv:1903.08008.
"""

import numpy as np
from scipy.fft import next_fast_len
from scipy.special import ndtri

from ..._base.typing import Float

LEAST_DRAWS = 4
"""Draws a chain needs before anything can be said."""
WORST_KHAT = 0.7
"""k̂ of importance weights from which on what follows from them is not to be trusted (arXiv:1507.02646)."""


def _split(draws: Float[np.ndarray, "chain draw"]) -> Float[np.ndarray, "part drawn"]:
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def _normal_scores(draws: Float[np.ndarray, "chain draw"]) -> Float[np.ndarray, "chain draw"]:
    """Return Φ⁻¹((rank - 3/8) / (S + 1/4)) of each draw among all."""
    from scipy.stats import rankdata

    ranks = rankdata(draws, method="average").reshape(draws.shape)
    return ndtri((ranks - 0.375) / (draws.size + 0.25))


def _rhat(draws: Float[np.ndarray, "chain draw"]) -> float:
    within = draws.var(axis=1, ddof=1).mean()
    between = draws.mean(axis=1).var(ddof=1)
    n = draws.shape[1]
    if within == 0.0:
        return 1.0 if between == 0.0 else np.inf
    return float(np.sqrt((n - 1) / n + between / within))


def _ess(draws: Float[np.ndarray, "chain draw"]) -> float:
    """Return the effective sample size of the mean, by Geyer's initial monotone sequence."""
    chains, n = draws.shape
    total = draws.size
    if np.ptp(draws) < 1e-15 * max(1.0, np.abs(draws).max()):
        return float(total)
    centred = draws - draws.mean(axis=1, keepdims=True)
    size = next_fast_len(2 * n)
    spectrum = np.fft.rfft(centred, n=size, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, n=size, axis=1)[:, :n].mean(axis=0) / n
    within = covariance[0] * n / (n - 1)
    variance = covariance[0] + (draws.mean(axis=1).var(ddof=1) if chains > 1 else 0.0)
    rho = 1.0 - (within - covariance) / variance
    rho[0] = 1.0
    pairs = rho[: 2 * ((n - 1) // 2)].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs <= 0.0)
    last = int(negative[0]) if len(negative) else len(pairs) - 1
    tau = -1.0 + 2.0 * np.minimum.accumulate(pairs[:last]).sum() + max(rho[2 * last], 0.0)
    return float(total / max(tau, 1.0 / np.log10(total)))


def rhat(draws: Float[np.ndarray, "chain draw"]) -> float:
    """Return R̂: the larger of that of the ranks and that of how far from the median; not a number of few draws."""
    if draws.shape[1] < LEAST_DRAWS or not np.all(np.isfinite(draws)):
        return np.nan
    halves = _split(draws)
    folded = np.abs(halves - np.median(halves))
    return max(_rhat(_normal_scores(halves)), _rhat(_normal_scores(folded)))


def ess_bulk(draws: Float[np.ndarray, "chain draw"]) -> float:
    """Return the effective sample size in the bulk of the distribution."""
    if draws.shape[1] < LEAST_DRAWS or not np.all(np.isfinite(draws)):
        return np.nan
    return _ess(_normal_scores(_split(draws)))


def ess_tail(draws: Float[np.ndarray, "chain draw"]) -> float:
    """Return the effective sample size of the 5 % and 95 % quantiles: the smaller."""
    if draws.shape[1] < LEAST_DRAWS or not np.all(np.isfinite(draws)):
        return np.nan
    sizes = [_ess(_split((draws <= np.quantile(draws, q)).astype(float))) for q in (0.05, 0.95)]
    return min(sizes)


def regions(draws: Float[np.ndarray, "chain draw"]) -> list[tuple[float, float]]:
    """Return the separate regions that chains stay in: several if some chains never meet others.

    A chain is where the middle 90 % of its draws are.
    """
    edges = np.quantile(draws, [0.05, 0.95], axis=1).T
    intervals: list[tuple[float, float]] = []
    for low, high in edges[np.argsort(edges[:, 0])]:
        if intervals and low <= intervals[-1][1]:
            intervals[-1] = intervals[-1][0], max(intervals[-1][1], float(high))
        else:
            intervals.append((float(low), float(high)))
    return intervals
