"""Who finds the best fit: minimisers as objects with their own settings, each of which prepares a search.

Which to use when: `Newton` (the default) for everything; it has the exact Hessian, knows the bounds, and runs any
number of starts in a single program. `Migrad` is MINUIT's, which the field trusts, start after start. `Optimistix`
(BFGS) and `Optax` (L-BFGS) need gradients alone: for problems whose Hessian is too large, and for comparison. Any
minimiser of optimistix, and any gradient transformation of optax that needs no schedule, can be passed instead.

Your own minimiser is a class with a ``name`` and a method ``search`` that returns what `search.Search` describes.
"""

import abc
import dataclasses
from functools import partial
from typing import Any, ClassVar

from ..._base.errors import InputError, suggest
from .descent import DescentSearch, by_optax, by_optimistix
from .minuit import TIGHT, MinuitSearch
from .search import Search
from .solver import Solver

SMALL = 1e-9
"""Relative change of χ² and of the coordinates at which BFGS of optimistix stops."""


class Minimiser(abc.ABC):
    """Finds the minima of a problem from many starts."""

    name: ClassVar[str]
    """What results call it."""

    @abc.abstractmethod
    def search(self, solver: Solver) -> Search:
        """Return the search for the minima of the problem of `solver`, the package's own."""


@dataclasses.dataclass(frozen=True)
class Newton(Minimiser):
    """The package's own damped Newton method, with the exact Hessian and bounds."""

    name: ClassVar[str] = "newton"

    def search(self, solver: Solver) -> Search:
        """Return the solver itself."""
        return solver


@dataclasses.dataclass(frozen=True)
class Migrad(Minimiser):
    """MIGRAD of MINUIT, with exact derivatives."""

    tolerance: float = TIGHT
    """Of MIGRAD: 0.002 of it is the estimated distance to the minimum of χ² at which it stops."""
    name: ClassVar[str] = "minuit"

    def search(self, solver: Solver) -> Search:
        """Return the search by MIGRAD."""
        return MinuitSearch(solver.problem, self.tolerance)


@dataclasses.dataclass(frozen=True)
class Optimistix(Minimiser):
    """A minimiser of optimistix, BFGS by default."""

    minimiser: Any = None
    name: ClassVar[str] = "optimistix"

    def search(self, solver: Solver) -> Search:
        """Return the search by the minimiser."""
        import optimistix

        chosen = self.minimiser or optimistix.BFGS(rtol=SMALL, atol=SMALL)
        return DescentSearch(solver.problem, partial(by_optimistix, chosen))


@dataclasses.dataclass(frozen=True)
class Optax(Minimiser):
    """A gradient transformation of optax, L-BFGS by default."""

    transformation: Any = None
    name: ClassVar[str] = "optax"

    def search(self, solver: Solver) -> Search:
        """Return the search by the transformation."""
        import optax

        return DescentSearch(solver.problem, partial(by_optax, self.transformation or optax.lbfgs()))


MINIMISERS: dict[str, type[Minimiser]] = {kind.name: kind for kind in (Newton, Migrad, Optimistix, Optax)}
"""Minimisers by the name that the command line uses."""


def find_minimiser(minimiser: Any) -> Minimiser:
    """Return a minimiser: itself, by its name, or of an object of optimistix or optax."""
    if isinstance(minimiser, Minimiser):
        return minimiser
    if isinstance(minimiser, str):
        if minimiser not in MINIMISERS:
            raise InputError(f"unknown minimiser '{minimiser}'{suggest(minimiser, MINIMISERS)}")
        return MINIMISERS[minimiser]()
    import optax
    import optimistix

    if isinstance(minimiser, optimistix.AbstractMinimiser):
        return Optimistix(minimiser)
    if isinstance(minimiser, optax.GradientTransformation):
        return Optax(minimiser)
    known = ", ".join(MINIMISERS)
    raise InputError(f"expected a minimiser ({known}) or one of optimistix or optax, found {type(minimiser).__name__}")
