"""``predict --axis recoil``, and what it prints in Python."""

import json
import math

import independent_rates as independent
import matplotlib.pyplot as plt
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.errors import InputError
from cevnsjax.folding.rates import live_time
from cevnsjax.measurements import CATALOGUE, load

CSI = "coherent-csi-2021"
DAYS = 13.99e3 / 1.4 / 24
"""Of the SNS at 1.4 MW."""


def test_json_has_the_rates_beside_the_counts(run):
    code, out, _ = run("predict", CSI, "--electrons", "--axis", "recoil", "--set", "cevns_norm=2", "--json")
    found = json.loads(out)
    plain = json.loads(run("predict", CSI, "--electrons", "--set", "cevns_norm=2", "--json")[1])
    assert code == 0
    recoil = found.pop("recoil")
    assert found == plain
    assert list(recoil) == ["energy", "rate", "unit", "day"]
    assert list(recoil["rate"]) == ["cevns", "es"]
    assert recoil["unit"] == "1/keV/kg/day"
    energy, rate = np.array(recoil["energy"]), np.array(recoil["rate"]["cevns"])
    assert len(energy) == len(rate) == 241
    # The second implementation, twice: closed form of the flux integral, the atoms of a kg, and the strength.
    params = {"sin2_theta_w": 0.23863, "r_p_cs": 4.821, "r_n_cs": 5.09, "r_p_i": 4.766, "r_n_i": 5.03}
    atoms = sum(independent.NUCLIDES[n.name]["atomic_mass"]["value"] for n in independent.NUCLEI)
    for k in (0, 100, 180, 220):
        total = 0.0
        for nucleus in independent.NUCLEI:
            squared = independent.squared_amplitudes(nucleus, 1e-3 * energy[k], params, ("helm",))[0]
            total += squared @ independent.flux_moments(1e-3 * energy[k], nucleus.mass)
        expected = 2 * total * independent.fluence() * 6.02214076e26 / atoms / DAYS / 1e3
        assert_close(rate[k], expected, 1e-9, "the flux integral is a quadrature")


def test_table_of_rates(run):
    code, out, _ = run("predict", CSI, "--axis", "recoil")
    assert code == 0
    assert "flux-averaged cross section" in out
    assert "recoil energy [keV]  cevns [1/keV/kg/day]" in out
    assert "before any detector, per kg of the target and day (beam of the SNS at 1.4 MW)" in out
    code, out, _ = run("predict", "lz-er", "coherent-csi-2017", "--axis", "recoil", "--json")
    assert [list(one["recoil"]["rate"]) for one in json.loads(out)["predictions"]] == [["es"], ["cevns"]]
    assert [one["recoil"]["day"] for one in json.loads(out)["predictions"]] == ["live time", "live time"]


def test_figure_of_rates(run, tmp_path):
    code, _, err = run("predict", CSI, "conus-plus-2025", "--axis", "recoil", "--plot", "rates.png")
    assert code == 0
    assert err == "drawn to rates.png\n"
    assert (tmp_path / "rates.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((CSI, "--axis", "energy"), "--axis: expected recoil, found 'energy'"),
        (("apv-cs", "--axis", "recoil"), "apv-cs holds measured numbers, not counts in bins"),
        ((CSI, "apv-cs", "--axis", "recoil", "--plot", "rates.png"), "apv-cs holds measured numbers"),
    ],
)
def test_what_has_no_rates(run, arguments, message, tmp_path):
    code, out, err = run("predict", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_rates_in_python(likelihood):
    (prediction,) = likelihood.predict({"cevns_norm": 1.5, "cevns_norm_prompt": 2.0})
    rates = prediction.recoil([16.0, 3.0])
    plain = likelihood.predict()[0].recoil([16.0, 3.0])
    assert rates.energy.tolist() == [16.0, 3.0]
    assert set(rates.rate) == {"cevns"}
    # 16 keV is beyond what the prompt neutrinos give on either nucleus
    ratio = rates.rate["cevns"] / plain.rate["cevns"]
    assert_close(ratio[0], 1.5)
    assert 1.5 < ratio[1] < 3.0
    assert_close(plain.rate["cevns"], cj.physics.recoil_spectrum([16.0, 3.0], CSI))
    assert "per kg of the target and day" in repr(rates)
    assert "<table" in rates._repr_html_()
    figure, axes = plt.subplots()
    assert rates.plot(ax=axes, label="CsI") is figure
    (line,) = axes.lines
    assert line.get_label() == "CsI"
    assert_close(line.get_ydata(), rates.rate["cevns"])
    plt.close(figure)
    assert len(rates.plot().axes) == 1
    for asked, message in (
        ("ten", "energy: expected numbers"),
        ([-1.0], "above 0, found -1"),
        (3.0, "a list of numbers"),
    ):
        with pytest.raises(InputError, match=message):
            prediction.recoil(asked)
    with pytest.raises(InputError, match="label: expected with ax"):
        rates.plot(label="CsI")


def test_every_measurement_of_neutrinos_has_a_live_time():
    names = [f"{name}:{variant}" for name, entry in CATALOGUE.items() for variant in entry.variants]
    sources = {m.name: m.scattering.source for m in map(load, names) if m.scattering is not None}
    times = {name: live_time(source, name) for name, source in sources.items()}
    assert len(times) > 20
    # arXiv:1708.01294: 308.1 days with beam; 10.22 GWh kg in 10.66 kg of germanium (arXiv:2406.13806)
    assert times["coherent-csi-2017"].days == 308.1
    assert_close(times[CSI].days, DAYS)
    assert_close(times["coherent-ge-mini-2024"].days, 10.22e3 / 10.66 / 1.4 / 24)


def test_flux_of_a_reactor_is_without_the_anchor():
    """About six antineutrinos for each fission of 205 MeV, of 3.6 GW at 20.7 m, whatever scales the counts of CONUS+."""
    source = load("conus-plus-2025").counted().source
    fissions = 3.6e9 / 1.602176634e-13 / 205.0 / (4 * math.pi * 2070.0**2)
    flux = source.components[0].fluence / live_time(source, "CONUS+").days / 86400
    assert_close(flux, 6.0 * fissions, 0.05, "six to a few per cent")
