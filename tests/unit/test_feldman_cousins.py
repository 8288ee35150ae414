"""The construction of Feldman and Cousins against belts computed without toys and against their tables."""

import numpy as np
import pytest
from closed_form_problems import bounded_gaussian, linear, poisson_with_background
from independent_belts import gaussian_p_value, poisson_p_value
from scipy import stats

from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.toys import construction as fc

PUBLISHED_GAUSSIAN = {
    (-1.0, 0.6827): (0.00, 0.27), (-1.0, 0.90): (0.00, 0.81), (0.0, 0.90): (0.00, 1.64),
    (1.0, 0.6827): (0.24, 2.00), (1.0, 0.90): (0.00, 2.64),
}  # fmt: skip
"""Feldman and Cousins, Phys. Rev. D 57, 3873 (1998), Table X."""
PUBLISHED_POISSON = {(0, 0.0): (0.00, 2.44), (3, 0.0): (1.10, 7.42), (6, 3.0): (0.15, 8.47), (8, 3.0): (1.51, 10.99)}
"""The same, Tables IV and V, 90 %: events observed and background."""


def belt(p_value, step, top):
    """Return the first and the last value of 0 … `top` that is not excluded at a level, given p and the level."""
    mean = np.arange(0.5 * step, top, step)
    p = np.array([p_value(one) for one in mean])
    return lambda cl: (mean[p > 1.0 - cl][0], mean[p > 1.0 - cl][-1])


def constructed(problem, points, levels, count, start=1.0, **others):
    solver = Solver(problem)
    free = np.ones(len(problem.names), bool)
    fit = best_fit(solver, np.full(len(problem.names), start), free)
    scanned = list(range(np.asarray(points).shape[1]))
    return fc.construct(solver, fit, free, scanned, points, levels, count, 3, **others)


@pytest.mark.parametrize(("case", "published"), PUBLISHED_GAUSSIAN.items())
def test_independent_gaussian_belt_is_the_published_one(case, published):
    x, cl = case
    assert np.allclose(belt(lambda mean: gaussian_p_value(x, mean), 0.002, 6.0)(cl), published, atol=0.007)


@pytest.mark.parametrize(("case", "published"), PUBLISHED_POISSON.items())
def test_independent_poisson_belt_is_the_published_one(case, published):
    count, background = case
    found = belt(lambda mean: poisson_p_value(count, mean, background, 40), 0.01, 16.0)(0.90)
    assert np.allclose(found, published, atol=0.015)


@pytest.mark.parametrize("x", [-1.0, 1.0])
def test_bounded_gaussian(x):
    """p-values and intervals of a bounded mean: the critical values are far from those of Wilks near the bound."""
    levels = [0.6827, 0.90]
    points = np.linspace(0.0, 3.2, 9)[:, None]
    found = constructed(bounded_gaussian(x), points, levels, 2500, refine=1)
    share, error = found.p_values()
    expected = np.array([gaussian_p_value(x, mean) for mean in found.points[:, 0]])
    assert np.all(np.abs(share - expected) < 4.5 * error)
    assert found.lost.sum() == 0
    for cl in levels:
        (piece,), (at_start, at_end) = fc.pieces(found, cl)
        low, high = PUBLISHED_GAUSSIAN[x, cl]
        assert not at_end
        assert at_start == (low == 0.0)
        noise = [error for _, error in fc.edges(found, cl)]
        assert abs(piece[1] - high) < 0.005 + 4 * noise[-1]
        assert abs(piece[0] - low) < 0.005 + 4 * noise[0]
        assert max(noise) < 0.05


def test_poisson_with_background():
    points = np.array([0.0, 1.3, 1.45, 1.6, 6.0, 10.9, 11.2])[:, None]
    found = constructed(poisson_with_background(8.0, 3.0), points, [0.90], 2500)
    share, error = found.p_values()
    expected = np.array([poisson_p_value(8, mean, 3.0) for mean in points[:, 0]])
    assert np.all(np.abs(share - expected) < 4.5 * error)
    (piece,), _ = fc.pieces(found, 0.90)
    low, high = PUBLISHED_POISSON[8, 3.0]
    assert 1.45 <= piece[0] <= 1.6
    assert 1.45 <= low <= 1.6
    assert 10.9 <= piece[1] <= 11.2
    assert 10.9 <= high <= 11.2


def test_toys_go_where_they_are_needed():
    points = np.array([0.8, 1.5, 2.64, 5.0])[:, None]
    found = constructed(bounded_gaussian(1.0), points, [0.90], 2000)
    assert [len(one) for one in found.statistics] == [fc.BLOCK, fc.BLOCK, 2000, fc.BLOCK]


def test_two_gaussian_parameters():
    """p-values of two means of a linear Gaussian problem with a nuisance: χ² of two degrees of freedom."""
    columns = [[1.0, 0.2, 0.0], [0.1, 1.0, 0.5], [0.5, 0.5, 1.0]]
    problem = linear([2.0, 1.0, 0.8], np.ones(3), columns, [-50.0] * 3, [50.0] * 3, {"x3": 0.3})
    axes = np.linspace(-2.0, 5.0, 3)
    points = np.stack(np.meshgrid(axes, axes, indexing="ij"), axis=-1).reshape(-1, 2)
    found = constructed(problem, points, [0.6827, 0.90], 500)
    share, error = found.p_values()
    assert np.all(np.abs(share - stats.chi2(2).sf(found.observed)) < 4.5 * error)
    matrix = np.concatenate([np.stack(columns, axis=1), [[0.0, 0.0, 1.0 / 0.3]]])
    data = np.array([2.0, 1.0, 0.8, 1.0 / 0.3])
    lowest = np.linalg.lstsq(matrix, data, rcond=None)[1][0]
    for point, t in zip(points, found.observed, strict=True):
        left = data - matrix[:, :2] @ point
        residual = np.linalg.lstsq(matrix[:, 2:], left, rcond=None)[1][0]
        assert abs(residual - lowest - t) < 1e-9 * residual
    critical, noise = found.critical(0.90)
    assert np.all(np.abs(critical - stats.chi2(2).ppf(0.90)) < 5 * noise)


def test_edges_between_points_in_the_logarithm():
    x = np.array([1e-6, 1e-5, 1e-4, 1e-3])
    statistics = (np.linspace(0.0, 2.0, 101),) * 4
    found = fc.Construction(x[:, None], x[:, None], np.array([5.0, 0.0, 1.0, 3.0]), statistics, np.zeros(4, int), True)
    critical = found.critical(0.5)[0][0]
    (low, _), (high, _) = fc.edges(found, 0.5)
    assert low == pytest.approx(10 ** (-6 + (5.0 - critical) / 5.0))
    assert high == pytest.approx(10 ** (-5 + critical) if critical < 1.0 else 10 ** (-4 + (critical - 1.0) / 2.0))
    assert fc.pieces(found, 0.5) == (((low, high),), (False, False))


def test_other_minima_are_found():
    """A quartic has two minima: both are starting points of every toy."""
    problem = linear([4.0], [0.5], [[1.0]], [-5.0], [5.0])
    solver = Solver(problem)
    fit = best_fit(solver, np.array([1.0]), np.array([True]))
    assert fc.minima(solver, fit, np.array([True]), fit.u[None]).shape == (1, 1)
    assert list(fc.lowest_points(np.array([3.0, 1.0, 2.0, 0.5, 4.0]))) == [1, 3]
