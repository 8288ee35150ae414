"""Mixtures of Student t distributions, and how to fit one to weighted points: what importance sampling draws from.

    q(z) = Σ_k π_k t(z; μ_k, L_k L_kᵀ, ν_k)

Fitted by expectation and maximisation over weighted points, which lowers the Kullback-Leibler divergence of the target
from the mixture at each step (O. Cappé, R. Douc, A. Guillin, J.-M. Marin and C. P. Robert, Statistics and Computing 18,
447 (2008), arXiv:0710.4242). A covariance of few points is held by the one before.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import gammaln, logsumexp

from ..._base.numerics import namespace
from ..._base.typing import Array, Float
from ..problem.chain import by_rows

LEAST_SHARE = 1e-6
"""Share of a component that points leave: it stays as it is."""

Points = Float[np.ndarray, "point coordinate"]


class Mixture(NamedTuple):
    """A mixture; its arrays go into compiled programs as they are."""

    share: Float[Array, " component"]
    mean: Float[Array, "component coordinate"]
    factor: Float[Array, "component coordinate coordinate"]
    """L of the scale matrix L Lᵀ."""
    inverse: Float[Array, "component coordinate coordinate"]
    """L⁻¹."""
    freedom: Float[Array, " component"]
    """ν, degrees of freedom."""
    constant: Float[Array, " component"]
    """ln of share and norm: ln q_k at the mean."""

    def terms(self, distances: Float[Array, "... component"]) -> Float[Array, "... component"]:
        """Return ln(π_k t_k) from the squared distances |L_k⁻¹ (z - μ_k)|²."""
        power = 0.5 * (self.freedom + self.mean.shape[-1])
        return self.constant - power * namespace(distances).log1p(distances / self.freedom)


def mixture(
    share: Float[Array, " component"],
    mean: Float[Array, "component coordinate"],
    factor: Float[Array, "component coordinate coordinate"],
    freedom: Float[Array, " component"],
) -> Mixture:
    """Return the mixture of these components; shares add up to 1."""
    dimension = mean.shape[-1]
    norm = gammaln(0.5 * (freedom + dimension)) - gammaln(0.5 * freedom) - 0.5 * dimension * np.log(np.pi * freedom)
    constant = np.log(share) + norm - np.linalg.slogdet(factor).logabsdet
    return Mixture(share, mean, factor, np.linalg.inv(factor), freedom, constant)


def joined(first: Mixture, second: Mixture, weight: float) -> Mixture:
    """Return the mixture of two, `weight` being that of the second."""
    shares = np.concatenate([(1.0 - weight) * first.share, weight * second.share])
    rest = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in ("mean", "factor", "freedom")]
    return mixture(shares, *rest)


def draw(
    mixed: Mixture, count: int, random: np.random.Generator
) -> tuple[np.ndarray, Float[np.ndarray, "point coordinate"]]:
    """Return the component of each of `count` points, and L_k⁻¹ (z - μ_k) of each.

    As many points come from a component as its share says, to 1: the points are stratified.
    """
    edges = np.cumsum(mixed.share)
    places = (random.uniform() + np.arange(count)) / count
    component = np.searchsorted(edges, places * edges[-1]).clip(max=len(edges) - 1)
    random.shuffle(component)  # so that some of the points are of all components too
    normal = random.standard_normal((count, mixed.mean.shape[-1]))
    freedom = np.asarray(mixed.freedom)[component]
    return component, normal * np.sqrt(freedom / random.chisquare(freedom))[:, None]


def fit(start: Mixture, z: Points, weight: Float[np.ndarray, " point"], steps: int, held: float) -> Mixture:
    """Return the mixture after `steps` of expectation and maximisation over points `z`; their weights sum to 1.

    Each covariance is weighted with the one before, that for as much as `held` points.
    """
    effective = 1.0 / float(np.sum(weight**2))
    mixed = start
    for _ in range(steps):
        away = [z - mean for mean in mixed.mean]
        rows = [by_rows(each, inverse.T) for each, inverse in zip(away, mixed.inverse, strict=True)]
        distances = np.stack([(row * row).sum(axis=1) for row in rows], axis=1)
        terms = mixed.terms(distances)
        belongs = weight[:, None] * np.exp(terms - logsumexp(terms, axis=1)[:, None])
        near = belongs * (mixed.freedom + z.shape[1]) / (mixed.freedom + distances)
        share, total = belongs.sum(axis=0), near.sum(axis=0)
        means, factors = mixed.mean.copy(), mixed.factor.copy()
        for k in np.flatnonzero(share > LEAST_SHARE):
            move = np.einsum("n,ni->i", near[:, k], away[k]) / total[k]
            left = away[k] - move
            scatter = np.einsum("ni,nj->ij", near[:, k, None] * left, left) / share[k]
            own, before = effective * share[k], mixed.factor[k] @ mixed.factor[k].T
            means[k] += move
            factors[k] = np.linalg.cholesky((own * scatter + held * before) / (own + held))
        share = np.maximum(share, LEAST_SHARE)
        mixed = mixture(share / share.sum(), means, factors, mixed.freedom)
    return mixed
