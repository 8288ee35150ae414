"""Vertices that are Hermitian matrices of parameters in flavour space: ee, mumu, tautau and emu, etau, mutau.

NAME_ee, NAME_mumu, NAME_tautau are real, the transitions have a modulus NAME_emu and, where a model has them, a phase
NAME_emu_phase: ε_eμ = |ε_eμ| exp(iφ), ε_μe its complex conjugate. A negative modulus is the phase π. The neutrino of
flavour l scatters to l' with the amplitude of the entry [l, l'].
"""

import math

import equinox as eqx
import numpy as np

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from .interaction import Vertex, as_array

DIAGONAL = ("ee", "mumu", "tautau")
TRANSITIONS = ("emu", "etau", "mutau")
_GREEK = {"e": "e", "mu": r"\mu", "tau": r"\tau"}
_PAIRS = {"ee": "e e", "mumu": "mu mu", "tautau": "tau tau", "emu": "e mu", "etau": "e tau", "mutau": "mu tau"}


def _hermitian_basis() -> Float[np.ndarray, "9 3 3 2"]:
    """Return the matrices of the diagonal entries, and of the real and imaginary parts of the transitions."""
    basis = np.zeros((9, 3, 3, 2))
    for k in range(3):
        basis[k, k, k, 0] = 1.0
    for k, (row, column) in enumerate(((0, 1), (0, 2), (1, 2))):
        basis[3 + k, row, column, 0] = basis[3 + k, column, row, 0] = 1.0
        basis[6 + k, row, column, 1], basis[6 + k, column, row, 1] = 1.0, -1.0
    return basis


_HERMITIAN = _hermitian_basis()


def symmetric_matrix(entries: Float[Array, "6"]) -> Float[Array, "3 3 2"]:
    """Return the real symmetric matrix of entries ee, mumu, tautau, emu, etau, mutau."""
    return namespace(entries).tensordot(entries, _HERMITIAN[:6], 1)


class FlavourMatrix(Vertex):
    """Σ scale × (matrix of the parameters called like `stem`), `centre` taken off its diagonal."""

    mixing = True
    stems: tuple[str, ...] = eqx.field(static=True)
    """Names of the parameters, {} for the pair of flavours."""
    scales: tuple[float, ...] = eqx.field(static=True)
    """Factor of each matrix."""
    phases: bool = eqx.field(static=True)
    """Whether the transitions have phases."""
    centre: Float[Array, "3"] = eqx.field(converter=as_array, default=(0.0, 0.0, 0.0))
    """Diagonal of the matrix at which the vertex vanishes."""

    def names(self) -> tuple[str, ...]:
        """Return the names of all entries, and of their phases."""
        names = [stem.format(pair) for stem in self.stems for pair in DIAGONAL + TRANSITIONS]
        if self.phases:
            names += [f"{stem.format(pair)}_phase" for stem in self.stems for pair in TRANSITIONS]
        return tuple(names)

    def __call__(self, params: Params) -> Float[Array, "3 3 2"]:
        """Return the matrix, real and imaginary parts."""
        values = [params[name] for name in self.names()]
        xp = namespace(*values, self.centre)
        entries = xp.stack([1.0 * value for value in values[: 6 * len(self.stems)]]).reshape(-1, 6)
        scales = np.asarray(self.scales)[:, None]
        diagonal = xp.sum(scales * (entries[:, :3] - self.centre), 0)
        moduli = scales * entries[:, 3:]
        if not self.phases:
            return xp.tensordot(xp.concatenate([diagonal, xp.sum(moduli, 0)]), _HERMITIAN[:6], 1)
        phases = xp.stack([1.0 * value for value in values[6 * len(self.stems) :]]).reshape(-1, 3)
        real, imaginary = xp.sum(moduli * xp.cos(phases), 0), xp.sum(moduli * xp.sin(phases), 0)
        return xp.tensordot(xp.concatenate([diagonal, real, imaginary]), _HERMITIAN, 1)


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
    parameters = []
    for pair, default in zip(DIAGONAL + TRANSITIONS, (*centre, 0.0, 0.0, 0.0), strict=True):
        indices = "".join(_GREEK[flavour] for flavour in _PAIRS[pair].split())
        words = description.replace("{}", _PAIRS[pair])
        parameters.append(
            Parameter(stem.format(pair), unit, default, (-bound, bound), latex.replace("{}", f"{{{indices}}}"), words)
        )
    if phases:
        for pair in TRANSITIONS:
            indices = "".join(_GREEK[flavour] for flavour in _PAIRS[pair].split())
            symbol = rf"\arg {latex.replace('{}', f'{{{indices}}}')}"
            words = f"phase of the {description.replace('{}', _PAIRS[pair])}"
            name, bounds = stem.format(pair), (-math.pi, math.pi)
            parameters.append(Parameter(f"{name}_phase", "rad", 0.0, bounds, symbol, words, acts_through=(name,)))
    return tuple(parameters)
