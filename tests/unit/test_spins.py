"""Spin charges against the axial form factor of the paper, other shell models and magnetic moments."""

import tomllib
from math import pi, sqrt

import numpy as np
import pytest
from independent_rates import DATA, HBARC
from numpy.polynomial.polynomial import polymul, polyval
from tolerance import assert_close

from cevnsjax.nuclei.nuclide import nuclide, nuclides
from cevnsjax.nuclei.spin import spin_charges, spin_radius
from cevnsjax.nuclei.target import nuclear_charges, target_of

RESPONSES = tomllib.loads((DATA / "nuclei/spin_responses.toml").read_text())
G_A = 1.27641
WITH_SPIN = [nucleus.name for nucleus in nuclides().values() if nucleus.spin]
SQUARED = [name for name, entry in RESPONSES.items() if "proton_squared" in entry]

# Responses F_pp^Σ' and F_nn^Σ' of 19F of arXiv:1203.3542 (appendix A.3), times exp(2y).
FLUORINE = ([1.81, -4.85, 4.88, -2.18, 0.364], [0.000607, -0.00136, 0.000266, 0.00055, 0.0000997])

MAGNETIC_MOMENTS = {"13C": 0.70241, "17O": -1.89379, "43Ca": -1.3173, "133Cs": 2.582, "183W": 0.11778, "207Pb": 0.5926}
"""In nuclear magnetons: Stone, Table of nuclear magnetic dipole moments, INDC(NDS)-0658 (2014)."""


def axial(name, q):
    """Return F_A = 4 a_A² at tree level, without strange quarks."""
    protons, neutrons = spin_charges(nuclide(name), q)
    return 4 * (G_A / 2 * (protons - neutrons)) ** 2


def test_axial_form_factor_of_fluorine():
    """1.50 in arXiv:2007.08529, 1.4996 from its responses."""
    assert abs(axial("19F", np.zeros(1))[0] - 1.4996) < 5e-5


@pytest.mark.parametrize("name", WITH_SPIN)
def test_axial_form_factor_at_rest(name):
    """(4/3) g_A² (J + 1)/J (<S_p> - <S_n>)²; of 19F the responses have 0.4777 for 0.478."""
    nucleus = nuclide(name)
    expected = 4 / 3 * G_A**2 * (nucleus.spin + 1) / nucleus.spin * (nucleus.proton_spin - nucleus.neutron_spin) ** 2
    found = axial(name, np.zeros(1))[0]
    if name == "19F":
        assert abs(found / expected - 1) < 2e-3
    else:
        assert_close(found, expected)


def test_axial_form_factor_of_fluorine_with_strange_quarks():
    """8π/(2J + 1) [g_s² S_00 - g_A g_s S_01 + g_A² S_11] with S_ij of F± = F_p ± F_n (arXiv:2007.08529 Eqs. 67, 85)."""
    strange, q = -0.085, np.linspace(0.0, 120.0, 13)
    entry = {key: value["value"] for key, value in RESPONSES["19F"].items()}
    u = (q / HBARC * entry["oscillator_length"]) ** 2 / 2
    p, n = (np.exp(-u / 2) * polyval(u, entry[particle]) for particle in ("proton", "neutron"))
    plus, minus = p + n, p - n
    expected = 8 * pi / 2 * (strange**2 * plus**2 - 2 * G_A * strange * plus * minus + G_A**2 * minus**2)
    protons, neutrons = spin_charges(nuclide("19F"), q)
    found = 4 * ((G_A - strange) / 2 * protons - (G_A + strange) / 2 * neutrons) ** 2
    assert_close(found, expected)


def test_two_shell_models_of_fluorine():
    """The protons of arXiv:2007.08529 and of arXiv:1203.3542, whose <S_p> is 0.475."""
    q = np.linspace(0.0, 100.0, 11)
    y = (q / HBARC * 1.7623) ** 2 / 4
    protons, _ = spin_charges(nuclide("19F"), q)
    other = np.exp(-2 * y) * polyval(y, FLUORINE[0]) / FLUORINE[0][0]
    assert np.all(np.abs((protons / protons[0]) ** 2 - other) < 2e-3)


@pytest.mark.parametrize("name", SQUARED)
def test_squared_responses(name):
    """W_N(0) = (8/3) (J + 1)/J <S_N>²: the spins of that calculation are those of arXiv:1304.7684 within 0.09."""
    nucleus = nuclide(name)
    entry = {key: value["value"] for key, value in RESPONSES[name].items()}
    q = np.linspace(0.0, 110.0, 23)
    y = (q / HBARC * entry["oscillator_length"]) ** 2 / 4
    a = nucleus.protons + nucleus.neutrons
    assert_close(entry["oscillator_length"] ** 2, 41.467 / (45 * a ** (-1 / 3) - 25 * a ** (-2 / 3)), 1e-5, "digits")
    for particle, spin, found in zip(
        ("proton", "neutron"), (nucleus.proton_spin, nucleus.neutron_spin), spin_charges(nucleus, q), strict=True
    ):
        row = entry[f"{particle}_squared"]
        assert abs(sqrt(3 / 8 * nucleus.spin / (nucleus.spin + 1) * row[0]) - abs(spin)) < 0.09
        expected = np.exp(-2 * y) * polyval(y, row) / row[0]
        assert_close(found**2, 4 * (nucleus.spin + 1) / (3 * nucleus.spin) * spin**2 * expected, scale=spin**2)
        assert np.all(found * spin > 0)


def test_responses_of_spin_one_half_are_squares():
    """129Xe has one multipole: its response is the square of a polynomial."""
    row = np.array(RESPONSES["129Xe"]["neutron_squared"]["value"])
    root = np.zeros(6)
    root[0] = sqrt(row[0])
    for k in range(1, 6):
        root[k] = (row[k] - sum(root[i] * root[k - i] for i in range(1, k))) / (2 * root[0])
    assert_close(polymul(root, root), row, 1e-7, "eight digits in the table", scale=np.abs(row).max())


def test_rounded_responses_of_xenon():
    """The two digits printed for the neutrons of 131Xe in arXiv:1203.3542."""
    printed = [0.18, -1.6, 5.8, -9.7, 9.1, -4.9, 1.4, -0.21, 0.012]
    found = RESPONSES["131Xe"]["neutron_squared"]["value"]
    assert [float(f"{value:.2g}") for value in found[: len(printed)]] == printed


@pytest.mark.parametrize("name", MAGNETIC_MOMENTS)
def test_spins_beside_the_odd_group_model(name):
    """All of the moment from the odd nucleons: <S> = (μ - g_l J)/(g_s - g_l) (Engel and Vogel 1989), within 0.03."""
    nucleus = nuclide(name)
    if nucleus.protons % 2:
        odd, even = nucleus.proton_spin, nucleus.neutron_spin
        expected = (MAGNETIC_MOMENTS[name] - nucleus.spin) / (5.5857 - 1)
    else:
        odd, even = nucleus.neutron_spin, nucleus.proton_spin
        expected = MAGNETIC_MOMENTS[name] / -3.8261
    assert abs(odd - expected) < 0.03
    assert abs(even) < 0.04


@pytest.mark.parametrize("name", [name for name in WITH_SPIN if name not in RESPONSES])
def test_gaussian_form_factor(name):
    """F² = exp(-q² R²/4) with R = 0.92 A^(1/3) + 2.68 - 0.78 sqrt((A^(1/3) - 3.8)² + 0.2) fm (arXiv:1505.01926)."""
    nucleus, q = nuclide(name), np.linspace(0.0, 100.0, 5)
    root = (nucleus.protons + nucleus.neutrons) ** (1 / 3)
    radius = 0.92 * root + 2.684 - 0.78 * sqrt((root - 3.8) ** 2 + 0.2)
    assert_close(spin_radius(nucleus.protons + nucleus.neutrons), radius)
    protons, neutrons = spin_charges(nucleus, q)
    expected = np.exp(-((q / HBARC * radius) ** 2) / 4)
    total = 4 * (nucleus.spin + 1) / (3 * nucleus.spin) * (nucleus.proton_spin**2 + nucleus.neutron_spin**2)
    assert_close(protons**2 + neutrons**2, total * expected)


@pytest.mark.parametrize("name", nuclides())
def test_only_odd_nuclides_have_spin(name):
    nucleus = nuclide(name)
    odd = (nucleus.protons + nucleus.neutrons) % 2
    assert (nucleus.spin % 1, nucleus.spin > 0) == (0.5 * odd, bool(odd))
    assert np.any(spin_charges(nucleus, np.array([10.0])) != 0) == bool(odd)


@pytest.mark.parametrize("form_factor", ["helm", "unity"])
def test_spins_of_a_target(form_factor):
    target = target_of("CaWO4", 1.0, form_factor)
    q = np.linspace(5.0, 60.0, 4) * np.ones((len(target.nuclides), 1))
    charges = nuclear_charges(target, q)
    for i, nucleus in enumerate(target.nuclides):
        expected = spin_charges(nucleus, q[i])
        assert_close([charges[name]({})[i] for name in ("proton_spin", "neutron_spin")], expected)
