"""Constraints on parameters, on their combinations, and correlations between them, against closed forms."""

import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.parameters.constraints import Relation, build_constraints, parse_combination
from cevnsjax.parameters.parameter import Gaussian

NAMES = {"r_n_cs": None, "r_n_i": None, "r_n": None, "cevns_norm@coherent-csi-2021": None}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("r_n_cs-r_n_i", {"r_n_cs": 1.0, "r_n_i": -1.0}),
        ("r_n_cs - 0.5*r_n_i", {"r_n_cs": 1.0, "r_n_i": -0.5}),
        ("-2e-1*r_n+r_n_cs", {"r_n": -0.2, "r_n_cs": 1.0}),
        ("cevns_norm@coherent-csi-2021-r_n", {"cevns_norm@coherent-csi-2021": 1.0, "r_n": -1.0}),
        ("r_n+r_n", {"r_n": 2.0}),
    ],
)
def test_combinations_are_read(text, terms):
    assert dict(parse_combination(text, NAMES)) == terms


@pytest.mark.parametrize("text", ["", "r_n_cs r_n_i", "r_n_cs+", "r_n_xx", "2*", "r_n-r_n", "r_n_cs*2", "0*r_n"])
def test_what_is_no_combination_is_refused(text):
    with pytest.raises(cj.InputError, match="expected a combination of parameters like"):
        parse_combination(text, NAMES)


def test_correlated_constraints_are_a_multivariate_gaussian():
    """(x - c)ᵀ V⁻¹ (x - c) with V = σ_i σ_j ρ_ij."""
    single = {"a": Gaussian(1.0, 0.2), "b": Gaussian(-2.0, 0.5), "c": Gaussian(0.3, 0.1)}
    correlations = {("a", "b"): 0.6, ("c", "b"): -0.3}
    found = build_constraints(single, (), correlations)
    widths = np.array([0.2, 0.5, 0.1])
    matrix = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, -0.3], [0.0, -0.3, 1.0]]) * np.outer(widths, widths)
    x = {"a": 1.3, "b": -1.1, "c": 0.42}
    difference = np.array([0.3, 0.9, 0.12])
    assert_close(found(x), difference @ np.linalg.inv(matrix) @ difference)


def test_a_relation_is_a_pull_of_the_combination():
    relation = Relation("a-2*b", (("a", 1.0), ("b", -2.0)), Gaussian(0.5, 0.1))
    found = build_constraints({"a": Gaussian(1.0, 0.2)}, (relation,))
    assert_close(found({"a": 1.4, "b": 0.3}), (0.4 / 0.2) ** 2 + ((1.4 - 0.6 - 0.5) / 0.1) ** 2)


@pytest.mark.parametrize(
    ("correlations", "message"),
    [
        ({("a", "b"): 0.9, ("b", "c"): 0.9, ("a", "c"): -0.9}, "correlations are not positive definite: the smallest"),
        ({("a", "b"): 1.0}, "a, b: expected a correlation between -1 and 1, found 1"),
        ({("a", "a"): 0.5}, "a correlation of 'a' with itself"),
        ({("a", "d"): 0.5}, "a correlation is given for 'd', which has no constraint"),
    ],
)
def test_impossible_correlations_are_refused(correlations, message):
    single = {name: Gaussian(0.0, 1.0) for name in "abc"}
    with pytest.raises(cj.InputError, match=message):
        build_constraints(single, (), correlations)


def test_a_relation_between_radii_makes_them_nuisances(likelihood):
    asked = likelihood.specify(free=["r_n_cs"], constrain={"r_n_cs-r_n_i": (0.06, 0.02)})
    assert asked.nuisances[-1] == "r_n_i"
    assert "r_n_i" not in asked.constraints


def test_a_relation_that_is_tight_is_a_tie(likelihood):
    """R_n(Cs) - R_n(I) = 0.06 ± 1e-6 fm: the fit of one radius with the other 0.06 fm below it."""
    pull = {"cevns_norm": (1.0, 0.115)}  # that of fitted radii, whether they are fitted or fixed
    related = likelihood.fit(free=["r_n_cs"], constrain={"r_n_cs-r_n_i": (0.06, 1e-6), **pull})
    radius = related.values["r_n_cs"]
    assert radius - related.values["r_n_i"] == pytest.approx(0.06, abs=1e-8)
    around = [
        likelihood.fit(values={"r_n_cs": r, "r_n_i": r - 0.06}, constrain=pull).chi2
        for r in (radius - 0.05, radius, radius + 0.05)
    ]
    assert related.chi2 == pytest.approx(around[1], abs=1e-6)
    assert min(around[0], around[2]) > around[1]


def test_a_relation_without_anything_fitted_is_refused(likelihood):
    with pytest.raises(cj.InputError, match="holds nothing that is fitted"):
        likelihood.specify(values={"r_n_cs": 5.0, "r_n_i": 5.0}, constrain={"r_n_cs-r_n_i": (0.0, 0.1)})
