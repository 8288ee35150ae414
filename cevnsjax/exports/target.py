"""What is exported: a likelihood with a fit as it was specified, as functions of the values of what moves in it."""

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .._base.typing import Array, Float
from .._base.version import __version__
from ..inference.problem.problem import Problem, pose
from ..inference.problem.specification import Specification
from ..measuring.measurement import Measurement
from ..results.record import data_digest

if TYPE_CHECKING:
    from ..joint.likelihood import Likelihood


@dataclasses.dataclass(frozen=True)
class Target:
    """A likelihood and the specification of a fit to it."""

    likelihood: "Likelihood"
    specification: Specification

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Return the measurements."""
        return self.likelihood.measurements

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters that move: those that are free, then the nuisances."""
        return self.specification.coordinates

    @property
    def title(self) -> str:
        """Return the measurements and the models beside the Standard Model."""
        beyond = [name for name in self.likelihood.interaction.names if name != "standard-model"]
        return ", ".join([" + ".join(measurement.name for measurement in self.measurements), *beyond])

    @cached_property
    def problem(self) -> Problem:
        """Return χ² as a function of the values of `names`; required orders limit these, and change no χ²."""
        return dataclasses.replace(pose(self.likelihood.chi2_function(), self.specification), orders=())

    @property
    def start(self) -> Float[np.ndarray, " parameter"]:
        """Return the values of `names` that are set, or their defaults."""
        return self.problem.coordinates(self.specification.values)

    def components(self, values: Float[Array, " parameter"]) -> list[list[Float[Array, "..."]]]:
        """Return, by measurement, what each component adds to the expected numbers, with the axes of the data."""
        params, folded = self.problem.params(values), self.problem.chi2.measurements
        pairs = zip(self.measurements, folded, strict=True)
        return [[part.reshape(m.shape) for part in each.contributions(params)] for m, each in pairs]

    def evaluate(self, values: Float[Array, " parameter"]) -> tuple[Any, ...]:
        """Return χ², constraints included, then the expected numbers of each measurement."""
        expected = (sum(parts[1:], start=parts[0]) for parts in self.components(values))
        return self.problem(values), *expected

    def evaluate_rows(self, rows: Float[np.ndarray, "point parameter"]) -> tuple[Float[np.ndarray, "point ..."], ...]:
        """Return the same at each row, compiled."""
        mapped: Any = jax.jit(lambda many: jax.lax.map(self.evaluate, many))(rows)
        return tuple(np.asarray(each) for each in mapped)

    def about(self) -> dict[str, Any]:
        """Return what it is, as plain lists and numbers, to be written beside it."""
        specification, table = self.specification, self.likelihood.parameters
        constraints = {name: [g.centre, g.width] for name, g in specification.constraints.items()}
        parameters = [
            {
                "name": name,
                "unit": table[name].unit,
                "default": specification.values[name],
                "bounds": list(specification.bounds[name]),
                "free": name in specification.free,
                "constraint": constraints.get(name),
                "description": table[name].description,
            }
            for name in self.names
        ]
        fixed = {n: v for n, v in specification.values.items() if n not in specification.moving}
        return {
            "measurements": [measurement.name for measurement in self.measurements],
            "interactions": list(self.likelihood.interaction.names),
            "parameters": parameters,
            "tied": {name: leader for name, leader in specification.ties.items() if leader in self.names},
            "required": [f"{a}<={b}" for a, b in specification.orders],
            "fixed": {name: value for name, value in fixed.items() if name not in specification.ties},
            "data": data_digest(self.measurements),
            "version": __version__,
        }
