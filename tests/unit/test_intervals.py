"""Intervals: levels, disjoint pieces, bounds."""

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax._base.levels import delta_chi2
from cevnsjax.inference.grid.intervals import Interval, crossings, scan_grid
from cevnsjax.inference.minimise.starts import even_points


def test_levels_of_one_and_two_parameters():
    # Review of Particle Physics, Statistics, table 40.2: 1, 2.71, 4, 9 and 2.30, 4.61, 6.18, 11.83.
    assert [delta_chi2(level) for level in (0.6827, 0.90, 0.9545, 0.9973)] == [1.0, 2.71, 4.0, 9.0]
    two = [delta_chi2(level, parameters=2) for level in (0.6827, 0.90, 0.9545, 0.9973)]
    assert two == pytest.approx([2.30, 4.61, 6.18, 11.83], abs=5e-3)
    assert delta_chi2(0.95) == pytest.approx(3.84, abs=5e-3)
    for bad in (0.0, 1.0, -0.5, 95.0):
        with pytest.raises(cj.InputError, match="expected a confidence level as a fraction between 0 and 1"):
            delta_chi2(bad)


def test_disjoint_pieces_are_found():
    # (x² - 1)² · 8 has minima at ±1; it is below d where x² lies within sqrt(d/8) of 1.
    function = lambda x: 8.0 * (x**2 - 1.0) ** 2  # noqa: E731
    grid = np.linspace(-3.0, 3.0, 41)
    one, joined = crossings(grid, function(grid), [1.0, 9.0], function)
    inner, outer = np.sqrt(1 - 8**-0.5), np.sqrt(1 + 8**-0.5)
    assert np.array(one.pieces) == pytest.approx(np.array([(-outer, -inner), (inner, outer)]), rel=1e-8)
    assert np.array(joined.pieces) == pytest.approx(np.array([(-1.0, 1.0)]) * np.sqrt(1 + 9**0.5 / 8**0.5), rel=1e-8)
    assert not one.at_bound


def test_a_piece_that_reaches_a_bound_ends_there():
    function = lambda x: (x - 0.2) ** 2 / 0.1**2  # noqa: E731
    grid = np.linspace(0.0, 1.0, 21)
    (four, ten) = crossings(grid, function(grid), [1.0, 10.0], function)
    assert np.array(four.pieces) == pytest.approx(np.array([(0.1, 0.3)]))
    assert ten.pieces[0][0] == 0.0
    assert ten.at_bound
    assert not four.at_bound


def test_around_names_the_piece():
    interval = Interval(((0.0, 1.0), (2.0, 3.0)), at_bound=False)
    assert interval.around(2.5) == (2.0, 3.0)
    with pytest.raises(cj.InputError, match="no piece"):
        interval.around(1.5)


def test_the_grid_is_dense_about_the_centre():
    grid = scan_grid(0.0, 1.0, 0.23, 0.02)
    assert grid[0] == 0.0
    assert grid[-1] == 1.0
    assert 0.23 in grid
    assert np.all(np.diff(grid) > 0)
    assert np.sum(np.abs(grid - 0.23) < 0.12) > 30


@pytest.mark.parametrize("dimension", [1, 2, 5])
def test_even_points_fill_the_cube(dimension):
    points = even_points(256, dimension)
    assert points.shape == (256, dimension)
    assert points.min() >= 0.0
    assert points.max() < 1.0
    for column in points.T:
        counts, _ = np.histogram(column, bins=8, range=(0.0, 1.0))
        assert counts.min() >= 24
        assert counts.max() <= 40
