"""`cevnsjax forecast`, and the other commands on experiments that are described in a file."""

import dataclasses
import json

import pytest

from cevnsjax._base.data_files import data_root
from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.measurements import shipped

CRYO = "cryocsi-i"


@pytest.fixture
def mine(tmp_path):
    """A description of one's own: cryocsi-i under another name, beside the folder that commands run in."""
    folder = tmp_path.parent / f"{tmp_path.name}-files"
    folder.mkdir()
    path = folder / "mine.toml"
    path.write_text((data_root() / "forecasts" / f"{CRYO}.toml").read_text().replace(f'"{CRYO}"', '"mine"'))
    return path


def keys(content, depth=2):
    return {k: keys(v, depth - 1) if isinstance(v, dict) and depth else None for k, v in content.items()}


def test_json_is_that_of_fit(run, mine):
    asked = ("--free", "sin2_theta_w", "--set", "r_n_cs=5.06,r_n_i=5.06", "--cl", "95", "--json")
    code, out, _ = run("forecast", CRYO, *asked)
    assert code == 0
    found = json.loads(out)
    code, out, _ = run("fit", "coherent-csi-2021", *asked)
    assert code == 0
    fitted = json.loads(out)
    assert keys(found, 0) == keys(fitted, 0)
    assert keys(found["parameters"]) == keys(fitted["parameters"])
    assert set(found["parameters"]["sin2_theta_w"]["interval"]) == {"68.27", "90", "95", "95.45", "99.73"}
    assert found["measurements"] == [CRYO]
    assert found["chi2_min"] == pytest.approx(0, abs=1e-8)
    assert found["parameters"]["sin2_theta_w"]["value"] == pytest.approx(0.23863, abs=1e-6)
    assert set(found["nuisances"]) == {"cevns_norm", "ss_norm"}
    assert found["nuisances"]["cevns_norm"] == {
        "value": pytest.approx(1), "error": pytest.approx(0.062, rel=0.1), "prior": [1.0, 0.062],
    }  # fmt: skip
    code, out, _ = run("forecast", str(mine), *asked)
    assert code == 0
    own = json.loads(out)
    assert own["measurements"] == ["mine"]
    assert own["parameters"]["sin2_theta_w"]["error"] == pytest.approx(found["parameters"]["sin2_theta_w"]["error"])


def test_of_measurements_and_files_together(run):
    """Strengths keep to their experiment; the radius that the description sets holds for both; --set moves the truth."""
    names = (CRYO, "apv-cs")
    code, out, _ = run("forecast", *names, "--free", "r_n_cs", "--set", "r_n_cs=5.2", "--json")
    assert code == 0
    both = json.loads(out)
    assert both["measurements"] == [CRYO, "apv-cs"]
    assert both["parameters"]["r_n_cs"]["value"] == pytest.approx(5.2, abs=1e-4)
    assert both["fixed"]["r_n_i"] == 5.06


def test_other_commands_take_descriptions(run, mine, tmp_path):
    code, out, _ = run("predict", str(mine), "--json")
    assert code == 0
    predicted = json.loads(out)
    assert predicted["quadrature_error"] < 1e-7
    assert sum(map(sum, predicted["observed"])) == pytest.approx(sum(predicted["total"].values()))
    code, out, _ = run("parameters", str(mine), "--json")
    assert code == 0
    assert json.loads(out)["parameters"]["r_n_i"]["default"] == 5.06
    assert "arXiv:2303.09360, section IV" in run("cite", CRYO)[1]


def test_figure_and_profile(run, tmp_path, looks_drawn):
    code, out, _ = run("forecast", CRYO, "--free", "cevns_norm", "--plot", "forecast.png")
    assert code == 0
    assert "prior dropped, because fitted: cevns_norm" in out
    assert "chi2 = 0.00 for 98 degrees of freedom" in out
    assert looks_drawn(tmp_path / "forecast.png")
    code, out, _ = run("profile", CRYO, "--free", "cevns_norm", "--range=0.9:1.1", "--points", "3", "--json")
    assert code == 0
    left, centre, right = json.loads(out)["chi2"]
    assert centre == pytest.approx(0, abs=1e-8)
    assert min(left, right) > 1


def test_a_forecast_that_does_not_converge_has_exit_code_3(run, monkeypatch):
    def give_up(*arguments):
        return dataclasses.replace(best_fit(*arguments), converged=False, message="did not converge: gave up")

    monkeypatch.setattr("cevnsjax.joint.likelihood.best_fit", give_up)
    code, out, err = run("forecast", CRYO, "--free", "cevns_norm", "--json")
    assert code == 3
    assert json.loads(out)["converged"] is False
    assert err.endswith("cevnsjax: did not converge: gave up\n")


BAD = [
    (["forecast", "cryocsi-l"], "unknown experiment 'cryocsi-l' (did you mean 'cryocsi-i'?); known: "),
    (["forecast", "none.toml"], "none.toml: expected a readable file, found: No such file or directory"),
    (["forecast", CRYO, CRYO], "expected experiments of different names, found 'cryocsi-i' more than once"),
    (["forecast", CRYO, "--free", "sin2_theta"], "unknown parameter 'sin2_theta' (did you mean 'sin2_theta_w'?)"),
    (["forecast", CRYO, "--set", "r_n_cs=50"], "r_n_cs: expected a value from 2.2 to 12 fm, found 50"),
    (["forecast", CRYO, "--form-factor", "hel"], "unknown form factor 'hel' (did you mean 'helm'?)"),
    (["forecast", "apv-cs", "--form-factor", "helm"], "no form factor to choose in apv-cs, found 'helm'"),
    (["forecast", CRYO, "--plot", "missing/x.png"], "cannot draw to 'missing/x.png': there is no folder 'missing'"),
    (["predict", "cryocsi-l"], "unknown experiment 'cryocsi-l' (did you mean 'cryocsi-i'?)"),
    (["forecast"], "Missing argument"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a) for a, _ in BAD])
def test_bad_input(run, tmp_path, arguments, message):
    code, out, err = run(*arguments, "--json")
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("cevnsjax: ")
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_a_bad_file(run, mine, tmp_path, monkeypatch):
    """One line, nothing written, and nothing compiled."""
    monkeypatch.setattr("cevnsjax.inference.minimise.solver.Solver.__init__", lambda *_: pytest.fail("compiled"))
    mine.write_text(mine.read_text().replace('mass = { value = 10, unit = "kg"', 'mass = { value = 10, unit = "g"'))
    code, out, err = run("forecast", str(mine), "--free", "sin2_theta_w", "--plot", "x.png")
    assert (code, out) == (2, "")
    assert err == f"cevnsjax: {mine}: target.mass.unit: expected 'kg', found 'g'\n"
    assert list(tmp_path.iterdir()) == []


def test_the_shipped_ones_are_listed(run):
    assert set(shipped()) == {"argon-610", "cryocsi-i", "cryocsi-ii", "germanium-reactor"}
    listed = run("measurements")[1]
    for name in shipped():
        assert name in listed
