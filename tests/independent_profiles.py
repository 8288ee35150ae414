"""χ² of one measurement with strengths profiled, in NumPy alone: an own Newton, own toys, a grid in place of a fit.

The counts of each component are polynomials in one number (ε, g², sin²θ_W), taken from a few predictions.
"""

import numpy as np


class Profiles:
    """Poisson counts that are Σ strength · component(x), with a Gaussian constraint of each strength about 1."""

    def __init__(self, likelihood, values_at, nodes, widths):
        """Take components at `nodes`, where `values_at` gives the parameters of x; `widths` are of the strengths."""
        found = [likelihood.predict(values_at(x))[0].counts for x in nodes]
        self.names = list(found[0])
        counts = np.array([[one[name].ravel() for name in self.names] for one in found])
        inverse = np.linalg.inv(np.vander(nodes, increasing=True))
        self.coefficients = np.tensordot(inverse, counts, axes=1)
        self.widths = np.array([widths[name] for name in self.names])

    def components(self, x):
        """Return the counts of each component, an array (x, component, bin)."""
        return np.tensordot(np.vander(x, len(self.coefficients), increasing=True), self.coefficients, axes=1)

    def profile(self, observed, centres, x, steps=8):
        """Return χ² at each x with the strengths profiled, an array (toy, x)."""
        shapes = self.components(np.asarray(x))
        strengths = np.ones((len(observed), len(x), len(self.names)))
        n = observed[:, None, :]
        prior = np.diag(1.0 / self.widths**2)
        for _ in range(steps):
            expected = np.einsum("txc,xcb->txb", strengths, shapes)
            ratio = n / expected
            pull = (strengths - centres[:, None]) / self.widths**2
            slope = np.einsum("txb,xcb->txc", 1.0 - ratio, shapes) + pull
            bend = np.einsum("txb,xcb,xdb->txcd", ratio / expected, shapes, shapes, optimize=True) + prior
            strengths = np.maximum(strengths - np.linalg.solve(bend, slope[..., None])[..., 0], 1e-6)
        expected = np.einsum("txc,xcb->txb", strengths, shapes)
        log = np.where(n > 0, n * np.log(np.where(n > 0, n, 1.0) / expected), 0.0)
        pulls = (((strengths - centres[:, None]) / self.widths) ** 2).sum(axis=-1)
        return 2.0 * (expected - n + log).sum(axis=-1) + pulls

    def statistics(self, truth, grid, toys, random, piece=25):
        """Return t = χ²(truth) - χ²_min of toys drawn at the truth; χ²_min by parabolas through points of `grid`."""
        expected = self.components(np.array([truth])).sum(axis=1)[0]
        found = []
        for first in range(0, toys, piece):
            count = min(piece, toys - first)
            observed = random.poisson(expected, (count, len(expected))).astype(float)
            centres = random.normal(1.0, self.widths, (count, len(self.widths)))
            chi2 = self.profile(observed, centres, np.append(grid, truth))
            found.append(chi2[:, -1] - lowest(chi2[:, :-1]))
        return np.maximum(np.concatenate(found), 0.0)


def lowest(chi2):
    """Return the minimum of each row on an even grid, with a parabola through the lowest point and its neighbours."""
    rows, k = np.arange(len(chi2)), np.argmin(chi2, axis=1)
    inner = np.clip(k, 1, chi2.shape[1] - 2)
    before, middle, after = (chi2[rows, inner + shift] for shift in (-1, 0, 1))
    curvature = before - 2.0 * middle + after
    vertex = middle - np.where(curvature > 0, (after - before) ** 2 / (8.0 * np.maximum(curvature, 1e-300)), 0.0)
    return np.where(k == inner, vertex, chi2[rows, k])
