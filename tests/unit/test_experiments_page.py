"""The page on experiments: its example is read, checked and fitted, and so is what it shows beside it."""

import json
import re
from pathlib import Path

import independent_forecast
import numpy as np
import pytest
from experiment_texts import GERMANIUM
from independent_rates import NUCLIDES
from scipy.special import kl_div
from tolerance import assert_close

import cevnsjax as cj

PAGE = (Path(__file__).parents[2] / "docs/experiments.md").read_text()
EXAMPLE, PARTS, STRENGTH, RUNS, TEMPLATES = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
ISOTOPES = re.sub(r"(?m)^    ", "", PAGE[PAGE.index("    [target]\n") : PAGE.index("\nA number behind a symbol")])

ENERGY, FRACTION = [0, 4, 8, 14, 40], [0, 0.3, 0.7, 0.9, 0.9]
STEADY = [12.5, 8.0, 6.25, 5.0]
COUNTS = np.array([[31, 20, 22], [18, 15, 12], [9, 11, 10], [4, 3, 6]])
WINTER = np.array([[22, 31], [9, 17]])
SUMMER = np.array([[25, 30], [14, 22], [8, 9]])


def table(path, names, columns):
    rows = zip(*columns, strict=True)
    path.write_text("\n".join([",".join(names), *(",".join(map(str, row)) for row in rows)]) + "\n")


def times(*names):
    return [f"{name} [counts]" for name in names]


@pytest.fixture
def folder(tmp_path):
    """Write the example with tables of our own, all those that it names."""
    path = tmp_path / "my-argon"
    path.mkdir()
    (path / "experiment.toml").write_text(EXAMPLE)
    table(path / "efficiency.csv", ["energy [keV]", "efficiency [fraction]"], [ENERGY, FRACTION])
    table(path / "steady.csv", ["events [counts]"], [STEADY])
    table(path / "counts.csv", times("t_0_1", "t_1_2", "t_2_4"), COUNTS.T)
    assert {f.name for f in path.iterdir()} == {"experiment.toml", *re.findall(r'table = "([^"]+)"', EXAMPLE)}
    return path


def expected_signal(path):
    """Return the signal of the second implementation, which takes numbers in place of tables and no data."""
    text = EXAMPLE.partition("[data]")[0]
    for name, column, values, unit in (
        ("efficiency", "energy", ENERGY, "keV"),
        ("efficiency", "efficiency", FRACTION, "1"),
        ("steady", "events", STEADY, "counts"),
    ):
        entry = f'{{ table = "{name}.csv", column = "{column}" }}'
        assert entry in text
        text = text.replace(entry, f'{{ value = {values}, unit = "{unit}" }}')
    path.write_text(text)
    return independent_forecast.expected(path)


def test_the_example(folder, tmp_path, run):
    """`check` finds no fault, the counts are those of the tables, the signal that of the second implementation."""
    code, printed, _ = run("check", str(folder), "--json")
    content = json.loads(printed)
    assert (code, content["problems"], content["warnings"]) == (0, [], [])
    assert content["nuisances"] == {"cevns_norm": "1 ± 0.12", "steady_norm": "1 ± 0.03"}

    measurement = cj.measurement(folder)
    np.testing.assert_array_equal(measurement.observed, COUNTS)
    assert measurement.references == ("Our data release, doi:…",)
    likelihood = cj.Likelihood([measurement])
    (prediction,) = likelihood.predict()
    steady = np.outer(STEADY, np.array([1, 1, 2]) / 4)
    assert_close(prediction.counts["steady"], steady)
    why = "the quadrature of the engine, see quadrature_error; knots of the arrival times every 10 ns"
    expected = expected_signal(tmp_path / "numbers.toml")["cevns"]
    assert_close(prediction.counts["cevns"], expected, 1e-7, why, scale=np.maximum(expected, 1e-6 * expected.max()))

    fit = likelihood.fit(free=["cevns_norm"])
    assert fit.converged
    signal, norm, level = prediction.counts["cevns"], fit.values["cevns_norm"], fit.values["steady_norm"]
    slope = 1 - COUNTS / (norm * signal + level * steady)  # at a minimum of 2 Σ [μ - n ln μ] + ((η - 1)/0.03)²
    gradient = [np.sum(slope * signal), np.sum(slope * steady) + (level - 1) / 0.03**2]
    assert_close(gradient, [0, 0], 1e-6, "the end of the minimiser", scale=COUNTS.sum())


def width(likelihood, name, moving=()):
    """Return the width of a constraint while some parameters are fitted."""
    constraint = likelihood.constraints(frozenset(moving))[name]
    assert constraint is not None
    return constraint.width


def test_the_parts_of_a_strength(folder):
    """10 % and 3.4 % in quadrature; the form factor leaves where the radius is fitted, the flux where it is shared."""
    text = re.sub(r"\[signal\]\nwidth = .*\n", lambda _: PARTS, EXAMPLE)
    assert text.count("form_factor") == 1
    (folder / "experiment.toml").write_text(text)
    likelihood = cj.Likelihood([str(folder)])
    assert_close(width(likelihood, "cevns_norm"), np.hypot(0.10, 0.034))
    assert_close(width(likelihood, "cevns_norm", {"r_n_ar"}), 0.10)
    joint = cj.Likelihood([str(folder), "coherent-csi-2021"])
    assert joint.shared == {"sns_flux_norm": ["my-argon", "coherent-csi-2021"]}
    assert width(joint, "sns_flux_norm") == 0.10


def one_run(folder, name, energy, counts, protons):
    """Write a folder of one run alone, with the same tables."""
    text = with_runs().partition("[runs.")[0].replace("1.4e23", protons)
    text = text.replace("parts =", f'energy = {{ value = {energy}, unit = "keV" }}\nparts =')
    (folder / f"{name}.toml").write_text(f"{text}[data]\ncounts = {counts}\n")
    return cj.measurement(folder / f"{name}.toml")


def with_runs():
    """Return the example with the runs of the page, two bins of time and a background that any run can have."""
    text = EXAMPLE.partition("[data]")[0]
    text = re.sub(r"(?m)^energy = \{ value = \[4.*\n", "", text).replace("[0, 1, 2, 4]", "[0, 1, 4]")
    steady = 'total = { value = 40, unit = "counts" }\nenergy = "flat"'
    return text.replace('counts = { table = "steady.csv", column = "events" }', steady) + RUNS


def test_runs(folder):
    """Two runs are what each is alone, side by side, with one strength of the background of both."""
    table(folder / "counts_summer.csv", times("t_0", "t_1"), SUMMER.T)
    table(folder / "counts_winter.csv", times("t_0", "t_1"), WINTER.T)
    (folder / "experiment.toml").write_text(with_runs())
    both = cj.measurement(folder)
    np.testing.assert_array_equal(both.observed, np.concatenate([SUMMER, WINTER]))
    counts = {run: f'{{ table = "counts_{run}.csv", columns = ["t_0", "t_1"] }}' for run in ("summer", "winter")}
    alone = [
        one_run(folder, "summer", [4, 6, 9, 13], counts["summer"], "1.4e23"),
        one_run(folder, "winter", [5, 8, 12], counts["winter"], "1.2e23"),
    ]
    (prediction,) = cj.Likelihood([both]).predict({"steady_norm": 1.2})
    separate = [cj.Likelihood([run]).predict({"steady_norm": 1.2})[0] for run in alone]
    for component, found in prediction.counts.items():
        assert_close(found, np.concatenate([run.counts[component] for run in separate]))
    chi2 = sum(cj.Likelihood([run]).chi2() for run in alone)
    assert_close(cj.Likelihood([both]).chi2(), chi2)


def test_isotopes(tmp_path):
    """Counts go with the atoms of each isotope: shares times the mass of an atom over its mean."""
    shares = {"76Ge": 0.87, "74Ge": 0.13}

    def signal(target):
        text = re.sub(r"\[target\]\n(?:(?!\[).*\n)*", lambda _: target, GERMANIUM)
        (tmp_path / "experiment.toml").write_text(text)
        return cj.Likelihood([str(tmp_path)]).predict()[0].counts["cevns"]

    atoms = {name: NUCLIDES[name]["atomic_mass"]["value"] for name in shares}
    mean = sum(share * atoms[name] for name, share in shares.items())
    pure = {name: signal(f'[target]\nformula = "{name}"\nmass = {{ value = 2, unit = "kg" }}\n') for name in shares}
    expected = sum(share * atoms[name] / mean * pure[name] for name, share in shares.items())
    assert_close(signal(ISOTOPES), expected, 1e-9, "nodes of the recoil energy that are those of the lightest nucleus")


def test_a_measured_strength(folder):
    """The signal relative to the Standard Model, 1.00 ± 0.10 ± 0.12, of which the flux of the source is 0.10."""
    text = EXAMPLE.partition("[data]")[0]
    text = re.sub(r"(?ms)^\[signal\]\n.*?(?=^\[)", lambda _: STRENGTH + "\n", text)
    text = re.sub(r"(?ms)^\[backgrounds\..*?(?=^\[|\Z)", "", text)
    (folder / "experiment.toml").write_text(text)
    likelihood = cj.Likelihood([str(folder)])
    assert_close(likelihood.predict()[0].total, [1.0])
    fit = likelihood.fit(free=["sin2_theta_w"])
    assert fit.converged
    assert_close(fit.chi2, 0.0, 1e-12, "the end of the minimiser; at its default the number is 1", scale=1.0)
    assert_close(likelihood.chi2({"cevns_norm": 1.2}), (0.2 / 0.10) ** 2 + (0.2 / 0.12) ** 2)
    assert cj.Likelihood([str(folder), "coherent-csi-2021"]).shared == {
        "sns_flux_norm": ["my-argon", "coherent-csi-2021"]
    }


def test_templates_alone(tmp_path):
    """Beyond ±1 templates follow a straight line and factors an exponential (codes 4p and 4 of HistFactory)."""
    signal, background, up, down = [3.0, 5.0, 2.0], [20.0, 30.0, 25.0], [22.0, 31.0, 24.0], [19.0, 28.0, 26.0]
    observed = np.array([24.0, 37.0, 26.0])
    names = [f"{name} [counts]" for name in ("observed", "signal", "background", "background_up", "background_down")]
    rows = [observed, signal, background, up, down, [0.05, 0.02, 0.0]]
    table(tmp_path / "counts.csv", [*names, "relative_error [1]"], rows)
    (tmp_path / "experiment.toml").write_text(TEMPLATES)
    likelihood = cj.Likelihood([str(tmp_path)])
    values = {"mu": 0.5, "scale": 2.0, "rate": 2.0, "statistical_1": 1.1}
    (prediction,) = likelihood.predict(values)
    moved = np.array(background) + 2.0 * (np.array(up) - background)
    expected = 0.5 * np.array(signal) + moved * 1.1**2 * [1.1, 1.0, 1.0]
    assert_close(prediction.total, expected)
    pulls = 2.0**2 + 2.0**2 + (0.1 / 0.05) ** 2
    assert_close(likelihood.chi2(values), 2.0 * kl_div(observed, expected).sum() + pulls)
    assert likelihood.fit(free=["mu"]).converged
