"""What an export is shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.tables import Block, abridged

MOST_NAMES = 12


def export_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what the JSON of an export is shown as."""
    names = [parameter["name"] for parameter in content["parameters"]]
    lines: list[Block] = [f"{content['out']}: {content['format']}, {' + '.join(content['measurements'])}"]
    lines += [f"parameters: {abridged(names, MOST_NAMES)}"] if names else []
    lines += [f"table: {name}" for name in content["tables"]]
    compared = content["check"]
    if compared is not None:
        lines.append(
            f"compared with the engine at {compared['points']} random points: largest relative difference "
            f"{compared['difference']:.1e}, at most {compared['tolerance']:g} is allowed"
        )
    return lines
