"""What a likelihood is shown as."""

from typing import TYPE_CHECKING

from .._base.tables import Block, Table, abridged
from ..interactions.couplings import scheme_of
from ..measuring.measurement import data_name
from ..results.tables.lists import described, parameter_rows

if TYPE_CHECKING:
    from .likelihood import Likelihood

MOST_PARAMETERS = 12
"""Parameters that are shown of a likelihood."""


def likelihood_blocks(likelihood: "Likelihood") -> list[Block]:
    """Return the measurements, the models, what is shared, and the first of the parameters."""
    rows = []
    for measurement in likelihood.measurements:
        bins = " x ".join(map(str, measurement.shape))
        rows.append((measurement.name, measurement.title, bins, data_name([measurement])))
    scheme = scheme_of(likelihood.interaction.standard.couplings) or "user-defined"
    electrons = "; electrons scatter too" if likelihood.interaction.electrons else ""
    listed = described(likelihood.parameters)
    first = dict(list(listed.items())[:MOST_PARAMETERS])
    return [
        Table(("measurement", "what it is", "bins", "fitted"), rows, wrapped=(1,)),
        f"models: {', '.join(likelihood.interaction.names)}, couplings {scheme}{electrons}",
        *(f"{name}: shared by {', '.join(users)}" for name, users in likelihood.shared.items()),
        f"profiled unless fitted or set: {abridged(list(likelihood.constraints()), MOST_PARAMETERS) or 'nothing'}",
        parameter_rows(first),
        *([f"… {len(listed)} parameters in all"] if len(listed) > len(first) else []),
    ]
