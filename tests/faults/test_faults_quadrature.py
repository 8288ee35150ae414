"""The recoil integral is checked for what is asked, and results say what it leaves."""

import json

import experiment_texts as texts
import numpy as np
import pytest
from scipy.optimize import brentq, minimize_scalar
from scipy.special import erfc

import cevnsjax as cj

GERMANIUM = (
    """
name = "threshold"
[sources]
assumed = "a detector that nobody built"
[source]
kind = "table"
live_time = { value = 30, unit = "day" }
energy = { value = [1.0, 8.0], unit = "MeV" }
flux.nu_e_bar = { value = [2e11, 2e11], unit = "1/MeV/cm^2/s" }
"""
    + texts.target("Ge", 0.05)
    + texts.kilovolts(texts.proportional(1.0), 0.01, 0.0)
    + texts.UNITY
    + """
[binning]
energy = { value = [0.05, 0.08, 0.12, 0.2, 0.4, 1.0], unit = "keV" }
[backgrounds.flat]
rate = { value = 3000, unit = "1/keV/kg/day" }
width = { value = 0.02, unit = "1" }
"""
)
EDGES = 1e-3 * np.array([0.05, 0.08, 0.12, 0.2, 0.4, 1.0])  # MeV
NOISE, FLUX = 1e-5, 2e11 * 30 * 86400  # MeV; 1/MeV/cm² in all
FERMI, HBAR_C = 1.1663788e-11, 197.3269804e-13  # 1/MeV²; MeV cm (CODATA 2022)
AVOGADRO, UNIT = 6.02214076e23, 931.49410242  # 1/mol; MeV
# Stable isotopes of germanium: mass number, mole fraction (IUPAC 2013), mass of the atom [u] (AME 2020).
ISOTOPES = (
    (70, 0.2052, 69.924249),
    (72, 0.2745, 71.922076),
    (73, 0.0776, 72.923459),
    (74, 0.3652, 73.921178),
    (76, 0.0775, 75.921403),
)
# Couplings of the scheme 2022 in the fits (arXiv:2303.09360 as quoted, g_V^p of nu_e and g_V^n).
PROTON, NEUTRON = 0.038243, -0.511699


def own_counts(coupling, mass, lowest=0.0):
    """Return the counts in each bin, F = 1: Gauss-Legendre in ln T, in closed form over the flat spectrum.

    Recoils of less than `lowest` [MeV] give no signal.
    """
    x, w = np.polynomial.legendre.leggauss(30)
    molar = sum(share * atom for _, share, atom in ISOTOPES)
    total = np.zeros(len(EDGES) - 1)
    for number, share, atom in ISOTOPES:
        m = atom * UNIT - 32 * 0.51099895  # binding of the electrons left out: 1e-7
        cuts = np.linspace(np.log(max(lowest, 1e-17)), np.log(2 * 8.0**2 / (m + 2 * 8.0)), 600)
        half, centre = 0.5 * np.diff(cuts)[:, None], 0.5 * (cuts[1:] + cuts[:-1])[:, None]
        recoil, weight = np.exp(centre + half * x).ravel(), (half * w).ravel()
        least = np.maximum(0.5 * (recoil + np.sqrt(recoil**2 + 2 * m * recoil)), 1.0)
        flux = (8.0 - least) - 0.5 * m * recoil * (1 / least - 1 / 8.0)
        amplitude = 32 * PROTON + (number - 32) * NEUTRON
        amplitude = amplitude + coupling**2 * 3 * number / (np.sqrt(2) * FERMI * (2 * m * recoil + mass**2))
        rate = FERMI**2 * HBAR_C**2 * m / np.pi * amplitude**2 * flux * FLUX * 50.0 / molar * AVOGADRO * share
        above = 0.5 * erfc((EDGES[:, None] - recoil) / (np.sqrt(2) * NOISE))
        total += ((above[:-1] - above[1:]) * rate * recoil * weight).sum(axis=1)
    return total


def own_edge(mass, delta):
    """Return the coupling at which χ² of the Asimov counts, its background profiled, is `delta`."""
    background = 3000 * 0.05 * 30 * np.diff(EDGES) * 1e3
    observed = own_counts(0.0, mass) + background

    def chi2(coupling):
        signal = own_counts(coupling, mass)

        def at(norm):
            expected = signal + norm * background
            return 2 * np.sum(expected - observed + observed * np.log(observed / expected)) + ((norm - 1) / 0.02) ** 2

        return minimize_scalar(at, bounds=(0.8, 1.2), method="bounded", options={"xatol": 1e-10}).fun

    return brentq(lambda coupling: chi2(coupling) - delta, 1e-6, 5e-6, rtol=1e-8)


@pytest.fixture
def germanium(tmp_path):
    path = tmp_path / "threshold.toml"
    path.write_text(GERMANIUM)
    return path


VECTOR = ("--interaction", "light-vector:universal", "--form-factor", "unity")


def test_edge_of_a_light_mediator_below_the_threshold(command, germanium):
    """The rate rises as 1/T² below the threshold and leaks through the tail of the resolution."""
    expected = own_edge(1e-3, 2.71)
    assert expected == pytest.approx(2.59e-6, rel=5e-3)  # the integration of the one who reported it
    code, out, _ = command("forecast", germanium.name, *VECTOR, "--free", "g_zp", "--set", "m_zp=0.001", "--json")
    content = json.loads(out)
    assert code == 0
    assert content["converged"]
    assert 0 <= content["quadrature_error"] < 1e-4
    (interval,) = content["parameters"]["g_zp"]["interval"]["90"]
    assert interval[1] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("mass", [1e-3, 0.01, 0.1, 1.0, 10.0])
def test_counts_of_light_mediators_below_the_threshold(command, germanium, mass):
    code, out, _ = command("predict", germanium.name, *VECTOR, "--set", f"g_zp=2.5e-6,m_zp={mass}", "--json")
    assert code == 0
    content = json.loads(out)
    expected = own_counts(2.5e-6, mass)
    # Six digits of the couplings; masses of the nuclei.
    np.testing.assert_allclose(np.ravel(content["counts"]["cevns"]), expected, rtol=5e-5)
    assert content["quadrature_error"] < 1e-6


def test_an_integral_without_an_end_is_not_trusted(command, germanium):
    """A millicharge scatters as 1/T²: with recoils of no energy in the first bin there is no rate at all."""
    code, out, err = command(
        "forecast", germanium.name, "--interaction", "millicharge", "--free", "millicharge_ee", "--json"
    )
    content = json.loads(out)
    assert code == 3
    assert content["converged"] is False
    assert content["quadrature_error"] > 1e-2
    assert content["parameters"]["millicharge_ee"]["interval"]["90"]  # the result is there, and said not to be trusted
    for text in (content["message"], err):
        assert "threshold" in text
        assert "millicharge" in text
        assert "diverges at zero recoil" in text
        assert "detector.resolution.minimum" in text


def test_a_smallest_energy_is_the_cut_that_is_asked_for(command, germanium):
    least = 'minimum = { value = 0.003, unit = "keV" }\n'
    germanium.write_text(GERMANIUM.replace("[detector.efficiency]", least + "[detector.efficiency]"))
    code, out, _ = command("predict", germanium.name, *VECTOR, "--set", "g_zp=2.5e-6,m_zp=0.001", "--json")
    assert code == 0
    expected = own_counts(2.5e-6, 1e-3, lowest=3e-6)
    np.testing.assert_allclose(np.ravel(json.loads(out)["counts"]["cevns"]), expected, rtol=5e-5)
    code, out, _ = command(
        "forecast", germanium.name, "--interaction", "millicharge", "--free", "millicharge_ee", "--json"
    )
    content = json.loads(out)
    assert code == 0
    assert content["quadrature_error"] < 1e-4


@pytest.mark.parametrize(
    "names",
    [("coherent-csi-2021",), ("conus-plus-2025",), ("apv-cs",), ("coherent-csi-2021", "coherent-ge-mini-2024")],
)
def test_fits_state_the_error_of_their_integrals(command, names):
    code, out, _ = command("fit", *names, "--free", "sin2_theta_w", "--json")
    assert code == 0
    error = json.loads(out)["quadrature_error"]
    assert 0 <= error < 1e-4
    assert (error == 0) == (names == ("apv-cs",))  # a measured number has no recoil integral


def test_everything_states_it(command, tmp_path):
    asked = ("coherent-csi-2021", "--free", "sin2_theta_w", "--set", "r_n_cs=5.0", "--json")
    grid = ("coherent-csi-2021", "--grid", "sin2_theta_w=0.1:0.4:8", "--out", "s.zarr", "--json")
    for arguments in (
        ("profile", *asked, "--points", "5"),
        ("toys", *asked, "--count", "20"),
        ("sample", *asked, "--draws", "2000"),
        ("scan", *grid),
    ):
        _, out, err = command(*arguments)
        assert 0 < json.loads(out)["quadrature_error"] < 1e-4, (arguments, err)


@pytest.mark.parametrize(
    "arguments",
    [
        ("toys", "--free", "millicharge_ee", "--count", "20"),
        ("profile", "--free", "millicharge_ee", "--points", "5"),
        ("scan", "--grid", "millicharge_ee=-1e-3:1e-3:9", "--out", "s.zarr"),
    ],
)
def test_nothing_is_trusted_that_has_no_value(command, germanium, arguments):
    verb, *rest = arguments
    code, out, err = command(verb, germanium.name, "--interaction", "millicharge", *rest, "--json")
    content = json.loads(out)
    assert code == 3
    assert content["converged"] is False
    assert "diverges at zero recoil" in content["message"]
    assert "diverges at zero recoil" in err


def test_the_error_is_an_upper_bound(germanium):
    """What is said at the best fit is not below what an integration of its own finds, in error bars."""
    likelihood = cj.Likelihood([cj.measurements.described(str(germanium), "unity")], cj.light_vector("universal"))
    fit = likelihood.forecast(free=["g_zp"], values={"m_zp": 1e-3})
    edge = fit.interval("g_zp", 0.90).pieces[-1][1]
    found = likelihood.predict({"g_zp": edge, "m_zp": 1e-3})[0].counts["cevns"].ravel()
    expected = own_counts(edge, 1e-3)
    background = 3000 * 0.05 * 30 * np.diff(EDGES) * 1e3
    true = np.sqrt(np.sum((found - expected) ** 2 / (expected + background)))
    assert true < 1e-3  # of which six digits of the couplings are most
    assert fit.quadrature_error is not None
    assert fit.quadrature_error < 1e-4
