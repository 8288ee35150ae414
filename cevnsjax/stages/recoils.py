"""Recoil spectra at fixed energies, and what a response selects of them."""

import abc
from collections.abc import Set

import numpy as np

from .._base.typing import Float, Params
from .stage import Stage


class Recoils(Stage):
    """A stage of recoils at fixed energies, an array (flavour, nuclide, node)."""

    @abc.abstractmethod
    def through(self, response: Float[np.ndarray, "bin nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what a fixed response selects of them, an array (flavour, bin).

        Only the parameters `free` move; the others have the values `params`.
        """

    def shaped(self, free: Set[str]) -> bool:
        """Return whether the parameters `free` change the shape of what each product of amplitudes gives."""
        return True

    def spectra(self, free: Set[str], params: Params) -> Float[np.ndarray, "spectrum nuclide node"] | None:
        """Return spectra that stand for all there are while the parameters `free` move; None if that is not known."""
        return None
