"""Events that are not binned: the extended likelihood of the density at each (R. Barlow, NIM A 297, 496 (1990)).

    -2 ln L = 2 [ν - Σ_k ln ρ(x_k)]

ρ = dν/dx is the density of expected events, all components together, in one quantity or several, and ν its integral
over the window.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import ClassVar

import equinox as eqx
import numpy as np

from ..._base.errors import InputError
from ..._base.numerics import logarithm, namespace
from ..._base.typing import Array, Bool, Float, Scalar
from .poisson import LEAST_COUNTS, curvature_of_counts, draw_counts, possible_counts
from .term import BinTerm


class UnbinnedEvents(BinTerm):
    """Events in a window that is cut into bins: χ² = 2 [Σ_b μ_b - K - Σ_k ln(ρ_k/s_k)]; see `unbinned_events`.

    What is expected is a single row: the events μ_b in each bin, whose sum is ν, then the density ρ_k at each of the K
    observed events. s_k, the number of events observed in the bin of event k over its volume, is a constant: with it χ²
    tends to that of the counts in the bins, the narrower these are. Bins are also what figures show, and what toys and
    expected data are: these are counts, compared with μ_b as `PoissonCounts` are.

    χ² at the minimum is no measure of the goodness of fit: it depends on the bins, and hardly on how well the density
    fits.
    """

    observed: Float[Array, "..."]
    """Counts in the bins, then how often each event was seen, in a row: 0 and 1 of data, counts and 0 of toys."""
    events: Float[Array, "event axis"]
    """The events, in the units of the axes."""
    place: np.ndarray
    """The bin of each event, in a single row of all bins."""
    reference: Float[Array, " event"]
    """s_k."""
    shape: tuple[int, ...] = eqx.field(static=True)
    """Number of bins of each axis."""
    has_errors: ClassVar[bool] = False
    one_sided: ClassVar[bool] = False
    judges: ClassVar[bool] = False

    @property
    def bins(self) -> int:
        """Return the number of bins."""
        return int(np.prod(self.shape))

    def check(self, name: str, shape: tuple[int, ...]) -> None:
        """Raise InputError for bins of another shape."""
        if self.shape != shape:
            raise InputError(f"{name}: expected events in bins of shape {shape}, found {self.shape}")

    def chi2(self, expected: Float[Array, " row"]) -> Scalar:
        """Return χ² of the total expected in each bin and at each event; infinite if there is none at an event."""
        xp = namespace(expected, self.observed)
        seen = self.observed > LEAST_COUNTS
        unit = xp.concatenate([xp.ones(self.bins), xp.asarray(self.reference)]) * self.observed
        ratio = xp.where(seen, expected, 1.0) / xp.where(seen, unit, 1.0)
        return 2.0 * (expected[: self.bins].sum() - self.observed.sum() - (self.observed * logarithm(ratio)).sum())

    def derivatives(self, expected: Float[Array, " row"]) -> tuple[Float[Array, " row"], Float[Array, " row"]]:
        """Return 2 (1 - n/μ) of bins and -2 n/ρ of events, and the roots of 2n/μ² and 2n/ρ²."""
        ratio, root = curvature_of_counts(self.observed, expected)
        return 2.0 * ((np.arange(ratio.size) < self.bins) - ratio), root

    def possible(self, expected: Float[Array, "*point row"]) -> Bool[Array, "*point"]:
        """Return whether there is something expected wherever there are events."""
        return possible_counts(self.observed, expected)

    def reshaped(self, shape: tuple[int, ...]) -> "UnbinnedEvents":
        """Return itself: its numbers are a single row."""
        return self

    def in_bins(self, expected: Float[Array, "*point row"]) -> Float[Array, "..."]:
        """Return the events expected in each bin."""
        return expected[..., : self.bins].reshape(*expected.shape[:-1], *self.shape)

    def shown(self) -> Float[np.ndarray, "..."]:
        """Return how many events there are in each bin."""
        observed = np.asarray(self.observed)
        events = np.bincount(np.asarray(self.place), observed[self.bins :], self.bins)
        return (observed[: self.bins] + events).reshape(self.shape)

    def expecting(self, components: Sequence[Float[Array, " row"]]) -> "UnbinnedEvents":
        """Return the same with the sum of the components in the bins for data, and no events."""
        total = np.array(sum(components))
        total[self.bins :] = 0.0
        return dataclasses.replace(self, observed=total)

    def draw(self, random: np.random.Generator, expected: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """Return counts drawn about `expected`: a Poisson number of events in all, each in a bin by its share."""
        return draw_counts(random, expected)

    def errors(self) -> Float[np.ndarray, "..."]:
        """Return the roots of the counts in the bins."""
        return np.sqrt(self.shown())

    def variance(self, expected: Float[np.ndarray, " row"]) -> Float[np.ndarray, " row"]:
        """Return the events expected in the bins, and the squared densities: an event tells ln ρ to 1."""
        return np.where(np.arange(expected.size) < self.bins, expected, expected**2)

    def numbers(self) -> tuple[Float[np.ndarray, "..."], ...]:
        """Return the events, and how many of what there are."""
        return np.asarray(self.events), np.asarray(self.observed)


def unbinned_events(name: str, events: np.ndarray, axes: Mapping[str, Float[np.ndarray, " edge"]]) -> UnbinnedEvents:
    """Return the term of `events`, a row for each, within the window of the `axes`.

    Args:
        name: of the measurement, for messages.
        events: a column for each axis, in its unit.
        axes: edges of the bins of each axis, by name with unit, as `Detector.axes` has them. The first and the last are
            the window. Figures show these bins, and toys are drawn in them: with bins of a width h in which the density
            changes by a share r, toys lose a share of about r²/12 of what events tell.

    Raises:
        InputError: if an event is not finite or outside the window, or has other axes.

    >>> term = unbinned_events("three", np.array([[1.5], [2.5], [2.7]]), {"energy [keV]": np.array([1.0, 2.0, 4.0])})
    >>> term.shown().tolist(), term.reference.tolist()
    ([1.0, 2.0], [1.0, 1.0, 1.0])

    """
    events = np.asarray(events, float)
    if events.ndim != 2 or events.shape[1] != len(axes):
        raise InputError(f"{name}: expected a row of {', '.join(axes)} for each event, found shape {events.shape}")
    for column, (axis, edges) in zip(events.T, axes.items(), strict=True):
        inside = (column >= edges[0]) & (column <= edges[-1])
        if not inside.all():
            event = int(np.argmin(inside))
            raise InputError(
                f"{name}, event {event + 1}: expected {axis} from {edges[0]:g} to {edges[-1]:g}, "
                f"found {column[event]:g}"
            )
    shape = tuple(len(edges) - 1 for edges in axes.values())
    indices = [
        np.clip(np.searchsorted(edges, column, side="right") - 1, 0, len(edges) - 2)
        for column, edges in zip(events.T, axes.values(), strict=True)
    ]
    place = np.ravel_multi_index(tuple(indices), shape)
    volume = np.prod([np.diff(edges)[index] for index, edges in zip(indices, axes.values(), strict=True)], axis=0)
    bins = int(np.prod(shape))
    seen = np.bincount(place, minlength=bins)[place]
    observed = np.concatenate([np.zeros(bins), np.ones(len(events))])
    return UnbinnedEvents(observed, events, place, seen / volume, shape)
