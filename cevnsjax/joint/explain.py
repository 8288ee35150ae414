"""What a fit folds to arrays, what stays a function of its parameters, and what it compiles."""

import dataclasses
import math
import time
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .._base.cache import cache_folder
from .._base.compilation import Compilation, watch
from .._base.tables import Block, Shown
from .._base.version import __version__
from ..folding.folded import FoldedMeasurement
from ..inference.minimise.solver import Solver
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Specification
from ..results.tables.explanation import explanation_blocks
from ..stages.stage import Constant, Stage

if TYPE_CHECKING:
    from .likelihood import Likelihood


@dataclasses.dataclass(frozen=True)
class StageReport:
    """A stage of a component, after folding."""

    path: str
    """Where it is: the fields that lead to it from the component."""
    kind: str
    """Its class; ``array`` if it is folded."""
    parameters: tuple[str, ...]
    """Parameters that it reads itself."""
    shapes: tuple[tuple[int, ...], ...]
    """Shapes of its own arrays."""
    size: int
    """Bytes of its own arrays."""
    error: float | None
    """Largest relative error of an interpolation between fewer recoil energies, if it interpolates."""


@dataclasses.dataclass(frozen=True)
class ComponentReport:
    """A component of the prediction of a measurement."""

    name: str
    live: tuple[str, ...]
    """Parameters that move and that its counts, before the factors, are a function of; none if they are an array."""
    arguments: tuple[str, ...]
    """Parameters that do not move, but are arguments of the program: another value compiles nothing."""
    folded: tuple[str, ...]
    """Parameters that its counts depend on and that do not move: folded away at their values."""
    factors: tuple[str, ...]
    """Parameters that multiply the counts."""
    stages: tuple[StageReport, ...]


@dataclasses.dataclass(frozen=True, repr=False)
class Explanation(Shown):
    """What is folded and what is compiled for a fit."""

    coordinates: tuple[str, ...]
    measurements: dict[str, tuple[ComponentReport, ...]]
    size: int
    """Bytes of all arrays."""
    fold_seconds: float
    operations: int
    """Operations of the program of χ² and its gradient, before the compiler."""
    flops: float
    """Floating-point operations of an evaluation of χ² and its gradient, as the compiler counts them."""
    compiled: Compilation
    """What the batch of minimisations took to compile: what every fit, profile and interval of this problem uses."""
    cache: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain lists and numbers, the JSON of ``cevnsjax fit --explain``."""
        described = {
            name: {
                component.name: {
                    "live": list(component.live),
                    "arguments": list(component.arguments),
                    "folded": list(component.folded),
                    "factors": list(component.factors),
                    "stages": [
                        {
                            "path": stage.path,
                            "kind": stage.kind,
                            "parameters": list(stage.parameters),
                            "shapes": [list(shape) for shape in stage.shapes],
                            "bytes": stage.size,
                            "error": stage.error,
                        }
                        for stage in component.stages
                    ],
                }
                for component in components
            }
            for name, components in self.measurements.items()
        }
        return {
            "coordinates": list(self.coordinates),
            "measurements": described,
            "bytes": self.size,
            "seconds": {"fold": self.fold_seconds},
            "gradient": {"operations": self.operations, "flops": self.flops},
            "compiled": self.compiled.as_dict(),
            "cache": {"folder": self.cache, "on": self.cache is not None},
            "version": __version__,
        }

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax fit --explain` prints of it."""
        return explanation_blocks(self.as_dict())


def _arrays(stage: Stage) -> list[np.ndarray]:
    """Return the arrays of a stage, those of its inputs left out."""
    if isinstance(stage, Constant):
        return [np.asarray(leaf) for leaf in jax.tree.leaves(stage.value)]
    inputs = {id(entry) for entries in stage.inputs().values() for entry in entries}
    leaves = jax.tree.leaves(stage, is_leaf=lambda node: id(node) in inputs)
    return [np.asarray(leaf) for leaf in leaves if isinstance(leaf, (np.ndarray, jax.Array))]


def _walk(stage: Stage, path: str) -> Iterator[StageReport]:
    arrays = _arrays(stage)
    error = getattr(stage, "error", None)
    yield StageReport(
        path=path,
        kind="array" if isinstance(stage, Constant) else type(stage).__name__,
        parameters=tuple(sorted(stage.own_parameters())),
        shapes=tuple(array.shape for array in arrays),
        size=sum(array.nbytes for array in arrays),
        error=None if error is None else float(error),
    )
    for field, inputs in stage.inputs().items():
        for number, source in enumerate(inputs):
            place = f"{field}[{number}]" if isinstance(getattr(stage, field), tuple) else field
            yield from _walk(source, f"{path}.{place}")


def _components(whole: FoldedMeasurement, folded: FoldedMeasurement, moving: Set[str]) -> tuple[ComponentReport, ...]:
    reports = []
    for name, before, after, factor in zip(folded.components, whole.stages, folded.stages, folded.factors, strict=True):
        left = folded.renamed(after.parameters())
        reports.append(
            ComponentReport(
                name=name,
                live=tuple(sorted(left & moving)),
                arguments=tuple(sorted(left - moving)),
                folded=tuple(sorted(folded.renamed(before.parameters()) - left)),
                factors=tuple(sorted(folded.renamed(factor.names()))),
                stages=tuple(_walk(after, name)),
            )
        )
    return tuple(reports)


def _gradient_program(problem: Problem) -> tuple[int, float]:
    """Return the operations of the program of χ² and its gradient, and how many of them are on numbers."""
    lowered = jax.jit(lambda chi2, u: jax.value_and_grad(chi2)(u)).lower(problem, np.zeros(len(problem.names)))
    cost = lowered.cost_analysis() or {}
    operations = sum(" = " in line for line in lowered.as_text().splitlines())
    return operations, float(cost.get("flops", math.nan))


def explain(likelihood: "Likelihood", specification: Specification) -> Explanation:
    """Fold and compile what the fit of `specification` needs, without fitting, and report it."""
    whole = likelihood.chi2_function()
    started = time.perf_counter()
    problem = pose(whole, specification)
    folding = time.perf_counter() - started
    with watch() as compiled:
        Solver(problem).compile()
    operations, flops = _gradient_program(problem)
    arrays = [np.asarray(leaf) for leaf in jax.tree.leaves(problem)]
    return Explanation(
        coordinates=problem.names,
        measurements={
            measurement.name: _components(before, after, specification.moving)
            for measurement, before, after in zip(
                likelihood.measurements, whole.measurements, problem.chi2.measurements, strict=True
            )
        },
        size=sum(array.nbytes for array in arrays),
        fold_seconds=folding,
        operations=operations,
        flops=flops,
        compiled=compiled,
        cache=cache_folder(),
    )
