"""Priors of parameters: what a user specifies, what it does to a fit that is sampled, and its density and quantiles.

`Flat` narrows the bounds and takes a constraint away, `Normal` is a Gaussian constraint. `LogFlat`, and a univariate
distribution of numpyro, stay with the problem as a `Shape`. A coordinate with a flat prior in its logarithm is sampled
in that, so that the density is flat over decades.
"""

import abc
import dataclasses
import math
import sys
from collections.abc import Mapping
from typing import Any, ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._base import arguments
from ..._base.errors import BLANKS, InputError, read_number, suggest
from ..._base.module import Module
from ..._base.typing import Array, Float, Params, Scalar
from ...parameters.constraints import check_constraint
from ...parameters.parameter import Gaussian
from ..defaults import PRIOR_FORMS
from .specification import Specification


def _check_range(name: str, low: float | int, high: float | int) -> None:
    for value in (low, high):
        arguments.number(name, value)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{name}: expected a lower and a higher number, found {low:g} and {high:g}")


@dataclasses.dataclass(frozen=True)
class Flat:
    """A flat prior from `low` to `high`, in the unit of the parameter, within its bounds.

    >>> import cevnsjax as cj
    >>> posterior = cj.Likelihood("csre-cs").sample(["r_n_cs"], priors={"r_n_cs": cj.Flat(4.5, 5.5)})
    >>> posterior.as_dict()["priors"]
    {'r_n_cs': 'flat from 4.5 to 5.5'}
    """

    low: float | int
    high: float | int

    def __post_init__(self) -> None:
        _check_range("Flat", self.low, self.high)

    def text(self) -> str:
        """Return it as the command line has it."""
        return f"flat:{float(self.low)!r}:{float(self.high)!r}"


@dataclasses.dataclass(frozen=True)
class LogFlat:
    """A prior that is flat in the logarithm from `low`, above 0, to `high`: as much for each decade.

    >>> import cevnsjax as cj
    >>> density = cj.Likelihood("csre-cs").log_density(free=["r_n_cs"], priors={"r_n_cs": cj.LogFlat(4, 6)})
    >>> str(density.priors[0])
    'flat in the logarithm from 4 to 6'
    """

    low: float | int
    high: float | int

    def __post_init__(self) -> None:
        _check_range("LogFlat", self.low, self.high)
        if not self.low > 0.0:
            raise InputError(f"LogFlat: expected a lower end above 0, found {self.low:g}")

    def text(self) -> str:
        """Return it as the command line has it."""
        return f"log:{float(self.low)!r}:{float(self.high)!r}"


@dataclasses.dataclass(frozen=True)
class Normal:
    """A Gaussian prior, cut at the bounds of the parameter: the same as a constraint.

    >>> import cevnsjax as cj
    >>> density = cj.Likelihood("csre-cs").log_density(free=["r_n_cs"], priors={"r_n_cs": cj.Normal(5.0, 0.1)})
    >>> str(density.priors[0])
    'Gaussian 5 ± 0.1, cut at 2.2 to 12'
    """

    mean: float | int
    sd: float | int

    def __post_init__(self) -> None:
        for value in (self.mean, self.sd):
            arguments.number("Normal", value)
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd > 0.0):
            raise InputError(f"Normal: expected a finite mean and a positive sd, found {self.mean:g} and {self.sd:g}")

    def text(self) -> str:
        """Return it as the command line has it."""
        return f"normal:{float(self.mean)!r},{float(self.sd)!r}"


OWN = (Flat, LogFlat, Normal)
UNKNOWN = (NotImplementedError, ImportError, AttributeError)
"""What a distribution of numpyro raises whose quantiles or cumulative distribution numpyro does not have, has from
tensorflow-probability alone, or has not of the base of a transformed distribution."""


def parse_prior(name: str, text: str) -> Flat | LogFlat | Normal:
    """Return the prior of the parameter `name` that a text like ``log:1e-6:1e-3`` describes."""
    kind, _, rest = text.partition(":")
    kinds = {"flat": (Flat, ":"), "log": (LogFlat, ":"), "normal": (Normal, ",")}
    made, separator = kinds.get(kind.strip(BLANKS), (None, ":"))
    parts = rest.split(separator)
    if made is None or len(parts) != 2:
        raise InputError(f"{name}: expected a prior as {PRIOR_FORMS}, found '{text}'")
    low, high = (read_number(part, name) for part in parts)
    try:
        return made(low, high)
    except InputError as error:
        raise InputError(f"{name}: {str(error).partition(': ')[2]}") from None


def is_written(text: str) -> bool:
    """Return whether what `describe` returned is a text of the command line."""
    try:
        parse_prior("prior", text)
    except InputError:
        return False
    return True


def _is_distribution(value: Any) -> bool:
    """Return whether it is a distribution of numpyro, which then has been imported."""
    numpyro = sys.modules.get("numpyro.distributions")
    return numpyro is not None and isinstance(value, numpyro.Distribution)


def check_priors(name: str, value: Any) -> None:
    """Raise `InputError` for what is not a dictionary from names to priors."""
    if not isinstance(value, Mapping):
        example = "{'g_zp': cj.LogFlat(1e-6, 1e-3)}"
        raise InputError(f"{name}: expected a dictionary such as {example}, found {arguments.shown(value)}")
    for key, prior in value.items():
        if not isinstance(key, str):
            raise InputError(f"{name}: expected names as the keys of a dictionary, found {arguments.shown(key)}")
        if isinstance(prior, OWN):
            continue
        if not _is_distribution(prior):
            kinds = "cj.Flat, cj.LogFlat, cj.Normal or a distribution of numpyro"
            raise InputError(f"{name}, {key}: expected a prior ({kinds}), found {arguments.shown(prior)}")
        if prior.batch_shape or prior.event_shape or prior.support.is_discrete:
            raise InputError(f"{name}, {key}: expected a distribution of one real number, found {describe(prior)}")


def describe(prior: Any) -> str:
    """Return a prior as files have it: the text of the command line, or a distribution with its numbers."""
    if isinstance(prior, OWN):
        return prior.text()
    numbers = {name: getattr(prior, name) for name in prior.arg_constraints}
    parts = [f"{name}={float(value):g}" for name, value in numbers.items() if np.ndim(value) == 0]
    base = getattr(prior, "base_dist", None)
    if base is not None and not set(base.arg_constraints) <= set(numbers):
        parts.append(describe(base))
    return f"{type(prior).__name__}({', '.join(parts)})"


class Shape(Module):
    """The prior of a coordinate that is neither flat nor Gaussian, between the ends `low` and `high`."""

    name: eqx.AbstractVar[str]
    low: eqx.AbstractVar[float]
    high: eqx.AbstractVar[float]
    logarithmic: eqx.AbstractClassVar[bool]
    """Whether the coordinate is sampled in its logarithm."""

    @abc.abstractmethod
    def log_density(self, u: Float[Array, "..."] | Scalar) -> Float[Array, "..."] | Scalar:
        """Return ln of the density at `u`, between the ends."""

    @abc.abstractmethod
    def quantile(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the value below which the share `x` of the prior lies."""

    @abc.abstractmethod
    def check_quantiles(self) -> None:
        """Raise `InputError` for a prior whose quantiles are not known."""

    @abc.abstractmethod
    def statement(self, site: str) -> Scalar:
        """Make the statement of a numpyro model, and return the value drawn."""


class LogShape(Shape):
    """Flat in the logarithm."""

    name: str = eqx.field(static=True)
    low: float
    high: float
    logarithmic: ClassVar[bool] = True

    def __str__(self) -> str:
        return "flat in the logarithm"

    def log_density(self, u: Float[Array, "..."] | Scalar) -> Float[Array, "..."] | Scalar:
        """Return -ln u - ln ln(high/low)."""
        return -jnp.log(u) - jnp.log(jnp.log(self.high / self.low))

    def quantile(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return low (high/low)^x."""
        return self.low * jnp.exp(x * jnp.log(self.high / self.low))

    def check_quantiles(self) -> None:
        """Take it."""

    def statement(self, site: str) -> Scalar:
        """Draw the logarithm, which is flat."""
        import numpyro
        from numpyro import distributions

        value: Any = numpyro.sample(site, distributions.LogUniform(self.low, self.high))
        return value


class DistributionShape(Shape):
    """A distribution of numpyro, cut at the ends."""

    name: str = eqx.field(static=True)
    low: float
    high: float
    distribution: Any
    below: float
    """Share of the distribution below `low`."""
    mass: float
    """Share of it between the ends; not a number where the distribution does not say."""
    whole: bool = eqx.field(static=True)
    """Whether the ends hold all of it."""
    text: str = eqx.field(static=True)
    logarithmic: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.text

    def log_density(self, u: Float[Array, "..."] | Scalar) -> Float[Array, "..."] | Scalar:
        """Return ln of the density; where the mass between the ends is not known, not normalised for these."""
        return self.distribution.log_prob(u) - jnp.log(jnp.where(jnp.isnan(self.mass), 1.0, self.mass))

    def quantile(self, x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the quantile of what is between the ends."""
        return self.distribution.icdf(self.below + x * self.mass)

    def check_quantiles(self) -> None:
        """Raise `InputError` for a distribution without quantiles, or that is cut and does not say where."""
        try:
            self.distribution.icdf(jnp.asarray(0.5))
        except UNKNOWN:
            raise InputError(
                f"{self.name}: expected a prior with quantiles for nested sampling, found {self.text} without icdf"
            ) from None
        if math.isnan(self.mass):
            raise InputError(
                f"{self.name}: expected a prior with a cumulative distribution for nested sampling, "
                f"found {self.text} without cdf"
            )

    def statement(self, site: str) -> Scalar:
        """Draw from the distribution, or flat between the ends with a factor where these cut it."""
        import numpyro
        from numpyro import distributions

        value: Any = numpyro.sample(
            site, self.distribution if self.whole else distributions.Uniform(self.low, self.high)
        )
        if not self.whole:
            numpyro.factor(f"{site}_prior", self.log_density(value))
        return value


def _distribution_shape(name: str, low: float, high: float, distribution: Any, support: tuple[float, float]) -> Shape:
    whole, text = low <= support[0] and support[1] <= high, describe(distribution)
    below, mass = 0.0, 1.0
    if not whole:
        try:
            below, above = (float(distribution.cdf(jnp.asarray(end))) for end in (low, high))
        except UNKNOWN:
            below, mass = math.nan, math.nan
        else:
            below = 0.0 if low <= support[0] else below
            mass = (1.0 if support[1] <= high else above) - below
            if not mass > 0.0:
                raise InputError(
                    f"{name}: expected a prior with some probability from {low:g} to {high:g}, found {text}"
                )
    doubled = jax.tree.map(lambda leaf: jnp.asarray(leaf, float), distribution)
    return DistributionShape(name, float(low), float(high), doubled, below, mass, whole, text)


def _support(distribution: Any) -> tuple[float, float]:
    ends = (getattr(distribution.support, f"{side}_bound", default) for side, default in SIDES)
    low, high = (float(end) for end in ends)
    return low, high


SIDES = (("lower", -math.inf), ("upper", math.inf))


def _check_moving(specification: Specification, name: str) -> None:
    if name not in specification.values:
        raise InputError(f"unknown parameter '{name}'{suggest(name, specification.values)}")
    if name in specification.ties:
        leader = specification.ties[name]
        raise InputError(
            f"{name}: expected a prior of a free parameter or a nuisance, found a parameter tied to {leader}"
        )
    if name not in specification.coordinates:
        raise InputError(f"{name}: expected a prior of a free parameter or a nuisance, found a parameter that is fixed")


def apply_priors(specification: Specification, priors: Mapping[str, Any] | None) -> Specification:
    """Return `specification` with `priors` in place of flat priors and of the constraints of nuisances."""
    if not priors:
        return specification
    bounds, constraints = dict(specification.bounds), dict(specification.constraints)
    shapes: list[Shape] = []
    for name, prior in priors.items():
        _check_moving(specification, name)
        low, high = bounds[name]
        if name in specification.request.get("constrain", {}):
            raise InputError(f"{name}: expected a prior or a constraint, found both")
        if any(name in pair for pair in specification.correlations):
            raise InputError(f"{name}: expected a prior of what is not correlated, found a correlation of it")
        constraints.pop(name, None)
        if isinstance(prior, Normal):
            constraint = Gaussian(float(prior.mean), float(prior.sd))
            check_constraint(name, constraint, low, high)
            constraints[name] = constraint
            continue
        if any(name in pair for pair in specification.orders):
            raise InputError(f"{name}: expected a Gaussian prior where an order is required, found {describe(prior)}")
        if isinstance(prior, (Flat, LogFlat)):
            if not low <= prior.low < prior.high <= high:
                actual = f"found {prior.low:g} to {prior.high:g}"
                raise InputError(f"{name}: expected a prior within {low:g} to {high:g}, its bounds, {actual}")
            bounds[name] = float(prior.low), float(prior.high)
            shapes += [LogShape(name, *bounds[name])] if isinstance(prior, LogFlat) else []
            continue
        support = _support(prior)
        narrowed = max(low, support[0]), min(high, support[1])
        if not narrowed[0] < narrowed[1]:
            ends = f"from {low:g} to {high:g}"
            raise InputError(f"{name}: expected a prior with some probability {ends}, found {describe(prior)}")
        bounds[name] = narrowed
        shapes.append(_distribution_shape(name, *narrowed, prior, support))
    return dataclasses.replace(
        specification,
        bounds=bounds,
        constraints=constraints,
        priors=tuple(shapes),
        request={**specification.request, "priors": {name: describe(prior) for name, prior in priors.items()}},
    )


class Weighted(Module):
    """Constraints with -2 ln of the priors beside them, so that a minimum is a mode of the density."""

    constraints: Any
    shapes: tuple[Shape, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters that they depend on."""
        return (*self.constraints.names, *(shape.name for shape in self.shapes))

    def __call__(self, params: Params) -> Scalar:
        """Return the sum at `params`."""
        return self.constraints(params) - 2.0 * sum(shape.log_density(params[shape.name]) for shape in self.shapes)


@dataclasses.dataclass(frozen=True)
class Prior:
    """The prior of a coordinate: flat within the bounds, a Gaussian cut at them, or of another shape."""

    name: str
    low: float
    high: float
    centre: float | None = None
    width: float | None = None
    shape: Shape | None = None

    def __str__(self) -> str:
        bounds = f"{self.low:g} to {self.high:g}"
        if self.width is not None:
            return f"Gaussian {self.centre:g} ± {self.width:.4g}, cut at {bounds}"
        return f"{'flat' if self.shape is None else self.shape} from {bounds}"

    @property
    def is_normalised(self) -> bool:
        """Return whether it integrates to 1: a distribution that is cut may not say what is left of it."""
        return not (isinstance(self.shape, DistributionShape) and math.isnan(self.shape.mass))

    @property
    def log_room(self) -> float:
        """Return ln of the integral of its factor in the density: 1 if flat, exp(-½ pull²) if Gaussian, else itself."""
        if self.shape is not None:
            return 0.0
        if self.centre is None or self.width is None:
            return math.log(self.high - self.low)
        from scipy.special import log_ndtr

        ends = [(end - self.centre) / self.width for end in (self.low, self.high)]
        near, far = ends if ends[0] < -ends[1] else (-ends[1], -ends[0])
        mass = float(log_ndtr(far) + np.log1p(-np.exp(log_ndtr(near) - log_ndtr(far))))
        return math.log(self.width * math.sqrt(2.0 * math.pi)) + mass

    def log_density(self, u: Float[Array, "..."] | Scalar) -> Float[Array, "..."] | Scalar:
        """Return ln of the density at `u`, between the bounds, normalised."""
        from jax.scipy.stats import norm

        if self.shape is not None:
            return self.shape.log_density(u)
        if self.centre is None or self.width is None:
            return jnp.full(jnp.shape(u), -math.log(self.high - self.low))
        ends = [(end - self.centre) / self.width for end in (self.low, self.high)]
        # Both ends on the side where the tail is small: no difference of two numbers near 1.
        near, far = ends if ends[0] < -ends[1] else (-ends[1], -ends[0])
        mass = norm.logcdf(far) + jnp.log1p(-jnp.exp(norm.logcdf(near) - norm.logcdf(far)))
        return norm.logpdf(u, self.centre, self.width) - mass
