"""Kinds of nuisances that change the shape of a component: by its templates at ±1σ."""

from collections.abc import Mapping

import numpy as np

from ...parameters.parameter import Parameter
from ...stages.distortions import distorted
from ...stages.morphing import Variation
from ...stages.stage import Stage
from .kind import Place, Read, kind, moving, number, numbers, text
from .observed import in_bins
from .setting import Setting

CONTENT = {"counts": 1.0, "1": 1.0, "fraction": 1.0}


@kind(
    "shape nuisance",
    "templates",
    """\
component = "cevns"
nominal = { table = "signal.csv", column = "nominal" }
up = { table = "signal.csv", column = "up" }
down = { table = "signal.csv", column = "down" }""",
)
class Templates:
    """Templates of a component at +1σ and -1σ beside the nominal one, for all bins, in any common unit.

    Each bin is multiplied by their ratio at ±1 of the parameter; between, its logarithm is smooth. What they change of
    the total is part of it, unless that is kept.
    """

    component: str = text("the signal, cevns, or a background")
    nominal: np.ndarray = numbers(CONTENT, "nominal template", negative=False)
    up: np.ndarray = numbers(CONTENT, "template at +1σ", negative=False)
    down: np.ndarray | None = numbers(CONTENT, "template at -1σ; the mirrored one by default", None, negative=False)
    form: str = text("how a bin moves between them", "log", ("log", "linear"))
    total: str = text("whether the templates are scaled to the nominal total", "free", ("free", "kept"))
    width: float | None = number("1", "width of the prior of the parameter", 1.0)
    text: str = text("what it is, in words", "")

    def variation(self, place: Place, setting: Setting) -> tuple[np.ndarray, Variation]:
        """Return the nominal template and the variation."""
        nominal = in_bins(place, "nominal", self.nominal, setting)
        shapes = {"up": self.up, "down": self.down}
        given = {key: in_bins(place, key, shape, setting) for key, shape in shapes.items() if shape is not None}
        for key, shape in given.items():
            if not shape.sum() > 0:
                raise place.fail(key, "a template with a positive sum", f"{shape.sum():g}")
        scaled = {
            key: shape * (nominal.sum() / shape.sum() if self.total == "kept" else 1.0) for key, shape in given.items()
        }
        return nominal, (scaled["up"], scaled.get("down"))

    def parameter(self, name: str) -> Parameter:
        """Return the nuisance."""
        return moving(name, f"{self.text or f'shape of {self.component}'}, ±1 at its templates of ±1σ", self.width)


def moved(stage: Stage, tables: Mapping[str, Read], setting: Setting, shape: tuple[int, ...]) -> Stage:
    """Return a component of that `shape` with all the shapes that move it, by the name of their parameters."""
    for form in ("log", "linear"):
        chosen = {name: table for name, table in tables.items() if table.of.form == form}
        if chosen:
            pairs = {name: table.of.variation(table.place, setting) for name, table in chosen.items()}
            nominal, *others = (pair[0] for pair in pairs.values())
            for table, other in zip(list(chosen.values())[1:], others, strict=True):
                if not np.array_equal(nominal, other):
                    raise table.place.fail(
                        "nominal", "the same nominal template in all shapes of a component", "another"
                    )
            rows = {
                name: (up.reshape(shape), None if down is None else down.reshape(shape))
                for name, (_, (up, down)) in pairs.items()
            }
            stage = distorted(stage, nominal.reshape(shape), rows, form == "linear")
    return stage
