"""The expected signal of COHERENT CsI 2021 against an independent adaptive quadrature, bin by bin."""

from functools import cache

import independent_rates
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.prediction import quadrature_error, signal_by_nuclide

SM = cj.standard_model()

# Every parameter that the energy spectrum depends on away from its default, and the ends of the ranges of the
# radii and of the released variations.
POINTS = {
    "default": {},
    "moved": {
        "sin2_theta_w": 0.31,
        "cevns_norm": 0.9,
        "r_n_cs": 5.6,
        "r_p_cs": 4.9,
        "r_n_i": 4.4,
        "r_p_i": 4.6,
        "quenching_a": 0.058,
        "quenching_b": 4.1,
        "quenching_c": -105.0,
        "quenching_d": 800.0,
        "quenching_shape_0": -0.7,
        "quenching_shape_1": 1.3,
        "smearing_mean_inverse": 0.071,
        "smearing_shape": 8.7,
        "efficiency_a": 1.35,
        "efficiency_b": 0.25,
        "efficiency_c": 10.2,
        "efficiency_d": -0.3,
        "efficiency_shape": 1.4,
    },
    "smallest nuclei": {"r_n_cs": 2.2, "r_n_i": 2.2, "efficiency_shape": -3.0, "quenching_shape_0": 2.0},
    "largest nuclei": {"r_n_cs": 12.0, "r_n_i": 12.0, "efficiency_shape": 3.0, "quenching_shape_0": -2.0},
}


@cache
def measurement(form_factor):
    return cj.measurements.coherent_csi_2021(form_factor=form_factor)


def params(point):
    complete = cj.Likelihood([measurement("helm")], SM).parameters.complete(POINTS[point])
    return {name: np.float64(value) for name, value in complete.items()}


@cache
def reference(point):
    return independent_rates.signal(params(point))


def engine(form_factor, point):
    """Return the signal (flavour, nuclide, bin) before any cut in time."""
    chosen, values = measurement(form_factor), params(point)
    fractions = chosen.scattering.detector.spread(values).sum(axis=-1)
    return signal_by_nuclide(chosen, SM, values).sum(axis=-1) / fractions[:, None, None]


@pytest.mark.parametrize("form_factor", independent_rates.FORM_FACTORS)
@pytest.mark.parametrize("point", POINTS)
def test_signal_of_each_flavour_nuclide_and_bin(form_factor, point):
    expected = reference(point)[independent_rates.FORM_FACTORS.index(form_factor)]
    found = engine(form_factor, point)
    assert expected.shape == (3, 2, 9)
    why = "the engine's fixed nodes: 24 between kinks of the recoil energy, 8 in a bin"
    assert_close(found, expected, 1e-8, why)


@pytest.mark.parametrize("form_factor", independent_rates.FORM_FACTORS)
@pytest.mark.parametrize("point", POINTS)
def test_reported_quadrature_error_is_honest(form_factor, point):
    expected = reference(point)[independent_rates.FORM_FACTORS.index(form_factor)]
    # As documented, counts below 1e-9 of the largest bin count against that.
    scale = np.maximum(expected, 1e-9 * expected.max())
    true_error = np.max(np.abs(engine(form_factor, point) - expected) / scale)
    reported = quadrature_error(measurement(form_factor), SM, params(point))
    assert reported < 1e-8
    # 2e-11: what the reference is good for.
    assert true_error < 1.5 * reported + 2e-11


def test_too_few_nodes_are_reported():
    """With 6 and 2 nodes the error is large, and the report says so."""
    values, chosen = params("default"), measurement("helm")
    fractions = chosen.scattering.detector.spread(values).sum(axis=-1)
    coarse = signal_by_nuclide(chosen, SM, values, 6, 2).sum(axis=-1) / fractions[:, None, None]
    true_error = np.max(np.abs(coarse / reference("default")[0] - 1.0))
    reported = quadrature_error(chosen, SM, values, 6, 2)
    assert true_error > 1e-4
    assert reported == pytest.approx(true_error, rel=0.2)
