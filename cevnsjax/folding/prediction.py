"""Predictions: expected counts by component, flavour, nuclide and bin, and flux-averaged cross sections."""

import numpy as np

from .._base.errors import InputError
from .._base.typing import Array, Float, Params, Scalar
from ..interactions.combination import Combination, combine
from ..interactions.interaction import Interaction
from ..measuring.measurement import Measurement, Scattering
from ..stages.stage import Constant, Stage
from .fold import BIN_ORDER, recoil_spectrum
from .folded import Factor, FoldedMeasurement
from .nodes import RECOIL_ORDER, recoil_nodes
from .scatterers import scatterers


def expected_counts(folded: FoldedMeasurement, params: Params) -> Float[Array, "..."]:
    """Return the expected counts in each bin, all components with their strengths; or the predicted numbers."""
    first, *others = component_counts(folded, params).values()
    return sum(others, start=first)


def component_counts(folded: FoldedMeasurement, params: Params) -> dict[str, Float[Array, "..."]]:
    """Return the expected counts in each bin of each component, with its strength."""
    in_bins = map(folded.term.in_bins, folded.contributions(params))
    return dict(zip(folded.components, in_bins, strict=True))


def signal_by_nuclide(
    measurement: Measurement,
    interaction: Combination | Interaction,
    params: Params,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> Float[np.ndarray, "flavour nuclide *bin"]:
    """Return the expected signal counts of each flavour on each nuclide in each bin, with its strength.

    Parameters by the names that the measurement gives them.
    """
    scattering, interaction = measurement.counted(), combine(interaction)
    source, target = scattering.source, scattering.target
    targets, detector = scatterers(measurement, interaction)[measurement.components[0]]
    nodes = recoil_nodes(source, targets, detector, recoil_order)
    recoils = recoil_spectrum(source, target, interaction, targets, nodes, recoil_order, measurement.name)(params)
    response = Constant(detector.response(nodes.recoil, bin_order)(params))
    strength = measurement.strengths[0]
    factor = Factor(strength.parameter, (), strength.scales)(params)
    counts = np.empty((*recoils.shape[:2], *measurement.shape))
    for flavour, nuclide in np.ndindex(recoils.shape[:2]):
        part = np.zeros_like(recoils)
        part[flavour, nuclide] = recoils[flavour, nuclide]
        groups = scattering.group_strengths(strength.parameter)
        signal = detector.signal(Constant(part), response, groups)
        counts[flavour, nuclide] = factor * measurement.term.in_bins(signal(params)).reshape(measurement.shape)
    return counts


def folded_cross_sections(measurement: Measurement, recoils: Stage, params: Params) -> Float[Array, "flavour nuclide"]:
    """Return the flux-averaged cross section [cm²] of each flavour on each nuclide, before any detector effect.

    `recoils` are those of the measurement, folded (`FoldedMeasurement.recoils`).
    """
    return recoils(params).sum(axis=-1) / luminosities(measurement.counted())


def luminosities(scattering: Scattering) -> Float[np.ndarray, "flavour nuclide"]:
    """Return fluence × number of nuclei [1/cm²] of each flavour and nuclide: recoils are these times cross sections."""
    fluences = np.array([component.fluence for component in scattering.source.components])
    return fluences[:, None] * scattering.target.numbers


def cross_sections(
    measurement: Measurement, interaction: Combination | Interaction, params: Params
) -> Float[Array, "flavour nuclide"]:
    """Return the flux-averaged cross section [cm²] of each flavour on each nuclide, before any detector effect."""
    scattering, interaction = measurement.counted(), combine(interaction)
    source, target = scattering.source, scattering.target
    targets, detector = scatterers(measurement, interaction)[measurement.components[0]]
    nodes = recoil_nodes(source, targets, detector, RECOIL_ORDER)
    recoils = recoil_spectrum(source, target, interaction, targets, nodes, name=measurement.name)
    return folded_cross_sections(measurement, recoils, params)


def flux_averaged(measurement: Measurement, sections: Float[Array, "flavour nuclide"]) -> Scalar:
    """Return the mean of cross sections over the flux of all flavours and over the nuclei of the target.

    The quantity that COHERENT quotes per nucleus, (1.65 +0.30 -0.25)e-38 cm² for CsI in arXiv:2110.07730. The
    strength of the signal is not in it. Raises InputError where electrons recoil: those that no bin counts are
    not integrated.
    """
    scattering = measurement.counted()
    if not scattering.takes_electrons:
        raise InputError(f"{measurement.name} counts recoils of electrons, not of nuclei")
    weights = luminosities(scattering)
    return (weights * sections).sum() / weights.sum()


def flux_averaged_cross_section(
    measurement: Measurement, interaction: Combination | Interaction, params: Params
) -> Scalar:
    """Return the flux-averaged cross section [cm²] of `measurement`: see `flux_averaged`."""
    return flux_averaged(measurement, cross_sections(measurement, interaction, params))


def quadrature_error(
    measurement: Measurement,
    interaction: Combination | Interaction,
    params: Params,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> float:
    """Return the largest relative change of a signal bin, of any flavour and nuclide, when all nodes are doubled.

    Counts below 1e-9 of the largest bin are compared with that, not with themselves. No counts have no error, nor have
    templates, of which nothing is integrated.
    """
    if measurement.bins:
        return 0.0

    def by_bin(times: int) -> Float[np.ndarray, "flavour nuclide bin"]:
        counts = signal_by_nuclide(measurement, interaction, params, times * recoil_order, times * bin_order)
        return counts.reshape(*counts.shape[:3], -1).sum(axis=-1)

    coarse, fine = by_bin(1), by_bin(2)
    scale = np.maximum(np.abs(fine), 1e-9 * np.abs(fine).max())
    differs = coarse != fine
    return float(np.max(np.abs(coarse - fine)[differs] / scale[differs], initial=0.0))
