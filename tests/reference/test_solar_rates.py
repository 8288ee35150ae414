"""The solar ⁸B measurements, every bin, computed a second time; the solar and atmospheric sources against papers."""

import dataclasses

import independent_solar
import numpy as np
import pytest
from independent_solar import KINDS, SOLAR, XENON, b8_spectra, columns, recoils_by_template, survival
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.templates import TemplateDetector
from cevnsjax.folding.fold import fold
from cevnsjax.sources.atmospheric import atmospheric_neutrinos
from cevnsjax.sources.solar import YEAR, Oscillation, solar_flux, solar_neutrinos, survival_probability
from cevnsjax.sources.tabulated import Tabulated

WHY = "the nodes of recoil energy, there and here"
MOVED = {"t_ly": 0.7, "t_qy": -1.3, "sin2_theta_w": 0.21, "r_n_xe": 5.4}


@pytest.mark.parametrize("variant", ["all", "sr0-sr1"])
def test_every_bin_of_xenonnt(variant):
    runs = 3 if variant == "all" else 2
    values = MOVED | {"b8_flux_norm": 0.9, "cevns_norm": 1.2, "er_norm": 0.7, "neutron_norm": 1.4, "ac_sr1_norm": 0.95}
    moved = {key: MOVED[key] for key in ("sin2_theta_w", "r_n_xe")}
    expected = independent_solar.xenonnt(MOVED["t_ly"], MOVED["t_qy"], **moved)
    (prediction,) = cj.Likelihood([cj.measurements.xenonnt_8b(variant)]).predict(values)
    counts = {name: np.reshape(found, (runs, 3, 3, 3, 3)) for name, found in prediction.counts.items()}
    signal = 0.9 * 1.2 * expected["cevns"][:runs]
    assert_close(counts["cevns"], signal, 1e-7, WHY, scale=np.maximum(signal, 1e-6))
    for name, factor in (("er", 0.7), ("neutron", 1.4)):
        assert_close(counts[name], factor * expected[name][:runs], 1e-11, "the inverse of a 7 × 7 matrix")
    for run in range(runs):
        background = np.zeros_like(signal)
        background[run] = (0.95 if run == 1 else 1.0) * expected["ac"][run]
        assert_close(counts[f"ac_sr{run}"], background)


def test_events_of_xenonnt_in_their_bins():
    # XENONnT data release: 9, 28 and 25 events; each is counted here by comparing it with the edges one by one.
    table, edges = columns("xenonnt_8b/events.csv"), XENON["data"]["edges"]
    expected = np.zeros((3, 3, 3, 3, 3))
    for run, *event in zip(*table.values(), strict=True):
        axes = edges[f"sr{run:.0f}"]
        place = [sum(value >= edge for edge in axis["value"]) - 1 for axis, value in zip(axes, event, strict=True)]
        expected[int(run), *place] += 1
    assert expected.sum(axis=(1, 2, 3, 4)).tolist() == [9, 28, 25]
    assert np.array_equal(np.reshape(cj.measurements.xenonnt_8b().observed, expected.shape), expected)


def test_templates_between_the_anchors_stay_positive_and_smooth():
    detector = cj.measurements.xenonnt_8b().counted().detector
    assert isinstance(detector, TemplateDetector)
    for along in detector.morphs:
        assert_close(np.array([along(value) for value in along.anchors]), np.eye(7), 1e-12, scale=1.0)
    weights = np.array([detector.morphs[0](value) for value in np.linspace(-3, 3, 25)])
    recoils = recoils_by_template(XENON["detector"]["recoil"]["value"])
    signal = np.einsum("e,eabxy->abxy", recoils, detector.templates)
    assert np.einsum("la,qb,abxy->lqxy", weights, weights, signal).min() > 0


def test_counting_measurements():
    # Efficiency × rate × exposure, the efficiency linear between its published points and constant above the last.
    table = columns("lz_8b/efficiency.csv")
    expected = 5.7 * recoils_by_template(table["recoil_energy"]) @ table["efficiency"]
    (lz,) = cj.Likelihood([cj.measurements.lz_8b()]).predict()
    assert_close(lz.counts["cevns"], [expected], 1e-7, WHY)
    table = columns("pandax4t_8b/efficiency_paired.csv")
    above = [*table["recoil_energy"], 5.0]
    paired = 1.20 * 0.6506 * recoils_by_template(above) @ [*table["efficiency"], table["efficiency"][-1]]
    us2 = 1.04 * 0.0982 * recoils_by_template([0.33, 1.0, 2.0, 3.0, 4.0, 5.0]).sum()
    (panda,) = cj.Likelihood([cj.measurements.pandax4t_8b()]).predict()
    assert_close(panda.counts["cevns"], [paired, us2], 3e-6, "the ramp of 1e-6 keV below the first point")
    # arXiv:2407.10892, abstract: best fit of 3.5 and 75 events, 8.4e6 /cm²/s.
    assert_close(np.array([paired, us2]) * 8.4e6 / 5.46e6, [3.5, 75.0], 5e-3, "the efficiencies are given to 4 digits")


def test_rate_against_the_published_one():
    # XENON, data release of arXiv:2409.17868: 335.6 /t/y above 0.45 keV, for the flux of SNO, 5.25e6 /cm²/s. The
    # radiative corrections of the couplings, which it does not have, add 2.7 %; the rest is the spectrum of 8B.
    energies = [0.45, *XENON["detector"]["recoil"]["value"]]
    assert 1.0 < recoils_by_template(energies).sum() * 5.25 / 5.46 / 335.6 < 1.05


def test_solar_fluxes_and_flavours():
    for kind, gs98, agss09 in (("pp", 5.98e10, 6.03e10), ("b8", 5.46e6, 4.50e6), ("o15", 2.05e8, 1.44e8)):
        # arXiv:1611.09867
        assert solar_flux(kind)[0] == gs98
        assert solar_flux(kind, "agss09met")[0] == agss09
    assert_close(solar_flux("b8")[1] / solar_flux("b8")[0], 0.12)
    energies = np.array([0.3, 0.86, 1.44, 5.0, 10.0])
    for kind in ("pp", "be7", "b8"):
        assert_close(survival_probability(kind, energies), survival(kind, energies), 1e-9, "rounding of an arc tangent")
    # Borexino, Nature 562, 505 (2018): 0.57 ± 0.09 (pp), 0.53 ± 0.05 (7Be), 0.37 ± 0.08 (8B, at 8.1 MeV)
    for kind, energy, value, error in (("pp", 0.267, 0.57, 0.09), ("be7", 0.862, 0.53, 0.05), ("b8", 8.1, 0.37, 0.08)):
        assert abs(survival_probability(kind, np.array([energy]))[0] - value) < error


@pytest.mark.parametrize("kinds", [("b8",), KINDS])
def test_flavours_sum_to_what_the_sun_makes(kinds):
    source = solar_neutrinos(1.0, kinds)
    assert source.flavours == ("nu_e", "nu_mu", "nu_tau")
    total = sum(SOLAR["flux_gs98"][kind]["value"] for kind in kinds)
    assert_close(sum(component.fluence for component in source.components), total)


def test_spectra_of_the_flavours():
    energy, flux = b8_spectra()
    for component, expected in zip(solar_neutrinos(1.0, ("b8",)).components, flux, strict=True):
        spectrum = component.spectrum
        assert isinstance(spectrum, Tabulated)
        found = component.fluence * spectrum.density
        assert_close(found[1:], expected[1:], 1e-9, "rounding of an arc tangent", scale=expected.max())
    assert_close(spectrum.energy, energy)


def test_tree_level_counts_do_not_depend_on_the_oscillation():
    measurement = cj.measurements.lz_8b()
    maximal = Oscillation(sin2_theta_12=0.5, sin2_theta_13=0.3, sin2_theta_23=0.9, delta_m2_21=1e-4)
    source = solar_neutrinos(YEAR, ("b8",), oscillation=maximal)
    other = dataclasses.replace(measurement, scattering=dataclasses.replace(measurement.counted(), source=source))
    values = {parameter.name: parameter.default for parameter in measurement.parameters()} | {"sin2_theta_w": 0.23863}
    counts = {
        scheme: [float(fold(m, cj.standard_model(scheme), 8).stages[0](values).sum()) for m in (measurement, other)]
        for scheme in ("tree", "2022")
    }
    assert_close(*counts["tree"])
    # Charge radii differ by 0.0082 between nu_e and nu_mu: 3 % of the rate, of which the flavours shift a part.
    assert 1e-4 < abs(counts["2022"][1] / counts["2022"][0] - 1) < 0.03


def test_atmospheric_flux():
    # The trapezoid of the table of Astropart. Phys. 23, 526: 7.345 /cm²/s from 13 to 944 MeV, all four kinds.
    source, table = atmospheric_neutrinos(YEAR), columns("atmospheric/kamioka.csv")
    energy = table["energy"]
    for component in source.components:
        flux = table[component.flavour]
        expected = np.sum(np.diff(energy) * (flux[1:] + flux[:-1])) / 2
        assert_close(component.fluence, YEAR * expected)
    assert_close(sum(component.fluence for component in source.components) / YEAR, 7.345, 1e-3, "four digits")
