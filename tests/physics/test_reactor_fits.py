"""The published fits of germanium at reactors."""

from functools import cache

import numpy as np
import pytest

import cevnsjax as cj


@cache
def likelihood(variant, period="on"):
    make = cj.measurements.dresden_ii if period == "on" else cj.measurements.dresden_ii_off
    return cj.Likelihood([make(variant)])


@pytest.mark.parametrize(("model", "published"), [("fef", 119.25), ("ybe", 63.91)])
def test_rate_in_the_window(model, published):
    """Events per day of the authors' own files (github.com/LeireLarizgoitia/Reactor_CEnuNS), within 1 %."""
    (prediction,) = likelihood(model).predict()
    assert np.sum(prediction.counts["cevns"]) == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(
    ("variant", "period", "strength", "expected"),
    [
        ("fef", "on", 0.0, 111.31),
        ("fef", "on", 1.0, 103.85),
        ("ybe", "on", 1.0, 105.83),
        ("fef", "off", 0.0, 114.76),
        ("fef", "off", 1.0, 154.36),
    ],
)
def test_chi2_of_dresden(variant, period, strength, expected):
    """130 bins, with and without the signal, reactor on and off.

    The numbers are those of an independent reconstruction in NumPy, with the constants of the public code of
    arXiv:2202.10829.
    """
    fit = likelihood(variant, period=period).fit(values={"cevns_norm": strength})
    assert fit.converged
    assert fit.chi2 == pytest.approx(expected, abs=0.05)


def test_best_fit_of_the_background():
    """With the signal of Fef, beside the same independent reconstruction."""
    fit = likelihood("fef").fit(values={"cevns_norm": 1.0})
    assert fit.dof == 130 - 6  # the ratio of M to L1 has a constraint
    values = fit.values
    expected = {
        "l1_height": 84.62,
        "l1_centre": 1.2923,
        "l1_width": 0.0696,
        "continuum_flat": 13.86,
        "continuum_exponential": 138.9,
        "continuum_slope": 3.877,
        "m_l1_ratio": 1.000,
    }
    for name, value in expected.items():
        assert values[name] == pytest.approx(value, rel=1e-3)


def test_signal_is_preferred_with_the_reactor_on_alone():
    """arXiv:2202.09672: preferred with p < 1.2e-3 (3σ) while the reactor is on; with it off none is there."""
    on, off = (likelihood("fef", period=period).fit(free=["cevns_norm"]) for period in ("on", "off"))
    absent = likelihood("fef", period="on").fit(values={"cevns_norm": 0.0})
    assert absent.chi2 - on.chi2 == pytest.approx(7.5, abs=0.1)
    assert 0.5 < on.values["cevns_norm"] < 1.5
    assert off.values["cevns_norm"] == 0.0


def chi2(joint, values):
    """Return χ² at `values` of nuisances, with their constraints, and of other parameters."""
    nuisances = joint.constraints()
    problem = joint.problem(values={name: value for name, value in values.items() if name not in nuisances})
    return float(problem(problem.coordinates(joint.parameters.complete(values))))


def test_pulls_of_the_signal():
    """5 % each on flux, resolution and quenching; k of Lindhard 0.157 ± 0.004. At the defaults they cost nothing."""
    pulled = likelihood("fef-pulls")
    widths = {name: c.width for name, c in pulled.constraints().items() if c is not None}
    assert widths == {"cevns_norm": 0.05, "m_l1_ratio": 0.03, "resolution_norm": 0.05, "quenching_norm": 0.05}
    plain = chi2(likelihood("fef"), {})
    assert chi2(pulled, {}) == pytest.approx(plain, rel=1e-12)
    for name in ("cevns_norm", "resolution_norm", "quenching_norm"):
        unpulled = likelihood("fef").problem(constrain={name: (1.0, 1e6)})
        moved = unpulled(unpulled.coordinates(likelihood("fef").parameters.complete({name: 1.1})))
        assert chi2(pulled, {name: 1.1}) == pytest.approx(float(moved) + 4.0, rel=1e-9)
    lindhard = likelihood("lindhard-pulls").constraints()["lindhard_k_ge"]
    assert (lindhard.centre, lindhard.width) == (0.157, 0.004)


def test_counts_of_conus_plus():
    """arXiv:2501.05206: 395 ± 106 where 347 ± 59 are expected, 3.7σ above none."""
    conus = cj.Likelihood([cj.measurements.conus_plus_2025()])
    fit = conus.fit(free=["cevns_norm"])
    assert fit.values["cevns_norm"] * 347 == pytest.approx(395, rel=1e-4)
    assert fit.hessian_error("cevns_norm") * 347 == pytest.approx(106, rel=1e-4)
    problem = conus.problem(free=["cevns_norm"])
    assert np.sqrt(problem(np.zeros(1))) == pytest.approx(3.7, abs=0.05)
    # With the published uncertainty of the expectation: 17 %, of which 7.8 % are the quenching.
    pull, of_quenching = conus.constraints()["cevns_norm"], conus.constraints({"lindhard_k_ge"})["cevns_norm"]
    assert pull is not None
    assert pull.width == pytest.approx(59 / 347, rel=5e-3)
    assert of_quenching is not None
    assert of_quenching.width == pytest.approx(np.sqrt(0.17**2 - 0.078**2))


@pytest.mark.parametrize(("name", "limit"), [("conus-2024", 2.0), ("texono-2025", 4.7)])
def test_upper_limits(name, limit):
    """Δχ² = 2.71 at the published limit, nothing at zero."""
    bound = cj.Likelihood([cj.measurements.load(name)])
    problem = bound.problem(free=["cevns_norm"])
    assert problem(np.array([limit])) == pytest.approx(2.7055, rel=1e-4)
    assert problem(np.array([limit / 2])) == pytest.approx(2.7055 / 4, rel=1e-4)
    assert problem(np.zeros(1)) == 0.0


def test_wrong_names_are_refused():
    with pytest.raises(cj.InputError, match=r"unknown variant 'feff' of dresden-ii \(did you mean 'fef'\?\)"):
        cj.measurements.dresden_ii("feff")
    with pytest.raises(cj.InputError, match="unknown variant 'fef-pulls' of dresden-ii-off; known: fef, ybe, lindhard"):
        cj.measurements.dresden_ii_off("fef-pulls")
    with pytest.raises(cj.InputError, match="unknown variant 'spectrum' of conus-plus-2025; known: counts"):
        cj.measurements.conus_plus_2025("spectrum")


def test_on_and_off_together():
    """The strengths and the backgrounds belong to each period; χ² is the sum."""
    on, off = cj.measurements.dresden_ii(), cj.measurements.dresden_ii_off()
    joint, alone = cj.Likelihood([on, off]), (cj.Likelihood([on]), cj.Likelihood([off]))
    moved = {"l1_height@dresden-ii": 85.0, "l1_height@dresden-ii-off": 187.0}
    expected = chi2(alone[0], {"l1_height": 85.0}) + chi2(alone[1], {"l1_height": 187.0})
    assert chi2(joint, moved) == pytest.approx(expected, rel=1e-12)
    assert abs(chi2(joint, {}) - expected) > 0.1


def test_quenching_known_differently_is_two_parameters():
    """k = 0.157 at Dresden-II and 0.162 for CONUS+ and TEXONO, which share it."""
    dresden, conus = cj.measurements.dresden_ii("lindhard"), cj.measurements.conus_plus_2025()
    joint, alone = cj.Likelihood([dresden, conus]), (cj.Likelihood([dresden]), cj.Likelihood([conus]))
    assert joint.parameters["lindhard_k_ge@dresden-ii"].default == 0.157
    assert joint.parameters["lindhard_k_ge@conus-plus-2025"].default == 0.162
    assert joint.shared == {}
    assert "lindhard_k_ge" in cj.Likelihood([conus, cj.measurements.texono_2025()]).parameters
    moved = {"lindhard_k_ge@dresden-ii": 0.19, "lindhard_k_ge@conus-plus-2025": 0.17}
    expected = chi2(alone[0], {"lindhard_k_ge": 0.19}) + chi2(alone[1], {"lindhard_k_ge": 0.17})
    assert chi2(joint, moved) == pytest.approx(expected, rel=1e-12)
    assert abs(chi2(joint, {}) - expected) > 0.1
