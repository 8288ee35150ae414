"""How often intervals hold the truth, and how p-values of the goodness of fit are distributed.

Expected is the closed form where there is one: χ² with one degree of freedom where χ² is parabolic, half of that and
half a zero where the truth lies on a bound that the counts are linear in; else a computation of its own in NumPy, with
toys of its own, a grid in place of a fit and an own profile of the strengths.
"""

import zlib
from functools import partial

import numpy as np
import pytest
from independent_profiles import Profiles, lowest
from pseudo_experiments import draw_data, draw_truth, uniformity
from scipy import optimize, stats

import cevnsjax as cj

TOYS = 2000
LEVELS = {0.6827: 1.0, 0.90: 2.71, 0.9545: 4.0}
ALLOWED = 4.0
"""Binomial errors: of some sixty shares one lies farther in 0.4 % of all cases."""
WIDTHS = {"cevns": 0.12, "brn": 0.25, "nin": 0.35, "ss": 0.021}
"""Pulls of COHERENT CsI 2021 as published (arXiv:2303.09360); 0.115 of the signal with a radius free."""


def smooth(level):
    return stats.chi2(1).cdf(level)


def at_bound(level):
    return 0.5 + 0.5 * stats.chi2(1).cdf(level)


def build(names, interaction=None):
    measurements = [getattr(cj.measurements, name)() for name in names]
    return cj.Likelihood(measurements, None if interaction is None else cj.model(interaction))


RADII = {"r_n_i": "r_n_cs"}
PARABOLIC = {
    "radius, CSRe": (["csre_cs"], None, {"r_n_cs": 4.9}, {}),
    "weak mixing angle, APV": (["apv_cs"], None, {"sin2_theta_w": 0.23863}, {}),
    "weak mixing angle, CsI": (["coherent_csi_2021"], None, {"sin2_theta_w": 0.23863}, {}),
    "radius, CsI": (["coherent_csi_2021"], None, {"r_n_cs": 5.09}, {"tie": RADII}),
    "weak mixing angle, CsI + LAr": (
        ["coherent_csi_2021", "coherent_lar_2020"],
        None,
        {"sin2_theta_w": 0.23863},
        {},
    ),
    "weak mixing angle and radius, APV + CSRe": (
        ["apv_cs", "csre_cs"],
        None,
        {"sin2_theta_w": 0.23863, "r_n_cs": 4.9},
        {},
    ),
    "weak mixing angle and radius, CsI + APV": (
        ["coherent_csi_2021", "apv_cs"],
        None,
        {"sin2_theta_w": 0.23863, "r_n_cs": 5.09},
        {"tie": RADII},
    ),
}
AT_BOUND = {
    "magnetic moment of zero, CONUS+": (["conus_plus_2025"], "magnetic-moment", {"magnetic_moment_e": 0.0}, {}),
    "B-L boson of 50 MeV, coupling of zero, CsI": (
        ["coherent_csi_2021"],
        "light-vector:B-L",
        {"g_zp": 0.0},
        {"values": {"m_zp": 50.0}},
    ),
}
TWO_REGIONS = {
    "universal boson of 100 MeV, coupling of zero, CsI": (
        "light-vector",
        "g_zp",
        0.0,
        {"m_zp": 100.0},
        lambda y: {"g_zp": np.sqrt(y)},
        lambda g: g**2,
        np.linspace(0.0, 9e-8, 121),
    ),
    "eps_ee_u of zero, CsI": (
        "nsi",
        "eps_ee_u",
        0.0,
        {},
        lambda x: {"eps_ee_u": x},
        float,
        np.linspace(-0.8, 1.4, 141),
    ),
    "eps_ee_u between its two regions, CsI": (
        "nsi",
        "eps_ee_u",
        0.19,
        {},
        lambda x: {"eps_ee_u": x},
        float,
        np.linspace(-0.8, 1.2, 141),
    ),
}


def draw(names, interaction, truth, asked, count=TOYS):
    """Return a study of toys at the truth for each of its parameters, all of them free."""
    likelihood = build(names, interaction)
    values = asked.get("values", {}) | truth
    expected = likelihood.asimov(values, asked.get("tie"))
    (first, *_) = truth
    return expected.toys(
        count,
        seed=zlib.crc32("".join(truth).encode() + str(interaction).encode()),
        free=list(truth),
        test={first: truth[first]},
        **(asked | {"values": values}),
    )


def compare(label, found, name, count, expected, spread, figure):
    """Compare the shares of three levels with those expected, which have errors of their own if they are of toys."""
    shares = {level: float(np.mean(found <= threshold)) for level, threshold in LEVELS.items()}
    for level, share in shares.items():
        error = np.hypot(np.sqrt(expected[level] * (1.0 - expected[level]) / count), spread[level])
        numbers = f"{100 * share:.2f} | {100 * expected[level]:.2f} ± {100 * error:.2f}"
        figure(f"coverage | {label} | {name} | {100 * level:g} | {numbers}")
    for level, share in shares.items():
        error = np.hypot(np.sqrt(expected[level] * (1.0 - expected[level]) / count), spread[level])
        assert abs(share - expected[level]) < ALLOWED * error, (label, name, level, share, expected[level])


def check(label, study, expectation, figure, extra=0.0):
    assert np.isfinite(study.statistics).all()
    figure(f"coverage, toys not converged | {label} | {int(np.sum(~study.toy_converged))} of {study.count}")
    for name in study.fit.specification.free:
        found = study.t(name)
        assert {level: study.coverage(name, level)[0] for level in LEVELS} == {
            level: np.mean(found <= threshold) for level, threshold in LEVELS.items()
        }
        expected = {level: expectation(threshold) for level, threshold in LEVELS.items()}
        compare(label, found, name, len(found), expected, dict.fromkeys(LEVELS, extra), figure)


@pytest.mark.proof
@pytest.mark.parametrize("label", PARABOLIC)
def test_coverage_where_chi2_is_parabolic(label, figure):
    """χ² of one number is that of Wilks whatever the parameter; several counts are linear within their errors."""
    check(label, draw(*PARABOLIC[label]), smooth, figure)


@pytest.mark.proof
@pytest.mark.parametrize("label", AT_BOUND)
def test_coverage_on_a_bound(label, figure):
    """Counts that grow with the square of a coupling: half of the toys are fitted best on the bound, with t = 0."""
    check(label, draw(*AT_BOUND[label]), at_bound, figure)


@pytest.mark.proof
def test_coverage_of_a_bent_valley(figure):
    """Weak mixing angle and radius of CsI alone: a valley to the bound of the radius, where χ² is no parabola.

    A grid of its own in both, strengths profiled, stands in for a closed form.
    """
    label, truth = "weak mixing angle and radius, CsI", {"sin2_theta_w": 0.23863, "r_n_cs": 5.09}
    study = draw(["coherent_csi_2021"], None, truth, {"tie": RADII})
    likelihood = build(["coherent_csi_2021"])
    widths, random, toys = WIDTHS | {"cevns": 0.115}, np.random.default_rng(3), 300
    radii, angles = np.linspace(2.2, 12.0, 50), np.linspace(0.0, 0.75, 51)

    def at(radius):
        return Profiles(
            likelihood,
            lambda x: {"sin2_theta_w": x, "r_n_cs": radius, "r_n_i": radius},
            np.array([0.1, 0.25, 0.4]),
            widths,
        )

    profiles = [at(radius) for radius in (*radii, truth["r_n_cs"])]
    expected = profiles[-1].components(np.array([truth["sin2_theta_w"]])).sum(axis=1)[0]
    observed = random.poisson(expected, (toys, len(expected))).astype(float)
    centres = random.normal(1.0, profiles[-1].widths, (toys, 4))
    x = np.append(angles, truth["sin2_theta_w"])
    found = {"sin2_theta_w": [], "r_n_cs": []}
    for first in range(0, toys, 25):
        part = slice(first, first + 25)
        chi2 = np.stack([one.profile(observed[part], centres[part], x, 6) for one in profiles], axis=1)
        plane, angle_held, radius_held = chi2[:, :-1, :-1], chi2[:, :-1, -1], chi2[:, -1, :-1]
        best = lowest(np.stack([lowest(plane[:, k]) for k in range(plane.shape[1])], axis=1))
        found["sin2_theta_w"].append(lowest(angle_held) - best)
        found["r_n_cs"].append(lowest(radius_held) - best)
    for name, parts in found.items():
        own = np.concatenate(parts)
        shares = {level: float(np.mean(own <= threshold)) for level, threshold in LEVELS.items()}
        spread = {level: np.sqrt(share * (1.0 - share) / toys) for level, share in shares.items()}
        compare(label, study.t(name), name, len(study.t(name)), shares, spread, figure)


@pytest.mark.proof
@pytest.mark.parametrize("label", TWO_REGIONS)
def test_coverage_of_two_regions(label, figure):
    """The rate is a parabola in the coupling: a deficit is fitted by one value between the regions, an excess by two."""
    interaction, name, truth, values, values_at, number, grid = TWO_REGIONS[label]
    study = draw(["coherent_csi_2021"], interaction, {name: truth}, {"values": values})
    likelihood = build(["coherent_csi_2021"], interaction)
    own = Profiles(likelihood, lambda x: values | values_at(x), np.linspace(grid[0], grid[-1], 3), WIDTHS)
    middle = 0.37 * grid[0] + 0.63 * grid[-1]
    predicted = likelihood.predict(values | values_at(middle))[0].counts["cevns"].ravel()
    assert np.allclose(own.components(np.array([middle]))[0, 0], predicted, rtol=1e-9)
    t = own.statistics(number(truth), grid, TOYS, np.random.default_rng(4))
    shares = {level: float(np.mean(t <= threshold)) for level, threshold in LEVELS.items()}
    spread = {level: np.sqrt(share * (1.0 - share) / TOYS) for level, share in shares.items()}
    compare(label, study.t(name), name, len(study.t(name)), shares, spread, figure)


def test_a_grid_of_its_own_covers_as_the_closed_form_says():
    """The independent computation on a counting experiment that is linear and nearly Gaussian, with and without a bound."""

    class Experiment:
        def predict(self, values):
            counts = {"cevns": np.full(40, 500.0 + 60.0 * values["x"]), "brn": np.linspace(50.0, 400.0, 40)}
            return [type("Prediction", (), {"counts": counts})]

    own = Profiles(Experiment(), lambda x: {"x": x}, np.array([-1.0, 0.0, 1.0]), {"cevns": 0.02, "brn": 0.3})
    for low, expectation in ((-3.0, smooth), (0.0, at_bound)):
        t = own.statistics(0.0, np.linspace(low, 3.0, 61), 2000, np.random.default_rng(2))
        for threshold in LEVELS.values():
            expected = expectation(threshold)
            assert abs(np.mean(t <= threshold) - expected) < ALLOWED * np.sqrt(expected * (1.0 - expected) / 2000)


@pytest.mark.proof
def test_p_values_of_the_goodness_of_fit_are_uniform(figure):
    """Data of the Standard Model, for each the share of toys at its own best fit with a larger χ²_min."""
    likelihood, random = build(["coherent_csi_2021"]), np.random.default_rng(6)
    count, found = 200, []
    for _ in range(300):
        truth = draw_truth(likelihood, random, free=["sin2_theta_w"])  # nuisances as their constraints
        data = draw_data(likelihood, random, truth | {"sin2_theta_w": 0.23863})
        share, *_ = data.toys(count, seed=int(random.integers(2**31)), free=["sin2_theta_w"]).goodness_of_fit()
        found.append((share * count + random.uniform()) / (count + 1))
    chi2, smirnov = uniformity(np.array(found))
    figure(f"goodness of fit | CsI, 99 bins, 2000 counts | {len(found)} | {chi2:.3f} | {smirnov:.3f}")
    assert min(chi2, smirnov) > 0.01


@pytest.mark.proof
def test_p_values_of_few_counts_are_discrete(figure):
    """Two bins that expect three counts each, one strength fitted: every outcome is enumerated, its χ² by scipy.

    The p-value takes few values, and P(p ≤ α) is below α between them, never above.
    """
    fixed = {"us2_background_norm": 0.0, "paired_background_norm": 1.0, "b8_flux_norm": 1.0}
    truth = {"cevns_norm": 0.06}
    likelihood = build(["pandax4t_8b"])
    (one,) = likelihood.predict(fixed | truth)
    signal, background = one.counts["cevns"].ravel() / truth["cevns_norm"], one.counts["paired_background"].ravel()
    expected = truth["cevns_norm"] * signal + background

    def chi2(strength, n):
        mu = strength * signal + background
        return 2.0 * float(np.sum(mu - n + np.where(n > 0, n * np.log(np.where(n > 0, n, 1.0) / mu), 0.0)))

    numbers = np.arange(25)
    probability = np.outer(*(stats.poisson(mu).pmf(numbers) for mu in expected))
    options = {"xatol": 1e-12}
    least = np.array(
        [
            [
                optimize.minimize_scalar(
                    partial(chi2, n=np.array([a, b], float)),
                    bounds=(1e-12, 2.0),
                    method="bounded",
                    options=options,
                ).fun
                for b in numbers
            ]
            for a in numbers
        ]
    )
    study = likelihood.asimov(fixed | truth).toys(20000, seed=3, free=["cevns_norm"], values=fixed | truth)
    levels = np.array([0.0, 0.1, 0.5, 1.0, 2.0, 3.0, 5.0])
    exact = np.array([probability[least > level + 1e-5].sum() for level in levels])
    share = np.array([np.mean(study.chi2 > level + 1e-5) for level in levels])
    for level, a, b in zip(levels, share, exact, strict=True):
        figure(f"few counts | chi2 > {level:g} | {a:.4f} | {b:.4f}")
    assert np.all(np.abs(share - exact) < ALLOWED * np.sqrt(exact * (1.0 - exact) / study.count) + 1e-6)
    p = np.array([[probability[least >= value - 1e-6].sum() for value in row] for row in least])
    for alpha in (0.01, 0.05, 0.1, 0.32, 0.5):
        below = probability[p <= alpha].sum()
        figure(f"few counts | P(p <= {alpha:g}) | {below:.4f}")
        assert below <= alpha + 1e-9
