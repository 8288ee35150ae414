"""Documents of JSON that hold a likelihood of counts: written, read back, and compared with the engine."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._base.typing import Float
from ..measuring.measurement import Measurement
from .checking import Check, check
from .counting import Counting
from .target import Target

Content = dict[str, Any]
Point = Sequence[float]
"""Values of the parameters that move."""
Read = tuple[float, list[Float[np.ndarray, " bin"]]]
"""The constraints' part of χ², and the expected counts of each measurement."""


def compared(
    form: str, target: Target, model: Counting, content: Content, read: Callable[[Content, Point], Read]
) -> tuple[bytes, Check]:
    """Return the bytes of a document, and how its numbers compare, which `read` takes from it at a point."""
    written = json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"
    again = json.loads(written)

    def evaluate(rows: Float[np.ndarray, "point parameter"]) -> tuple[np.ndarray, ...]:
        pulls, counts = zip(*(read(again, row) for row in rows.tolist()), strict=True)
        expected = [np.stack(each) for each in zip(*counts, strict=True)]
        terms = [_terms(*pair) for pair in zip(target.measurements, expected, strict=True)]
        return np.array(pulls) + model.constant + np.sum(terms, axis=0), *expected

    return written, check(form, target, evaluate)


def _terms(measurement: Measurement, expected: Float[np.ndarray, "point bin"]) -> Float[np.ndarray, " point"]:
    """Return the Poisson part of χ² of a measurement at each point."""
    rows = expected.reshape(len(expected), *measurement.shape)
    return np.array([float(measurement.term.chi2(row)) for row in rows])
