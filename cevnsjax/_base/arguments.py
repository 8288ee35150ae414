"""Checks of the arguments that users pass in Python, before any work: a line for each error, naming the argument."""

import functools
import inspect
import operator
import reprlib
import typing
from collections.abc import Callable, Iterable, Mapping, Sized
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .errors import InputError, suggest

Check = Callable[[str, Any], object]
"""Raises InputError for a wrong value, given the name of its argument."""
DOUBLE = np.dtype(np.float64)
Function = TypeVar("Function", bound=Callable[..., Any])


PLAIN = (type(None), bool, int, float, complex, bytes, list, tuple, dict, set, Path)


def shown(value: Any) -> str:
    """Return a value as an error shows it: text in quotes, what Python prints of simple things, the kind of others."""
    if isinstance(value, str):
        return f"the text '{value}'"
    return reprlib.repr(value) if isinstance(value, PLAIN) else f"an object of the class {type(value).__name__}"


def text(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a text."""
    if not isinstance(value, str):
        raise InputError(f"{name}: expected a text, found {shown(value)}")


def texts(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a list of texts."""
    if isinstance(value, str):
        raise InputError(f"{name}: expected a list such as ['{value}'], found {shown(value)}")
    if isinstance(value, Mapping) or not (isinstance(value, Iterable) and isinstance(value, Sized)):
        raise InputError(f"{name}: expected a list of texts, found {shown(value)}")
    for item in value:
        if not isinstance(item, str):
            raise InputError(f"{name}: expected a list of texts, found {shown(item)} in it")


def number(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a single number."""
    if not isinstance(value, (str, bool)) and getattr(value, "ndim", 0) == 0:
        try:
            float(value)
        except (TypeError, ValueError, OverflowError):
            pass
        else:
            return
    raise InputError(f"{name}: expected a number, found {shown(value)}")


def positive(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a positive number."""
    number(name, value)
    if not float(value) > 0.0:
        raise InputError(f"{name}: expected a number above 0, found {shown(value)}")


def sizes(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a list of numbers."""
    if isinstance(value, (str, Mapping)) or not (isinstance(value, Iterable) and isinstance(value, Sized)):
        raise InputError(f"{name}: expected a list of numbers, found {shown(value)}")
    for item in value:
        number(name, item)


def _mapping(name: str, value: Any, example: str) -> None:
    if not isinstance(value, Mapping):
        raise InputError(f"{name}: expected a dictionary such as {example}, found {shown(value)}")
    for key in value:
        if not isinstance(key, str):
            raise InputError(f"{name}: expected names as the keys of a dictionary, found {shown(key)}")


def numbers(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from names to numbers."""
    _mapping(name, value, "{'r_n_cs': 5.0}")
    for key, entry in value.items():
        number(f"{name}, {key}", entry)


def ties(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from followers to leaders."""
    _mapping(name, value, "{'r_n_i': 'r_n_cs'}, follower to leader")
    for key, leader in value.items():
        text(f"{name}, {key}", leader)


def _pair(name: str, value: Any, what: str) -> None:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sized) or len(value) != 2:
        raise InputError(f"{name}: expected two numbers, {what}, found {shown(value)}")
    for item in value:
        number(name, item)


def ends(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a pair of numbers, the lower and the higher end."""
    _pair(name, value, "the lower and the higher end")


def constraints(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from names, or combinations, to centre and width."""
    _mapping(name, value, "{'r_n_cs': (5.0, 0.1)}")
    for key, pair in value.items():
        _pair(f"{name}, {key}", pair, "centre and width")


def ranges(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from names to a lower and a higher number."""
    _mapping(name, value, "{'sin2_theta_w': (0.1, 0.3)}")
    for key, pair in value.items():
        ends(f"{name}, {key}", pair)


def correlations(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from pairs of names to numbers."""
    if not isinstance(value, Mapping):
        raise InputError(f"{name}: expected a dictionary such as {{('a', 'b'): 0.5}}, found {shown(value)}")
    for pair, coefficient in value.items():
        if not isinstance(pair, tuple) or len(pair) != 2 or not all(isinstance(each, str) for each in pair):
            raise InputError(f"{name}: expected pairs of names as keys, such as ('a', 'b'), found {shown(pair)}")
        number(f"{name}, {', '.join(pair)}", coefficient)


def grid(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a dictionary from names to values of an axis."""
    _mapping(name, value, "{'sin2_theta_w': '0.2:0.3:21'}")
    for key, points in value.items():
        if isinstance(points, str) or getattr(getattr(points, "dtype", None), "kind", "O") in "iuf":
            continue
        if isinstance(points, Mapping) or not (isinstance(points, Iterable) and isinstance(points, Sized)):
            raise InputError(f"{name}, {key}: expected LO:HI:N or a list of numbers, found {shown(points)}")
        for item in points:
            number(f"{name}, {key}", item)


def whole(least: int | None = None, most: int | None = None) -> Check:
    """Return the check for a whole number, from `least` to `most` where these are given."""

    def check(name: str, value: Any) -> None:
        try:
            integer = operator.index(value)
        except TypeError:
            raise InputError(f"{name}: expected a whole number, found {shown(value)}") from None
        if isinstance(value, bool):
            raise InputError(f"{name}: expected a whole number, found {value}")
        if least is not None and integer < least:
            raise InputError(f"{name}: expected at least {least}, found {integer}")
        if most is not None and integer > most:
            raise InputError(f"{name}: expected at most {most}, found {integer}")

    return check


def optional(check: Check) -> Check:
    """Return the check for an argument that may be left out as None."""
    return lambda name, value: None if value is None else check(name, value)


def path(name: str, value: Any) -> None:
    """Raise InputError unless `value` is the name of a file."""
    if not isinstance(value, (str, Path)):
        raise InputError(f"{name}: expected the name of a file, found {shown(value)}")
    if "\0" in str(value):
        raise InputError(f"{name}: expected the name of a file, found {str(value)!r}")


def array(name: str, value: Any) -> None:
    """Raise InputError unless `value` is an array of real numbers."""
    if isinstance(value, np.ndarray) and value.dtype is DOUBLE:  # at once: a point to be evaluated waits for it
        return
    if not hasattr(value, "ndim"):
        raise InputError(f"{name}: expected an array, found {shown(value)}")
    if np.dtype(value.dtype).kind not in "fiu":
        raise InputError(f"{name}: expected an array of real numbers, found one of {value.dtype}")


def switch(name: str, value: Any) -> None:
    """Raise InputError unless `value` is True or False."""
    if not isinstance(value, bool):
        raise InputError(f"{name}: expected True or False, found {shown(value)}")


def function(name: str, value: Any) -> None:
    """Raise InputError unless `value` can be called."""
    if not callable(value):
        raise InputError(f"{name}: expected something to call, found {shown(value)}")


def _plain(value: Any) -> Any:
    """Return NumPy numbers as Python numbers, in containers too: results are saved with the arguments of their run."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(map(_plain, value))
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _complete(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature with each keyword of a ``**request: Unpack[Request]``, as editors show them."""
    parameters = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    for further in (p for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD):
        (typed,) = typing.get_args(further.annotation)
        known = {p.name for p in parameters}
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in typed.__annotations__.items()
            if name not in known
        ]
    return signature.replace(parameters=parameters)


def checked(**checks: Check) -> Callable[[Function], Function]:
    """Return a decorator that checks arguments by name, and raises InputError for those the function does not have.

    Where a function hands further keywords on, they are those of the typed dictionary that it names.
    """

    def decorate(made: Function) -> Function:
        signature = inspect.signature(made)
        shown = _complete(signature)
        known = [name for name in shown.parameters if name != "self"]

        takes = f"known: {', '.join(known)}" if known else "it takes none"

        @functools.wraps(made)
        def call(*given: Any, **named: Any) -> Any:
            for name in named:
                if name not in known:
                    what = f"{title}: unknown argument '{name}'{suggest(name, known)}"
                    raise InputError(f"{what}; {takes}")
            try:
                bound = signature.bind(*given, **named)
            except TypeError as error:
                raise InputError(f"{title}: {error}") from None
            for name, value in (bound.arguments | named).items():
                if name in checks:
                    checks[name](name, value)
            bound.arguments = {name: _plain(value) for name, value in bound.arguments.items()}
            return made(*bound.args, **bound.kwargs)

        title = call.__qualname__.removesuffix(".__init__").rpartition(".")[2]
        vars(call)["__signature__"] = shown
        if list(signature.parameters) != ["self", *checks] or len(checks) != 1:
            return typing.cast("Function", call)
        ((alone, check),) = checks.items()

        @functools.wraps(call)
        def quick(self: Any, *given: Any, **named: Any) -> Any:
            """Take the only argument directly: what is called for each point does not wait for the binding of names."""
            if len(given) != 1 or named:
                return call(self, *given, **named)
            check(alone, given[0])
            return made(self, _plain(given[0]))

        return typing.cast("Function", quick)

    return decorate
