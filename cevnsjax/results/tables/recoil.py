"""What recoil spectra are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.tables import Block, Table

MOST_ROWS = 33
"""Rows of a table of recoil energies; of more energies only some are shown."""


def recoil_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what recoil rates are shown as, from their JSON: a table of some energies, and what a day is."""
    energy, rate = content["energy"], content["rate"]
    step = -(-len(energy) // MOST_ROWS)
    rows = [
        (f"{energy[k]:.4g}", *(f"{values[k]:.4g}" for values in rate.values())) for k in range(0, len(energy), step)
    ]
    headers = ("recoil energy [keV]", *(f"{name} [{content['unit']}]" for name in rate))
    return [
        Table(headers, rows, right=tuple(range(len(headers)))),
        f"before any detector, per kg of the target and day ({content['day']})",
    ]
