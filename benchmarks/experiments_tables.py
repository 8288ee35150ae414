"""What the opponents in numba take of the engine before any fit: recoils, responses and backgrounds as plain arrays.

The arrays are those that the engine itself folded and shortened, so that the opponents have the same sums to do. What
moves with coupling and mass of a vector mediator is written here: the amplitude at each energy is that of the Standard
Model plus charge × g² / (q² + m²).
"""

import dataclasses
from typing import Any

import numpy as np

from cevnsjax.detectors.expansion import Combined, SelectedRows
from cevnsjax.detectors.response import AddedFlavours, FlavourStrengths, Signal
from cevnsjax.detectors.templates import Morph, MorphedRecoils
from cevnsjax.stages.stage import OnAxes

AT = {"g_zp": 0.0, "m_zp": 1.0}, {"g_zp": 1.0, "m_zp": 1.0}
"""Where amplitudes are evaluated: without the mediator, and with it."""
SELECTIONS = 2001
"""Values of the parameter of an efficiency at which what it selects is tabulated."""


@dataclasses.dataclass(frozen=True)
class Recoils:
    """Selected recoils of each component in each row, as terms of a sum, against coupling and mass [MeV]."""

    amplitudes: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
    """Of each structure: Standard Model and charge (flavour, node), and squared momentum transfer [MeV²] (node)."""
    weights: np.ndarray
    """Counts per product of amplitudes, an array (pair, component, term and row, node)."""
    pairs: tuple[tuple[int, int], ...]
    rows: tuple[int, ...]
    shape: tuple[int, int]
    """Number of terms and of rows."""

    def __call__(self, coupling: float, mass: float) -> np.ndarray:
        """Return the recoils, an array (term, component, row)."""
        moved = [sm + charge * (coupling**2 / (q2 + mass**2)) for sm, charge, q2 in self.amplitudes]
        total = np.zeros(self.weights.shape[1:3])
        for weights, (first, second) in zip(self.weights, self.pairs, strict=True):
            products = (moved[first] * moved[second])[list(self.rows)]
            total += (weights @ products[:, :, None])[:, :, 0]
        return np.moveaxis(total.reshape(-1, *self.shape), 0, 1)


def recoils_of(spectrum: Any, params: dict[str, Any]) -> Recoils:
    """Return the recoils of a `ReducedSpectrum` of the engine."""
    amplitudes = []
    for amplitude in spectrum.amplitudes:
        without, with_one = (np.asarray(amplitude(params | at)) for at in AT)
        flat = [each.sum(axis=1).reshape(len(each), -1) for each in (without, with_one)]
        q2 = np.zeros(flat[0].shape[1])
        if amplitude.array is None:
            q2 = np.asarray(amplitude.shapes[-1].propagation.q2).ravel()
        amplitudes.append((flat[0], (flat[1] - flat[0]) * (q2 + 1.0), q2))
    if isinstance(spectrum.weights, Combined):
        pairs, components, rows, nuclides, points = spectrum.weights.shape
        table = np.asarray(spectrum.weights.table).reshape(-1, *spectrum.weights.shape)
        weights = np.moveaxis(table, 0, 2)  # (pair, component, term, row, nuclide, point)
        terms = weights.shape[2]
    else:
        weights = np.asarray(spectrum.weights.array)
        pairs, components, rows, nuclides, points = weights.shape
        terms = 1
    weights = np.ascontiguousarray(weights.reshape(pairs, components, terms * rows, nuclides * points))
    return Recoils(tuple(amplitudes), weights, spectrum.pairs, spectrum.rows, (terms, rows))


@dataclasses.dataclass(frozen=True)
class Axis:
    """A nuisance that moves a response: Chebyshev polynomials of it, or the weights of anchors of a cubic spline."""

    parameter: str
    ends: tuple[float, float]
    """Bounds of the polynomials."""
    count: int
    """How many polynomials or anchors."""
    knots: np.ndarray
    coefficients: np.ndarray
    """Of truncated powers, for each anchor; empty of polynomials."""


NO_AXIS = Axis("", (-1.0, 1.0), 1, np.empty(0), np.empty((0, 0)))


def spline_axis(morph: Morph) -> Axis:
    """Return the nuisance of a morphing."""
    anchors = np.asarray(morph.anchors)
    return Axis(morph.parameter.name, (0.0, 1.0), len(anchors), anchors[2:-2], np.asarray(morph.coefficients))


@dataclasses.dataclass(frozen=True)
class SignalTables:
    """The signal: recoils in rows, as terms that nuisances move, selected, binned and spread."""

    recoils: Recoils
    templates: np.ndarray | None
    """Counts of a recoil of each energy (energy, term × bin) where the recoils are those of templates."""
    axes: tuple[Axis, Axis]
    degrees: np.ndarray
    """Which of its functions each term has of either nuisance, whole numbers (2, term)."""
    selecting: str
    """The parameter of the efficiency, if any."""
    selection: tuple[np.ndarray, float, float]
    """What is selected of each row (value, row) at even values of that parameter, the first value, and their step."""
    bins: np.ndarray
    """The bin of energy of each row."""
    spread: np.ndarray
    """Share of each cell in the events of each component (component, bin, cell)."""

    def rows(self, coupling: float, mass: float) -> np.ndarray:
        """Return the terms, an array (term, component, row)."""
        recoils = self.recoils(coupling, mass)
        if self.templates is None:
            return recoils
        return (recoils[0].sum(axis=0) @ self.templates).reshape(len(self.degrees[0]), 1, -1)


def signal_tables(stage: Any, params: dict[str, Any]) -> SignalTables:
    """Return the arrays of a signal that the engine has folded, coupling and mass free."""
    if isinstance(stage, OnAxes):
        stage = stage.counts
    spread: np.ndarray | None = None
    if isinstance(stage, MorphedRecoils):
        return _morphed(stage, params)
    if isinstance(stage, Signal):
        spread, stage = np.asarray(stage.spread.array), stage.energy
    elif isinstance(stage, AddedFlavours):
        stage = stage.counts
    if isinstance(stage, FlavourStrengths):  # of groups of flavours, which are 1
        stage = stage.counts
    selecting, selection, bins = "", (np.ones((4, 1)), -1.0, 1.0), None
    if isinstance(stage, SelectedRows):
        (selecting,) = stage.selection.parameters() & {"efficiency_shape"}
        values, step = np.linspace(-5.0, 5.0, SELECTIONS, retstep=True)
        table = np.array([stage.selection(params | {selecting: value}) for value in values])
        selection, bins = (table, -5.0, float(step)), np.asarray(stage.bins).argmax(axis=1)
        stage = stage.rows
    recoils = recoils_of(stage, params)
    components, rows = recoils.weights.shape[1], recoils.shape[1]
    if bins is None:
        bins, selection = np.arange(rows), (np.ones((4, rows)), -1.0, 1.0)
    count = int(bins.max()) + 1
    if spread is None:
        spread = np.ones((components, 1))
    if spread.ndim == 2:
        spread = np.repeat(spread[:, None], count, axis=1)
    axes, degrees = [NO_AXIS, NO_AXIS], np.zeros((2, recoils.shape[0]), int)
    if isinstance(stage.weights, Combined):
        terms: Any = stage.weights.terms
        for k, ((name, low, high), pick) in enumerate(zip(terms.axes, terms.picks, strict=True)):
            axes[k] = Axis(name, (low, high), len(pick), np.empty(0), np.empty((0, 0)))
            degrees[k] = np.asarray(pick).argmax(axis=0)
    return SignalTables(recoils, None, (axes[0], axes[1]), degrees, selecting, selection, bins, spread)


def _morphed(stage: MorphedRecoils, params: dict[str, Any]) -> SignalTables:
    """Return the arrays of a signal that templates give, morphed by two nuisances."""
    first, second = (spline_axis(morph) for morph in stage.morphs)
    templates = np.asarray(stage.templates)
    bins = templates.shape[-2] * templates.shape[-1]
    return SignalTables(
        recoils=recoils_of(stage.spectrum, params),
        templates=templates.reshape(len(templates), -1),
        axes=(first, second),
        degrees=np.array(np.meshgrid(range(first.count), range(second.count), indexing="ij")).reshape(2, -1),
        selecting="",
        selection=(np.ones((4, bins)), -1.0, 1.0),
        bins=np.arange(bins),
        spread=np.ones((1, bins, 1)),
    )
