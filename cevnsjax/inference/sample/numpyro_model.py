"""A problem as a numpyro model, for its samplers, its variational guides, and models that contain it."""

from collections.abc import Callable
from functools import partial

from ..problem.cube import separate_priors
from ..problem.problem import Problem


def _statements(problem: Problem) -> None:
    """Make the statements of the model of `problem`."""
    import jax.numpy as jnp
    import numpyro
    from numpyro import distributions

    priors, rest = separate_priors(problem)
    ordered = {name for pair in problem.orders for name in pair}
    drawn = []
    for prior in priors:
        site = f"{prior.name}_position" if prior.name in ordered else prior.name
        if prior.shape is not None:
            drawn.append(prior.shape.statement(site))
            continue
        if prior.centre is None or prior.width is None:
            shape = distributions.Uniform(prior.low, prior.high)
        else:
            shape = distributions.TruncatedNormal(prior.centre, prior.width, low=prior.low, high=prior.high)
        drawn.append(numpyro.sample(site, shape))
    u = jnp.stack(drawn)
    params = problem.params(u)
    for name in (*ordered, *(follower for follower, _ in problem.ties)):
        numpyro.deterministic(name, params[name])
    numpyro.factor("data", rest.log_volume(u) - 0.5 * rest(u))


def numpyro_model(problem: Problem) -> Callable[[], None]:
    """Return a model with a ``sample`` statement for the prior of each coordinate and a ``factor`` for the data.

    A coordinate that a required order places between others is sampled as its position ``NAME_position``, 0 to 1, and
    its value is deterministic; so are tied parameters.
    """
    return partial(_statements, problem)
