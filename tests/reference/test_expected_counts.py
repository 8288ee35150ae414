"""Every component in every bin of energy and time, and χ², put together a second time from tables and papers."""

from itertools import pairwise

import independent_rates
import numpy as np
import pytest
from independent_rates import TOML
from scipy.special import kl_div
from test_time_bins import EDGES, columns, expected_fractions
from tolerance import assert_close

import cevnsjax as cj

ENERGY = np.array(TOML["binning"]["energy"]["value"], float)
SHIFTS = {"time_shift_nu": 0.04, "time_shift_brn": -0.03, "time_shift_nin": 0.02}
MOVED = {
    "cevns_norm": 1.1,
    "brn_norm": 0.8,
    "nin_norm": 1.3,
    "ss_norm": 0.97,
    "sin2_theta_w": 0.21,
    "r_n_cs": 5.5,
    **SHIFTS,
}
WHY = "the engine's fixed nodes of recoil energy and photo-electrons"


@pytest.fixture(scope="module")
def likelihood():
    return cj.Likelihood([cj.measurements.coherent_csi_2021()])


def neutrons(name, shift):
    """Return the released counts: share of each bin of photo-electrons × counts in each time bin with ε_T."""
    table = columns(f"{name}_energy")
    share = [
        table["weight"][(table["pe_low"] >= low) & (table["pe_high"] <= high)].sum() for low, high in pairwise(ENERGY)
    ]
    return np.outer(share, expected_fractions(name, shift)[0]) / table["weight"].sum()


def events(gate):
    table = columns(f"events_{gate}")
    return np.histogram2d(table["recoil_energy"], table["recoil_time"], bins=[ENERGY, EDGES])[0]


def steady_state():
    """Return the spectrum of the anti-coincidence events × exp(-0.0494 t), normalised in 0 to 6 us."""
    rate = 0.0494
    shape = [(np.exp(-rate * a) - np.exp(-rate * b)) / (1 - np.exp(-rate * 6)) for a, b in pairwise(EDGES)]
    return np.outer(events("anticoincidence").sum(axis=1), shape)


def expected_counts(params):
    """Return the counts of each component, the signal with Helm form factors."""
    signal = independent_rates.signal(params)[0].sum(axis=1)
    return {
        "cevns": signal.T @ expected_fractions("nu", params["time_shift_nu"]),
        "brn": params["brn_norm"] * neutrons("brn", params["time_shift_brn"]),
        "nin": params["nin_norm"] * neutrons("nin", params["time_shift_nin"]),
        "ss": params["ss_norm"] * steady_state(),
    }


@pytest.mark.parametrize("values", [{}, MOVED], ids=["default", "moved"])
def test_counts_of_each_component(likelihood, values):
    expected = expected_counts(likelihood.parameters.complete(values))
    found = likelihood.predict(values)[0].counts
    assert list(found) == list(expected)
    for name in expected:
        why = f"{WHY}; bins below 1e-6 of the largest are differences of a cumulative distribution"
        size = np.maximum(np.abs(expected[name]), 1e-6 * expected[name].max())
        assert_close(found[name], expected[name], 1e-8, why, scale=size)


@pytest.mark.parametrize("values", [{}, MOVED], ids=["default", "moved"])
def test_chi2(likelihood, values):
    """2 Σ [μ - n + n ln(n/μ)] + Σ ((η - 1)/σ)², σ = 0.12, 0.25, 0.35, 0.021 (arXiv:2303.09360 Eq. 10)."""
    params = likelihood.parameters.complete(values)
    counts = 2.0 * kl_div(events("coincidence"), sum(expected_counts(params).values())).sum()
    widths = {"cevns_norm": 0.12, "brn_norm": 0.25, "nin_norm": 0.35, "ss_norm": 0.021}
    pulls = sum(((params[name] - 1.0) / width) ** 2 for name, width in widths.items())
    evaluator = likelihood.evaluator(
        free=["efficiency_a"], values=values, constrain={n: (1.0, w) for n, w in widths.items()}
    )
    u = np.array([params[name] for name in evaluator.names])
    assert_close(evaluator.chi2(u), counts + pulls, 1e-8, WHY)
