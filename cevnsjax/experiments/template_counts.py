"""An experiment of templates alone, without neutrinos: components, the parameters that move them, and the counts.

μ_b = Σ_c NAME_norm · Π factors · (template of c, moved by its variations)_b
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..interactions.combination import combine
from ..measuring.measurement import Measurement
from ..parameters.parameter import Parameter
from ..parameters.strengths import SNS_FLUX, Strength
from .document import Document
from .kinds import read
from .kinds.components import Component
from .kinds.kind import moving
from .kinds.setting import Bins

NAME = r"[A-Za-z][A-Za-z0-9_]*"
"""What a component and a parameter may be called."""
Made = Mapping[str, tuple[Parameter | None, ...]]
"""The parameters of each table of ``[parameters]``."""


def of_templates(data: Document, header: Mapping[str, Any]) -> Measurement:
    """Return an experiment of templates; each table is read before any is built, so that all faults are found."""
    tables = {
        name: data.attempt(lambda n=name: _named(data, "components", "component", n, "template"))
        for name in data.names("components")
    }
    own = {
        name: data.attempt(lambda n=name: _named(data, "parameters", "parameter", n, "nuisance"))
        for name in data.names("parameters")
    }
    observed = data.attempt(lambda: read(data, "data", "data", "counts"))
    setting = data.attempt(lambda: _bins(data))
    data.stop_at_problems()
    assert setting is not None
    assert observed is not None
    parameters = {name: table.build(name, setting) for name, table in own.items() if table is not None}
    of_bins = {name: tuple(p and p.name for p in made) for name, made in parameters.items() if _is_of_bins(own[name])}
    components = {name: table.build(setting, of_bins) for name, table in tables.items() if table is not None}
    for name, component in components.items():
        _check_component(data, name, component, parameters, of_bins)
    return Measurement(
        **header,
        bins={setting.label(axis): edges for axis, edges in setting.axes.items()},
        strengths=tuple(Strength(f"{name}_norm", name, None, scales=c.factors) for name, c in components.items()),
        backgrounds=tuple(component.stage for component in components.values()),
        term=observed.build(setting, tuple(components)),
        declared=_declared(components, parameters),
    )


def _is_of_bins(table: Any) -> bool:
    return table is not None and table.of.kind == "bins"


def _named(data: Document, section: str, category: str, name: str, implied: str) -> Any:
    """Return a table that has a name of its own; raise DataError for that of a parameter of the physics."""
    key, taken = f"{section}.{name}", (SNS_FLUX, *(p.name for p in combine().parameters()))
    if not re.fullmatch(NAME, name) or name in taken:
        data.leave(key)
        raise data.fail(key, "a name of letters, digits and underscores that no other parameter has", f"'{name}'")
    return read(data, category, key, implied)


def _bins(data: Document) -> Bins:
    """Return the axes of ``[binning]``, each in a unit of its own."""
    if not (names := data.names("binning")):
        raise data.fail("binning", "edges of the bins along an axis", "none")
    units = {name: _unit(data, f"binning.{name}") for name in names}
    return Bins({name: data.bins(f"binning.{name}", unit) for name, unit in units.items()}, units)


def _unit(data: Document, key: str) -> str:
    entry = data.raw(key)
    unit = entry.get("unit") if isinstance(entry, dict) else None
    return unit if isinstance(unit, str) else "1"


def _check_component(
    data: Document, name: str, component: Component, parameters: Made, of_bins: Mapping[str, Any]
) -> None:
    """Raise DataError for factors that are none, twice, or the strength itself, and for moves of strengths."""
    key, single = f"components.{name}", [known for known in parameters if known not in of_bins]
    for k, factor in enumerate(component.factors):
        if factor not in single or factor in (*component.factors[:k], f"{name}_norm"):
            raise data.fail(f"{key}.factors[{k}]", f"one of {', '.join(single) or 'none'}, once", f"'{factor}'")
    strengths = {f"{other}_norm" for other in data.names("components")}
    for parameter in component.moved:
        if parameter in (*of_bins, *strengths, *component.factors) or not re.fullmatch(NAME, parameter):
            expected = "the name of a parameter that is no strength, factor or level"
            raise data.fail(f"{key}.variations.{parameter}", expected, f"'{parameter}'")


def _declared(components: Mapping[str, Component], parameters: Made) -> tuple[Parameter, ...]:
    """Return the parameters that the components read: of ``[parameters]``, or a pull 0 ± 1 where a variation is."""
    strengths = [f"{name}_norm" for name in components]
    used = [n for c in components.values() for n in (*c.factors, *c.levels, *c.moved)]
    found = dict[str, Parameter]()
    for name in dict.fromkeys([*(s for s in strengths if s in parameters), *used]):
        given: Sequence[Parameter | None] = parameters.get(name, (moving(name, f"variation {name}", 1.0),))
        found |= {parameter.name: parameter for parameter in given if parameter is not None}
    return tuple(found.values())


def check_used(data: Document, measurement: Measurement) -> None:
    """Raise DataError for a parameter of the document that no component of any run has."""
    known = {p.name for p in measurement.parameters()}
    for section in ("parameters", *(f"runs.{run}.parameters" for run in data.names("runs"))):
        for name in data.names(section):
            if not any(re.fullmatch(rf"{re.escape(name)}(_[0-9]+)?", parameter) for parameter in known):
                raise data.fail(f"{section}.{name}", "a parameter that a component has", f"'{name}'")
