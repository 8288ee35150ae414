"""Kinds of components of an experiment without neutrinos: templates, and how parameters move them.

The forms are those of HistFactory (CERN-OPEN-2012-016): `stages/interpolation.py` has the formulas.
"""

import dataclasses
from typing import Any

import numpy as np

from ...stages.interpolation import Added, Interpolated, Levels, Scaled, scaled
from ...stages.stage import Constant, Stage
from ..document import Document
from .kind import Entry, Place, Read, field, kind, number, numbers, read, text, texts
from .observed import in_bins
from .setting import Bins

SMOOTH = "smooth"
FORMS = (SMOOTH, "piecewise")


@kind(
    "variation",
    "histosys",
    """\
up = { table = "signal_region.csv", column = "signal_scale_up" }
down = { table = "signal_region.csv", column = "signal_scale_down" }""",
)
class Histosys:
    """Templates at ±1 of the parameter, whose difference from the nominal one is added, bin by bin.

    Smooth is code 4p of pyhf, piecewise code 0; both are straight lines beyond ±1.
    """

    up: np.ndarray = numbers("counts", "template at +1")
    down: np.ndarray = numbers("counts", "template at -1")
    form: str = text("how a bin moves between them", SMOOTH, FORMS)

    def build(self, place: Place, name: str, nominal: np.ndarray, setting: Bins) -> Added:
        """Return the stage."""
        up, down = (in_bins(place, key, getattr(self, key), setting) for key in ("up", "down"))
        return Added(up - nominal, nominal - down, name, self.form == SMOOTH)


@kind("variation", "normsys", """up = { value = 1.1, unit = "1" }\ndown = { value = 0.92, unit = "1" }""")
class Normsys:
    """Factors of all bins at ±1 of the parameter.

    Smooth is code 4 of pyhf, piecewise code 1; both are exponentials beyond ±1.
    """

    up: float = number("1", "factor at +1")
    down: float = number("1", "factor at -1")
    form: str = text("how the factor moves between them", SMOOTH, FORMS)

    def build(self, place: Place, name: str, nominal: np.ndarray, setting: Bins) -> Scaled:
        """Return the stage."""
        return scaled(self.up, self.down, name, self.form == SMOOTH)


def variations() -> Any:
    """Return the field of the variations of a template: each parameter has a table, or a list of two."""

    def found(data: Document, key: str) -> dict[str, tuple[Read, ...]]:
        return {name: _read_variations(data, f"{key}.{name}") for name in data.names(key)}

    return field(Entry("what moves it, by the name of the parameter", "table: variation", found, {}, many=True))


def _read_variations(data: Document, key: str) -> tuple[Read, ...]:
    """Return the variations of a parameter: one, or under the keys ``shape`` and ``norm`` one of each kind."""
    parts = [part for part in ("shape", "norm") if data.holds(f"{key}.{part}")]
    return tuple(read(data, "variation", f"{key}.{part}") for part in parts) or (read(data, "variation", key),)


@dataclasses.dataclass(frozen=True)
class Component:
    """A component: its template before its strength, the parameters that move or multiply it."""

    stage: Stage
    moved: tuple[str, ...]
    """Parameters of its variations."""
    levels: tuple[str, ...]
    factors: tuple[str, ...]


@kind(
    "component",
    "template",
    """\
counts = { table = "signal_region.csv", column = "signal" }
factors = ["mu"]""",
)
class Template:
    """Expected counts in each bin, times its strength NAME_norm, 1 unless `[parameters.NAME_norm]` frees it."""

    counts: np.ndarray = numbers("counts", "expected counts of all bins", negative=False)
    factors: tuple[str, ...] = texts("parameters of `[parameters]` that multiply it besides", ())
    levels: tuple[str, ...] = texts("parameters of the kind bins that multiply its bins", ())
    variations: dict[str, tuple[Read, ...]] = variations()

    def build(self, place: Place, setting: Bins, of_bins: dict[str, tuple[str | None, ...]]) -> Component:
        """Return the component; `of_bins` are the names of the factors of bins that there are."""
        nominal = in_bins(place, "counts", self.counts, setting)
        moved = [table.build(name, nominal, setting) for name, tables in self.variations.items() for table in tables]
        added = tuple(stage for stage in moved if isinstance(stage, Added))
        factors: tuple[Stage, ...] = tuple(stage for stage in moved if isinstance(stage, Scaled))
        for k, name in enumerate(self.levels):
            if name not in of_bins or name in self.levels[:k]:
                raise place.fail(f"levels[{k}]", "parameters of the kind bins, each once", f"'{name}'")
            factors = (*factors, Levels(of_bins[name], setting.shape))
        stage = Interpolated(nominal, added, factors) if added or factors else Constant(nominal)
        return Component(stage, tuple(self.variations), self.levels, self.factors)
