"""Tabulated spectra and the antineutrinos of a reactor."""

import csv
import math

import numpy as np
import pytest
from independent_rates import DATA
from independent_reactor import FLUX, ISOTOPES, Points, Smooth, beta_cross_section, polynomial, table, trapezoid
from scipy.integrate import quad
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.sources.reactor import (
    MODELS,
    antineutrinos,
    fission_fractions,
    fissions_of_flux,
    fissions_of_power,
    reactor,
)
from cevnsjax.sources.tabulated import MOST_BREAKS, Mixture, Tabulated, tabulated

MASS, RECOIL = 67663.0, np.array([1e-6, 1e-5, 2e-4, 1.3e-3])
THRESHOLD = (RECOIL + np.sqrt(RECOIL**2 + 2 * MASS * RECOIL)) / 2
TYPICAL = dict(zip(ISOTOPES, (0.58, 0.08, 0.29, 0.05), strict=True))


def kernel(energy, recoil):
    return 1 - MASS * recoil / (2 * energy**2)


def alone(isotope):
    return {other: float(other == isotope) for other in ISOTOPES}


def total(spectrum, function, low=0.0):
    """Return ∫ φ f dE above an energy."""
    return spectrum.moment(lambda e, t: function(e), np.zeros(1), np.array([low]), 24)[0]


def test_table_against_closed_form():
    energy, density = np.array([0.5, 1.0, 2.0, 2.0, 3.0, 9.0]), np.array([0.2, 1.0, 0.4, 0.7, 0.1, 0.0])
    found = Tabulated(energy, density).moment(kernel, RECOIL, THRESHOLD, 24)
    why = "24 nodes between the points, where the kernel falls as 1/E²"
    assert_close(found, Points(energy, density).moment(RECOIL, MASS), 1e-11, why)


def test_integral_of_a_table():
    energy, density = np.array([0.5, 1.0, 2.0, 2.0, 3.0]), np.array([0.2, 1.0, 0.4, 0.7, 0.1])
    integral, spectrum = tabulated(energy, density)
    assert_close(integral, 0.3 + 0.7 + 0.4)
    assert_close(spectrum.integral(), 1.0)
    assert_close(total(spectrum, np.ones_like), 1.0)
    # The jump at 2 MeV is there: above it, (0.7 + 0.1) / 2.
    assert_close(total(spectrum, np.ones_like, 2.0), 0.4 / 1.4)


def test_breaks_of_a_table():
    assert Tabulated(np.array([0.0, 1.0, 1.0, 2.0]), np.ones(4)).breaks() == (1.0, 2.0)
    many = np.sort([*np.linspace(0.1, 9.9, 500), 3.001, 3.001])
    breaks = Tabulated(many, np.ones(502)).breaks()
    assert len(breaks) <= MOST_BREAKS + 2
    assert breaks[0] == 0.1
    assert {3.001, 9.9} <= set(breaks)


@pytest.mark.parametrize(
    ("energy", "density", "message"),
    [
        ([1.0], [1.0], "two points or more"),
        ([2.0, 1.0], [1.0, 1.0], "energies in order"),
        ([1.0, 1.0], [1.0, 1.0], "energies in order"),
        ([-1.0, 1.0], [1.0, 1.0], "energies in order"),
        ([1.0, 2.0], [1.0, -1.0], "densities of 0 or more"),
        ([1.0, 2.0], [1.0, math.nan], "densities of 0 or more"),
        ([1.0, 2.0], [0.0, 0.0], "positive integral"),
    ],
)
def test_wrong_tables_are_refused(energy, density, message):
    with pytest.raises(cj.InputError, match=message):
        tabulated(np.array(energy), np.array(density))


def test_mixture():
    one, other = (tabulated(np.array(e), np.array([1.0, 0.5]))[1] for e in ([1.0, 2.0], [1.5, 6.0]))
    mixed = Mixture((one, other), (0.3, 0.7))
    assert mixed.breaks() == (1.0, 1.5, 2.0, 6.0)
    expected = 0.3 * one.moment(kernel, RECOIL, THRESHOLD, 8) + 0.7 * other.moment(kernel, RECOIL, THRESHOLD, 8)
    assert_close(mixed.moment(kernel, RECOIL, THRESHOLD, 8), expected)
    with pytest.raises(cj.InputError, match=r"shares of sum 1, found \(0.3, 0.6\)"):
        Mixture((one, other), (0.3, 0.6))


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_polynomials_against_the_published_tables(isotope):
    """Huber's and Mueller's fits are good to 3 % up to 6 MeV where they describe their own tables, 1 % on average."""
    name = "mueller" if isotope == "u238" else "huber"
    columns = table(f"reactor_flux/{name}_2011.csv")
    below = columns["energy"] <= 6.0
    ratio = polynomial(columns["energy"], isotope)[below] / columns[isotope][below]
    assert abs(ratio.mean() - 1) < 0.01
    # 238U at 2 MeV: 6 %; 239Pu at 5.75 MeV: 11 %, of a table with an error of 7 % there.
    assert np.abs(ratio - 1).max() < (0.11 if isotope == "pu239" else 0.06)


@pytest.mark.parametrize("isotope", ISOTOPES)
def test_moments_above_2_mev(isotope):
    """Of HMVE against scipy.integrate.quad."""
    number, spectrum = antineutrinos("HMVE", alone(isotope))
    recoil = RECOIL[2:]
    found = number * spectrum.moment(kernel, recoil, THRESHOLD[2:], 24)
    expected = Smooth(lambda e: polynomial(e, isotope)).moment(recoil, MASS)
    low = table("reactor_flux/vogel_engel_1989.csv")
    assert_close(found, expected + Points(low["energy"], low[isotope]).moment(recoil, MASS), 1e-10, "epsrel of quad")


def test_numbers_per_fission():
    """Trapezoids of the tables, and sums over the bins of the summation spectra."""
    low, high = table("reactor_flux/vogel_engel_1989.csv"), table("reactor_flux/mueller_2011.csv")
    bins = table("reactor_flux/bestiole_2023.csv")
    for isotope in ISOTOPES:
        energy = np.concatenate([low["energy"][:-1], high["energy"]])
        density = np.concatenate([low[isotope][:-1], high[isotope]])
        assert_close(antineutrinos("MVE", alone(isotope))[0], trapezoid(energy, density))
        above = quad(polynomial, 2, 8, args=(isotope,), epsabs=0, epsrel=1e-12)[0]
        assert_close(antineutrinos("HMVE", alone(isotope))[0], trapezoid(low["energy"], low[isotope]) + above)
        # Joining the centres of the bins takes less than one bin in a thousand from their sum.
        assert_close(antineutrinos("bestiole", alone(isotope))[0], 0.025 * bins[isotope].sum(), 2e-3, "joined centres")


def test_published_numbers_per_fission():
    """A power reactor: 6.7 per fission, of them 5.5 of the fragments (Kopeikin, Phys. Atom. Nucl. 75, 143 (2012))."""
    assert antineutrinos("kopeikin", TYPICAL)[0] == pytest.approx(6.7, abs=0.05)
    assert antineutrinos("HMVE", TYPICAL)[0] == pytest.approx(5.6, abs=0.05)
    assert antineutrinos("HMVE", TYPICAL, 0.6)[0] == pytest.approx(6.8, abs=0.05)


@pytest.mark.parametrize(("isotope", "published"), [("u235", 6.69), ("u238", 10.10), ("pu239", 4.40), ("pu241", 6.03)])
def test_published_yields_of_inverse_beta_decay(isotope, published):
    """Cross section per fission of the Huber-Mueller spectra [1e-43 cm²], arXiv:1704.02276 section I.

    Ours ends at 8 MeV, where half a percent is missing, and the cross section is an approximation to a few per mille.
    """
    number, spectrum = antineutrinos("HMVE", alone(isotope))

    def section(energy):
        return np.vectorize(lambda e: beta_cross_section(e) if e > 1.8044 else 0.0)(energy)

    found = 1e43 * number * total(spectrum, section, 1.8044)
    assert found == pytest.approx(published, rel=0.015)
    assert found < published


def test_capture():
    """Two antineutrinos for each capture, none above the end point of 239U at 1.28 MeV."""
    without, plain = antineutrinos("HMVE", TYPICAL)
    number, spectrum = antineutrinos("HMVE", TYPICAL, 0.6)
    assert number - without == pytest.approx(1.2, rel=2e-3)
    assert_close(number * total(spectrum, np.ones_like, 1.2751), without * total(plain, np.ones_like, 1.2751), 1e-12)


@pytest.mark.parametrize("model", MODELS)
def test_spectra_are_normalised(model):
    number, spectrum = antineutrinos(model, TYPICAL)
    assert_close(total(spectrum, np.ones_like), 1.0)
    twice, same = antineutrinos(model, {isotope: 2 * share for isotope, share in TYPICAL.items()})
    assert_close(twice, 2 * number)
    assert_close(total(same, lambda e: e**2), total(spectrum, lambda e: e**2))


def test_fissions_of_power():
    """A gigawatt is 3.0e19 fissions a second; 206 MeV each of the four isotopes."""
    found = fissions_of_power(1.0, 10.0, 1.0, TYPICAL)
    joules = 1.602176634e-13 * (0.58 * 202.36 + 0.08 * 205.99 + 0.29 * 211.12 + 0.05 * 214.26)
    assert_close(sum(found.values()), 1e9 / joules * 86400 / (4 * math.pi * 1e6))
    assert_close([found[i] / sum(found.values()) for i in ISOTOPES], list(TYPICAL.values()))
    other = fissions_of_power(1.0, 10.0, 1.0, TYPICAL, energies="kopeikin_2004")
    assert 1.001 < sum(other.values()) / sum(found.values()) < 1.005


def test_fissions_of_flux():
    found = fissions_of_flux("HMVE", 4.8e13, 2.0, TYPICAL, 0.6)
    (component,) = reactor("HMVE", found, 0.6).components
    assert component.flavour == "nu_e_bar"
    assert_close(component.fluence, 4.8e13 * 2.0 * 86400)
    assert_close(found["u238"] / found["u235"], 0.08 / 0.58)
    # Each spectrum by itself: the fractions are shares of the neutrinos.
    each = fissions_of_flux("MVE", 4.8e13, 2.0, TYPICAL, each=True)
    for isotope, share in TYPICAL.items():
        assert_close(each[isotope] * antineutrinos("MVE", alone(isotope))[0], share * 4.8e13 * 2.0 * 86400)


def test_fission_fractions():
    published = {name: entry["value"] for name, entry in FLUX["fission_fractions"].items()}
    for name, values in published.items():
        assert list(fission_fractions(name).values()) == values
        assert sum(values) == pytest.approx(1.0, abs=1e-9)
    with pytest.raises(cj.InputError, match=r"expected a sum of 1, found 0\.9"):
        fission_fractions(np.array([0.5, 0.1, 0.2, 0.1]))


def test_wrong_reactors_are_refused():
    with pytest.raises(cj.InputError, match=r"unknown reactor spectrum 'HMWE' \(did you mean 'HMVE'\?\)"):
        antineutrinos("HMWE", TYPICAL)
    with pytest.raises(cj.InputError, match="fissions: expected a number of 0 or more for each of u235, u238"):
        antineutrinos("HMVE", {"u235": 1.0})
    with pytest.raises(cj.InputError, match="fissions: expected a positive sum"):
        antineutrinos("HMVE", dict.fromkeys(ISOTOPES, 0.0))
    with pytest.raises(cj.InputError, match="distance: expected a positive number, found 0"):
        fissions_of_power(1.0, 0.0, 1.0, TYPICAL)
    with pytest.raises(cj.InputError, match="flux: expected a positive number, found nan"):
        fissions_of_flux("HMVE", math.nan, 1.0, TYPICAL)


def test_tables_describe_themselves():
    """Every table of the spectra is in order of energy and has the columns that its description names."""
    for name, described in FLUX["tables"].items():
        header, *rows = csv.reader((DATA / "reactor_flux" / f"{name}.csv").read_text().splitlines())
        assert header == described["columns"]
        assert len(rows) == described["rows"]
        assert np.all(np.diff([float(row[0]) for row in rows]) > 0)
