"""Ordinary commands that ended in a traceback, and examples of the pages."""

import numpy as np
import pytest

import cevnsjax as cj

CSI, DRESDEN, CONUS = "coherent-csi-2021", "dresden-ii", "conus-plus-2025"


def test_draws_of_a_measured_number(command, tmp_path):
    """Draws of the weak charge of caesium, whose prediction has constants of the nucleus in it, are written."""
    code, _, err = command("sample", "apv-cs", "--free", "sin2_theta_w", "--draws", "200", "--out", "draws.nc")
    assert code in (0, 3), err  # few draws are not to be trusted
    assert "Traceback" not in err
    assert (tmp_path / "draws.nc").exists()


@pytest.mark.parametrize(
    ("name", "interaction", "free"),
    [
        ("lz-er", "nsi", "sin2_theta_w"),
        ("lz-er:ws2024", "charge-radius:beyond-sm", "charge_radius_ee"),
    ],
)
def test_resolution_free_beside_couplings_of_zero(name, interaction, free):
    """Couplings of zero change nothing: χ² of the Standard Model, at every resolution."""
    base, _, variant = name.partition(":")
    load = getattr(cj.measurements, base.replace("-", "_"))
    measurement = load(variant) if variant else load()
    chosen = [free, "resolution_norm"]
    coupled = cj.Likelihood([measurement], cj.model(interaction)).problem(free=chosen)
    plain = cj.Likelihood([measurement]).problem(free=["resolution_norm"])
    for resolution in (0.9, 1.0, 1.1):
        values = {name: 1.0 for name in plain.names} | {"resolution_norm": resolution}
        at = {free: 0.23863 if free == "sin2_theta_w" else 0.0} | values
        chi2 = coupled(np.array([at[name] for name in coupled.names]))
        assert chi2 == pytest.approx(plain(np.array([values[name] for name in plain.names])), rel=1e-9)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize(
    ("interaction", "coupling", "mass", "value"),
    [
        ("nsi", "eps_ee_u", {}, 0.1),
        ("light-vector:B-L", "g_zp", {"m_zp": 1.0}, 1e-4),
        ("light-vector:universal", "g_zp", {"m_zp": 0.01}, 1e-4),
        ("light-scalar", "g_phi", {"m_phi": 1.0}, 1e-5),
        ("magnetic-moment", "magnetic_moment_e", {}, 20.0),
        ("millicharge", "millicharge_ee", {}, 50.0),
        ("charge-radius", "charge_radius_ee", {}, 5.0),
        ("axial", "g_axial", {"m_axial": 1.0}, 1e-3),
        ("pseudoscalar", "g_pseudoscalar", {"m_pseudoscalar": 1.0}, 1e-3),
        ("tensor", "g_tensor", {"m_tensor": 1.0}, 1e-5),
        ("tensor:spin", "g_tensor", {"m_tensor": 1.0}, 1e-4),
        ("dipole-portal", "dipole_moment_e", {"m_hnl": 1.0}, 20.0),
        ("sterile-oscillation", "u2_e4", {"delta_m2_41": 1.0}, 0.1),
    ],
)
def test_response_that_moves_beside_every_model(interaction, coupling, mass, value):
    """χ² of the short sum that a fit has in place of the response is that of the response, far from where it is made.

    Products of amplitudes that are zero, as of charges that a nucleus has not, are no part of it.
    """
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021("shape")], cj.model(interaction))
    problem = likelihood.problem(free=[coupling], values=mass)
    moved = {"quenching_shape_0": 0.5, "quenching_shape_1": -1.2, "efficiency_shape": 0.7, coupling: value}
    assert moved.keys() <= set(problem.names)
    values = likelihood.parameters.complete(mass | moved)
    whole = likelihood.chi2(mass | moved)
    assert problem(problem.coordinates(values)) == pytest.approx(whole, rel=1e-9)
    assert abs(whole - likelihood.chi2(mass | {coupling: value})) > 0.1


def test_correlation_of_pulls(refused):
    """The example of the page on joint likelihoods; one without a constraint by default says what it needs."""
    likelihood = cj.Likelihood([cj.measurements.coherent_csi_2021(), cj.measurements.conus_plus_2025()])
    names = (f"cevns_norm@{CSI}", f"cevns_norm@{CONUS}")
    density = likelihood.log_density(correlate={names: 0.2})
    assert np.isfinite(density(np.zeros(len(density.names))))
    one, other = f"cevns_norm@{CSI}", f"cevns_norm@{DRESDEN}"
    refused("fit", CSI, DRESDEN, "--correlate", f"{one},{other}=0.2", words=(other, "--constrain"))
    pair = cj.Likelihood([cj.measurements.coherent_csi_2021(), cj.measurements.dresden_ii()])
    density = pair.log_density(correlate={(one, other): 0.2}, constrain={other: (1.0, 0.1)})
    assert np.isfinite(density(np.zeros(len(density.names))))
