"""Simulation-based calibration (Talts et al., arXiv:1804.06788): truths from the prior, data from them, ranks uniform.

Whatever the likelihood and the prior, the rank of the truth among independent draws of the posterior is uniform. The
same pseudo-experiments go through every sampler. All of them have one structure, so that each sampler is compiled once.
"""

import time
import zlib

import numpy as np
import pytest
from pseudo_experiments import draw_data, draw_truth, effective_draws, normalised_rank, uniformity
from scipy import stats

import cevnsjax as cj

TOYS = 300
RANKED = 99
SAMPLERS = {
    "nuts": {"draws": 800, "chains": 4, "warm_up": 200},
    "hmc": {"draws": 2560, "chains": 64},
    "importance": {"draws": 4096},
    "nested": {"draws": 400, "live": 250},
}


def within(name, low, high):
    return [f"{name}>={low}", f"{name}<={high}"]


CASES = {
    "radius of caesium": (["csre_cs"], None, {"free": ["r_n_cs"], "require": within("r_n_cs", 4.4, 5.4)}),
    "parity violation and radius": (
        ["apv_cs", "csre_cs"],
        None,
        {
            "free": ["sin2_theta_w", "r_n_cs"],
            "require": within("sin2_theta_w", 0.22, 0.25) + within("r_n_cs", 4.4, 5.4),
        },
    ),
    "magnetic moment, bound at zero": (
        ["conus_plus_2025"],
        "magnetic-moment",
        {"free": ["magnetic_moment_e"], "require": ["magnetic_moment_e<=6"]},
    ),
    "weak mixing angle": (
        ["coherent_csi_2021"],
        None,
        {"free": ["sin2_theta_w"], "require": within("sin2_theta_w", 0.05, 0.4)},
    ),
    "weak mixing angle and radius": (
        ["coherent_csi_2021"],
        None,
        {
            "free": ["sin2_theta_w", "r_n_cs"],
            "tie": {"r_n_i": "r_n_cs"},
            "require": within("sin2_theta_w", 0.15, 0.35) + within("r_n_cs", 3.5, 6.5),
        },
    ),
    "light vector, bound at zero": (
        ["coherent_csi_2021"],
        "light-vector:B-L",
        {"free": ["g_zp"], "values": {"m_zp": 50.0}, "require": ["g_zp<=1e-4"]},
    ),
}
TWO_REGIONS = (
    ["coherent_csi_2021"],
    "nsi",
    {"free": ["eps_ee_u"], "require": within("eps_ee_u", -0.6, 1.2)},
)
LIVE = (
    ["coherent_csi_2021:shape"],
    None,
    {"free": ["sin2_theta_w"], "require": within("sin2_theta_w", 0.05, 0.4)},
)


def build(names, interaction):
    measurements = []
    for name in names:
        factory, _, variant = name.partition(":")
        measurements.append(getattr(cj.measurements, factory)(*filter(None, [variant])))
    return cj.Likelihood(measurements, None if interaction is None else cj.model(interaction))


def calibrate(case, label, method, toys):
    """Return the normalised ranks of each coordinate over the toys, the seconds of the first toy and of the rest."""
    names, interaction, asked = case
    likelihood = build(names, interaction)
    ranks, seconds = {}, []
    for toy in range(toys):
        random = np.random.default_rng([zlib.crc32(label.encode()), toy])
        truth = draw_truth(likelihood, random, **asked)
        values = asked.get("values", {}) | truth
        data = draw_data(likelihood, random, values, asked.get("tie"))
        started = time.perf_counter()
        posterior = data.sample(method=method, seed=toy, **SAMPLERS[method], **asked)
        for name, value in truth.items():
            draws = effective_draws(posterior, name, RANKED)
            ranks.setdefault(name, []).append(normalised_rank(draws, value, random))
        seconds.append(time.perf_counter() - started)
    return {name: np.array(found) for name, found in ranks.items()}, seconds[0], sum(seconds[1:])


def check(case, label, method, toys, figure):
    ranks, first, rest = calibrate(case, label, method, toys)
    found = {name: uniformity(numbers) for name, numbers in ranks.items()}
    for name, (chi2, smirnov) in found.items():
        figure(f"calibration | {label} | {method} | {name} | {toys} | {chi2:.3f} | {smirnov:.3f}")
    figure(f"calibration, seconds | {label} | {method} | first toy {first:.1f} | all others {rest:.1f}")
    assert all(smirnov > 0.01 for _, smirnov in found.values()), found
    assert all(chi2 > 0.01 for chi2, _ in found.values()), found


@pytest.mark.proof
@pytest.mark.parametrize("method", SAMPLERS)
@pytest.mark.parametrize("label", CASES)
def test_calibration_of_the_samplers(label, method, figure):
    check(CASES[label], label, method, TOYS, figure)


@pytest.mark.proof
def test_calibration_of_two_separate_regions(figure):
    """Nested sampling alone is made for them."""
    check(TWO_REGIONS, "two regions", "nested", TOYS, figure)


@pytest.mark.proof
@pytest.mark.parametrize("method", SAMPLERS)
def test_calibration_with_a_live_response(method, figure, request):
    check(LIVE, "live response", method, request.config.getoption("--proof-size"), figure)


@pytest.mark.parametrize(("shift", "scale", "uniform"), [(0.0, 1.0, True), (0.4, 1.0, False), (0.0, 0.75, False)])
def test_ranks_of_a_gaussian_in_closed_form(shift, scale, uniform):
    """Prior N(0, 1), data x = θ + N(0, σ): the posterior is N(x/(1 + σ²), σ²/(1 + σ²)). Draws of another one fail."""
    random, sigma = np.random.default_rng(5), 0.7
    ranks = []
    for _ in range(TOYS):
        truth = random.normal()
        mean, width = (truth + random.normal(0.0, sigma)) / (1.0 + sigma**2), sigma / np.sqrt(1.0 + sigma**2)
        draws = random.normal(mean + shift * width, scale * width, RANKED)
        ranks.append(normalised_rank(draws, truth, random))
    assert (min(uniformity(np.array(ranks))) > 0.01) == uniform


@pytest.mark.proof
@pytest.mark.parametrize("method", SAMPLERS)
def test_draws_of_a_truncated_gaussian(method, figure):
    """The weak charge alone is linear in sin²θ_W: the posterior is a Gaussian cut at the bounds, known in closed form."""
    likelihood = build(["apv_cs"], None)
    edges = np.array([0.22, 0.25])
    asked = {"free": ["sin2_theta_w"], "require": within("sin2_theta_w", *edges)}
    (measurement,) = likelihood.measurements
    low, high = (likelihood.predict({"sin2_theta_w": edge})[0].counts["prediction"][0] for edge in edges)
    slope = (high - low) / (edges[1] - edges[0])
    centre = edges[0] + (measurement.observed[0] - low) / slope
    width = measurement.errors[0] / abs(slope)
    exact = stats.truncnorm(*((edges - centre) / width), centre, width)
    posterior = likelihood.sample(method=method, draws=20000, **asked)
    draws = effective_draws(posterior, "sin2_theta_w", 4000)
    found = stats.kstest(draws, exact.cdf)
    figure(f"closed form | weak charge | {method} | {len(draws)} | {found.pvalue:.3f}")
    assert found.pvalue > 0.01
