"""What the tables of several results say alike."""

from collections.abc import Mapping
from typing import Any

from ..._base.clock import PARTS
from ..._base.digits import number
from ..._base.tables import Block
from ...measuring.measurement import DATA


def fitted(content: Mapping[str, Any], data_name: str) -> str:
    """Return the measurements, and what was fitted if not their data."""
    names = " + ".join(content["measurements"])
    return names if data_name == DATA else f"{names}: {data_name}"


def best_fit(content: Mapping[str, Any]) -> str:
    """Return χ² and the parameters of the best fit in a line."""
    best = ", ".join(f"{name} = {number(content['best'][name], '.5g')}" for name in content["parameters"])
    return f"chi2 = {number(content['chi2_min'], '.2f')} at {best}"


def share(fraction: Mapping[str, Any]) -> str:
    """Return a share of toys with the interval that their number leaves it."""
    low, high = fraction["interval"]
    return f"{fraction['value']:.4f} ({low:.4f} … {high:.4f})"


def doubts(content: Mapping[str, Any]) -> list[Block]:
    """Return why a result is not to be trusted, nothing if it is: what a command says on standard error."""
    return [] if content["converged"] else [content["message"]]


def timed(seconds: Mapping[str, float]) -> list[Block]:
    """Return a line of the time that a command took, by part; of a result without a command what it knows of that."""
    if "total" in seconds:
        parts = (f"{name} {seconds[name]:.1f}" for name in PARTS)
        return [f"took {seconds['total']:.1f} s: {', '.join(parts)}"]
    if "compile" in seconds:
        best_fit = f", best fit {seconds['best_fit']:.2f} s" if "best_fit" in seconds else ""
        return [f"compiled in {seconds['compile']:.1f} s, ran {seconds['run']:.2f} s{best_fit}"]
    return []
