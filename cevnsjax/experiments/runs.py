"""Several runs of an experiment as one: their bins one after the other, what they name alike shared."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from .._base.errors import DataError
from ..detectors.events import EventDetector
from ..detectors.response import BinnedDetector
from ..detectors.runs import RunsDetector
from ..measuring.measurement import Measurement, Scattering
from ..measuring.terms.gaussian import GaussianNumbers
from ..measuring.terms.poisson import PoissonCounts
from ..measuring.terms.term import Term
from ..parameters.parameter import Parameter
from ..parameters.strengths import Strength
from ..sources.source import Source
from ..stages.stacked import Stacked
from ..stages.stage import Constant, Stage
from .document import Document

ALIKE = 1e-9
"""How far the fluences of the flavours of two runs may be from the same proportion."""


def joined_runs(data: Document, names: Sequence[str], runs: Sequence[Measurement]) -> Measurement:
    """Return the experiment of several runs; raise DataError for what runs cannot differ in."""
    first = runs[0]
    for name, run in zip(names, runs, strict=True):
        if run.asimov != first.asimov:
            raise data.fail(f"runs.{name}.data", "data in all runs, or in none", "data in some")
        if bool(run.bins) != bool(first.bins):
            raise data.fail(f"runs.{name}", "components in all runs, or in none", "components in some")
    strengths = {strength.parameter: strength for run in runs for strength in run.strengths}
    for name, run in zip(names, runs, strict=True):
        for strength in run.strengths:
            if strengths[strength.parameter] != strength:
                raise _of_strength(data, name, first, strength)
    declared = dict[str, Parameter]()
    for name, run in zip(names, runs, strict=True):
        for parameter in run.declared:
            if declared.setdefault(parameter.name, parameter) != parameter:
                raise data.fail(f"runs.{name}", f"one '{parameter.name}' in all runs", "another")
    components = [strength.component for strength in strengths.values()][first.scattering is not None :]
    return dataclasses.replace(
        first,
        scattering=None if first.scattering is None else _scattering(data, names, runs),
        bins=_bins(data, names, runs) if first.bins else {},
        backgrounds=tuple(_joined_background(component, runs) for component in components),
        strengths=tuple(strengths.values()),
        term=_joined_terms(data, runs),
        declared=tuple(declared.values()),
    )


def _scattering(data: Document, names: Sequence[str], runs: Sequence[Measurement]) -> Scattering:
    """Return the scattering of all runs, their detectors side by side."""
    scattering = runs[0].counted()
    exposures, detectors = list[float](), list[BinnedDetector]()
    for name, run in zip(names, runs, strict=True):
        own = run.counted()
        if isinstance(own.detector, EventDetector):
            raise data.fail(f"runs.{name}.data.unbinned", "'no', events in bins in each run", "'yes'")
        if not isinstance(own.detector, BinnedDetector):
            raise data.fail(f"runs.{name}.detector", "a detector of kind bins in each run", "another")
        if tuple(own.target.nuclides) != tuple(scattering.target.nuclides) or own.recoils != scattering.recoils:
            raise data.fail(f"runs.{name}.target", "the same substance in all runs", "another")
        _check_other_axes(data, name, runs[0], run)
        mass = float(own.target.numbers[0] / scattering.target.numbers[0])
        exposures.append(mass * _proportion(data, name, scattering.source, own.source))
        detectors.append(own.detector)
    with data.at("runs"):
        return dataclasses.replace(scattering, detector=RunsDetector(tuple(detectors), tuple(exposures)))


def _bins(data: Document, names: Sequence[str], runs: Sequence[Measurement]) -> dict[str, np.ndarray]:
    """Return the axes of runs of templates: the bins of the first axis by number, run after run, then the others."""
    (first, *_), *others = runs[0].bins, *list(runs[0].bins.items())[1:]
    for name, run in zip(names, runs, strict=True):
        own = list(run.bins.items())[1:]
        if [axis for axis, _ in own] != [axis for axis, _ in others] or not all(
            np.array_equal(edges, same) for (_, edges), (_, same) in zip(own, others, strict=True)
        ):
            raise data.fail(f"runs.{name}.binning", "the same axes beside the first in all runs", "others")
    rows = sum(len(next(iter(run.bins.values()))) - 1 for run in runs)
    return {f"{first.partition(' [')[0]}, by run [1]": np.arange(rows + 1.0), **dict(others)}


def _of_strength(data: Document, name: str, first: Measurement, strength: Strength) -> DataError:
    """Return the error of a run that has the strength of a component otherwise than another run."""
    if first.bins:
        key = f"runs.{name}.components.{strength.component}.factors"
        return data.fail(key, f"the same factors of '{strength.component}' in all runs", "others")
    signal = strength.component == first.strengths[0].component
    key = f"runs.{name}.signal.width" if signal else f"runs.{name}.backgrounds.{strength.component}.width"
    return data.fail(key, f"one width of '{strength.parameter}' in all runs", "others")


def _check_other_axes(data: Document, name: str, first: Measurement, run: Measurement) -> None:
    """Raise DataError for a run whose bins beside those of the energy have other edges."""
    (_, *axes), (_, *others) = first.axes.items(), run.axes.items()
    for (axis, edges), (other, found) in zip(axes, others, strict=False):
        if axis != other or not np.array_equal(edges, found):
            key = f"runs.{name}.binning.{other.partition(' [')[0]}"
            raise data.fail(key, f"the edges of {axis} in all runs, {edges.tolist()}", found.tolist())


def _proportion(data: Document, name: str, first: Source, other: Source) -> float:
    """Return how many neutrinos of a source there are for each of another, of the same spectra."""
    if first.flavours != other.flavours:
        raise data.fail(f"runs.{name}.source", f"the flavours {', '.join(first.flavours)}", ", ".join(other.flavours))
    pairs = zip(first.components, other.components, strict=True)
    ratios = np.array([two.fluence / one.fluence for one, two in pairs])
    if np.ptp(ratios) > ALIKE * ratios[0]:
        raise data.fail(f"runs.{name}.source", "flavours in the same proportions in all runs", ratios.tolist())
    return float(ratios[0])


def _joined_background(component: str, runs: Sequence[Measurement]) -> Stage:
    """Return a background of all runs, nothing in those that have none of it."""
    parts = list[Stage]()
    for run in runs:
        names = [strength.component for strength in run.strengths][run.scattering is not None :]
        parts.append(run.backgrounds[names.index(component)] if component in names else Constant(np.zeros(run.shape)))
    joined = Stacked(tuple(parts), 0)
    return joined if joined.parameters() else Constant(joined({}))


def _joined_terms(data: Document, runs: Sequence[Measurement]) -> Term:
    """Return the term of all observed numbers."""
    observed = np.concatenate([run.observed for run in runs])
    terms = [run.term for run in runs]
    if all(isinstance(term, PoissonCounts) for term in terms):
        return PoissonCounts(observed)
    if all(isinstance(term, GaussianNumbers) for term in terms):
        return GaussianNumbers(observed, np.concatenate([run.errors for run in runs]))
    raise data.fail("runs", "counts in all runs, or numbers with errors in all", "others")
