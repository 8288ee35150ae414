"""Kinematics, pion-decay-at-rest source, target and detector curves against closed forms and tabulated numbers."""

from itertools import pairwise

import independent_rates as independent
import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import gamma
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.efficiency import logistic_efficiency, logistic_threshold, time_efficiency
from cevnsjax.detectors.quenching import PolynomialQuenching, polynomial_quenching
from cevnsjax.detectors.resolution import gamma_smearing
from cevnsjax.folding.nodes import recoil_nodes
from cevnsjax.folding.prediction import cross_sections, flux_averaged_cross_section
from cevnsjax.folding.scatterers import nuclei
from cevnsjax.interactions.combination import combine
from cevnsjax.interactions.kinematics import maximum_recoil, minimum_energy, momentum_transfer
from cevnsjax.interactions.structures import kernel
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.sources.pion_decay import electron_neutrino_density, muon_antineutrino_density, pion_decay_at_rest

CAESIUM, IODINE = 123772.751, 118183.878
M_MU = 105.6583755


def vector_kernel(energy, recoil, mass, recoil_term):
    return kernel(("vector", "vector"), energy, recoil, mass, "spin-0" if recoil_term else "leading", False)


@pytest.fixture(scope="module")
def measurement():
    return cj.measurements.coherent_csi_2021()


@pytest.fixture(scope="module")
def params(measurement):
    table = cj.Likelihood([measurement]).parameters
    return {name: np.float64(parameter.default) for name, parameter in table.items()}


# Kinematics


@pytest.mark.parametrize("mass", [CAESIUM, IODINE, 37215.5, 938.27])
def test_threshold_is_the_inverse_of_the_endpoint(mass):
    energy = np.array([0.01, 1.0, 29.79, 52.83, 500.0])
    recoil = np.array([maximum_recoil(float(e), mass) for e in energy])
    assert_close(minimum_energy(recoil, mass), energy)


def test_endpoint_is_backward_scattering():
    """Two-body kinematics: backward, E' = E M/(M + 2E), so that T = E - E', and |q| = E + E', |q|² = 2MT + T²."""
    energy, mass = 52.83, CAESIUM
    scattered = energy * mass / (mass + 2 * energy)
    recoil = maximum_recoil(energy, mass)
    assert_close(recoil, energy - scattered, 1e-10, "difference of numbers 1000 times larger")
    assert_close((energy + scattered) ** 2, 2 * mass * recoil + recoil**2)
    # The convention of arXiv:2303.09360 leaves T² out: 2e-7 here.
    assert_close(np.asarray(momentum_transfer(np.array([recoil]), mass))[0] ** 2, 2 * mass * recoil)


def test_kernel():
    """(G_F² M/π)(1 - MT/2E²) in cm²/MeV, with (ħc)² = 3.8937937e-22 MeV² cm² (Review of Particle Physics)."""
    energy, recoil = np.array([30.0]), np.array([0.005])
    expected = 1.1663787e-11**2 * 3.8937937e-22 * CAESIUM / np.pi * (1 - CAESIUM * 0.005 / 1800)
    assert_close(
        vector_kernel(energy, recoil, CAESIUM, False)[0], expected, 3e-8, "eight digits of the conversion constant"
    )
    ratio = vector_kernel(energy, recoil, CAESIUM, True) / vector_kernel(energy, recoil, CAESIUM, False)
    bracket = 1 - CAESIUM * 0.005 / 1800
    assert_close(ratio[0], (bracket - 0.005 / 30) / bracket)


def test_exact_spin_0_kernel_vanishes_at_the_endpoint():
    energy = np.array([30.0])
    recoil = np.array([maximum_recoil(30.0, CAESIUM)])
    ratio = vector_kernel(energy, recoil, CAESIUM, True) / vector_kernel(energy, 0 * recoil, CAESIUM, True)
    assert abs(ratio[0]) < 1e-14


# Source


@pytest.mark.parametrize(
    ("density", "mean"),
    [(electron_neutrino_density, 0.30), (muon_antineutrino_density, 0.35)],
    ids=["nu_e", "nu_mu_bar"],
)
def test_spectra_are_normalised_with_the_known_means(density, mean):
    """Michel spectra: <E> = 0.30 m_μ for ν_e and 0.35 m_μ for ν̄_μ, exactly; both from 0 to m_μ/2."""
    end = M_MU / 2
    norm, _ = quad(lambda e: float(density(np.array([e]))[0]), 0, end, epsabs=1e-13)
    first, _ = quad(lambda e: e * float(density(np.array([e]))[0]), 0, end, epsabs=1e-13)
    assert_close(norm, 1.0)
    assert_close(first / M_MU, mean)


def test_spectra_at_the_endpoint():
    """ν_e vanishes at the endpoint, ν̄_μ has 4/m_μ · 1 there: (64/4)(3/4 - 1/2)/m_μ = 4/m_μ."""
    end = np.array([M_MU / 2])
    assert abs(electron_neutrino_density(end)[0]) < 1e-15
    assert_close(muon_antineutrino_density(end)[0], 4 / M_MU)


def test_pion_decay_line(measurement):
    """(m_π² - m_μ²) / 2 m_π = 29.79 MeV (arXiv:2303.09360)."""
    energy = measurement.scattering.source.components[0].spectrum.energy
    assert f"{energy:.2f}" == "29.79"
    assert_close(energy, (139.57039**2 - 105.6583755**2) / (2 * 139.57039))


def test_fluence(measurement):
    """0.0848 · 3.198e23 / (4π (1930 cm)²) = 5.794e14 of each flavour per cm²."""
    assert measurement.scattering.source.flavours == ("nu_mu", "nu_e", "nu_mu_bar")
    for component in measurement.scattering.source.components:
        fluence = component.fluence
        assert_close(fluence, 0.0848 * 3.198e23 / (4 * np.pi * 1930.0**2))
        assert f"{fluence:.3e}" == "5.794e+14"


def test_fluence_needs_positive_numbers():
    with pytest.raises(cj.InputError, match="distance: expected a positive number, found 0"):
        pion_decay_at_rest(0.08, 1e23, 0.0)


# Target


@pytest.mark.parametrize(
    ("name", "mass", "protons", "neutrons"), [("133Cs", CAESIUM, 55, 78), ("127I", IODINE, 53, 74)]
)
def test_nuclei(name, mass, protons, neutrons):
    """AME2020 atomic masses 132.905451958 and 126.904472592 u, less the electrons: 123772.751, 118183.878 MeV."""
    nucleus = nuclide(name)
    assert abs(nucleus.mass - mass) < 1e-3
    assert (nucleus.protons, nucleus.neutrons) == (protons, neutrons)


def test_mass_excess_of_caesium():
    """Another path to the mass: AME2020 mass excess -88070.943 keV, A u + Δ - Z m_e + B_e, B_e = 0.21 MeV."""
    binding = 1e-6 * (14.4381 * 55**2.39 + 1.55468e-6 * 55**5.35)
    assert abs(binding - 0.21) < 0.01
    expected = 133 * 931.49410242 - 88.070943 - 55 * 0.51099895 + binding
    assert abs(nuclide("133Cs").mass - expected) < 1e-3


def test_radii():
    """R_p of arXiv:2303.09360 section II, R_n of its Eq. 4; R_p² = R_ch² - (N/Z) <r_n²>, <r_n²> = -0.1161 fm²."""
    for name, charge_radius in (("133Cs", 4.804), ("127I", 4.749)):
        nucleus = nuclide(name)
        folded = np.sqrt(charge_radius**2 + nucleus.neutrons / nucleus.protons * 0.1161)
        assert f"{folded:.3f}" == f"{nucleus.proton_radius:.3f}"
    assert (nuclide("133Cs").neutron_radius, nuclide("127I").neutron_radius) == (5.09, 5.03)


def test_number_of_nuclei(measurement):
    """14.6 kg at 259.8 g/mol: 3.384e25 units of CsI, one nucleus of each."""
    assert [nucleus.name for nucleus in measurement.scattering.target.nuclides] == ["133Cs", "127I"]
    assert_close(measurement.scattering.target.numbers, np.full(2, 6.02214076e23 * 14600 / 259.8))
    assert f"{measurement.scattering.target.numbers[0]:.3e}" == "3.384e+25"


# Cross sections

NODES = "the fixed nodes of the recoil energy"


def test_flux_averaged_cross_sections(measurement, params):
    """Of each flavour on each nuclide, against the closed form in E and the adaptive quadrature in T; in 1e-40 cm²."""
    found = 1e40 * cross_sections(measurement, cj.standard_model(), params)
    expected = 1e40 * independent.cross_sections(params, ("helm",))[0]
    assert_close(found, expected, 1e-8, NODES)
    digits = [["170.28", "153.92"], ["181.39", "164.32"], ["226.30", "205.43"]]  # ν_μ, ν_e, ν̄_μ on Cs, I
    assert [[f"{value:.2f}" for value in row] for row in found] == digits
    mean = flux_averaged_cross_section(measurement, cj.standard_model(), params)
    assert_close(1e40 * mean, expected.mean(), 1e-8, NODES)
    assert f"{1e40 * mean:.1f}" == "183.6"


def test_recoil_term_lowers_caesium_by_4e_4(measurement, params):
    """-T/E of the exact kinematics: -3.7e-4 in the rate on Cs averaged over the flavours."""
    plain = cross_sections(measurement, cj.standard_model(), params)[:, 0].sum()
    exact = cross_sections(measurement, cj.standard_model(recoil_term=True), params)[:, 0].sum()
    cs = independent.NUCLEI[0]
    expected = independent.adaptive(
        lambda t: (
            independent.squared_amplitudes(cs, t, params, ("helm",))[0] * independent.flux_moments(t, cs.mass, True)
        ),
        cs,
        1e-12,
    ).sum()
    assert_close(exact, 1e-40 * (1e40 * expected), 1e-8, NODES)
    assert f"{exact / plain - 1:.1e}" == "-3.7e-04"


def test_nodes_break_where_the_rate_has_kinks(measurement):
    """The line ends at 14.3 keV on Cs, the continua at 45.1 keV: no cell of nodes may straddle the first."""
    scattering = measurement.scattering
    recoil = recoil_nodes(scattering.source, nuclei(scattering.target, combine()), scattering.detector, 24)
    for i, nucleus in enumerate(independent.NUCLEI):
        line, end = (2 * e**2 / (nucleus.mass + 2 * e) for e in (independent.E_LINE, independent.E_END))
        below = recoil.recoil[i] < line
        assert below.sum() == 24
        assert_close(recoil.weight[i][below].sum(), line)
        assert_close(recoil.weight[i].sum(), end)


# Detector curves


QUENCHING = (0.0554628, 4.30681, -111.707, 840.384)


@pytest.mark.parametrize(
    ("recoil", "energy"), [(5, "0.3715"), (10, "0.8820"), (20, "2.0728"), (40, "4.1115"), (70, "6.8479")]
)
def test_quenching(recoil, energy):
    """The released polynomial by hand, in keV."""
    t = recoil * 1e-3
    expected = 1e3 * (0.0554628 * t + 4.30681 * t**2 - 111.707 * t**3 + 840.384 * t**4)
    found = polynomial_quenching(np.array([t]), QUENCHING)[0]
    assert_close(found, expected)
    assert f"{found:.4f}" == energy


@pytest.mark.parametrize("energy", [0.05, 0.4, 1.1236, 4.5])
def test_smearing_is_the_gamma_distribution(energy):
    """scipy's gamma distribution of mean E/0.0749 and relative width 1/sqrt(1 + 9.56 E)."""
    mean, width = energy / 0.0749, 1 / np.sqrt(1 + 9.56 * energy)
    distribution = gamma(a=1 / width**2, scale=mean * width**2)
    x = np.array([0.01, 0.5, 1.0, 5.0, 15.0, 59.0])
    found = gamma_smearing(x, np.array([energy]), 0.0749, 9.56)[:, 0]
    assert_close(found, distribution.pdf(x), 1e-11, "exponentials of up to 100 in both")

    def moment(power):
        density = lambda t: t**power * float(gamma_smearing(np.array([t]), np.array([energy]), 0.0749, 9.56)[0, 0])  # noqa: E731
        edges = [0, *distribution.ppf([0.1, 0.5, 0.9, 0.9999]), distribution.isf(1e-14)]
        return sum(quad(density, a, b, epsabs=1e-13)[0] for a, b in pairwise(edges))

    norm, first, second = (moment(k) for k in range(3))
    why = "the tail above 1e-14 is cut"
    assert_close(norm, 1.0, 1e-10, why)
    assert_close(first, mean, 1e-10, why)
    assert_close(np.sqrt(second - first**2) / mean, width, 1e-9, why)


def test_no_light_of_no_energy():
    found = gamma_smearing(np.array([1.0, 20.0]), np.array([0.0, -0.1, 1e-12]), 0.0749, 9.56)
    assert np.all(found == 0.0)


EFFICIENCY = (1.32045, 0.285979, 10.8646, -0.333322)


def test_efficiency_of_the_release():
    """ε = 0.0706, 0.2457, 0.6774, 0.8969, 0.9868 at 8, 10, 15, 20, 40 photo-electrons, by hand from the release."""
    found = logistic_efficiency(np.array([8.0, 10.0, 15.0, 20.0, 40.0]), EFFICIENCY)
    assert [f"{value:.4f}" for value in found] == ["0.0706", "0.2457", "0.6774", "0.8969", "0.9868"]


@pytest.mark.parametrize(
    "coefficients", [EFFICIENCY, (1.3439, 0.285366, 9.84596, -0.356364), (1.297, 0.286592, 11.8832, -0.31028)]
)
def test_threshold_is_where_the_efficiency_vanishes(coefficients):
    a, b, c, d = coefficients
    root = brentq(lambda x: a / (1 + np.exp(-b * (x - c))) + d, 0, 20, xtol=1e-14, rtol=1e-15)
    assert_close(logistic_threshold([np.float64(value) for value in coefficients]), root)


def test_released_variations_are_reached(measurement):
    """±1 of the efficiency's shape are the released ±1σ coefficients of arXiv:2110.07730's ancillary files."""
    efficiency = measurement.scattering.detector.energy.efficiency
    for sign, released in ((1, (1.3439, 0.285366, 9.84596, -0.356364)), (-1, (1.297, 0.286592, 11.8832, -0.31028))):
        found = efficiency.coefficients + sign * efficiency.variation
        assert_close(
            found, np.array(released), 3e-6, "six digits of the release, not exactly symmetric about the nominal"
        )


def test_time_efficiency():
    """1 up to the onset, exp(-rate (t - onset)) after."""
    found = time_efficiency(np.array([0.0, 0.52, 1.52, 6.0]), 0.52, 0.0494)
    assert_close(found, np.array([1.0, 1.0, np.exp(-0.0494), np.exp(-0.0494 * 5.48)]))


def test_recoils_of_electron_equivalent_energies():
    """E = 0.246 T + 0.78 T²/MeV (liquid argon, arXiv:2006.12659): the root of the quadratic; the largest recoil beyond."""
    quenching = PolynomialQuenching(np.array([0.246, 0.78]), np.zeros((0, 2)))
    params = {parameter.name: parameter.default for parameter in quenching.parameters()}
    energies = np.array([0.0, 5.0, 120.0, 1e6])
    exact = (np.sqrt(0.246**2 + 4 * 0.78 * 1e-3 * energies) - 0.246) / (2 * 0.78)
    expected = np.where(energies < 1e5, exact, 1.0)
    assert_close(quenching.recoils(energies, params), expected, 1e-12, "64 bisections of 1 MeV", scale=1.0)
