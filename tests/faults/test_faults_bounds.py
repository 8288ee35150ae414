"""Bounds are what the pages say, and the same for values that are set and values that are fitted."""

import json
import re

import numpy as np
import pytest
from experiment_texts import CAESIUM, GERMANIUM, TEXTS, with_entry

import cevnsjax as cj


@pytest.fixture
def likelihood(tmp_path):
    """Return the likelihood of a description."""

    def read(text):
        path = tmp_path / "experiment.toml"
        path.write_text(text)
        return cj.Likelihood([cj.measurements.described(path)])

    return read


def coefficients(*values):
    return f'{{ value = {list(values)}, unit = ["1", "1/PE", "PE", "1"] }}'


def total(likelihood, values=None):
    """Return the expected counts of the signal."""
    return float(likelihood.predict(values or {})[0].counts["cevns"].sum())


@pytest.mark.parametrize(
    "curve", [(0.95, 0.5, 6.0, -0.05), (0.5, 0.5, 6.0, -0.4), (1.32, 0.28, 10.9, -0.33), (0.9, 1.5, 6.0, -0.02)]
)
def test_any_plateau_of_a_logistic_efficiency(likelihood, curve):
    """A plateau of 0.9 and others; a set coefficient means what the same one of a file means."""
    found = likelihood(with_entry(CAESIUM, "detector.efficiency.coefficients", coefficients(*curve)))
    a, b, c, d = curve
    bounds = {name: found.parameters[f"efficiency_{name}"].bounds for name in "abcd"}
    plateau, deepest = a + d, -d + 0.45 * (a + d)
    expected = {
        "a": (deepest + plateau / 10, 1 + deepest),
        "b": (0.15 * b, 4 * b),
        "c": (0.45 * c, 2.5 * c),
        "d": (-deepest, max(-0.01, d / 10)),
    }
    if 1 < a < 3 and -0.9 < d < -0.01:
        expected |= {"a": (1.0, 3.0), "d": (-0.9, -0.01)}
    for name, pair in expected.items():
        assert bounds[name] == pytest.approx(pair), name
        assert pair[0] < dict(zip("abcd", curve, strict=True))[name] < pair[1]
    moved = min(1.01 * a, 1 - d)
    other = likelihood(with_entry(CAESIUM, "detector.efficiency.coefficients", coefficients(moved, b, c, d)))
    assert total(found, {"efficiency_a": moved}) == pytest.approx(total(other), rel=1e-6)
    for edge in bounds["a"]:
        assert np.isfinite(total(found, {"efficiency_a": edge, "efficiency_d": bounds["d"][0]}))


@pytest.mark.parametrize(
    ("curve", "words"),
    [
        ((1.3, 0.5, 6.0, -0.2), "a plateau a + d of at most 1, found 1.1"),
        ((0.3, 0.5, 6.0, -0.4), "a > -d > 0"),
        ((0.3, 0.5, 6.0, -0.3), "a > -d > 0"),
        ((0.9, 0.5, 6.0, 0.0), "a > -d > 0"),
        ((0.9, -0.5, 6.0, -0.1), "b > 0"),
    ],
)
def test_curves_that_are_no_efficiencies(refused, tmp_path, curve, words):
    (tmp_path / "experiment.toml").write_text(
        with_entry(CAESIUM, "detector.efficiency.coefficients", coefficients(*curve))
    )
    refused("predict", "experiment.toml", words=["detector.efficiency.coefficients: expected", words])


@pytest.mark.parametrize("k", [0.02, 0.09, 0.162, 0.3, 0.8])
def test_any_k_of_lindhard(likelihood, k):
    text = with_entry(GERMANIUM, "detector.quenching.k", f'{{ value = {k}, unit = "1" }}')
    text = with_entry(text, "binning.energy", '{ value = [0.02, 0.1, 0.5], unit = "keV" }')
    found = likelihood(with_entry(text, "detector.resolution.noise", '{ value = 0.02, unit = "keV" }'))
    low, high = found.parameters["lindhard_k_ge"].bounds
    assert (low, high) == pytest.approx((min(0.1, 2 / 3 * k), max(0.25, 1.5 * k)))


def test_a_coefficient_of_nothing_may_move(likelihood):
    text = with_entry(CAESIUM, "detector.quenching.coefficients", '{ value = [0.06, 0], unit = ["1", "1/MeV"] }')
    found = likelihood(text)
    assert found.parameters["quenching_b"].bounds == pytest.approx((-0.06, 0.06))
    assert total(found, {"quenching_b": 0.05}) > total(found) > total(found, {"quenching_b": -0.05})


@pytest.mark.parametrize("name", TEXTS)
def test_set_and_free_have_the_same_bounds(command, tmp_path, name):
    """Each parameter of the detector: its bounds can be set, what is beyond them neither set nor started from."""
    (tmp_path / "experiment.toml").write_text(TEXTS[name])
    code, out, err = command("parameters", "experiment.toml", "--json")
    assert code == 0, err
    table = json.loads(out)["parameters"]
    own = [
        n
        for n in table
        if n.startswith(("efficiency", "quenching", "smearing", "resolution", "lindhard", "time", "r_"))
    ]
    assert len(own) >= 4
    found = cj.Likelihood([cj.measurements.described(tmp_path / "experiment.toml")])
    for parameter in own:
        low, high = table[parameter]["bounds"]
        assert low < table[parameter]["default"] < high or parameter.startswith("time_efficiency")
        for edge, beyond in ((low, low - 0.01 * (high - low)), (high, high + 0.01 * (high - low))):
            counts = found.predict({parameter: edge})[0].counts
            assert all(np.all(np.isfinite(one)) and np.all(one >= 0) for one in counts.values())
            message = f"{parameter}: expected a value from {low:g} to {high:g}"
            with pytest.raises(cj.InputError, match=re.escape(message)):
                found.predict({parameter: beyond})
            with pytest.raises(cj.InputError, match=re.escape(message)):
                found.forecast(free=[parameter], values={parameter: beyond})
    code, out, err = command("predict", "experiment.toml", "--set", f"{parameter}={beyond!r}")
    assert (code, out) == (2, "")
    assert message in err


def test_a_steep_efficiency_gives_no_warning(likelihood):
    """A step at 30 photo-electrons, ln 2 / 25 wide: nothing below it, all above it."""
    text = with_entry(CAESIUM, "binning.energy", '{ value = [0, 10, 30, 34, 40], unit = "PE" }')
    text = with_entry(text, "binning.parts", '{ value = 500, unit = "1" }')
    text = with_entry(text, "detector.efficiency.kind", '"sigmoid"')
    found = {}
    for middle in (30, 29):
        curve = f'{{ value = [0.9, 25, {middle}], unit = ["1", "1/PE", "PE"] }}'
        counts = likelihood(with_entry(text, "detector.efficiency.coefficients", curve)).predict({})[0].counts["cevns"]
        found[middle] = counts.sum(axis=1)
    assert found[30][0] < 1e-100
    assert found[30][2] == pytest.approx(found[29][2], rel=2e-2)
    assert found[30][3] == pytest.approx(found[29][3], rel=1e-9)


def test_chi2_is_finite_at_the_lower_bounds_of_ge_mini():
    """Something is expected wherever something was seen: 126 bins without beam hold events of the steady state alone."""
    found = cj.Likelihood([cj.measurements.coherent_ge_mini_2024()])
    lowest = {name: p.bounds[0] for name, p in found.parameters.items() if name.startswith("ss_")}
    assert set(lowest.values()) == {0.01}
    assert len(lowest) == 10
    (one,) = found.predict(lowest)
    expected = sum((np.asarray(part) for part in one.counts.values()), np.zeros(one.observed.shape))
    assert np.all(expected[one.observed > 0] > 0)
    assert np.count_nonzero(one.observed) > 126
