"""Bad nuclear input: one line that names the file and the entry, or the argument, exit code 2, and nothing written."""

import dataclasses
import re

import numpy as np
import pytest
from independent_form_factors import helm

import cevnsjax as cj

SMALL = cj.FermiDensity(5.5, 0.5, convention="physical")
NUMBER = '{{ value = {}, unit = "{}", source = "made_up" }}'
SOURCES = '[sources]\nmade_up = "nobody"\n'
Q = np.linspace(0.0, 1.5, 76)
R = np.linspace(0.0, 14.0, 141)


def listed(values, unit):
    return NUMBER.format([float(value) for value in values], unit)


def written(kind, convention="point", **entries):
    lines = [f'kind = "{kind}"', f'convention = "{convention}"', *(f"{key} = {text}" for key, text in entries.items())]
    return "\n".join(lines) + "\n" + SOURCES


FERMI = written("fermi", half_density_radius=NUMBER.format(5.7, "fm"), diffuseness=NUMBER.format(0.5, "fm"))
GAUSSIANS = written(
    "gaussian-sum", radii=listed([1, 5], "fm"), shares=listed([0.2, 0.8], "1"), width=NUMBER.format(1.2, "fm")
)
SERIES = written(
    "fourier-bessel", coefficients=listed([0.06, 0.06, -0.03, -0.02], "1/fm^3"), cutoff_radius=NUMBER.format(9, "fm"),
    normalisation=NUMBER.format(39.83, "1"),
)  # fmt: skip
DENSITY = written(
    "density-table", r=listed(R, "fm"), density=listed(0.1 / (1 + np.exp((R - 5.7) / 0.5)), "1/fm^3"), normalisation=NUMBER.format(83.5, "1")
)  # fmt: skip
FACTOR = written("form-factor-table", q=listed(Q, "1/fm"), F=listed(helm(Q, 4.8), "1"))
BESIDE = written("form-factor-table", table='{ file = "table.csv", source = "made_up" }')
ROWS = "q [1/fm],F [1]\n" + "".join(f"{q!r},{f!r}\n" for q, f in zip(Q.tolist(), helm(Q, 4.8).tolist(), strict=True))
GOOD = {
    "fermi": FERMI,
    "gaussians": GAUSSIANS,
    "series": SERIES,
    "density": DENSITY,
    "factor": FACTOR,
    "beside": BESIDE,
}
FILES = {
    "no kind": (FERMI.replace('kind = "fermi"', ""), "kind: expected a text, found no such key"),
    "wrong kind": (
        FERMI.replace('"fermi"', '"ferm"'),
        "kind: expected one of fermi, .* found 'ferm' \\(did you mean 'fermi'",
    ),
    "no convention": (FERMI.replace('convention = "point"', ""), "convention: expected a text, found no such key"),
    "wrong convention": (
        FERMI.replace('"point"', '"weak"'),
        "convention: expected one of point, charge, physical, found 'weak'",
    ),
    "charge of neutrons": (
        FERMI.replace('"point"', '"charge"'),
        "form factor 133Cs:n: .* a charge density, which is of protons",
    ),
    "no sources": (FERMI.replace(SOURCES, ""), "sources: expected a table, found no such key"),
    "number without a source": (
        FERMI.replace(', source = "made_up"', "", 1),
        "half_density_radius.source: expected value, unit",
    ),
    "source that is none": (
        FERMI.replace('source = "made_up"', 'source = "x"', 1),
        "half_density_radius.source: expected a key of",
    ),
    "source that is no text": (FERMI.replace('"nobody"', "5"), "sources.made_up: expected a text, found 5"),
    "number without a unit": (
        FERMI.replace('unit = "fm", ', "", 1),
        "half_density_radius.unit: expected value, unit and source",
    ),
    "wrong unit": (FERMI.replace('"fm"', '"cm"', 1), "half_density_radius.unit: expected 'fm', found 'cm'"),
    "unknown unit": (FERMI.replace('"fm"', '"fn"', 1), "half_density_radius.unit: expected a known unit"),
    "bare number": (FERMI.replace(NUMBER.format(5.7, "fm"), "5.7"), "half_density_radius: expected a table, found 5.7"),
    "a text for a number": (
        FERMI.replace("5.7", '"5,7"'),
        "half_density_radius: expected a finite number, found '5,7'",
    ),
    "negative radius": (FERMI.replace("5.7", "-5.7"), "half_density_radius: expected a positive number"),
    "infinite": (FERMI.replace("5.7", "inf"), "half_density_radius: expected a finite number, found inf"),
    "missing entry": (
        FERMI.replace(f"diffuseness = {NUMBER.format(0.5, 'fm')}", ""),
        "diffuseness: expected a table, found no such key",
    ),
    "title that is no text": ("title = 5\n" + FERMI, "title: expected a text, found 5"),
    "further entry": ("surface = 1\n" + FERMI, "surface: expected entries among kind, convention"),
    "misspelt entry": (FERMI.replace("diffuseness", "difuseness"), "difuseness: .*did you mean 'diffuseness'"),
    "further part": (
        FERMI.replace("value = 5.7", "value = 5.7, error = 1"),
        "half_density_radius.error: expected value, unit",
    ),
    "of no nucleus": (FERMI.replace("5.7", "25"), "expected an rms radius from 0.5 to 12 fm, found"),
    "no TOML": ("kind: fermi", "expected a TOML file, found"),
    "empty": ("", "kind: expected a text, found no such key"),
    "shares": (GAUSSIANS.replace("0.8", "0.9"), "shares: expected a sum of 1 to 0.001, found 1.1"),
    "lengths": (GAUSSIANS.replace("[0.2, 0.8]", "[1.0]"), "shares: expected 2 numbers, as many as of radii, found 1"),
    "negative share": (
        GAUSSIANS.replace("[0.2, 0.8]", "[-0.2, 1.2]"),
        r"shares\[0\]: expected a number that is not negative",
    ),
    "no list": (GAUSSIANS.replace("[1.0, 5.0]", "1.0"), "radii: expected a list of numbers, found 1.0"),
    "normalisation": (
        SERIES.replace("39.83", "55"),
        "normalisation: expected a density of the stated integral over space, 55",
    ),
    "no normalisation": (SERIES.replace("normalisation =", "uncertainty ="), "uncertainty: expected entries among"),
    "no coefficients": (
        SERIES.replace("[0.06, 0.06, -0.03, -0.02]", "[]"),
        "coefficients: expected a list of 1 numbers",
    ),
    "radii from elsewhere": (DENSITY.replace("[0.0, 0.1,", "[0.05, 0.1,"), r"r\[0\]: expected 0 fm first, found 0.05"),
    "radii that fall": (DENSITY.replace("[0.0, 0.1, 0.2", "[0.0, 0.2, 0.1"), r"r\[2\]: expected increasing numbers"),
    "negative density": (
        DENSITY.replace("value = [0.0999", "value = [-0.0999"),
        r"density\[0\]: expected a density that is not neg",
    ),
    "cut density": (
        written(
            "density-table",
            r=listed(R[:61], "fm"),
            density=listed(0.1 / (1 + np.exp((R[:61] - 5.7) / 0.5)), "1/fm^3"),
            normalisation=NUMBER.format(70, "1"),
        ),
        r"density\[60\]: expected a last density below 0.001 of the largest",
    ),
    "F of another zero": (FACTOR.replace("value = [1.0,", "value = [0.9,"), r"F\[0\]: expected F\(0\) = 1, found 0.9"),
    "q from elsewhere": (FACTOR.replace("value = [0.0,", "value = [0.001,"), r"q\[0\]: expected 0 1/fm first"),
    "F above 1": (
        FACTOR.replace("value = [1.0, 0.99", "value = [1.0, 1.99"),
        r"F\[1\]: expected a form factor from -1 to 1",
    ),
    "F of few points": (
        written("form-factor-table", q=listed(Q[:5], "1/fm"), F=listed(helm(Q[:5], 4.8), "1")),
        "q: expected a list of 10",
    ),
    "coarse table": (
        written("form-factor-table", q=listed(Q[::7], "1/fm"), F=listed(helm(Q[::7], 4.8), "1")),
        "q: expected points close enough",
    ),
    "q that ends too early": (
        written("form-factor-table", q=listed(Q[:21], "1/fm"), F=listed(helm(Q[:21], 4.8), "1")),
        r"form factor 133Cs:n: expected one that is known up to 0\.53\d+ 1/fm, .* found one up to 0\.4 1/fm",
    ),
    "a table twice": (
        BESIDE.replace("table =", f"q = {listed(Q, '1/fm')}\ntable ="),
        "q: expected no entry beside table",
    ),
    "a table without a source": (
        BESIDE.replace(', source = "made_up"', ""),
        "table.source: expected a text, found no such key",
    ),
    "a table with more": (BESIDE.replace("file =", "rows = 5, file ="), "table.rows: expected file and source alone"),
    "a table that is not there": (BESIDE.replace("table.csv", "none.csv"), "none.csv: expected a readable file"),
}
TABLES = {
    "another header": (
        ROWS.replace("q [1/fm]", "q [1/MeV]"),
        r"table.csv: header: expected q \[1/fm\],F \[1\], found q \[1/MeV\],F",
    ),
    "no header": ("", "table.csv: header: .* found an empty table"),
    "three numbers": (ROWS.replace("\n0.02,", "\n0.02,5,", 1), "table.csv, line 3: expected 2 numbers, found 3"),
    "no number": (ROWS.replace("\n0.02,", "\nx,", 1), r"table.csv, line 3: q \[1/fm\]: expected a number, found 'x'"),
    "not a number": (ROWS.replace("\n0.02,", "\nnan,", 1), r"table.csv, line 3: q \[1/fm\]: expected a finite number"),
    "a row twice": (
        ROWS.replace("\n0.02,", "\n0.0,0.9\n0.02,", 1),
        r"neutrons.toml: q\[1\]: expected increasing numbers",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_files_that_are_right(name, tmp_path):
    (tmp_path / "table.csv").write_text("# of nobody\n" + ROWS)
    (tmp_path / "neutrons.toml").write_text(GOOD[name])
    shape = cj.nuclear_input(tmp_path / "neutrons.toml")
    assert 4.0 < float(shape.rms_radius) < 5.0
    made = cj.measurements.coherent_csi_2021(form_factor=f"133Cs:n={tmp_path / 'neutrons.toml'}")
    assert made.counted().target.written == f"133Cs:n={tmp_path / 'neutrons.toml'}"


def refused(run, tmp_path, message):
    before = sorted(tmp_path.iterdir())
    code, out, error = run("predict", "coherent-csi-2021", "--form-factor", "133Cs:n=neutrons.toml")
    assert code == 2
    assert out == ""
    assert error.count("\n") == 1
    assert re.search(message, error), error
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", FILES)
def test_bad_files(name, run, tmp_path):
    text, message = FILES[name]
    (tmp_path / "neutrons.toml").write_text(text)
    refused(run, tmp_path, message)


@pytest.mark.parametrize("name", TABLES)
def test_bad_tables(name, run, tmp_path):
    text, message = TABLES[name]
    (tmp_path / "neutrons.toml").write_text(BESIDE)
    (tmp_path / "table.csv").write_text(text)
    refused(run, tmp_path, message)


def test_bytes_and_folders(run, tmp_path):
    (tmp_path / "neutrons.toml").write_bytes(b"\xff\xfe")
    refused(run, tmp_path, "neutrons.toml: expected a TOML file")
    (tmp_path / "neutrons.toml").write_text(BESIDE)
    (tmp_path / "table.csv").write_bytes(b"\xff\xfe")
    refused(run, tmp_path, "table.csv: expected a text in UTF-8")
    (tmp_path / "neutrons.toml").unlink()
    refused(run, tmp_path, "neutrons.toml: expected a readable file")
    (tmp_path / "neutrons.toml").mkdir()
    refused(run, tmp_path, "neutrons.toml: expected a readable file, found: Is a directory")


def test_a_function_of_numpy_whose_radius_is_free():
    """It gives counts at fixed radii, and an error that says what it takes where the radius is fitted."""
    own = {
        "133Cs:n": cj.FormFactorOfRadius(
            lambda q, r: np.exp(-((np.asarray(q) * r) ** 2) / 6), 4.9, convention="physical"
        )
    }
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor=own)])
    assert likelihood.fit(free=["sin2_theta_w"]).converged
    with pytest.raises(cj.InputError, match=r"a function of the radius that is written with jax\.numpy"):
        likelihood.fit(free=["r_n_cs"])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"133Sc": SMALL}, "unknown nuclide '133Sc'"),
        ({"Cs133": SMALL}, "expected a nuclide or an element, with :n or :p .* found the text 'Cs133'"),
        ({"133Cs:x": SMALL}, "found the text '133Cs:x'"),
        ({5: SMALL}, "expected a nuclide or an element"),
        ({"40Ar": SMALL}, r"form factor 40Ar: expected a nuclide or element of the target \(133Cs, Cs, 127I, I\)"),
        ({"133Cs": 5}, "form factor 133Cs: expected a name, a file, or a distribution .* found 5"),
        ({"133Cs": np.cos}, "found an object of the class ufunc"),
        ({"133Cs": "hel"}, r"found 'hel' \(did you mean 'helm'\?\)"),
        ({"133Cs": "none.toml"}, "none.toml: expected a readable file"),
        ({"others": SMALL}, "form factor others: expected a name"),
        ({"others": "hel"}, "unknown form factor 'hel'"),
        ({"133Cs": dataclasses.replace}, "expected a name, a file"),
        ({"133Cs": cj.FermiDensity(5.7, 0.5, convention="charge")}, "a charge density, which is of protons: 133Cs:p"),
        ({"133Cs:n": cj.FermiDensity(5.7, 0.5, convention="charge")}, "which is of protons: 133Cs:p"),
        ("helm,unity", "expected one name for all other nuclides, found helm and unity"),
        ("133Cs:n=helm,133Cs:n=unity", "form factor 133Cs:n: expected one, found it twice"),
        ("133Cs:n=", "form factor 133Cs:n: expected KEY=NAME or KEY=FILE"),
        ("=helm", "expected a nuclide or an element"),
        (7, "form_factor: expected a text or a dictionary such as .* found 7"),
        (None, "form_factor: expected a text or a dictionary"),
    ],
)  # fmt: skip
def test_choices_that_are_none(choice, message):
    with pytest.raises(cj.InputError, match=message):
        cj.measurements.coherent_csi_2021(form_factor=choice)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: cj.FermiDensity(-5.7, 0.5, convention="point"), r"half_density_radius: expected a positive number \[fm\]"),
        (lambda: cj.FermiDensity(5.7, 0.0, convention="point"), "diffuseness: expected a positive number"),
        (lambda: cj.FermiDensity(5.7, 6.0, convention="point"), "diffuseness: expected one below"),
        (lambda: cj.FermiDensity(5.7, 0.5, -2.0, convention="point"), "w: expected a number from -1 to 10"),
        (lambda: cj.FermiDensity(20.0, 0.5, convention="point"), "expected an rms radius from 0.5 to 12 fm"),
        (lambda: cj.FermiDensity(5.7, 0.5, convention="weak"), "convention: expected one of point, charge, physical"),
        (lambda: cj.FermiDensity(5.7, float("nan"), convention="point"), "diffuseness: expected a positive number"),
        (lambda: cj.GaussianSum([1.0, 2.0], [0.5, 0.6], 1.0, convention="point"), "shares: expected a sum of 1"),
        (lambda: cj.GaussianSum([1.0, 2.0], [0.5], 1.0, convention="point"), "shares: expected 2 numbers"),
        (lambda: cj.GaussianSum([-1.0], [1.0], 1.0, convention="point"), r"radii\[0\]: expected a number that is not neg"),
        (lambda: cj.FourierBessel([-0.1], 9.0, normalisation=1, convention="point"), "positive integral over space"),
        (lambda: cj.FourierBessel([], 9.0, normalisation=1, convention="point"), "coefficients: expected a list of 1 num"),
        (lambda: cj.FourierBessel([np.inf], 9.0, normalisation=1, convention="point"), r"coefficients\[0\]: expected a fin"),
        (lambda: cj.FourierBessel([0.1, 0.1], 9.0, normalisation=8, convention="point"), "normalisation: expected a dens"),
        (lambda: cj.TabulatedDensity([0, 1], [1, 0], normalisation=1, convention="point"), "radii: expected a list of 10"),
        (lambda: cj.TabulatedFormFactor(np.arange(10), np.zeros(10), convention="point"), r"expected F\(0\) = 1, found 0"),
        (lambda: cj.TabulatedFormFactor(np.linspace(0, 1, 10), np.ones(10), convention="point"), "rms radius from 0.5"),
        (lambda: cj.TabulatedFormFactor(np.linspace(0, 2, 10), helm(np.linspace(0, 2, 10), 5), convention="point"), "close enough"),
        (lambda: cj.FormFactorFunction(lambda q: 2 - q, convention="point"), r"function: expected F\(0\) = 1, found 2"),
        (lambda: cj.FormFactorFunction(lambda q: 1 - abs(q - 1) + 1, convention="point"), r"smooth up to 3 1/fm"),
        (lambda: cj.FormFactorFunction(lambda q: 1.0, convention="point"), r"expected an array of the shape \(1,\)"),
        (lambda: cj.FormFactorFunction(lambda q: np.exp(-q * q) / (q != 0), convention="point"), "expected finite values"),
        (lambda: cj.FormFactorFunction(lambda q: q.nothing, convention="point"), "has no attribute 'nothing'"),
        (lambda: cj.FormFactorFunction("helm", convention="point"), "function: expected something to call, found 'helm'"),
        (lambda: cj.FormFactorOfRadius(lambda q, r: np.exp(-((q * r) ** 2) / 3), 4.8, convention="point"), "R² times 2"),
        (lambda: cj.FormFactorOfRadius(lambda q, r, more: q, 4.8, convention="point"), "found an error: .* positional argument"),
    ],
)  # fmt: skip
def test_distributions_that_are_none(make, message):
    with np.errstate(all="ignore"), pytest.raises(cj.InputError, match=message):
        make()
