"""Kinds of what a detector does to a recoil: quenching, resolution, efficiency."""

import math
from typing import Any

import numpy as np

from ...detectors.efficiency import (
    Efficiency,
    LogisticEfficiency,
    SigmoidEfficiency,
    TabulatedEfficiency,
    UnitEfficiency,
)
from ...detectors.quenching import (
    LETTERS,
    LindhardQuenching,
    PolynomialQuenching,
    Quenching,
    TabulatedQuenching,
    Unquenched,
)
from ...detectors.resolution import GammaSmearing, GaussianSmearing, Smearing
from ...nuclei.target import Target
from ..document import Document
from .kind import REQUIRED, Entry, Place, detector_unit, field, kind, number, numbers

END = 1.0 + 1e-9
"""Where an efficiency ends, relative to its last energy."""
FULL_WIDTH = 2.0 * math.sqrt(2.0 * math.log(2.0))
"""Full width at half maximum of a Gaussian, in standard deviations."""
MOST_POWERS = 6
"""Powers of a polynomial quenching."""


def powers(what: str, default: Any = REQUIRED) -> Any:
    """Return the field of coefficients of powers of a recoil energy in MeV."""

    def read(data: Document, key: str) -> np.ndarray:
        entry = data.raw(key)
        listed = entry.get("value") if isinstance(entry, dict) else None
        count = len(listed) if isinstance(listed, list) else 0
        if count > MOST_POWERS:
            raise data.fail(key, "six numbers at most", count)
        units = ("1", "1/MeV", *(f"1/MeV^{k}" for k in range(2, len(LETTERS))))[: max(count, 1)]
        numbers = data.values(key, units)
        if numbers.shape != (len(units),):
            raise data.fail(key, f"{len(units)} numbers", len(numbers))
        return numbers

    return field(Entry(what, "1, 1/MeV, 1/MeV^2, …", read, default))


@kind("quenching", "polynomial", """coefficients = { value = [0.0554628, 4.30681], unit = ["1", "1/MeV"] }""")
class Polynomial:
    """Electron-equivalent energy a T + b T² + … of a recoil energy T; a single coefficient is a constant factor."""

    coefficients: np.ndarray = powers("a, b, …, six at most: the parameters quenching_a, quenching_b, …")
    variation_0: np.ndarray | None = powers("±1σ variation of the coefficients, the parameter quenching_shape_0", None)
    variation_1: np.ndarray | None = powers("another, the parameter quenching_shape_1", None)

    def build(self, place: Place, target: Target) -> Quenching:
        """Return the quenching."""
        if not next((c > 0 for c in self.coefficients if c), False):
            raise place.fail("coefficients", "a positive one first", self.coefficients.tolist())
        variations = [v for v in (self.variation_0, self.variation_1) if v is not None]
        for k, variation in enumerate(variations):
            if len(variation) != len(self.coefficients):
                raise place.fail(f"variation_{k}", f"{len(self.coefficients)} numbers", len(variation))
        return PolynomialQuenching(self.coefficients, np.reshape(variations, (len(variations), len(self.coefficients))))


@kind("quenching", "lindhard", """k = { value = 0.162, unit = "1" }\nwidth = { value = 0.004, unit = "1" }""")
class Lindhard:
    """Lindhard's quenching of an element, with its k as a parameter that detectors of the material share."""

    k: float = number("1", "Lindhard's k", most=1.0)
    width: float | None = number("1", "Gaussian uncertainty of k, which is then a nuisance", None)

    def build(self, place: Place, target: Target) -> Quenching:
        """Return the quenching."""
        element, *others = {nucleus.element for nucleus in target.nuclides}
        if others:
            raise place.fail("kind", "polynomial or table for a compound", "'lindhard'")
        return LindhardQuenching(element, target.nuclides[0].protons, self.k, self.width)


@kind(
    "quenching",
    "table",
    """\
recoil = { table = "quenching.csv", column = "recoil_energy" }
factor = { table = "quenching.csv", column = "factor" }""",
)
class QuenchingTable:
    """A quenching factor at recoil energies, linear between them and constant beyond, times quenching_norm."""

    recoil: np.ndarray = numbers("keV", "recoil energies, increasing", negative=False)
    factor: np.ndarray = numbers({"1": 1.0, "fraction": 1.0}, "quenching factor there", negative=False)

    def build(self, place: Place, target: Target) -> Quenching:
        """Return the quenching."""
        recoil = place.data.bins(f"{place.key}.recoil", "keV", negative=False)
        if self.factor.shape != recoil.shape:
            raise place.fail("factor", f"{len(recoil)} numbers", self.factor.shape)
        if not np.any(self.factor > 0):
            raise place.fail("factor", "a factor above 0", "none")
        return TabulatedQuenching(1e-3 * recoil, self.factor)


@kind("quenching", "light-yield", """per_recoil_energy = { value = 1.17, unit = "PE/keV" }""")
class LightYield:
    """Photo-electrons in proportion to the recoil energy, without a resolution."""

    per_recoil_energy: float = number("PE/keV", "photo-electrons per recoil energy")

    def build(self, place: Place, target: Target) -> Quenching:
        """Return the quenching, to photo-electrons."""
        return PolynomialQuenching(np.array([self.per_recoil_energy]), np.zeros((0, 1)))


@kind("quenching", "none")
class NoQuenching:
    """All of the energy is seen: recoils of electrons."""

    def build(self, place: Place, target: Target) -> Quenching:
        """Return the quenching."""
        return Unquenched()


@kind(
    "resolution",
    "gamma",
    """\
light_yield = { value = 13.35, unit = "PE/keV" }
shape = { value = 0.716, unit = "1/PE" }""",
)
class Gamma:
    """Photo-electrons in a gamma distribution, with the yield and the shape of arXiv:2110.07730."""

    light_yield: float | None = number("PE/keV", "photo-electrons per electron-equivalent energy", None)
    mean_inverse: float | None = number("keV", "or its inverse, the energy per photo-electron", None)
    shape: float | None = number("1/PE", "its product with the mean is the shape of the distribution", None)
    energy_shape: float | None = number("1/keV", "or the shape per energy", None)

    def build(self, place: Place) -> Smearing:
        """Return the smearing."""
        if self.light_yield is not None and self.mean_inverse is not None:
            raise place.fail("mean_inverse", "light_yield or mean_inverse", "both")
        if self.shape is not None and self.energy_shape is not None:
            raise place.fail("energy_shape", "shape or energy_shape", "both")
        inverse, shape = self.mean_inverse, self.energy_shape
        if inverse is None:
            inverse = 1.0 / place.need("light_yield", self.light_yield, "{ value = a number, unit = 'PE/keV' }")
        if shape is None:
            shape = place.need("shape", self.shape, "{ value = a number, unit = '1/PE' }") / inverse
        return GammaSmearing(inverse, shape)


@kind(
    "resolution",
    "gaussian",
    """\
noise = { value = 0.02038, unit = "keV" }
slope = { value = 0.000326, unit = "keV" }""",
)
class Gaussian:
    """A Gaussian with σ = √(noise² + slope E) + linear E + quadratic E² + cubic E³, times resolution_norm."""

    noise: float = number("keV", "σ at no energy", zero=True)
    slope: float = number("keV", "variance per energy", 0.0, zero=True)
    fano_factor: float | None = number("1", "in place of a slope: the Fano factor", None)
    pair_energy: float | None = number("keV", "times the energy of a pair", None)
    linear: float = number("1", "coefficient of E in σ", 0.0, negative=True)
    quadratic: float = number("1/keV", "coefficient of E² in σ", 0.0, negative=True)
    cubic: float = number("1/keV^2", "coefficient of E³ in σ", 0.0, negative=True)
    minimum: float = number("keV", "energy below which there is no signal: that of a pair", 0.0, zero=True)

    def build(self, place: Place) -> Smearing:
        """Return the smearing."""
        powers = (self.linear, self.quadratic, self.cubic)
        if (self.fano_factor is None) != (self.pair_energy is None):
            raise place.fail("pair_energy", "fano_factor and pair_energy, or neither", "one of them")
        slope = self.slope if self.fano_factor is None else self.fano_factor * (self.pair_energy or 0.0)
        if self.noise == slope == 0 and not any(powers):
            raise place.fail("", "noise or slope that is not 0", "0 of both")
        used = max((k for k, power in enumerate(powers, 1) if power), default=0)
        return GaussianSmearing(self.noise, slope, self.minimum, powers=powers[:used])


@kind(
    "resolution",
    "two-widths",
    """\
noise = { value = 0.115, unit = "keV" }
line = { value = 0.25, unit = "keV" }
line_energy = { value = 10.37, unit = "keV" }""",
)
class TwoWidths:
    """A Gaussian of a variance linear in the energy, from the full widths at half maximum of noise and of a line."""

    noise: float = number("keV", "full width at no energy")
    line: float = number("keV", "full width of a line")
    line_energy: float = number("keV", "its energy")

    def build(self, place: Place) -> Smearing:
        """Return the smearing."""
        noise, line = self.noise / FULL_WIDTH, self.line / FULL_WIDTH
        if not line > noise:
            raise place.fail("line", f"a width above that of the noise, {self.noise:g}", f"{self.line:g}")
        return GaussianSmearing(noise, (line**2 - noise**2) / self.line_energy)


@kind("resolution", "none")
class Exact:
    """The reconstructed energy is the electron-equivalent energy, and nothing of the detector can be fitted."""

    def build(self, place: Place) -> None:
        """Return nothing."""
        return


@kind("efficiency", "unity")
class Unity:
    """Everything in a bin is selected."""

    def build(self, place: Place, unit: str) -> Efficiency:
        """Return the efficiency."""
        return UnitEfficiency()


def curve(what: str, count: int, default: Any = REQUIRED) -> Any:
    """Return the field of the coefficients of a curve in 1, 1/unit, unit and, of four, 1."""

    def read(data: Document, key: str) -> np.ndarray:
        unit = detector_unit(data)
        units = ("1", f"1/{unit}", unit, "1")[:count]
        numbers = data.values(key, units)
        if numbers.shape != (count,):
            raise data.fail(key, f"{count} numbers", len(numbers))
        return numbers

    shown = "1, 1/unit, unit, 1" if count == 4 else "1, 1/unit, unit"
    return field(Entry(what, shown, read, default))


@kind(
    "efficiency",
    "logistic",
    """\
coefficients = { value = [1.32, 0.286, 10.9, -0.333], unit = ["1", "1/PE", "PE", "1"] }""",
)
class Logistic:
    """a / (1 + exp(-b (x - c))) + d, and nothing below where that is zero (COHERENT, arXiv:2110.07730)."""

    coefficients: np.ndarray = curve("a, b, c, d: the parameters efficiency_a, …", 4)
    variation: np.ndarray | None = curve("±1σ variation of them, the parameter efficiency_shape", 4, None)

    def build(self, place: Place, unit: str) -> Efficiency:
        """Return the efficiency."""
        a, b, c, d = self.coefficients
        if not (a > -d > 0 and b > 0 and c > 0):
            raise place.fail("coefficients", "a > -d > 0, b > 0 and c > 0", self.coefficients.tolist())
        if a + d > 1:
            raise place.fail("coefficients", "a plateau a + d of at most 1", f"{a + d:.6g}")
        return LogisticEfficiency(self.coefficients, np.zeros(4) if self.variation is None else self.variation, unit)


@kind("efficiency", "sigmoid", """coefficients = { value = [0.67, 0.494, 10.85], unit = ["1", "1/PE", "PE"] }""")
class Sigmoid:
    """a / (1 + exp(-b (x - c)))."""

    coefficients: np.ndarray = curve("a, b, c: the parameters efficiency_a, …", 3)

    def build(self, place: Place, unit: str) -> Efficiency:
        """Return the efficiency."""
        if not np.all(self.coefficients > 0):
            raise place.fail("coefficients", "positive numbers a, b, c", self.coefficients.tolist())
        return SigmoidEfficiency(self.coefficients, unit)


def _check_fraction(place: Place, energy: np.ndarray, fraction: np.ndarray) -> None:
    """Raise DataError for efficiencies that are not those of the energies, or all zero."""
    if fraction.shape != energy.shape:
        raise place.fail("fraction", f"{len(energy)} numbers", fraction.shape)
    if not np.any(fraction > 0):
        raise place.fail("fraction", "an efficiency above 0", "none")


def energies(what: str) -> Any:
    """Return the field of increasing reconstructed energies."""
    read = lambda data, key: data.bins(key, detector_unit(data))  # noqa: E731
    return field(Entry(what, "unit of the detector", read))


@kind(
    "efficiency",
    "table",
    """\
energy = { table = "efficiency.csv", column = "energy" }
fraction = { table = "efficiency.csv", column = "efficiency" }""",
)
class EfficiencyTable:
    """An efficiency at reconstructed energies, linear between them, constant beyond and 0 below a threshold."""

    energy: np.ndarray = energies("energies, increasing")
    fraction: np.ndarray = numbers({"1": 1.0, "fraction": 1.0}, "efficiency there", negative=False, most=1.0)
    threshold: float | None = field(
        Entry(
            "energy below which nothing is selected",
            "unit of the detector",
            lambda data, key: data.value(key, detector_unit(data), zero=True),
            None,
        )
    )

    def build(self, place: Place, unit: str) -> Efficiency:
        """Return the efficiency."""
        _check_fraction(place, self.energy, self.fraction)
        return TabulatedEfficiency(self.energy, self.fraction, -np.inf if self.threshold is None else self.threshold)


@kind(
    "efficiency",
    "rising-table",
    """\
energy = { table = "efficiency.csv", column = "energy" }
fraction = { table = "efficiency.csv", column = "efficiency" }
highest = { value = 35, unit = "keV" }""",
)
class RisingTable:
    """An efficiency at energies that is constant from its maximum to where it ends."""

    energy: np.ndarray = energies("energies, increasing")
    fraction: np.ndarray = numbers({"1": 1.0, "fraction": 1.0}, "efficiency there", negative=False, most=1.0)
    highest: float = number("keV", "energy above which nothing is selected")

    def build(self, place: Place, unit: str) -> Efficiency:
        """Return the efficiency."""
        if len(self.fraction) != len(self.energy):
            raise place.fail("fraction", f"{len(self.energy)} numbers", len(self.fraction))
        _check_fraction(place, self.energy, self.fraction)
        last, rising = max(self.highest, self.energy[-1]), np.maximum.accumulate(self.fraction)
        points = np.concatenate([self.energy[self.energy < last], [last, END * last]])
        return TabulatedEfficiency(points, np.append(rising[self.energy < last], [rising[-1], 0.0]))
