"""Our minima, errors and intervals against iminuit's MIGRAD, HESSE and MINOS on the same χ²."""

import iminuit
import numpy as np
import pytest

import cevnsjax as cj

TIED = {"r_n_i": "r_n_cs"}


@pytest.fixture(scope="module")
def shape():
    return cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])


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
    minuit = iminuit.Minuit(lambda u: float(evaluator.chi2(u)), start, name=problem.names)
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
    curvature = 2.0 * np.linalg.inv(evaluator.hessian(fit.found.u))
    assert np.sqrt(curvature[0, 0]) == pytest.approx(minuit.errors[name], rel=1e-2)


def test_minuit_agrees_without_a_signal(likelihood):
    # The null hypothesis behind the significance of the validation page.
    fit = likelihood.fit(values={"cevns_norm": 0.0})
    problem = likelihood.problem(values={"cevns_norm": 0.0})
    minuit = iminuit.Minuit(lambda u: float(problem(u)), np.ones(3), name=problem.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    minuit.migrad()
    assert minuit.valid
    assert fit.chi2 == pytest.approx(minuit.fval, abs=1e-6)


def test_minuit_agrees_on_a_contour(both_fit, likelihood):
    # Points of MINUIT's contour lie at the same delta chi2 of our profile.
    asked = {"free": ["sin2_theta_w", "r_n_cs"], "tie": TIED}
    problem, evaluator = likelihood.problem(**asked), likelihood.evaluator(**asked)
    minuit = iminuit.Minuit(lambda u: float(evaluator.chi2(u)), both_fit.found.u, name=problem.names)
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
