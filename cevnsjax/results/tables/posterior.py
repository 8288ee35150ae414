"""What draws from a posterior are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.digits import number
from ..._base.levels import LEVELS
from ..._base.tables import Block, Table
from ...measuring.measurement import DATA
from .words import fitted, timed

SHOWN = ("68.27", "90")
"""Levels of the credible intervals that are shown."""


def posterior_blocks(content: Mapping[str, Any], data_name: str = DATA) -> list[Block]:
    """Return what draws from a posterior are shown as, from their JSON and what was fitted."""
    rows = []
    for name, parameter in (content["parameters"] | content["nuisances"]).items():
        edges = (" … ".join(number(edge, ".4g") for edge in parameter["interval"][level]) for level in SHOWN)
        sizes = (number(parameter[key], ".0f") for key in ("ess_bulk", "ess_tail"))
        moments = number(parameter["mean"], ".5g"), number(parameter["sd"], ".3g")
        rows.append((name, *moments, *edges, number(parameter["r_hat"], ".3f"), *sizes, content["priors"][name]))
    levels = (str(LEVELS[level]) for level in SHOWN)
    headers = ("parameter", "mean", "sd", *levels, "R-hat", "ESS", "tail", "prior")
    blocks: list[Block] = [fitted(content, data_name), Table(headers, rows)]
    if content["log_evidence"] is not None:
        blocks.append(f"ln evidence: {content['log_evidence']:.4f} ± {content['log_evidence_error']:.2g}")
    chains = "" if content["independent"] else f" of {content['chains']} chains"
    said = f"{content['draws']} draws{chains} by {content['method']}, seed {content['seed']}"
    seconds = content["seconds"]
    if "modes" in seconds:
        start = seconds["modes"] + seconds["start"]
        said += f"; {start:.1f} s to start, {seconds['sampling']:.1f} s of sampling"
    if content["khat"] is not None:
        said += f"; k-hat {content['khat']:.2f}"
    chosen = [f"method {content['method']}: {content['reason']}"] if content["reason"] else []
    return [*blocks, *chosen, said, content["message"], *timed(seconds)]
