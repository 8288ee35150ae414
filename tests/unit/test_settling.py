"""Whether a point is a minimum between bounds, on quadratic functions whose minima are known."""

import numpy as np
import pytest

from cevnsjax.inference.minimise.settling import settle

HESSIAN = np.array([[4.0, 1.0], [1.0, 3.0]])
CENTRE = np.array([0.3, -0.2])
BOX = np.full(2, -1.0), np.full(2, 1.0)
FREE = np.zeros(2, bool)
TOLERANCE = 1e-5


def at(u, hessian=HESSIAN, frozen=FREE, box=BOX):
    u = np.asarray(u, float)
    return settle(u, hessian @ (u - CENTRE), hessian, np.asarray(frozen), box, TOLERANCE)


def test_the_minimum_is_one_and_stays():
    u, reached = at(CENTRE)
    assert reached
    assert np.array_equal(u, CENTRE)


@pytest.mark.parametrize(("distance", "expected"), [(1e-3, True), (1e-2, False)])
def test_as_far_as_the_predicted_decrease_allows(distance, expected):
    """χ² falls by ½ · 4 · distance² on the way to the minimum: 2e-6 and 2e-4."""
    assert at(CENTRE + np.array([distance, 0.0]))[1] == expected


def test_a_saddle_is_none():
    assert not at(CENTRE, hessian=np.diag([1.0, -1.0]))[1]


def test_what_is_not_finite_is_none():
    assert not settle(CENTRE, np.array([np.nan, 0.0]), HESSIAN, FREE, BOX, TOLERANCE)[1]


def test_what_presses_against_a_bound_is_put_there():
    """With u_0 ≤ 0 the minimum is at u_0 = 0, u_1 = -0.2 + 0.3/3."""
    box = np.full(2, -1.0), np.array([0.0, 1.0])
    u, reached = at([-1e-7, -0.1], box=box)
    assert reached
    assert np.array_equal(u, [0.0, -0.1])


def test_an_inner_minimum_is_not_moved_to_a_bound():
    """The slope at a minimum is rounding, of either sign: that alone is no reason to go to a bound far away."""
    u, reached = settle(CENTRE, np.array([1e-9, -1e-9]), HESSIAN, FREE, BOX, TOLERANCE)
    assert reached
    assert np.array_equal(u, CENTRE)


def test_frozen_coordinates_do_not_count():
    u, reached = at([0.9, -0.2 - 0.6 / 3.0], frozen=[True, False])
    assert reached
    assert u[0] == 0.9
    assert at([0.9, 0.9], frozen=[True, True])[1]
