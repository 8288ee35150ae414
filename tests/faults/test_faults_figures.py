"""What tables and figures show: digits, words, and everything within the canvas and beside the data."""

import json

import numpy as np
import pytest

ASIMOV = "expected counts (Asimov)"


@pytest.mark.parametrize(
    ("name", "strength"), [("coherent-csi-2017", 1e-5), ("coherent-lar-2020:1d", 3e-4), ("germanium-reactor", 1e-9)]
)
def test_rates_far_below_one_keep_their_digits(command, name, strength):
    """A table shows three digits of the largest number of a column, and no number as zero that is not."""
    arguments = ("predict", name, "--set", f"cevns_norm={strength}")
    _, out, _ = command(*arguments, "--json")
    counts = np.asarray(json.loads(out)["counts"]["cevns"])
    expected = counts.reshape(len(counts), -1).sum(axis=1)
    _, out, _ = command(*arguments)
    rows = [line.split("  ") for line in out.splitlines() if " – " in line]
    shown = np.array([float([cell for cell in row if cell.strip()][1]) for row in rows])
    assert np.all((shown > 0) == (expected > 0))
    assert shown == pytest.approx(expected, rel=5e-2, abs=5.1e-3 * expected.sum())


def test_events_of_a_fit_far_below_one_are_no_zeros(command):
    """Totals and their errors have two digits of the error."""
    arguments = ("forecast", "germanium-reactor", "--set", "cevns_norm=1e-7")
    _, out, _ = command(*arguments, "--json")
    found = json.loads(out)["events"]["germanium-reactor"]["cevns"]
    code, out, _ = command(*arguments)
    (line,) = [line for line in out.splitlines() if line.endswith(" events")]
    assert code == 0
    value, error = (float(text) for text in line.split("cevns ")[1].split(",")[0].split(" ± "))
    assert (value, error) == pytest.approx((found["value"], found["error"]), rel=0.05)


@pytest.mark.parametrize("name", ["germanium-reactor", "cryocsi-i"])
def test_expected_counts_are_not_called_observed(command, name):
    """The table of a described experiment says what its counts are."""
    _, out, _ = command("predict", name)
    assert ASIMOV in out
    assert "observed" not in out
    _, out, _ = command("predict", "coherent-csi-2017")
    assert "Asimov" not in out
    assert "observed" in out


def test_a_forecast_says_what_is_fitted(command):
    """The table of a forecast names the Asimov counts, that of a fit does not; the JSON has the same keys."""
    code, out, _ = command("forecast", "csre-cs", "--free", "r_n_cs")
    assert code == 0
    assert ASIMOV in out
    assert "measured" not in out
    _, fitted, _ = command("fit", "csre-cs", "--free", "r_n_cs")
    assert "Asimov" not in fitted
    assert "measured" in fitted


ATMOSPHERIC = """
name = "deep-{formula}"
[source]
kind = "atmospheric"
live_time = {{ value = 365, unit = "day" }}
[target]
formula = "{formula}"
mass = {{ value = 1000, unit = "kg" }}
[detector]
unit = "keV"
[detector.quenching]
kind = "polynomial"
coefficients = {{ value = [1.0], unit = ["1"] }}
[detector.resolution]
kind = "gaussian"
noise = {{ value = 0.5, unit = "keV" }}
slope = {{ value = 0.0, unit = "keV" }}
[detector.efficiency]
kind = "unity"
[binning]
energy = {{ value = [{edges}], unit = "keV" }}
parts = {{ value = 8, unit = "1" }}
"""


@pytest.mark.parametrize(("formula", "edges"), [("Xe", "805, 810, 815"), ("CsI", "700, 800, 900")])
def test_axial_rates_are_finite_and_silent_at_any_momentum_transfer(command, tmp_path, recwarn, formula, edges):
    """Of 129Xe the squared response to the spin of protons nearly vanishes at q = 441 MeV, T = 810 keV."""
    path = tmp_path / "deep.toml"
    path.write_text(ATMOSPHERIC.format(formula=formula, edges=edges))
    code, out, err = command("predict", path, "--interaction", "axial", "--set", "g_axial=1e-3,m_axial=10", "--json")
    assert code == 0
    assert "Warning" not in err
    assert np.all(np.array(json.loads(out)["counts"]["cevns"]) > 0)
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]
