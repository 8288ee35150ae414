"""The default: importance sampling where its weights can be trusted, else many Hamiltonian chains.

The mixture of importance sampling is fitted first, which takes little time and tells how good its weights are. Where k̂
or the effective draws are not good enough (many coordinates, a density that no few Student t distributions describe),
`hmc` draws. Either draws what it would have drawn if it had been requested.
"""

import dataclasses
from typing import ClassVar

import numpy as np

from ..._base.typing import Float
from ..problem.problem import Problem
from .diagnostics import WORST_KHAT
from .hmc import Hmc, HmcRun
from .importance import Block, Importance, ImportanceRun
from .sampler import Drawn, Run, Sampler, check_draws

LEAST_SHARE = 0.03
"""Effective draws of a point below which importance sampling is not the faster one: a draw of `hmc` is worth about a
half, and takes some six gradients of the time of two or three points each."""


class AutomaticRun(Run):
    """A run of the method that the fitted mixture speaks for."""

    def __init__(self, importance: ImportanceRun, hmc: Hmc) -> None:
        """Prepare for both methods."""
        self.density, self.draws, self.chains, self.starts = importance.density, importance.draws, 1, importance.starts
        self._importance, self._hmc = importance, hmc
        self._chains: HmcRun | None = None

    def _chosen(self, state: Block) -> Run:
        if state.get("method", "importance") == "importance":
            return self._importance
        if self._chains is None:
            own = self._importance
            self._chains = HmcRun(own.density, own.modes, own.draws, self._hmc.chains, own.seed)
        return self._chains

    def begin(self) -> Block:
        """Return that nothing is chosen."""
        return self._importance.begin()

    def advance(self, state: Block) -> tuple[Block, Block | None]:
        """Return the next state and the block of draws; the first call fits the mixture and chooses."""
        if "method" in state:
            moved, block = self._chosen(state).advance({k: v for k, v in state.items() if k not in KEPT})
            return moved | {name: state[name] for name in KEPT}, block
        fitted, _ = self._importance.advance(state)
        khat, share = float(fitted["khat"]), float(fitted["effective"])
        told = f"k-hat is {khat:.2f} and {100.0 * share:.2g} % of the points of a fitted mixture are effective"
        kept = {"pilot": np.array(told)}
        if khat < WORST_KHAT and share > LEAST_SHARE:
            return fitted | {"method": np.array("importance")} | kept, None
        chains = {"method": np.array("hmc")}
        return self._chosen(chains).begin() | chains | kept, None

    def progress(self, state: Block) -> tuple[int, int]:
        """Return how much is done, and how much is wanted."""
        return self._chosen(state).progress(state)

    def collect(self, state: Block, blocks: Block) -> Drawn:
        """Return the draws, with the sampler that was chosen and why."""
        sampler = Importance(self.draws) if state["method"] == "importance" else self._hmc
        drawn = self._chosen(state).collect(state, blocks)
        return dataclasses.replace(drawn, chosen=sampler, reason=str(state["pilot"]))


KEPT = ("method", "pilot")
"""What of the state is not of the run chosen."""


@dataclasses.dataclass(frozen=True)
class Automatic(Sampler):
    """Importance sampling where its weights can be trusted, else Hamiltonian chains; the result tells which and why."""

    draws: int = Hmc.draws
    """Draws in all, of either method."""
    name: ClassVar[str] = "auto"

    def check(self) -> None:
        """Raise `InputError` for settings that make no sense."""
        check_draws(self.draws)

    def prepare(
        self, problem: Problem, start: Float[np.ndarray, " coordinate"], is_free: np.ndarray, seed: int
    ) -> AutomaticRun:
        """Return the run, from the minima of χ²."""
        chains = Hmc(self.draws, min(Hmc.chains, self.draws))
        return AutomaticRun(Importance(self.draws).prepare(problem, start, is_free, seed), chains)
