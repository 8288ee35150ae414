"""A measurement after folding: arrays, and stages for what still moves."""

import dataclasses
from collections.abc import Callable, Mapping, Set
from typing import TypeVar

import equinox as eqx

from .._base.module import Module
from .._base.typing import Array, Float, Params, Scalar
from ..measuring.terms.term import Term, is_binned
from ..stages.stage import Constant, Stage, hold, specialise

Number = TypeVar("Number")


@dataclasses.dataclass(frozen=True)
class Factor:
    """What multiplies a component: its strength, what others share of it added, times further parameters."""

    strength: str | None = None
    shared: tuple[str, ...] = ()
    scales: tuple[str, ...] = ()

    def names(self) -> frozenset[str]:
        """Return the parameters that it depends on."""
        own = () if self.strength is None else (self.strength,)
        return frozenset((*own, *self.shared, *self.scales))

    def __call__(self, params: Params) -> Scalar:
        """Return strength + Σ (shared - 1), times the scales."""
        value: Scalar = 1.0 if self.strength is None else params[self.strength]
        for name in self.shared:
            value = value + (params[name] - 1.0)
        for name in self.scales:
            value = value * params[name]
        return value


class FoldedMeasurement(Module):
    """A measurement folded with an interaction: arrays, and stages for what is still a function of parameters.

    The stages know the parameters by the names that the measurement gives them; `aliases` translates those that have
    another name in the likelihood.
    """

    stages: tuple[Stage, ...]
    """The signal, then the backgrounds, before their factors."""
    term: Term
    """The observed numbers, and -2 ln L of them."""
    factors: tuple[Factor, ...] = eqx.field(static=True)
    components: tuple[str, ...] = eqx.field(static=True)
    aliases: tuple[tuple[str, str], ...] = eqx.field(static=True, default=())
    """Pairs (name in the measurement, name in the likelihood) where these differ."""
    shared: tuple[tuple[str, tuple[str, ...]], ...] = eqx.field(static=True, default=())
    """Nuisances that measurements share, by the strength (name in the measurement) that they move when it is pulled."""
    recoils: Stage | None = None
    """What recoils before any detector effect, every parameter live; None of measured numbers, and once specialised."""

    @property
    def observed(self) -> Float[Array, "..."]:
        """Return the observed numbers."""
        return self.term.observed

    def contributions(self, params: Params) -> list[Float[Array, "..."]]:
        """Return what each component adds to the expected numbers at `params`, times its factor."""
        local = self.local(params)
        return [factor(local) * stage(local) for factor, stage in zip(self.factors, self.stages, strict=True)]

    def expecting(self, params: Params) -> "FoldedMeasurement":
        """Return the same with the data expected at `params`, without any fluctuation; host only."""
        return dataclasses.replace(self, term=self.term.expecting(self.contributions(params)))

    def renamed(self, names: Set[str]) -> frozenset[str]:
        """Return the names in the likelihood of parameters of the measurement."""
        aliases = dict(self.aliases)
        return frozenset(aliases.get(name, name) for name in names)

    def local(self, params: Mapping[str, Number]) -> dict[str, Number]:
        """Return the parameters by the names that the measurement gives them."""
        return dict(params) | {own: params[name] for own, name in self.aliases if name in params}

    def shaping(self) -> frozenset[str]:
        """Return the parameters that the stages still depend on."""
        return self.renamed(frozenset().union(*(stage.parameters() for stage in self.stages)))

    def scaling(self) -> frozenset[str]:
        """Return the parameters of the factors."""
        return self.renamed(frozenset().union(*(factor.names() for factor in self.factors)))

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that the expected counts still depend on."""
        return self.shaping() | self.scaling()

    def width(self) -> int:
        """Return the most numbers that an evaluation makes in a single place: its bins, or those of a live response."""
        return max(self.observed.size, *(stage.largest_width() for stage in self.stages))

    def specialise(self, free: Set[str], params: Params) -> "FoldedMeasurement":
        """Return the same with all that depends on no parameter of `free` evaluated at `params`."""
        return self._with_stages(specialise, free, params)

    def hold(self, free: Set[str], params: Params) -> "FoldedMeasurement":
        """Return the same with the parts that depend on no parameter of `free` evaluated at `params`."""
        return self._with_stages(hold, free, params)

    def _with_stages(
        self, made: Callable[[Stage, Set[str], Params], Stage], free: Set[str], params: Params
    ) -> "FoldedMeasurement":
        aliases = dict(self.aliases)
        own = (free - set(aliases)) | {name for name, alias in aliases.items() if alias in free}
        local = self.local(params)
        return dataclasses.replace(self, stages=tuple(made(stage, own, local) for stage in self.stages), recoils=None)

    def in_rows(self) -> "FoldedMeasurement":
        """Return the same with all axes but the first merged, as detectors make them: short axes make slow loops."""
        term = self.term
        if not is_binned(term) or self.observed.ndim < 3:
            return self
        shape = (self.observed.shape[0], -1)
        stages = tuple(stage.reshaped(shape) for stage in self.stages)
        return dataclasses.replace(self, stages=stages, term=term.reshaped(shape))

    def evaluate(self, params: Params) -> "FoldedMeasurement":
        """Return the same with every stage evaluated at `params`, traced or not: only the factors are left."""
        local = self.local(params)
        return dataclasses.replace(self, stages=tuple(Constant(stage(local)) for stage in self.stages))

    def join(self, aliases: Mapping[str, str], shared: Mapping[str, tuple[str, ...]]) -> "FoldedMeasurement":
        """Return the same in a likelihood: with the names of its parameters there, and what its strengths share."""
        return dataclasses.replace(self, aliases=tuple(sorted(aliases.items())), shared=tuple(sorted(shared.items())))

    def pull(self, nuisances: Set[str]) -> "FoldedMeasurement":
        """Return the same with what it shares added to the strengths that are `nuisances`.

        A strength that is fitted or fixed is the whole strength: nothing is added to it.
        """
        aliases, shared = dict(self.aliases), dict(self.shared)
        factors = []
        for factor in self.factors:
            pulled = factor.strength is not None and aliases.get(factor.strength, factor.strength) in nuisances
            added = shared.get(factor.strength, ()) if pulled else ()
            factors.append(dataclasses.replace(factor, shared=added))
        return dataclasses.replace(self, factors=tuple(factors))
