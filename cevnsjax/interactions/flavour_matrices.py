"""Vertices that are Hermitian matrices of parameters in flavour space: ee, mumu, tautau and emu, etau, mutau.

NAME_ee, NAME_mumu, NAME_tautau are real, the transitions have a modulus NAME_emu and, where a model has them, a phase
NAME_emu_phase: ε_eμ = |ε_eμ| exp(iφ), ε_μe its complex conjugate. A negative modulus is the phase π. The neutrino of
flavour l scatters to l' with the amplitude of the entry [l, l'].
"""

import math

import equinox as eqx

from .._numerics import namespace
from .._typing import Array, Float, Params
from ..parameters import Parameter
from .interaction import Vertex, as_array, flavour_matrix

DIAGONAL = ("ee", "mumu", "tautau")
TRANSITIONS = ("emu", "etau", "mutau")
_GREEK = {"e": "e", "mu": r"\mu", "tau": r"\tau"}
_PAIRS = {"ee": "e e", "mumu": "mu mu", "tautau": "tau tau", "emu": "e mu", "etau": "e tau", "mutau": "mu tau"}


class FlavourMatrix(Vertex):
    """Σ scale × (matrix of the parameters called like `stem`), `centre` taken off its diagonal."""

    mixing = True
    stems: tuple[str, ...] = eqx.field(static=True)
    """Names of the parameters, {} for the pair of flavours."""
    scales: tuple[float, ...]
    """Factor of each matrix."""
    phases: bool = eqx.field(static=True)
    """Whether the transitions have phases."""
    centre: Float[Array, "3"] = eqx.field(converter=as_array, default=(0.0, 0.0, 0.0))
    """Diagonal of the matrix at which the vertex vanishes."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all entries, and of their phases."""
        found = [stem.format(pair) for stem in self.stems for pair in DIAGONAL + TRANSITIONS]
        if self.phases:
            found += [f"{stem.format(pair)}_phase" for stem in self.stems for pair in TRANSITIONS]
        return tuple(found)

    def __call__(self, params: Params) -> Float[Array, "3 3 2"]:
        """Return the matrix, real and imaginary parts."""

        def row(names: list[str]) -> Float[Array, "3"]:
            found = [params[name] for name in names]
            return namespace(*found).stack([1.0 * value for value in found])

        total = 0.0
        for stem, scale in zip(self.stems, self.scales, strict=True):
            diagonal = row([stem.format(pair) for pair in DIAGONAL])
            transitions = row([stem.format(pair) for pair in TRANSITIONS])
            phases = row([f"{stem.format(pair)}_phase" for pair in TRANSITIONS]) if self.phases else None
            centred = diagonal - self.centre
            total = total + scale * flavour_matrix(centred, transitions, phases)
        return total


def matrix_parameters(
    stem: str,
    unit: str,
    bound: float,
    latex: str,
    description: str,
    phases: bool,
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> tuple[Parameter, ...]:
    """Return the parameters of a matrix: `stem` has {} for the pair of flavours, `latex` and `description` likewise.

    Each is between -`bound` and `bound`, 0 by default, or `centre` on the diagonal.
    """
    found = []
    for pair, default in zip(DIAGONAL + TRANSITIONS, (*centre, 0.0, 0.0, 0.0), strict=True):
        indices = "".join(_GREEK[flavour] for flavour in _PAIRS[pair].split())
        words = description.replace("{}", _PAIRS[pair])
        found.append(
            Parameter(stem.format(pair), unit, default, (-bound, bound), latex.replace("{}", f"{{{indices}}}"), words)
        )
    if phases:
        for pair in TRANSITIONS:
            indices = "".join(_GREEK[flavour] for flavour in _PAIRS[pair].split())
            symbol = rf"\arg {latex.replace('{}', f'{{{indices}}}')}"
            words = f"phase of the {description.replace('{}', _PAIRS[pair])}"
            found.append(Parameter(f"{stem.format(pair)}_phase", "rad", 0.0, (-math.pi, math.pi), symbol, words))
    return tuple(found)
