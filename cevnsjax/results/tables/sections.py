"""What flux-averaged cross sections are shown as."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._base.digits import number
from ..._base.tables import Block, Table


def section_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what flux-averaged cross sections are shown as, from their JSON."""
    measured = []
    for name, section in content["measured"].items():
        value, sm = section["value"], section["sm"]
        measured.append(
            (
                name,
                f"{section['neutrons']:.2f}",
                number(value, ".4g"),
                _errors(section["statistical"]),
                _errors(section["total"]),
                f"{number(sm, '.4g')} ± {number(section['sm_error'], '.2g')}",
                number(None if value is None else value / sm, ".3f"),
            )
        )
    predicted = [
        (name, str(section["neutrons"]), f"{section['sm']:.4g}", f"{section['coherent']:.4g}")
        for name, section in content["predicted"].items()
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
