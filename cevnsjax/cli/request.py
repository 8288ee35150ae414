"""The options that most commands share, as a single object: measurements, parameters, models."""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .._base.errors import InputError
from ..interactions.catalogue import resolve_models
from . import options

if TYPE_CHECKING:
    from ..interactions.combination import Combination
    from ..joint.likelihood import Likelihood
    from ..measurements.joint_analyses import JointAnalysis

MODEL = ("interaction", "couplings", "form_factor", "electrons")
"""Options of the model."""
PARAMETERS = ("free", "tie", "settings", "require", "constrain", "correlate", "relation")
"""Options of the parameters."""


@dataclasses.dataclass(frozen=True)
class Request:
    """The words of the command line that state what is fitted to which data in which model."""

    names: Sequence[str] | None
    free: Sequence[str] | None = None
    tie: Sequence[str] | None = None
    settings: Sequence[str] | None = None
    require: Sequence[str] | None = None
    constrain: Sequence[str] | None = None
    correlate: Sequence[str] | None = None
    relation: Sequence[str] | None = None
    interaction: Sequence[str] | None = None
    couplings: str = "2022"
    form_factor: Sequence[str] | None = None
    electrons: bool = False

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `Likelihood.fit`."""
        return options.specification(self.free, self.tie, self.settings, self.require, self.constrain, self.correlate)

    @property
    def chosen_form_factor(self) -> str | None:
        """Return the form factors as a single text, None if there are none."""
        return ",".join(self.form_factor) if self.form_factor else None

    def models(self) -> "Combination":
        """Return the models of the interaction."""
        return resolve_models(self.interaction, self.couplings, self.electrons)

    @property
    def analysis(self) -> "JointAnalysis":
        """Return what is named: measurements and relations, and what the joint analyses among them move."""
        from ..measurements.joint_analyses import expanded

        relations = options.split(self.relation, "--relation")
        for name in relations:
            options.check_relation(name)
        return expanded([*(self.names or ()), *relations])

    def experiments(self) -> "Likelihood":
        """Return the likelihood of measurements, forecasts and experiments of the user's."""
        from ..joint.likelihood import Likelihood
        from ..measurements import resolve

        analysis = self.analysis
        measurements = resolve(analysis.measurements, self.chosen_form_factor)
        return Likelihood(measurements, self.models(), free=analysis.free, tie=analysis.tie)

    def measured(self) -> "Likelihood":
        """Return the likelihood of measurements; raise InputError if any of them has no data."""
        likelihood = self.experiments()
        for measurement, name in zip(likelihood.measurements, self.analysis.measurements, strict=True):
            if measurement.asimov:
                raise InputError(
                    f"'{name}' holds no data to fit, but those expected: `cevnsjax forecast {name}` fits these"
                )
        return likelihood


KINDS = {
    "free": options.Free,
    "tie": options.Ties,
    "settings": options.Settings,
    "require": options.Requirements,
    "constrain": options.Constraints,
    "correlate": options.Correlations,
    "relation": options.Relations,
    "interaction": options.Interactions,
    "couplings": options.CouplingScheme,
    "form_factor": options.FormFactorNames,
    "electrons": options.Electrons,
}
Command = Callable[..., None]


def with_request(names: Any, *shared: str, required: bool = True) -> Callable[[Command], Command]:
    """Return the decorator of a command that takes a `Request` first, then options of its own.

    On the command line it has the argument `names`, which may not be `required`, the `shared` options, and its own.
    """
    defaults = {field.name: field.default for field in dataclasses.fields(Request)}
    keyword, default = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.empty if required else None
    parts = [
        inspect.Parameter("names", keyword, annotation=names, default=default),
        *(inspect.Parameter(name, keyword, annotation=KINDS[name], default=defaults[name]) for name in shared),
    ]

    def decorate(command: Command) -> Command:
        _, *own = inspect.signature(command).parameters.values()
        every = [*parts, *(parameter.replace(kind=keyword) for parameter in own)]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            request = Request(**{part.name: given.pop(part.name) for part in parts})
            command(request, **given)

        vars(run)["__signature__"] = inspect.Signature(every, return_annotation=None)
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in every}
        return run

    return decorate
