"""Detectors known by templates: the efficiency in each bin of mono-energetic recoils, morphed by nuisances.

The template of a recoil is linear between the energies that have a template, and zero beyond them. In each nuisance it
is the cubic spline through the templates at its anchors: the same as at the anchors, and twice differentiable
everywhere.

While no parameter of the physics moves, the templates contracted with the recoil spectrum are a small constant array
(anchors, bins). Otherwise spectrum and weights of the anchors are contracted with all templates in a matrix product.
"""

from collections.abc import Sequence, Set

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter
from ..stages.stage import Constant, Stage
from .expansion import expanded
from .response import AddedFlavours, Detector, flavour_counts


def _powers(value: Scalar, knots: Float[Array, " knot"]) -> Float[Array, " power"]:
    """Return the truncated powers 1, t, t², t³ and (t - k)³ above each knot k: a basis of cubic splines."""
    xp = namespace(value, knots)
    above = xp.maximum(value - knots, 0.0)
    return xp.concatenate([xp.stack([0.0 * value + 1.0, value, value**2, value**3]), above**3])


class Morph(Module):
    """Weights with which the values at the anchors make the cubic spline through them (not-a-knot at its ends).

    The spline is written in truncated powers: no search for the piece that a value is in.
    """

    parameter: Parameter = eqx.field(static=True)
    anchors: Float[Array, " anchor"]
    coefficients: Float[Array, "anchor anchor"]
    """Coefficients of the powers, for each anchor."""

    def __call__(self, value: Scalar) -> Float[Array, " anchor"]:
        """Return the weight of each anchor at `value` of the parameter."""
        return _powers(value, self.anchors[2:-2]) @ self.coefficients


def morph(parameter: Parameter, anchors: Float[np.ndarray, " anchor"]) -> Morph:
    """Return the morphing along `parameter`, whose templates are given at the increasing `anchors`, four or more."""
    if anchors.ndim != 1 or len(anchors) < 4 or np.any(np.diff(anchors) <= 0):
        raise InputError(f"{parameter.name}: expected four or more increasing anchors, found {anchors.tolist()}")
    if not anchors[0] <= parameter.bounds[0] < parameter.bounds[1] <= anchors[-1]:
        raise InputError(f"{parameter.name}: expected bounds within the anchors, found {parameter.bounds}")
    values = np.array([_powers(anchor, anchors[2:-2]) for anchor in anchors])
    return Morph(parameter, anchors, np.linalg.inv(values))


def _weights(morphs: Sequence[Morph], params: Params) -> Float[Array, " anchor"]:
    """Return the weights of all combinations of anchors."""
    weights = np.ones(1)
    for along in morphs:
        weights = (weights[:, None] * along(params[along.parameter.name])).ravel()
    return weights


class MorphWeights(Stage):
    """Stage: the weights of all combinations of anchors."""

    morphs: tuple[Morph, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(morph.parameter.name for morph in self.morphs)

    def __call__(self, params: Params) -> Float[Array, " anchor"]:
        return _weights(self.morphs, params)


class Morphed(Stage):
    """Stage: templates (anchor, …, bin, cell) at the values of the nuisances, a nuisance for each axis of anchors."""

    templates: Stage
    morphs: tuple[Morph, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(morph.parameter.name for morph in self.morphs)

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        weights = _weights(self.morphs, params)
        templates = self.templates(params)
        return (weights @ templates.reshape(weights.shape[0], -1)).reshape(templates.shape[-2:])


class SummedTemplates(Stage):
    """Stage: templates (anchor, …, bin, cell) of recoils, summed over the recoil spectrum."""

    spectrum: Stage
    """Recoils of each flavour that each template represents, (flavour, energy)."""
    templates: Float[Array, "energy *anchor bin cell"]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "*anchor bin cell"]:
        rows = self.templates.reshape(len(self.templates), -1)
        return (self.spectrum(params).sum(axis=0) @ rows).reshape(self.templates.shape[1:])


class MorphedRecoils(Stage):
    """Stage: templates of recoils at the values of the nuisances, summed over the recoil spectrum."""

    spectrum: Stage
    """Recoils of each flavour that each template represents, (flavour, energy)."""
    templates: Float[Array, "energy *anchor bin cell"]
    morphs: tuple[Morph, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset(morph.parameter.name for morph in self.morphs)

    def width(self) -> int:
        return int(np.prod(self.templates.shape[:-2]))

    def simplified(self, free: Set[str], params: Params) -> Stage:
        """Return the same with the templates summed over the recoils, or over those of each product of vertices."""
        energies, *anchors, bins, cells = self.templates.shape
        rows = np.asarray(self.templates).reshape(energies, -1)
        if self.spectrum.array is not None:
            return Morphed(Constant(SummedTemplates(self.spectrum, self.templates)(params)), self.morphs)
        mapped = self.spectrum.mapped(rows)
        if mapped is None:
            return self
        weights, count = MorphWeights(self.morphs), int(np.prod(anchors, dtype=int))
        return AddedFlavours(expanded(mapped, weights, count), (bins, cells))

    def parted(self, free: Set[str]) -> Stage:
        """Return the same with the templates summed over the recoils first, if those do not move."""
        if not self.spectrum.parameters().isdisjoint(free):
            return self
        return Morphed(SummedTemplates(self.spectrum, self.templates), self.morphs)

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        both = (self.spectrum(params).sum(axis=0)[:, None] * _weights(self.morphs, params)).ravel()
        return (both @ self.templates.reshape(both.shape[0], -1)).reshape(self.templates.shape[-2:])


class SelectedTemplates(Stage):
    """Stage: templates of single recoils at the values of the nuisances, (bin, nuclide, node)."""

    templates: Float[Array, "energy anchor bin"]
    """Templates, all cells and all combinations of anchors together."""
    morphs: tuple[Morph, ...]
    response: Stage
    """Weight of each template, (energy, nuclide, node)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(morph.parameter.name for morph in self.morphs)

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        weights, response = _weights(self.morphs, params), self.response(params)
        return namespace(weights, response).einsum("a,eab,eik->bik", weights, self.templates, response)


class TemplateDetector(Detector):
    """A detector given by templates of mono-energetic recoils, the same for every nuclide."""

    energy: Float[np.ndarray, " energy"]
    """Recoil energies [MeV] that have templates, increasing."""
    templates: Float[np.ndarray, "energy *anchor bin cell"]
    """Probability that a recoil is selected in each bin and cell, for each energy and anchor of each nuisance."""
    morphs: tuple[Morph, ...]
    edges: dict[str, Float[np.ndarray, " edge"]]
    """Bin edges of each axis, by name with unit: that of the bins, then those whose product are the cells."""

    def __check_init__(self) -> None:
        if self.energy.ndim != 1 or len(self.energy) < 2 or np.any(np.diff(self.energy) <= 0) or self.energy[0] < 0:
            raise InputError(
                f"expected increasing recoil energies of templates, found {np.asarray(self.energy).tolist()}"
            )
        anchors = tuple(len(along.anchors) for along in self.morphs)
        expected = (len(self.energy), *anchors, *self.shape)
        if self.templates.shape != expected:
            raise InputError(f"expected templates of shape {expected}, found {self.templates.shape}")

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit."""
        return self.edges

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of bins and of cells."""
        first, *others = (len(edges) - 1 for edges in self.edges.values())
        return first, int(np.prod(others, dtype=int))

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the nuisances that morph the templates."""
        return tuple(along.parameter for along in self.morphs)

    def reads(self) -> frozenset[str]:
        """Return the names of its parameters."""
        return frozenset(parameter.name for parameter in self.parameters())

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the energies of the templates, between which the response is linear."""
        return np.tile(self.energy, (nuclides, 1))

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return how much of recoils of energies `recoil` [MeV] is counted in any bin, relative to the most of any."""
        size = np.abs(self.templates.reshape(len(self.energy), -1)).max(axis=1)
        return np.einsum("e,eik->ik", size / size.max(), self._interpolated(recoil))

    @property
    def few(self) -> bool:
        """Return whether templates that nothing morphs are no more numbers than there are energies."""
        return not self.morphs and self.templates[0].size <= len(self.energy)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> Constant:
        """Return the stage of the response to recoils of energies `recoil` [MeV].

        An array (energy, nuclide, node), the weight of each template; if those are few, (bin and cell, nuclide, node),
        the share of the recoils. There is nothing to integrate inside a bin, so `order` is of no effect.
        """
        weights = self._interpolated(recoil)
        return Constant(np.tensordot(self.templates.reshape(len(weights), -1).T, weights, 1) if self.few else weights)

    def _interpolated(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "energy nuclide node"]:
        """Return the weight of each template for recoils of energies `recoil` [MeV]."""
        flat = recoil.ravel()
        inside = (flat >= self.energy[0]) & (flat <= self.energy[-1])
        weights = np.array([np.interp(flat, self.energy, unit) for unit in np.eye(len(self.energy))]) * inside
        return weights.reshape(len(self.energy), *recoil.shape)

    def selection(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> "SelectedTemplates":
        """Return the stage of the templates at these recoil energies, in bins of the first axis, all cells together."""
        templates = self.templates.sum(axis=-1).reshape(len(self.energy), -1, self.shape[0])
        return SelectedTemplates(templates, self.morphs, Constant(self._interpolated(recoil)))

    def electrons(self) -> None:
        """Return nothing: the templates are those of recoils of nuclei."""
        return None

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> Stage:
        """Return the stage of the counts in each bin and cell."""
        counts = flavour_counts(recoils, response, strengths)
        return AddedFlavours(counts, self.shape) if self.few else MorphedRecoils(counts, self.templates, self.morphs)
