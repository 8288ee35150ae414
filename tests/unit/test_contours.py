"""Contours against closed forms: circles, hyperbolas, powers; closed, open and disconnected."""

import numpy as np
import pytest

from cevnsjax import InputError
from cevnsjax.inference.grid.axes import Axis, spaced
from cevnsjax.inference.grid.contours import contours, pieces

LEVEL = 4.61


def axes(low=-5.0, high=5.0, count=61, log=False):
    return spaced("x", low, high, count, log), spaced("y", low, high, count, log)


def on_grid(function, pair):
    return function(*np.meshgrid(pair[0].values, pair[1].values, indexing="ij"))


def radius(line, x=0.0, y=0.0):
    return np.hypot(line.points[:, 0] - x, line.points[:, 1] - y)


def test_a_circle_is_closed():
    pair = axes()
    (line,) = contours(pair, on_grid(lambda x, y: x**2 + y**2, pair), LEVEL)
    assert line.closed
    np.testing.assert_allclose(radius(line), np.sqrt(LEVEL), rtol=1e-4)


def test_the_axes_are_not_mixed_up():
    pair = spaced("x", -5.0, 5.0, 81, False), spaced("y", -1.0, 1.0, 41, False)
    (line,) = contours(pair, on_grid(lambda x, y: x**2 + (y / 0.2) ** 2, pair), LEVEL)
    np.testing.assert_allclose(np.abs(line.points).max(axis=0), np.sqrt(LEVEL) * np.array([1.0, 0.2]), rtol=1e-3)


def test_two_minima_give_two_closed_lines():
    pair = axes(count=121)
    chi2 = on_grid(lambda x, y: np.minimum((x - 2.5) ** 2, (x + 2.5) ** 2) + y**2, pair)
    found = contours(pair, chi2, 1.0)
    assert [line.closed for line in found] == [True, True]
    assert sorted(float(np.round(line.points[:, 0].mean(), 1)) for line in found) == [-2.5, 2.5]


def test_a_ring_has_two_lines():
    pair = axes(count=161)
    found = contours(pair, on_grid(lambda x, y: 4.0 * (np.hypot(x, y) - 3.0) ** 2, pair), 1.0)
    assert [line.closed for line in found] == [True, True]
    for line, expected in zip(found, (3.5, 2.5), strict=True):
        np.testing.assert_allclose(radius(line), expected, rtol=1e-3)


def test_what_reaches_the_edge_is_open():
    pair = axes()
    found = contours(pair, on_grid(lambda x, y: x**2, pair), LEVEL)
    assert [line.closed for line in found] == [False, False]
    for line in found:
        np.testing.assert_allclose(np.abs(line.points[:, 0]), np.sqrt(LEVEL), rtol=1e-4)
        assert sorted(line.points[[0, -1], 1]) == [-5.0, 5.0]


def test_logarithmic_axes_follow_a_power():
    # An exclusion: delta chi2 = (g² / m)², on the line g² = m √level; both straight lines where the axes are logs.
    pair = spaced("g", 1e-3, 1e2, 61, True), spaced("m", 1e-4, 1e3, 81, True)
    (line,) = contours(pair, on_grid(lambda g, m: (g**2 / m) ** 2, pair), LEVEL)
    assert not line.closed
    np.testing.assert_allclose(line.points[:, 0] ** 2, np.sqrt(LEVEL) * line.points[:, 1], rtol=1e-3)
    assert line.points[:, 1].max() == 1e3


def test_points_that_are_not_allowed_are_outside():
    pair = axes()
    chi2 = on_grid(lambda x, y: np.where(x > y, np.inf, x**2 + y**2), pair)
    (line,) = contours(pair, chi2, LEVEL)
    assert not line.closed
    np.testing.assert_allclose(radius(line), np.sqrt(LEVEL), rtol=2e-2)
    assert np.all(line.points[:, 0] <= line.points[:, 1] + 1e-9)


def test_nothing_below_the_level_has_no_contour():
    pair = axes()
    assert contours(pair, on_grid(lambda x, y: 10.0 + x**2, pair), LEVEL) == []
    assert pieces(pair[0], 10.0 + pair[0].values ** 2, LEVEL) == []


def test_a_level_must_be_positive():
    pair = axes()
    with pytest.raises(InputError, match="level above 0"):
        contours(pair, on_grid(lambda x, y: x**2 + y**2, pair), 0.0)


def test_pieces_of_one_parameter():
    axis = Axis("x", np.linspace(-4.0, 4.0, 81), False)
    first, second = pieces(axis, (axis.values**2 - 4.0) ** 2, 1.0)
    for piece, sign in ((first, -1.0), (second, 1.0)):
        edges = sorted((sign * np.sqrt(3.0), sign * np.sqrt(5.0)))
        assert (piece.low, piece.high) == pytest.approx(edges, rel=1e-4)
        assert not piece.open_below
        assert not piece.open_above


def test_a_piece_that_goes_on_beyond_the_grid_says_so():
    axis = Axis("g", np.geomspace(1e-6, 1e-2, 41), True)
    (piece,) = pieces(axis, (axis.values / 1e-4) ** 4, LEVEL)
    assert piece.low == 1e-6
    assert piece.open_below
    assert not piece.open_above
    assert piece.high == pytest.approx(1e-4 * LEVEL**0.25, rel=1e-3)
    (piece,) = pieces(axis, np.zeros(41), LEVEL)
    assert (piece.low, piece.high, piece.open_above) == (1e-6, 1e-2, True)


def test_one_point_below_the_level_is_a_piece():
    axis = Axis("x", np.linspace(-1.0, 1.0, 3), False)
    (piece,) = pieces(axis, np.array([4.0, 0.0, 4.0]), 1.0)
    assert -1.0 < piece.low < 0.0 < piece.high < 1.0
