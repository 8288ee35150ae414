"""Belts of Feldman and Cousins for a bounded Gaussian mean and a Poisson mean with known background, without toys."""

import numpy as np
from scipy import stats


def gaussian_p_value(x, mean):
    """Return P(t ≥ t of x) at `mean` for one number x of unit width and mean ≥ 0: t = (x-mean)² - min(x, 0)²."""
    t = (x - mean) ** 2 - min(x, 0.0) ** 2
    root, law = np.sqrt(t), stats.norm(mean, 1.0)
    above = law.sf(mean + root)
    inside = max(law.cdf(mean - root) - law.cdf(0.0), 0.0)
    below = law.cdf(min(0.0, (mean**2 - t) / (2.0 * mean))) if mean > 0 else law.cdf(0.0) * (t <= 0.0)
    return above + inside + below


def poisson_p_value(count, mean, background, most=200):
    """Return P(t ≥ t of `count`) at `mean`: the sum of probabilities of the counts that are no more likely."""
    n = np.arange(most)
    best = np.maximum(n, background)
    t = 2.0 * (stats.poisson.logpmf(n, best) - stats.poisson.logpmf(n, mean + background))
    return stats.poisson.pmf(n, mean + background)[t >= t[count] - 1e-9].sum()
