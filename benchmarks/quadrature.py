"""Block 3: what the quadrature leaves, beside what a call costs."""

import numpy as np

from cevnsjax.folding.fold import BIN_ORDER
from cevnsjax.folding.nodes import RECOIL_ORDER
from cevnsjax.folding.prediction import quadrature_error
from cevnsjax.inference.problem.evaluate import Evaluator

from .case import Case
from .table import Table
from .timing import compete

ORDERS = (16, 24, 32)
"""Recoil-energy nodes between kinks."""
REFERENCE = (64, 16)
"""Nodes, in recoil energy and in a bin, of the χ² that the others are compared with."""


def quadrature(case: Case) -> Table:
    """Return error and time against the number of nodes; the default of the engine is marked."""
    orders = sorted({*ORDERS, RECOIL_ORDER})
    params = {name: np.float64(value) for name, value in case.likelihood.parameters.complete().items()}
    evaluators = {order: Evaluator(case.problem(order)) for order in orders}
    points = case.points(256)
    reference = np.asarray(Evaluator(case.problem(*REFERENCE)).chi2(points))
    found = compete({order: lambda e=e: e.chi2(case.centre) for order, e in evaluators.items()})
    rows = []
    for order, evaluator in evaluators.items():
        bins = quadrature_error(case.measurement, case.likelihood.interaction, params, order, BIN_ORDER)
        distance = float(np.max(np.abs(np.asarray(evaluator.chi2(points)) - reference)))
        label = f"{order} x {BIN_ORDER}" + (" (default)" if order == RECOIL_ORDER else "")
        rows.append((label, bins, distance, found[order].median * 1e6, found[order].best * 1e6))
    return Table(
        f"3. Quadrature: nodes between kinks of T x nodes in a PE bin; chi2 against {REFERENCE[0]} x {REFERENCE[1]}",
        ("nodes", "error, worst bin", "largest chi2 error", "one call us", "best turn"),
        rows,
    )
