"""Named joint analyses: several measurements, with what every fit of them moves and ties."""

import dataclasses
from collections.abc import Mapping, Sequence

from .._base.data_files import data_root
from .._base.errors import InputError, suggest
from .catalogue import Entry

FOLDER = "joint"
"""Where they are, under ``data/``, one document each."""


@dataclasses.dataclass(frozen=True)
class JointAnalysis:
    """Measurements that are fitted together."""

    measurements: tuple[str, ...]
    """Names of measurements and of relations."""
    free: tuple[str, ...] = ()
    """Parameters that every fit moves unless they are set or tied."""
    tie: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Follower to leader, unless the follower is freed or set."""


def joint_entries() -> dict[str, Entry]:
    """Return the documents of the joint analyses by name."""
    paths = sorted((data_root() / FOLDER).glob("*.toml"))
    return {path.stem: Entry(FOLDER, path.name) for path in paths}


def joint_analysis(name: str) -> JointAnalysis:
    """Return a joint analysis by its name, a variant after a colon.

    >>> from cevnsjax.measurements.joint_analyses import joint_analysis
    >>> joint_analysis("electroweak-direct").measurements
    ('apv-cs:sahoo2021', 'coherent-csi-2021', 'csre-cs')

    """
    base, colon, variant = name.partition(":")
    entry = joint_entries()[base]
    if colon and variant not in entry.variants:
        known = ", ".join(f"{base}:{other}" for other in entry.variants)
        raise InputError(f"unknown joint analysis '{name}'{suggest(variant, entry.variants)}; known: {known}")
    content = entry.content | entry.content.get("variants", {}).get(variant, {})
    return JointAnalysis(tuple(content["measurements"]), tuple(content["free"]), content["tie"])


def expanded(names: Sequence[str]) -> JointAnalysis:
    """Return measurements by name, those of joint analyses in the place of their names."""
    known, measurements, free, tie = joint_entries(), list[str](), dict[str, None](), dict[str, str]()
    for name in names:
        if name.partition(":")[0] not in known:
            measurements.append(name)
            continue
        analysis = joint_analysis(name)
        measurements += analysis.measurements
        free |= dict.fromkeys(analysis.free)
        tie |= analysis.tie
    return JointAnalysis(tuple(measurements), tuple(free), tie)
