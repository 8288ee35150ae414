"""The numbers of a fit that users read off: covariance, correlation, errors and summary, beside iminuit's."""

import dataclasses
from functools import cache

import numpy as np
import pandas
import pytest
from scipy import optimize
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.minimise.best_fit import best_fit

DIFFERENCES = "HESSE differentiates numerically"
FREE = ["sin2_theta_w", "r_n_cs"]


@pytest.fixture(scope="module")
def likelihood():
    return cj.Likelihood(["csre-cs", "apv-cs"])


@pytest.fixture(scope="module")
def constrain():
    return {"q_w_sm_cs": (-73.23, 0.2)}


@pytest.fixture(scope="module")
def fit(likelihood, constrain):
    return likelihood.fit(FREE, constrain=constrain)


@pytest.fixture(scope="module")
def minuit(likelihood, constrain):
    found = likelihood.to_minuit(free=FREE, constrain=constrain)
    found.strategy, found.tol = 2, 1e-6
    found.migrad()
    found.hesse()
    found.minos(*FREE)
    return found


def test_covariance_and_correlation_are_those_of_hesse(fit, minuit):
    assert fit.names == minuit.parameters
    widths = np.sqrt(np.diag(fit.covariance))
    expected = np.array(minuit.covariance)
    assert_close(fit.covariance, expected, 1e-3, DIFFERENCES, scale=np.outer(widths, widths))
    assert_close(fit.correlation, np.array(minuit.covariance.correlation()), 1e-3, DIFFERENCES, scale=1.0)
    assert np.abs(fit.correlation[0, 1]) > 0.1  # so that another order of the parameters would be seen


def test_an_order_that_does_not_bind_changes_no_covariance():
    """A required order is built into the coordinates; the covariance is that of the parameters all the same."""
    likelihood = cj.Likelihood(["coherent-csi-2021", "csre-cs"])
    free, constrain = ["r_n_cs", "r_n_i"], {"r_n_cs-r_n_i": (0.1, 0.03)}
    ordered = likelihood.fit(free, constrain=constrain, require=["r_n_i<=r_n_cs"])
    minuit = likelihood.to_minuit(free=free, constrain=constrain)
    minuit.strategy, minuit.tol = 2, 1e-6
    minuit.migrad()
    minuit.hesse()
    assert ordered.values["r_n_i"] < ordered.values["r_n_cs"] - 0.05
    assert set(ordered.names) == set(minuit.parameters)
    covariance = minuit.covariance
    assert covariance is not None
    expected = np.array([[covariance[a, b] for b in ordered.names] for a in ordered.names])
    widths = np.sqrt(np.diag(expected))
    assert_close(ordered.covariance, expected, 1e-3, DIFFERENCES, scale=np.outer(widths, widths))
    for name, width in zip(ordered.names, widths, strict=True):
        assert_close(ordered.hessian_error(name), width, 1e-3, DIFFERENCES)


def test_errors_and_summary_are_those_of_minos_and_hesse(fit, minuit):
    errors, table = fit.errors, fit.summary()
    assert isinstance(table, pandas.DataFrame)
    assert list(table.index) == list(fit.names)
    for name in FREE:
        low, high = minuit.merrors[name].lower, minuit.merrors[name].upper
        assert_close(errors[name], 0.5 * (high - low), 2e-3, "MINOS's tolerance")
        assert_close(table.loc[name, "error"], errors[name], 0.0, "")
        assert_close(table.loc[name, "value"], minuit.values[name], 1e-4, "MIGRAD", scale=minuit.errors[name])
        piece = np.array(table.loc[name, "68.27 %"]) - minuit.values[name]
        assert_close(piece, np.array([low, high]), 2e-3, "MINOS's tolerance", scale=high)
    for name in set(fit.names) - set(FREE):
        assert_close(errors[name], minuit.errors[name], 1e-3, DIFFERENCES)


WIDTH = 0.05
MINIMA = (4.5, 1.0), (5.3, 0.0)
"""Centres [fm] of two parabolas of that width, and χ² there."""
KINK = "the spline of a table, and its kink far away"


@pytest.fixture(scope="module")
def two_minima():
    """A fit of R_n(Cs), which is 4.5 or 5.3 fm by a table of Δχ², and itself at the higher minimum."""
    radius = np.linspace(4.0, 6.0, 401)
    table = np.min([((radius - centre) / WIDTH) ** 2 + height for centre, height in MINIMA], axis=0)
    whole = cj.Likelihood(["csre-cs", cj.delta_chi2_table({"r_n_cs": radius}, table, "two-minima")]).fit(["r_n_cs"])
    start = np.full(len(whole.names), MINIMA[0][0])
    return whole, dataclasses.replace(whole, minimum=best_fit(whole.solver, start, np.zeros(len(start), bool)))


def by_scipy(minimum):
    """Return radius and χ² where a parabola of the table and what the storage ring says are lowest, and Δχ² = 1."""
    alone, (own, height) = cj.Likelihood("csre-cs"), minimum
    chi2 = cache(lambda radius: alone.chi2({"r_n_cs": radius}) + height + ((radius - own) / WIDTH) ** 2)
    found = optimize.minimize_scalar(chi2, bounds=(own - 0.2, own + 0.2), options={"xatol": 1e-9})
    edges = [optimize.brentq(lambda r: chi2(r) - found.fun - 1.0, found.x, found.x + side * 0.1) for side in (-1, 1)]
    return found.x, found.fun, edges


def test_a_lower_minimum_is_another_fit(two_minima):
    whole, higher = two_minima
    (radius, chi2, _), (lower_radius, lower_chi2, edges) = map(by_scipy, MINIMA)
    assert_close(np.array([higher.values["r_n_cs"], higher.chi2]), np.array([radius, chi2]), 1e-6, KINK)
    assert higher.converged
    assert higher.lower is None
    assert higher.lowest is higher
    before = higher.chi2, dict(higher.values), higher.covariance.tolist()
    found = higher.interval("r_n_cs")
    assert (higher.chi2, dict(higher.values), higher.covariance.tolist()) == before  # the fit stays what it is
    lower = higher.lower
    assert_close(np.array([lower.values["r_n_cs"], lower.chi2]), np.array([lower_radius, lower_chi2]), 1e-6, KINK)
    assert higher.lowest is lower
    assert higher.minima == (higher, lower)
    assert not higher.converged
    assert "profiling reached a lower minimum" in higher.message
    assert_close(np.array(found.around(lower_radius)), np.array(edges), 1e-6, KINK)
    content = higher.as_dict()
    assert content["converged"]
    assert_close(content["parameters"]["r_n_cs"]["value"], lower_radius, 1e-6, KINK)
    assert_close(content["chi2_min"], lower_chi2, 1e-6, KINK)
    assert_close(whole.chi2, lower_chi2, 1e-6, KINK)


@pytest.mark.parametrize(
    "ask", [lambda fit: fit.profile(["r_n_cs"], points=5), lambda fit: fit.summary(), lambda fit: fit.errors]
)
def test_whatever_looks_along_a_parameter_finds_it(two_minima, ask):
    higher = dataclasses.replace(two_minima[1])
    ask(higher)
    assert_close(higher.lower.values["r_n_cs"], by_scipy(MINIMA[1])[0], 1e-6, KINK)
    assert_close(higher.summary().loc["r_n_cs", "value"], higher.lower.values["r_n_cs"], 0.0)
