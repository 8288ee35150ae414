"""How many digits the numbers of tables and figures have."""

import math
from collections.abc import Sequence

MOST_DECIMALS = 6
"""Decimals up to which numbers are written without an exponent."""
NO_NUMBER = "–"


def error_digits(*errors: float) -> int:
    """Return how many decimals show the smallest error with two digits, errors negligible beside others left out."""
    smallest = min((error for error in errors if error > 1e-3 * max(errors)), default=1.0)
    return max(0, 1 - math.floor(math.log10(smallest)))


def column(numbers: Sequence[float | None], decimals: int = 2, digits: int = 3) -> list[str]:
    """Return the numbers of a column of a table, all with the same decimals.

    At least `decimals` of them, more where `digits` digits of the largest number need them, an exponent where these are
    more than `MOST_DECIMALS`. A number that would read as zero and is not has a single digit.
    """
    largest = max((abs(x) for x in numbers if x and math.isfinite(x)), default=1.0)
    places = max(decimals, digits - 1 - math.floor(math.log10(largest)))
    form = f"z.{places}f" if places <= MOST_DECIMALS else f".{digits - 1}e"

    def text(number: float | None) -> str:
        if number is None or not math.isfinite(number):
            return NO_NUMBER
        if number == 0.0 and places > MOST_DECIMALS:
            return "0"
        written = format(number, form)
        return f"{number:.1g}" if number and float(written) == 0.0 else written

    return [text(number) for number in numbers]


def value_and_error(value: float | None, error: float | None, decimals: int = 0) -> tuple[str, str]:
    """Return a value and its error, two digits of the error and at least `decimals` of both."""
    known = [abs(x) for x in (error, value) if x and math.isfinite(x)]
    places = max(decimals, error_digits(known[0])) if known else decimals
    form = f"z.{places}f" if places <= MOST_DECIMALS else ".1e" if error else ".3g"

    def text(x: float | None) -> str:
        return NO_NUMBER if x is None or not math.isfinite(x) else format(x, form)

    return text(value), text(error)


def number(value: float | None, form: str) -> str:
    """Return a number in the given form, a dash where there is none."""
    return NO_NUMBER if value is None else format(value, f"z{form}")


def prior(centre: float, width: float) -> str:
    """Return a Gaussian constraint."""
    return f"{centre:g} ± {width:.4g}"


def unit(text: str) -> str:
    """Return a unit as it is written beside a number, nothing for a pure number."""
    return "" if text == "1" else text


def pieces(intervals: Sequence[Sequence[float | None]]) -> str:
    """Return the pieces of an interval; an end that is not known is a dash."""
    return " or ".join(f"{number(low, '.5g')} … {number(high, '.5g')}" for low, high in intervals) or "nowhere"


def plus_minus(value: float, intervals: Sequence[Sequence[float]]) -> str:
    """Return the piece around `value` as "+0.027 -0.024", nothing where none is around it."""
    for low, high in intervals:
        if low <= value <= high:
            up, down = high - value, value - low
            digits = error_digits(up, down)
            return f"+{up:.{digits}f} -{down:.{digits}f}" if digits <= MOST_DECIMALS else f"+{up:.1e} -{down:.1e}"
    return ""
