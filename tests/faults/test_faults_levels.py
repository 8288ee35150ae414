"""Confidence levels: a fraction in Python, per cent or 5sigma on the command line; no digit lost on the way."""

import json
import math

import numpy as np
import pytest
from mpmath import erfc, findroot, log, mp, mpf
from scipy.special import erf

import cevnsjax as cj

CSRE = "csre-cs"
OBSERVED, ERROR, NUCLEON = 4.86, 0.21, 0.8409
"""R_n of caesium by proton scattering is that of points: R² = (4.86 ± 0.21)² + 0.8409² of physical neutrons."""


def edges(sigma):
    """The edges of R_n at Δχ² = sigma²."""
    return [math.hypot(OBSERVED + sign * sigma * ERROR, NUCLEON) for sign in (-1.0, 1.0)]


def sigmas(per_cent):
    """Standard deviations within which a normal variable lies with this probability, in 40 digits."""
    with mp.workdps(40):
        tail = 1 - mpf(per_cent) / 100
        return float(findroot(lambda x: log(erfc(x / mp.sqrt(2))) - log(tail), mp.sqrt(-2 * log(tail))))


@pytest.fixture(scope="module")
def likelihood():
    return cj.Likelihood([cj.measurements.csre_cs()])


@pytest.fixture(scope="module")
def fit(likelihood):
    return likelihood.fit(free=["r_n_cs"])


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    out = tmp_path_factory.mktemp("scan") / "scan.zarr"
    conus = cj.Likelihood([cj.measurements.conus_plus_2025()])
    conus.scan({"sin2_theta_w": "0.05:0.5:12", "r_n_ge": "3.0:5.0:4"}, out=out)
    return out


@pytest.fixture(scope="module")
def grids(store):
    return cj.open_scan(store)


def test_levels_of_the_command_line_keep_their_digits(command):
    typed = ["99.99994267", "5sigma", "1.64sigma", "95", "99.9999999", "90.0"]
    code, out, err = command("fit", CSRE, "--free", "r_n_cs", *(a for t in typed for a in ("--cl", t)), "--json")
    assert code == 0, err
    found = json.loads(out)["parameters"]["r_n_cs"]["interval"]
    assert set(found) == {"68.27", "90", "95.45", "99.73", *typed}
    expected = {"68.27": 1.0, "90": math.sqrt(2.71), "95.45": 2.0, "99.73": 3.0, "90.0": math.sqrt(2.71)}
    expected |= {"5sigma": 5.0, "1.64sigma": 1.64}
    expected |= {text: sigmas(text) for text in ("99.99994267", "95", "99.9999999")}
    assert expected["99.99994267"] ** 2 == pytest.approx(25.0, abs=1e-3)
    for label, (piece,) in found.items():
        assert piece == pytest.approx(edges(expected[label]), abs=2e-5), label


def test_levels_are_listed_from_the_lowest_and_printed_as_typed(command):
    code, out, err = command("forecast", CSRE, "--free", "r_n_cs", "--cl", "5sigma,50", "--json")
    assert code == 0, err
    found = json.loads(out)["parameters"]["r_n_cs"]["interval"]
    assert list(found) == ["50", "68.27", "90", "95.45", "99.73", "5sigma"]
    code, out, err = command("fit", CSRE, "--free", "r_n_cs", "--cl", "5sigma,99.9")
    assert code == 0, err
    assert "r_n_cs at 5σ: " in out
    assert "r_n_cs at 99.9 %: " in out


def test_profile_takes_standard_deviations(command):
    code, out, err = command("profile", CSRE, "--free", "r_n_cs", "--points", "5", "--cl", "4sigma", "--json")
    assert code == 0, err
    assert json.loads(out)["interval"]["4sigma"] == [pytest.approx(edges(4.0), abs=2e-5)]


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 3.0, 4.2, 6.0, 7.0])
def test_fractions_of_python_keep_their_digits(fit, sigma):
    fraction = 1.0 - float(erfc(sigma / math.sqrt(2.0)))
    (piece,) = fit.interval("r_n_cs", cl=fraction).pieces
    # Half a unit in the last place of the fraction is all that is lost.
    lost = 1e-16 / (math.exp(-0.5 * sigma**2) / math.sqrt(2.0 * math.pi))
    assert piece == pytest.approx(edges(sigma), abs=2e-5 + lost)


def test_well_known_fractions(fit):
    for fraction, delta in ((0.6827, 1.0), (0.90, 2.71), (0.9545, 4.0), (0.9973, 9.0), (np.float64(0.9), 2.71)):
        assert fit.interval("r_n_cs", cl=fraction).pieces[0] == pytest.approx(edges(math.sqrt(delta)), abs=2e-5)
    assert set(fit.as_dict([0.9, 0.99])["parameters"]["r_n_cs"]["interval"]) == {"90", "99"}


BEYOND = [
    ("0.95", "did you mean 95?"),
    ("0.9", "did you mean 90?"),
    (".6827", "did you mean 68.27?"),
    ("0.9973", "did you mean 99.73?"),
    ("100", "between 0 and 100"),
    ("0", "between 0 and 100"),
    ("ninety", "expected a number"),
    ("5sigmas", "5sigma"),
    ("sigma", "5sigma"),
    ("-3sigma", "5sigma"),
    ("0sigma", "sigma"),
    ("99sigma", "sigma"),
    ("nan", "expected a number"),
    ("9_0", "expected a number"),
    ("٩٠", "expected a number"),
    ("90%", "expected a number"),
]


@pytest.mark.parametrize(("text", "words"), BEYOND)
def test_other_levels_are_refused_on_the_command_line(refused, store, text, words):
    for arguments in (
        ("fit", CSRE, "--free", "r_n_cs"),
        ("forecast", CSRE, "--free", "r_n_cs"),
        ("profile", CSRE, "--free", "r_n_cs"),
        ("toys", CSRE, "--free", "r_n_cs"),
        ("toys", CSRE, "--feldman-cousins", "r_n_cs=4:6:5"),
        ("contour", store),
    ):
        assert "--cl" in refused(*arguments, f"--cl={text}", words=[words])


WRONG = [90, 68.27, 1, 1.0, 0.0, -0.9, float("nan"), "90", "0.9", "5sigma", None, True, [0.9], 95.45]


@pytest.mark.parametrize("level", WRONG)
def test_other_levels_are_refused_by_fits(likelihood, fit, level):
    profile = fit.profile(["r_n_cs"], points=3) if level == 90 else None
    calls = [
        lambda: fit.interval("r_n_cs", cl=level),
        lambda: fit.interval("r_n_cs", level),
        lambda: fit.as_dict([0.9, level]),
        lambda: likelihood.feldman_cousins({"r_n_cs": "4:6:5"}, levels=[level]),
        *([lambda: profile.as_dict(levels=[level])] if profile else []),
    ]
    for call in calls:
        with pytest.raises(cj.InputError, match="fraction") as error:
            call()
        if level in (90, "90"):
            assert "did you mean 0.9?" in str(error.value)
        if level == 68.27:
            assert "did you mean 0.6827?" in str(error.value)


@pytest.mark.parametrize("levels", [90, 0.9, "90", None])
def test_one_level_for_a_list_is_refused(likelihood, fit, levels):
    for call in (lambda: fit.as_dict(levels), lambda: likelihood.feldman_cousins({"r_n_cs": "4:6:5"}, levels=levels)):
        with pytest.raises(cj.InputError, match=r"levels: expected confidence levels such as \[0.6827, 0.9\]"):
            call()


@pytest.mark.parametrize("level", [90, "90", "2sigma", 1.0, 0.0])
def test_other_levels_are_refused_by_scans(grids, level):
    for call in (grids.pieces, grids.contours, grids.plot):
        with pytest.raises(cj.InputError, match="fraction"):
            call(level)


def test_scans_take_fractions(grids):
    assert grids.pieces(0.9)[0].low < grids.pieces(0.6827)[0].low
    delta = np.array([grids.delta_chi2(["sin2_theta_w"])[0]])
    assert np.isfinite(delta).all()


def test_contours_at_standard_deviations(command, store):
    def described(*arguments):
        code, out, err = command("contour", store, *arguments, "--json")
        assert code == 0, err
        return json.loads(out)["contours"]

    five, ninety = described("--cl", "5sigma,90")
    # Of two parameters the probability beyond is exp(-Δχ²/2).
    assert five["delta_chi2"] == pytest.approx(float(-2 * log(erfc(5 / mp.sqrt(2)))), rel=1e-12)
    assert (five["cl"], ninety["cl"]) == ("5sigma", "90")
    assert five["level"] == pytest.approx(100.0 * erf(5.0 / math.sqrt(2.0)))
    assert ninety["delta_chi2"] == pytest.approx(-2.0 * math.log(0.1))
    (one,) = described("--cl", "5sigma", "--parameters", "1")
    assert one["delta_chi2"] == 25.0
    (beyond,) = described("--cl", "9sigma")
    assert beyond["delta_chi2"] == pytest.approx(float(-2 * log(erfc(9 / mp.sqrt(2)))), rel=1e-12)


def test_toys_take_levels(likelihood, command):
    study = likelihood.toys(40, test={"r_n_cs": 5.0})
    for level in (90, "90", 1.0, "1sigma"):
        for call in (study.coverage, study.critical):
            with pytest.raises(cj.InputError, match="fraction"):
                call(**({"name": "r_n_cs"} if call == study.coverage else {}), cl=level)
        with pytest.raises(cj.InputError, match="fraction"):
            study.as_dict([level])
    assert study.coverage("r_n_cs", 0.9)[0] == study.coverage("r_n_cs", cl=0.9)[0] > 0.5
    code, out, err = command("toys", CSRE, "--test", "r_n_cs=5", "--count", "40", "--cl", "3sigma", "--json")
    assert code == 0, err
    found = json.loads(out)["test"]["critical"]
    assert list(found) == ["68.27", "90", "3sigma"]
    assert found["3sigma"] == {"value": None, "error": None, "wilks": 9.0}  # of 40 toys none lies beyond
    assert found["90"]["value"] > found["68.27"]["value"]


def test_posteriors_take_fractions(likelihood):
    posterior = likelihood.sample(free=["r_n_cs"], draws=200, chains=2, warm_up=20)
    for level in (90, "90", 1.0, 0.0, "1sigma"):
        for call in (posterior.interval, posterior.highest_density):
            with pytest.raises(cj.InputError, match="fraction"):
                call("r_n_cs", level)
    low, high = posterior.interval("r_n_cs", 0.9)
    draws = posterior.draws("r_n_cs")
    assert np.mean((draws >= low) & (draws <= high)) == pytest.approx(0.9, abs=0.01)
