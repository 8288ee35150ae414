"""A response that parameters move, made short for the recoils it meets: a sum of arrays, or fewer nodes.

The error of either, measured at other values of the parameters than it is made with, is below `LARGEST_ERROR`; where it
is not, there is none.
"""

import dataclasses
from collections.abc import Callable, Sequence, Set
from typing import TYPE_CHECKING

import numpy as np

from .._base.typing import Array, Float, Params
from ..stages.reduction import interpolation, sampled
from ..stages.spectrum import EnergySpectrum, selected
from ..stages.stage import Stage
from .expansion import FEWEST, FLOOR, SelectedRows, Selection, expand, expanded, legendre_ranges, live_spectrum, select

if TYPE_CHECKING:
    from .energy import EnergyResponse
    from .events import EventResponse

LARGEST_ERROR = 1e-9
"""Error of the counts in a bin up to which a response that moves is replaced by a shorter one."""
MOST_EVENTS = 200
"""Events with which it is chosen to which recoil energies the response is needed."""
SAMPLES, FEWEST_NODES = 64, 4
"""Values of the parameters with which a shorter response is judged, and nodes in a part of a bin at first."""

Rows = Callable[[Params], Float[Array, "row nuclide node"]]
Spectra = Float[np.ndarray, "spectrum nuclide node"]


def seen_spectra(recoils: Stage, free: Set[str], params: Params) -> Spectra | None:
    """Return spectra, none of them 0, that represent all `recoils` there are while `free` moves; None if not known."""
    spectra = recoils.spectra(free, params)
    seen = None if spectra is None else spectra[spectra.any(axis=(1, 2))]
    return None if seen is None or not len(seen) else seen


def differs(response: Rows, other: Rows, spectra: Spectra, samples: Sequence[Params]) -> np.ndarray:
    """Return in which rows another response counts otherwise, by more than `LARGEST_ERROR`, of any `spectra`."""
    flat, differing = spectra.reshape(len(spectra), -1).T, np.zeros((), bool)
    for values in samples:
        exact = np.asarray(response(values))
        exact = exact.reshape(len(exact), -1)
        error = np.abs((other(values).reshape(exact.shape) - exact) @ flat)
        size = exact @ np.abs(flat)
        differing = differing | ~np.all(error <= LARGEST_ERROR * np.maximum(size, FLOOR * size.max(axis=0)), axis=1)
    return differing


def short_sum(
    response: "EnergyResponse", recoils: Stage, spectra: Spectra, free: Set[str], params: Params
) -> Stage | None:
    """Return a short sum over `recoils` folded with arrays, or None if the response is too much for that."""
    efficiency = response.detector.efficiency
    selecting = {p.name for p in efficiency.parameters()} & free
    moving = [p for p in response.detector.parameters() if p.name in free - selecting]
    if len(moving) > max(FEWEST):
        return None
    domain = response.detector.domain(free)
    samples = sampled(domain, free, params, SAMPLES, 1)
    rows: Rows = response
    selection, bins = None, np.eye(len(response.parts))
    if selecting:
        if (selected_rows := _selection(response, spectra, samples)) is None:
            return None
        rows, selection, bins = selected_rows
    terms, table = None, np.asarray(rows(params))
    if moving:
        factors = 1.0 if selection is None else np.max([np.abs(selection(v)) for v in samples], axis=0)[:, None]
        if (series := expand(rows, moving, params, spectra, factors * bins)) is None:
            return None
        terms, table = series

    def short(values: Params) -> Float[np.ndarray, "bin nuclide node"]:
        total = table if terms is None else np.tensordot(terms(values), table, 1)
        return total if selection is None else np.tensordot((selection(values)[:, None] * bins).T, total, 1)

    if differs(response, short, spectra, sampled(domain, free, params, SAMPLES // 4, 2)).any():
        return None
    spectrum = selected(recoils, table.reshape(-1, *table.shape[-2:]), free, params)
    spectrum = spectrum if terms is None else expanded(spectrum, terms, len(table))
    return spectrum if selection is None else SelectedRows(spectrum, selection, bins)


def _selection(
    response: "EnergyResponse", spectra: Spectra, samples: Sequence[Params]
) -> tuple[Rows, Selection, Float[np.ndarray, "row bin"]] | None:
    """Return the rows of the density that an efficiency selects from, the stage that does, and the bin of each row."""
    thresholds = response.thresholds(samples)
    if thresholds is None:
        return None
    parts = np.asarray(response.parts)
    ranges = legendre_ranges(parts, thresholds[0])
    densities = response.densities(ranges)
    sizes = [np.abs(np.tensordot(densities(v), spectra, ((2, 3), (1, 2)))) for v in samples[: SAMPLES // 2]]
    quadrature = np.asarray(response.nodes), np.asarray(response.weights)
    efficiency = response.detector.efficiency
    selection, matrix, bins = select(efficiency, parts, quadrature, ranges, np.array(sizes), samples)
    return lambda values: np.tensordot(matrix, densities(values), 2), selection, bins


def fewer_nodes(
    response: "EnergyResponse", recoils: Stage, spectra: Spectra, free: Set[str], params: Params
) -> Stage | None:
    """Return the same with the response to fewer recoil energies, for all nuclides alike, and fewer nodes in the bins.

    The response to any other recoil energy is a sum of those to the chosen energies.
    """
    detector = response.detector
    if detector.smearing is None or response.is_exact():
        return None
    domain = response.detector.domain(free)
    samples = sampled(domain, free, params, SAMPLES, 1)
    indices, matrix = _fewer(response, spectra, samples)
    recoil, parts = np.asarray(response.recoil).ravel()[None, indices], np.asarray(response.parts)
    ends = response.thresholds(samples)
    if ends is None:
        return None
    curves = detector.quenching, detector.smearing, detector.efficiency, detector.acceptance
    checks = sampled(domain, free, params, SAMPLES // 4, 2)
    orders = np.full(len(parts), FEWEST_NODES)
    while np.all(orders <= len(response.nodes)):
        fewer = live_spectrum(curves, recoil, parts, orders, ends)
        wrong = differs(response, lambda v, f=fewer: np.tensordot(f.response(v), matrix, 1), spectra, checks)
        if not wrong.any():
            return dataclasses.replace(fewer, recoils=selected(recoils, matrix, free, params))
        orders = orders + wrong
    return None


def fewer_recoils(response: "EventResponse", recoils: Stage, free: Set[str], params: Params) -> Stage | None:
    """Return the densities at events by the response to fewer recoil energies, as `fewer_nodes` has it for bins."""
    spectra = seen_spectra(recoils, free, params)
    if spectra is None or not response.energies.size:
        return None
    domain, energies = response.detector.domain(free), np.sort(response.energies)
    some = energies[np.linspace(0, len(energies) - 1, min(len(energies), MOST_EVENTS)).astype(int)]
    samples = sampled(domain, free, params, SAMPLES, 1)
    indices, matrix = _fewer(dataclasses.replace(response, energies=some), spectra, samples)
    fewer = dataclasses.replace(response, recoil=np.asarray(response.recoil).ravel()[None, indices])
    checks = sampled(domain, free, params, SAMPLES // 4, 2)
    if differs(response, lambda v: np.tensordot(fewer(v)[:, 0], matrix, 1), spectra, checks).any():
        return None
    return EnergySpectrum(selected(recoils, matrix, free, params), fewer)


def _fewer(
    response: "EnergyResponse | EventResponse", spectra: Spectra, samples: Sequence[Params]
) -> tuple[np.ndarray, Float[np.ndarray, "point nuclide node"]]:
    """Return which recoil energies to keep, and what makes the response to all of them of the response to these."""
    table = np.array([response(values) for values in samples])
    importance = (np.abs(spectra) / np.abs(spectra).sum(axis=(1, 2), keepdims=True)).max(axis=0)
    size = np.tensordot(table, importance, 2)
    seen = size > FLOOR * size.max(axis=1, keepdims=True)
    indices, matrix = interpolation(table[seen].reshape(seen.sum(), -1), importance.ravel())
    return indices, matrix.reshape(-1, *response.recoil.shape)
