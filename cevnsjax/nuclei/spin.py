"""Spin charges of nuclei: what neutrinos couple to through the axial current of the nucleons.

With a_A = g_A^p · S_p + g_A^n · S_n, where g_A^p = -g_A^n = g_A/2 at tree level (g_A = 1.276), the axial part of the
cross section is κ a_A². The charges are

    S_N = 2 sqrt((J + 1)/(3J)) <S_N> F_N(q),    0 for J = 0

so that F_A(0) = 4 a_A² = (4/3) g_A² (J + 1)/J (<S_p> - <S_n>)², arXiv:2007.08529 Eq. 67. Neutrinos see the transverse
responses Σ' alone:

    19F                       S_N = 2 sqrt(2π/(2J + 1)) F_N(u), with <S_N> and the multipole of arXiv:2007.08529
    23Na, 73Ge, 127I, Xe      F_N² = W_N(y)/W_N(0) of arXiv:1203.3542, summed over multipoles: protons and neutrons
                              interfere as if they had the same share in each
    others                    F_N² = exp(-q² R_A²/4), R_A = 1.7 A^(1/3) - 0.28 - 0.78 [a + sqrt(a² + 0.2)] fm with
                              a = A^(1/3) - 3.8: Bélanger et al., arXiv:0803.2360

Currents of two nucleons, which lower the isovector part, and the axial radius of the nucleon are left out.
"""

import dataclasses
import math
from functools import cache
from pathlib import Path

import numpy as np
from numpy.polynomial.polynomial import polyval

from .._base.constants import HBAR_C
from .._base.data_files import DataFile, data_root
from .._base.numerics import namespace
from .._base.typing import Array, Float
from .nuclide import Nuclide


@dataclasses.dataclass(frozen=True)
class Multipole:
    """Responses of protons and neutrons of the only multipole, L = 1, of a nucleus of spin 1/2."""

    oscillator_length: float
    """b [fm]."""
    coefficients: tuple[Float[np.ndarray, " _"], ...]

    def __call__(self, q2: Float[Array, "..."]) -> Float[Array, "2 ..."]:
        """Return the responses at q² [1/fm²]: exp(-u/2) times polynomials in u = q² b²/2."""
        xp, u = namespace(q2), 0.5 * q2 * self.oscillator_length**2
        return xp.exp(-0.5 * u) * xp.stack([polyval(u, row) for row in self.coefficients])


@dataclasses.dataclass(frozen=True)
class Squares:
    """Squared responses of protons and neutrons, summed over multipoles."""

    oscillator_length: float
    """b [fm]."""
    coefficients: tuple[Float[np.ndarray, " _"], ...]

    def __call__(self, q2: Float[Array, "..."]) -> Float[Array, "2 ..."]:
        """Return the form factors at q² [1/fm²]: the root of exp(-2y) times polynomials in y = q² b²/4, 1 at y = 0.

        A sum of squares cannot be negative, but where it nearly vanishes the digits of its coefficients can leave it so
        (protons of 129Xe within 0.2 MeV of q = 441 MeV, neutrons at 2.4 GeV): it is 0 there, which moves F² by less
        than 2e-7.
        """
        xp, y = namespace(q2), 0.25 * q2 * self.oscillator_length**2
        squares = xp.stack([polyval(y, row) / row[0] for row in self.coefficients])
        seen = squares > 0.0
        return xp.exp(-y) * xp.where(seen, xp.sqrt(xp.where(seen, squares, 1.0)), 0.0)


@cache
def _calculated(root: Path) -> dict[str, Multipole | Squares]:
    data = DataFile("nuclei/spin_responses.toml", root)
    responses: dict[str, Multipole | Squares] = {}
    for name in data.sections():
        if name == "sources":
            continue
        kind, suffix = (Squares, "_squared") if "proton_squared" in data.get(name, dict) else (Multipole, "")
        rows = tuple(data.array(f"{name}.{particle}{suffix}", "1") for particle in ("proton", "neutron"))
        responses[name] = kind(data.number(f"{name}.oscillator_length", "fm"), rows)
    return responses


def spin_radius(nucleons: int) -> float:
    """Return R_A [fm] of the Gaussian form factor of the spin of a nucleus with that many nucleons."""
    root = nucleons ** (1.0 / 3.0)
    return 1.7 * root - 0.28 - 0.78 * (root - 3.8 + math.sqrt((root - 3.8) ** 2 + 0.2))


def spin_charges(nucleus: Nuclide, q: Float[Array, "..."]) -> Float[Array, "2 ..."]:
    """Return the charges of the spin of the protons and of the neutrons at momentum transfers `q` [MeV]."""
    xp, spin = namespace(q), nucleus.spin
    if spin == 0.0:
        return xp.zeros((2, *q.shape))
    q2 = (q / HBAR_C) ** 2
    response = _calculated(data_root()).get(nucleus.name)
    if isinstance(response, Multipole):
        return 2.0 * math.sqrt(2.0 * math.pi / (2.0 * spin + 1.0)) * response(q2)
    if response is None:
        gaussian = xp.exp(-0.125 * q2 * spin_radius(nucleus.protons + nucleus.neutrons) ** 2)
        shapes = xp.stack([gaussian, gaussian])
    else:
        shapes = response(q2)
    strength = 2.0 * math.sqrt((spin + 1.0) / (3.0 * spin))
    return strength * xp.stack([nucleus.proton_spin * shapes[0], nucleus.neutron_spin * shapes[1]])
