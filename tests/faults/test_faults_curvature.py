"""Errors beside right intervals: directions the data do not see, couplings at zero, bounds, nothing to fit."""

import json

import jax
import numpy as np
import pytest
from experiment_texts import DECAYS, IODIDE_RESPONSE, target

import cevnsjax as cj

CONUS = "conus-plus-2025"
ERROR = 106.0
"""CONUS+ counted 395 ± 106 events (arXiv:2501.05206): the error of the events, whatever is fitted to that number."""
FORECAST = (
    """
name = "small-detector"
title = "20 kg of caesium iodide at a spallation source"
"""
    + DECAYS
    + target("CsI", 20)
    + IODIDE_RESPONSE
    + """
[binning]
energy = { value = [0, 8, 16, 24, 40, 60], unit = "PE" }
[backgrounds.steady]
total = { value = 300, unit = "counts" }
energy = { kind = "exponential", scale = { value = 20, unit = "PE" } }
width = { value = 0.02, unit = "1" }
[signal]
width = { value = 0.08, unit = "1" }
"""
)


@pytest.fixture
def result(command):
    """Run a command with --json that ends with exit code 0; return its JSON."""

    def run(*arguments):
        code, out, err = command(*arguments, "--json")
        assert code == 0, err
        return json.loads(out)

    return run


def test_parameter_that_the_data_do_not_see(result):
    """Reactors have no muon and no tau neutrinos."""
    found = result(
        "fit", CONUS, "--interaction", "nsi", "--free", "eps_ee_u,eps_mumu_u", "--tie", "eps_tautau_d=eps_mumu_u"
    )
    (events,) = found["events"][CONUS].values()
    assert events["error"] == pytest.approx(ERROR, rel=1e-4)
    assert found["unconstrained"] == ["eps_mumu_u"]
    assert "do not constrain eps_mumu_u" in found["message"]
    assert found["parameters"]["eps_ee_u"]["hessian_error"] > 0
    assert found["parameters"]["eps_mumu_u"]["hessian_error"] is None
    assert found["parameters"]["eps_tautau_d"]["hessian_error"] is None
    assert found["parameters"]["eps_mumu_u"]["interval"]["68.27"] == [[-10.0, 10.0]]
    assert found["nuisances"]["cevns_norm"]["error"] == pytest.approx(0.17, rel=1e-3)
    section = found["flux_averaged_cross_section"][CONUS]
    assert section["error"] / section["value"] == pytest.approx(ERROR / 395.0, rel=1e-2)


def test_combination_that_the_data_do_not_see(result):
    """One number says nothing of two couplings but one combination; that has the error of the one alone."""
    found = result("fit", CONUS, "--interaction", "nsi", "--free", "eps_ee_u,eps_ee_d")
    (events,) = found["events"][CONUS].values()
    assert events["error"] == pytest.approx(ERROR, rel=1e-4)
    assert [parameter["hessian_error"] for parameter in found["parameters"].values()] == [None, None]
    (combination,) = found["unconstrained"]
    assert "eps_ee_u" in combination
    assert "eps_ee_d" in combination
    # With the combination constrained, everything is known, and the events as well as before.
    again = result(
        "fit", CONUS, "--interaction", "nsi", "--free", "eps_ee_u,eps_ee_d", "--constrain", f"{combination}=0,0.1"
    )
    assert again["unconstrained"] == []
    assert all(parameter["hessian_error"] > 0 for parameter in again["parameters"].values())
    (events,) = again["events"][CONUS].values()
    assert events["error"] == pytest.approx(ERROR, rel=1e-3)


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    path = tmp_path_factory.mktemp("detector") / "small.toml"
    path.write_text(FORECAST)
    return path


def test_coupling_at_zero(result, detector):
    """The error of the events is that without the coupling, which has no slope there; a region apart is not lost."""
    vector = ("--interaction", "light-vector:universal", "--set", "m_zp=100")
    found = result("forecast", detector, *vector, "--free", "g_zp")
    plain = result("forecast", detector)
    assert found["held"].keys() == {"g_zp"}
    assert plain["held"] == {}
    for component, events in plain["events"]["small-detector"].items():
        assert found["events"]["small-detector"][component]["error"] == pytest.approx(events["error"], rel=1e-3)
    for name, nuisance in plain["nuisances"].items():
        assert found["nuisances"][name]["error"] == pytest.approx(nuisance["error"], rel=1e-3)
    assert found["parameters"]["g_zp"]["hessian_error"] is None
    # The amplitude falls as 1 - g²/g0²: the counts of the Standard Model come again at sqrt(2) g0, with none at g0.
    pieces = found["parameters"]["g_zp"]["interval"]["99.73"]
    assert len(pieces) == 2
    centre = sum(pieces[1]) / 2
    standard, again, none = (
        result("predict", detector, *vector, "--set", f"g_zp={coupling}")["total"]["cevns"]
        for coupling in (0.0, centre, centre / np.sqrt(2.0))
    )
    assert again == pytest.approx(standard, rel=0.1)
    assert none < 0.05 * standard


def test_parameter_at_a_bound(result, detector):
    """What is left of the events without the one at its bound keeps its error; what depends on it alone has none."""
    found = result("forecast", detector, "--require", "steady_norm<=0.99")
    assert found["held"] == {"steady_norm": "at a bound"}
    assert found["nuisances"]["steady_norm"]["error"] is None
    events = found["events"]["small-detector"]
    assert events["steady"]["error"] is None
    fixed = result("forecast", detector, "--set", "steady_norm=1")
    assert events["cevns"]["error"] == pytest.approx(fixed["events"]["small-detector"]["cevns"]["error"], rel=2e-2)
    assert fixed["events"]["small-detector"]["steady"]["error"] == 0.0


def test_coupling_that_nothing_sees(result):
    """Electron antineutrinos have no magnetic moment of the muon's: its bound at zero is not what keeps it there."""
    found = result("fit", CONUS, "--interaction", "magnetic-moment", "--free", "magnetic_moment_mu")
    assert found["unconstrained"] == ["magnetic_moment_mu"]
    assert found["held"] == {}
    assert found["parameters"]["magnetic_moment_mu"]["hessian_error"] is None


@pytest.mark.parametrize(
    ("names", "model"),
    [
        (["csre-cs"], ["nsi"]),
        (["apv-cs", "prex-ii"], ["light-vector:B-L"]),
        (["crex"], ["magnetic-moment"]),
        (["apv-cs"], ["sterile-oscillation"]),
        (["apv-cs"], ["dipole-portal"]),
        (["coherent-lar-2020"], ["axial"]),
        (["coherent-lar-2020"], ["tensor:spin"]),
        (["argon-610"], ["pseudoscalar"]),
    ],
)
def test_model_that_changes_nothing(refused, names, model):
    """Nuclei without spin, and numbers that no neutrino is in."""
    command = "forecast" if "argon-610" in names else "fit"
    refused(command, *names, "--interaction", *model, words=(names[0], model[0], "changes nothing"))


def test_models_that_change_something(result):
    """One measurement is enough, and electrons have a spin where nuclei have none."""
    found = result("fit", "apv-cs", CONUS, "--interaction", "light-vector:B-L")
    assert found["converged"]
    likelihood = cj.Likelihood([cj.measurements.lz_er()], cj.model("axial"))
    assert "g_axial" in likelihood.parameters


def test_constraint_on_what_is_fixed(result):
    """It adds its constant to χ²: of a hypothesis, what it costs."""
    asked = ("fit", "apv-cs", "--free", "sin2_theta_w", "--set", "r_n_cs=5")
    plain, constrained = result(*asked), result(*asked, "--constrain", "r_n_cs=4.9,0.1")
    assert constrained["chi2_min"] == pytest.approx(plain["chi2_min"] + 1.0, abs=1e-9)
    assert constrained["parameters"]["sin2_theta_w"]["value"] == plain["parameters"]["sin2_theta_w"]["value"]


@pytest.mark.parametrize(
    ("interaction", "mass", "coupling"),
    [("light-vector:B-L", "m_zp", "g_zp"), ("light-scalar", "m_phi", "g_phi"), ("tensor", "m_tensor", "g_tensor")],
)
def test_mass_without_its_coupling(refused, interaction, mass, coupling):
    model = ("--interaction", interaction)
    refused("fit", CONUS, *model, "--free", mass, words=(mass, coupling))
    refused("fit", CONUS, *model, "--free", mass, "--set", f"{coupling}=0", words=(mass, coupling))
    refused("toys", CONUS, *model, "--free", f"cevns_norm,{mass}", "--count", "2", words=(mass, coupling))
    refused("scan", CONUS, *model, "--grid", f"{mass}=1:10:3", "--out", "s.zarr", words=(mass, coupling))


@pytest.mark.parametrize(
    ("interaction", "name", "through", "value"),
    [
        ("sterile-oscillation", "delta_m2_41", "u2_mu4", 0.1),
        ("nsi", "eps_emu_u_phase", "eps_emu_u", 0.2),
    ],
)
def test_splittings_and_phases_without_what_they_act_through(refused, result, interaction, name, through, value):
    asked = ("coherent-csi-2021", "--interaction", interaction)
    refused("fit", *asked, "--free", name, words=(name, through))
    refused("profile", *asked, "--free", name, words=(name, through))
    refused("scan", *asked, "--grid", f"{name}=1:2:3", "--out", "s.zarr", words=(name, through))
    assert result("fit", *asked, "--free", name, "--set", f"{through}={value}")["converged"]


@pytest.mark.parametrize("name", ["apv-cs", "csre-cs", "prex-ii:alone"])
def test_nothing_to_fit(command, result, name):
    """χ² at the defaults, ((predicted - measured) / error)²."""
    found = result("fit", name)
    ((numbers,),) = (measurement.values() for measurement in found["observables"].values())
    assert found["chi2_min"] == pytest.approx(
        ((numbers["predicted"] - numbers["observed"]) / numbers["error"]) ** 2, rel=1e-12
    )
    assert found["converged"]
    assert (found["parameters"], found["nuisances"], found["dof"]) == ({}, {}, 1)
    for minimiser in ("minuit", "optax", "optimistix"):
        assert result("fit", name, "--minimiser", minimiser)["chi2_min"] == found["chi2_min"]
    code, out, err = command("toys", name, "--count", "20", "--out", "toys.nc")
    assert code == 0, err
    assert "goodness of fit" in out


def test_single_precision_is_named():
    likelihood = cj.Likelihood([cj.measurements.apv_cs()])
    evaluator = likelihood.evaluator(free=["sin2_theta_w"])
    jax.config.update("jax_enable_x64", False)
    try:
        for asked in (
            lambda: likelihood.fit(free=["sin2_theta_w"]),
            lambda: likelihood.problem(free=["sin2_theta_w"]),
            lambda: evaluator.value_and_gradient(np.array([0.23])),
        ):
            with pytest.raises(cj.InputError, match="jax_enable_x64"):
                asked()
    finally:
        jax.config.update("jax_enable_x64", True)
    assert evaluator.value_and_gradient(np.array([0.23]))[0].dtype == np.float64
