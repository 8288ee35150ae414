"""What a measurement adds to χ², with its derivatives through the expected counts, in coordinates of its own.

The coordinates x of a part are the factors f of the components, then the parameters θ that move their shapes S:

    μ_b = Σ_c f_c S_cb(θ),   χ² = Σ_b χ²_b(μ_b)
    ∂_i χ²  = Σ_b χ²_b' ∂_i μ_b
    ∂_ij χ² = Σ_b χ²_b'' ∂_i μ_b ∂_j μ_b + χ²_b' ∂_ij μ_b

(with Σ_b W_ab μ_b in place of μ_a where χ² is a sum over such combinations, see `BinTerm`.)

The counts are differentiated forward, each component by the parameters that move it alone; of their second derivatives
only the sum with χ²_b' for weights is needed, a Hessian of one number. A part knows nothing of the likelihood it stands
in, so that the same program serves every one: it is compiled once.
"""

import dataclasses
import itertools
from collections.abc import Set
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from ..._base.module import Module
from ..._base.typing import Float, Scalar
from ...measuring.terms.term import Term, is_binned
from ...stages.stage import EMPTY, Stage, Value, separate


class Part(Module):
    """The term of a measurement as a function of its factors and of the parameters that move its shapes."""

    stages: tuple[Stage, ...]
    term: Term
    fixed: dict[str, Scalar]
    """Values of the parameters that the stages read and that do not move."""
    names: tuple[str, ...] = eqx.field(static=True)
    """Parameters that move the shapes, by the names that the measurement gives them."""
    moved: tuple[tuple[int, ...], ...] = eqx.field(static=True)
    """By component, the places in `names` of those that move it."""

    @property
    def size(self) -> int:
        """Return the number of its coordinates."""
        return len(self.stages) + len(self.names)

    def _shape(self, component: int, values: Float[Array, " moved"]) -> Array:
        """Return the counts of a component before its factor, where the parameters that move it have these values."""
        own = {self.names[place]: values[k] for k, place in enumerate(self.moved[component])}
        return jnp.asarray(self.stages[component](self.fixed | own))

    def holding(self, names: Set[str]) -> tuple["Part", tuple[Stage, ...]]:
        """Return the part where the parameters `names` do not move, and stages of what it needs of them, in order.

        In the part it is left empty, to be filled with the values of these stages (`stages.stage.separate`).
        """
        left = tuple(name for name in self.names if name not in names)
        stages, several = zip(*(separate(stage, frozenset(left)) for stage in self.stages), strict=True)
        moved = [[left.index(name) for k in places if (name := self.names[k]) in left] for places in self.moved]
        read = sorted(names & frozenset[str]().union(*(stage.parameters() for stage in stages)))
        fixed = self.fixed | dict.fromkeys(read, EMPTY)
        part = dataclasses.replace(self, stages=stages, names=left, moved=tuple(map(tuple, moved)), fixed=fixed)
        return part, (*itertools.chain(*several), *map(Value, read))

    def derivatives(self, x: Float[Array, " coordinate"]) -> tuple[Array, Array, Array]:
        """Return χ² of the part at x, its gradient and its Hessian."""
        count = len(self.stages)
        factors, values = x[:count], [x[count:][jnp.array(places, int)] for places in self.moved]
        counts, slopes = zip(*(self._with_slopes(c, own) for c, own in enumerate(values)), strict=True)
        # By component, what a unit of each coordinate adds to its counts.
        moves = []
        for c, places in enumerate(self.moved):
            rows = jnp.zeros((self.size, *counts[c].shape)).at[c].set(counts[c])
            if places:
                rows = rows.at[count + jnp.array(places)].set(factors[c] * slopes[c])
            moves.append(rows)
        value, gradients, hessian = self._through([f * s for f, s in zip(factors, counts, strict=True)], moves)
        gradient = sum(_inner(rows, slope) for rows, slope in zip(moves, gradients, strict=True))
        for c, places in enumerate(self.moved):
            if not places:
                continue
            index, weights = count + jnp.array(places), gradients[c]

            def weighted(own: Array, c: int = c, weights: Array = weights) -> Array:
                return (self._shape(c, own) * weights).sum()

            crossed = _inner(slopes[c], weights)
            hessian = hessian.at[c, index].add(crossed).at[index, c].add(crossed)
            bent = jax.jacfwd(jax.grad(weighted))(values[c])
            hessian = hessian.at[index[:, None], index[None, :]].add(factors[c] * bent)
        return value, jnp.asarray(gradient), hessian

    def _with_slopes(self, component: int, values: Float[Array, " moved"]) -> tuple[Array, Array]:
        """Return the counts of a component before its factor, and their derivatives by what moves it."""

        def shape(own: Array) -> Array:
            return self._shape(component, own)

        if not len(values):
            counts = shape(values)
            return counts, jnp.zeros((0, *counts.shape))
        along: Any = jax.vmap(lambda axis: jax.jvp(shape, (values,), (axis,)), out_axes=(None, 0))
        return along(jnp.eye(len(values)))

    def _through(self, components: list[Array], moves: list[Array]) -> tuple[Array, list[Array], Array]:
        """Return χ² of the counts of all components, its gradient by them, and `moves` times its Hessian by them."""
        term = self.term
        if is_binned(term):
            expected: Array = sum(components[1:], start=components[0])
            whitened, back = jax.vjp(term.whitened, expected)
            slope, root = term.derivatives(whitened)
            rows = jnp.asarray(root * term.whitened(sum(moves[1:], start=moves[0]))).reshape(self.size, -1)
            return jnp.asarray(term.chi2(expected)), [*back(jnp.asarray(slope))] * len(components), rows @ rows.T

        def chi2(several: list[Array]) -> Array:
            return jnp.asarray(term.chi2(term.combined(several)), float)

        value, gradients = jax.value_and_grad(chi2)(components)
        bent: Any = jax.vmap(lambda move: jax.jvp(jax.grad(chi2), (components,), (move,))[1])
        pairs = zip(moves, bent(moves), strict=True)
        products = [_flat(move) @ _flat(curved).T for move, curved in pairs]
        return value, gradients, jnp.asarray(sum(products[1:], start=products[0]))


def _flat(rows: Float[Array, "row ..."]) -> Float[Array, "row bin"]:
    return rows.reshape(len(rows), -1)


def _inner(rows: Float[Array, "row ..."], weights: Float[Array, "..."]) -> Float[Array, " row"]:
    """Return the sums of each row with weights."""
    return _flat(rows) @ weights.ravel()
