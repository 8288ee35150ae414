"""Fits of COHERENT CsI 2021: consistency of what they return. The published numbers are in test_validation.py."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax.folding.prediction import component_counts, flux_averaged_cross_section

TIED = {"r_n_i": "r_n_cs"}


def test_the_edges_of_an_interval_lie_at_its_level(likelihood, angle_fit):
    for cl, delta in ((0.6827, 1.0), (0.90, 2.71), (0.9545, 4.0), (0.9973, 9.0), (0.95, 3.841458821)):
        for edge in angle_fit.interval("sin2_theta_w", cl).around(angle_fit.values["sin2_theta_w"]):
            refit = likelihood.fit(values={"sin2_theta_w": edge})
            assert refit.chi2 - angle_fit.chi2 == pytest.approx(delta, abs=2e-6)


def test_the_gradient_vanishes_at_the_minimum(likelihood, both_fit):
    evaluator = likelihood.evaluator(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    value, gradient = evaluator.value_and_gradient(both_fit.minimum.u)
    assert value == pytest.approx(both_fit.chi2, rel=1e-12)
    errors = np.sqrt(np.diag(np.linalg.inv(evaluator.hessian(both_fit.minimum.u))))
    assert np.abs(gradient * errors).max() < 1e-4


def test_a_second_region_is_found(both_fit):
    # At 1 sigma one piece; the profile has a second, higher minimum near sin2 = 0.55 below 2.71 < delta < 4.
    assert len(both_fit.interval("sin2_theta_w", 0.90).pieces) == 1
    profile = both_fit.profile(["sin2_theta_w"], {"sin2_theta_w": (0.45, 0.62)}, 35)
    delta = profile.chi2 - both_fit.chi2
    inner = np.flatnonzero((delta[1:-1] < delta[:-2]) & (delta[1:-1] < delta[2:]))
    assert len(inner) == 1
    assert 2.71 < delta[inner[0] + 1] < 4.0


def test_a_lower_minimum_that_a_profile_finds_is_a_fit_of_its_own(likelihood, both_fit, monkeypatch):
    from cevnsjax.inference.minimise import best_fit as inference

    monkeypatch.setattr(inference, "STARTS", 1)
    start = {"sin2_theta_w": 0.56, "r_n_cs": 11.9}
    local = likelihood.fit(free=["sin2_theta_w", "r_n_cs"], values=start, tie=TIED)
    assert local.converged
    assert local.chi2 > both_fit.chi2 + 2.0
    assert local.lower is None
    before = local.chi2, dict(local.values)
    best = both_fit.values["sin2_theta_w"]
    edges = local.interval("sin2_theta_w").around(best)
    assert edges == pytest.approx(both_fit.interval("sin2_theta_w").around(best), abs=1e-6)
    assert (local.chi2, dict(local.values)) == before
    assert not local.converged
    assert local.message.startswith("not the lowest minimum: profiling reached a lower minimum, chi2 = ")
    assert local.lower.chi2 == pytest.approx(both_fit.chi2, abs=1e-8)
    assert local.lower.converged
    assert local.as_dict()["chi2_min"] == local.lower.chi2
    assert local.profile(["sin2_theta_w"], points=3).fit is local.lowest


def test_disjoint_pieces_of_a_real_profile(both_fit):
    # Between the second minimum of the profile (2.97) and the ridge before it (3.2) an interval has two pieces.
    level = 100.0 * math.erf(math.sqrt(3.1 / 2.0))
    pieces = both_fit.interval("sin2_theta_w", level / 100.0).pieces
    assert len(pieces) == 2
    assert pieces[0][1] < pieces[1][0]


def test_at_bound_is_said(both_fit):
    described = both_fit.as_dict()["parameters"]["r_n_cs"]
    assert described["at_bound"] is True
    assert described["interval"]["95.45"][-1][1] == 12.0


def test_an_order_binds_at_equality(likelihood):
    # Free radii prefer iodine above caesium, so the required order is met with equality: the fit with one radius.
    tied = likelihood.fit(free=["r_n_cs"], tie=TIED)
    ordered = likelihood.fit(free=["r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"])
    free = likelihood.fit(free=["r_n_cs", "r_n_i"])
    assert free.values["r_n_i"] > free.values["r_n_cs"]
    assert ordered.chi2 == pytest.approx(tied.chi2, abs=1e-8)
    assert ordered.values["r_n_i"] == pytest.approx(tied.values["r_n_cs"], abs=1e-4)
    (low, high), *_ = ordered.interval("r_n_i").pieces
    refit = likelihood.fit(free=["r_n_cs"], values={"r_n_i": low}, require=[f"r_n_cs>={low!r}"])
    assert refit.chi2 - ordered.chi2 == pytest.approx(1.0, abs=1e-5)
    assert high > low


def test_a_scan_stays_within_the_bounds_of_the_fit(likelihood):
    # The requirement lowers the bound from 12 to 5 fm; a point beyond it must not be moved to it.
    asked = {"require": ["r_n_cs<=5"], "tie": TIED}
    with pytest.raises(cj.InputError, match=r"r_n_cs: expected a range within 2\.2 to 5, found 8"):
        likelihood.profile(["r_n_cs"], {"r_n_cs": (4.0, 8.0)}, 5, **asked)
    with pytest.raises(cj.InputError, match="expected one or two different parameters to profile, found r_n_cs, r_n_i"):
        likelihood.fit(free=["r_n_cs"], tie=TIED).profile(["r_n_cs", "r_n_i"], points=5)


def test_a_grid_of_two_ordered_parameters(likelihood):
    ordered = likelihood.fit(free=["r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"])
    free = likelihood.fit(free=["r_n_cs", "r_n_i"])
    ranges = {"r_n_cs": (4.0, 7.0), "r_n_i": (3.5, 6.5)}
    with_order = ordered.profile(["r_n_cs", "r_n_i"], ranges, 7)
    without = free.profile(["r_n_cs", "r_n_i"], ranges, 7)
    cs, iodine = np.meshgrid(*(axis.values for axis in with_order.axes), indexing="ij")
    allowed = iodine <= cs
    assert with_order.chi2[allowed] == pytest.approx(without.chi2[allowed], abs=1e-8)
    assert np.all(with_order.chi2[~allowed] == np.inf)
    content = with_order.as_dict()
    assert content["chi2"][0][-1] is None
    assert with_order.plot() is not None


def test_the_error_of_an_ordered_nuisance_is_in_its_own_unit(likelihood):
    # The order does not bind, so the errors are those of the fit without it.
    plain = likelihood.fit(free=["sin2_theta_w"])
    ordered = likelihood.fit(free=["sin2_theta_w"], require=["brn_norm<=nin_norm"])
    assert ordered.values["nin_norm"] == pytest.approx(plain.values["nin_norm"], abs=1e-6)
    for name in ("brn_norm", "nin_norm"):
        assert ordered.hessian_error(name) == pytest.approx(plain.hessian_error(name), rel=1e-5)


def test_two_orders_of_a_profile_agree(likelihood, both_fit):
    grid = both_fit.profile(["sin2_theta_w", "r_n_cs"], {"sin2_theta_w": (0.2, 0.4), "r_n_cs": (4.0, 9.0)}, 9)
    turned = both_fit.profile(["r_n_cs", "sin2_theta_w"], {"sin2_theta_w": (0.2, 0.4), "r_n_cs": (4.0, 9.0)}, 9)
    assert grid.not_converged == 0
    assert grid.chi2 == pytest.approx(turned.chi2.T, abs=1e-8)
    point = likelihood.fit(
        values={"sin2_theta_w": 0.2, "r_n_cs": 4.0, "r_n_i": 4.0},
        constrain={"cevns_norm": (1.0, math.sqrt(0.12**2 - 0.034**2))},
    )
    assert grid.chi2[0, 0] == pytest.approx(point.chi2, abs=1e-8)


def test_large_grids_give_what_small_ones_do(both_fit):
    # Above fit.MANY points a grid of all free parameters runs with the components evaluated once.
    ranges = {"sin2_theta_w": (0.1, 0.6), "r_n_cs": (2.2, 12.0)}
    large = both_fit.profile(["sin2_theta_w", "r_n_cs"], ranges, 49)
    small = both_fit.profile(["sin2_theta_w", "r_n_cs"], ranges, 13)
    assert large.not_converged == 0
    assert large.chi2[::4, ::4] == pytest.approx(small.chi2, abs=1e-9)


def test_only_what_scales_a_component_is_a_strength(likelihood):
    def strengths(**arguments):
        problem = likelihood.problem(**arguments)
        return [problem.names[k] for k in problem.strengths]

    assert strengths(free=["r_n_cs"]) == ["cevns_norm", "brn_norm", "nin_norm", "ss_norm"]
    assert strengths(tie={"nin_norm": "brn_norm"}) == ["cevns_norm", "ss_norm"]
    assert strengths(require=["nin_norm<=brn_norm"]) == ["cevns_norm", "ss_norm"]
    u = likelihood.problem(free=["r_n_cs"]).coordinates(likelihood.parameters.complete())
    whole = likelihood.problem(free=["r_n_cs"])
    assert whole.of_strengths(u)(u[1:]) == pytest.approx(whole(u), rel=1e-14)


def test_the_strength_is_the_events(likelihood):
    fit = likelihood.fit(free=["cevns_norm"])
    (prediction,) = likelihood.predict()
    value, error = fit.events()["cevns"]
    assert value == pytest.approx(fit.values["cevns_norm"] * prediction.counts["cevns"].sum(), rel=1e-10)
    assert error == pytest.approx(fit.hessian_error("cevns_norm") * prediction.counts["cevns"].sum(), rel=1e-6)
    section = fit.flux_averaged_cross_section()
    assert section["value"] == pytest.approx(fit.values["cevns_norm"] * section["sm"], rel=1e-12)


def test_propagated_errors_are_those_of_exact_gradients(angle_fit):
    # gᵀ C g with the gradient of JAX's reverse mode and the inverse of its Hessian, in place of central differences.
    likelihood, problem = angle_fit.likelihood, angle_fit.solver.problem
    measurement, base = likelihood.measurements[0], angle_fit.specification.values

    def section(u):
        params = base | problem.params(u)
        return 1e40 * params["cevns_norm"] * flux_averaged_cross_section(measurement, likelihood.interaction, params)

    def signal(u):
        return component_counts(likelihood.folded[0], base | problem.params(u))["cevns"].sum()

    u = jnp.asarray(angle_fit.minimum.u)
    covariance = 2.0 * np.linalg.inv(jax.hessian(problem)(u))
    for function, value, error in (
        (
            section,
            1e40 * angle_fit.flux_averaged_cross_section()["value"],
            1e40 * angle_fit.flux_averaged_cross_section()["error"],
        ),
        (signal, *angle_fit.events()["cevns"]),
    ):
        gradient = np.asarray(jax.grad(function)(u))
        assert value == pytest.approx(float(function(u)), rel=1e-10)
        assert error == pytest.approx(np.sqrt(gradient @ covariance @ gradient), rel=1e-5)


def test_a_fit_that_fails_says_so(likelihood):
    # Nothing is expected in bins that hold counts: chi2 is infinite wherever the fit starts.
    nothing = dict.fromkeys(("cevns_norm", "brn_norm", "nin_norm", "ss_norm"), 0.0)
    failed = likelihood.fit(free=["sin2_theta_w"], values=nothing)
    assert not failed.converged
    assert failed.message == "did not converge: chi2 is not finite at any start"
    content = failed.as_dict()
    assert content["converged"] is False
    assert content["chi2_min"] is None
    assert content["parameters"]["sin2_theta_w"]["interval"] == {}


def test_batches_equal_single_calls(likelihood):
    evaluator = likelihood.evaluator(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    problem = likelihood.problem(free=["sin2_theta_w", "r_n_cs"], tie=TIED)
    rng = np.random.default_rng(3)
    points = problem.coordinates({**likelihood.parameters.complete()}) * (1 + 0.03 * rng.standard_normal((1100, 6)))
    values, gradients = evaluator.value_and_gradient(points)
    assert np.asarray(evaluator.chi2(points)) == pytest.approx(np.asarray(values), rel=1e-13)
    for k in (0, 1023, 1024, 1099):
        value, gradient = evaluator.value_and_gradient(points[k])
        assert values[k] == pytest.approx(float(value), rel=1e-12)
        assert gradients[k] == pytest.approx(np.asarray(gradient), rel=1e-9, abs=1e-9)
        assert problem(points[k]) == pytest.approx(float(value), rel=1e-12)
    with pytest.raises(cj.InputError, match="expected rows of 6 coordinates"):
        evaluator.chi2(np.zeros(5))


def test_what_is_not_fitted_has_no_interval(angle_fit):
    with pytest.raises(cj.InputError, match="'r_n_cs' is not fitted"):
        angle_fit.interval("r_n_cs")
    with pytest.raises(cj.InputError, match="unknown parameter 'r_n_cz'"):
        angle_fit.interval("r_n_cz")


PROFILES = [
    ([], {}, "expected one or two different parameters"),
    (["sin2_theta_w"], {"ranges": {"sin2_theta_w": (0.3, 0.2)}}, "from a lower to a higher number, found 0.3 to 0.2"),
    (["sin2_theta_w"], {"ranges": {"r_n_cs": (4.0, 5.0)}}, "a range is given for 'r_n_cs', which is not profiled"),
    (
        ["sin2_theta_w"],
        {"ranges": {"sin2_theta_w": (-0.1, 0.2)}},
        "sin2_theta_w: expected a range within 0 to 1, found -0.1",
    ),
    (["sin2_theta_w"], {"points": 1}, "expected at least 2 points"),
]


@pytest.mark.parametrize(("names", "arguments", "message"), PROFILES, ids=[p[2] for p in PROFILES])
def test_profiles_that_cannot_be(likelihood, names, arguments, message):
    with pytest.raises(cj.InputError) as error:
        likelihood.profile(names, **arguments)
    assert message in str(error.value)
