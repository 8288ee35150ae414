"""The running of sin²θ_W: the curve, numbers of papers, and fits of this package."""

from collections.abc import Mapping, Sequence

import numpy as np

from .._base import arguments
from .._base.errors import InputError, suggest
from .._base.levels import LEVELS
from ..interactions.running import running_sin2
from ..results.running import MOMENTA, OURS, Running, RunningPoint, fitted_momenta, literature, shift
from .likelihood import Likelihood

ANGLE = "sin2_theta_w"


@arguments.checked(fits=arguments.optional(arguments.texts))
def running(fits: Sequence[str] | None = None) -> Running:
    """Return how sin²θ_W runs with the momentum transfer, with measurements beside it.

    Args:
        fits: what is fitted, of the names in ``data/running``: all by default, each with sin²θ_W free.

    The curve is that of one loop in the MS-bar scheme (hep-ph/0409169, first term), shifted to 0.23863 at Q = 0.

    >>> import cevnsjax as cj
    >>> found = cj.running(["apv-cs"])
    >>> [(point.name, f"{point.value:.4f} ± {point.error:.4f}") for point in found.points]
    [('Qweak', '0.2382 ± 0.0011'), ('E158', '0.2397 ± 0.0013'), ('apv-cs', '0.2376 ± 0.0019')]

    """
    known = fitted_momenta()
    names = tuple(known) if fits is None else tuple(fits)
    for name in names:
        if name not in known:
            raise InputError(f"fits: expected one of {', '.join(known)}, found '{name}'{suggest(name, known)}")
    points = [*literature(), *(_fitted(name, known) for name in names)]
    return Running(MOMENTA, np.asarray(running_sin2(MOMENTA)), tuple(points))


def _fitted(name: str, momenta: Mapping[str, float]) -> RunningPoint:
    """Return the fit of sin²θ_W to what is named, at its momentum transfer."""
    fit = Likelihood(name).fit([ANGLE])
    low, high = fit.interval(ANGLE, LEVELS["68.27"]).around(fit.values[ANGLE])
    value = fit.values[ANGLE] + shift(momenta[name])
    return RunningPoint(name, momenta[name], value, 0.5 * (high - low), OURS, f"cevnsjax fit {name} --free {ANGLE}")
