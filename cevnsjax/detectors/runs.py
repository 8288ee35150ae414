"""Several runs of a detector, or several detectors, side by side: the bins of each after those of the other.

They see the same neutrinos on the same target. What they have in common, as a parameter of the quenching, moves them
together.
"""

import abc
import dataclasses
from collections.abc import Sequence

import equinox as eqx
import numpy as np

from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..parameters.parameter import Parameter
from ..stages.stage import Constant, Stage
from .response import BinnedDetector, Detector


class SideBySide(Detector):
    """Several detectors of the same neutrinos on the same target."""

    @abc.abstractmethod
    def each(self) -> tuple[Detector, ...]:
        """Return the detectors."""

    @abc.abstractmethod
    def having(self, others: tuple[Detector, ...]) -> "SideBySide":
        """Return the same of other detectors."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of all detectors, each once."""
        return tuple({p.name: p for part in self.each() for p in part.parameters()}.values())

    def reads(self) -> frozenset[str]:
        """Return the names of the parameters that the stages of any detector read."""
        return frozenset().union(*(part.reads() for part in self.each()))

    def breaks(self, nuclides: int) -> Float[np.ndarray, "nuclide break"]:
        """Return the recoil energies [MeV] at which the response of any detector has a kink."""
        return np.concatenate([part.breaks(nuclides) for part in self.each()], axis=1)

    def reach(self) -> float:
        """Return the recoil energy [MeV] beyond which no detector counts anything."""
        return max(part.reach() for part in self.each())

    def share(self, recoil: Float[np.ndarray, "nuclide node"]) -> Float[np.ndarray, "nuclide node"]:
        """Return the largest share of recoils of energies `recoil` [MeV] that is counted in any detector."""
        return np.max([part.share(recoil) for part in self.each()], axis=0)

    def response(self, recoil: Float[np.ndarray, "nuclide node"], order: int) -> "SideResponses":
        """Return the stage of the energy responses of all detectors, one after the other."""
        return SideResponses(tuple(part.response(recoil, order) for part in self.each()))

    def electrons(self) -> "SideBySide | None":
        """Return the same for recoils of electrons; None if any detector does not know its response to them."""
        seen = [part.electrons() for part in self.each()]
        known = tuple(part for part in seen if part is not None)
        return self.having(known) if len(known) == len(seen) else None

    def signals(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> tuple[Stage, ...]:
        """Return the stage of the counts in each bin and cell of each detector."""
        parts = response.parts if isinstance(response, SideResponses) else self._split(response)
        pairs = zip(self.each(), parts, strict=True)
        return tuple(detector.signal(recoils, part, strengths) for detector, part in pairs)

    def _split(self, response: Stage) -> tuple[Stage, ...]:
        """Return the rows of each detector of a response that is an array."""
        ends = np.cumsum([part.shape[0] for part in self.each()])[:-1]
        return tuple(Constant(rows) for rows in np.split(response.array, ends))


class RunsDetector(SideBySide):
    """Runs, each with an energy response and a spread over the cells of its own.

    They have exposures in proportion to each other, and the same axes beside the energy.
    """

    runs: tuple[BinnedDetector, ...]
    exposures: tuple[float, ...] = eqx.field(static=True)
    """Exposure of each run relative to that which the source and the target are of."""

    def __check_init__(self) -> None:
        first, *rest = self.runs
        if any(run.energy.unit != first.energy.unit or run.shape[1] != first.shape[1] for run in rest):
            raise InputError("expected runs of the same unit of energy and the same other axes, found others")
        if len(self.exposures) != len(self.runs) or not all(exposure > 0 for exposure in self.exposures):
            raise InputError(f"expected a positive exposure of each of {len(self.runs)} runs, found {self.exposures}")
        defaults: dict[str, Parameter] = {}
        for parameter in (p for run in self.runs for p in run.parameters()):
            if defaults.setdefault(parameter.name, parameter) != parameter:
                raise InputError(
                    f"expected runs with one default of '{parameter.name}', found {defaults[parameter.name].default:g} "
                    f"and {parameter.default:g}: what differs from run to run is given by tables"
                )

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis: energy bins by number, run after run."""
        return {"energy bin, by run [1]": np.arange(self.shape[0] + 1.0), **self.runs[0].others}

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of energy bins of all runs, and of cells."""
        return sum(run.shape[0] for run in self.runs), self.runs[0].shape[1]

    def each(self) -> tuple[BinnedDetector, ...]:
        """Return the runs."""
        return self.runs

    def having(self, others: tuple[Detector, ...]) -> "RunsDetector":
        """Return the same of other runs."""
        return dataclasses.replace(self, runs=others)

    def signal(self, recoils: Stage, response: Stage, strengths: Sequence[str | None]) -> "RunSignals":
        """Return the stage of the counts in each bin and cell."""
        return RunSignals(self.signals(recoils, response, strengths), self.exposures)


class SideResponses(Stage):
    """Stage: the responses of several detectors, one after the other."""

    parts: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin nuclide node"]:
        values = [part(params) for part in self.parts]
        return namespace(*values).concatenate(values)


class RunSignals(Stage):
    """Stage: expected signal counts of several runs, one after the other, times their exposures."""

    signals: tuple[Stage, ...]
    exposures: tuple[float, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin cell"]:
        counts = [exposure * signal(params) for exposure, signal in zip(self.exposures, self.signals, strict=True)]
        return namespace(*counts).concatenate(counts)
