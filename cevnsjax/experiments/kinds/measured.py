"""Kinds of measured numbers: what predicts each, and the number with its error."""

import dataclasses
import math
from typing import Any, ClassVar

import equinox as eqx
import numpy as np

from ..._base.constants import HBAR_C
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params
from ...detectors.numbers import recoils_above
from ...detectors.response import Detector
from ...folding.prediction import luminosities
from ...interactions.couplings import DEFAULT_SIN2
from ...interactions.standard_model import SIN2_THETA_W
from ...interactions.weak_charge import PROTON_WEAK_CHARGE_SLOPE, WeakAmplitude
from ...measuring.measurement import Scattering
from ...nuclei.electron_overlap import DENSITIES, ELECTRONS, Overlap, electron_overlap, skin_correction
from ...nuclei.form_factors import FERMI_DIFFUSENESS, diffuseness_limit
from ...nuclei.nuclide import Nuclide, nuclide
from ...nuclei.radii import element_radius, isotope_radius, point_radius
from ...parameters.parameter import Parameter
from ...stages.stage import Stage
from ..document import Document
from .kind import REQUIRED, Entry, Place, field, kind, number, text


@dataclasses.dataclass(frozen=True)
class Number:
    """A measured number."""

    label: str
    value: float
    error: float
    prediction: Stage
    parameters: tuple[Parameter, ...]
    related: tuple[str, ...] = ()
    """Parameters that are free in every fit because of it."""


@dataclasses.dataclass(frozen=True)
class SignalNumber:
    """A measured number that the signal predicts: all that a detector counts of it, times a factor."""

    label: str
    value: float
    error: float
    detector: Detector
    factor: float | None
    """None for that which makes it 1 in the Standard Model."""


def measured(units: str, what: str, default: Any = REQUIRED) -> Any:
    """Return the field of a number with its uncertainty."""

    def read(data: Document, key: str) -> tuple[float, float]:
        return data.value(key, units, negative=True), data.error_of(key)

    return field(Entry(f"{what}, with its uncertainty", units, read, default))


def beside_covariance(units: str, what: str) -> Any:
    """Return the field of a number with its uncertainty, 0 if that is in the covariance of the numbers alone."""

    def read(data: Document, key: str) -> tuple[float, float]:
        value, entry = data.value(key, units, negative=True), data.raw(key)
        alone = data.holds("measured.covariance") and isinstance(entry, dict) and "uncertainty" not in entry
        return value, 0.0 if alone else data.error_of(key)

    return field(Entry(f"{what}, with its uncertainty if that is not in a covariance", units, read))


def _nuclide(place: Place, name: str) -> Nuclide:
    with place.data.at(f"{place.key}.nuclide"):
        return nuclide(name)


def _radii(nucleus: Nuclide, of_isotope: bool) -> tuple[Parameter, Parameter]:
    """Return the radii of the neutrons and the protons: of the element's reference isotope, or of this one."""
    if of_isotope:
        return isotope_radius("n", nucleus.name), isotope_radius("p", nucleus.name)
    return element_radius("n", nucleus.element), element_radius("p", nucleus.element)


class EffectiveWeakCharge(Stage):
    """Stage: the weak charge that an analysis without neutron skin finds, Q_W^th(s²) (1 + δE/E), an array (1,).

    Q_W^th = q_w_sm_cs + Z dq_p/ds² (s² - 0.23863), δE/E = (N/Q_W^SM)(1 - q_n/q_p).
    """

    overlap: Overlap
    protons: int = eqx.field(static=True)
    neutrons: int = eqx.field(static=True)
    reference: float
    """Q_W^SM in δE/E."""
    charge: str = eqx.field(static=True)
    """Parameter with Q_W in the Standard Model at the default of sin²θ_W."""
    radii: tuple[str, str] = eqx.field(static=True)
    """Parameters with the radii of the protons and the neutrons."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset({"sin2_theta_w", self.charge, *self.radii})

    def __call__(self, params: Params) -> Float[Array, " 1"]:
        moved = self.protons * PROTON_WEAK_CHARGE_SLOPE * (params["sin2_theta_w"] - DEFAULT_SIN2)
        protons, neutrons = (params[name] for name in self.radii)
        skin = skin_correction(self.overlap, self.neutrons, self.reference, protons, neutrons)
        charge = (params[self.charge] + moved) * (1.0 + skin)
        return namespace(charge).stack([charge])


@kind(
    "measured",
    "weak-charge",
    """\
nuclide = "133Cs"
amplitude_over_polarisability = { value = -3.0967e-13, unit = "e/a_B^2", uncertainty = 0.0107e-13 }
polarisability = { value = 27.064, unit = "a_B^3", uncertainty = 0.033 }
amplitude = { value = 0.8995e-11, unit = "e*a_B", uncertainty = 0.0040e-11 }
standard_model = { value = -73.23, unit = "1" }""",
)
class WeakCharge:
    """The weak charge of a nucleus from atomic parity violation, the neutron skin left to the prediction.

    Q_W = N (Im E1 / β) β / k'': what was measured, the polarisability β, and the amplitude k'' of atomic theory
    (arXiv:2303.09360); the relative errors in quadrature. Or Q_W itself, as a paper states it.
    """

    nuclide: str = text("the nucleus, such as 133Cs")
    amplitude_over_polarisability: tuple[float, float] | None = measured("e/a_B^2", "the measured ratio", None)
    polarisability: tuple[float, float] | None = measured("a_B^3", "vector transition polarisability β", None)
    amplitude: tuple[float, float] | None = measured("e*a_B", "amplitude of atomic theory", None)
    value: tuple[float, float] | None = measured("1", "or Q_W instead of these three", None)
    standard_model: float = number("1", "Q_W in the Standard Model, the parameter q_w_sm_ELEMENT", negative=True)
    density: str = text("density of the nucleus", DENSITIES[0], DENSITIES)
    electron: str = text("waves of the electron; those of Dirac for a large Z, with fermi", ELECTRONS[0], ELECTRONS)

    def _charge(self, place: Place, neutrons: int) -> tuple[float, float]:
        """Return the measured Q_W and its error."""
        parts = {name: getattr(self, name) for name in ("amplitude_over_polarisability", "polarisability", "amplitude")}
        given = [name for name, part in parts.items() if part is not None]
        if self.value is not None:
            if given:
                raise place.fail(given[0], "a value, or what it is made of", "both")
            return self.value
        for name, part in parts.items():
            if part is None:
                raise place.fail(name, "a value, or what it is made of", "no such entry")
            if part[0] == 0:
                raise place.fail(name, "a number other than 0", "0")
        ratio, polarisability, amplitude = (part[0] for part in parts.values())
        charge = neutrons * ratio * polarisability / amplitude
        return charge, abs(charge) * math.hypot(*(error / value for value, error in parts.values()))

    def build(self, place: Place) -> Number:
        """Return the number."""
        nucleus = _nuclide(place, self.nuclide)
        element = nucleus.element
        charge, error = self._charge(place, nucleus.neutrons)
        standard = Parameter(
            name=f"q_w_sm_{element}",
            unit="1",
            default=self.standard_model,
            bounds=(self.standard_model - 6.77, self.standard_model + 7.23),
            latex=rf"Q_W^\mathrm{{SM}}(\mathrm{{{element.capitalize()}}})",
            description=f"weak charge of {nucleus.name} in the Standard Model, at the default of sin2_theta_w",
        )
        neutrons, protons = _radii(nucleus, False)
        prediction = EffectiveWeakCharge(
            overlap=electron_overlap(self.density, nucleus.protons, nucleus.charge_radius, self.electron),
            protons=nucleus.protons,
            neutrons=nucleus.neutrons,
            reference=self.standard_model,
            charge=standard.name,
            radii=(protons.name, neutrons.name),
        )
        label = f"Q_W({element.capitalize()}) without neutron skin"
        return Number(label, charge, error, prediction, (SIN2_THETA_W, standard, neutrons, protons))


@kind(
    "measured",
    "weak-form-factor",
    """\
nuclide = "208Pb"
momentum_transfer = { value = 0.475, unit = "1/fm" }
value = { value = 0.204, unit = "1", uncertainty = 0.028 }
diffuseness = { value = 0.605, unit = "fm" }""",
)
class WeakFormFactor:
    """The weak form factor of a nucleus from parity-violating electron scattering.

    That of a symmetrised Fermi distribution with the rms radius of the weak charge.
    """

    nuclide: str = text("the nucleus, such as 208Pb")
    momentum_transfer: float | None = number("1/fm", "momentum transfer q", None)
    momentum_transfer_squared: float | None = number("GeV^2", "or its square", None)
    value: tuple[float, float] = beside_covariance("1", "the weak form factor there")
    model_error: float = number("1", "error of the model, added in quadrature", 0.0)
    systematic_error: float = number("1", "systematic error, added in quadrature", 0.0)
    diffuseness: float = number("fm", "diffuseness of the weak charge", FERMI_DIFFUSENESS)
    radius: str = text("whose radii are its parameters", "element", ("element", "isotope"))

    def build(self, place: Place) -> Number:
        """Return the number."""
        nucleus = _nuclide(place, self.nuclide)
        if (self.momentum_transfer is None) == (self.momentum_transfer_squared is None):
            raise place.fail("momentum_transfer", "momentum_transfer or momentum_transfer_squared", "both or none")
        squared = self.momentum_transfer_squared
        transfer = self.momentum_transfer if squared is None else 1e3 * math.sqrt(squared) / HBAR_C
        neutrons, protons = _radii(nucleus, self.radius == "isotope")
        if not self.diffuseness < (most := diffuseness_limit(min(neutrons.default, protons.default))):
            raise place.fail("diffuseness", f"less than {most:.3g} fm, for its radius", f"{self.diffuseness:g}")
        value, error = self.value
        prediction = WeakAmplitude(
            q=np.array([transfer]),
            protons=nucleus.protons,
            neutrons=nucleus.neutrons,
            diffuseness=self.diffuseness,
            proton_radius=protons.name,
            neutron_radius=neutrons.name,
        )
        whole = math.hypot(error, self.systematic_error, self.model_error)
        label = f"F_W({nucleus.name}) at {transfer:.4g}/fm"
        return Number(label, value, whole, prediction, (SIN2_THETA_W, neutrons, protons))


class PointNeutronRadius(Stage):
    """Stage: rms radius [fm] of the point neutrons of a nucleus, an array (1,)."""

    radius: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset({self.radius})

    def __call__(self, params: Params) -> Float[Array, " 1"]:
        radius = point_radius(params[self.radius])
        return namespace(radius).stack([radius])


@kind(
    "measured",
    "point-neutron-radius",
    """\
nuclide = "133Cs"
value = { value = 4.86, unit = "fm", uncertainty = 0.21 }""",
)
class NeutronRadius:
    """The rms radius of the point neutrons of a nucleus."""

    nuclide: str = text("the nucleus, such as 133Cs")
    value: tuple[float, float] = beside_covariance("fm", "the radius")

    def build(self, place: Place) -> Number:
        """Return the number."""
        nucleus = _nuclide(place, self.nuclide)
        neutrons, _ = _radii(nucleus, False)
        label = f"point-neutron radius of {nucleus.name} [fm]"
        return Number(label, *self.value, PointNeutronRadius(neutrons.name), (neutrons,))


@kind(
    "measured",
    "strength",
    """\
value = { value = 1.00, unit = "1", uncertainty = 0.10 }
systematic_error = { value = 0.03, unit = "1" }""",
)
class MeasuredStrength:
    """The signal relative to the Standard Model, as a counting experiment publishes it.

    It is the signal of the folder, summed over all of its bins, over the same at Standard Model values: what [source],
    [target], [detector], [binning] and [signal] describe. What others share of its error, such as the flux of the
    source, is a part of the width of the signal instead: [signal.parts].
    """

    sees: ClassVar[bool] = True
    value: tuple[float, float] = beside_covariance("1", "the strength")
    systematic_error: float = number("1", "systematic error, added in quadrature", 0.0)

    def build(self, place: Place, signal: Scattering) -> SignalNumber:
        """Return the number."""
        value, error = self.value
        label = f"{place.key.rpartition('.')[2]}: signal over that of the Standard Model"
        return SignalNumber(label, value, math.hypot(error, self.systematic_error), signal.detector, None)


@kind(
    "measured",
    "cross-section",
    """\
value = { value = 1.65e-38, unit = "cm^2", uncertainty = 0.28e-38 }
threshold = { value = 0, unit = "keV" }""",
)
class CrossSection:
    """The cross section per nucleus, averaged over the flux of [source] and the nuclei of [target].

    Of all recoils above a threshold, each of them counted: what `cevnsjax cross-sections` measures of a detector. What
    others share of its error is a part of the width of the signal: [signal.parts].
    """

    sees: ClassVar[bool] = False
    value: tuple[float, float] = beside_covariance("cm^2", "the cross section")
    systematic_error: float = number("cm^2", "systematic error, added in quadrature", 0.0)
    threshold: float = number("keV", "least recoil energy that is counted", 0.0, zero=True)

    def build(self, place: Place, signal: Scattering) -> SignalNumber:
        """Return the number."""
        if not signal.takes_electrons:
            raise place.data.fail("detector.recoils", "'nucleus' for a cross section per nucleus", "'electron'")
        value, error = self.value
        label = f"{place.key.rpartition('.')[2]}: flux-averaged cross section [cm^2]"
        detector = recoils_above(self.threshold, len(signal.source.flavours))
        factor = 1.0 / float(luminosities(signal).sum())
        return SignalNumber(label, value, math.hypot(error, self.systematic_error), detector, factor)
