"""Numerical tools shared by every model: array library, quadrature nodes, guarded special functions."""

import re
import types
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jax.scipy.special import erf as _jax_erf
from jax.scipy.special import gammaln as _jax_log_gamma

from .typing import Array, Float, Scalar


def namespace(*values: object) -> types.ModuleType:
    """Return `jax.numpy` if any value is a JAX array (or is being traced), `numpy` otherwise."""
    return jnp if any(isinstance(value, jax.Array) for value in values) else np


def structure_text(tree: object) -> str:
    """Return the structure of a tree as text, without its arrays: the same in every process.

    Functions are printed with their addresses, and sets in an order that differs between processes.
    """
    text = re.sub(r" at 0x[0-9a-f]+", "", str(jax.tree.structure(tree)))
    return re.sub(r"set\(\{([^{}]*)\}\)", lambda match: f"set({sorted(match[1].split(', '))})", text)


def log_gamma(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ln Γ(x), on the host or traced."""
    return _jax_log_gamma(x) if isinstance(x, jax.Array) else scipy.special.gammaln(x)


def erf(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the error function, on the host or traced."""
    return _jax_erf(x) if isinstance(x, jax.Array) else scipy.special.erf(x)


@jax.custom_jvp
def _reciprocal(x: Float[Array, "..."]) -> Float[Array, "..."]:
    return 1.0 / x


@_reciprocal.defjvp
def _reciprocal_changes(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    inverse = _reciprocal(*primals)
    return inverse, -(inverse * tangents[0]) * inverse


@jax.custom_jvp
def _logarithm(x: Float[Array, "..."]) -> Float[Array, "..."]:
    return jnp.log(x)


@_logarithm.defjvp
def _logarithm_changes(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return _logarithm(*primals), _reciprocal(*primals) * tangents[0]


def logarithm(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return ln x, of tiny x with all derivatives: products of dx/x, where JAX's own divides by powers of x first.

    >>> import jax
    >>> with_changes = lambda t: logarithm(1e-206 * jax.numpy.exp(t))  # ln of a count that grows by e^t
    >>> float(jax.grad(with_changes)(0.0)), float(jax.grad(jax.grad(with_changes))(0.0))
    (1.0, 0.0)
    """
    return _logarithm(x) if isinstance(x, jax.Array) else np.log(x)


def gauss_legendre(
    breaks: Sequence[float] | np.ndarray, order: int
) -> tuple[Float[np.ndarray, " node"], Float[np.ndarray, " node"]]:
    """Return nodes and weights of the composite Gauss-Legendre rule between consecutive `breaks`.

    Each of the ``len(breaks) - 1`` pieces gets `order` nodes. Host only.
    """
    edges = np.asarray(breaks, dtype=float)
    x, w = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(edges)[:, None]
    centre = 0.5 * (edges[1:] + edges[:-1])[:, None]
    return (centre + half * x).ravel(), (half * w).ravel()


def chebyshev_points(low: float, high: float, count: int) -> Float[np.ndarray, " point"]:
    """Return the extrema of the Chebyshev polynomial of degree ``count - 1`` on an interval, ends included."""
    return 0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * np.arange(count) / (count - 1))


def chebyshev_polynomials(x: Scalar | Float[Array, "..."], count: int) -> Float[Array, "degree ..."]:
    """Return T_0(x) … T_(count-1)(x) for -1 ≤ x ≤ 1, doubled in number by T_(s+j) = 2 T_s T_j - T_(s-j)."""
    xp = namespace(x)
    polynomials = xp.stack([xp.ones_like(x), x])
    while len(polynomials) < count:
        last = len(polynomials) - 1
        polynomials = xp.concatenate(
            [polynomials, 2.0 * polynomials[last] * polynomials[1:] - polynomials[last - 1 :: -1]]
        )
    return polynomials[:count]


def lagrange(points: Float[np.ndarray, " point"], x: Float[np.ndarray, " node"]) -> Float[np.ndarray, "point node"]:
    """Return the Lagrange polynomials of `chebyshev_points` at each `x`, by the barycentric formula.

    J.-P. Berrut and L. N. Trefethen, SIAM Rev. 46, 501 (2004), Eqs. 4.2 and 5.4. Host only.
    """
    weights = (-1.0) ** np.arange(len(points))
    weights[[0, -1]] *= 0.5
    distance = x - points[:, None]
    hit = distance == 0.0
    terms = np.where(hit.any(axis=0), hit, weights[:, None] / np.where(hit, 1.0, distance))
    return terms / terms.sum(axis=0)


def sine_cosine(x: Scalar | Float[Array, "..."]) -> tuple[Scalar | Float[Array, "..."], Scalar | Float[Array, "..."]]:
    """Return sin x and cos x to 3e-16 for |x| < 1e5, both at a tenth of the time that XLA's own take on a CPU.

    The argument is reduced by multiples of π/2 in two parts (W. J. Cody and W. Waite, Software Manual for the
    Elementary Functions, 1980); within ±π/4 the Taylor series end below 5e-17.
    """
    if not isinstance(x, jax.Array):
        return np.sin(x), np.cos(x)
    quarters = jnp.round(x * (2.0 / np.pi))
    r = (x - quarters * 1.5707963267341256) - quarters * 6.077100506506192e-11
    y = r * r
    sine, cosine = jnp.ones_like(y), jnp.ones_like(y)
    for k in range(8, 0, -1):
        cosine = 1.0 - y * cosine / (2 * k * (2 * k - 1))
        sine = 1.0 - y * sine / (2 * k * (2 * k + 1))
    sine = r * sine
    turn = quarters.astype(int)
    odd = (turn & 1) == 1
    sine, cosine = jnp.where(odd, cosine, sine), jnp.where(odd, sine, cosine)
    return jnp.where((turn & 2) == 2, -sine, sine), jnp.where(((turn + 1) & 2) == 2, -cosine, cosine)


def uniform_ball(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return 3 j1(x)/x, the form factor of a uniform ball, with its series below x = 0.1 (error below 1e-13)."""
    xp = namespace(x)
    small = x < 0.1
    safe = xp.where(small, 1.0, x)
    sine, cosine = sine_cosine(safe)
    exact = 3.0 * (sine - safe * cosine) / safe**3
    y = x * x
    series = 1.0 - y / 10.0 * (1.0 - y / 28.0 * (1.0 - y / 54.0 * (1.0 - y / 88.0)))
    return xp.where(small, series, exact)


def bessel_j0(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return the spherical Bessel function sin(x)/x for x ≥ 0, with its series below x = 0.1 (error below 1e-15)."""
    xp = namespace(x)
    small = x < 0.1
    safe = xp.where(small, 1.0, x)
    y = x * x
    series = 1.0 - y / 6.0 * (1.0 - y / 20.0 * (1.0 - y / 42.0 * (1.0 - y / 72.0)))
    return xp.where(small, series, sine_cosine(safe)[0] / safe)


UNROLLED = 6
"""Largest dimension of which a factorisation is unrolled: the time to compile it then grows as the cube."""


def solve_symmetric(
    matrix: Float[Array, "n n"],
    vector: Float[Array, " n"],
    size: Float[Array, " n"] | None = None,
    floor: float = 1e-12,
) -> tuple[Float[Array, " n"], Float[Array, ""]]:
    """Solve ``matrix @ x = vector`` by an L D Lᵀ factorisation; return x and the smallest pivot.

    Where a pivot is not positive its modulus is used (a modified Cholesky factorisation, so that a Newton step
    is a descent direction everywhere); the smallest pivot, relative to the diagonal, shows whether that happened.
    Vectorised across a batch by `jax.vmap`, unrolled up to dimension `UNROLLED`: meant for fewer than ~20 parameters.
    """
    n = vector.shape[0]
    if n == 0:
        return vector, jnp.asarray(jnp.inf)
    size = jnp.maximum(jnp.abs(jnp.diag(matrix)), 1e-300) if size is None else size
    if n > UNROLLED:
        return _eliminate(matrix, vector, jnp.sqrt(size), floor)
    scale = [jnp.sqrt(size[i]) for i in range(n)]
    a = [[matrix[i, j] / (scale[i] * scale[j]) for j in range(i + 1)] for i in range(n)]
    pivots, lower, smallest = [], [], jnp.inf
    for i in range(n):
        row: list[Any] = []
        for j in range(i):
            partial = a[i][j] - sum(row[k] * lower[j][k] * pivots[k] for k in range(j))
            row.append(partial / pivots[j])
        pivot = a[i][i] - sum(row[k] ** 2 * pivots[k] for k in range(i))
        smallest = jnp.minimum(smallest, pivot)
        pivots.append(jnp.maximum(jnp.abs(pivot), floor))
        lower.append(row)
    z: list[Any] = []
    for i in range(n):
        z.append(vector[i] / scale[i] - sum(lower[i][k] * z[k] for k in range(i)))
    x: list[Any] = [None] * n
    for i in reversed(range(n)):
        x[i] = z[i] / pivots[i] - sum(lower[k][i] * x[k] for k in range(i + 1, n))
    return jnp.stack([x[i] / scale[i] for i in range(n)]), jnp.asarray(smallest)


def _eliminate(
    matrix: Float[Array, "n n"], vector: Float[Array, " n"], scale: Float[Array, " n"], floor: float
) -> tuple[Float[Array, " n"], Float[Array, ""]]:
    """Solve as `solve_symmetric` does, by the elimination of Gauss and Jordan in a loop: a program of constant size."""
    n = vector.shape[0]
    places = jnp.arange(n + 1)
    table = jnp.concatenate([matrix / (scale[:, None] * scale), (vector / scale)[:, None]], axis=1)

    def eliminate(i: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        left, smallest = state
        pivot = left[i, i]
        row = jnp.where(places == i, jnp.maximum(jnp.abs(pivot), floor), left[i])
        row = row / row[i]
        left = jnp.where((places[:n] == i)[:, None], row, left - left[:, i][:, None] * row)
        return left, jnp.minimum(smallest, pivot)

    left, smallest = jax.lax.fori_loop(0, n, eliminate, (table, jnp.asarray(jnp.inf)))
    return left[:, n] / scale, smallest
