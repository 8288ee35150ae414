"""Our minima, errors and intervals against iminuit's MIGRAD, HESSE and MINOS on the same χ²."""

from typing import Any

import iminuit
import numpy as np
import pytest

import cevnsjax as cj

TIED = {"r_n_i": "r_n_cs"}


@pytest.fixture(scope="module")
def shape():
    return cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])


def cost(chi2) -> Any:
    """Return χ² as iminuit calls it, with the array of all coordinates: its types have no such function."""
    return lambda u: float(chi2(u))


CASES = [
    ("likelihood", ["sin2_theta_w"], {}),
    ("likelihood", ["r_n_cs"], TIED),
    ("likelihood", ["cevns_norm"], {}),
    ("likelihood", ["time_shift_nu"], {}),
    ("shape", ["sin2_theta_w"], {}),
]


@pytest.mark.parametrize(("which", "free", "tie"), CASES, ids=[f"{case[0]}-{case[1][0]}" for case in CASES])
def test_minuit_agrees(request, which, free, tie):
    likelihood = request.getfixturevalue(which)
    fit = likelihood.fit(free=free, tie=tie)
    problem, evaluator = likelihood.problem(free=free, tie=tie), likelihood.evaluator(free=free, tie=tie)
    start = problem.coordinates(likelihood.parameters.complete())
    minuit = iminuit.Minuit(cost(evaluator.chi2), start, name=problem.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    # No limits: the minima are inside, and the sine transform of a limited parameter distorts its curvature error.
    minuit.migrad()
    minuit.hesse()
    minuit.minos(free[0])
    assert minuit.valid
    assert fit.chi2 == pytest.approx(minuit.fval, abs=1e-6)
    (name,) = free
    low, high = fit.interval(name).around(fit.values[name])
    merror = minuit.merrors[name]
    assert high - fit.values[name] == pytest.approx(merror.upper, rel=2e-3)
    assert low - fit.values[name] == pytest.approx(merror.lower, rel=2e-3)
    for nuisance in problem.names[1:]:
        assert fit.hessian_error(nuisance) == pytest.approx(minuit.errors[nuisance], rel=5e-3)
    curvature = 2.0 * np.linalg.inv(evaluator.hessian(fit.minimum.u))
    assert np.sqrt(curvature[0, 0]) == pytest.approx(minuit.errors[name], rel=1e-2)


def test_minuit_agrees_without_a_signal(likelihood):
    # The null hypothesis behind the significance of the validation page.
    fit = likelihood.fit(values={"cevns_norm": 0.0})
    problem = likelihood.problem(values={"cevns_norm": 0.0})
    minuit = iminuit.Minuit(cost(problem), np.ones(3), name=problem.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    minuit.migrad()
    assert minuit.valid
    assert fit.chi2 == pytest.approx(minuit.fval, abs=1e-6)


def test_minuit_agrees_on_a_contour(both_fit, likelihood):
    # Points of MINUIT's contour lie at the same delta chi2 of our profile.
    asked = {"free": ["sin2_theta_w", "r_n_cs"], "tie": TIED}
    problem, evaluator = likelihood.problem(**asked), likelihood.evaluator(**asked)
    minuit = iminuit.Minuit(cost(evaluator.chi2), both_fit.minimum.u, name=problem.names)
    minuit.errordef, minuit.strategy = 1.0, 2
    minuit.limits = list(zip(*problem.box, strict=True))
    minuit.migrad()
    for sin2, radius in minuit.mncontour(
        "sin2_theta_w", "r_n_cs", cl=1.0, size=8
    ):  # cl >= 1 is read as delta chi2 of 1 sigma
        fixed = likelihood.fit(
            values={"sin2_theta_w": sin2, "r_n_cs": radius},
            tie=TIED,
            constrain={"cevns_norm": (1.0, np.sqrt(0.12**2 - 0.034**2))},
        )
        assert fixed.chi2 - both_fit.chi2 == pytest.approx(2.2957, abs=0.02)  # chi2 quantile, 2 parameters, 68.27 %


def minos(minuit, *names):
    """Return the interval of each parameter by MIGRAD and MINOS."""
    minuit.tol = 1e-3
    minuit.migrad()
    assert minuit.valid
    minuit.minos(*names)
    return [(minuit.values[n] + minuit.merrors[n].lower, minuit.values[n] + minuit.merrors[n].upper) for n in names]


@pytest.mark.parametrize("name", ["sin2_theta_w", "r_n_cs"])
def test_minos_with_exact_derivatives_agrees(both_fit, likelihood, name):
    """Names, limits and derivatives as `to_minuit` hands them over: MINOS gives our intervals."""
    minuit = likelihood.to_minuit(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    assert minuit.parameters == both_fit.solver.problem.names
    assert minuit.limits["sin2_theta_w"] == (0.0, 1.0)
    (found,) = minos(minuit, name)
    assert minuit.fval == pytest.approx(both_fit.chi2, abs=1e-6)
    assert minuit.ngrad > 0
    # MINOS stops within 0.01 of Δχ² = 1, half of that in errors.
    assert both_fit.interval(name).around(both_fit.values[name]) == pytest.approx(found, rel=2e-3)
    minuit.hesse()
    assert minuit.nhessian > 0
    for one in minuit.parameters:
        assert minuit.errors[one] == pytest.approx(both_fit.hessian_error(one), rel=2e-2)


def test_minos_agrees_on_both_intervals_of_a_coupling(csi):
    """χ² of one NSI coupling has two minima: MINOS gives the interval around each, we give both at once."""
    nsi = cj.Likelihood([csi], interaction=cj.model("nsi"))
    fit, found = nsi.fit(free=["eps_ee_u"]), []
    pieces = fit.interval("eps_ee_u", 0.6827).pieces
    for start in (0.0, 0.4):
        minuit = nsi.to_minuit(free=["eps_ee_u"], values={"eps_ee_u": start})
        minuit.tol = 1e-3
        minuit.migrad()
        assert minuit.valid
        assert minuit.fval is not None
        # Of the level of the global minimum, not of the local one.
        minuit.errordef = 1.0 - (minuit.fval - fit.chi2)
        minuit.minos("eps_ee_u")
        error = minuit.merrors["eps_ee_u"]
        found.append((minuit.values["eps_ee_u"] + error.lower, minuit.values["eps_ee_u"] + error.upper))
    assert len(pieces) == 2
    for ours, theirs in zip(pieces, found, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-3)


def test_minuit_has_no_order_between_parameters(likelihood):
    with pytest.raises(cj.InputError, match="order"):
        likelihood.to_minuit(free=["r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"])
