"""Flux-averaged cross sections of measurements at the Spallation Neutron Source, against the number of neutrons."""

import dataclasses
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.json_files import array_of, write_json
from .._base.tables import Block, Shown
from .._base.typing import Float
from .._base.version import __version__
from ..folding.prediction import cross_sections, flux_averaged_cross_section
from ..interactions.combination import Combination, combine
from ..interactions.interaction import Interaction
from ..measurements import DEFAULT_FORM_FACTOR, load, resolve
from ..measuring.measurement import Measurement
from ..nuclei.choice import FormFactorChoice, FormFactors, check_form_factor, form_factors
from ..nuclei.nuclide import Nuclide, nuclides, reference_isotope
from ..nuclei.target import described_target, has_form_factor
from ..results.drawing import ON_AXES, needs_axes
from ..results.held import Held
from ..results.rebuilt import check_parts, damaged, interaction_of, part, read
from ..results.record import Parts, data_digest, record
from ..results.tables.sections import section_blocks
from ..results.tables.words import doubts
from .likelihood import Likelihood

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DEFAULT_MEASUREMENTS = ("coherent-csi-2021", "coherent-lar-2020:3d", "coherent-ge-mini-2024")
"""A measurement of each target, argon in the dimensions of COHERENT's own fit."""
GROUPS = ("prompt", "delayed")
Several = list[str] | list[Measurement] | list[Measurement | str] | tuple[Measurement | str, ...]
"""Measurements or their names: no single text, see `_base.typing.Names`."""


@dataclasses.dataclass(frozen=True)
class MeasuredSection:
    """The flux-averaged cross section per nucleus of a measurement; errors are distances (down, up)."""

    name: str
    title: str
    nuclides: tuple[str, ...]
    neutrons: float
    """Number of neutrons, averaged over the nuclei of the target."""
    value: float
    """Strength of the signal times the cross section of the Standard Model [cm²]."""
    statistical: tuple[float, float]
    """From the fit without a constraint on the strength, backgrounds and shapes profiled [cm²]."""
    total: tuple[float, float]
    """The same with the uncertainty of flux, efficiency and quenching profiled too [cm²]."""
    sm: float
    """Cross section of the Standard Model [cm²]."""
    sm_error: float
    """Error of `sm` by the part of the width of the strength that is due to the neutron radius [cm²]."""
    converged: bool


@dataclasses.dataclass(frozen=True)
class SectionTable:
    """Cross sections [cm²] averaged over the flux of pions and muons decaying at rest, of every nuclide of the data."""

    nuclides: tuple[Nuclide, ...]
    sm: Float[np.ndarray, " nuclide"]
    coherent: Float[np.ndarray, " nuclide"]
    """With a form factor of 1."""


def spallation(measurement: Measurement) -> Measurement:
    """Return `measurement` if its neutrinos are those of pions and muons decaying at rest; else raise `InputError`."""
    if measurement.scattering is None or set(measurement.scattering.source.groups) != set(GROUPS):
        raise InputError(
            f"{measurement.name}: expected a measurement with neutrinos of pions and muons that decay at rest"
        )
    return measurement


def predicted_cross_sections(
    interaction: Combination | Interaction | None = None, form_factor: FormFactorChoice = DEFAULT_FORM_FACTOR
) -> SectionTable:
    """Return the cross sections averaged over the flux of a pion-decay-at-rest source, for all nuclides of the data.

    The mean over ν_μ, ν_e and ν̄_μ, 1 of each per pion, at default radii. Only the source is taken from a measurement.
    Nuclides without such a form factor are left out.
    """
    base = spallation(load(DEFAULT_MEASUREMENTS[0]))
    chosen = combine(interaction)
    factors = form_factors(form_factor)
    described = (nucleus for nucleus in nuclides().values() if has_form_factor(factors.others, nucleus))
    known = tuple(sorted(described, key=lambda n: (n.neutrons, n.protons)))
    weights = np.array([component.fluence for component in base.counted().source.components])

    def sections(chosen_factors: FormFactorChoice) -> Float[np.ndarray, " nuclide"]:
        target = described_target(known, np.ones(len(known)), chosen_factors)
        every = dataclasses.replace(base, scattering=dataclasses.replace(base.counted(), target=target))
        return np.asarray(weights @ cross_sections(every, chosen, _defaults(every, chosen)) / weights.sum())

    return SectionTable(known, sections(dataclasses.replace(factors, partial=True)), sections("unity"))


def _defaults(measurement: Measurement, interaction: Combination) -> dict[str, float]:
    return {p.name: p.default for p in (*interaction.parameters(), *measurement.counted().target.parameters())}


def measured_cross_section(measurement: Measurement, interaction: Combination) -> MeasuredSection:
    """Fit the strength of the signal of a measurement, once alone and once with its normalisation profiled.

    The first fit drops the pull on the strength: what is left is the statistical error. In the second the strength of
    prompt and delayed neutrinos together is fitted on top of that pull, so that the errors of flux, efficiency and
    quenching are in it, and the cross section is high where they are low. The part of the pull that is due to the
    neutron radius is left out: it is an error of the prediction, not of what is measured.
    """
    counted = spallation(measurement)
    likelihood = Likelihood([counted], interaction)
    signal, target = counted.strengths[0], counted.counted().target
    radii = frozenset(f"r_n_{nucleus.element}" for nucleus in target.nuclides)
    measured, complete = signal.constraint(radii), signal.constraint()
    if measured is None or complete is None:
        raise InputError(f"{counted.name}: expected a signal whose strength has an uncertainty")
    prompt, delayed = (f"{signal.parameter}_{group}" for group in GROUPS)
    alone = likelihood.fit(free=[signal.parameter])
    normalised = likelihood.fit(
        free=[prompt], tie={delayed: prompt}, constrain={signal.parameter: (measured.centre, measured.width)}
    )
    sm = float(flux_averaged_cross_section(counted, interaction, likelihood.parameters.complete()))
    strength = alone.values[signal.parameter]
    errors = []
    for fit, name in ((alone, signal.parameter), (normalised, prompt)):
        low, high = fit.interval(name).around(fit.values[name]) if fit.converged else (math.nan, math.nan)
        errors.append((sm * (fit.values[name] - low), sm * (high - fit.values[name])))
    numbers = target.numbers
    return MeasuredSection(
        name=counted.name,
        title=counted.title,
        nuclides=tuple(nucleus.name for nucleus in target.nuclides),
        neutrons=float(numbers @ [nucleus.neutrons for nucleus in target.nuclides] / numbers.sum()),
        value=sm * strength,
        statistical=errors[0],
        total=errors[1],
        sm=sm,
        sm_error=sm * math.sqrt(max(complete.width**2 - measured.width**2, 0.0)),
        converged=alone.converged and normalised.converged,
    )


@dataclasses.dataclass(frozen=True, repr=False)
class CrossSections(Shown):
    """Measured flux-averaged cross sections, and those of the Standard Model for every nuclide."""

    measured: tuple[MeasuredSection, ...]
    interaction: Combination
    form_factor: FormFactors
    data: str
    """Digest of the data."""

    @cached_property
    def predicted(self) -> SectionTable:
        """Return the cross sections of the Standard Model, and those of full coherence, for every nuclide."""
        return predicted_cross_sections(self.interaction, self.form_factor)

    @property
    def converged(self) -> bool:
        """Return whether all fits reached their minimum."""
        return all(section.converged for section in self.measured)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain lists and numbers, cross sections in 1e-40 cm²: the JSON of the command line."""
        table = self.predicted
        return {
            "unit": "1e-40 cm^2",
            "measured": {section.name: _plain(section) for section in self.measured},
            "predicted": {
                nucleus.name: {"neutrons": nucleus.neutrons, "sm": 1e40 * float(sm), "coherent": 1e40 * float(coherent)}
                for nucleus, sm, coherent in zip(table.nuclides, table.sm, table.coherent, strict=True)
            },
            "converged": self.converged,
            "message": "converged" if self.converged else "did not converge",
            "data": self.data,
            "version": __version__,
        }

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the cross sections to a JSON file (.json); an existing file raises InputError unless `overwrite`."""
        parts = Parts((), self.interaction)
        about = record("cross-sections", parts, parts.specification, {"form_factor": self.form_factor.text})
        about["digest"] = self.data
        about["settings"]["measurements"] = [section.name for section in self.measured]
        state = {"measured": {section.name: section.value for section in self.measured}, "converged": self.converged}
        sections = {"package": data_digest(()), "measured": [dataclasses.asdict(section) for section in self.measured]}
        write_json({**about, "state": state, "sections": sections}, Path(path), overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path)
    def load(path: str | Path, interaction: Combination | Interaction | None = None) -> "CrossSections":
        """Return the cross sections that `save` wrote.

        The models are made again from their names; `interaction` is for those that have none. InputError is
        raised where the data of the package differ.
        """
        held = read(path, "cross-sections")
        try:
            chosen = interaction_of(held) if interaction is None else combine(interaction)
        except InputError as error:
            raise InputError(f"'{path}': expected the models that it was made with: {error}") from None
        check_parts(held, Parts((), chosen), "expected the models that it was made with, as load(path, interaction=…)")
        content = part(held, "sections")
        if content.get("package") != data_digest(()):
            raise InputError(f"'{path}' was made with other data of the package")
        measured, form_factor = content.get("measured"), _written_factors(held)
        if not isinstance(measured, list):
            raise damaged(held, "sections")
        return CrossSections(tuple(_section(held, entry) for entry in measured), chosen, form_factor, held.digest)

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax cross-sections` prints of them."""
        content = self.as_dict()
        return [*section_blocks(content), *doubts(content)]

    @arguments.checked(**ON_AXES)
    def plot(self, ax: "Axes | None" = None, label: str | None = None, color: str | None = None) -> "Figure":
        """Draw the cross sections against the number of neutrons; return the figure.

        Args:
            ax: axes of yours to draw on; what their legend has already is not drawn again.
            label: what the legend of `ax` calls the prediction.
            color: of the prediction on `ax`.

        """
        from ..plots.cross_sections import Line, Point, draw_cross_sections, draw_cross_sections_on
        from ..plots.style import root

        if ax is None:
            needs_axes(label=label, color=color)
        table = self.predicted
        chosen = [k for k, n in enumerate(table.nuclides) if n == reference_isotope(n.element)]
        line = Line(
            labels=[table.nuclides[k].element.capitalize() for k in chosen],
            neutrons=np.array([table.nuclides[k].neutrons for k in chosen]),
            sm=1e40 * table.sm[chosen],
            coherent=1e40 * table.coherent[chosen],
        )
        points = [Point(s.title, s.neutrons, *_scaled(s)) for s in self.measured]
        if ax is None:
            return draw_cross_sections(line, points)
        draw_cross_sections_on(ax, line, points, label, color)
        return root(ax)


def _written_factors(held: Held) -> FormFactors:
    """Return the form factors of a file, which are known by name; those of the user's own by their files."""
    try:
        return form_factors(held.run["form_factor"])
    except InputError as error:
        raise InputError(f"'{held.path}': expected form factors that are known by name or file: {error}") from None


def _section(held: Held, content: Any) -> MeasuredSection:
    """Return the cross section of a measurement, as a file has it."""
    read = content if isinstance(content, dict) else {}
    name, title, nuclides, converged = (read.get(key) for key in ("name", "title", "nuclides", "converged"))
    if not isinstance(name, str) or not isinstance(title, str) or type(converged) is not bool:
        raise damaged(held, "sections")
    if not isinstance(nuclides, list) or not all(isinstance(nuclide, str) for nuclide in nuclides):
        raise damaged(held, "sections")

    def numbers(key: str, *shape: int) -> np.ndarray:
        array = array_of(read.get(key), shape)
        if array is None:
            raise damaged(held, "sections")
        return array

    def pair(key: str) -> tuple[float, float]:
        down, up = numbers(key, 2)
        return float(down), float(up)

    return MeasuredSection(
        name=name,
        title=title,
        nuclides=tuple(nuclides),
        neutrons=float(numbers("neutrons")),
        value=float(numbers("value")),
        statistical=pair("statistical"),
        total=pair("total"),
        sm=float(numbers("sm")),
        sm_error=float(numbers("sm_error")),
        converged=converged,
    )


def _scaled(section: MeasuredSection) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Return value, statistical and total errors in 1e-40 cm²."""
    (s_down, s_up), (t_down, t_up) = section.statistical, section.total
    return 1e40 * section.value, (1e40 * s_down, 1e40 * s_up), (1e40 * t_down, 1e40 * t_up)


def _plain(section: MeasuredSection) -> dict[str, Any]:
    def scaled(number: float) -> float | None:
        return 1e40 * number if math.isfinite(number) else None

    return {
        "nuclides": list(section.nuclides),
        "neutrons": section.neutrons,
        "value": scaled(section.value),
        "statistical": [scaled(error) for error in section.statistical],
        "total": [scaled(error) for error in section.total],
        "sm": scaled(section.sm),
        "sm_error": scaled(section.sm_error),
        "converged": section.converged,
    }


def _check_list(name: str, measurements: Any) -> None:
    """Raise InputError for anything but a list of measurements."""
    if isinstance(measurements, str) or not isinstance(measurements, Sequence):
        raise InputError(f"{name}: expected a list of names, found {arguments.shown(measurements)}")


@arguments.checked(measurements=_check_list, form_factor=arguments.optional(check_form_factor))
def flux_averaged_cross_sections(
    measurements: Several = DEFAULT_MEASUREMENTS,
    interaction: Combination | Interaction | None = None,
    form_factor: FormFactorChoice | None = None,
) -> CrossSections:
    """Measure the flux-averaged cross section per nucleus with each measurement, as COHERENT quotes it.

    Args:
        measurements: measurements at the Spallation Neutron Source, or their names.
        interaction: what the signal is predicted with, the Standard Model with the 2022 couplings by default.
        form_factor: of the measurements given by name, and of the predicted table; Helm's by default, a name, or form
            factors of your own by nuclide.

    """
    chosen = combine(interaction)
    named = iter(resolve([m for m in measurements if isinstance(m, str)], form_factor))
    loaded = [next(named) if isinstance(m, str) else m for m in measurements]
    for measurement in loaded:
        if measurement.asimov:
            raise InputError(
                f"'{measurement.name}' holds no data to fit, but those expected: "
                f"`cevnsjax forecast {measurement.name}` fits these"
            )
    if not loaded:
        raise InputError("expected at least one measurement, found none")
    counted = [spallation(measurement) for measurement in loaded]
    names = [measurement.name for measurement in counted]
    if len(set(names)) < len(names):
        raise InputError(f"expected different measurements, found {', '.join(names)}")
    sections = tuple(measured_cross_section(measurement, chosen) for measurement in counted)
    factors = form_factors(DEFAULT_FORM_FACTOR if form_factor is None else form_factor)
    return CrossSections(sections, chosen, factors, data_digest(counted))
