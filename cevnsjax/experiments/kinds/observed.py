"""Kinds of what was observed, with the term of the likelihood that it stands in."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri

from ...measuring.terms.correlated import correlated_numbers
from ...measuring.terms.finite_templates import FiniteTemplates
from ...measuring.terms.gaussian import GaussianNumbers
from ...measuring.terms.poisson import PoissonCounts
from ...measuring.terms.term import Term
from ...measuring.terms.unbinned import unbinned_events
from ...measuring.terms.upper_limit import UpperLimit
from .events import binned, check_inside, events
from .kind import Place, each, kind, number, numbers, several, text
from .setting import Bins, Setting

NUMBERS = {"counts": 1.0, "1/day": 1.0}
"""Units of what is counted: events, or events per day in each bin."""


def in_bins(place: Place, entry: str, given: np.ndarray, setting: Bins) -> np.ndarray:
    """Return numbers of all bins in the shape of these."""
    if given.size != np.prod(setting.shape, dtype=int):
        raise place.fail(entry, f"{' x '.join(map(str, setting.shape))} numbers", given.size)
    return given.reshape(setting.shape)


@kind("data", "counts", """counts = { table = "counts.csv", columns = ["t_0_1", "t_1_2"] }""")
class Counts:
    """Counts in each bin: a Poisson term, or a Gaussian one where there are errors."""

    counts: np.ndarray = numbers(NUMBERS, "counts, rows of the first axes by columns of the last", negative=True)
    less: tuple[np.ndarray, ...] = several(
        "counts", "counts to subtract, as of a gate without beam; then errors are Gaussian", ()
    )
    errors: np.ndarray | None = numbers(NUMBERS, "Gaussian errors of the counts", None, negative=False)
    covariance: np.ndarray | None = numbers("1", "covariance of all bins in a row, added to errors squared", None)
    gaussian: str = text("whether the errors are the roots of the counts", "no", ("no", "yes"))
    template_errors: dict[str, np.ndarray] = each("1", "relative statistical errors of the templates, by component", {})

    def build(self, place: Place, setting: Bins, components: Sequence[str]) -> Term:
        """Return the term."""
        counts = in_bins(place, "counts", self.counts, setting)
        if self.covariance is not None:
            return self._correlated(place, counts, setting)
        less = [in_bins(place, "less", gate, setting) for gate in self.less]
        if self.errors is not None or less or self.gaussian == "yes":
            errors = (
                np.sqrt(sum(less, start=counts))
                if self.errors is None
                else in_bins(place, "errors", self.errors, setting)
            )
            if not np.all(errors > 0):
                raise place.fail("errors", "positive errors", f"{errors.min():g}")
            return GaussianNumbers(counts - sum(less, start=np.zeros(setting.shape)), errors)
        if np.any(counts < 0):
            raise place.fail("counts", "counts that are not negative, or errors beside them", f"{counts.min():g}")
        if not self.template_errors:
            return PoissonCounts(counts)
        for name in self.template_errors:
            if name not in components:
                raise place.fail(f"template_errors.{name}", f"one of {', '.join(components)}", f"'{name}'")
        zero = np.zeros(setting.shape)
        rows = [
            in_bins(place, f"template_errors.{name}", self.template_errors[name], setting)
            if name in self.template_errors
            else zero
            for name in components
        ]
        return FiniteTemplates(counts, np.stack(rows))

    def _correlated(self, place: Place, counts: np.ndarray, setting: Bins) -> Term:
        """Return the term of numbers with a covariance."""
        errors = np.zeros(counts.shape) if self.errors is None else in_bins(place, "errors", self.errors, setting)
        if self.covariance is None or self.less or self.template_errors:
            raise place.fail("covariance", "counts and errors alone beside a covariance", "other entries")
        with place.data.at(f"{place.key}.covariance"):
            return correlated_numbers("covariance", counts, self.covariance, np.diag(errors.ravel() ** 2))


@kind("data", "events", """events = { table = "events.csv", columns = ["recoil_energy", "recoil_time"] }""")
class Events:
    """Events, counted in the bins: a Poisson term; or unbinned, with the density of all that is expected at each."""

    events: np.ndarray = events("a column for each axis")
    unbinned: str = text("whether they are not counted in the bins", "no", ("no", "yes"))

    def build(self, place: Place, setting: Setting, components: Sequence[str]) -> Term:
        """Return the term."""
        if setting.events is None:
            return PoissonCounts(binned(self.events, tuple(setting.axes.values())))
        return unbinned_events("events", self.events.T, setting.axes)

    def seen(self, place: Place, axes: Mapping[str, np.ndarray]) -> dict[str, np.ndarray] | None:
        """Return where the events are along each axis, None if they are counted in the bins."""
        if self.unbinned == "no":
            return None
        check_inside(place, self.events, axes)
        return dict(zip(axes, self.events, strict=True))


@kind("data", "limit", """limit = { value = 2, unit = "1" }\nconfidence = { value = 0.9, unit = "fraction" }""")
class Limit:
    """An upper limit on what is expected: a Gaussian about zero on one side, Δχ² as at the limit."""

    limit: float = number({"1": 1.0, "counts": 1.0}, "upper limit on the number of events")
    confidence: float = number("fraction", "its confidence level", most=1.0)

    def build(self, place: Place, setting: Setting, components: Sequence[str]) -> Term:
        """Return the term."""
        if setting.shape != (1,):
            raise place.fail("limit", "a single bin", f"{setting.shape}")
        width = self.limit / ndtri(0.5 + 0.5 * self.confidence)
        return UpperLimit(np.zeros(1), np.array([width]))
