"""The workspace of pyhf (HistFactory in JSON; L. Heinrich et al., J. Open Source Softw. 6, 2823 (2021)).

A strength x = c ± w that enters linearly is a ``histosys``: with templates at c - w and c + w, symmetric about that at
c, all interpolations of pyhf's are a straight line, and its parameter α = (x - c)/w has the constraint α². (``normsys``
would be an exponential.) Several strengths that are added are several of these. A parameter without a constraint is a
``normfactor``, which multiplies. -2 ln L of pyhf is then χ² plus a constant of the data:

    μ_b = Π normfactors · [counts_b + Σ α (hi_b - lo_b)/2]
"""

from collections.abc import Mapping

import numpy as np

from .._base.errors import InputError
from .._base.typing import Float
from .checking import Check
from .counting import Channel, Counting, Line, Sample, counting
from .documents import Content, Point, Read, compared
from .target import Target

FORM = "pyhf"
VERSION = "1.0.0"
"""Of pyhf's schema."""


def workspace(target: Target, model: Counting) -> Content:
    """Return the workspace as JSON has it; raise InputError for a product of two constrained strengths."""
    return {
        "channels": [_channel(channel, model) for channel in model.channels],
        "observations": [{"name": c.name, "data": c.observed.tolist()} for c in model.channels],
        "measurements": [{"name": _label(target), "config": _config(target, model)}],
        "version": VERSION,
    }


def _label(target: Target) -> str:
    """Return the name of the fit: the one place of the format that takes a text."""
    about = target.about()
    return f"{target.title} (cevnsjax {about['version']}, data {about['data']})"


def _config(target: Target, model: Counting) -> Content:
    used = {name for line in model.lines for name in line.names}
    free = [name for name in target.specification.free if name in used and name not in model.pulls]
    parameters = [_parameter(target, model, name) for name in target.names if name in used]
    return {"poi": free[0] if free else "", "parameters": parameters}


def _parameter(target: Target, model: Counting, name: str) -> Content:
    """Return the start and the bounds of a parameter, of α = (x - c)/w where it has a constraint."""
    pull = model.pulls.get(name)
    centre, width = (0.0, 1.0) if pull is None else (pull.centre, pull.width)
    low, high = ((bound - centre) / width for bound in target.specification.bounds[name])
    start = (target.specification.values[name] - centre) / width
    return {"name": name, "inits": [start], "bounds": [[low, high]]}


def _channel(channel: Channel, model: Counting) -> Content:
    return {"name": channel.name, "samples": [_sample(channel, sample, model) for sample in channel.samples]}


def _sample(channel: Channel, sample: Sample, model: Counting) -> Content:
    """Return a component with its modifiers."""
    pulled = [line for line in sample.lines if any(name in model.pulls for name in line.names)]
    others = [line for line in sample.lines if line not in pulled]
    for line in pulled:
        if len(pulled) > 1 or not all(name in model.pulls for name in line.names):
            names = ", ".join(name for each in pulled for name in each.names)
            raise InputError(
                f"{FORM}: expected a single constrained strength of {sample.name} of {channel.name}, found the product "
                f"or the sum with a free one of {names}: --set all but one, or --format hs3"
            )
    _check_once(channel, sample)
    nominal, shifts = _varied(sample.counts, pulled[0], model) if pulled else (sample.counts, {})
    modifiers = [_histosys(name, nominal, shift) for name, shift in shifts.items()]
    modifiers += [_normfactor(channel, sample, line) for line in others]
    return {"name": sample.name, "data": nominal.tolist(), "modifiers": modifiers}


def _check_once(channel: Channel, sample: Sample) -> None:
    """Raise InputError for a power of a parameter: a sample of pyhf has each modifier once."""
    factors = [set(line.names) for line in sample.lines]
    if len(set().union(*factors)) < sum(map(len, factors)):
        raise InputError(
            f"{FORM}: expected {sample.name} of {channel.name} linear in its strengths: leave out the --tie"
        )


def _varied(
    counts: Float[np.ndarray, " bin"], line: Line, model: Counting
) -> tuple[Float[np.ndarray, " bin"], dict[str, Float[np.ndarray, " bin"]]]:
    """Return the counts where all parameters of a line are at their centres, and what a width of each adds."""
    total = line.constant + sum(model.pulls[name].centre for name in line.names)
    widths = {name: line.names.count(name) * model.pulls[name].width for name in line.names}
    return total * counts, {name: width * counts for name, width in widths.items()}


def _histosys(name: str, nominal: Float[np.ndarray, " bin"], shift: Float[np.ndarray, " bin"]) -> Content:
    data = {"hi_data": (nominal + shift).tolist(), "lo_data": (nominal - shift).tolist()}
    return {"name": name, "type": "histosys", "data": data}


def _normfactor(channel: Channel, sample: Sample, line: Line) -> Content:
    if len(line.names) > 1 or line.constant:
        raise InputError(
            f"{FORM}: expected a strength of {sample.name} of {channel.name} on its own, found the sum of "
            f"{', '.join(line.names)}, none of which has a constraint"
        )
    return {"name": line.names[0], "type": "normfactor", "data": None}


def make(target: Target) -> tuple[bytes, Check]:
    """Return the file, and how it compares with the engine."""
    model = counting(FORM, target)

    def read(content: Content, values: Point) -> Read:
        pulls = (model.pulls.get(name) for name in target.names)
        scaled = [x if p is None else (x - p.centre) / p.width for x, p in zip(values, pulls, strict=True)]
        return read_workspace(content, dict(zip(target.names, scaled, strict=True)))

    return compared(FORM, target, model, workspace(target, model), read)


def read_workspace(content: Content, values: Mapping[str, float]) -> Read:
    """Return Σ α² and the expected counts of each channel of a workspace at values of its parameters, interpolated
    as ``code0`` of pyhf does, in straight lines.
    """
    modifiers = [m for c in content["channels"] for sample in c["samples"] for m in sample["modifiers"]]
    constrained = {modifier["name"] for modifier in modifiers if modifier["type"] == "histosys"}
    counts = [np.sum([_counts(s, values) for s in channel["samples"]], axis=0) for channel in content["channels"]]
    return sum(values[name] ** 2 for name in constrained), counts


def _counts(sample: Content, values: Mapping[str, float]) -> Float[np.ndarray, " bin"]:
    nominal = np.array(sample["data"])
    counts, factor = nominal.copy(), 1.0
    for modifier in sample["modifiers"]:
        value = values[modifier["name"]]
        if modifier["type"] == "normfactor":
            factor *= value
        else:
            end = np.array(modifier["data"]["hi_data" if value >= 0.0 else "lo_data"])
            counts += abs(value) * (end - nominal)
    return factor * counts
