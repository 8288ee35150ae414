"""Confidence levels: a fraction in Python; per cent, or a number of standard deviations as ``5sigma``, as text.

A level is held by its tail, 1 less the fraction, which keeps all digits that were given: 99.99994267 % is 5.733e-7. Nσ
is what a normal variable lies within: the tail erfc(N/√2), Δχ² = N² of a single parameter, and of two the same
probability.
"""

import contextlib
import dataclasses
import math
import re
from collections.abc import Iterable, Sized
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any

from scipy.special import chdtri, erfc

from .errors import InputError

MOST_SIGMA = 37.0
"""Standard deviations up to which the tail is a number of double precision."""
ROUNDED = {Fraction("0.3173"): 1.0, Fraction("0.1"): 2.71, Fraction("0.0455"): 4.0, Fraction("0.0027"): 9.0}
"""Δχ² of a single parameter by tail, as the field rounds them: 68.27, 90, 95.45, 99.73 %."""


@dataclasses.dataclass(frozen=True)
class Level:
    """A confidence level."""

    label: str
    """Per cent, or standard deviations as ``5sigma``, as it was typed: the key of JSON."""
    fraction: float
    """Beyond 8 standard deviations that is 1."""
    tail: float
    """The probability beyond, with all digits."""
    of_one: float
    """Δχ² of a single parameter."""

    @property
    def per_cent(self) -> float:
        """Return the level in per cent."""
        return 100.0 * self.fraction if self.label.endswith("sigma") else float(self.label)

    def __str__(self) -> str:
        """Return the level as people read it."""
        return f"{self.label.removesuffix('sigma')}σ" if self.label.endswith("sigma") else f"{self.label} %"

    def delta_chi2(self, parameters: int = 1) -> float:
        """Return the Δχ² of the level, for a single parameter or for several together."""
        return self.of_one if parameters == 1 else float(chdtri(parameters, self.tail))


def _of_tail(label: str, tail: Fraction) -> Level:
    return Level(label, float(1 - tail), float(tail), ROUNDED.get(tail) or float(chdtri(1, float(tail))))


def typed_level(text: str) -> Level:
    """Return the level of a text: digits in per cent, or standard deviations as ``5sigma``."""
    match = re.fullmatch(r"([0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(sigma)?", text)
    if match is None:
        raise InputError(f"expected a number of per cent like 95, or 5sigma, found '{text}'")
    number = Fraction(match[1])
    if match[2]:
        sigma = float(number)
        if not 0.0 < sigma <= MOST_SIGMA:
            raise InputError(f"expected a confidence level up to {MOST_SIGMA:g}sigma, found '{text}'")
        tail = float(erfc(sigma / math.sqrt(2.0)))
        return Level(text, 1.0 - tail, tail, sigma**2)
    if not 0 < number < 100:
        raise InputError(f"expected a confidence level between 0 and 100 per cent, found {text}")
    if number < 1:
        meant = (100 * Decimal(match[1])).normalize()
        raise InputError(f"expected a confidence level in per cent, found {text} (did you mean {meant:f}?)")
    return _of_tail(text, 1 - number / 100)


def level_of(cl: Any) -> Level:
    """Return the level of a fraction between 0 and 1; for per cent or text raise InputError with a suggestion."""
    if isinstance(cl, Level):
        return cl
    if isinstance(cl, str):
        raise InputError(f"expected a confidence level as a fraction such as 0.9, found the text '{cl}'{_hint(cl)}")
    if isinstance(cl, bool) or not isinstance(cl, Real):
        raise InputError(f"expected a confidence level as a fraction such as 0.9, found {cl!r}")
    if not 0.0 < cl < 1.0:
        raise InputError(f"expected a confidence level as a fraction between 0 and 1, found {cl}{_hint(str(cl))}")
    digits = Decimal(str(float(cl)))
    return _of_tail(f"{(100 * digits).normalize():f}", 1 - Fraction(digits))


def _hint(text: str) -> str:
    """Return the fraction that a text which is none may mean: per cent or standard deviations."""
    with contextlib.suppress(InputError):
        level = typed_level(text)
        share = level.fraction if text.endswith("sigma") else float(Decimal(text) / 100)
        return f" (did you mean {share:.12g}?)" if level.per_cent > 1.0 and share < 1.0 else ""
    return ""


def check_level(name: str, cl: Any) -> None:
    """Raise InputError unless `cl` is a confidence level as a fraction; `name` is that of the argument."""
    try:
        level_of(cl)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None


def check_levels(name: str, levels: Any) -> None:
    """Raise InputError unless `levels` is a list of confidence levels as fractions."""
    if isinstance(levels, str) or not (isinstance(levels, Iterable) and isinstance(levels, Sized)):
        raise InputError(f"{name}: expected confidence levels such as [0.6827, 0.9], found {levels!r}")
    for level in levels:
        check_level(name, level)


def check_one_or_more(name: str, levels: Any) -> None:
    """Raise InputError unless `levels` is a confidence level as a fraction, or a list of these that is not empty."""
    if isinstance(levels, (str, Level)) or not isinstance(levels, Iterable) or getattr(levels, "ndim", 1) == 0:
        check_level(name, levels)
        return
    check_levels(name, levels)
    if not len(levels):
        raise InputError(f"{name}: expected one or more confidence levels, found none")


def ordered_levels(levels: float | Level | Iterable[float | Level]) -> tuple[Level, ...]:
    """Return a level or several, from the lowest to the highest, each once."""
    chosen = levels_of(levels) if isinstance(levels, Iterable) else (level_of(levels),)
    by_tail = {level.tail: level for level in chosen}
    return tuple(by_tail[tail] for tail in sorted(by_tail, reverse=True))


def levels_of(levels: Iterable[float | Level]) -> tuple[Level, ...]:
    """Return the levels of several fractions."""
    return tuple(level_of(level) for level in levels)


def delta_chi2(cl: float | Level, parameters: int = 1) -> float:
    """Return the Δχ² of a confidence level for a single parameter, or for several together."""
    return level_of(cl).delta_chi2(parameters)


LEVELS = {label: typed_level(label) for label in ("68.27", "90", "95.45", "99.73")}
"""The usual levels, by their label."""
USUAL = tuple(LEVELS.values())
