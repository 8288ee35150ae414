"""Recoils behind a response: counts in each energy bin, folded as far as the two can be together."""

from collections.abc import Set

import numpy as np

from .._base.typing import Array, Float, Params
from .stage import Constant, Stage


class EnergySpectrum(Stage):
    """Stage: selected recoils of each flavour in each energy bin, all nuclides together."""

    recoils: Stage
    """Recoils, an array (flavour, nuclide, node)."""
    response: Stage
    """Probability that each is selected in each bin, an array (bin, nuclide, node)."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def simplified(self, free: Set[str], params: Params) -> Stage:
        """Return what the response makes of the recoils, this stage itself if nothing shorter."""
        short = self.response.meeting(self.recoils, free, params)
        return self if short is None else short

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        recoils, response = self.recoils(params), self.response(params)
        return recoils.reshape(recoils.shape[0], -1) @ response.reshape(response.shape[0], -1).T


def selected(recoils: Stage, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage:
    """Return the stage of what fixed rows select of `recoils`, (flavour, row), folded as far as can be."""
    return EnergySpectrum(recoils, Constant(rows)).simplified(free, params)
