"""What every minimiser of a problem offers, whichever finds the minima: many starts in, where each ended out."""

from typing import Protocol, runtime_checkable

import numpy as np

from ..._base.typing import Float
from ..problem.problem import Problem
from .newton import Minimum


@runtime_checkable
class Search(Protocol):
    """Minimises a problem from many starts."""

    problem: Problem
    lower: np.ndarray
    upper: np.ndarray
    compile_seconds: float
    run_seconds: float

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum:
        """Return where the minimisation from each row of `start` ended, the coordinates marked in `frozen` held.

        `frozen` has the shape of `start` or of a single row.
        """
        ...
