"""From histograms of the UHI protocol (https://uhi.readthedocs.io) to an experiment of templates.

What is taken of a histogram is `axes`, each with `len(axis)` bins of which `axis[k]` are the two edges, `values()`, and
`variances()` if it is weighted. Neither hist nor boost-histogram is needed. JSON of the UHI serialization, schema 1, is
read as well: a table with the histogram `observed`, the table `components` and, if there are any, `variations`.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._base.data_files import UNITS
from ..._base.errors import InputError
from ..._base.typing import Float
from .described import Bins, Channel, Component, Described, OwnParameter, Variation, own_names
from .json_input import number, numbers, rows, table

SCHEMA = "uhi_schema"
LARGEST_VALUE = 1e15
"""Events of a bin up to which it is read."""
FIXED_UNTIL_FREE = {"value": 1.0, "low": 0.0, "high": 10.0}
"""Numbers of the strength of a component."""


@dataclasses.dataclass(frozen=True)
class Histogram:
    """A histogram without its bins beyond the ends."""

    axes: dict[str, np.ndarray]
    """Edges of the bins along each axis, by name with unit."""
    values: Float[np.ndarray, "..."]
    variances: Float[np.ndarray, "..."] | None = None
    """None of one without weights."""


def from_histograms(
    name: str, observed: Any, components: Any, variations: Any, source: str = "a set of histograms"
) -> Described:
    """Return the experiment of histograms; raise InputError for others than those of the same axes."""
    if not isinstance(components, Mapping) or not components:
        raise InputError("components: expected histograms by the name of a component, found none")
    data = histogram("observed", observed)
    made = {key: histogram(f"components: {key}", entry) for key, entry in components.items()}
    moved = _variations(variations, made)
    for key, (up, down) in moved.items():
        for one in (up, down):
            _check_alike(f"variations: {', '.join(key)}", one, data)
    for key, entry in made.items():
        _check_alike(f"components: {key}", entry, data)
    names = own_names((*made, *(parameter for _, parameter in moved)), "names")
    channel = Channel(
        "histograms",
        data.axes,
        data.values.ravel(),
        tuple(_component(key, entry, moved, names) for key, entry in made.items()),
    )
    strengths = tuple(
        OwnParameter(f"{names[key]}_norm", "free", FIXED_UNTIL_FREE, f"strength of {key}") for key in made
    )
    return Described(name, source, (channel,), strengths)


def _variations(given: Any, components: Mapping[str, Histogram]) -> dict[tuple[str, str], tuple[Histogram, Histogram]]:
    """Return the templates at ±1 by component and parameter."""
    made = dict[tuple[str, str], tuple[Histogram, Histogram]]()
    for component, moved in _mapping(given, "variations").items():
        if component not in components:
            raise InputError(f"variations: expected one of {', '.join(components)}, found '{component}'")
        for parameter, pair in _mapping(moved, f"variations: {component}").items():
            where = f"variations: {component}, {parameter}"
            if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
                raise InputError(f"{where}: expected two histograms, at +1 and at -1")
            made[component, parameter] = (histogram(where, pair[0]), histogram(where, pair[1]))
    return made


def _mapping(given: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise InputError(f"{where}: expected a dictionary, found an object of the class {type(given).__name__}")
    return given


def _component(
    key: str,
    entry: Histogram,
    moved: Mapping[tuple[str, str], tuple[Histogram, Histogram]],
    names: Mapping[str, str],
) -> Component:
    variations = tuple(
        Variation(names[parameter], "histosys", up.values.ravel(), down.values.ravel())
        for (component, parameter), (up, down) in moved.items()
        if component == key
    )
    return Component(names[key], entry.values.ravel(), variations=variations, errors=_errors(entry))


def _errors(entry: Histogram) -> Bins | None:
    """Return the relative errors of a weighted histogram, 0 in empty bins; None of another."""
    if entry.variances is None or np.array_equal(entry.variances, entry.values):
        return None
    full = entry.values > 0
    return np.where(full, np.sqrt(entry.variances) / np.where(full, entry.values, 1.0), 0.0).ravel()


def _check_alike(where: str, one: Histogram, other: Histogram) -> None:
    edges, expected = list(one.axes.values()), list(other.axes.values())
    if len(edges) != len(expected) or not all(map(np.array_equal, edges, expected)):
        raise InputError(f"{where}: expected the axes of the observed histogram, found others")


def histogram(where: str, given: Any) -> Histogram:
    """Return the histogram of an object of the protocol, or one that is such already."""
    if isinstance(given, Histogram):
        return given
    if not all(hasattr(given, name) for name in ("axes", "values", "variances")):
        found = f"an object of the class {type(given).__name__}"
        raise InputError(f"{where}: expected a histogram with axes, values() and variances(), found {found}")
    axes = [_edges(f"{where}: axis {k}", axis) for k, axis in enumerate(given.axes)]
    labels = [_label(axis, k) for k, axis in enumerate(given.axes)]
    variances = given.variances()
    return _checked(where, labels, axes, given.values(), variances)


def _checked(where: str, labels: Sequence[str], axes: Sequence[Bins], values: Any, variances: Any) -> Histogram:
    """Return the histogram; raise InputError for values that are not finite, negative, or of another shape."""
    if len(set(labels)) < len(labels):
        raise InputError(f"{where}: expected axes of different names, found {', '.join(labels)}")
    shape = tuple(len(edges) - 1 for edges in axes)
    counts = _amounts(f"{where}: values", values, shape)
    errors = None if variances is None else _amounts(f"{where}: variances", variances, shape)
    return Histogram(dict(zip(labels, axes, strict=True)), counts, errors)


def _amounts(where: str, given: Any, shape: tuple[int, ...]) -> Float[np.ndarray, "..."]:
    array = np.asarray(given, float)
    if array.shape != shape:
        raise InputError(f"{where}: expected the shape {shape} of its axes, found {array.shape}")
    if not np.all((array >= 0) & (array <= LARGEST_VALUE)):
        raise InputError(f"{where}: expected numbers from 0 to {LARGEST_VALUE:g}, found others")
    return array


def _edges(where: str, axis: Any) -> Bins:
    """Return the edges of an axis; raise InputError for one of categories, and for bins with gaps."""
    try:
        pairs = np.array([tuple(axis[k]) for k in range(len(axis))], float).reshape(-1, 2)
    except (TypeError, ValueError):
        raise InputError(f"{where}: expected bins with two edges each, found categories") from None
    edges = np.append(pairs[:, 0], pairs[-1:, 1])
    if len(edges) < 2 or not np.all(np.isfinite(edges)) or np.any(np.diff(edges) <= 0):
        raise InputError(f"{where}: expected increasing edges of at least one bin, found others")
    return edges


def _label(axis: Any, place: int) -> str:
    """Return the name of an axis with its unit: of its label ``energy [keV]``, else of its name, else of its place."""
    texts = [getattr(axis, part, None) for part in ("label", "name", "metadata")]
    return _named(next((text for text in texts if isinstance(text, str) and text), ""), place)


def _named(text: str, place: int) -> str:
    name, _, unit = text.partition("[")
    unit = unit.partition("]")[0].strip()
    own = re.sub(r"[^A-Za-z0-9_]+", "_", name.strip()).strip("_")
    own = own if re.match(r"[A-Za-z]", own) and own not in ("parts", "excluded") else f"axis_{place}"
    return f"{own} [{unit}]" if unit in UNITS and unit != "1" else own


# JSON


def is_uhi_json(content: Any) -> bool:
    """Return whether JSON is that of histograms."""
    return isinstance(content, dict) and "observed" in content and "components" in content


def from_uhi_json(name: str, content: Any, source: str) -> Described:
    """Return the experiment of JSON with serialized histograms; errors begin with `source`."""
    content = table(content, source, ("observed", "components"), ("variations",))
    observed = _of_json(content["observed"], f"{source}: observed")
    components = {
        key: _of_json(entry, f"{source}: components: {key}")
        for key, entry in table(content["components"], f"{source}: components").items()
    }
    variations = {
        component: {
            parameter: [_of_json(entry, f"{source}: variations: {parameter}") for entry in rows(pair, source)]
            for parameter, pair in table(moved, f"{source}: variations: {component}").items()
        }
        for component, moved in table(content.get("variations", {}), f"{source}: variations").items()
    }
    try:
        return from_histograms(name, observed, components, variations, f"histograms, {source.rpartition('/')[2]}")
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(source) else f"{source}: {error}") from None


def _of_json(entry: Any, where: str) -> Histogram:
    """Return a histogram of schema 1, its bins beyond the ends left out."""
    entry = table(entry, where, (SCHEMA, "axes", "storage"))
    if entry[SCHEMA] != 1:
        raise InputError(f"{where}: {SCHEMA}: expected 1, found {entry[SCHEMA]!r:.40}")
    axes = [table(axis, f"{where}: axes[{k}]", ("type",)) for k, axis in enumerate(rows(entry["axes"], where))]
    edges = [_edges_of_json(axis, f"{where}: axes[{k}]") for k, axis in enumerate(axes)]
    labels = [_label_of_json(axis, k) for k, axis in enumerate(axes)]
    storage = table(entry["storage"], f"{where}: storage", ("type", "values"))
    if storage["type"] not in ("int", "double", "weighted"):
        raise InputError(f"{where}: storage: expected int, double or weighted, found {storage['type']!r:.40}")
    flow = [(bool(axis.get("underflow")), bool(axis.get("overflow"))) for axis in axes]
    arrays = [
        _inside(storage[key], flow, edges, f"{where}: {key}") if key in storage else None
        for key in ("values", "variances")
    ]
    return _checked(where, labels, edges, *arrays)


def _edges_of_json(axis: Mapping[str, Any], where: str) -> Bins:
    if axis["type"] == "regular":
        low, high, bins = (number(axis.get(key), f"{where}: {key}") for key in ("lower", "upper", "bins"))
        if not low < high or bins != int(bins) or not 1 <= bins <= 1e6:
            raise InputError(f"{where}: expected lower < upper and a whole number of bins, found others")
        return np.linspace(low, high, int(bins) + 1)
    if axis["type"] == "variable":
        edges = numbers(axis.get("edges"), f"{where}: edges", negative=True)
        if len(edges) > 1 and np.all(np.diff(edges) > 0):
            return edges
    raise InputError(f"{where}: expected a regular or a variable axis of increasing edges, found '{axis['type']}'")


def _label_of_json(axis: Mapping[str, Any], place: int) -> str:
    metadata = axis.get("metadata")
    texts = [metadata.get(key) for key in ("label", "name", "metadata")] if isinstance(metadata, dict) else []
    return _named(next((text for text in texts if isinstance(text, str) and text), ""), place)


def _inside(
    value: Any, flow: Sequence[tuple[bool, bool]], edges: Sequence[Bins], where: str
) -> Float[np.ndarray, "..."]:
    """Return the array of nested lists without the bins beyond the ends."""
    bins = [len(own) - 1 for own in edges]
    shape = tuple(count + sum(beyond) for count, beyond in zip(bins, flow, strict=True))
    array = _nested(value, shape, where)
    return array[tuple(slice(int(under), int(under) + count) for (under, _), count in zip(flow, bins, strict=True))]


def _nested(value: Any, shape: tuple[int, ...], where: str) -> Float[np.ndarray, "..."]:
    if len(shape) == 1:
        return numbers(value, where, shape[0], negative=True)
    if len(listed := rows(value, where)) != shape[0]:
        raise InputError(f"{where}: expected {shape[0]} rows, found {len(listed)}")
    return np.stack([_nested(row, shape[1:], f"{where}[{k}]") for k, row in enumerate(listed)])
