"""Gaussian constraints on single parameters and on linear combinations, with correlations between them."""

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence

import equinox as eqx
import numpy as np

from .._base.errors import BLANKS, UNSIGNED, InputError, read_number
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from .parameter import Gaussian, Parameter


@dataclasses.dataclass(frozen=True)
class Relation:
    """A Gaussian constraint on a linear combination Σ coefficient × parameter."""

    text: str
    terms: tuple[tuple[str, float], ...]
    """Parameters and their coefficients."""
    constraint: Gaussian


def parse_combination(text: str, known: Mapping[str, object]) -> tuple[tuple[str, float], ...]:
    """Return the terms of a combination such as ``r_n_cs - 0.5*r_n_i``; `known` has the names of all parameters."""
    names = sorted(known, key=len, reverse=True)
    terms: dict[str, float] = {}
    rest = re.sub(rf"[{BLANKS}]*([+*-])[{BLANKS}]*", r"\1", text.strip(BLANKS))
    while rest:
        match = re.match(rf"([+-])?(?:({UNSIGNED})\*)?", rest)
        begin = match.end() if match else 0
        name = next((name for name in names if rest.startswith(name, begin)), None)
        if match is None or name is None or (terms and match[1] is None):
            raise InputError(f"expected a combination of parameters like 'r_n_cs-r_n_i', found '{text}'")
        sign, factor = match.groups()
        rest = rest[begin + len(name) :]
        if rest and rest[0] not in "+-":
            raise InputError(f"expected a combination of parameters like 'r_n_cs-r_n_i', found '{text}'")
        terms[name] = terms.get(name, 0.0) + (-1.0 if sign == "-" else 1.0) * read_number(factor or "1", text)
    if not terms or not all(terms.values()):
        raise InputError(f"expected a combination of parameters like 'r_n_cs-r_n_i', found '{text}'")
    return tuple(terms.items())


FARTHEST = 5.0
"""Widths from the nearest value that the bounds allow within which the centre of a constraint must lie."""
FINEST = 1e-12
"""Least width of a constraint, of the largest value that the bounds allow: no finer is resolved in double precision."""


def check_constraint(name: str, constraint: Gaussian, low: float, high: float) -> None:
    """Raise InputError if no value from `low` to `high` can meet the constraint, or if it fixes the value."""
    if not math.isfinite(high - low):
        raise InputError(f"{name}: expected a combination of finite values, found {low:g} to {high:g}")
    beyond = max(low - constraint.centre, constraint.centre - high)
    if beyond > min(FARTHEST * constraint.width, high - low):
        raise InputError(
            f"{name}: expected a constraint within {low:g} to {high:g}, its bounds, "
            f"found {constraint.centre:g} ± {constraint.width:g}"
        )
    least = FINEST * max(abs(low), abs(high))
    if constraint.width < least:
        raise InputError(
            f"{name}: expected a width of at least {least:.1g}, found {constraint.width:g}: set it to fix a parameter"
        )


def check_relation(relation: Relation, table: Mapping[str, Parameter]) -> None:
    """Raise InputError if a combination has parameters in different units, or if no values can meet its constraint."""
    units = {table[name].unit: name for name, _ in relation.terms}
    if len(units) > 1:
        listed = ", ".join(f"'{name}' [{unit}]" for unit, name in units.items())
        raise InputError(f"{relation.text}: expected a combination of parameters in one unit, found {listed}")
    ends = [sorted(factor * bound for bound in table[name].bounds) for name, factor in relation.terms]
    low, high = (math.fsum(end[k] for end in ends) for k in (0, 1))
    check_constraint(relation.text, relation.constraint, low, high)


def check_different(combinations: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """Raise InputError if two constraints are on the same combination of parameters, of whatever sign and scale."""
    known: dict[tuple[tuple[str, float], ...], str] = {}
    for text, terms in combinations.items():
        ordered = sorted(terms)
        direction = tuple((name, float(f"{factor / ordered[0][1]:.12g}")) for name, factor in ordered)
        first = known.setdefault(direction, text)
        if first != text:
            raise InputError(
                f"'{first}' and '{text}' constrain the same combination: give only the first or the second"
            )


class Constraints(Module):
    """Σ of squared independent pulls, each a linear combination of the parameters: (W x - b)²."""

    names: tuple[str, ...] = eqx.field(static=True)
    weights: Float[Array, "pull parameter"]
    """W: inverse widths, turned so that correlated constraints become independent pulls."""
    centres: Float[Array, "*toy pull"]
    """b: the centres, in the same units; of many toy experiments with a leading axis."""

    def __call__(self, params: Params) -> Scalar:
        """Return the sum of squares at `params`."""
        if not self.names:
            return 0.0
        values = [params[name] for name in self.names]
        pulls = self.weights @ namespace(*values, self.weights).stack(values) - self.centres
        return (pulls**2).sum()


NO_CONSTRAINTS = Constraints((), np.zeros((0, 0)), np.zeros(0))


def build_constraints(
    single: Mapping[str, Gaussian],
    relations: Sequence[Relation] = (),
    correlations: Mapping[tuple[str, str], float] | None = None,
) -> Constraints:
    """Return the constraints on single parameters, correlated where that is stated, and on combinations.

    `correlations` are those between the Gaussian constraints of two parameters. Their matrix must be positive definite.
    """
    ordered, pairs = list(single), correlations or {}
    matrix = np.eye(len(ordered))
    for (a, b), value in pairs.items():
        if (b, a) in pairs and a != b:
            raise InputError(f"the correlation of '{a}' and '{b}' is given twice")
        for name in (a, b):
            if name not in single:
                raise InputError(
                    f"a correlation is given for '{name}', which has no constraint in this fit: "
                    f"constrain it (--constrain {name}=CENTRE,WIDTH)"
                )
        if a == b:
            raise InputError(f"a correlation of '{a}' with itself is given")
        if not -1.0 < value < 1.0:
            raise InputError(f"{a}, {b}: expected a correlation between -1 and 1, found {value:g}")
        i, j = ordered.index(a), ordered.index(b)
        matrix[i, j] = matrix[j, i] = value
    try:
        turned = np.linalg.inv(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(matrix).min())
        raise InputError(
            f"the correlations are not positive definite: the smallest eigenvalue of their matrix is {least:.3g}"
        ) from None
    names = list(dict.fromkeys((*ordered, *(name for relation in relations for name, _ in relation.terms))))
    weights, centres = np.zeros((len(ordered) + len(relations), len(names))), np.zeros(len(ordered) + len(relations))
    widths = np.array([single[name].width for name in ordered])
    weights[: len(ordered), : len(ordered)] = turned / widths
    centres[: len(ordered)] = turned @ (np.array([single[name].centre for name in ordered]) / widths)
    for row, relation in enumerate(relations, start=len(ordered)):
        for name, coefficient in relation.terms:
            weights[row, names.index(name)] = coefficient / relation.constraint.width
        centres[row] = relation.constraint.centre / relation.constraint.width
    return Constraints(tuple(names), weights, centres)
