"""A table of Δχ² over named parameters, of a file or an array, as a measurement beside others.

What a collaboration publishes as a likelihood of its own, without the data: a CSV file with a column for each
parameter, by its name here and in its unit, and a last column ``delta_chi2``. The rows are those of a grid, in any
order.

    # caesium, from proton scattering (a comment)
    r_n_cs,delta_chi2
    4.2,9.0
    4.5,4.0
    ...

Between the rows it is a cubic spline, exact for a Gaussian; beyond them nothing is known, so that parameters are fitted
within the table. They are nuisances of every fit in which they are not free or fixed, as those of ``constrain`` are.
"""

import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import equinox as eqx
import numpy as np

from .._base import arguments
from .._base.data_files import quoted, read_bounded
from .._base.errors import BLANKS, DataError, InputError, read_number
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params
from ..measuring.measurement import Measurement
from ..measuring.terms.delta_chi2 import FEWEST_VALUES, table_term
from ..stages.stage import Stage

ENDING = ".csv"
COLUMN = "delta_chi2"
LARGEST = 64 * 2**20
"""Bytes of a file up to which it is read."""
MOST_PARAMETERS = 4
"""Parameters of a table: a spline in more of them takes too much memory."""
MOST_NUMBERS = 2_000_000
"""Numbers of the spline, 4 for each cell and parameter."""


class ParameterValues(Stage):
    """Stage: the values of some parameters, an array (parameter,)."""

    names: tuple[str, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(self.names)

    def __call__(self, params: Params) -> Float[Array, " parameter"]:
        values = [params[name] for name in self.names]
        return namespace(*values).stack(values)


def _check_source(name: str, source: Any) -> None:
    """Raise InputError unless `source` is a file, or values by the names of parameters."""
    if isinstance(source, Mapping):
        return
    if not isinstance(source, str | Path):
        what = f"expected the name of a file, or values by name, found {arguments.shown(source)}"
        raise InputError(f"{name}: {what}")
    arguments.path(name, source)


@arguments.checked(
    source=_check_source, delta_chi2=arguments.optional(arguments.array), name=arguments.optional(arguments.text)
)
def delta_chi2_table(
    source: str | Path | Mapping[str, Sequence[float] | np.ndarray],
    delta_chi2: Float[np.ndarray, "..."] | None = None,
    name: str | None = None,
) -> Measurement:
    """Return the measurement of a table of Δχ².

    Args:
        source: a CSV file, or the increasing values of each parameter by its name.
        delta_chi2: with values, Δχ² of all combinations of them, with an axis for each parameter.
        name: of the measurement: that of the file by default.

    >>> import numpy as np
    >>> import cevnsjax as cj
    >>> radius = np.linspace(4.4, 5.6, 13)
    >>> table = cj.delta_chi2_table({"r_n_cs": radius}, ((radius - 5.0) / 0.1) ** 2, "scattering")
    >>> fit = cj.Likelihood([cj.measurements.apv_cs(), table]).fit(["sin2_theta_w"])
    >>> round(fit.values["r_n_cs"], 3)
    5.0

    """
    if isinstance(source, Mapping):
        if delta_chi2 is None:
            raise InputError("delta_chi2: expected an array of all combinations of the values, found none")
        knots = {key: np.asarray(values, float) for key, values in source.items()}
        return _measurement(name or "table", knots, np.asarray(delta_chi2, float), "")
    if delta_chi2 is not None:
        raise InputError("delta_chi2: expected none beside a file, which holds it")
    path = Path(source)
    return _measurement(name or path.stem, *_read(path), str(path.absolute()))


def _measurement(
    name: str, knots: Mapping[str, Float[np.ndarray, " value"]], table: Float[np.ndarray, "..."], file: str
) -> Measurement:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InputError(f"name: expected letters, digits, points, hyphens and underscores, found {quoted(name)}")
    if not 1 <= len(knots) <= MOST_PARAMETERS:
        raise InputError(f"{name}: expected a table over 1 to {MOST_PARAMETERS} parameters, found {len(knots)}")
    if math.prod(4 * len(values) for values in knots.values()) > MOST_NUMBERS:
        raise InputError(f"{name}: expected a table of which the spline has at most {MOST_NUMBERS} numbers")
    names = tuple(knots)
    return Measurement(
        name=name,
        title=f"table of Δχ² of {', '.join(names)}",
        references=(),
        dataset=name,
        term=table_term(name, names, tuple(knots.values()), table),
        prediction=ParameterValues(names),
        labels=names,
        borrowed=names,
        file=file,
    )


def _read(path: Path) -> tuple[dict[str, Float[np.ndarray, " value"]], Float[np.ndarray, "..."]]:
    """Return the values of each parameter, and Δχ² of all combinations."""
    try:
        text = read_bounded(path, LARGEST).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path}: expected a text in UTF-8, found other bytes") from None
    lines = [(number, line.strip(BLANKS)) for number, line in enumerate(text.splitlines(), 1)]
    rows = [(number, line.split(",")) for number, line in lines if line and not line.startswith("#")]
    if not rows:
        raise DataError(f"{path}: expected a header such as r_n_cs,{COLUMN}, found an empty table")
    header = [cell.strip(BLANKS) for cell in rows[0][1]]
    if len(header) < 2 or header[-1] != COLUMN or len(set(header)) != len(header):
        raise DataError(f"{path}: expected a header of parameters and, last, {COLUMN}, found {','.join(header)}")
    numbers = np.empty((len(rows) - 1, len(header)))
    for k, (number, cells) in enumerate(rows[1:]):
        if len(cells) != len(header):
            raise DataError(f"{path}, line {number}: expected {len(header)} numbers, found {len(cells)}")
        try:
            numbers[k] = [read_number(cell.strip(BLANKS), header[j]) for j, cell in enumerate(cells)]
        except InputError as error:
            raise DataError(f"{path}, line {number}: {error}") from None
    *columns, values = numbers.T if len(numbers) else np.empty((len(header), 0))
    axes = [np.unique(column) for column in columns]
    for parameter, axis in zip(header, axes, strict=False):
        if len(axis) < FEWEST_VALUES:
            raise DataError(f"{path}: {parameter}: expected {FEWEST_VALUES} values or more, found {len(axis)}")
    shape = tuple(map(len, axes))
    if math.prod(shape) != len(numbers):
        expected = " x ".join(map(str, shape))
        raise DataError(f"{path}: expected one row for each of the {expected} combinations, found {len(numbers)}")
    places = tuple(np.searchsorted(axis, column) for axis, column in zip(axes, columns, strict=True))
    table = np.full(shape, np.nan)
    table[places] = values
    if np.isnan(table).any():
        raise DataError(f"{path}: expected each combination of the values once, found one more than once")
    return dict(zip(header[:-1], axes, strict=True)), table
