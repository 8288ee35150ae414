"""Fold a measurement with an interaction: every integral that no free parameter touches becomes an array.

    dσ/dT (E, T) = κ(E, T) · A²(q² = 2MT; θ)
    F_l,i (T)    = (nuclei of nuclide i) · (fluence of flavour l) · ∫ φ_l(E) κ(E, T) dE            flux moments
    counts_b,t   = Σ_l [ Σ_i Σ_T  R_b,i,T · F_l,i(T) · A²_l,i(T; θ) ] · P_l,t   + backgrounds

The recoil energies T are Gauss-Legendre nodes in √T for each nuclide (the rate of a continuum starts as a power of √T),
with breaks where the rate has a kink: at the largest recoil of each line and of each end of a spectrum. R is the
detector's response, P the arrival in time. All checks of structure are made here and in the constructors, before
anything is compiled.
"""

import dataclasses
from collections.abc import Set

import equinox as eqx
import numpy as np

from ._errors import InputError
from ._numerics import gauss_legendre
from ._stage import Constant, Stage, specialise
from ._typing import Array, Float, Params
from .interactions.kinematics import maximum_recoil, minimum_energy, momentum_transfer
from .interactions.standard_model import StandardModel
from .measurement import Measurement
from .nuclei.target import nuclear_response

RECOIL_ORDER = 24
"""Quadrature nodes between breaks of the recoil energy."""
BIN_ORDER = 8
"""Quadrature nodes in each bin of reconstructed energy."""

LEPTON_OF_NEUTRINO = {"nu_e": "e", "nu_e_bar": "e", "nu_mu": "mu", "nu_mu_bar": "mu", "nu_tau": "tau"}


class RecoilSpectrum(Stage):
    """Stage: scattered nuclei at each recoil-energy node, quadrature weight included, in the whole exposure."""

    nuclear: Stage
    interaction: StandardModel
    moments: Float[Array, "flavour nuclide node"]
    """Flux moments times quadrature weights [counts]."""
    flavours: tuple[str, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.interaction.parameters())

    def __call__(self, params: Params) -> Float[Array, "flavour nuclide node"]:
        leptons = [LEPTON_OF_NEUTRINO[flavour] for flavour in self.flavours]
        distinct = sorted(set(leptons))
        squared = self.interaction.squared_amplitude(distinct, self.nuclear(params), params)
        return self.moments * squared[np.array([distinct.index(lepton) for lepton in leptons])]


class EnergySpectrum(Stage):
    """Stage: selected recoils of each flavour in each energy bin, all nuclides together."""

    recoils: Stage
    response: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "flavour bin"]:
        recoils, response = self.recoils(params), self.response(params)
        return recoils.reshape(recoils.shape[0], -1) @ response.reshape(response.shape[0], -1).T


class Signal(Stage):
    """Stage: expected signal counts in each bin, before its strength."""

    energy: Stage
    time: Stage

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "bin time"]:
        energy, time = self.energy(params), self.time(params)
        return sum(energy[flavour][:, None] * time[flavour] for flavour in range(len(energy)))


class FoldedMeasurement(eqx.Module):
    """A measurement folded with an interaction: arrays, and stages for what is still a function of parameters."""

    signal: Stage
    backgrounds: tuple[Stage, ...]
    observed: Float[Array, "bin time"]
    strengths: tuple[str, ...] = eqx.field(static=True)
    """Parameter that scales the signal, then those of the backgrounds."""
    components: tuple[str, ...] = eqx.field(static=True)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Return the stage of the signal, then those of the backgrounds."""
        return (self.signal, *self.backgrounds)

    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that the expected counts still depend on."""
        return frozenset(self.strengths).union(*(stage.parameters() for stage in self.stages))

    def specialise(self, free: Set[str], params: Params) -> "FoldedMeasurement":
        """Return the same with all that depends on no parameter of `free` evaluated at `params`."""
        return dataclasses.replace(
            self,
            signal=specialise(self.signal, free, params),
            backgrounds=tuple(specialise(background, free, params) for background in self.backgrounds),
        )

    def evaluate(self, params: Params) -> "FoldedMeasurement":
        """Return the same with every stage evaluated at `params`, traced or not: only the strengths are left."""
        return dataclasses.replace(
            self,
            signal=Constant(self.signal(params)),
            backgrounds=tuple(Constant(background(params)) for background in self.backgrounds),
        )


@dataclasses.dataclass(frozen=True)
class Nodes:
    """Quadrature in recoil energy [MeV] for each nuclide, arrays (nuclide, node)."""

    recoil: np.ndarray
    weight: np.ndarray
    momentum: np.ndarray


def recoil_nodes(measurement: Measurement, order: int) -> Nodes:
    """Return the quadrature nodes of each nuclide, `order` between consecutive kinks of the rate."""
    energies = sorted({edge for spectrum in measurement.source.spectra.values() for edge in spectrum.breaks()})
    recoil, weight, momentum = [], [], []
    for nucleus in measurement.target.nuclides:
        root, weights = gauss_legendre(np.sqrt([0.0, *(maximum_recoil(e, nucleus.mass) for e in energies)]), order)
        nodes, weights = root**2, 2.0 * root * weights
        recoil.append(nodes)
        weight.append(weights)
        momentum.append(momentum_transfer(nodes, nucleus.mass))
    return Nodes(np.array(recoil), np.array(weight), np.array(momentum))


def flux_moments(
    measurement: Measurement, interaction: StandardModel, nodes: Nodes, order: int
) -> Float[np.ndarray, "flavour nuclide node"]:
    """Return F_l,i(T) times the weight of T: counts in the exposure per squared amplitude."""
    source, target = measurement.source, measurement.target
    moments = np.empty((len(source.flavours), *nodes.recoil.shape))
    for flavour, name in enumerate(source.flavours):
        for i, (nucleus, number) in enumerate(zip(target.nuclides, target.numbers, strict=True)):
            recoil = nodes.recoil[i]
            integral = source.spectra[name].moment(
                lambda energy, t, mass=nucleus.mass: interaction.kernel(energy, t, mass),
                recoil,
                minimum_energy(recoil, nucleus.mass),
                order,
            )
            moments[flavour, i] = number * source.fluences[name] * integral * nodes.weight[i]
    return moments


def recoil_spectrum(
    measurement: Measurement, interaction: StandardModel, nodes: Nodes, order: int = RECOIL_ORDER
) -> RecoilSpectrum:
    """Return the stage of the recoil spectrum at `nodes`, all parameters live; `order` is that of the flux integral."""
    return RecoilSpectrum(
        nuclear=nuclear_response(measurement.target, nodes.momentum),
        interaction=interaction,
        moments=flux_moments(measurement, interaction, nodes, order),
        flavours=measurement.source.flavours,
    )


def fold(
    measurement: Measurement,
    interaction: StandardModel,
    recoil_order: int = RECOIL_ORDER,
    bin_order: int = BIN_ORDER,
) -> FoldedMeasurement:
    """Return `measurement` folded with `interaction`, every parameter live; `specialise` folds further.

    `recoil_order` and `bin_order` are the quadrature nodes between kinks of the recoil energy and in each bin of
    reconstructed energy; `quadrature_error` measures what they leave.
    """
    if min(recoil_order, bin_order) < 1:
        raise InputError(f"expected at least one quadrature node, found {recoil_order} and {bin_order}")
    nodes = recoil_nodes(measurement, recoil_order)
    return FoldedMeasurement(
        signal=Signal(
            energy=EnergySpectrum(
                recoils=recoil_spectrum(measurement, interaction, nodes, recoil_order),
                response=measurement.detector.response(nodes.recoil, bin_order),
            ),
            time=measurement.arrivals,
        ),
        backgrounds=measurement.backgrounds,
        observed=measurement.observed,
        strengths=tuple(strength.parameter for strength in measurement.strengths),
        components=tuple(strength.component for strength in measurement.strengths),
    )
