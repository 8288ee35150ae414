"""Belts of Feldman and Cousins for a bounded Gaussian mean and a Poisson mean with known background, without toys."""

import numpy as np
from scipy import stats
from scipy.special import ndtr


def gaussian_p_value(x, mean):
    """Return P(t ≥ t of x) at `mean` for one number x of unit width and mean ≥ 0: t = (x-mean)² - min(x, 0)²."""
    t = (x - mean) ** 2 - min(x, 0.0) ** 2
    root = np.sqrt(t)
    above = ndtr(-root)
    inside = max(ndtr(-root) - ndtr(-mean), 0.0)
    below = ndtr(min(0.0, (mean**2 - t) / (2.0 * mean)) - mean) if mean > 0 else 0.5 * (t <= 0.0)
    return above + inside + below


def poisson_p_value(count, mean, background, most=200):
    """Return P(t ≥ t of `count`) at `mean`: the sum of probabilities of the counts that are no more likely."""
    n = np.arange(most)
    best = np.maximum(n, background)
    t = 2.0 * (stats.poisson.logpmf(n, best) - stats.poisson.logpmf(n, mean + background))
    return stats.poisson.pmf(n, mean + background)[t >= t[count] - 1e-9].sum()
