"""The published fits of germanium at reactors."""

from functools import cache

import numpy as np
import pytest

import cevnsjax as cj


@cache
def likelihood(*arguments, **keywords):
    return cj.Likelihood([cj.measurements.dresden_ii(*arguments, **keywords)])


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


def test_pulls_of_the_signal():
    """5 % each on flux, resolution and quenching change χ² with the reactor on by less than 0.1."""
    pulled = likelihood("fef", signal_pulls=True)
    widths = {name: c.width for name, c in pulled.constraints().items() if c is not None}
    assert {name: widths[name] for name in ("cevns_norm", "resolution_norm", "quenching_norm")} == {
        "cevns_norm": 0.05,
        "resolution_norm": 0.05,
        "quenching_norm": 0.05,
    }
    plain = likelihood("fef").fit(values={"cevns_norm": 1.0})
    assert plain.chi2 - pulled.fit().chi2 == pytest.approx(0.03, abs=0.02)


def test_counts_of_conus_plus():
    """arXiv:2501.05206: 395 ± 106 where 347 ± 59 are expected, 3.7σ above none."""
    conus = cj.Likelihood([cj.measurements.conus_plus_2025()])
    fit = conus.fit(free=["cevns_norm"])
    assert fit.values["cevns_norm"] * 347 == pytest.approx(395, rel=1e-4)
    assert fit.hessian_error("cevns_norm") * 347 == pytest.approx(106, rel=1e-4)
    problem = conus.problem(free=["cevns_norm"])
    assert np.sqrt(problem(np.zeros(1))) == pytest.approx(3.7, abs=0.05)
    # With the published uncertainty of the expectation: 17 %, of which 7.8 % are the quenching.
    width = conus.constraints()["cevns_norm"].width
    assert width == pytest.approx(59 / 347, rel=5e-3)
    assert conus.constraints({"lindhard_k_ge"})["cevns_norm"].width == pytest.approx(np.sqrt(0.17**2 - 0.078**2))


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
    with pytest.raises(cj.InputError, match="unknown period 'of' of dresden-ii"):
        cj.measurements.dresden_ii(period="of")
    with pytest.raises(cj.InputError, match="unknown variant 'spectrum' of conus-plus-2025; known: counts"):
        cj.measurements.conus_plus_2025("spectrum")


def test_on_and_off_together():
    """The strengths and the backgrounds belong to each period; χ² is the sum."""
    on, off = cj.measurements.dresden_ii(), cj.measurements.dresden_ii_off()
    joint = cj.Likelihood([on, off])
    signal = {"cevns_norm@dresden-ii": 1.0, "cevns_norm@dresden-ii-off": 0.0}
    assert joint.fit(values=signal).chi2 == pytest.approx(103.845 + 114.757, abs=0.01)


def test_quenching_known_differently_is_two_parameters():
    """k = 0.157 at Dresden-II and 0.162 for CONUS+ and TEXONO, which share it."""
    dresden, conus = cj.measurements.dresden_ii("lindhard"), cj.measurements.conus_plus_2025()
    joint = cj.Likelihood([dresden, conus])
    assert joint.parameters["lindhard_k_ge@dresden-ii"].default == 0.157
    assert joint.parameters["lindhard_k_ge@conus-plus-2025"].default == 0.162
    assert "lindhard_k_ge" in cj.Likelihood([conus, cj.measurements.texono_2025()]).parameters
    both = {"cevns_norm@dresden-ii": 1.0, "cevns_norm@conus-plus-2025": 1.0}
    tied = joint.fit(
        values=both,
        tie={"lindhard_k_ge@conus-plus-2025": "lindhard_k_ge@dresden-ii"},
        free=["lindhard_k_ge@dresden-ii"],
    )
    alone = cj.Likelihood([conus]).problem(free=["lindhard_k_ge"], values={"cevns_norm": 1.0})
    k = tied.values["lindhard_k_ge@dresden-ii"]
    rest = likelihood("lindhard").fit(values={"cevns_norm": 1.0, "lindhard_k_ge": k})
    assert tied.chi2 == pytest.approx(rest.chi2 + float(alone(np.array([k]))), abs=1e-5)
