"""Dresden-II: germanium at a boiling-water reactor (arXiv:2202.09672), in the analysis of arXiv:2202.10829.

2.924 kg in 4.8e13 antineutrinos per cm² and second; 130 bins of 10 eV from 0.2 to 1.5 keV of ionisation energy, rates
per day with Gaussian errors. The background is fitted with the signal: a flat and an exponential part, and the lines
that ⁷¹Ge gives when it captures an electron of the L1, L2 or M shell.

Variants name the quenching, ``fef`` and ``ybe`` (the tables of arXiv:2202.09672) or ``lindhard``. Flux, resolution and
quenching of the signal are known exactly, as in the published χ², unless ``signal_pulls`` gives them 5 % each (k of
Lindhard: 0.157 ± 0.004). ``dresden-ii-off`` is the same with the data taken while the reactor was off, where no signal
can be: a measurement of its own.
"""

import dataclasses

import numpy as np

from ..._base import arguments
from ..._base.data_files import DataFile
from ..._base.errors import InputError, suggest
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Params
from ...detectors.ionisation import IonisationDetector
from ...detectors.quenching import LindhardQuenching, Quenching, TabulatedQuenching
from ...detectors.resolution import RESOLUTION_NORM, GaussianSmearing
from ...measuring.measurement import Measurement, Scattering
from ...measuring.terms.gaussian import GaussianNumbers
from ...nuclei.choice import FormFactorChoice, check_form_factor
from ...nuclei.target import natural_target
from ...parameters.parameter import Gaussian, Parameter
from ...parameters.strengths import Strength
from ...sources.live_time import LiveTime
from ...sources.reactor import fission_fractions, fissions_of_flux, reactor
from ...stages.stage import Stage
from ..catalogue import check_variant, full_name, references

NAME = "dresden-ii"
PERIODS = ("on", "off")

CONTINUUM = ("continuum_flat", "continuum_exponential", "continuum_slope")
LINE = ("l1_height", "l1_centre", "l1_width")
M_RATIO = "m_l1_ratio"


class Continuum(Stage):
    """Stage: A + B exp(-C E) at the centres E of the energy bins."""

    energy: Float[Array, " bin"]
    """Centres of the bins [keV]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset(CONTINUUM)

    def __call__(self, params: Params) -> Float[Array, " bin"]:
        flat, exponential, slope = (params[name] for name in CONTINUUM)
        xp = namespace(self.energy, flat, exponential, slope)
        return flat + exponential * xp.exp(-slope * self.energy)


class ElectronCapture(Stage):
    """Stage: three Gaussians at the centres of the energy bins, electron capture of ⁷¹Ge.

    L1 has a height, centre and width of its own. L2 has its width and a given part of its height. M has a given part of
    its area times the parameter m_l1_ratio, and the width of the electronic noise, which the resolution scales.
    """

    energy: Float[Array, " bin"]
    """Centres of the bins [keV]."""
    l2_height: float
    """Height of L2 relative to L1."""
    l2_centre: float
    m_ratio: float
    """Area of M relative to L1."""
    m_centre: float
    noise: float
    """Standard deviation of the electronic noise [keV]."""

    def own_parameters(self) -> frozenset[str]:
        return frozenset((*LINE, M_RATIO, RESOLUTION_NORM))

    def __call__(self, params: Params) -> Float[Array, " bin"]:
        height, centre, width = (params[name] for name in LINE)
        noise = self.noise * params[RESOLUTION_NORM]
        m_height = params[M_RATIO] * self.m_ratio * height * width / noise
        xp = namespace(self.energy, m_height, centre)
        lines = (
            (height, centre, width),
            (self.l2_height * height, self.l2_centre, width),
            (m_height, self.m_centre, noise),
        )
        return sum(h * xp.exp(-0.5 * ((self.energy - c) / w) ** 2) for h, c, w in lines)


@arguments.checked(
    variant=arguments.text, form_factor=check_form_factor, period=arguments.text, signal_pulls=arguments.switch
)
def dresden_ii(
    variant: str = "fef", form_factor: FormFactorChoice = "helm", period: str = "on", signal_pulls: bool = False
) -> Measurement:
    """Return the measurement.

    Args:
        variant: ``fef``, ``ybe`` or ``lindhard``.
        form_factor: a name, or form factors of your own by nuclide (docs/nuclei.md).
        period: data taken with the reactor ``on`` or ``off``.
        signal_pulls: whether flux, resolution and quenching of the signal are uncertain.

    """
    check_variant(NAME, variant)
    if period not in PERIODS:
        raise InputError(f"unknown period '{period}' of {NAME}{suggest(period, PERIODS)}; known: {', '.join(PERIODS)}")
    data = DataFile("dresden_ii_2022/measurement.toml")
    energy, *columns = data.table("rates")
    rates, errors = columns[2 * PERIODS.index(period) :][:2]
    detector = _detector(data, variant, signal_pulls)
    return Measurement(
        name=full_name(NAME if period == "on" else f"{NAME}-off", variant),
        title=f"{data.get('title', str)}, reactor {period}",
        references=references(NAME, variant),
        dataset=f"{NAME}-{period}",
        scattering=Scattering(
            source=reactor(
                "MVE",
                fissions_of_flux(
                    "MVE",
                    data.number("reactor.flux", "1/cm^2/s"),
                    1.0,
                    fission_fractions(data.array("reactor.fission_fractions", "fraction")),
                    each=True,
                ),
                distance=data.number("reactor.distance", "m"),
                live_time=LiveTime(1.0),
            ),
            target=natural_target(data.get("detector.element", str), data.number("detector.mass", "kg"), form_factor),
            detector=detector,
        ),
        backgrounds=(Continuum(energy), _electron_capture(data, energy)),
        strengths=(
            Strength("cevns_norm", "cevns", data.number("pulls.flux", "1") if signal_pulls else None),
            Strength("continuum_norm", "continuum", None),
            Strength("electron_capture_norm", "electron capture", None),
        ),
        term=GaussianNumbers(rates, errors),
        declared=(*_background_parameters(data, period), *(_pulled(data, detector) if signal_pulls else ())),
    )


@arguments.checked(variant=arguments.text, form_factor=check_form_factor)
def dresden_ii_off(variant: str = "fef", form_factor: FormFactorChoice = "helm") -> Measurement:
    """Return the measurement with the reactor off; arguments as in `dresden_ii`."""
    return dresden_ii(variant, form_factor, period="off")


def _quenching(data: DataFile, model: str, pulled: bool) -> Quenching:
    if model == "lindhard":
        element = data.get("detector.element", str)
        width = data.number("quenching.lindhard_k_width", "1") if pulled else None
        return LindhardQuenching(element, 32, data.number("quenching.lindhard_k", "1"), width)
    recoil, factor = data.table(f"quenching_{model}")
    return TabulatedQuenching(1e-3 * recoil, factor)


def _detector(data: DataFile, model: str, pulled: bool) -> IonisationDetector:
    low, high = data.edges("detector.energy", "keV")
    smearing = GaussianSmearing(
        noise=data.number("resolution.noise", "keV"),
        slope=data.number("resolution.fano_factor", "1") * data.number("resolution.pair_energy", "keV"),
        positive=True,
    )
    return IonisationDetector(
        edges=np.linspace(low, high, round(data.number("detector.bins", "1")) + 1),
        quenching=_quenching(data, model, pulled),
        smearing=smearing,
        minimum=data.number("resolution.minimum", "keV"),
    )


def _electron_capture(data: DataFile, energy: np.ndarray) -> ElectronCapture:
    return ElectronCapture(
        energy=energy,
        l2_height=data.number("background.l2_height", "1"),
        l2_centre=data.number("background.l2_centre", "keV"),
        m_ratio=data.number("background.m_ratio", "1"),
        m_centre=data.number("background.m_centre", "keV"),
        noise=data.number("resolution.noise", "keV"),
    )


def _background_parameters(data: DataFile, period: str) -> tuple[Parameter, ...]:
    table = (
        (CONTINUUM[0], "1/day", (0.0, 1e3), "A", "flat part of the continuum, per bin"),
        (CONTINUUM[1], "1/day", (0.0, 1e4), "B", "exponential part of the continuum at zero energy, per bin"),
        (CONTINUUM[2], "1/keV", (0.0, 50.0), "C", "slope of the exponential part of the continuum"),
        (LINE[0], "1/day", (1.0, 1e3), r"h_{\mathrm{L}1}", "height of the L1 line of electron capture, per bin"),
        (LINE[1], "keV", (1.2, 1.4), r"E_{\mathrm{L}1}", "centre of the L1 line of electron capture"),
        (LINE[2], "keV", (0.02, 0.2), r"\sigma_{\mathrm{L}1}", "width of the L1 line of electron capture"),
    )
    shapes = tuple(
        Parameter(name, unit, data.number(f"start.{period}.{name}", unit), bounds, latex, text, nuisance=True, own=True)
        for name, unit, bounds, latex, text in table
    )
    pull = Gaussian(1.0, data.number("background.m_ratio_width", "1"))
    text = "area of the M line over that of the L1 line, relative to the nominal ratio"
    return (*shapes, Parameter(M_RATIO, "1", 1.0, (0.5, 1.5), r"\alpha_\mathrm{M}", text, pull, own=True))


def _pulled(data: DataFile, detector: IonisationDetector) -> tuple[Parameter, ...]:
    """Return resolution and quenching with the constraints of their uncertainties."""
    widths = {"resolution_norm": "resolution", "quenching_norm": "quenching"}
    return tuple(
        dataclasses.replace(parameter, constraint=Gaussian(1.0, data.number(f"pulls.{widths[parameter.name]}", "1")))
        for parameter in detector.parameters()
        if parameter.name in widths
    )
