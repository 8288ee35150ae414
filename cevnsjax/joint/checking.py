"""What is understood of an experiment's folder: events, sums, nuisances, what looks wrong, and every fault in it."""

from pathlib import Path
from typing import Any

import numpy as np

from .._base.digits import prior
from .._base.errors import DataError, InputError
from ..experiments.document import Document
from ..experiments.reader import experiment
from ..experiments.suspicions import suspicions
from ..measurements.catalogue import DEFAULT_FORM_FACTOR, ENTRIES, shipped
from ..measurements.loading import open_document, variants_of
from ..measuring.measurement import Measurement
from ..measuring.terms.unbinned import UnbinnedEvents
from .likelihood import Likelihood

EMPTY: dict[str, Any] = {
    "axes": {},
    "events": {},
    "observed": None,
    "observed_as": "",
    "numbers": {},
    "nuisances": {},
    "shared": [],
    "variants": [],
    "problems": [],
    "warnings": [],
}


def checked(path: str | Path) -> tuple[dict[str, Any], Likelihood | None]:
    """Return what is understood of a folder, the JSON of the command line, and its likelihood if it has no faults.

    All variants are read; what is said is said of the first.
    """
    content = EMPTY | {"name": str(path), "title": ""}
    try:
        data = open_document(str(path))
        variants: tuple[str | None, ...] = variants_of(data) or (None,)
    except DataError as error:
        document, _, _ = str(error).partition(": ")
        return content | {"problems": [_problem(error, document, str(path))]}, None
    found, problems = list[Measurement](), dict[str, dict[str, Any]]()
    for variant in variants:
        chosen = data.overridden("variants", variant)
        chosen.problems = []
        try:
            found.append(experiment(chosen, DEFAULT_FORM_FACTOR))
        except InputError as error:
            faults = chosen.problems or [error]
            problems |= {str(fault): _problem(fault, str(data.path), str(data.folder.path)) for fault in faults}
    if found and found[0].name in (*ENTRIES, *shipped()):
        taken = data.fail("name", "one that no measurement or shipped forecast has", f"'{found[0].name}'")
        problems[str(taken)] = _problem(taken, str(data.path), str(data.folder.path))
    if problems:
        return content | {"problems": list(problems.values())}, None
    likelihood = Likelihood(found[0])
    return content | _understood(data, variants, found[0], likelihood), likelihood


def _problem(error: InputError, document: str, folder: str) -> dict[str, Any]:
    """Return a fault: its file, line and entry, and what was expected there."""
    text = str(error)
    file, separator, message = text.partition(": ")
    if not separator or not file.startswith(folder.rstrip("/")):
        file, message = document, text
    key = getattr(error, "key", "")
    return {
        "file": file,
        "line": getattr(error, "line", None) if file == document else None,
        "key": key,
        "message": message.removeprefix(f"{key}: ") if key else message,
    }


def _observed_as(measurement: Measurement) -> str:
    if measurement.asimov:
        return "expected (Asimov)"
    return "observed, unbinned" if isinstance(measurement.term, UnbinnedEvents) else "observed"


def _understood(
    data: Document, variants: tuple[str | None, ...], measurement: Measurement, likelihood: Likelihood
) -> dict[str, Any]:
    (prediction,) = likelihood.predict({})
    events = {name: float(np.sum(counts)) for name, counts in prediction.counts.items()}
    numbers = {}
    if measurement.numbers:
        expected = np.ravel(prediction.total)
        numbers = {
            label: {"value": float(value), "error": float(error), "expected": float(mean)}
            for label, value, error, mean in zip(
                measurement.labels, measurement.observed, measurement.errors, expected, strict=True
            )
        }
    constraints = {
        name: "none" if constraint is None else prior(constraint.centre, constraint.width)
        for name, constraint in measurement.constraints(frozenset()).items()
    }
    shared = sorted({part.shared for s in measurement.strengths for part in s.parts if part.shared is not None})
    return {
        "name": measurement.name,
        "title": measurement.title,
        "axes": {
            name: {"bins": len(edges) - 1, "from": float(edges[0]), "to": float(edges[-1])}
            for name, edges in measurement.axes.items()
        },
        "events": {} if measurement.numbers else events,
        "observed": None if measurement.numbers else float(np.sum(measurement.observed)),
        "observed_as": _observed_as(measurement),
        "numbers": numbers,
        "nuisances": constraints,
        "shared": shared,
        "variants": [variant for variant in variants if variant is not None],
        "warnings": suspicions(data.overridden("variants", variants[0]), measurement, prediction.counts),
    }
