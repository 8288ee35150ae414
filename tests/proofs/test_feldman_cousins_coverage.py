"""Intervals of Feldman and Cousins hold the truth as often as they say, beside a bound where those of Wilks do not."""

import numpy as np
import pytest
from pseudo_experiments import draw_data, draw_truth, uniformity
from scipy import stats

import cevnsjax as cj

TRUTH = 2e-5


@pytest.mark.proof
def test_p_values_of_the_truth_are_uniform(figure, request):
    """A B-L boson of 50 MeV, half an error from the bound of its coupling: data at the truth, p-value of the truth."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.model("light-vector:B-L"))
    count, random = request.config.getoption("--proof-size"), np.random.default_rng(12)
    found, held = [], 0
    for _ in range(count):
        truth = draw_truth(likelihood, random, free=["g_zp"], values={"m_zp": 50.0})  # nuisances as their constraints
        data = draw_data(likelihood, random, truth | {"m_zp": 50.0, "g_zp": TRUTH})
        grid = {"g_zp": [0.0, TRUTH, 5e-5]}
        seed = int(random.integers(2**31))
        result = data.feldman_cousins(grid, [0.90], count=500, refine=0, values={"m_zp": 50.0}, seed=seed)
        (point,) = np.flatnonzero(result.construction.points[:, 0] == TRUTH)
        share, toys = result.construction.p_values()[0][point], len(result.construction.statistics[point])
        same = max(float(np.mean(result.construction.statistics[point] <= 0.0)), 1.0 / toys)
        found.append(share - random.uniform() * same if share == 1.0 else share)
        held += share > 0.10
    _, smirnov = uniformity(np.clip(found, 0.0, 1.0))
    exact = stats.binomtest(held, count, 0.90).pvalue
    figure(f"Feldman-Cousins | B-L boson, g = {TRUTH:g} | {count} | held at 90 %: {held} | KS {smirnov:.3f}")
    assert smirnov > 0.01
    assert exact > 0.01
