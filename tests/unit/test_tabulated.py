"""Integrals over tabulated spectra."""

import numpy as np
import pytest

from cevnsjax.interactions.kinematics import minimum_energy
from cevnsjax.interactions.structures import STRUCTURES, kernel
from cevnsjax.sources.tabulated import Tabulated

ELECTRON_MASS = 0.51099895


@pytest.mark.parametrize("structure", [name for name in STRUCTURES if name != "pseudoscalar"])
def test_a_table_above_all_thresholds_is_integrated_as_piece_by_piece(structure):
    """Recoils of all thresholds go piece by piece; of low ones alone what is above them is interpolated in ln E."""
    energy = np.linspace(0.0, 16.0, 1001)
    spectrum = Tabulated(energy, energy**2 * np.exp(-energy) * (1.3 + np.sin(9 * energy)))
    low = 1e-3 * np.array([1.0, 5.0, 20.0, 50.0])

    def moment(recoil):
        def density(e, t):
            return kernel((structure, structure), e, t, ELECTRON_MASS, "spin-1/2", False)

        return spectrum.moment(density, recoil, np.asarray(minimum_energy(recoil, ELECTRON_MASS)), 24)

    together, alone = moment(np.append(low, 15.5))[:-1], moment(low)
    assert np.any(together != alone)
    assert alone == pytest.approx(together, rel=1e-11)
