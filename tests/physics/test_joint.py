"""Joint likelihoods: what is added, what is shared, and the fits of several measurements together."""

import dataclasses
from typing import Any, cast

import iminuit
import independent_weak_charges
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.measurements import load
from cevnsjax.parameters.strengths import SNS_FLUX

TIED = {"r_n_i": "r_n_cs"}


@pytest.fixture(scope="module")
def csi_apv(csi):
    return cj.Likelihood([csi, load("apv-cs")])


@pytest.fixture(scope="module")
def csi_lar(csi):
    return cj.Likelihood([csi, load("coherent-lar-2020:1d")])


def test_nothing_shared_adds_up(csi_apv, likelihood):
    """χ² of CsI and of the weak charge of caesium (independent integration of the overlap) add up."""
    for values in ({}, {"sin2_theta_w": 0.22, "r_n_cs": 5.4, "r_n_i": 4.9, "brn_norm": 1.2}):
        own = {name: value for name, value in values.items()}
        predicted, measured, error = independent_weak_charges.caesium(
            "dzuba2012", "uniform", sin2=values.get("sin2_theta_w", 0.23863), r_n=values.get("r_n_cs", 5.09)
        )
        expected = likelihood.chi2(own) + ((predicted - measured) / error) ** 2
        assert_close(csi_apv.chi2(values), expected, 1e-7, "the independent overlap is a trapezoid sum")


def test_parameters_of_one_name_are_told_apart(csi_lar):
    names = list(csi_lar.parameters)
    for name in ("cevns_norm", "brn_norm"):
        assert name not in names
        assert f"{name}@coherent-csi-2021" in names
        assert f"{name}@coherent-lar-2020" in names
    assert "nin_norm" in names
    assert names.count("sin2_theta_w") == 1
    with pytest.raises(cj.InputError, match="name cevns_norm@coherent-csi-2021 or cevns_norm@coherent-lar-2020"):
        csi_lar.specify(free=["cevns_norm"])


def test_the_flux_of_one_source_is_shared(csi_lar):
    """The 10 % of the flux leave both pulls: √(0.12² - 0.1²) and √(0.134² - 0.1²)."""
    assert csi_lar.shared == {SNS_FLUX: ["coherent-csi-2021", "coherent-lar-2020"]}
    constraints = csi_lar.constraints()
    assert constraints[SNS_FLUX].width == 0.10
    assert constraints["cevns_norm@coherent-csi-2021"].width == pytest.approx(np.sqrt(0.12**2 - 0.1**2))
    assert constraints["cevns_norm@coherent-lar-2020"].width == pytest.approx(np.sqrt(0.134**2 - 0.1**2))


def without_shares(measurement):
    strengths = tuple(
        dataclasses.replace(s, parts=tuple(part for part in s.parts if part.shared is None))
        for s in measurement.strengths
    )
    return dataclasses.replace(measurement, strengths=strengths)


@pytest.mark.parametrize("free", [["sin2_theta_w"], []])
def test_sharing_is_a_correlation(csi_lar, free):
    """A shared flux is the same as pulls of full width with ρ = 0.1² / (0.12 · 0.134): two ways to the same numbers."""
    apart = cj.Likelihood([without_shares(measurement) for measurement in csi_lar.measurements])
    pair = ("cevns_norm@coherent-csi-2021", "cevns_norm@coherent-lar-2020")
    correlated = apart.fit(free=free, correlate={pair: 0.1**2 / (0.12 * 0.134)})
    shared = csi_lar.fit(free=free)
    assert shared.chi2 == pytest.approx(correlated.chi2, abs=1e-8)
    assert correlated.specification.correlations
    for name in pair:
        total = shared.values[name] + shared.values[SNS_FLUX] - 1.0
        assert total == pytest.approx(correlated.values[name], abs=1e-6)
    if free:
        assert shared.values["sin2_theta_w"] == pytest.approx(correlated.values["sin2_theta_w"], abs=1e-7)
        assert shared.error("sin2_theta_w") == pytest.approx(correlated.error("sin2_theta_w"), rel=1e-5)


def test_a_fitted_strength_takes_no_flux(csi_lar, likelihood):
    """A strength that is fitted is the whole strength: its error is that of the counts, as alone."""
    name = "cevns_norm@coherent-csi-2021"
    together, alone = csi_lar.fit(free=[name]), likelihood.fit(free=["cevns_norm"])
    assert together.values[name] == pytest.approx(alone.values["cevns_norm"], abs=1e-6)
    assert together.error(name) == pytest.approx(alone.error("cevns_norm"), rel=1e-5)


@pytest.mark.parametrize(
    ("free", "tie"),
    [(["sin2_theta_w"], {}), (["r_n_cs"], TIED), (["sin2_theta_w", "r_n_cs"], TIED), (["r_n_cs", "r_n_i"], {})],
    ids=["angle", "radius", "both", "two radii"],
)
def test_csi_and_apv_against_minuit(csi_apv, free, tie):
    fit, problem = csi_apv.fit(free=free, tie=tie), csi_apv.problem(free=free, tie=tie)
    evaluator = csi_apv.evaluator(free=free, tie=tie)
    start = problem.coordinates(csi_apv.parameters.complete())
    chi2 = cast(Any, lambda u: float(evaluator.chi2(u)))  # the types of iminuit have no function of an array
    minuit = iminuit.Minuit(chi2, start, name=problem.names)
    minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-4
    minuit.migrad()
    minuit.minos(*free)
    assert fit.converged
    assert fit.chi2 == pytest.approx(minuit.fval, abs=1e-6)
    for name in free:
        low, high = fit.interval(name).around(fit.values[name])
        assert high - fit.values[name] == pytest.approx(minuit.merrors[name].upper, rel=3e-3)
        assert low - fit.values[name] == pytest.approx(minuit.merrors[name].lower, rel=3e-3)


def test_the_order_of_radii_holds_in_a_joint_fit(csi_apv):
    """R_n(I) ≤ R_n(Cs), as arXiv:2303.09360 section III requires: the minimum cannot fall."""
    free = csi_apv.fit(free=["r_n_cs", "r_n_i"])
    ordered = csi_apv.fit(free=["r_n_cs", "r_n_i"], require=["r_n_i<=r_n_cs"])
    assert free.converged
    assert ordered.converged
    assert ordered.values["r_n_i"] <= ordered.values["r_n_cs"] + 1e-9
    assert ordered.chi2 >= free.chi2 - 1e-8


def test_data_do_not_count_twice(csi):
    with pytest.raises(cj.InputError, match="'coherent-csi-2021' and 'coherent-csi-2017' hold the same data"):
        cj.Likelihood([csi, load("coherent-csi-2017")])
    with pytest.raises(cj.InputError, match="'apv-cs' is named more than once"):
        cj.Likelihood([load("apv-cs:dzuba2012"), load("apv-cs:sahoo2021")])


def test_the_report_says_what_is_shared(csi_lar):
    content = csi_lar.fit(free=["sin2_theta_w"]).as_dict()
    assert content["shared"] == {SNS_FLUX: ["coherent-csi-2021", "coherent-lar-2020"]}
    assert SNS_FLUX in content["nuisances"]
    assert content["dof"] == 99 + 12 - 1
