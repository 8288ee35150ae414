"""The likelihood, its constraints, and what a fit is asked to do."""

import numpy as np
import pytest
import scipy.stats

import cevnsjax as cj
from cevnsjax.measuring.terms.poisson import poisson_chi2
from cevnsjax.parameters.parameter import Gaussian, Parameter, ParameterTable


def test_poisson_chi2_is_a_likelihood_ratio():
    # -2 ln [P(n|mu) / P(n|n)] with the Poisson probabilities of scipy; the saturated term is 1 where n = 0.
    rng = np.random.default_rng(1)
    expected = rng.uniform(0.1, 40.0, size=(9, 11))
    observed = rng.poisson(expected).astype(float)
    observed[0, :3] = 0.0
    ratio = scipy.stats.poisson.logpmf(observed, expected) - scipy.stats.poisson.logpmf(
        observed, np.maximum(observed, 1e-300)
    )
    assert poisson_chi2(observed, expected) == pytest.approx(-2.0 * ratio.sum(), rel=1e-12)


def test_poisson_chi2_at_the_edges():
    assert poisson_chi2(np.array([0.0]), np.array([0.0])) == 0.0
    with np.errstate(divide="ignore"):
        assert poisson_chi2(np.array([1.0]), np.array([0.0])) == np.inf
    with np.errstate(invalid="ignore"):
        assert np.isnan(poisson_chi2(np.array([1.0]), np.array([-1.0])))


def test_chi2_is_the_sum_of_its_terms(csi, likelihood):
    # Eq. 10 of arXiv:2303.09360 written out, with the pulls 0.12, 0.25, 0.35, 0.021 printed below it.
    values = {"cevns_norm": 1.05, "brn_norm": 0.8, "nin_norm": 1.3, "ss_norm": 0.99}
    (prediction,) = likelihood.predict(values)
    mu, n = prediction.total, csi.observed
    poisson = 2.0 * np.sum(mu - n + np.where(n > 0, n * np.log(np.where(n > 0, n, 1.0) / mu), 0.0))
    pulls = (0.05 / 0.12) ** 2 + (0.2 / 0.25) ** 2 + (0.3 / 0.35) ** 2 + (0.01 / 0.021) ** 2
    assert likelihood.chi2(values) == pytest.approx(poisson + pulls, rel=1e-12)


def test_strengths_scale_their_component(likelihood):
    (one,), (two,) = likelihood.predict(), likelihood.predict({"brn_norm": 2.5})
    assert two.counts["brn"] == pytest.approx(2.5 * one.counts["brn"])
    assert np.array_equal(two.counts["cevns"], one.counts["cevns"])


def test_signal_adds_up(likelihood):
    (prediction,) = likelihood.predict({"cevns_norm": 1.1})
    assert prediction.signal.sum(axis=(0, 1)) == pytest.approx(prediction.counts["cevns"], rel=1e-12)


def widths(likelihood, **arguments):
    asked = likelihood.specify(**arguments)
    return {name: constraint.width for name, constraint in asked.constraints.items()}


def test_a_fitted_radius_takes_the_form_factor_out_of_the_pull(likelihood):
    # arXiv:2303.09360 section III A: 0.12, and 0.115 when R_n is fitted.
    assert widths(likelihood)["cevns_norm"] == 0.12
    for arguments in ({"free": ["r_n_cs"]}, {"free": ["r_n_i"]}, {"free": ["r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}):
        assert widths(likelihood, **arguments)["cevns_norm"] == pytest.approx(0.115, abs=2e-4)
    assert widths(likelihood, values={"r_n_cs": 5.2})["cevns_norm"] == 0.12
    assert widths(likelihood, free=["r_p_cs"])["cevns_norm"] == 0.12


def test_a_fitted_response_takes_its_part_out_of_the_pull(likelihood):
    # The parts that arXiv:2303.09360 lists: 3.8 % quenching, 4.1 % efficiency.
    assert widths(likelihood, free=["quenching_a"])["cevns_norm"] == pytest.approx((0.12**2 - 0.038**2) ** 0.5)
    assert widths(likelihood, free=["efficiency_c"])["cevns_norm"] == pytest.approx((0.12**2 - 0.041**2) ** 0.5)


def test_the_shape_variant_has_each_uncertainty_once():
    shape = cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])
    found = widths(shape)
    # Flux 10 % and form factor 3.4 % (arXiv:2303.09360), the released variations at 1 sigma = 1.
    assert found["cevns_norm"] == pytest.approx(np.hypot(0.10, 0.034))
    assert [found[name] for name in ("quenching_shape_0", "quenching_shape_1", "efficiency_shape")] == [1.0, 1.0, 1.0]
    assert widths(shape, free=["r_n_cs"])["cevns_norm"] == pytest.approx(0.10)


def test_released_variations_move_the_signal_as_released():
    # Relative change of each bin for the released +1 and -1 sigma coefficients, computed with another program (NumPy:
    # differences of the incomplete gamma function, efficiency at 64 or 256 points a bin, 4000 midpoints in energy).
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021("shape")])
    base = likelihood.predict()[0].counts["cevns"].sum(axis=1)
    expected = {
        ("quenching_shape_0", 1.0): [0.0343, 0.0339, 0.0278, 0.0176, 0.0056, -0.0122, -0.0365, -0.0552, -0.0606],
        ("quenching_shape_1", 1.0): [0.0003, -0.0090, -0.0217, -0.0324, -0.0393, -0.0463, -0.0535, -0.0490, -0.0195],
        ("efficiency_shape", 1.0): [2.8429, 0.3528, 0.1182, 0.0422, 0.0143, 0.0036, 0.0007, 0.0004, 0.0004],
        ("efficiency_shape", -1.0): [-0.9760, -0.3245, -0.1284, -0.0511, -0.0181, -0.0046, -0.0008, -0.0005, -0.0004],
    }
    for (name, value), change in expected.items():
        moved = likelihood.predict({name: value})[0].counts["cevns"].sum(axis=1)
        assert moved / base - 1.0 == pytest.approx(change, abs=4e-4, rel=1e-3)


def test_free_drops_the_prior_and_says_so(likelihood):
    asked = likelihood.specify(free=["brn_norm"])
    assert asked.dropped == ("brn_norm",)
    assert "brn_norm" not in asked.constraints
    assert "brn_norm" not in asked.nuisances


def test_a_set_nuisance_is_a_hypothesis_without_its_pull(likelihood):
    """No CEvNS (a strength of 0) is not disfavoured by the prior on the strength beside the data."""
    asked = likelihood.specify(values={"brn_norm": 1.5})
    assert "brn_norm" not in asked.coordinates
    assert "brn_norm" not in asked.constraints


def test_a_constraint_makes_a_nuisance(likelihood):
    asked = likelihood.specify(free=["sin2_theta_w"], constrain={"r_n_cs": (5.0, 0.1)})
    assert asked.nuisances[-1] == "r_n_cs"
    assert asked.constraints["r_n_cs"] == Gaussian(5.0, 0.1)


def test_chains_of_ties_end_at_their_leader(likelihood):
    asked = likelihood.specify(free=["r_n_i"], tie={"r_n_cs": "r_p_cs", "r_p_cs": "r_n_i"})
    assert asked.ties == {"r_n_cs": "r_n_i", "r_p_cs": "r_n_i"}
    problem = likelihood.problem(free=["r_n_i"], tie={"r_n_cs": "r_p_cs", "r_p_cs": "r_n_i"})
    params = problem.params(np.array([5.4, 1.0, 1.0, 1.0, 1.0]))
    assert params["r_n_cs"] == params["r_p_cs"] == params["r_n_i"] == 5.4


def test_orders_keep_the_box_and_are_met_everywhere(likelihood):
    free, rng = ["r_n_cs", "r_n_i", "r_p_cs"], np.random.default_rng(2)
    require = ["r_p_cs<=r_n_i", "r_n_i<=r_n_cs"]
    problem = likelihood.problem(free=free, require=require)
    low, high = problem.box
    for u in rng.uniform(low, high, size=(200, len(low))):
        params = problem.params(u)
        assert 2.2 <= params["r_p_cs"] <= params["r_n_i"] <= params["r_n_cs"] <= 12.0
        again = problem.coordinates(params)
        assert problem.params(again)["r_n_i"] == pytest.approx(params["r_n_i"], rel=1e-12)


def test_an_order_against_a_fixed_value_or_a_number_is_a_bound(likelihood):
    assert likelihood.specify(free=["r_n_cs"], require=["r_n_cs>=r_p_cs"]).bounds["r_n_cs"] == (4.821, 12.0)
    assert likelihood.specify(free=["r_n_cs"], require=["r_n_cs<=5"]).bounds["r_n_cs"] == (2.2, 5.0)


BAD = [
    ({"free": ["sin2_theta"]}, "unknown parameter 'sin2_theta' (did you mean 'sin2_theta_w'?)"),
    ({"free": ["r_n_cs", "r_n_cs"]}, "named twice"),
    ({"values": {"r_n_cs": 13.0}}, "r_n_cs: expected a value from 2.2 to 12 fm, found 13"),
    ({"values": {"r_n_cs": float("nan")}}, "r_n_cs: expected a value from 2.2 to 12 fm, found nan"),
    ({"tie": {"r_n_cs": "r_n_cs"}}, "cannot tie 'r_n_cs' to itself"),
    ({"tie": {"r_n_cs": "r_n_i", "r_n_i": "r_n_cs"}}, "circle: r_n_cs = r_n_i = r_n_cs"),
    ({"tie": {"r_n_cs": "sin2_theta_w"}}, "the units differ"),
    ({"free": ["r_n_i"], "tie": {"r_n_i": "r_n_cs"}}, "'r_n_i' cannot be both free and tied"),
    ({"values": {"r_n_i": 5.0}, "tie": {"r_n_i": "r_n_cs"}}, "'r_n_i' cannot be both set and tied"),
    ({"free": ["r_n_i"], "require": ["r_n_i=r_n_cs"]}, "expected a requirement like 'r_n_i<=r_n_cs'"),
    ({"free": ["r_n_i"], "require": ["r_n_i<=2"]}, "leave 'r_n_i' no room: from 2.2 to 2"),
    ({"require": ["r_n_cs<=r_n_i"]}, "is not met by the fixed values 5.09 and 5.03"),
    ({"free": ["r_n_cs", "r_n_i"], "require": ["r_n_cs<=r_n_i", "r_n_i<=r_n_cs"]}, "form a circle"),
    ({"constrain": {"r_n_cs": (5.0, -1.0)}}, "a positive width, found 5.0 ± -1.0"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_what_cannot_be_asked(likelihood, arguments, message):
    with pytest.raises(cj.InputError) as error:
        likelihood.specify(**arguments)
    assert message in str(error.value)


def test_the_same_data_cannot_count_twice(csi):
    with pytest.raises(cj.InputError, match="its data would count twice"):
        cj.Likelihood([csi, cj.measurements.coherent_csi_2021("shape")])
    with pytest.raises(cj.InputError, match="at least one measurement"):
        cj.Likelihood([])


def test_two_parameters_of_one_name_must_agree():
    one = Parameter("x", "1", 0.0, (0.0, 1.0), "x", "")
    two = Parameter("x", "1", 0.5, (0.0, 1.0), "x", "")
    assert len(ParameterTable([one, one])) == 1
    with pytest.raises(cj.InputError, match="two different parameters are named 'x'"):
        ParameterTable([one, two])
