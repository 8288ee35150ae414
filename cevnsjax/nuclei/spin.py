"""Spin charges of nuclei: what neutrinos couple to through the axial current of the nucleons.

With a_A = g_A^p · S_p + g_A^n · S_n, where g_A^p = -g_A^n = g_A/2 at tree level (g_A = 1.276), the axial part of the
cross section is κ a_A². The charges are

    S_N = 2 sqrt((J + 1)/(3J)) <S_N> F_N(q),    0 for J = 0

so that F_A(0) = 4 a_A² = (4/3) g_A² (J + 1)/J (<S_p> - <S_n>)², arXiv:2007.08529 Eq. 67. Of 19F the product is that of
the shell model, 2 sqrt(2π/(2J + 1)) F_N^Σ'(u) with the transverse responses there. Of the other nuclides only <S_N> is
calculated, F_N is the Gaussian F² = exp(-q² R_A²/4) of Bélanger et al. (arXiv:0803.2360), with
R_A = 1.7 A^(1/3) - 0.28 - 0.78 [A^(1/3) - 3.8 + sqrt((A^(1/3) - 3.8)² + 0.2)] fm. Currents of two nucleons, which
lower the isovector part, and the axial radius of the nucleon are left out.
"""

import dataclasses
import math
from functools import cache
from pathlib import Path

import numpy as np

from .._constants import HBAR_C
from .._data import DataFile, data_root
from .._typing import Float
from .nuclide import Nuclide


@dataclasses.dataclass(frozen=True)
class TransverseResponse:
    """Response Σ' of one nuclide, of one multipole: exp(-u/2) times a polynomial in u = q² b²/2."""

    oscillator_length: float
    """b [fm]."""
    proton: Float[np.ndarray, " power"]
    neutron: Float[np.ndarray, " power"]


@cache
def _read(root: Path) -> dict[str, TransverseResponse]:
    data = DataFile("nuclei/spin_responses.toml", root)
    return {
        name: TransverseResponse(
            data.number(f"{name}.oscillator_length", "fm"),
            data.array(f"{name}.proton", "1"),
            data.array(f"{name}.neutron", "1"),
        )
        for name in data.sections()
        if name != "sources"
    }


def spin_radius(nucleons: int) -> float:
    """Return R_A [fm] of the Gaussian form factor of the spin of a nucleus with that many nucleons."""
    root = nucleons ** (1.0 / 3.0)
    return 1.7 * root - 0.28 - 0.78 * (root - 3.8 + math.sqrt((root - 3.8) ** 2 + 0.2))


def spin_charges(nucleus: Nuclide, q: Float[np.ndarray, "..."]) -> Float[np.ndarray, "2 ..."]:
    """Return the charges of the spin of the protons and of the neutrons at the momentum transfers `q` [MeV].

    Host only.
    """
    if nucleus.spin == 0.0:
        return np.zeros((2, *np.shape(q)))
    k2 = (q / HBAR_C) ** 2
    response = _read(data_root()).get(nucleus.name)
    if response is None:
        form_factor = np.exp(-k2 * spin_radius(nucleus.protons + nucleus.neutrons) ** 2 / 8.0)
        strength = 2.0 * math.sqrt((nucleus.spin + 1.0) / (3.0 * nucleus.spin))
        return strength * np.stack([nucleus.proton_spin * form_factor, nucleus.neutron_spin * form_factor])
    u = 0.5 * k2 * response.oscillator_length**2
    strength = 2.0 * math.sqrt(2.0 * math.pi / (2.0 * nucleus.spin + 1.0)) * np.exp(-0.5 * u)
    rows = [np.polynomial.polynomial.polyval(u, row) for row in (response.proton, response.neutron)]
    return strength * np.stack(rows)
