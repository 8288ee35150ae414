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
