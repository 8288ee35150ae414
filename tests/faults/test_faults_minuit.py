"""MINUIT as it is handed over: from its start and with its steps MIGRAD comes to the minimum that a fit finds."""

import numpy as np
import pytest

import cevnsjax as cj

CASES = [
    ("light-scalar", {"m_phi": 1.0}, ["g_phi"]),
    ("light-vector:universal", {"m_zp": 100.0}, ["g_zp"]),
    ("tensor", {"m_tensor": 1.0}, ["g_tensor"]),
    ("millicharge", {}, ["millicharge_ee"]),
    ("light-vector:B-L", {}, ["g_zp", "m_zp"]),  # the lowest minimum is in a narrow valley of light masses
]
MORE = [
    *(("light-scalar", {"m_phi": mass}, ["g_phi"]) for mass in (0.01, 100.0, 1e4)),
    *(("light-vector:universal", {"m_zp": mass}, ["g_zp"]) for mass in (0.01, 1.0, 1e4)),
    *(("light-vector:B-L", {"m_zp": mass}, ["g_zp"]) for mass in (0.01, 10.0, 1e4)),
    *(("light-vector:Lmu-Ltau", {"m_zp": mass}, ["g_zp"]) for mass in (1.0, 1e3)),
    *(("axial", {"m_axial": mass}, ["g_axial"]) for mass in (1.0, 1e3)),
    *(("pseudoscalar", {"m_pseudoscalar": mass}, ["g_pseudoscalar"]) for mass in (1.0, 1e3)),
    ("light-vector:universal", {}, ["g_zp", "m_zp"]),
    ("light-scalar", {}, ["g_phi", "m_phi"]),
    ("tensor", {"m_tensor": 1e3}, ["g_tensor"]),
    ("magnetic-moment", {}, ["magnetic_moment_mu"]),
    ("magnetic-moment", {}, ["magnetic_moment_e", "magnetic_moment_mu"]),
    ("millicharge", {}, ["millicharge_ee", "millicharge_mumu"]),
    ("charge-radius", {}, ["charge_radius_ee", "charge_radius_mumu"]),
    ("nsi", {}, ["eps_ee_u"]),
    ("nsi", {}, ["eps_ee_u", "eps_mumu_u"]),
    ("nsi", {}, ["eps_emu_u"]),
]
SAME = 1e-3
"""Distance of MIGRAD to the minimum of χ² with its own tolerance."""


def check(name, values, free):
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021()], cj.model(name))
    minuit = likelihood.to_minuit(free=free, values=values)
    best = likelihood.fit(free=free, values=values).chi2
    start = np.array(minuit.values)
    assert minuit.fcn(list(start)) < best + 1.0
    # A step is where χ² bends by about 1: never over what it takes a hundred of.
    for k, parameter in enumerate(minuit.parameters):
        moved = start.copy()
        moved[k] = min(start[k] + minuit.errors[k], minuit.limits[parameter][1])
        assert minuit.fcn(list(moved)) < best + 100.0, parameter
    minuit.migrad()
    assert minuit.fval == pytest.approx(best, abs=SAME)


@pytest.mark.parametrize(("name", "values", "free"), CASES)
def test_migrad_from_the_start_of_a_fit(name, values, free):
    check(name, values, free)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "values", "free"), MORE)
def test_migrad_from_the_start_of_a_fit_for_every_coupling(name, values, free):
    check(name, values, free)


def test_start_that_is_asked_for():
    """Values of the free parameters are where MINUIT starts, in whichever minimum that is."""
    likelihood = cj.Likelihood([cj.measurements.conus_plus_2025()], cj.nsi())
    for start in (0.0, 0.38):
        minuit = likelihood.to_minuit(free=["eps_ee_u"], values={"eps_ee_u": start})
        assert minuit.values["eps_ee_u"] == start
        minuit.migrad()
        assert abs(minuit.values["eps_ee_u"] - start) < 0.05
        assert minuit.fval == pytest.approx(0.0, abs=SAME)
