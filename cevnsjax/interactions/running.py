"""The running of sin²θ_W with the momentum transfer: one loop in the MS-bar scheme, decoupled below each mass.

With a = 1/α and b = s²/α, and K = 1 + α_s/π for quarks (1 for leptons), the fermions f with m_f < μ give

    da/dlnμ = -(2/3π) Σ_f N_c K Q_f²  (+ 7/2π above M_W)      db/dlnμ = -(2/3π) Σ_f N_c K |Q_f|/4  (+ 43/12π above M_W)

from the values at M_Z, as in the first term of Erler and Ramsey-Musolf, hep-ph/0409169. α_s is that of one loop with
four flavours, at most 0.5. The curve comes out 2e-4 above the value at Q = 0 that calculations of higher order give; it
is shifted to sin²θ_W(0), which is a parameter.
"""

import math
from functools import cache
from pathlib import Path
from typing import NamedTuple

from .._base.constants import LEPTON_MASSES
from .._base.data_files import DataFile, data_root
from .._base.numerics import namespace
from .._base.typing import Array, Float, Scalar
from .couplings import DEFAULT_SIN2

Numbers = Scalar | Float[Array, "..."]
FILE = "running/running.toml"
CHARGES = {"d": -1 / 3, "u": 2 / 3, "s": -1 / 3, "c": 2 / 3, "b": -1 / 3, "t": 2 / 3}
"""Charges of the quarks, whose thresholds are in the data."""
LARGEST_ALPHA_S = 0.5
_SLOPE = 6.0 * math.pi / 25.0
"""α_s ln(μ/Λ) of four flavours."""


class Start(NamedTuple):
    """What the curve starts from."""

    m_z: float
    """Masses [GeV]."""
    m_w: float
    sin2: float
    """MS-bar sin²θ_W and 1/α at M_Z."""
    inverse_alpha: float
    scale: float
    """Λ of α_s [GeV]."""
    quarks: dict[str, float]
    """Thresholds [GeV]."""


@cache
def _start(root: Path) -> Start:
    data = DataFile(FILE, root)
    masses = {name: data.number(f"curve.{name}", "GeV") for name in ("m_z", "m_w", "lambda_qcd", *CHARGES)}
    return Start(
        m_z=masses["m_z"],
        m_w=masses["m_w"],
        sin2=data.number("curve.sin2_theta_w", "1"),
        inverse_alpha=data.number("curve.inverse_alpha", "1"),
        scale=masses["lambda_qcd"],
        quarks={name: masses[name] for name in CHARGES},
    )


def _strong(mu: Numbers, scale: float) -> Numbers:
    """Return ∫ (1 + α_s/π) dlnμ from 1 GeV to `mu`."""
    xp = namespace(mu)
    edge = scale * math.exp(_SLOPE / LARGEST_ALPHA_S)
    at_edge = math.log(_SLOPE / LARGEST_ALPHA_S)
    above = _SLOPE / math.pi * (xp.log(xp.log(xp.maximum(mu, edge) / scale)) - at_edge)
    below = LARGEST_ALPHA_S / math.pi * xp.log(xp.minimum(mu, edge) / edge)
    return xp.log(mu) + above + below


def one_loop(q: Numbers) -> tuple[Numbers, Numbers]:
    """Return sin²θ_W and 1/α of one loop at momentum transfers `q` [GeV], from their values at M_Z."""
    xp, start = namespace(q), _start(data_root())
    rise, mixed = 0.0 * q, 0.0 * q  # 1/α and s²/α less those at M_Z
    for mass in LEPTON_MASSES.values():
        run = xp.log(xp.maximum(q, 1e-3 * mass) / start.m_z)
        rise, mixed = rise - 2.0 / (3.0 * math.pi) * run, mixed - 0.25 * 2.0 / (3.0 * math.pi) * run
    for name, charge in CHARGES.items():
        mass = start.quarks[name]
        run = 3.0 * (_strong(xp.maximum(q, mass), start.scale) - _strong(max(mass, start.m_z), start.scale))
        rise = rise - 2.0 / (3.0 * math.pi) * charge**2 * run
        mixed = mixed - 2.0 / (3.0 * math.pi) * 0.25 * abs(charge) * run
    bosons = xp.log(xp.maximum(q, start.m_w) / start.m_z)
    inverse = start.inverse_alpha + rise + 3.5 / math.pi * bosons
    return (start.sin2 * start.inverse_alpha + mixed + 43.0 / (12.0 * math.pi) * bosons) / inverse, inverse


def running_sin2(q: Numbers, sin2_theta_w: Numbers = DEFAULT_SIN2) -> Numbers:
    """Return sin²θ_W at momentum transfers `q` [GeV], shifted to `sin2_theta_w` at Q = 0."""
    at_zero, _ = one_loop(namespace(q).zeros_like(q))
    return one_loop(q)[0] - at_zero + sin2_theta_w
