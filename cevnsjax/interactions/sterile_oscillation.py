"""A fourth, sterile neutrino at short baseline: the flavours that arrive, in the 3+1 scheme.

    P_ab = δ_ab - 4 (δ_ab |U_a4|² - |U_a4|² |U_b4|²) <sin²(Δm²₄₁ L/4E)>

for neutrinos and antineutrinos; the other splittings do nothing at short baseline (Giunti and Lasserre, Annu. Rev.
Nucl. Part. Sci. 69, 163 (2019), arXiv:1901.08330, Eq. 17). Each arriving flavour scatters as it does; the sterile
neutrino does not. The sine is averaged over the distances (`sources.baseline`), and is 1/2 where they are unbounded.

Neutrinos of the Sun are made as ν_e and arrive as mass eigenstates. With U = R₃₄ R₂₄ R₁₄ U_3ν, where U_3ν does what it
does without a fourth neutrino, a ν_e is made as U_3ν's first state with probability c₁₄² and as the fourth eigenstate
with s₁₄², and of the standard flavours b that then arrive the flavour a is seen with |W_ab|², W = R₃₄ R₂₄ R₁₄:

    P_ba = c₁₄² |W_ab|² + s₁₄² |U_a4|²

on the flavours b at the Earth of three neutrinos. That is exact where a single U_a4 is not zero; with more of them
the terms that depend on the Dirac phases are averaged away. Matter effects of the fourth neutrino are left out.

Parameters: |U_e4|², |U_μ4|², |U_τ4|², of sum 1 at most, and Δm²₄₁ [eV²].
"""

from collections.abc import Mapping

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..sources.baseline import Baseline
from .interaction import Interaction, Term

ELEMENTS = tuple(
    Parameter(
        name=f"u2_{flavour}4",
        unit="1",
        default=0.0,
        bounds=(0.0, 1.0),
        latex=rf"|U_{{{symbol}4}}|^2",
        description=f"mixing of nu_{flavour} with a fourth neutrino",
    )
    for flavour, symbol in (("e", "e"), ("mu", r"\mu"), ("tau", r"\tau"))
)
"""Mixing of the flavours with the fourth neutrino."""
DELTA_M2_41 = Parameter(
    name="delta_m2_41",
    unit="eV^2",
    default=1.0,
    bounds=(0.0, 1e3),
    latex=r"\Delta m^2_{41}",
    description="splitting of the squared masses of the fourth and the first neutrino",
    acts_through=tuple(element.name for element in ELEMENTS),
)


class SterileOscillation(Interaction):
    """Oscillation into a sterile neutrino before the scattering."""

    oscillates = True

    @property
    def name(self) -> str:
        """Return the name of the command line."""
        return "sterile-oscillation"

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the mixings and the splitting."""
        return (*ELEMENTS, DELTA_M2_41)

    def nuclear_terms(self) -> tuple[Term, ...]:
        """Return nothing: it changes what arrives, not how it scatters."""
        return ()

    def check(self, values: Mapping[str, float]) -> None:
        """Raise InputError for mixings that are not of a unitary matrix."""
        total = sum(values.get(parameter.name, parameter.default) for parameter in ELEMENTS)
        if total > 1.0:
            names = " + ".join(parameter.name for parameter in ELEMENTS)
            raise InputError(f"{names}: expected a sum of 1 at most, as of a unitary matrix, found {total:g}")


def elements(params: Params) -> Float[Array, "3"]:
    """Return |U_e4|², |U_μ4|², |U_τ4|²."""
    values = [params[parameter.name] for parameter in ELEMENTS]
    return namespace(*values).stack([1.0 * value for value in values])


def arrival(params: Params, baseline: Baseline) -> Float[Array, "2 3 3"]:
    """Return the matrices P⁰ and P¹ of P_ab(E) = P⁰_ab + P¹_ab <sin²(Δm² L/4E)>, flavour before and flavour after."""
    u2 = elements(params)
    xp = namespace(u2)
    if baseline.from_sun:
        matrix = _solar(u2)
        return xp.stack([matrix, 0.0 * matrix])
    identity = np.eye(len(ELEMENTS))
    return xp.stack([identity + 0.0 * u2, -4.0 * (identity * u2 - u2[:, None] * u2)])


def _solar(u2: Float[Array, "3"]) -> Float[Array, "3 3"]:
    """Return the shares of the flavours that arrive from the Sun, of each flavour that would without mixing."""
    xp = namespace(u2)
    e, mu, tau = u2
    rest = 1.0 - e - mu
    ratio = xp.where(rest > 0.0, tau / xp.where(rest > 0.0, rest, 1.0), 0.0)
    rows = [
        [(1.0 - e) ** 2 + e * e, 2.0 * e * mu, 2.0 * e * tau],
        [e * e, rest + e * mu, mu * ratio + e * tau],
        [e * e, e * mu, (1.0 - e) * (1.0 - ratio) + e * tau],
    ]
    return xp.stack([xp.stack(row) for row in rows])


@arguments.checked()
def sterile_oscillation() -> SterileOscillation:
    """Return the oscillation into a sterile neutrino."""
    return SterileOscillation()
