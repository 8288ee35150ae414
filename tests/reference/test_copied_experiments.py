"""A folder copied from a shipped experiment has its likelihood to the last bit; edited, that of the edited numbers."""

import shutil
import tomllib

import independent_rates
import numpy as np
import pytest
from scipy.special import kl_div
from test_expected_counts import events, neutrons, steady_state
from test_time_bins import expected_fractions
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.experiments.starting import files, write
from cevnsjax.measurements.loading import shipped_document

SHIPPED = "coherent-csi-2021"
EDITS = {
    'mass = { value = 14.6, unit = "kg"': 'mass = { value = 20.5, unit = "kg"',
    "coefficients = { value = [0.0554628, 4.30681": "coefficients = { value = [0.0612, 4.30681",
    'width = { value = 0.021, unit = "1"': 'width = { value = 0.05, unit = "1"',
}
"""Mass of the target, the first coefficient of the quenching, the width of the steady state."""
STRENGTHS = {"cevns_norm": 1.1, "brn_norm": 0.8, "nin_norm": 1.3, "ss_norm": 0.97}
WIDTHS = {"cevns_norm": 0.12, "brn_norm": 0.25, "nin_norm": 0.35, "ss_norm": 0.05}
ANGLE = 0.21
WHY = "the engine's fixed nodes of recoil energy and photo-electrons"


@pytest.fixture
def copy(tmp_path):
    """Return a copy that was made in one place, renamed, and moved to another."""
    write(tmp_path / "made", files(shipped_document(SHIPPED), "made", SHIPPED))
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "elsewhere" / "renamed"
    shutil.move(tmp_path / "made", folder)
    edit(folder, {'name = "made"': 'name = "renamed"'})
    return folder


def edit(folder, changes):
    """Change the document as one does by hand."""
    text = (folder / "experiment.toml").read_text()
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "experiment.toml").write_text(text)


@pytest.mark.parametrize("variant", ["", ":shape"])
def test_a_copy_is_the_same_to_the_last_bit(copy, variant):
    shipped, own = (cj.Likelihood([name]) for name in (SHIPPED + variant, f"{copy}{variant}"))
    values = {**STRENGTHS, "sin2_theta_w": ANGLE, "r_n_cs": 5.5}
    (expected,), (found,) = shipped.predict(values), own.predict(values)
    assert own.measurements[0].name == f"renamed{variant}"
    assert list(found.counts) == list(expected.counts)
    for name, counts in expected.counts.items():
        np.testing.assert_array_equal(found.counts[name], counts)
    np.testing.assert_array_equal(own.measurements[0].observed, shipped.measurements[0].observed)
    assert own.chi2(values) == shipped.chi2(values)


def test_gradients_of_a_copy_are_the_same_to_the_last_bit(copy):
    shipped, own = (cj.Likelihood([name]).evaluator(free=["sin2_theta_w", "r_n_cs"]) for name in (SHIPPED, str(copy)))
    assert own.names == shipped.names
    points = np.ones((2, len(own.names)))
    points[:, :2] = [[0.21, 5.5], [0.3, 4.8]]
    for found, expected in zip(own.value_and_gradient(points), shipped.value_and_gradient(points), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.fixture
def edited(copy, monkeypatch):
    """Return the likelihood of an edited copy, whose document the second implementation reads."""
    edit(copy, EDITS)
    monkeypatch.setattr(independent_rates, "TOML", tomllib.loads((copy / "experiment.toml").read_text()))
    return cj.Likelihood([str(copy)])


def expected_signal(params):
    signal = independent_rates.signal(params, rtol=1e-9, form_factors=("helm",))[0].sum(axis=1)
    return signal.T @ expected_fractions("nu", 0.0)


def test_an_edited_copy(edited):
    """Counts, χ² and gradient; the weak charge is linear in sin²θ_W, so that differences of the counts are exact."""
    params = edited.parameters.complete({**STRENGTHS, "sin2_theta_w": ANGLE})
    assert params["quenching_a"] == 0.0612
    low, middle, high = (expected_signal({**params, "sin2_theta_w": ANGLE + shift}) for shift in (-0.05, 0.0, 0.05))
    counts = {"cevns": middle} | {
        name: strength * STRENGTHS[f"{name}_norm"]
        for name, strength in (("brn", neutrons("brn", 0.0)), ("nin", neutrons("nin", 0.0)), ("ss", steady_state()))
    }
    (prediction,) = edited.predict(params)
    for name, expected in counts.items():
        why = f"{WHY}; bins below 1e-6 of the largest are differences of a cumulative distribution"
        size = np.maximum(expected, 1e-6 * expected.max())
        assert_close(prediction.counts[name], expected, 1e-7, why, scale=size)

    evaluator = edited.evaluator(free=["sin2_theta_w"])
    point = np.array([[params[name] for name in evaluator.names]])
    (chi2,), (gradient,) = evaluator.value_and_gradient(point)
    total, data = sum(counts.values()), events("coincidence")
    pulls = {name: (STRENGTHS[name] - 1.0) / width for name, width in WIDTHS.items()}
    assert_close(chi2, 2.0 * kl_div(data, total).sum() + sum(pull**2 for pull in pulls.values()), 1e-7, WHY)
    slope = 2.0 * (1.0 - data / total)
    derivatives = {"sin2_theta_w": np.sum(slope * (high - low) / 0.1)}
    for name, width in WIDTHS.items():
        by_counts = np.sum(slope * counts[name.removesuffix("_norm")]) / STRENGTHS[name]
        derivatives[name] = by_counts + 2.0 * pulls[name] / width
    expected = np.array([derivatives[name] for name in evaluator.names])
    assert_close(gradient, expected, 1e-7, WHY, scale=np.abs(expected).max())
