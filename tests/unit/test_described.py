"""Experiments described in a file: what is read, what is expected of it, what it can measure, what is refused."""

import csv
import re
from functools import cache
from pathlib import Path

import experiment_texts as texts
import independent_forecast
import numpy as np
import pytest
from independent_rates import DATA
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.data_files import data_root
from cevnsjax.measurements import described, load, resolve, shipped
from cevnsjax.parameters.parameter import Gaussian

FORECASTS = DATA / "forecasts"

CAESIUM = (
    """
name = "caesium"
title = "A detector of caesium iodide"
[sources]
made_up = "Nobody"
"""
    + texts.DECAYS
    + texts.target("CsI", 30).replace('"kg" }', '"kg", source = "made_up" }')
    + texts.IODIDE_RESPONSE.replace('[0.06], unit = ["1"]', '[0.06, 0.9], unit = ["1", "1/MeV"]')
    + texts.SPALLATION_TIME
    + """efficiency_onset = { value = 0.5, unit = "us" }
efficiency_rate = { value = 0.05, unit = "1/us" }
[backgrounds.steady]
counts = { value = [50, 40, 30, 0], unit = "counts" }
time = { kind = "exponential", rate = { value = 0.07, unit = "1/us" } }
width = { value = 0.03, unit = "1" }
[backgrounds.neutrons]
total = { value = 70, unit = "counts" }
energy = { kind = "exponential", scale = { value = 9, unit = "PE" } }
time = "prompt"
width = { value = 0.2, unit = "1" }
[signal]
width = { value = 0.08, unit = "1" }
[defaults]
r_n_cs = { value = 5.2, unit = "fm" }
quenching_a = { value = 0.06, unit = "1" }
[uncertainties]
quenching_a = { value = 0.002, unit = "1" }
"""
)

ARGON = (
    """
name = "argon"
[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }
live_time = { value = 200, unit = "day" }
protons_on_target = { value = 2e23, unit = "1" }
distance = { value = 27.5, unit = "m" }
"""
    + texts.target("Ar", 50)
    + texts.kilovolts(texts.proportional(0.25), 0.8, 0.3)
    + """
[detector.efficiency]
kind = "table"
energy = { value = [0, 5, 9, 30], unit = "keV" }
fraction = { value = [0, 0.4, 0.7, 0.9], unit = "1" }
threshold = { value = 4.2, unit = "keV" }
[binning]
energy = { value = [3, 6, 10, 18, 32], unit = "keV" }
parts = { value = 6, unit = "1" }
[backgrounds.flat]
total = { value = 900, unit = "counts" }
energy = "flat"
width = { value = 0.01, unit = "1" }
[backgrounds.slow]
rate = { value = 0.2, unit = "1/keV/kg/day" }
duty_factor = { value = 0.001, unit = "1" }
"""
)

GERMANIUM = (
    'name = "germanium"\n'
    + texts.KOPEIKIN.replace('100, unit = "day"', '2400, unit = "h"')
    + texts.target("Ge", 2)
    + texts.kilovolts(texts.lindhard(0.16), 0.03, 0.0004)
    + texts.UNITY
    + texts.GERMANIUM_BINS
)

TAU = 'nu_tau_bar = { value = [4e4, 4e4, 4e4, 0], unit = "1/MeV/cm^2/s" }\n'
XENON = 'name = "xenon"\n' + texts.TABULATED_FLUX + TAU + texts.XENON_DETECTOR


def with_source(text, name, source):
    """Return the description `text` with another source."""
    text = re.sub(r"\[source\].*?(?=\[target\])", source, text, flags=re.DOTALL).replace('"Xe"', '"Ar"')
    return re.sub('name = ".*"', f'name = "{name}"', text, count=1)


SOLAR = with_source(
    XENON, "solar", '[source]\nkind = "solar"\nneutrinos = "b8"\nlive_time = { value = 1e5, unit = "day" }\n'
)
ATMOSPHERIC = with_source(
    XENON, "atmospheric", '[source]\nkind = "atmospheric"\nlive_time = { value = 1e5, unit = "day" }\n'
)
HOUSE = with_source(
    GERMANIUM,
    "power",
    '[source]\nkind = "reactor"\nmodel = "HMVE"\nlive_time = { value = 90, unit = "day" }\n'
    'fission_fractions = { value = [0.58, 0.08, 0.29, 0.05], unit = "fraction" }\n'
    'thermal_power = { value = 2.9, unit = "GW" }\ndistance = { value = 12, unit = "m" }\n',
)
TEXTS = {"caesium": CAESIUM, "argon": ARGON, "germanium": GERMANIUM, "power": HOUSE, "xenon": XENON, "solar": SOLAR, "atmospheric": ATMOSPHERIC}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    """Write a description to a file and return its path."""

    def put(text, name="experiment.toml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return put


def counts(measurement):
    """Return the expected counts of each component, (energy bin, time bin)."""
    found = cj.Likelihood([measurement]).predict()[0].counts
    return {name: values.reshape(measurement.observed.shape) for name, values in found.items()}


def assert_expected(measurement, path):
    """Every bin of every component agrees with the second implementation."""
    cut = 0.2 if measurement.scattering.source.flavours == ("nu_e", "nu_e_bar", "nu_mu", "nu_mu_bar") else None
    expected, found = independent_forecast.expected(path, cut=cut), counts(measurement)
    assert list(found) == list(expected)
    expected = {
        name: values.reshape(measurement.observed.shape) for name, values in expected.items()
    }  # one energy axis
    for name, values in expected.items():
        why = "the quadrature of the engine, see quadrature_error; knots of the arrival times every 10 ns"
        scale = np.maximum(values, 1e-6 * values.max())
        assert_close(found[name], values, 1e-7, why, scale=scale)
    assert_close(measurement.observed, sum(expected.values()), 1e-7, "the same")


@pytest.mark.parametrize("name", TEXTS)
def test_counts_of_an_experiment_added_by_its_file_alone(write, name):
    path = write(TEXTS[name])
    measurement = described(path)
    assert measurement.name == name
    assert_expected(measurement, path)


@pytest.mark.parametrize("name", shipped())
def test_counts_of_the_shipped_ones(name):
    measurement = described(name)
    assert_expected(measurement, FORECASTS / f"{name}.toml")
    assert cj.Likelihood([measurement]).predict()[0].quadrature_error < 1e-7


def test_the_example_of_the_page(write):
    page = (DATA.parent / "docs/forecasts.md").read_text()
    path = write(re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0])
    assert_expected(described(path), path)


def test_units_of_time(write):
    """Hours and days mean the same; protons on target are time × power / energy: 5000 h of 1.7 MW, 1.3 GeV each."""
    one = described(write(CAESIUM))
    days = described(write(CAESIUM.replace('value = 5000, unit = "h"', f'value = {5000 / 24!r}, unit = "day"')))
    protons = 5000 * 3600 * 1.7e6 / (1.3e9 * 1.602176634e-19)
    given = f'protons_on_target = {{ value = {protons!r}, unit = "1" }}\n'
    text = re.sub(r"beam_power.*\nproton_energy.*\n", given, CAESIUM)
    for other in (days, described(write(text))):
        assert_close(other.observed, one.observed, 1e-12)
    fluence = 0.1 * protons / (4 * np.pi * 2500**2)
    components = one.counted().source.components
    assert [component.fluence for component in components] == pytest.approx([fluence] * 3, rel=1e-12)


def test_what_it_holds(write):
    measurement = described(write(CAESIUM))
    assert measurement.title == "A detector of caesium iodide"
    assert measurement.references == ("Nobody",)
    table = cj.Likelihood([measurement]).parameters
    widths = {name: (p.constraint.centre, p.constraint.width) for name, p in table.items() if p.constraint}
    assert widths == {
        "cevns_norm": (1.0, 0.08),
        "steady_norm": (1.0, 0.03),
        "neutrons_norm": (1.0, 0.2),
        "quenching_a": (0.06, 0.002),
    }
    assert table["r_n_cs"].default == 5.2
    assert table["r_n_i"].default == 5.03
    argon = cj.Likelihood([described(write(ARGON))])
    assert "slow_norm" not in argon.forecast(free=["sin2_theta_w"]).specification.nuisances


def test_a_default_moves_its_prior(write):
    text = GERMANIUM.replace(
        'k = { value = 0.16, unit = "1" }', 'k = { value = 0.16, unit = "1" }\nwidth = { value = 0.004, unit = "1" }'
    )
    parameter = cj.Likelihood([described(write(text))]).parameters["lindhard_k_ge"]
    assert (parameter.default, parameter.constraint) == (0.16, Gaussian(0.16, 0.004))
    moved = described(write(text + '[defaults]\nlindhard_k_ge = { value = 0.17, unit = "1" }\n'))
    parameter = cj.Likelihood([moved]).parameters["lindhard_k_ge"]
    assert (parameter.default, parameter.constraint) == (0.17, Gaussian(0.17, 0.004))


def test_what_one_says_of_a_common_parameter_holds_for_all(write):
    """CryoCsI takes 5.06 fm for both radii; parity violation in caesium has 5.09 fm of its own."""
    assert load("apv-cs").parameters()[2].default == 5.09
    for names in (["apv-cs", "cryocsi-i"], ["cryocsi-i", "apv-cs"]):
        assert cj.Likelihood(resolve(names)).parameters["r_n_cs"].default == 5.06
    known = CAESIUM + 'r_n_cs = { value = 0.1, unit = "fm" }\n'
    both = cj.Likelihood(resolve(["apv-cs", str(write(known))]))
    assert both.parameters["r_n_cs"].constraint == Gaussian(5.2, 0.1)
    other = str(write((FORECASTS / "cryocsi-i.toml").read_text().replace("cryocsi-i", "mine").replace("5.06", "5.1")))
    with pytest.raises(
        cj.InputError, match="one default and uncertainty of 'r_n_cs', found others in 'mine' and 'cryo"
    ):
        resolve([other, "cryocsi-i"])


def test_names_must_differ(write):
    text = ARGON.replace('name = "argon"', 'name = "coherent-csi-2021"')
    with pytest.raises(
        cj.InputError, match="name: expected one that no measurement or shipped forecast has, found 'co"
    ):
        resolve([str(write(text))])
    with pytest.raises(cj.InputError, match="found 'cryocsi-i' more than once"):
        resolve(["cryocsi-i", "cryocsi-i"])


# What it can measure


def fisher_error(likelihood, name, tie, truth):
    """Return the error of `name` with all pulls profiled: F = Σ ∂μ ∂μ / μ + 1/width², inverted."""
    problem = likelihood.asimov(truth).problem(free=[name], tie=tie, values=truth)
    fitted = list(problem.names)
    constraints = {n: c for n, c in likelihood.constraints({name}).items() if c is not None}

    def expected(values):
        values = truth | values
        values |= {follower: values[leader] for follower, leader in tie.items() if leader in values}
        return sum(one.ravel() for one in likelihood.predict(values)[0].counts.values())

    table = likelihood.parameters
    at = {n: truth.get(n, table[n].default) for n in fitted}
    slopes = []
    for n in fitted:
        h = 1e-3 * (constraints[n].width if n in constraints else 0.1 * at[n])
        near = [expected(at | {n: at[n] + k * h}) for k in (-2, -1, 1, 2)]
        slopes.append((near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * h))
    slopes, mean = np.array(slopes), expected(at)
    seen = mean > 0
    information = (slopes[:, seen] / mean[seen]) @ slopes[:, seen].T
    information += np.diag([1 / constraints[n].width ** 2 if n in constraints else 0.0 for n in fitted])
    k = fitted.index(name)
    return np.sqrt(np.linalg.inv(information)[k, k])


@pytest.mark.parametrize(
    ("experiment", "name", "tie", "truth"),
    [
        ("cryocsi-i", "sin2_theta_w", {}, {}),
        ("cryocsi-ii", "r_n_cs", {"r_n_i": "r_n_cs"}, {"r_n_cs": 5.3}),
        ("caesium", "sin2_theta_w", {}, {"sin2_theta_w": 0.25}),
    ],
)
def test_asimov_data_return_the_truth_and_its_errors_are_those_of_fisher(write, experiment, name, tie, truth):
    path = experiment if experiment in shipped() else write(TEXTS[experiment])
    likelihood = cj.Likelihood([described(path)])
    fit = likelihood.forecast(free=[name], tie=tie, values=truth)
    assert fit.converged
    assert fit.chi2 < 1e-9
    error = fit.hessian_error(name)
    true = truth.get(name, likelihood.parameters[name].default)
    assert abs(fit.values[name] - true) < 1e-4 * error
    for nuisance in fit.specification.nuisances:
        parameter = likelihood.parameters[nuisance]
        assert parameter.constraint is not None
        assert abs(fit.values[nuisance] - parameter.default) < 1e-4 * parameter.constraint.width
    expected = fisher_error(likelihood, name, tie, truth)
    assert_close(error, expected, 1e-6, "four-point differences of the counts")


def test_the_truth_can_be_moved(write):
    """The data follow parameters that are moved, tied and fixed, and nothing else is changed."""
    likelihood = cj.Likelihood([described(write(ARGON))])
    moved = likelihood.asimov({"sin2_theta_w": 0.3, "flat_norm": 1.2})
    prediction = likelihood.predict({"sin2_theta_w": 0.3, "flat_norm": 1.2})[0]
    expected = prediction.total
    assert_close(moved.measurements[0].observed.ravel(), expected.ravel(), 1e-13, "")
    assert moved.parameters == likelihood.parameters
    tied = cj.Likelihood([described("cryocsi-i")])
    one, two = tied.asimov({"r_n_cs": 5.5}, tie={"r_n_i": "r_n_cs"}), tied.asimov({"r_n_cs": 5.5, "r_n_i": 5.5})
    assert_close(one.measurements[0].observed, two.measurements[0].observed, 1e-14)


# The shipped CryoCsI


@cache
def anticoincidence():
    """Return the anti-coincidence counts of CsI[Na] in each energy bin."""
    with (DATA / "coherent_csi_2021/counts_anticoincidence.csv").open() as file:
        return np.array([sum(map(float, row[2:])) for row in list(csv.reader(file))[1:]])


@pytest.mark.parametrize(("name", "mass", "events"), [("cryocsi-i", 10, 1.87e3), ("cryocsi-ii", 700, 1.84e5)])
def test_cryocsi(name, mass, events):
    """arXiv:2303.09360 section IV: about 2·10³ and 2·10⁵ signal events; backgrounds by mass and live time."""
    file = independent_forecast.File(FORECASTS / f"{name}.toml")
    hours = 13.99e3 / 1.4  # 13.99 GWh of beam at 1.4 MW
    scale = mass / 14.6 * 15000 / hours
    steady = scale * anticoincidence()
    threshold = 1.4 * 0.05 * 26.7  # a nuclear recoil of 1.4 keV in photo-electrons
    steady[0] = steady[1] / 4 * (8 - threshold)
    assert_close(file("backgrounds.ss.counts"), steady, 1e-4, "two digits after the point")
    a, b, c, d = file("detector.efficiency.coefficients")
    crossing = c - np.log(-a / d - 1) / b
    assert crossing == pytest.approx(threshold, rel=1e-5)
    stretched = 7.068 / threshold
    assert (b, c) == pytest.approx((0.285979 * stretched, 10.8646 / stretched), rel=1e-4)
    assert file("signal.width") == {"cryocsi-i": 0.062, "cryocsi-ii": 0.046}[name]
    assert counts(described(name))["cevns"].sum() == pytest.approx(events, rel=3e-3)


# What is refused

BAD = {
    "no name": (ARGON, 'name = "argon"', "", "name: expected a text, found no such entry"),
    "bad name": (ARGON, 'name = "argon"', 'name = "a:b"', "name: expected letters, digits, points, hyphens and underscores, found 'a:b'"),
    "missing entry": (ARGON, 'distance = { value = 27.5, unit = "m" }', "", "source.distance: expected { value = a number, unit = 'm' }, found no such entry"),
    "misspelt entry": (ARGON, "noise =", "nois =", "detector.resolution.noise: expected { value = a number, unit = 'keV' }, found no such entry (did you mean 'nois'?)"),
    "plain number": (ARGON, 'mass = { value = 50, unit = "kg" }', "mass = 50", "target.mass: expected { value = a number, unit = 'kg' }, found 50"),
    "negative number": (ARGON, "value = 50", "value = -50", "target.mass: expected a positive number, found -50"),
    "zero": (ARGON, "value = 200", "value = 0", "source.live_time: expected a positive number, found 0"),
    "text for a number": (ARGON, "value = 50", 'value = "heavy"', "target.mass: expected a finite number, found 'heavy'"),
    "list for a number": (ARGON, "value = 50", "value = [50]", "target.mass: expected a finite number, found [50]"),
    "huge number": (ARGON, "value = 50", "value = 1" + 400 * "0", "target.mass: expected a finite number, found 1000"),
    "wrong unit": (ARGON, 'unit = "kg" }', 'unit = "g" }', "target.mass.unit: expected 'kg', found 'g'"),
    "wrong unit of time": (ARGON, 'unit = "day" }', 'unit = "s" }', "source.live_time.unit: expected 'h' or 'day' or 'y', found 's'"),
    "no unit": (ARGON, 'value = 50, unit = "kg"', "value = 50", "target.mass.unit: expected value and unit for each number, found no such key"),
    "unit that is no text": (ARGON, 'value = 50, unit = "kg"', "value = 50, unit = { a = 1 }", "target.mass.unit: expected 'kg', found {'a': 1}"),
    "unknown source of a number": (CAESIUM, 'source = "made_up"', 'source = "made"', "target.mass.source: expected a key of [sources], found 'made'"),
    "source that is no text": (CAESIUM, "made_up = \"Nobody\"", "made_up = 3", "sources.made_up: expected a text, found 3"),
    "stray part of a number": (ARGON, 'value = 50, unit = "kg"', 'value = 50, unit = "kg", error = 2', "target.mass.error: expected value, unit, source, uncertainty alone, found another entry"),
    "stray key at the top": (ARGON, 'name = "argon"', 'name = "argon"\ntitel = "x"', "titel: expected entries that are used, found one that is not (did you mean 'title'?)"),
    "stray section": (ARGON, "[binning]", "[detektor]\n[binning]", "detektor: expected entries that are used, found one that is not"),
    "stray key in a section": (ARGON, "[detector.resolution]", "[detector.resolution]\nslop = 3", "detector.resolution.slop: expected entries that are used, found one that is not"),
    "stray key in a background": (ARGON, "width = { value = 0.01", "widht = { value = 0.01", "backgrounds.flat.widht: expected entries that are used, found one that is not (did you mean 'width'?)"),
    "stray width": (CAESIUM, "[signal]\nwidth", "[signal]\nwidths", "signal.widths: expected entries that are used, found one that is not (did you mean 'width'?)"),
    "beam for a reactor": (HOUSE, "[target]", '[signal.time]\nkind = "pulse"\n[target]', "signal.time: expected entries that are used, found one that is not"),
    "time bins of a pulse without one": (CAESIUM, "[signal.time]", "[signal.tim]", "signal.time: expected a table of how the signal is spread over this axis, found no such entry"),
    "unknown kind of source": (ARGON, '"pion-decay-at-rest"', '"pion-decay"', "source.kind: expected one of pion-decay-at-rest, reactor, solar, atmospheric, table, found 'pion-decay' (did you mean 'pion-decay-at-rest'?)"),
    "unknown model": (HOUSE, '"HMVE"', '"HMV"', "source.model: expected one of HMVE, HMK, MVE, VE, kopeikin, bestiole, found 'HMV' (did you mean 'HMVE'?)"),
    "unknown neutrinos": (SOLAR, '"b8"', '"b7"', "source.neutrinos: expected one of pp, pep, hep, be7, b8, n13, o15, f17, found 'b7' (did you mean 'be7'?)"),
    "kind that is no text": (ARGON, 'kind = "table"', "kind = 3", "detector.efficiency.kind: expected one of unity, logistic, sigmoid, table, rising-table, found 3"),
    "resolution of the other axis": (ARGON, 'kind = "gaussian"', 'kind = "gamma"', "detector.resolution.kind: expected one of gaussian, two-widths, none, found 'gamma'"),
    "unknown unit of energy": (ARGON, 'unit = "keV"\n[detector.q', 'unit = "eV"\n[detector.q', "detector.unit: expected one of PE, keV, found 'eV'"),
    "no width at all": (ARGON, 'value = 0.8, unit = "keV" }\nslope = { value = 0.3', 'value = 0, unit = "keV" }\nslope = { value = 0', "detector.resolution: expected noise or slope that is not 0, found 0 of both"),
    "too narrow": (ARGON, 'value = 0.8, unit = "keV" }\nslope = { value = 0.3', 'value = 0.01, unit = "keV" }\nslope = { value = 0', "binning: expected a signal that the quadrature gives to 1e-06, found"),
    "parts of a part": (ARGON, "value = 6", "value = 6.5", "binning.parts: expected a whole number, found 6.5"),
    "fractions": (HOUSE, "0.05]", "0.06]", "source.fission_fractions: fission fractions: expected a sum of 1, found 1.01"),
    "three fractions": (HOUSE, ", 0.05]", "]", "source.fission_fractions: expected 4 numbers, found 3"),
    "negative fraction": (HOUSE, "0.08, 0.29", "-0.08, 0.45", "source.fission_fractions[1]: expected a number that is not negative, found -0.08"),
    "edges not increasing": (ARGON, "[3, 6, 10", "[3, 6, 5", "binning.energy: expected at least two increasing edges, found [3.0, 6.0, 5.0, 18.0, 32.0]"),
    "one edge": (ARGON, "[3, 6, 10, 18, 32]", "[3]", "binning.energy: expected at least two increasing edges, found [3.0]"),
    "negative photo-electrons": (CAESIUM, "[0, 6, 12, 20, 40]", "[-1, 6, 12, 20, 40]", "binning.energy[0]: expected a number that is not negative, found -1"),
    "bins out of reach": (ARGON, "[3, 6, 10, 18, 32]", "[3000, 6000]", "binning.energy: expected bins that the signal reaches, found no signal in any of them"),
    "time bins before the beam": (CAESIUM, "[-0.2, 0.33, 0.6, 1.5, 6]", "[-2, -1]", "binning.time: expected bins that end after 0, found -1"),
    "unknown flavour": (XENON, "nu_tau_bar =", "nu_tau_baa =", "source.flux.nu_tau_baa: expected one of nu_e, nu_e_bar, nu_mu, nu_mu_bar, nu_tau, nu_tau_bar, found 'nu_tau_baa' (did you mean 'nu_tau_bar'?)"),
    "flux of another length": (XENON, "[4e4, 4e4, 4e4, 0]", "[4e4, 4e4, 0]", "source.flux.nu_tau_bar: expected 4 numbers, found (3,)"),
    "negative flux": (XENON, "[4e4, 4e4, 4e4, 0]", "[4e4, -4e4, 4e4, 0]", "source.flux.nu_tau_bar[1]: expected a number that is not negative, found -40000"),
    "no flux": (XENON, "[4e4, 4e4, 4e4, 0]", "[0, 0, 0, 0]", "source.flux.nu_tau_bar: a tabulated spectrum: expected a positive integral, found none"),
    "no flavours": (XENON, re.findall(r"nu_e = .*\nnu_tau_bar.*\n", XENON)[0], "", "source.flux: expected the flux of one of nu_e, nu_e_bar, nu_mu, nu_mu_bar, nu_tau, nu_tau_bar or more, found none"),
    "negative energy": (XENON, "[2, 9, 20, 30]", "[-2, 9, 20, 30]", "source.energy[0]: expected a number that is not negative, found -2"),
    "energies twice": (XENON, "[2, 9, 20, 30]", "[2, 9, 9, 30]", "source.energy: expected at least two increasing edges"),
    "formula": (ARGON, '"Ar"', '"ar"', "target.formula: cannot read the formula 'ar'"),
    "element": (ARGON, '"Ar"', '"Ax"', "target.formula: unknown element 'Ax'"),
    "lindhard of a compound": (GERMANIUM, '"Ge"', '"CsI"', "detector.quenching.kind: expected polynomial or table for a compound, found 'lindhard'"),
    "lindhard above 1": (GERMANIUM, "value = 0.16", "value = 1.6", "detector.quenching.k: expected a number up to 1, found 1.6"),
    "polynomial of nothing": (ARGON, 'value = [0.25], unit = ["1"]', 'value = [], unit = ["1"]', "detector.quenching.coefficients: expected 1 numbers, found 0"),
    "polynomial without its units": (CAESIUM, '["1", "1/MeV"]', '"1"', "detector.quenching.coefficients.unit: expected ['1', '1/MeV'], found '1'"),
    "long polynomial": (ARGON, "[0.25]", "[1, 2, 3, 4, 5, 6, 7]", "detector.quenching.coefficients: expected six numbers at most, found 7"),
    "quenching points": (XENON, "[0.5, 2, 10]", "[0.5, 2, 2]", "detector.quenching.recoil: expected at least two increasing edges"),
    "no quenching": (XENON, "[0.1, 0.15, 0.2]", "[0, 0, 0]", "detector.quenching.factor: expected a factor above 0, found none"),
    "efficiency above 1": (ARGON, "[0, 0.4, 0.7, 0.9]", "[0, 0.4, 0.7, 1.2]", "detector.efficiency.fraction[3]: expected a number that is not negative up to 1, found 1.2"),
    "logistic without a threshold": (CAESIUM, "[1.3, 0.5, 6.0, -0.3]", "[1.3, 0.5, 6.0, 0.3]", "detector.efficiency.coefficients: expected a > -d > 0, b > 0 and c > 0, found [1.3, 0.5, 6.0, 0.3]"),
    "sigmoid": (XENON, "[0.9, 8, 0.5]", "[0.9, -8, 0.5]", "detector.efficiency.coefficients: expected positive numbers a, b, c, found [0.9, -8.0, 0.5]"),
    "sigmoid above 1": (XENON, "[0.9, 8, 0.5]", "[1.9, 8, 0.5]", "detector: efficiency_a: expected a value from 0 to 1, found 1.9"),
    "half a time efficiency": (CAESIUM, re.findall(r"efficiency_onset.*\n", CAESIUM)[0], "", "signal.time.efficiency_onset: expected { value = a number, unit = 'us' }, found no such entry"),
    "two backgrounds in one": (ARGON, "[backgrounds.slow]", '[backgrounds.slow]\ntotal = { value = 3, unit = "counts" }', "backgrounds.slow: expected one of counts, rate and total, found rate and total"),
    "background of nothing": (ARGON, "[backgrounds.slow]", "[backgrounds.other]\n[backgrounds.slow]", "backgrounds.other: expected one of counts, rate and total, found none of them"),
    "background that is the signal": (ARGON, "[backgrounds.slow]", "[backgrounds.cevns]", "backgrounds.cevns: expected a name other than that of 'cevns_norm', found 'cevns'"),
    "background that is a curve": (ARGON, "[backgrounds.slow]", "[backgrounds.resolution]", "backgrounds.resolution: expected a name other than that of 'resolution_norm', found 'resolution'"),
    "background that is the flux": (ARGON, "[backgrounds.slow]", "[backgrounds.sns_flux]", "backgrounds.sns_flux: expected a name other than that of 'sns_flux_norm', found 'sns_flux'"),
    "background of a bad name": (ARGON, "[backgrounds.slow]", "[backgrounds.Slow]", "backgrounds.Slow: expected a name of lower-case letters, digits and underscores, found 'Slow'"),
    "background given twice": (ARGON, "[backgrounds.slow]", "[backgrounds.flat]", "expected a TOML file, found: Cannot declare ('backgrounds', 'flat') twice"),
    "rate without keV": (CAESIUM, 'total = { value = 70, unit = "counts" }', 'rate = { value = 70, unit = "1/keV/kg/day" }', "backgrounds.neutrons.rate: expected counts or total, as the bins are not in keV, found a rate"),
    "duty factor": (ARGON, "value = 0.001", "value = 1.5", "backgrounds.slow.duty_factor: expected a number up to 1, found 1.5"),
    "negative counts": (CAESIUM, "[50, 40, 30, 0]", "[50, 40, -30, 0]", "backgrounds.steady.counts[2]: expected a number that is not negative, found -30"),
    "counts of other bins": (CAESIUM, "[50, 40, 30, 0]", "[50, 40, 30]", "backgrounds.steady.counts: expected 4 numbers, found 3"),
    "backgrounds that are no table": (GERMANIUM, 'name = "germanium"', 'name = "germanium"\nbackgrounds = 3', "backgrounds: expected a table, found 3"),
    "zero width": (CAESIUM, "width = { value = 0.08", "width = { value = 0", "signal.width: expected a positive number, found 0"),
    "unknown parameter": (CAESIUM, "r_n_cs = ", "r_n_cz = ", "defaults.r_n_cz: expected a parameter of this experiment, found 'r_n_cz' (did you mean 'r_n_cs'?)"),
    "strength moved": (CAESIUM, "[defaults]", '[defaults]\ncevns_norm = { value = 2, unit = "1" }', "defaults.cevns_norm: expected signal.width or the width of a background for a strength, found 'cevns_norm'"),
    "default out of bounds": (CAESIUM, "value = 5.2", "value = 52", "defaults.r_n_cs: r_n_cs: expected a value from 2.2 to 12 fm, found 52"),
    "negative uncertainty": (CAESIUM, "value = 0.002", "value = -0.002", "uncertainties.quenching_a: expected a positive number, found -0.002"),
    "broken TOML": (ARGON, "[target]", "[target", "expected a TOML file, found: Expected ']' at the end of a table declaration"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused(write, what):
    text, old, new, message = BAD[what]
    assert old in text
    path = write(text.replace(old, new, 1))
    with pytest.raises(cj.DataError) as error:
        described(path)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_an_unreadable_file_is_refused(tmp_path):
    with pytest.raises(cj.InputError, match=r"none\.toml: expected a readable file, found: No such file or directory"):
        described(tmp_path / "none.toml")
    with pytest.raises(cj.InputError, match="expected a readable file, found: Is a directory"):
        described(tmp_path)
    with pytest.raises(cj.InputError, match=r"cryocsi-l: expected a readable file, .* \(did you mean 'cryocsi-i'\?\)"):
        described("cryocsi-l")
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(cj.DataError, match=r"binary\.toml: expected a TOML file, found: 'utf-8' codec"):
        described(path)


def test_an_altered_shipped_one_is_refused(tmp_path, monkeypatch):
    import shutil

    root = tmp_path / "data"
    shutil.copytree(data_root(), root)
    path = Path(root / "forecasts/argon-610.toml")
    path.write_text(path.read_text().replace("value = 610", "value = 611"))
    monkeypatch.setenv("CEVNSJAX_DATA", str(root))
    with pytest.raises(cj.DataError, match=r"argon-610\.toml: the file was altered"):
        described("argon-610")


def test_form_factors():
    with pytest.raises(cj.InputError, match="unknown form factor 'hel'"):
        described("argon-610", "hel")
    with pytest.raises(cj.InputError, match="no form factor to choose in apv-cs"):
        resolve(["apv-cs"], "helm")
    assert resolve(["apv-cs", "argon-610"], "unity")[1].counted().target.form_factor == "unity"
    with pytest.raises(cj.InputError, match=r"unknown experiment 'argon-61' \(did you mean 'argon-610'\?\); known: "):
        resolve(["argon-61"])
