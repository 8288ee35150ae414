"""The files of an experiment of templates: a commented document, and a table of numbers for each channel."""

import json
from collections.abc import Iterator, Mapping

import numpy as np

from ..._base.errors import printable
from ..folder import DOCUMENT
from .described import Bins, Channel, Component, Described, OwnParameter, Variation

MARK = ": imported from "
HEADER = """\
# {name}{mark}{origin}. Change what differs, and leave the rest.
#
#   cevnsjax check {name}          what is understood of this folder, and every fault in it
#   cevnsjax fit ./{name} --free {free}
#   cevnsjax kinds component       what can stand in each table; also kinds variation, kinds parameter
#
# Templates alone, without neutrinos. A component has a strength NAME_norm, which is 1 unless [parameters] has it.
# What moves a component, and is not in [parameters], is a pull 0 ± 1 between the templates, or factors, of ±1.

"""
ABOUT = {
    "free": "Keeps its value unless a fit names it: --free {name}",
    "nuisance": "Every fit varies it",
    "bins": "Every fit varies the factors of the bins, {name}_1, {name}_2, …",
}


def files(described: Described) -> dict[str, bytes]:
    """Return the files of the folder by name: the document first."""
    tables = table_names(described)
    made = {DOCUMENT: document(described, tables).encode()}
    return made | {tables[channel.name]: _table(channel).encode() for channel in described.channels}


def table_names(described: Described) -> dict[str, str]:
    """Return the name of the file of each channel."""
    return {channel.name: f"{channel.name}.csv" for channel in described.channels}


def document(described: Described, tables: Mapping[str, str]) -> str:
    """Return the text of the document."""
    several = len(described.channels) > 1
    lines = [
        HEADER.format(name=described.name, mark=MARK, origin=printable(described.origin), free=_free(described)),
        f"name = {_text(described.name)}",
        f"title = {_text(described.name)}",
        "",
        "[sources]",
        f"origin = {_text(described.origin)}",
        *(line for parameter in described.parameters for line in _parameter(parameter, "parameters", "")),
    ]
    for channel in described.channels:
        lines += _channel(channel, f"runs.{channel.name}." if several else "", tables[channel.name])
    return "\n".join(lines) + "\n"


def _free(described: Described) -> str:
    """Return the parameter that the example of the header fits."""
    free = [parameter.name for parameter in described.parameters if parameter.kind == "free"]
    return free[0] if free else f"{described.channels[0].components[0].name}_norm"


def _text(text: str) -> str:
    return json.dumps(printable(text)[:200], ensure_ascii=False)


def _number(value: float) -> str:
    return f'{{ value = {float(value)!r}, unit = "1" }}'


def _parameter(parameter: OwnParameter, section: str, table: str) -> Iterator[str]:
    yield ""
    yield f"# {ABOUT[parameter.kind].format(name=parameter.name)}"
    yield f"[{section}.{parameter.name}]"
    yield f"kind = {_text(parameter.kind)}"
    for entry, value in parameter.numbers.items():
        yield f"{entry} = {_number(value)}"
    for entry in parameter.of_bins:
        yield f"{entry} = {_column(table, f'{parameter.name}.{entry}')}"
    if parameter.text:
        yield f"text = {_text(parameter.text)}"


def _column(table: str, column: str) -> str:
    return f"{{ table = {_text(table)}, column = {_text(column)} }}"


def _channel(channel: Channel, prefix: str, table: str) -> Iterator[str]:
    """Return the lines of a channel, a run where there are several."""
    yield ""
    if channel.text:
        yield f"# {printable(channel.text)}"
        yield ""
    yield f"[{prefix}binning]"
    for label, edges in channel.axes.items():
        yield _axis(*_name_unit(label), edges)
    yield ""
    yield f"[{prefix}data]"
    yield f"counts = {_column(table, 'observed')}"
    for parameter in channel.parameters:
        yield from _parameter(parameter, f"{prefix}parameters", table)
    for component in channel.components:
        yield from _component(component, prefix, table)
    if errors := [component.name for component in channel.components if component.errors is not None]:
        yield ""
        yield "# Relative statistical errors of the weighted histograms"
        yield f"[{prefix}data.template_errors]"
        yield from (f"{name} = {_column(table, f'{name}.error')}" for name in errors)


def _name_unit(label: str) -> tuple[str, str]:
    name, bracket, unit = label.partition(" [")
    return name, unit.removesuffix("]") if bracket else "1"


def _axis(name: str, unit: str, edges: Bins) -> str:
    if np.array_equal(edges, np.arange(len(edges))):
        return f"{name} = {{ from = 0, to = {len(edges) - 1}, bins = {len(edges) - 1}, unit = {_text(unit)} }}"
    return f"{name} = {{ value = {edges.tolist()}, unit = {_text(unit)} }}"


def _component(component: Component, prefix: str, table: str) -> Iterator[str]:
    key = f"{prefix}components.{component.name}"
    yield ""
    yield f"[{key}]"
    yield f"counts = {_column(table, component.name)}"
    for entry in ("factors", "levels"):
        if names := getattr(component, entry):
            yield f"{entry} = {json.dumps(list(names))}"
    for variation in component.variations:
        both = [other for other in component.variations if other.parameter == variation.parameter]
        part = {"histosys": ".shape", "normsys": ".norm"}[variation.kind] if len(both) > 1 else ""
        yield ""
        yield f"[{key}.variations.{variation.parameter}{part}]"
        yield from _variation(variation, component.name, table)


def _variation(variation: Variation, component: str, table: str) -> Iterator[str]:
    yield f"kind = {_text(variation.kind)}"
    for entry in ("up", "down"):
        factor = variation.kind == "normsys"
        column = f"{component}.{variation.parameter}.{entry}"
        yield f"{entry} = {_number(getattr(variation, entry)[0]) if factor else _column(table, column)}"
    if variation.form != "smooth":
        yield f"form = {_text(variation.form)}"


def _table(channel: Channel) -> str:
    """Return the table of a channel: a row for each bin."""
    columns = dict(_columns(channel))
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(repr, row)) for row in rows)]) + "\n"


def _columns(channel: Channel) -> Iterator[tuple[str, Bins]]:
    """Return the columns of a channel, by name with unit."""
    sizes = [len(edges) - 1 for edges in channel.axes.values()]
    for (label, edges), place in zip(channel.axes.items(), np.indices(sizes).reshape(len(sizes), -1), strict=True):
        name, unit = _name_unit(label)
        yield f"{name}.low [{unit}]", edges[place]
        yield f"{name}.high [{unit}]", edges[place + 1]
    yield "observed [counts]", channel.observed
    for component in channel.components:
        yield f"{component.name} [counts]", component.counts
        if component.errors is not None:
            yield f"{component.name}.error [1]", component.errors
        for variation in (v for v in component.variations if v.kind == "histosys"):
            for entry in ("up", "down"):
                yield f"{component.name}.{variation.parameter}.{entry} [counts]", getattr(variation, entry)
    for parameter in channel.parameters:
        yield from ((f"{parameter.name}.{entry} [1]", values) for entry, values in parameter.of_bins.items())
