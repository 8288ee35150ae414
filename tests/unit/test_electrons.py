"""Electrons of atoms as targets: effective numbers, photo-absorption, and the cross sections that they give."""

import numpy as np
import pytest

import cevnsjax as cj
from cevnsjax.interactions.structures import kernel
from cevnsjax.nuclei.electrons import (
    effective_electrons,
    electron_breaks,
    electron_charges,
    electron_groups,
    photoabsorption,
)
from cevnsjax.nuclei.target import compound_target, natural_target

ELECTRON_MASS = 0.51099895
ELEMENTS = {"ar": 18, "ge": 32, "i": 53, "xe": 54, "cs": 55}

STEPS = {
    "cs": "55:35.99 53:5.71 51:5.36 49:5.01 45:1.21 43:1.07 41:1.00 37:0.74 33:0.73 27:0.23 25:0.17 23:0.16 19:0.08",
    "i": "53:33.17 51:5.19 49:4.86 47:4.56 43:1.07 41:0.93 39:0.88 35:0.63 31:0.62 25:0.19 23:0.124 21:0.123 17:0.051",
    "ge": "32:11.103 30:1.4146 28:1.2481 26:1.217 22:0.1801 20:0.1249 18:0.1208 14:0.0298 10:0.0292 4:0.008",
    "xe": "54:34.561 52:5.453 50:5.107 48:4.786 44:1.1487 42:1.0021 40:0.9406 36:0.6890 32:0.6764 26:0.2132 24:0.1467 "
    "22:0.1455 18:0.0695 14:0.0675 8:0.0233",
    "ar": "18:3.2059 16:0.3263 14:0.2506 12:0.2484 8:0.0293 6:0.0159 4:0.0157",
}
"""Electrons and the energy [keV] above which there are so many: arXiv:2205.09484 for Cs, I and Ge (the last energies of
Cs, I and Ge are above where the table given there ends), the X-ray Data Booklet for Xe and Ar."""


@pytest.mark.parametrize("element", STEPS)
def test_effective_electrons_are_the_published_steps(element):
    upper = 1.0
    for step in STEPS[element].split():
        number, energy = int(step.split(":")[0]), 1e-3 * float(step.split(":")[1])
        inside = np.array([energy * (1.0 + 1e-6), 0.5 * (energy + upper), upper * (1.0 - 1e-6)])
        assert effective_electrons(element, inside).tolist() == [number] * 3
        upper = energy


@pytest.mark.parametrize(("element", "number"), ELEMENTS.items())
def test_all_electrons_of_the_atom_count_above_the_k_edge_and_none_below_the_ionisation_energy(element, number):
    assert effective_electrons(element, np.array([0.2, 1e-6, 0.0])).tolist() == [number, 0, 0]


CROSS_SECTIONS = {
    "xe": {1: 1.94e6, 2: 4.54e5, 5: 1.383e5, 10: 3.62e4},
    "ge": {1: 2.28e5, 1.3: 7.56e5, 2: 3.27e5, 5: 2.95e4, 10: 4.31e3},
    "ar": {1: 2.11e5, 2: 3.38e4, 5: 2.79e4, 10: 4.13e3},
}
"""Photo-absorption per atom [b] against energy [keV]: tables of Elam, Ravel and Sieber, Radiat. Phys. Chem. 63, 121
(2002), read with their own spline by xraydb 4.5.8; to the digits given."""


@pytest.mark.parametrize("element", CROSS_SECTIONS)
def test_photo_absorption_is_that_of_the_tables(element):
    energies = np.array(list(CROSS_SECTIONS[element]), float)
    found = photoabsorption(element, 1e-3 * energies)
    assert found == pytest.approx(1e-24 * np.array(list(CROSS_SECTIONS[element].values())), rel=2.5e-3)


JUMPS = {
    "ar": (3.2059, 9.054),
    "ge": (11.103, 7.392),
    "i": (33.17, 6.039),
    "xe": (34.5617, 5.988),
    "cs": (35.9865, 5.949),
}
"""K edges [keV] and their jump ratios, Elam, Ravel and Sieber (2002)."""


@pytest.mark.parametrize("element", JUMPS)
def test_photo_absorption_jumps_at_the_k_edge(element):
    energy, jump = JUMPS[element]
    below, above = photoabsorption(element, 1e-3 * energy * np.array([1.0 - 1e-5, 1.0 + 1e-5]))
    assert above / below == pytest.approx(jump, rel=3e-3)
    # Above K all tables fall about as E⁻³: a power law, without wiggles.
    slope = np.gradient(np.log(photoabsorption(element, 1e-3 * np.geomspace(1.01 * energy, 190, 30))))
    assert np.all(slope < 0)


def test_photo_absorption_of_caesium_is_between_those_of_its_neighbours_below_1_kev():
    # arXiv:2207.05036 needs it per atom: Xe and Cs differ by one electron; their M edges are elsewhere, so 0.2-0.6 keV.
    energy = 1e-3 * np.linspace(0.2, 0.6, 9)
    ratio = photoabsorption("cs", energy) / photoabsorption("xe", energy)
    assert np.all((ratio > 0.9) & (ratio < 1.3))


def test_there_is_no_photo_absorption_outside_the_tables():
    assert photoabsorption("xe", np.array([0.0, 0.99e-4, 0.81])).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("element", ELEMENTS)
def test_between_the_breaks_there_is_no_step(element):
    breaks = electron_breaks(element)
    assert np.all(np.diff(breaks) > 0)
    for low, high in zip([1e-6, *breaks], breaks, strict=False):
        inside = np.geomspace(low * (1 + 1e-9), high * (1 - 1e-9), 4001)
        assert len(set(effective_electrons(element, inside))) == 1
        cross_section = photoabsorption(element, inside)
        if np.any(cross_section):
            # A step keeps its height when the points come closer, what is continuous does not.
            coarse, fine = (np.abs(np.diff(np.log(cross_section[::every]))).max() for every in (100, 1))
            assert fine < 0.2 * coarse + 1e-9


def test_targets_are_elements_with_their_atoms():
    xenon, csi = natural_target("xe", 1000.0, "helm"), compound_target(("133Cs", "127I"), 14.6, 259.8, "helm")
    assert electron_groups(xenon) == {"xe": pytest.approx(6.02214076e26 / 0.131293, rel=1e-5)}
    assert list(electron_groups(csi)) == ["cs", "i"]
    recoil = np.array([[1e-3, 6e-3], [1e-3, 6e-3]])
    charges = electron_charges(csi, recoil)
    assert charges["electron"].value ** 2 == pytest.approx(np.array([[37, 53], [41, 51]]), rel=1e-12)
    expected = [photoabsorption("cs", recoil[0]), photoabsorption("i", recoil[1])]
    assert charges["photoabsorption"].value ** 2 == pytest.approx(np.array(expected), rel=1e-12)


def test_elements_without_tables_are_refused():
    with pytest.raises(cj.InputError, match="no binding energies and photo-absorption of W; known: Ar, Ge, I, Xe, Cs"):
        electron_groups(natural_target("w", 1.0, "helm"))


def test_millicharge_and_magnetic_moment_on_xenon():
    # arXiv:2207.05036: dσ/dT at T = 5 keV, E = 0.3 MeV, for 1e-13 e in the equivalent-photon (m_ν = 1 eV) and the
    # free-electron approximation (no interference), and for 1e-11 μ_B; from the formulae with the constants written
    # out, in cm²/GeV.
    energy, recoil = np.array(0.3), np.array([[5e-3]])
    charges = electron_charges(natural_target("xe", 1.0, "helm"), recoil)

    def rate(structure, charge, coupling):
        pair = (structure, structure)
        density = kernel(pair, energy, recoil, ELECTRON_MASS, "spin-1/2", False)
        return float((1e3 * density * (coupling * charges[charge].value) ** 2)[0, 0])

    photons = rate("equivalent-photon", "photoabsorption", 1e-13)
    assert photons == pytest.approx(1.6206e-41, rel=1e-3)
    alpha, contact = 1 / 137.035999084, 1.0 / (np.sqrt(2.0) * 1.1663787e-11)
    q2 = 2.0 * ELECTRON_MASS * recoil[0, 0]
    amplitude = 4.0 * np.pi * alpha * 1e-13 * contact / q2
    free = rate("vector", "electron", amplitude)
    assert free == pytest.approx(4.7447e-42, rel=1e-4)
    assert photons / free == pytest.approx(3.4155, rel=1e-3)
    assert rate("magnetic", "electron", 1e-11) == pytest.approx(2.35497e-40, rel=1e-5)
