"""COHERENT Ge-Mini: every component in every bin, and χ², put together a second time; the fit beside the paper."""

import independent_ge_mini as independent
import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.special import kl_div
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.measurements import coherent_ge_mini_2024

LINES = [3, 4]
"""Energy bins with the lines of 65Zn and 71Ge, 7.5 to 11.5 keV."""
KEPT = [0, 1, 2, 5, 6, 7, 8]
LEVELS = [f"ss_level_{k}" for k in range(1, 10)]
MOVED = {"cevns_norm": 0.7, "brn_norm": 1.3, "sin2_theta_w": 0.21, "r_n_ge": 4.4, "lindhard_k_ge": 0.159}
MOVED |= dict(zip(LEVELS, np.linspace(0.8, 1.2, 9).tolist(), strict=True))
WHY = "the engine's fixed nodes of recoil energy, placed where the bins begin at the default quenching"


@pytest.fixture(scope="module")
def likelihood():
    return cj.Likelihood([coherent_ge_mini_2024()])


def expected_counts(params):
    """Return the components, arrays (energy, window, time): with beam, then without."""
    prompt, delayed = independent.arrivals()
    signal = independent.signal(params)
    counts = signal[0][:, None] * prompt + (signal[1] + signal[2])[:, None] * delayed
    neutrons = params["brn_norm"] * 0.67 / 9 * np.ones((9, 1)) * prompt  # flat in 1.5 to 19.5 keV
    counts[LINES], neutrons[LINES] = 0.0, 0.0
    level = independent.grid("counts_beam_off").mean(axis=1) * [params[name] for name in LEVELS]
    with_beam = {"cevns": counts, "brn": neutrons}
    steady = np.tile(level[:, None, None], (1, 2, 10))
    return {n: np.stack([c, np.zeros_like(c)], axis=1) for n, c in with_beam.items()} | {"ss": steady}


def observed():
    return np.stack([independent.grid("counts_beam_on"), independent.grid("counts_beam_off")], axis=1)


@pytest.mark.parametrize("k", [0.11, 0.24])
def test_signal_far_from_the_nominal_quenching(likelihood, k):
    """The edges of the bins are at other recoil energies than at k = 0.157; every value within the bounds is as good."""
    params = likelihood.parameters.complete({"lindhard_k_ge": k})
    found = likelihood.predict({"lindhard_k_ge": k})[0].counts["cevns"].sum(axis=(1, 2))[KEPT]
    expected = independent.signal(params).sum(axis=0)[KEPT]
    assert_close(found, expected, 1e-7, WHY, np.maximum(expected, 1e-2 * expected.max()))


def test_the_printed_counts():
    """arXiv:2406.13806 Fig. 5: 236 events with the beam and 212 without; the 10.4 keV line is in the fifth bin."""
    with_beam, without = (independent.grid(f"counts_beam_{name}") for name in ("on", "off"))
    assert (with_beam.sum(), without.sum()) == (236, 212)
    assert (with_beam.sum(axis=1)[4], without.sum(axis=1)[4]) == (45, 42)


@pytest.mark.parametrize("values", [{}, MOVED], ids=["default", "moved"])
def test_counts_and_chi2(likelihood, values):
    params = likelihood.parameters.complete(values)
    found, expected = likelihood.predict(values)[0].counts, expected_counts(params)
    assert list(found) == list(expected)
    for name, counts in expected.items():
        assert_close(found[name], counts, 1e-7, WHY)
    widths = {"cevns_norm": (1.0, 0.103), "brn_norm": (1.0, 0.34 / 0.67), "lindhard_k_ge": (0.157, 0.004)}
    pulls = sum(((params[name] - centre) / width) ** 2 for name, (centre, width) in widths.items())
    evaluator = likelihood.evaluator(values=values, constrain=widths)
    chi2 = evaluator.chi2(np.array([params[name] for name in evaluator.names]))
    assert_close(chi2, 2 * kl_div(observed(), sum(expected.values())).sum() + pulls, 1e-7, WHY)


@pytest.fixture(scope="module")
def unit_counts(likelihood):
    """The components of the seven bins beside the lines at the defaults."""
    return [counts[KEPT] for counts in expected_counts(likelihood.parameters.complete()).values()]


def profile_by_scipy(unit_counts, strength=None):
    """Return χ² and where it is smallest with SciPy's minimiser, at a strength of the signal or with it."""
    signal, neutrons, steady = unit_counts

    def chi2(x, fixed=None):
        norm, *rest = x if fixed is None else (fixed, *x)
        total = norm * signal + rest[0] * neutrons + np.array(rest[1:])[:, None, None] * steady
        return 2 * kl_div(observed()[KEPT], total).sum() + ((rest[0] - 1) / (0.34 / 0.67)) ** 2

    start = [1.0] * 8 if strength is not None else [0.6] + [1.0] * 8
    bounds = [(1e-3, 5.0)] * len(start)
    options = {"ftol": 1e-15, "gtol": 1e-9}
    return minimize(chi2, start, args=(strength,), method="L-BFGS-B", bounds=bounds, options=options)


def test_published_events(likelihood, unit_counts):
    """arXiv:2406.13806: 20.6 +7.1 -6.3 events, unbinned. The seven bins beside the lines, by SciPy and by the engine."""
    fit = likelihood.fit(free=["cevns_norm"], values={"lindhard_k_ge": 0.157})
    best = fit.values["cevns_norm"]
    low, high = fit.interval("cevns_norm").around(best)
    again = profile_by_scipy(unit_counts)
    why = "SciPy's minimiser"
    assert_close(best, again.x[0], 1e-4, why)
    edge = brentq(
        lambda norm: profile_by_scipy(unit_counts, norm).fun - again.fun - 1.0, best + 0.1, best + 0.4, xtol=1e-4
    )
    assert_close(high, edge, 1e-3, why)
    events = likelihood.predict()[0].counts["cevns"].sum()
    assert events * best == pytest.approx(20.0, abs=0.5)
    assert events * (high - best) == pytest.approx(7.3, abs=0.5)
    assert events * (best - low) == pytest.approx(6.3, abs=0.5)
    absent = likelihood.fit(values={"cevns_norm": 0.0, "lindhard_k_ge": 0.157})
    assert_close(
        np.sqrt(absent.chi2 - fit.chi2), np.sqrt(profile_by_scipy(unit_counts, 0.0).fun - again.fun), 1e-3, why
    )
