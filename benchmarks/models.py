"""Time of a likelihood and its gradient, batched, of COHERENT CsI 2021 under every model, its couplings free."""

import dataclasses

import numpy as np

import cevnsjax as cj
from cevnsjax.inference.problem.problem import Problem

from .case import Case
from .table import Table
from .timing import compete, first_call

POINTS = 4096
ROUNDS = 5
BARS = {"value": 3.0, "gradient": 8.0}
"""Times [us] that every model is meant to keep, for each likelihood; the general path has those below."""
GENERAL_BARS = {"value": 1000.0, "gradient": 3000.0}


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What is free of a model, and between which values the points are."""

    model: str
    ranges: dict[str, tuple[float, float]]
    electrons: bool = False
    general: bool = False


MASSES = (1.0, 1000.0)
CHOSEN = (
    Chosen("standard-model", {"sin2_theta_w": (0.15, 0.35)}),
    Chosen("standard-model", {"sin2_theta_w": (0.15, 0.35), "r_n_cs": (4.0, 7.0), "r_n_i": (4.0, 7.0)}),
    Chosen("nsi", {"eps_ee_u": (-1.0, 1.0), "eps_ee_d": (-1.0, 1.0)}),
    Chosen("nsi", {"eps_ee_u": (-1.0, 1.0), "eps_emu_u": (-1.0, 1.0), "eps_emu_u_phase": (-3.0, 3.0)}),
    Chosen("light-vector:universal", {"g_zp": (0.0, 1e-3), "m_zp": MASSES}),
    Chosen("light-vector:B-L", {"g_zp": (0.0, 1e-3), "m_zp": MASSES}),
    Chosen("light-vector:Lmu-Ltau", {"g_zp": (0.0, 1e-2), "m_zp": MASSES}),
    Chosen("light-vector:universal", {"g_zp": (0.0, 1e-3), "m_zp": MASSES}, electrons=True),
    Chosen("light-scalar", {"g_phi": (0.0, 1e-4), "m_phi": MASSES}),
    Chosen("axial", {"g_axial": (0.0, 1e-2), "m_axial": MASSES}),
    Chosen("pseudoscalar", {"g_pseudoscalar": (0.0, 1e-2), "m_pseudoscalar": MASSES}),
    Chosen("tensor", {"g_tensor": (0.0, 1e-4), "m_tensor": MASSES}),
    Chosen("charge-radius", {"charge_radius_ee": (-50.0, 50.0), "charge_radius_mumu": (-50.0, 50.0)}),
    Chosen("millicharge", {"millicharge_ee": (-30.0, 30.0), "millicharge_mumu": (-30.0, 30.0)}),
    Chosen("millicharge", {"millicharge_ee": (-30.0, 30.0), "millicharge_mumu": (-30.0, 30.0)}, electrons=True),
    Chosen("magnetic-moment", {"magnetic_moment_e": (0.0, 50.0), "magnetic_moment_mu": (0.0, 50.0)}),
    Chosen("magnetic-moment", {"magnetic_moment_e": (0.0, 50.0), "magnetic_moment_mu": (0.0, 50.0)}, electrons=True),
    Chosen("sterile-oscillation", {"u2_e4": (0.0, 0.3), "delta_m2_41": (0.1, 10.0)}, general=True),
    Chosen("dipole-portal", {"dipole_moment_mu": (0.0, 10.0), "m_hnl": (0.1, 40.0)}, general=True),
)


def points(problem: Problem, ranges: dict[str, tuple[float, float]], count: int) -> np.ndarray:
    """Return `count` rows of coordinates: what is free within its range, the strengths about 1."""
    random = np.random.default_rng(0)
    columns = [random.uniform(*ranges.get(name, (0.8, 1.2)), count) for name in problem.names]
    return np.stack(columns, axis=1)


def models(case: Case) -> Table:
    """Return the times of every model, and how far a reduced sum over recoil energies is from the whole."""
    rows = []
    for chosen in CHOSEN:
        likelihood = cj.Likelihood([case.measurement], cj.model(chosen.model), electrons=chosen.electrons)
        evaluator = likelihood.evaluator(free=list(chosen.ranges))
        many = points(likelihood.problem(free=list(chosen.ranges)), chosen.ranges, 256 if chosen.general else POINTS)
        calls = {
            "value": lambda e=evaluator, u=many: e.chi2(u),
            "gradient": lambda e=evaluator, u=many: e.value_and_gradient(u),
        }
        compiled = first_call(calls["value"]) + first_call(calls["gradient"])
        timed = compete(calls, ROUNDS)
        bars = GENERAL_BARS if chosen.general else BARS
        value, gradient = (1e6 * timed[call].median / len(many) for call in calls)
        kept = value <= bars["value"] and gradient <= bars["gradient"]
        name = f"{chosen.model} + electrons" if chosen.electrons else chosen.model
        rows.append((name, ", ".join(chosen.ranges), compiled, value, gradient, "kept" if kept else "missed"))
    columns = ("model", "free", "compile s", "value us", "gradient us", "bars 3 and 8 us, 1 and 3 ms")
    return Table("7. Every model on CsI 2021, time for each point of a batch", columns, rows)
