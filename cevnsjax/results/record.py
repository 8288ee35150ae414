"""What a result is the result of: all that tells it from another, and all that makes it again.

`settings` are what makes a result this result, as names and numbers. `origin` is the request in the words of the user,
with a digest of each measurement and of the interaction: these tell whether parts that are built again are the same.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from .._base.data_files import data_root
from .._base.numerics import structure_text
from .._base.version import __version__
from ..inference.grid.axes import Axis
from ..inference.problem.specification import Specification
from ..interactions.couplings import COUPLING_SIN2, LEPTONS, scheme_of
from ..measuring.measurement import Measurement, base_name

if TYPE_CHECKING:
    from ..interactions.combination import Combination
    from ..joint.likelihood import Likelihood

SHIPPED = "forecasts"
"""The folder of the shipped forecasts among the data."""


@dataclasses.dataclass(frozen=True)
class Parts:
    """Measurements and interaction of a result without a likelihood, which `record` takes in its place."""

    measurements: tuple[Measurement, ...]
    interaction: "Combination"
    truth: None = None

    @property
    def specification(self) -> Specification:
        """Return a specification without parameters: nothing is fitted."""
        words = {"free": (), "values": {}, "tie": {}, "require": (), "constrain": {}, "correlate": {}}
        return Specification(
            free=(),
            nuisances=(),
            values={},
            fixed=(),
            ties={},
            orders=(),
            moving=frozenset(),
            constraints={},
            relations=(),
            correlations={},
            dropped=(),
            bounds={},
            request=words,
        )


def _checksums() -> str:
    try:
        return (data_root() / "SHA256SUMS").read_text()
    except (OSError, ValueError):
        return ""


def _observed(measurement: Measurement) -> str:
    numbers = b"".join(np.ascontiguousarray(array, "<f8").tobytes() for array in measurement.term.numbers())
    return hashlib.sha256(numbers).hexdigest()


def data_digests(likelihood: "Likelihood | Parts") -> dict[str, str]:
    """Return the checksum of every data file of the measurements, and of the observed numbers of each."""
    known = {name.strip(): digest for digest, _, name in (line.partition("  ") for line in _checksums().splitlines())}
    checksums = {}
    for measurement in likelihood.measurements:
        base = base_name(measurement)
        stem, shipped = base.replace("-", "_"), f"{SHIPPED}/{base}.toml"
        checksums |= {name: digest for name, digest in sorted(known.items()) if name.partition("/")[0].startswith(stem)}
        checksums |= {shipped: known[shipped]} if shipped in known else {}
        checksums[f"observed {measurement.name}"] = _observed(measurement)
    return checksums


def data_digest(measurements: Iterable[Measurement]) -> str:
    """Return a short digest of all data files of the package and of the observed numbers."""
    observed = [f"{measurement.name} {_observed(measurement)}" for measurement in measurements]
    return hashlib.sha256("\n".join([_checksums(), *observed]).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions of what computed."""
    return {"version": __version__, "jax": jax.__version__}


def record(
    kind: str,
    likelihood: "Likelihood | Parts",
    specification: Specification,
    run: Mapping[str, Any],
    besides: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return what a file of a result says of it: its kind, all that makes it, and how it was run."""
    return {
        "kind": kind,
        "settings": settings(likelihood, specification, besides),
        "origin": origin(likelihood, specification, besides),
        "run": dict(run),
        "digest": data_digest(likelihood.measurements),
        **versions(),
    }


def axis_settings(axis: Axis) -> dict[str, Any]:
    """Return what an axis of a grid is."""
    return {
        "from": float(axis.values[0]),
        "to": float(axis.values[-1]),
        "values": len(axis.values),
        "log": axis.log,
        "sha256": hashlib.sha256(axis.values.astype("<f8").tobytes()).hexdigest(),
    }


def _brief(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def difference(stored: Any, current: Any, name: str = "") -> str | None:
    """Return the first thing in which two settings differ."""
    if isinstance(stored, dict) and isinstance(current, dict):
        for key in dict.fromkeys((*current, *stored)):
            first = difference(stored.get(key), current.get(key), f"{name} {key}".strip())
            if first:
                return first
        return None
    return None if stored == current else f"{name} is {_brief(stored)} there, {_brief(current)} here"


def digest(part: Any) -> str:
    """Return a digest of a measurement or an interaction, the same on any processor: numbers to seven digits."""
    leaves, _ = jax.tree.flatten(part)
    hasher = hashlib.sha256(structure_text(part).encode())
    for leaf in leaves:
        array = np.asarray(leaf)
        hasher.update(repr(array.shape).encode())
        hasher.update(array.astype("<f4").tobytes() if array.dtype.kind in "biuf" else repr(leaf).encode())
    return hasher.hexdigest()[:16]


def digests(likelihood: "Likelihood | Parts") -> dict[str, str]:
    """Return a digest of each measurement, wherever its file lies, and of the interaction."""
    by_name = {}
    for measurement in likelihood.measurements:
        by_name[measurement.name] = digest(measurement.without_files())
    return by_name | {"interaction": digest(likelihood.interaction)}


def form_factors(likelihood: "Likelihood | Parts") -> dict[str, str]:
    """Return the form factor of each measurement for which it can be chosen."""
    scattering = {m.name: m.scattering for m in likelihood.measurements if m.scattering is not None}
    return {name: entry.target.written for name, entry in scattering.items()}


def settings(
    likelihood: "Likelihood | Parts", specification: Specification, besides: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return everything that makes a result this result, in the order in which a difference is reported.

    `besides` are the free parameters that are listed elsewhere, as the axes of a grid.
    """
    couplings = likelihood.interaction.standard.couplings
    return {
        "measurements": [measurement.name for measurement in likelihood.measurements],
        "interactions": likelihood.interaction.names,
        "couplings": {
            "scheme": scheme_of(couplings),
            **{f"g_V^p(nu_{lepton})": float(couplings.proton(lepton, COUPLING_SIN2)) for lepton in LEPTONS},
            "g_V^n": float(couplings.neutron),
        },
        "form factors": form_factors(likelihood),
        "electrons": likelihood.interaction.electrons,
        "free": [name for name in specification.free if name not in besides],
        "nuisances": list(specification.nuisances),
        "starting values": {
            name: specification.values[name] for name in specification.coordinates if name not in besides
        },
        "fixed": {
            n: v
            for n, v in sorted(specification.values.items())
            if n not in specification.moving and n not in specification.ties
        },
        "tied": dict(specification.ties),
        "required": [f"{a}<={b}" for a, b in specification.orders],
        "constraints": {
            **{name: [prior.centre, prior.width] for name, prior in specification.constraints.items()},
            **{
                relation.text: [relation.constraint.centre, relation.constraint.width]
                for relation in specification.relations
            },
        },
        "correlations": {",".join(pair): rho for pair, rho in specification.correlations.items()},
        "bounds": {name: list(bounds) for name, bounds in specification.bounds.items()},
        **({"priors": specification.request["priors"]} if specification.request.get("priors") else {}),
        "data": data_digests(likelihood),
        "version": __version__,
    }


def origin(
    likelihood: "Likelihood | Parts", specification: Specification, besides: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return the request, without what is named in `besides`, and what it takes to identify the parts."""
    words: Mapping[str, Any] = specification.request
    truth = {} if likelihood.truth is None else {"truth": likelihood.truth}
    return {
        "free": [name for name in words["free"] if name not in besides],
        "values": {name: value for name, value in words["values"].items() if name not in besides},
        "tie": dict(words["tie"]),
        "require": list(words["require"]),
        "constrain": {name: list(numbers) for name, numbers in words["constrain"].items()},
        "correlate": [[*pair, value] for pair, value in words["correlate"].items()],
        **({"priors": words["priors"]} if words.get("priors") else {}),
        "files": {m.name: m.file for m in likelihood.measurements if m.file},
        "digests": digests(likelihood),
        **truth,
    }
