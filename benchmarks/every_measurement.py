"""Time of a likelihood and its gradient, batched, for every measurement that is counts in bins."""

import numpy as np

import cevnsjax as cj
from cevnsjax.measurements import CATALOGUE, load

from .case import Case
from .table import Table
from .timing import compete, first_call

POINTS = 2048
ROUNDS = 3


def every_measurement(_: Case) -> Table:
    """Return the times with the strength of the signal free, and with sin²θ_W free; nuisances as in every fit."""
    rows = []
    for name, entry in CATALOGUE.items():
        for variant in entry.variants:
            measurement = load(f"{name}:{variant}")
            if measurement.scattering is None or measurement.term.one_sided:
                continue
            likelihood = cj.Likelihood([measurement])
            for free in (measurement.strengths[0].parameter, "sin2_theta_w"):
                evaluator = likelihood.evaluator(free=[free])
                problem = likelihood.problem(free=[free])
                centre = problem.coordinates(likelihood.parameters.complete())
                low, high = problem.box
                spread = 1e-3 * np.minimum(high - low, 1.0)
                points = np.clip(
                    centre + spread * np.random.default_rng(0).normal(size=(POINTS, len(centre))), low, high
                )
                calls = {
                    "value": lambda e=evaluator, u=points: e.chi2(u),
                    "gradient": lambda e=evaluator, u=points: e.value_and_gradient(u),
                }
                compiled = first_call(calls["value"]) + first_call(calls["gradient"])
                timed = compete(calls, ROUNDS)
                value, gradient = (1e6 * timed[call].median / POINTS for call in calls)
                bins = measurement.observed.size
                rows.append((f"{name}:{variant}", bins, free, len(centre), compiled, value, gradient))
    columns = ("measurement", "bins", "free", "coordinates", "compile s", "value µs", "gradient µs")
    return Table("6. Every measurement, time for each point of a batch", columns, rows)
