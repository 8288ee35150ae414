"""What a file of a result holds, and the call that makes it again, checked against what this program makes of it."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base.errors import InputError
from .._base.json_files import ENDINGS, encoded, is_number, read_json
from .._base.netcdf import MAGIC, read_record
from ..inference.grid.axes import axis_of
from ..inference.grid.blocks import block_shape
from ..inference.grid.store import MENDED, Damage, ScanStore, are_whole, read_attributes
from ..inference.problem.priors import apply_priors, is_written, parse_prior
from ..inference.sample.run import SAMPLERS, setting_names
from . import record

if TYPE_CHECKING:
    from ..inference.problem.specification import Specification
    from ..joint.likelihood import Likelihood

KINDS = ("scan", "posterior", "toys", "feldman-cousins", "fit", "profile", "prediction", "cross-sections")
ON_AXES = ("scan", "feldman-cousins")
"""Kinds whose origin leaves the parameters of the axes to the run."""
WITHOUT_FIT = ("prediction", "cross-sections")
"""Kinds without a fit."""
MOST_PARTS = 200
"""Measurements, or models, of a result, at most."""
LONGEST_TEXT = 4096
"""Letters of a name, a path or a requirement."""
Check = Callable[[Any], bool]


@dataclasses.dataclass(frozen=True)
class Held:
    """A result on disk."""

    path: Path
    kind: str
    """See `KINDS`."""
    settings: dict[str, Any]
    """What makes it this result: see `record.settings`."""
    origin: dict[str, Any]
    """The request: see `record.origin`."""
    run: dict[str, Any]
    """How it was run: the grid of a scan, the sampler, the toys."""
    state: dict[str, Any]
    """Of a scan, what of it is there and what came out; of fits, what came out."""
    versions: dict[str, str]
    digest: str
    content: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Everything that the file says of the result."""

    @property
    def priors(self) -> dict[str, str]:
        """Return the requested priors: see `priors.describe`."""
        return self.origin.get("priors", {})

    @property
    def priors_of_python(self) -> dict[str, str]:
        """Return the priors that the command line has no text for."""
        return {name: text for name, text in self.priors.items() if not is_written(text)}


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _all(kind: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(kind, value))


def _by_name(kind: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(map(_text, value)) and all(map(kind, value.values()))


def _pair(value: Any) -> bool:
    return _all(_number)(value) and len(value) == 2


def _correlation(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and all(map(_text, value[:2])) and _number(value[2])


def _axis(value: Any) -> bool:
    kinds = {"from": float, "to": float, "values": int, "log": bool, "sha256": str}
    return isinstance(value, dict) and all(type(value.get(key)) is kind for key, kind in kinds.items())


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def _names(value: Any) -> bool:
    return _all(_text)(value) and len(set(value)) == len(value) <= MOST_PARTS


def _truth(value: Any) -> bool:
    parts = {"values": _by_name(_number), "tie": _by_name(_text)}
    return value is None or (isinstance(value, dict) and all(check(value.get(key)) for key, check in parts.items()))


SETTINGS: dict[str, Check] = {
    "measurements": _names,
    "interactions": _names,
    "couplings": lambda value: isinstance(value, dict) and (value.get("scheme") is None or _text(value["scheme"])),
    "form factors": _by_name(_text),
    "electrons": lambda value: type(value) is bool,
    "free": _all(_text),
    "nuisances": _all(_text),
    "fixed": _by_name(_number),
    "tied": _by_name(_text),
    "required": _all(_text),
    "constraints": _by_name(_pair),
    "correlations": _by_name(_number),
    "data": _by_name(_text),
}
ORIGIN: dict[str, Check] = {
    "free": _all(_text),
    "values": _by_name(_number),
    "tie": _by_name(_text),
    "require": _all(_text),
    "constrain": _by_name(_pair),
    "correlate": _all(_correlation),
    "files": _by_name(_text),
    "digests": _by_name(_text),
    "truth": _truth,
}
RUNS: dict[str, dict[str, Check]] = {
    "scan": {"grid": _by_name(_axis), "chunk": _all(_whole)},
    "posterior": {"method": _text, **dict.fromkeys(("draws", "chains", "seed"), _whole)},
    "toys": {"count": _whole, "seed": _whole, "test": _by_name(_number)},
    "feldman-cousins": {
        "grid": _by_name(_axis),
        "levels": _all(_text),
        **dict.fromkeys(("count", "seed", "refine"), _whole),
    },
    "fit": {"minimiser": _text},
    "profile": {"grid": _by_name(_axis)},
    "prediction": {"fitted": lambda value: type(value) is bool},
    "cross-sections": {"form_factor": _text},
}
STATE: dict[str, Check] = {
    "chi2_min": is_number,
    "best": _by_name(is_number),
    "converged": lambda value: type(value) is bool,
    "message": lambda value: isinstance(value, str),
}
STATES: dict[str, dict[str, Check]] = {
    **dict.fromkeys(("fit", "profile", "scan"), STATE),
    "prediction": {"total": _by_name(is_number)},
    "cross-sections": {"measured": _by_name(is_number), "converged": STATE["converged"]},
}
"""What came out, by kind of file."""


def is_folder(path: Path) -> bool:
    """Return whether a path is that of a folder; raise InputError for a path that no file can have."""
    try:
        return path.is_dir()
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read '{path}': {getattr(error, 'strerror', error)}") from None


def _run_checks(content: dict[str, Any]) -> dict[str, Check]:
    """Return the checks of how it was run, those of the settings of its sampler with them."""
    run = content.get("run")
    method = run.get("method") if isinstance(run, dict) else None
    kind = SAMPLERS.get(method) if content["kind"] == "posterior" and isinstance(method, str) else None
    return RUNS[content["kind"]] | dict.fromkeys(() if kind is None else setting_names(kind), _whole)


def read_held(path: Path) -> Held:
    """Return what the file of a result, or the store of a scan, holds; raise InputError for any other."""
    folder = is_folder(path)
    content = _of_scan(path) if folder else _of_file(path)
    kind = content.get("kind")
    if not _text(kind) or kind not in KINDS:
        raise InputError(f"'{path}' holds nothing that this version of the program knows how to show")
    states = {} if folder else STATES.get(kind, {})
    parts = {"settings": SETTINGS, "origin": ORIGIN, "run": _run_checks(content), "state": states}
    for part, known in parts.items():
        section = content.get(part)
        for key, check in known.items():
            if not isinstance(section, dict) or not check(section.get(key)):
                raise InputError(f"'{path}' is damaged: its {part} have no {key} that this program writes")
    if not _by_name(_text)(content["origin"].get("priors", {})):
        raise InputError(f"'{path}' is damaged: its origin has no priors that this program writes")
    if not all(_text(content.get(name)) for name in ("version", "jax", "digest")):
        raise InputError(f"'{path}' is damaged: it does not say what version made it")
    versions = {name: content[name] for name in ("version", "jax")}
    names = ("kind", "settings", "origin", "run")
    state = content["state"] if folder else {key: content["state"][key] for key in states}
    state |= {"complete": True, "damaged": []} if kind == "scan" and not folder else {}
    return Held(path, *(content[name] for name in names), state, versions, content["digest"], content)


def _of_file(path: Path) -> dict[str, Any]:
    """Return what a file of netCDF or of JSON says of itself: its first bytes tell which it is, or its name."""
    first = b""
    if path.is_file():
        with contextlib.suppress(OSError), path.open("rb") as file:
            first = file.read(len(MAGIC))
    json_ = first != MAGIC and (path.suffix in ENDINGS or first.startswith(b"{"))
    return read_json(path) if json_ else read_record(path)


def _of_scan(path: Path) -> dict[str, Any]:
    attributes = read_attributes(path)
    if not are_whole(attributes):
        raise InputError(f"the scan '{path}' is damaged: its zarr.json was altered; {MENDED}")
    complete = bool(attributes.get("complete"))
    try:
        store = ScanStore.of(path, attributes)
        due, faults = store.faults(complete)
        faults = store.fixed_faults() + faults
        done, chunks = store.grid.blocks - len(due), store.grid.blocks
    except Damage as damage:
        faults, done, chunks = [str(damage)], 0, 0
        if "zarr.json" in faults[0]:
            raise InputError(f"the scan '{path}' is damaged: {damage}") from None
    known = ("chi2_min", "best", "chi2_grid_min", "grid_best", "not_converged", "converged")
    state = {"complete": complete, "chunks": chunks, "chunks_done": done, "damaged": faults}
    return {
        **attributes,
        "kind": "scan",
        "run": {key: attributes["settings"][key] for key in ("grid", "chunk")},
        "state": state | {key: attributes[key] for key in known if complete},
    }


def differences(held: Held, likelihood: "Likelihood") -> list[str]:
    """Return in what a likelihood is not that of the result, or the same request has another meaning for it."""
    there, here = held.origin["digests"], record.digests(likelihood)
    changed = [
        f"{name} differs from that of the file"
        for name in dict.fromkeys((*there, *here))
        if there.get(name) != here.get(name)
    ]
    if changed:
        return changed
    if held.kind in WITHOUT_FIT:
        return []
    specification = specification_of(held, likelihood)
    same = encoded(json.loads(json.dumps(record.settings(likelihood, specification, _besides(held)))))
    stored = {name: encoded(held.settings.get(name)) for name in same} | {"version": same["version"]}
    different = record.difference(stored, same)
    return [different] if different else []


def _besides(held: Held) -> tuple[str, ...]:
    return tuple(held.run["grid"]) if held.kind in ON_AXES else ()


def specification_of(held: Held, likelihood: "Likelihood") -> "Specification":
    """Return the specification of the request, for a likelihood."""
    origin, besides = held.origin, _besides(held)
    middle = {} if held.kind != "scan" else {name: middle_of(axis) for name, axis in held.run["grid"].items()}
    specified = likelihood.specify(
        free=[*besides, *origin["free"]],
        values=origin["values"] | middle,
        tie=origin["tie"],
        require=origin["require"],
        constrain={name: tuple(pair) for name, pair in origin["constrain"].items()},
        correlate={(a, b): value for a, b, value in origin["correlate"]},
    )
    return apply_priors(specified, {name: parse_prior(name, text) for name, text in held.priors.items()})


def middle_of(axis: dict[str, Any]) -> float:
    """Return where a scan starts on an axis."""
    low, high = axis["from"], axis["to"]
    return (low * high) ** 0.5 if axis["log"] else 0.5 * (low + high)


def written_axis(name: str, axis: dict[str, Any]) -> str | None:
    """Return the axis as the command line has it, None if it has even steps neither in its values nor in their logs."""
    text = f"{axis['from']!r}:{axis['to']!r}:{axis['values']}" + (":log" if axis["log"] else "")
    try:
        return text if record.axis_settings(axis_of(name, text)) == axis else None
    except InputError:
        return None


def chunk_of(run: dict[str, Any], default: int) -> int | None:
    """Return the number of points of a chunk that was requested, None for the default."""
    shape: Sequence[int] = [axis["values"] for axis in run["grid"].values()]
    if tuple(run["chunk"]) == block_shape(shape, default):
        return None
    size = 1
    for n in run["chunk"]:
        size *= n
    return size
