"""A recoil spectrum behind a response, folded as far as what moves allows."""

import dataclasses
from collections.abc import Set

import numpy as np

from .._base.typing import Array, Float, Params
from ..stages.recoils import Recoils
from ..stages.reduction import interpolation, sampled
from ..stages.stage import Constant, Stage
from .energy import EnergyResponse
from .expansion import FEWEST, FLOOR, SelectedRows, expand, expanded, legendre_ranges, live_spectrum, select

SAMPLES, FEWEST_NODES = 64, 4
"""Values of the response's parameters with which a shorter one is judged, and nodes in a part of a bin at first."""


class EnergySpectrum(Stage):
    """Stage: selected recoils of each flavour in each energy bin, all nuclides together."""

    recoils: Stage
    response: Stage

    def simplified(self, free: Set[str], params: Params) -> Stage:
        """Return the recoils folded with the response where that is an array, else with fewer numbers that move.

        The error of these, measured at other values of the parameters than they are made with, is below
        `LARGEST_ERROR`; where it is not, everything stays as it is.
        """
        if isinstance(self.recoils, Recoils) and isinstance(self.response, Constant):
            return self.recoils.through(self.response.value, free, params)
        if isinstance(self.recoils, Constant | Recoils) and isinstance(self.response, EnergyResponse):
            shaped = isinstance(self.recoils, Recoils) and self.recoils.shaped(free)
            spectra = self.recoils.value if isinstance(self.recoils, Constant) else self.recoils.spectra(free, params)
            seen = None if spectra is None else spectra[spectra.any(axis=(1, 2))]
            if seen is not None and len(seen):
                ways = (self._thinned, self._expanded) if shaped else (self._expanded, self._thinned)
                found = (way(self.response, seen, free, params) for way in ways)
                return next((stage for stage in found if stage is not None), self)
        return self

    def _through(self, rows: Float[np.ndarray, "row nuclide node"], free: Set[str], params: Params) -> Stage:
        """Return the stage of what an array selects of the recoils, (flavour, row)."""
        if isinstance(self.recoils, Constant):
            return Constant(np.tensordot(self.recoils.value, rows, ((1, 2), (1, 2))))
        return self.recoils.through(rows, free, params)

    def _expanded(
        self,
        response: "EnergyResponse",
        spectra: Float[np.ndarray, "spectrum nuclide node"],
        free: Set[str],
        params: Params,
    ) -> Stage | None:
        """Return a short sum over recoils folded with arrays, or None if the response is too much for that."""
        detector, efficiency = response.detector, response.detector.efficiency
        selecting = {p.name for p in efficiency.parameters()} & free
        moving = [p for p in detector.parameters() if p.name in free - selecting]
        if len(moving) > max(FEWEST):
            return None
        domain = response.domain(free)
        rows, selection, bins = response, None, np.eye(len(response.parts))
        samples = sampled(domain, free, params, SAMPLES, 1)
        if selecting:
            thresholds = response.thresholds(samples)
            if thresholds is None:
                return None
            ranges = legendre_ranges(response.parts, thresholds[0])
            densities = response.densities(ranges)
            sizes = [np.abs(np.tensordot(densities(v), spectra, ((2, 3), (1, 2)))) for v in samples[: SAMPLES // 2]]
            selection, matrix, bins = select(
                efficiency, response.parts, (response.nodes, response.weights), ranges, np.array(sizes), samples
            )
            rows = lambda values: np.tensordot(matrix, densities(values), 2)  # noqa: E731
        terms, table = None, rows(params)
        if moving:
            factors = 1.0 if selection is None else np.max([np.abs(selection(v)) for v in samples], axis=0)[:, None]
            if (series := expand(rows, moving, params, spectra, factors * bins)) is None:
                return None
            terms, table = series

        def short(values: Params) -> Float[np.ndarray, "bin nuclide node"]:
            found = table if terms is None else np.tensordot(terms(values), table, 1)
            return found if selection is None else np.tensordot((selection(values)[:, None] * bins).T, found, 1)

        if response.differs(short, spectra, sampled(domain, free, params, SAMPLES // 4, 2)).any():
            return None
        spectrum = self._through(table.reshape(-1, *table.shape[-2:]), free, params)
        spectrum = spectrum if terms is None else expanded(spectrum, terms)
        return spectrum if selection is None else SelectedRows(spectrum, selection, bins)

    def _thinned(
        self,
        response: "EnergyResponse",
        spectra: Float[np.ndarray, "spectrum nuclide node"],
        free: Set[str],
        params: Params,
    ) -> Stage | None:
        """Return the same with the response to fewer recoil energies, of no one nuclide, and fewer nodes in the bins.

        The response to any other recoil energy is a sum of those to the energies that are kept.
        """
        detector = response.detector
        if detector.smearing is None or response.is_exact():
            return None
        domain = response.domain(free)
        samples = sampled(domain, free, params, SAMPLES, 1)
        table = np.array([response(values) for values in samples])
        importance = (np.abs(spectra) / np.abs(spectra).sum(axis=(1, 2), keepdims=True)).max(axis=0)
        size = np.tensordot(table, importance, 2)
        seen = size > FLOOR * size.max(axis=1, keepdims=True)
        kept, matrix = interpolation(table[seen].reshape(seen.sum(), -1), importance.ravel())
        matrix = matrix.reshape(-1, *response.recoil.shape)
        recoil = response.recoil.ravel()[None, kept]
        ends = response.thresholds(samples)
        if ends is None:
            return None
        curves = detector.quenching, detector.smearing, detector.efficiency, detector.acceptance
        checks = sampled(domain, free, params, SAMPLES // 4, 2)
        orders = np.full(len(response.parts), FEWEST_NODES)
        while np.all(orders <= len(response.nodes)):
            fewer = live_spectrum(curves, recoil, response.parts, orders, ends)
            wrong = response.differs(lambda v, f=fewer: np.tensordot(f.response(v), matrix, 1), spectra, checks)
            if not wrong.any():
                return dataclasses.replace(fewer, recoils=self._through(matrix, free, params))
            orders = orders + wrong
        return None

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        recoils, response = self.recoils(params), self.response(params)
        return recoils.reshape(recoils.shape[0], -1) @ response.reshape(response.shape[0], -1).T
