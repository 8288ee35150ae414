"""Our minima, errors and intervals against iminuit's MIGRAD, HESSE and MINOS on the same χ²."""

import iminuit
import numpy as np
import pytest

TIED = {"r_n_i": "r_n_cs"}


@pytest.mark.parametrize(("free", "tie"), [(["sin2_theta_w"], {}), (["r_n_cs"], TIED), (["cevns_norm"], {})])
def test_minuit_agrees(likelihood, free, tie):
    fit = likelihood.fit(free=free, tie=tie)
    problem, evaluator = likelihood.problem(free=free, tie=tie), likelihood.evaluator(free=free, tie=tie)
    start = problem.coordinates(likelihood.parameters.complete())
    minuit = iminuit.Minuit(lambda u: float(problem(u)), start, name=problem.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    minuit.limits = list(zip(*problem.box, strict=True))
    minuit.migrad()
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
