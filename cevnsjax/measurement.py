"""A measurement ties the parts together: source, target, detector, backgrounds, systematics, observed counts."""

from collections.abc import Set

import equinox as eqx
import numpy as np

from ._errors import InputError
from ._typing import Float
from .backgrounds import Background
from .detectors.response import Scintillator, TimeResponse, TimeWindow
from .nuclei.target import Target
from .parameters import Gaussian, Parameter
from .sources.pion_decay import PionDecayAtRest
from .systematics import Strength


class Measurement(eqx.Module):
    """Everything that a prediction of one measurement needs, before anything is folded.

    The prediction is signal + backgrounds in bins of (photo-electrons, time), each times its strength.
    """

    name: str = eqx.field(static=True)
    title: str = eqx.field(static=True)
    references: tuple[str, ...] = eqx.field(static=True)
    source: PionDecayAtRest
    target: Target
    detector: Scintillator
    window: TimeWindow
    arrivals: TimeResponse
    """Fraction of each flavour of the source in each time bin."""
    backgrounds: tuple[Background, ...]
    strengths: tuple[Strength, ...] = eqx.field(static=True)
    """Strength of the signal first, then of each background."""
    observed: Float[np.ndarray, "bin time"]
    nuisances: tuple[Parameter, ...] = eqx.field(static=True)
    """Parameters of this measurement beside those of its parts: shifts, and parts' parameters given a constraint."""

    def __check_init__(self) -> None:
        shape = (len(self.detector.edges) - 1, len(self.window.edges) - 1)
        if self.observed.shape != shape:
            raise InputError(f"{self.name}: expected observed counts of shape {shape}, found {self.observed.shape}")
        if not np.all(self.observed >= 0):
            raise InputError(f"{self.name}: expected non-negative observed counts, found {self.observed.min()}")
        components = ["cevns", *(background.name for background in self.backgrounds)]
        if [strength.component for strength in self.strengths] != components:
            found = [strength.component for strength in self.strengths]
            raise InputError(f"{self.name}: expected strengths of {components} in this order, found {found}")

    @property
    def axes(self) -> dict[str, Float[np.ndarray, " edge"]]:
        """Return the bin edges of each axis, by name with unit."""
        return {"energy [PE]": self.detector.edges, "time [us]": self.window.edges}

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters of the measurement, those of the interaction left out."""
        overridden = {parameter.name for parameter in self.nuisances}
        parts = (*self.target.parameters(), *self.detector.parameters(), *self.window.parameters())
        own = tuple(parameter for parameter in parts if parameter.name not in overridden)
        return (*(strength.as_parameter() for strength in self.strengths), *own, *self.nuisances)

    def constraints(self, fitted: Set[str]) -> dict[str, Gaussian]:
        """Return the constraint of each nuisance when the parameters `fitted` are free or profiled."""
        found = {p.name: p.constraint for p in self.nuisances if p.constraint is not None}
        return found | {strength.parameter: strength.constraint(fitted) for strength in self.strengths}
