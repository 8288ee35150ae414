"""Predictions: expected counts by component, flavour, nuclide and bin, and flux-averaged cross sections."""

import numpy as np

from ._typing import Array, Float, Params, Scalar
from .folding import BIN_ORDER, RECOIL_ORDER, FoldedMeasurement, fold, recoil_nodes, recoil_spectrum
from .interactions.standard_model import StandardModel
from .measurement import Measurement


def expected_counts(folded: FoldedMeasurement, params: Params) -> Float[Array, "bin time"]:
    """Return the expected counts in each bin, all components with their strengths."""
    return sum(
        params[strength] * stage(params) for strength, stage in zip(folded.strengths, folded.stages, strict=True)
    )


def component_counts(folded: FoldedMeasurement, params: Params) -> dict[str, Float[Array, "bin time"]]:
    """Return the expected counts in each bin of each component, with its strength."""
    return {
        component: params[strength] * stage(params)
        for component, strength, stage in zip(folded.components, folded.strengths, folded.stages, strict=True)
    }


def signal_by_nuclide(
    measurement: Measurement,
    interaction: StandardModel,
    params: Params,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> Float[Array, "flavour nuclide bin time"]:
    """Return the expected signal counts of each flavour on each nuclide in each bin, with its strength."""
    signal = fold(measurement, interaction, recoil_order, bin_order).signal
    recoils, response = signal.energy.recoils(params), signal.energy.response(params)
    counts = np.einsum("lik,bik,lt->libt", recoils, response, signal.time(params))
    return params[measurement.strengths[0].parameter] * counts


def cross_sections(
    measurement: Measurement, interaction: StandardModel, params: Params
) -> Float[Array, "flavour nuclide"]:
    """Return the flux-averaged cross section [cm²] of each flavour on each nuclide, before any detector effect."""
    recoils = recoil_spectrum(measurement, interaction, recoil_nodes(measurement, RECOIL_ORDER))(params)
    fluences = np.array([measurement.source.fluences[flavour] for flavour in measurement.source.flavours])
    return recoils.sum(axis=-1) / (fluences[:, None] * measurement.target.numbers)


def flux_averaged_cross_section(measurement: Measurement, interaction: StandardModel, params: Params) -> Scalar:
    """Return the cross section [cm²] averaged over the flux of all flavours and over the nuclei of the target.

    The quantity that COHERENT quotes per nucleus, (1.65 +0.30 -0.25)e-38 cm² for CsI in arXiv:2110.07730. The
    strength of the signal is not in it.
    """
    sections = cross_sections(measurement, interaction, params)
    fluences = np.array([measurement.source.fluences[flavour] for flavour in measurement.source.flavours])
    weights = fluences[:, None] * measurement.target.numbers
    return (weights * sections).sum() / weights.sum()


def quadrature_error(
    measurement: Measurement,
    interaction: StandardModel,
    params: Params,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> float:
    """Return the largest relative change of a signal bin, of any flavour and nuclide, when all nodes are doubled.

    Counts below 1e-9 of the largest bin are compared with that, not with themselves.
    """
    coarse = signal_by_nuclide(measurement, interaction, params, recoil_order, bin_order).sum(axis=-1)
    fine = signal_by_nuclide(measurement, interaction, params, 2 * recoil_order, 2 * bin_order).sum(axis=-1)
    scale = np.maximum(np.abs(fine), 1e-9 * np.abs(fine).max())
    return float(np.max(np.abs(coarse - fine) / scale))
