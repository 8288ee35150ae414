"""A measurement ties the parts together: what is expected, component by component, and what was observed.

The same class is for counts in bins and for measured numbers. What is expected are components: the recoils of a
`Scattering` and the backgrounds; of measured numbers, those that a scattering predicts and a prediction of others. All
arrays have an axis for each named axis. What was observed, and how far from it the expected may be, is the `term`.
"""

import collections
import dataclasses
from collections.abc import Iterable, Sequence, Set
from typing import final

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.module import Module
from .._base.tables import Block, Shown
from .._base.typing import Float
from ..detectors.response import Detector
from ..interactions.interaction import TARGETS
from ..nuclei.target import Target
from ..parameters.parameter import Gaussian, Parameter
from ..parameters.strengths import Strength, group_strength
from ..sources.source import Source
from ..stages.stage import Stage
from .shown import measurement_blocks
from .terms.term import Term

DATA, ASIMOV = "data", "expected counts (Asimov)"
PREDICTION = "prediction"
"""The component of measured numbers that no scattering predicts."""


@final
class Scattering(Module):
    """Neutrinos of a source that scatter in a target, seen by a detector."""

    source: Source
    target: Target
    detector: Detector
    recoils: str = eqx.field(static=True, default="nucleus")
    """What recoils, "nucleus" or "electron"; the detector is for these recoils."""

    def __check_init__(self) -> None:
        if self.recoils not in TARGETS:
            raise InputError(f"expected recoils of one of {', '.join(TARGETS)}, found '{self.recoils}'")

    @property
    def takes_electrons(self) -> bool:
        """Return whether electrons can be added to what the neutrinos scatter off."""
        return self.recoils != "electron"

    @property
    def scatterers(self) -> tuple[str, ...]:
        """Return the names of what recoils: nuclides, or elements whose electrons do."""
        if self.recoils == "electron":
            return tuple(dict.fromkeys(nucleus.element.capitalize() for nucleus in self.target.nuclides))
        return tuple(nucleus.name for nucleus in self.target.nuclides)

    @property
    def largest_momentum(self) -> float:
        """Return 2E of the largest neutrino energy E, which no momentum transfer to a nucleus exceeds [MeV].

        0 where electrons recoil alone.
        """
        if not self.takes_electrons:
            return 0.0
        return 2.0 * max(edge for component in self.source.components for edge in component.spectrum.breaks())

    def group_strengths(self, signal: str) -> tuple[str | None, ...]:
        """Return the parameter that scales each flavour, or None, of a signal of that strength."""
        return tuple(None if group is None else f"{signal}_{group}" for group in self.source.groups)

    def parameters(self, signal: str) -> tuple[Parameter, ...]:
        """Return the parameters of the parts, the strengths of groups of flavours first."""
        groups = dict.fromkeys(group for group in self.source.groups if group is not None)
        return (
            *(group_strength(signal, group) for group in groups),
            *self.target.parameters(self.largest_momentum),
            *self.detector.parameters(),
        )


@final
class Measurement(Shown, Module):
    """Everything that a prediction needs, before anything is folded, and what was observed."""

    name: str = eqx.field(static=True)
    title: str = eqx.field(static=True)
    references: tuple[str, ...] = eqx.field(static=True)
    dataset: str = eqx.field(static=True)
    """What was counted: two measurements of the same dataset must not be combined."""
    term: Term
    """The observed numbers, and -2 ln L of them."""
    scattering: Scattering | None = None
    """Where the signal comes from; None for measured numbers that no signal predicts, and for templates."""
    strengths: tuple[Strength, ...] = eqx.field(static=True, default=())
    """Strength of the signal, if there is a scattering, then of each of the backgrounds."""
    backgrounds: tuple[Stage, ...] = ()
    """Expected counts of each background before its strength; of templates, of every component."""
    bins: dict[str, np.ndarray] = eqx.field(default_factory=dict)
    """Of templates alone, which no scattering is behind, the bin edges of each axis, by name with unit."""
    prediction: Stage | None = None
    """What predicts measured numbers, beside those that a scattering predicts."""
    declared: tuple[Parameter, ...] = eqx.field(static=True, default=())
    """Parameters that its stages read and no part declares, and parameters of parts that are given a constraint."""
    labels: tuple[str, ...] = eqx.field(static=True, default=())
    """Of measured numbers, what each is, with its unit."""
    borrowed: tuple[str, ...] = eqx.field(static=True, default=())
    """Parameters that it reads and others must declare: those of a table of Δχ²."""
    related: tuple[str, ...] = eqx.field(static=True, default=())
    """Parameters that a relation of theory joins: free in every fit unless they are set or tied."""
    asimov: bool = eqx.field(static=True, default=False)
    """The observed numbers are expected numbers, without fluctuations."""
    file: str = eqx.field(static=True, default="")
    """The user's file that describes it, empty if there is none."""

    def __check_init__(self) -> None:
        scattered, binned = self.scattering is not None, bool(self.bins)
        if self.numbers:
            right = not binned and (scattered or self.prediction is not None)
        else:
            right = self.prediction is None and scattered != binned
        if not right:
            raise InputError(
                f"{self.name}: expected a scattering, a prediction of numbers with a label each, or bins of templates"
            )
        self.term.check(self.name, self.shape)
        rows = np.size(self.term.observed)
        if self.scattering is not None and self.scattering.detector.rows != rows:
            raise InputError(
                f"{self.name}: expected the {rows} bins and events of the data in the detector, "
                f"found {self.scattering.detector.rows}"
            )
        backgrounds = len(self.backgrounds)
        if len(self.strengths) != backgrounds + (self.scattering is not None):
            raise InputError(
                f"{self.name}: expected strengths of the signal and {backgrounds} backgrounds, "
                f"found {len(self.strengths)}"
            )
        self._check_declared()

    def _check_declared(self) -> None:
        """Raise InputError for parameters that are declared twice, declared but not read, or read but not declared."""
        counts = collections.Counter(parameter.name for parameter in self.declared)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise InputError(f"{self.name}: the parameter '{twice[0]}' is declared twice")
        parts = {p.name for p in self._of_parts()}
        read = parts.union(self.borrowed, *(stage.parameters() for stage in self.others))
        read |= frozenset() if self.scattering is None else self.scattering.detector.reads()
        read |= {name for strength in self.strengths for name in strength.scales}
        if unread := sorted(set(counts) - read):
            raise InputError(f"{self.name}: nothing reads the parameter '{unread[0]}' that is declared")
        if missing := sorted(read - parts - set(counts) - set(self.borrowed)):
            raise InputError(f"{self.name}: no parameter is declared for {', '.join(missing)}")

    @property
    def numbers(self) -> bool:
        """Return whether it holds measured numbers, not counts in bins."""
        return bool(self.labels)

    @property
    def others(self) -> tuple[Stage, ...]:
        """Return what is expected beside the scattering: the backgrounds, or the measured numbers."""
        return self.backgrounds if self.prediction is None else (*self.backgrounds, self.prediction)

    def blocks(self) -> list[Block]:
        """Return what was counted, in which bins, and what is predicted of it."""
        return measurement_blocks(self)

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit; none of measured numbers."""
        if self.numbers:
            return {}
        return self.bins if self.scattering is None else self.scattering.detector.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of all arrays: the number of bins of each axis, or of numbers."""
        if self.numbers:
            return (len(self.labels),)
        return tuple(len(edges) - 1 for edges in self.axes.values())

    @property
    def observed(self) -> Float[np.ndarray, "..."]:
        """Return the observed numbers; of unbinned events, how many there are in each bin."""
        return self.term.shown()

    @property
    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the errors of the observed numbers, those of counted events being their square roots."""
        return self.term.errors()

    def counted(self) -> Scattering:
        """Return the scattering; raise InputError for measured numbers that none predicts, and for templates."""
        if self.scattering is None:
            kind = "templates, without neutrinos" if self.bins else "measured numbers, not counts in bins"
            raise InputError(f"{self.name} holds {kind}")
        return self.scattering

    def without_files(self) -> "Measurement":
        """Return the same without the names of the files that describe it and its form factors."""
        if self.scattering is None:
            return dataclasses.replace(self, file="")
        own = dataclasses.replace(self.scattering.target.own, written="")
        target = dataclasses.replace(self.scattering.target, own=own)
        return dataclasses.replace(self, file="", scattering=dataclasses.replace(self.scattering, target=target))

    @property
    def components(self) -> tuple[str, ...]:
        """Return the names of the components, the scattering off electrons that models may add left out."""
        scattered = tuple(strength.component for strength in self.strengths)
        return scattered if self.prediction is None else (*scattered, PREDICTION)

    def _of_parts(self, shared: Set[str] = frozenset()) -> tuple[Parameter, ...]:
        """Return the parameters that strengths and parts declare."""
        own = tuple(strength.as_parameter(shared) for strength in self.strengths)
        return own if self.scattering is None else (*own, *self.scattering.parameters(self.strengths[0].parameter))

    def parameters(self, shared: Set[str] = frozenset()) -> tuple[Parameter, ...]:
        """Return the parameters of the measurement, those of the interaction left out.

        `shared` are the nuisances that take their parts out of the strengths.
        """
        overridden = {parameter.name for parameter in self.declared}
        own = {parameter.name: parameter for parameter in self._of_parts(shared) if parameter.name not in overridden}
        return (*own.values(), *self.declared)

    def constraints(self, fitted: Set[str], shared: Set[str] = frozenset()) -> dict[str, Gaussian | None]:
        """Return the constraint of each nuisance when the parameters `fitted` are free or profiled, None if flat.

        A radius that is fitted to another measurement counts only where this measurement depends on it.
        """
        own = fitted & {parameter.name for parameter in self.parameters()}
        constraints = {s.parameter: s.constraint(own, shared) for s in self.strengths if s.width is not None}
        return constraints | {
            p.name: p.constraint for p in self.parameters() if p.profiled and p.name not in constraints
        }

    @property
    def domains(self) -> dict[str, tuple[float, float]]:
        """Return the ends between which parameters must be that it borrows: where a table of Δχ² is known."""
        return dict(zip(self.borrowed, self.term.domain(), strict=True))


def data_name(measurements: Sequence[Measurement]) -> str:
    """Return what the numbers that are fitted are called: data, or expected counts."""
    return joint_name(ASIMOV if measurement.asimov else DATA for measurement in measurements)


def joint_name(names: Iterable[str]) -> str:
    """Return what the numbers of several measurements are called together, from what those of each are."""
    distinct = set(names)
    return f"{DATA} and {ASIMOV}" if len(distinct) > 1 else next(iter(distinct), ASIMOV)


def base_name(measurement: Measurement) -> str:
    """Return the name of a measurement without its variant."""
    return measurement.name.partition(":")[0]
