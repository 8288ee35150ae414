"""Integrals over tabulated spectra, against scipy's adaptive quadrature between the points."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from cevnsjax.interactions.kinematics import minimum_energy
from cevnsjax.interactions.structures import STRUCTURES, kernel
from cevnsjax.sources.tabulated import Tabulated

ELECTRON_MASS = 0.51099895
SMOOTH = np.linspace(0.0, 16.0, 33)
DECADES = np.geomspace(2e-3, 20.0, 40)
TABLES = {
    "from zero": (SMOOTH, SMOOTH**2 * np.exp(-SMOOTH) * (1.3 + np.sin(9 * SMOOTH))),
    "decades": (DECADES, 1.0 / (1.0 + DECADES**2)),
    "jumps": (np.array([0.0, 0.1, 0.1, 1.8, 1.8, 1.8, 6.0, 6.5, 15.9]), np.array([1, 0, 2, 0.3, 0.0, 1.1, 0.2, 3, 0])),
    "a piece": (np.array([0.02, 15.9]), np.array([0.7, 0.1])),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("structure", [name for name in STRUCTURES if name != "pseudoscalar"])
def test_moments_of_tables(structure, name):
    """At recoils whose thresholds are below the table, at a jump, within pieces, and beyond the end."""
    energies, densities = TABLES[name]
    recoil = np.array([1e-9, 1e-3, 0.3, 1.8**2 / (1.8 + 0.5 * ELECTRON_MASS), 5.0, 15.0, 30.0])
    thresholds = np.asarray(minimum_energy(recoil, ELECTRON_MASS))

    def cross_section(e, t):
        return kernel((structure, structure), e, t, ELECTRON_MASS, "spin-1/2", False)

    def between(low, high, ends, t):
        (first, one), (last, other) = ends
        slope = (other - one) / (last - first)

        def density(e):
            return (one + slope * (e - first)) * cross_section(e, t)

        return quad(density, low, high, epsabs=0.0, epsrel=1e-12, limit=200)[0]

    points = list(zip(energies.tolist(), densities.tolist(), strict=True))
    expected = [
        sum(
            between(max(low[0], least), high[0], (low, high), t)
            for low, high in itertools.pairwise(points)
            if high[0] > max(low[0], least)
        )
        for t, least in zip(recoil, thresholds, strict=True)
    ]
    found = Tabulated(energies, densities.astype(float)).moment(cross_section, recoil, thresholds, 24)
    # epsrel of quad, of pieces that nearly cancel; Gauss-Legendre where ln E begins at next to nothing
    assert found == pytest.approx(expected, rel=3e-5 if structure == "equivalent-photon" else 1e-10)
    assert found[-1] == 0.0
