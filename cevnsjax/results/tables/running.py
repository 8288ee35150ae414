"""What the running of sin²θ_W is shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.tables import Block, Table

SHOWN = (0, 60, 110, 130, 160, 190, 230, 260)
"""Points of the curve that a table has."""


def running_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return the curve at some momentum transfers and the points, from their JSON."""
    curve = content["curve"]
    rows = [(f"{curve['q'][k]:.3g}", f"{curve['sin2_theta_w'][k]:.5f}") for k in SHOWN if k < len(curve["q"])]
    points = [
        (p["name"], p["kind"], f"{p['q']:g}", f"{p['value']:.4f}", f"{p['error']:.4f}", f"{p['at_zero']:.4f}")
        for p in content["points"]
    ]
    return [
        Table(("Q [GeV]", "sin2_theta_w, one loop in MS-bar"), rows, right=(0, 1)),
        Table(("measurement", "kind", "Q [GeV]", "value", "error", "at Q = 0"), points, right=(2, 3, 4, 5)),
    ]
