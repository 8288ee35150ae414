"""What the lists of measurements, models, parameters and papers are shown as."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..._base.digits import prior, unit
from ..._base.tables import Block, Table, abridged
from ...parameters.parameter import ParameterTable


def _variants(names: Sequence[str]) -> str:
    return ", ".join(f":{name}" for name in names)


def measurement_list(content: Mapping[str, Any], forecasts: Mapping[str, str]) -> list[Block]:
    """Return the list of measurements and what joins them, and of shipped forecasts with their titles."""
    rows = [(name, _variants(measurement["variants"]), measurement["summary"]) for name, measurement in content.items()]
    return [
        Table(("measurement", "variants, default first", "what it is"), rows, wrapped=(1, 2)),
        Table(("forecast", "what it is"), list(forecasts.items()), wrapped=(1,)),
    ]


def model_list(content: Mapping[str, Any]) -> list[Block]:
    """Return the list of models."""
    headers = ("model", "what it is", "variants, default first", "parameters", "reference")
    rows = [
        (name, model["summary"], _variants(model["variants"]), abridged(model["parameters"]), model["reference"])
        for name, model in content.items()
    ]
    return [Table(headers, rows, wrapped=(1, 2, 3, 4))]


def described(parameters: ParameterTable) -> dict[str, dict[str, Any]]:
    """Return parameters as plain lists and numbers, the JSON of the command line."""
    needed = parameters.without_default()
    return {
        p.name: {
            "unit": p.unit,
            "default": None if p.name in needed else p.default,
            "bounds": list(p.bounds),
            "prior": None if p.constraint is None else [p.constraint.centre, p.constraint.width],
            "latex": p.latex,
            "description": p.description,
        }
        for p in parameters.values()
    }


def parameter_rows(content: Mapping[str, Mapping[str, Any]]) -> Table:
    """Return the table of parameters, from their JSON."""
    rows = []
    for name, p in content.items():
        default = "none" if p["default"] is None else f"{p['default']:g}"
        bounds = "{:.6g} … {:.6g}".format(*p["bounds"])
        known = "" if p["prior"] is None else prior(*p["prior"])
        rows.append((name, unit(p["unit"]), default, bounds, known, p["description"]))
    return Table(("parameter", "unit", "default", "bounds", "prior", "what it is"), rows, wrapped=(5,))


def parameter_list(content: Mapping[str, Any]) -> list[Block]:
    """Return the list of parameters, and the couplings of a scheme by case, from their JSON."""
    scheme, values = content["couplings"]["scheme"], content["couplings"]["values"]
    rows = [(case, *(f"{number:.6f}" for number in numbers.values())) for case, numbers in values.items()]
    couplings = Table((f"couplings {scheme}", *next(iter(values.values()))), rows)
    return [parameter_rows(content["parameters"]), "", couplings]


def citations(content: Mapping[str, Any]) -> list[Block]:
    """Return what to cite, from its JSON."""
    blocks: list[Block] = [content["package"]]
    for name, references in content["measurements"].items():
        blocks += [f"{name}:", *(f"  {reference}" for reference in references)]
    return blocks
