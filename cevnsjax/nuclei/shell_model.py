"""Charges of nuclei from the nuclear shell model: responses of Hoferichter, Menéndez and Schwenk, arXiv:2007.08529.

The weak form factor (Eq. 62 there, with t = -q²) is linear in the weak charges Q_p and Q_n of the nucleons:

    Q_W F_W = Q_p · Z F_Z + Q_n · N F_N
    Z F_Z = (1 + <r²>_p t/6 + t/8m²) M_p + <r²>_n t/6 · M_n - [(1 + 2κ_p) Φ_p + 2κ_n Φ_n] t/4m²
    N F_N = (1 + <r²>_p t/6 + <r²>_s t/6 + t/8m²) M_n + (<r²>_n + <r²>_s) t/6 · M_p
            - [(1 + 2κ_p + 2κ_s) Φ_n + 2(κ_n + κ_s) Φ_p] t/4m²

with the responses M of point protons and neutrons, the spin-orbit responses Φ'', the mean square charge radii and
anomalous magnetic moments of the nucleons and of the strange quarks in them. Z F_Z, all that multiplies the coupling to
protons, is the charge form factor of the nucleus; N F_N is its mirror in isospin, with the strange quarks of both
nucleons, which a Z couples to with the strength of the neutron. Nothing here is a parameter.
"""

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np

from .._base.constants import HBAR_C
from .._base.data_files import DataFile, data_root
from .._base.numerics import namespace
from .._base.typing import Array, Float
from .nuclide import Nuclide


@dataclasses.dataclass(frozen=True)
class Nucleon:
    """Mean square charge radii [fm²], anomalous magnetic moments and inverse square mass [fm²] of the nucleon."""

    proton_radius: float
    neutron_radius: float
    strange_radius: float
    proton_moment: float
    neutron_moment: float
    strange_moment: float
    inverse_mass: float


@dataclasses.dataclass(frozen=True)
class Responses:
    """Responses of a nuclide: exp(-u/2) times polynomials in u = q² b²/2; rows protons, neutrons."""

    oscillator_length: float
    """b [fm]."""
    nucleons: Float[np.ndarray, "2 power"]
    """Coefficients of M; the first are Z and N."""
    spin_orbit: Float[np.ndarray, "2 lower_power"]
    """Coefficients of Φ''."""


@cache
def _read(root: Path) -> tuple[Nucleon, dict[str, Responses]]:
    data = DataFile("nuclei/shell_model.toml", root)
    nucleon = Nucleon(
        *(data.number(f"nucleon.{kind}_charge_radius_squared", "fm^2") for kind in ("proton", "neutron", "strange")),
        *(data.number(f"nucleon.{kind}", "1") for kind in _MOMENTS),
        inverse_mass=(HBAR_C / data.number("nucleon.mass", "MeV")) ** 2,
    )

    def response(name: str, kind: str) -> Float[np.ndarray, "2 power"]:
        total, difference = data.array(f"{name}.{kind}_sum", "1"), data.array(f"{name}.{kind}_difference", "1")
        return 0.5 * np.array([total + difference, total - difference])

    names = [name for name in data.sections() if name not in ("sources", "nucleon")]
    return nucleon, {
        name: Responses(
            data.number(f"{name}.oscillator_length", "fm"), response(name, "nucleons"), response(name, "spin_orbit")
        )
        for name in names
    }


_MOMENTS = ("proton_anomalous_moment", "neutron_anomalous_moment", "strange_moment")


def calculated() -> tuple[str, ...]:
    """Return the names of the nuclides that the shell model has charges of."""
    return tuple(_read(data_root())[1])


def shell_model_charges(nucleus: Nuclide, q: Float[Array, "..."]) -> Float[Array, "2 ..."]:
    """Return Z F_Z and N F_N of any of the `calculated` nuclides at the momentum transfers `q` [MeV]."""
    nucleon, responses = _read(data_root())
    xp, response = namespace(q), responses[nucleus.name]
    t = -((q / HBAR_C) ** 2)
    u = -0.5 * t * response.oscillator_length**2
    decay = xp.exp(-0.5 * u)
    m_p, m_n = (decay * np.polynomial.polynomial.polyval(u, row) for row in response.nucleons)
    phi_p, phi_n = (decay * np.polynomial.polynomial.polyval(u, row) for row in response.spin_orbit)
    r_p, r_n, r_s = nucleon.proton_radius / 6.0, nucleon.neutron_radius / 6.0, nucleon.strange_radius / 6.0
    k_p, k_n, k_s = nucleon.proton_moment, nucleon.neutron_moment, nucleon.strange_moment
    own = 1.0 + t * (r_p + nucleon.inverse_mass / 8.0)
    orbit = 0.25 * nucleon.inverse_mass
    protons = own * m_p + t * (r_n * m_n - orbit * ((1.0 + 2.0 * k_p) * phi_p + 2.0 * k_n * phi_n))
    strange = t * (r_s * (m_p + m_n) - orbit * 2.0 * k_s * (phi_p + phi_n))
    neutrons = own * m_n + t * (r_n * m_p - orbit * ((1.0 + 2.0 * k_p) * phi_n + 2.0 * k_n * phi_p)) + strange
    return xp.stack([protons, neutrons])
