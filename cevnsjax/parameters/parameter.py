"""Parameters: values are a flat dictionary of scalars by name; their unit, default, bounds and LaTeX are here."""

import dataclasses
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from .._base.errors import InputError, suggest


@dataclasses.dataclass(frozen=True)
class Gaussian:
    """A Gaussian constraint ((x - centre) / width)² on a parameter, in its unit."""

    centre: float
    width: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.centre) and math.isfinite(self.width) and self.width > 0):
            raise InputError(
                f"expected a constraint of a finite centre and a positive width, found {self.centre} ± {self.width}"
            )


@dataclasses.dataclass(frozen=True)
class Parameter:
    """What is known of a parameter beside its value."""

    name: str
    unit: str
    """Unit, "1" for a pure number."""
    default: float
    bounds: tuple[float, float]
    """Closed interval of the allowed values."""
    latex: str
    description: str
    constraint: Gaussian | None = None
    """A parameter with a constraint is a nuisance: it is profiled in every fit unless it is fixed."""
    nuisance: bool = False
    """Profiled in every fit unless it is fixed, even without a constraint."""
    own: bool = False
    """Belongs to its measurement: where several measurements of a likelihood have a parameter of that name, each is
    called NAME@MEASUREMENT. Otherwise the same name is the same parameter."""

    material: bool = False
    """A property of a material as a measurement knows it: measurements that know it alike, default and constraint,
    share it; where they do not, it belongs to each of them."""

    needs: str | None = None
    """A parameter without which this has no meaning, as a coupling without the mass of its mediator: where this is
    fitted or set, that must be too, and it has no default."""
    acts_through: tuple[str, ...] = ()
    """Parameters that are 0 where this does nothing, as the modulus of a phase."""

    @property
    def profiled(self) -> bool:
        """Return whether it is profiled in a fit that does not name it."""
        return self.nuisance or self.constraint is not None

    def check(self, value: float) -> float:
        """Return `value` as a float if it is finite and within the bounds; raise `InputError` otherwise."""
        number = float(value)
        low, high = self.bounds
        if not low <= number <= high:
            unit = "" if self.unit == "1" else f" {self.unit}"
            raise InputError(f"{self.name}: expected a value from {low:g} to {high:g}{unit}, found {number:g}")
        return number


class ParameterTable(Mapping[str, Parameter]):
    """Parameters by name, in order of declaration."""

    def __init__(
        self,
        parameters: Iterable[Parameter],
        check: Callable[[Mapping[str, float]], None] | None = None,
        elsewhere: Callable[[str], str] | None = None,
    ) -> None:
        """Take the parameters, a check of all values together, and a function that hints where other names belong."""
        self._check, self._elsewhere = check, elsewhere
        self._parameters: dict[str, Parameter] = {}
        for parameter in parameters:
            known = self._parameters.setdefault(parameter.name, parameter)
            if known != parameter:
                differ = [
                    f"{field.name} {getattr(known, field.name)} and {getattr(parameter, field.name)}"
                    for field in dataclasses.fields(known)
                    if getattr(known, field.name) != getattr(parameter, field.name)
                ]
                raise InputError(f"two different parameters are named '{parameter.name}': {', '.join(differ)}")

    def __getitem__(self, name: str) -> Parameter:
        return self._parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parameters)

    def __len__(self) -> int:
        return len(self._parameters)

    def find(self, name: str) -> Parameter:
        """Return the parameter of that name; raise `InputError` that suggests the nearest name if there is none."""
        if own := [known for known in self if known.startswith(f"{name}@")]:
            raise InputError(f"each measurement has a '{name}' of its own: name {' or '.join(own)}")
        if name not in self:
            hint = "" if self._elsewhere is None else self._elsewhere(name)
            raise InputError(f"unknown parameter '{name}'{hint or suggest(name, self)}")
        return self[name]

    def without_default(self) -> frozenset[str]:
        """Return the parameters that others need, and that therefore have no default."""
        return frozenset(parameter.needs for parameter in self.values() if parameter.needs is not None)

    def check_needs(self, given: Collection[str]) -> None:
        """Raise InputError if parameters are `given`, to be fitted or with a value, without those that they need."""
        for name in given:
            needed = self[name].needs
            if needed is not None and needed not in given:
                raise InputError(f"'{name}' needs a value of '{needed}', which has no default: set it, or free it")

    def complete(self, values: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return a value for every parameter: those of `values`, checked against their bounds, else the defaults."""
        checked = {name: self.find(name).check(value) for name, value in (values or {}).items()}
        completed = {name: checked.get(name, parameter.default) for name, parameter in self.items()}
        if self._check is not None:
            self._check(completed)
        return completed
