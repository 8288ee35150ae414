"""A measurement ties the parts together: source, target, detector, backgrounds, systematics, observed counts.

`Measurement` holds counts in bins; `Observables` holds measured numbers that are functions of the parameters.
"""

from collections.abc import Iterable, Sequence, Set

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.tables import Block, Shown
from .._base.typing import Float
from ..detectors.response import Detector
from ..interactions.interaction import TARGETS
from ..nuclei.target import Target
from ..parameters.parameter import Gaussian, Parameter
from ..parameters.strengths import Strength, group_strength
from ..sources.source import Source
from ..stages.stage import Stage
from .shown import measurement_blocks, observables_blocks

DATA, ASIMOV = "data", "expected counts (Asimov)"


class Measurement(Shown, eqx.Module):
    """Everything that a prediction of the counts needs, before anything is folded.

    The prediction is signal + backgrounds in bins (energy, cell), each times its strength; the cells are the bins of
    all axes but energy, flattened.
    """

    name: str = eqx.field(static=True)
    title: str = eqx.field(static=True)
    references: tuple[str, ...] = eqx.field(static=True)
    dataset: str = eqx.field(static=True)
    """What was counted: two measurements of one dataset must not be combined."""
    source: Source
    target: Target
    detector: Detector
    backgrounds: tuple[Stage, ...]
    """Expected counts (bin, cell) of each background before its strength."""
    strengths: tuple[Strength, ...] = eqx.field(static=True)
    """Strength of the signal first, then of each background."""
    observed: Float[np.ndarray, "bin cell"]
    nuisances: tuple[Parameter, ...] = eqx.field(static=True, default=())
    """Parameters of this measurement beside those of its parts: shifts, and parts' parameters given a constraint."""
    errors: Float[np.ndarray, "bin cell"] | None = None
    """Gaussian errors of the counts; None for counts that are Poisson distributed."""
    one_sided: bool = eqx.field(static=True, default=False)
    """Only what is above the observed numbers counts: an upper limit."""
    recoils: str = eqx.field(static=True, default="nucleus")
    """What the signal is recoils of, "nucleus" or "electron"; the detector is one of them."""
    asimov: bool = eqx.field(static=True, default=False)
    """The observed counts are expected ones, without fluctuations."""
    file: str = eqx.field(static=True, default="")
    """The file of one's own that describes it, if there is one."""

    def __check_init__(self) -> None:
        shape = self.detector.shape
        if self.recoils not in TARGETS:
            raise InputError(f"{self.name}: expected recoils of one of {', '.join(TARGETS)}, found '{self.recoils}'")
        if self.observed.shape != shape:
            raise InputError(f"{self.name}: expected observed counts of shape {shape}, found {self.observed.shape}")
        if self.errors is None and not np.all(self.observed >= 0):
            raise InputError(f"{self.name}: expected non-negative observed counts, found {self.observed.min()}")
        if self.errors is not None and not (self.errors.shape == shape and np.all(self.errors > 0)):
            raise InputError(f"{self.name}: expected positive errors of shape {shape}, found {self.errors}")
        if len(self.strengths) != 1 + len(self.backgrounds):
            raise InputError(
                f"{self.name}: expected strengths of the signal and {len(self.backgrounds)} backgrounds, "
                f"found {len(self.strengths)}"
            )

    def blocks(self) -> list[Block]:
        """Return what was counted, in which bins, and what is predicted of it."""
        return measurement_blocks(self)

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit."""
        return self.detector.axes

    @property
    def grid(self) -> tuple[int, ...]:
        """Return the number of bins of each axis."""
        return tuple(len(edges) - 1 for edges in self.axes.values())

    @property
    def scatterers(self) -> tuple[str, ...]:
        """Return the names of what the signal is recoils of: nuclides, or elements whose electrons recoil."""
        if self.recoils == "electron":
            return tuple(dict.fromkeys(nucleus.element.capitalize() for nucleus in self.target.nuclides))
        return tuple(nucleus.name for nucleus in self.target.nuclides)

    @property
    def group_strengths(self) -> tuple[str | None, ...]:
        """Return the parameter that scales each flavour, if there is one."""
        signal = self.strengths[0].parameter
        return tuple(None if group is None else f"{signal}_{group}" for group in self.source.groups)

    def parameters(self, shared: Set[str] = frozenset()) -> tuple[Parameter, ...]:
        """Return the parameters of the measurement, those of the interaction left out.

        `shared` are the nuisances that take their parts out of the strengths.
        """
        overridden = {parameter.name for parameter in self.nuisances}
        signal = self.strengths[0].parameter
        groups = dict.fromkeys(group for group in self.source.groups if group is not None)
        parts = (
            *(strength.as_parameter(shared) for strength in self.strengths),
            *(group_strength(signal, group) for group in groups),
            *self.target.parameters(),
            *self.detector.parameters(),
        )
        own = {parameter.name: parameter for parameter in parts if parameter.name not in overridden}
        return (*own.values(), *self.nuisances)

    def constraints(self, fitted: Set[str], shared: Set[str] = frozenset()) -> dict[str, Gaussian | None]:
        """Return the constraint of each nuisance when the parameters `fitted` are free or profiled, None if flat.

        A radius that is fitted to another measurement counts only where this one depends on it.
        """
        own = fitted & {parameter.name for parameter in self.parameters()}
        strengths = {s.parameter: s.constraint(own, shared) for s in self.strengths if s.width is not None}
        return strengths | {p.name: p.constraint for p in self.parameters() if p.profiled and p.name not in strengths}


class Observables(Shown, eqx.Module):
    """Measured numbers with Gaussian errors, each a function of the parameters."""

    name: str = eqx.field(static=True)
    title: str = eqx.field(static=True)
    references: tuple[str, ...] = eqx.field(static=True)
    dataset: str = eqx.field(static=True)
    labels: tuple[str, ...] = eqx.field(static=True)
    """What each number is, with its unit."""
    prediction: Stage
    """Predicted numbers, an array (observable,)."""
    observed: Float[np.ndarray, " observable"]
    errors: Float[np.ndarray, " observable"]
    own: tuple[Parameter, ...] = eqx.field(static=True)
    """The parameters that the prediction depends on."""
    one_sided: bool = eqx.field(static=True, default=False)
    """Only what is above the observed numbers counts: an upper limit."""
    asimov: bool = eqx.field(static=True, default=False)
    """The observed numbers are expected ones, without fluctuations."""

    def __check_init__(self) -> None:
        count = len(self.labels)
        if self.observed.shape != (count,) or self.errors.shape != (count,) or not np.all(self.errors > 0):
            raise InputError(f"{self.name}: expected {count} numbers with positive errors, found {self.observed}")
        missing = self.prediction.parameters() - {parameter.name for parameter in self.own}
        if missing:
            raise InputError(f"{self.name}: no parameter is declared for {', '.join(sorted(missing))}")

    def blocks(self) -> list[Block]:
        """Return what was measured, and what it depends on."""
        return observables_blocks(self)

    def parameters(self, shared: Set[str] = frozenset()) -> tuple[Parameter, ...]:
        """Return the parameters."""
        return self.own

    def constraints(self, fitted: Set[str], shared: Set[str] = frozenset()) -> dict[str, Gaussian | None]:
        """Return the constraint of each nuisance, None if flat."""
        return {parameter.name: parameter.constraint for parameter in self.own if parameter.profiled}


def data_name(measurements: Sequence[Measurement | Observables]) -> str:
    """Return what the numbers that are fitted are called: data, or expected ones."""
    return joint_name(ASIMOV if measurement.asimov else DATA for measurement in measurements)


def joint_name(names: Iterable[str]) -> str:
    """Return what the numbers of several measurements are called together, from what those of each are."""
    found = set(names)
    return f"{DATA} and {ASIMOV}" if len(found) > 1 else next(iter(found), ASIMOV)


def base_name(measurement: Measurement | Observables) -> str:
    """Return the name of a measurement without its variant."""
    return measurement.name.partition(":")[0]
