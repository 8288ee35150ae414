"""The High-Energy-Physics Statistics Serialization Standard (HS3, version 0.2), as pyhs3 and ROOT read it.

A channel is a ``histfactory_dist`` whose samples have ``normfactor`` modifiers alone; constraints are ``gaussian_dist``
among the auxiliary distributions of the likelihood. So strengths keep their own names and values. A sum of parameters
is a function of type ``sum``. Names are letters, digits and underscores, as HS3 has them in expressions.
"""

import re
from collections.abc import Mapping

import numpy as np

from .._base.typing import Float
from .checking import Check
from .counting import Channel, Counting, Line, Sample, counting
from .documents import Content, Point, Read, compared
from .target import Target

FORM = "hs3"
VERSION = "0.2"
LIKELIHOOD, DOMAIN, START = "likelihood", "bounds", "start"


def plain(name: str) -> str:
    """Return a name with underscores for what is neither a letter nor a digit: ``cevns_norm@lz-8b`` in HS3."""
    return re.sub(r"\W+", "_", name, flags=re.ASCII)


def document(target: Target, model: Counting) -> Content:
    """Return the document as JSON has it."""
    values, constants = target.specification.values, _constants(model)
    parameters = [{"name": plain(name), "value": values[name]} for name in target.names]
    parameters += [{"name": name, "value": value, "const": True} for name, value in constants.items()]
    bounds = target.specification.bounds
    axes = [{"name": plain(n), "min": bounds[n][0], "max": bounds[n][1]} for n in target.names]
    pulls = [_pull(name, model) for name in model.pulls]
    channels = [plain(channel.name) for channel in model.channels]
    return {
        "metadata": _metadata(target),
        "distributions": [*map(_channel, model.channels), *pulls],
        "functions": list({line["name"]: line for line in _sums(model)}.values()),
        "data": [_data(channel) for channel in model.channels],
        "likelihoods": [
            {
                "name": LIKELIHOOD,
                "distributions": channels,
                "data": [f"{name}_data" for name in channels],
                "aux_distributions": [pull["name"] for pull in pulls],
            }
        ],
        "domains": [{"name": DOMAIN, "type": "product_domain", "axes": axes}],
        "parameter_points": [{"name": START, "parameters": parameters}],
        "analyses": [
            {
                "name": "fit",
                "likelihood": LIKELIHOOD,
                "domains": [DOMAIN],
                "init": START,
                "parameters_of_interest": [plain(name) for name in target.specification.free],
            }
        ],
        "misc": {"cevnsjax": target.about()},
    }


def _metadata(target: Target) -> Content:
    about = target.about()
    packages = [{"name": "cevnsjax", "version": about["version"]}]
    return {"hs3_version": VERSION, "packages": packages, "description": f"{target.title}, data {about['data']}"}


def _factor(line: Line) -> str:
    """Return the name of what a line is: its parameter, or a function of that name."""
    if len(line.names) == 1 and not line.constant:
        return plain(line.names[0])
    return plain(f"sum_{_constant(line.constant)}_{'_'.join(line.names)}")


def _constant(value: float) -> str:
    return plain(f"constant_{value!r}".replace("-", "minus_"))


def _constants(model: Counting) -> dict[str, float]:
    """Return the constants of sums, which are parameters that never move."""
    return {_constant(line.constant): line.constant for line in model.lines if line.constant}


def _sums(model: Counting) -> list[Content]:
    return [_sum(line) for line in model.lines if len(line.names) > 1 or line.constant]


def _sum(line: Line) -> Content:
    added = [*map(plain, line.names), *([_constant(line.constant)] if line.constant else [])]
    return {"name": _factor(line), "type": "sum", "summands": added}


def _pull(name: str, model: Counting) -> Content:
    pull = model.pulls[name]
    return {
        "name": f"{plain(name)}_constraint",
        "type": "gaussian_dist",
        "x": pull.centre,
        "mean": plain(name),
        "sigma": pull.width,
    }


def _axes(channel: Channel) -> list[Content]:
    name = plain(channel.name)
    return [{"name": f"{name}_{plain(axis)}", "edges": edges.tolist()} for axis, edges in channel.axes.items()]


def _data(channel: Channel) -> Content:
    name = f"{plain(channel.name)}_data"
    return {"name": name, "type": "binned", "axes": _axes(channel), "contents": channel.observed.tolist()}


def _channel(channel: Channel) -> Content:
    samples = [_sample(sample) for sample in channel.samples]
    return {"name": plain(channel.name), "type": "histfactory_dist", "axes": _axes(channel), "samples": samples}


def _sample(sample: Sample) -> Content:
    data = {"contents": sample.counts.tolist(), "errors": [0.0] * len(sample.counts)}
    modifiers = [
        {"name": f"factor_{number}", "type": "normfactor", "parameter": _factor(line)}
        for number, line in enumerate(sample.lines, start=1)
    ]
    return {"name": plain(sample.name), "data": data, "modifiers": modifiers}


def make(target: Target) -> tuple[bytes, Check]:
    """Return the file, and how it compares with the engine."""
    model = counting(FORM, target)

    def read(content: Content, values: Point) -> Read:
        return read_document(content, dict(zip(map(plain, target.names), values, strict=True)))

    return compared(FORM, target, model, document(target, model), read)


def read_document(content: Content, values: Mapping[str, float]) -> Read:
    """Return Σ ((x - c)/w)² and the expected counts of each channel of a document at values of its parameters."""
    known = {p["name"]: p["value"] for p in content["parameter_points"][0]["parameters"]} | dict(values)
    known |= {f["name"]: sum(known[name] for name in f["summands"]) for f in content["functions"]}
    kinds: dict[str, list[Content]] = {"gaussian_dist": [], "histfactory_dist": []}
    for distribution in content["distributions"]:
        kinds[distribution["type"]].append(distribution)
    pulls = (((known[d["mean"]] - d["x"]) / d["sigma"]) ** 2 for d in kinds["gaussian_dist"])
    counts = [np.sum([_counts(s, known) for s in d["samples"]], axis=0) for d in kinds["histfactory_dist"]]
    return sum(pulls), counts


def _counts(sample: Content, known: Mapping[str, float]) -> Float[np.ndarray, " bin"]:
    factors = [known[modifier["parameter"]] for modifier in sample["modifiers"]]
    return np.prod(factors) * np.array(sample["data"]["contents"])
