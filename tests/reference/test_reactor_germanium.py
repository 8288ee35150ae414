"""The signal and background of germanium at reactors against an independent quadrature, bin by bin."""

from functools import cache

import independent_reactor
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.prediction import quadrature_error, signal_by_nuclide
from cevnsjax.measurements import load

SM = cj.standard_model()
MOVED = {"sin2_theta_w": 0.3, "r_n_ge": 4.6, "r_p_ge": 3.9, "resolution_norm": 1.1}
QUENCHING = {"fef": {"quenching_norm": 1.07}, "ybe": {"quenching_norm": 0.92}, "lindhard": {"lindhard_k_ge": 0.18}}
COUNTING = ("conus-plus-2025", "conus-2024", "texono-2025")
WHY = "the engine's fixed nodes: 6 between points of the spectrum and of the quenching"


@cache
def measurement(name):
    return load(name)


def params(name, values):
    complete = cj.Likelihood([measurement(name)], SM).parameters.complete(values)
    return {key: np.float64(value) for key, value in complete.items()}


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("model", ["fef", "ybe", "lindhard"])
def test_signal_of_dresden(model, moved):
    values = params(f"dresden-ii:{model}", {**MOVED, **QUENCHING[model]} if moved else {})
    found = signal_by_nuclide(measurement(f"dresden-ii:{model}"), SM, values)[0]
    expected = independent_reactor.dresden_signal(values, model)
    assert found.shape == (5, 130)
    assert_close(found, expected, 1e-7, WHY, scale=np.maximum(expected, 1e-6 * expected.max()))
    assert_close(found.sum(), expected.sum(), 1e-11, WHY)


@pytest.mark.parametrize("name", ["dresden-ii", "dresden-ii-off"])
def test_background_of_dresden(name):
    chosen = measurement(name)
    (prediction,) = cj.Likelihood([chosen]).predict({"resolution_norm": 1.1, "m_l1_ratio": 0.97, "l1_width": 0.075})
    names = {"resolution_norm": 1.1, "m_l1_ratio": 0.97, "l1_width": 0.075}
    values = cj.Likelihood([chosen]).parameters.complete(names)
    found = sum(np.asarray(prediction.counts[name]).ravel() for name in ("continuum", "electron_capture"))
    assert_close(found, independent_reactor.dresden_background(values), 1e-12)


@pytest.mark.parametrize("moved", [False, True])
@pytest.mark.parametrize("name", COUNTING)
def test_signal_above_threshold(name, moved):
    values = params(name, {**MOVED, "lindhard_k_ge": 0.17} if moved else {})
    found = signal_by_nuclide(measurement(name), SM, values).sum()
    expected = independent_reactor.counting(name.replace("-", "_"), values)
    assert_close(found, expected, 5e-8, "a spectrum with 500 points, of which 56 are breaks of the quadrature")


@pytest.mark.parametrize("name", ["dresden-ii", "dresden-ii:ybe", "dresden-ii:lindhard", *COUNTING])
def test_reported_quadrature_error(name):
    """Small, and no smaller than what the comparison with the independent quadrature shows."""
    assert quadrature_error(measurement(name), SM, params(name, {})) < 1e-6


def test_anchors():
    """The anchors bring the expectation of the Standard Model to the published one."""
    expected = {"conus-plus-2025": 347.0, "conus-2024": 1.0, "texono-2025": 1.0}
    for name, value in expected.items():
        found = signal_by_nuclide(measurement(name), SM, params(name, {})).sum()
        assert found == pytest.approx(value, rel=1e-6)
