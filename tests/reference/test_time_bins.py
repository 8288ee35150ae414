"""Fractions of the neutrinos and neutrons in each time bin, against scipy.integrate.quad of the density."""

import csv
from itertools import pairwise

import numpy as np
import pytest
from independent_rates import DATA, TOML
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.time import TimeWindow
from cevnsjax.sources.arrival_times import arrival_times

ONSET, RATE = (TOML["signal"]["time"][f"efficiency_{key}"]["value"] for key in ("onset", "rate"))
EDGES = np.array(TOML["binning"]["time"]["value"], float)
WHY = "bins are differences of a cumulative distribution, rounded to 1e-16 of all there is"


def columns(name):
    with open(DATA / "coherent_csi_2021" / f"{name}.csv") as file:
        header, *rows = csv.reader(file)
    return {
        key.split()[0]: np.array(column, float) for key, column in zip(header, zip(*rows, strict=True), strict=True)
    }


def histograms(name):
    """Return edges and contents, the neutrinos in the engine's order of the flavours."""
    table = columns({"nu": "arrival_times", "brn": "brn_time", "nin": "nin_time"}[name])
    low, high = table["t_low"], table["t_high"]
    names = ("nu_mu", "nu_e", "nu_mu_bar") if name == "nu" else ("weight",)
    return np.append(low, high[-1]), np.array([table[key] for key in names])


def expected_fractions(name, shift, onset=ONSET, rate=RATE):
    """Return ∫ p(t - shift) ε_T(t) dt in each bin, p the derivative of the spline through the cumulative sums."""
    knots, contents = histograms(name)
    found = np.zeros((len(contents), len(EDGES) - 1))
    breaks = np.unique(np.concatenate([knots + shift, EDGES, [onset]]))
    for k, content in enumerate(contents):
        spline = CubicSpline(knots, np.concatenate([[0.0], np.cumsum(content)]), bc_type="clamped")

        def selected(t, density=spline.derivative()):  # noqa: B008
            return density(t - shift) * np.exp(-rate * max(t - onset, 0.0))

        for low, high in pairwise(breaks):
            middle = (low + high) / 2
            if EDGES[0] < middle < EDGES[-1] and knots[0] < middle - shift < knots[-1]:
                found[k, np.searchsorted(EDGES, middle) - 1] += quad(selected, low, high)[0]
    return found


def stage(measurement, name):
    if name == "nu":
        return measurement.scattering.detector.spread
    components = [strength.component for strength in measurement.strengths]
    background = measurement.backgrounds[components.index(name) - 1]
    return background.factors[background.axes.index((1,))]  # the factor over the second axis, time


@pytest.fixture(scope="module")
def measurement():
    return cj.measurements.coherent_csi_2021()


@pytest.mark.parametrize("shift", [0.0, 0.08, -0.5])
@pytest.mark.parametrize("name", ["nu", "brn", "nin"])
def test_fractions_in_each_bin(measurement, name, shift):
    params = {f"time_shift_{name}": shift, "time_efficiency_onset": ONSET, "time_efficiency_rate": RATE}
    found, expected = stage(measurement, name)(params), expected_fractions(name, shift)
    total = histograms(name)[1].sum(axis=1).max()
    assert_close(found, expected, scale=total)
    assert_close(found, expected, 1e-9, WHY, scale=np.maximum(np.abs(expected), 1e-6 * total))


def test_other_time_efficiency(measurement):
    """Onset inside a wide bin and a loss so fast that the exponential is far from linear in a bin of 2 us."""
    params = {"time_shift_nu": 0.03, "time_efficiency_onset": 1.3, "time_efficiency_rate": 0.9}
    assert_close(measurement.scattering.detector.spread(params), expected_fractions("nu", 0.03, 1.3, 0.9), 1e-9, WHY)


@pytest.mark.parametrize("name", ["nu", "brn", "nin"])
def test_full_efficiency_counts_the_histogram(measurement, name):
    """At ε_T = 1 the bins whose edges lie on the histogram's hold the sums of its contents."""
    params = {f"time_shift_{name}": 0.0, "time_efficiency_onset": 6.0, "time_efficiency_rate": 0.0}
    low, contents = histograms(name)[0][:-1], histograms(name)[1]
    on_grid = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 4.0, 6.0])
    expected = [
        contents[:, (low > first - 1e-6) & (low < last - 1e-6)].sum(axis=1) for first, last in pairwise(on_grid)
    ]
    cumulative = np.concatenate(
        [np.zeros((len(contents), 1)), np.cumsum(stage(measurement, name)(params), axis=1)], axis=1
    )
    found = np.diff(cumulative[:, np.searchsorted(EDGES, on_grid)], axis=1)
    assert_close(found, np.transpose(expected), 1e-12, scale=contents.sum(axis=1).max())


@pytest.mark.parametrize("shift", [-0.5, 0.0, 0.0812, 0.5])
@pytest.mark.parametrize("name", ["nu", "brn", "nin"])
def test_nothing_is_lost_in_a_wide_window(name, shift):
    knots, contents = histograms(name)
    window = TimeWindow(edges=np.array([-2.0, -1.0, 0.0, 0.4, 3.3, 20.0]), onset=0.0, rate=0.0)
    binned = window.binned(arrival_times(knots, contents), "shift")
    found = binned({"shift": shift, "time_efficiency_onset": 0.0, "time_efficiency_rate": 0.0})
    assert_close(found.sum(axis=1), contents.sum(axis=1), 1e-13)


def test_released_fractions_sum_to_one():
    """Each column of the neutrinos' table is a distribution; its digits are those of a text file."""
    assert_close(histograms("nu")[1].sum(axis=1), np.ones(3), 1e-8, "nine digits a row")


@pytest.mark.parametrize("name", ["nu", "brn", "nin"])
def test_no_bin_is_negative(measurement, name):
    """A smooth curve through cumulative sums dips where a histogram sets in: by 1e-6 of its counts at most."""
    total = histograms(name)[1].sum(axis=1).max()
    for shift in np.linspace(-0.5, 0.5, 41):
        params = {f"time_shift_{name}": shift, "time_efficiency_onset": ONSET, "time_efficiency_rate": RATE}
        assert stage(measurement, name)(params).min() >= -1e-6 * total
