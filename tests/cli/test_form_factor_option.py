"""A nuclear density of the user's on the command line: the same counts as in Python, and the command that repeats it."""

import json

import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj

TEXT = """
kind = "form-factor-table"
convention = "point"
table = { file = "cs.csv", source = "fermi" }
[sources]
fermi = "a Fermi density with c = 5.7 fm and a = 0.5 fm"
"""
DENSITY = cj.FermiDensity(5.7, 0.5, convention="point")


@pytest.fixture
def file(tmp_path):
    q = np.linspace(0.0, 0.8, 161)
    rows = zip(q.tolist(), DENSITY.unstretched(q).tolist(), strict=True)
    (tmp_path / "cs.csv").write_text("q [1/fm],F [1]\n" + "".join(f"{q!r},{f!r}\n" for q, f in rows))
    (tmp_path / "cs.toml").write_text(TEXT)
    return tmp_path / "cs.toml"


def test_predict(run, file):
    """By a table of the density: to 1e-8, its spline's error."""
    own = {"133Cs:n": DENSITY, "others": "klein-nystrand"}
    expected = (
        cj.Likelihood([cj.measurements.coherent_csi_2021(form_factor=own)]).predict()[0].as_dict()["total"]["cevns"]
    )
    choice = ("--form-factor", "klein-nystrand", "--form-factor", "133Cs:n=cs.toml")
    code, out, _ = run("predict", "coherent-csi-2021", "--json", "--out", "made.json", *choice)
    assert code == 0
    assert_close(json.loads(out)["total"]["cevns"], expected, 1e-7, "a cubic between the points of a table")
    code, out, _ = run("show", "made.json", "--json")
    shown = json.loads(out)
    assert shown["form_factors"] == {"coherent-csi-2021": f"klein-nystrand,133Cs:n={file}"}
    code, out, _ = run("show", "made.json")
    assert f"--form-factor klein-nystrand --form-factor 133Cs:n={file}" in out
    assert_close(cj.load("made.json").as_dict()["total"]["cevns"], expected, 1e-7, "the same")


def test_parameters(run, file):
    """The default is the physical radius of the density, the bound where the table ends."""
    code, out, _ = run("parameters", "coherent-csi-2021", "csre-cs", "--form-factor", "133Cs:n=cs.toml", "--json")
    assert code == 0
    radius = json.loads(out)["parameters"]["r_n_cs"]
    assert_close(
        radius["default"], np.hypot(float(DENSITY.rms_radius), 0.8409), 1e-6, "the slope of a spline at its end"
    )
    assert 7.0 < radius["bounds"][1] < 7.4


def test_help(run):
    code, out, _ = run("predict", "--help")
    assert code == 0
    assert "133Cs:n=cs.toml" in "".join(out.split())
