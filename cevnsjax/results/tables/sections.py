"""What flux-averaged cross sections are shown as."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._base.digits import number
from ..._base.tables import Block, Table


def section_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what flux-averaged cross sections are shown as, from their JSON."""
    measured = []
    for name, found in content["measured"].items():
        value, sm = found["value"], found["sm"]
        measured.append(
            (
                name,
                f"{found['neutrons']:.2f}",
                number(value, ".4g"),
                _errors(found["statistical"]),
                _errors(found["total"]),
                f"{number(sm, '.4g')} ± {number(found['sm_error'], '.2g')}",
                number(None if value is None else value / sm, ".3f"),
            )
        )
    predicted = [
        (name, str(found["neutrons"]), f"{found['sm']:.4g}", f"{found['coherent']:.4g}")
        for name, found in content["predicted"].items()
    ]
    headers = ("measurement", "N", "measured", "statistical", "total", "Standard Model", "ratio")
    return [
        f"flux-averaged cross section per nucleus [{content['unit'].replace('^2', '²')}]",
        Table(headers, measured),
        "",
        Table(("nuclide", "N", "Standard Model", "F = 1"), predicted),
    ]


def _errors(pair: Sequence[float | None]) -> str:
    down, up = pair
    return f"+{number(up, '.3g')} -{number(down, '.3g')}"
