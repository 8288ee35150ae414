"""What users give: numbers and arrays in stated units, and values of parameters; traced by JAX or not."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import numpy as np
from jax.core import Tracer

from .._base.arguments import shown
from .._base.errors import InputError
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..measurements import resolve
from ..measuring.measurement import Measurement
from ..parameters.parameter import Parameter, ParameterTable

Numbers = Any
"""A number, a list of numbers, or an array of NumPy or JAX."""


def traced(value: Any) -> bool:
    """Return whether JAX is tracing a value: it has no number yet."""
    return isinstance(value, Tracer)


def numbers(name: str, value: Numbers, least: float | None = 0.0) -> Float[Array, "*shape"]:
    """Return finite numbers above `least`, which is allowed to be None, as an array of NumPy or JAX.

    InputError names the argument. What JAX traces is not looked at.
    """
    array = _floats(name, value)
    if traced(array):
        return array
    wrong = ~np.isfinite(np.asarray(array))
    if least is not None:
        wrong |= np.asarray(array) <= least
    if wrong.any():
        bound = "" if least is None else f" above {least:g}"
        raise InputError(f"{name}: expected finite numbers{bound}, found {np.asarray(array)[wrong].flat[0]:g}")
    return array


def _floats(name: str, value: Numbers) -> Float[Array, "*shape"]:
    if isinstance(value, jax.Array) and value.dtype.kind in "iuf":
        return value.astype(float)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise InputError(f"{name}: expected numbers, found {shown(value)}") from None
    if array.dtype.kind not in "iuf" or not array.size:
        raise InputError(f"{name}: expected numbers, found {shown(value)}")
    return array.astype(float)


def fixed(name: str, value: Numbers, least: float | None = 0.0) -> Float[np.ndarray, "*shape"]:
    """Return numbers that JAX does not trace, as an array of NumPy."""
    if traced(value):
        raise InputError(
            f"{name}: expected numbers, found a traced array: integrals and bins are set up on the host at these "
            f"energies, and have derivatives by the parameters alone"
        )
    return np.asarray(numbers(name, value, least))


def in_shape(values: Scalar | Float[Array, "..."], shape: tuple[int, ...]) -> Float[Array, "..."]:
    """Return values as an array of that shape."""
    return namespace(values).asarray(values).reshape(shape)


def check_values(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from names to numbers, which may be traced."""
    if value is None:
        return
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InputError(f"{name}: expected a dictionary such as {{'r_n_cs': 5.0}}, found {shown(value)}")
    for key, entry in value.items():
        if numbers(f"{name}, {key}", entry, None).ndim:
            raise InputError(f"{name}, {key}: expected a single number (jax.vmap takes many), found {shown(entry)}")


def completed(
    parameters: Iterable[Parameter],
    values: Mapping[str, Numbers] | None,
    check: Callable[[Mapping[str, float]], None] | None = None,
) -> Params:
    """Return a value for every parameter: those given, within their bounds unless traced, else the defaults.

    InputError names parameters that there are not, and those that need another. `check` is of all values together,
    where none is traced.
    """
    given = values or {}
    table = ParameterTable(parameters, None if any(map(traced, given.values())) else check)
    for name in given:
        table.find(name)
    table.check_needs(list(given))
    complete = table.complete({name: float(value) for name, value in given.items() if not traced(value)})
    return {**complete, **{name: value for name, value in given.items() if isinstance(value, jax.Array)}}


def measurement_of(name: str, value: Any, form_factor: str | None = None) -> Measurement:
    """Return a measurement, given as such, by its name, or by the path of a description; with a detector in it."""
    if isinstance(value, str):
        (value,) = resolve([value], form_factor)
    if not isinstance(value, Measurement):
        raise InputError(f"{name}: expected a measurement or its name, found {shown(value)}")
    value.counted()
    return value
