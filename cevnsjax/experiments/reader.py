"""An experiment from its folder: source, target, detector, backgrounds, nuisances, and what was observed.

The kinds that may stand in the tables of a document are in ``kinds/``. What a document does not need may be left out;
other entries raise DataError. Without ``[data]`` the observed counts are those expected in the Standard Model (an
Asimov data set).
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from .._base.data_files import quoted
from .._base.errors import suggest
from ..measuring.measurement import Measurement
from ..nuclei.choice import FormFactorChoice, form_factors
from .counting import counted
from .document import Document
from .expectation import expected_counts
from .numbers import measured_numbers
from .runs import joined_runs
from .template_counts import check_used, of_templates

LONGEST_NAME, LONGEST_TITLE = 64, 200
"""Letters of a name and of a title."""
LAST = (
    *("title", "cited", "summary", "default_variant", "dataset", "defaults", "uncertainties", "binning.parts"),
    *("signal.width", "signal.parts", "signal.excluded", "signal.scales"),
)
"""Entries that are read after the name, and tables that are read when all others are built."""


def experiment(data: Document, form_factor: FormFactorChoice, name: str | None = None) -> Measurement:
    """Return the experiment of a document, with its faults collected in it; `name` replaces that in the document."""
    header = data.attempt(lambda: _header(data))
    build = measured_numbers if data.holds("measured") else _in_runs if data.has("runs") else _single
    measurement = data.attempt(lambda: build(data, header or {}, form_factor))
    if measurement is not None and measurement.bins:
        data.attempt(lambda: check_used(data, measurement))
    data.collect_idle()
    if data.problems:
        data.leave(*_read_last(data))
    data.overridden("runs").refuse_the_rest()
    data.raise_problems()
    assert measurement is not None
    if name is not None:
        measurement = dataclasses.replace(measurement, name=name)
    return expected_counts(data, measurement) if measurement.asimov else measurement


def _read_last(data: Document) -> list[str]:
    """Return the entries that are read after all tables: a fault before them leaves them unread."""
    known = data.names("binning") if isinstance(data.raw("binning"), dict) else []
    axes = [f"{table}.{axis}" for table in ("signal", "binning") for axis in known]
    strengths = [f"backgrounds.{name}.width" for name in data.names("backgrounds")]
    unknown = [] if axes else ["signal", "backgrounds"]
    return [*LAST, *axes, *strengths, *unknown]


def _header(data: Document) -> dict[str, Any]:
    """Return what the experiment is called, and what to cite."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name := data.text("name")):
        raise data.fail("name", "letters, digits, points, hyphens and underscores", quoted(name))
    if len(name) > LONGEST_NAME:
        raise data.fail("name", f"at most {LONGEST_NAME} letters", f"{len(name)}")
    title = data.text("title") if data.has("title") else name
    if len(title) > LONGEST_TITLE:
        raise data.fail("title", f"at most {LONGEST_TITLE} letters", len(title))
    known = data.sources()
    cited = data.texts("cited") if data.has("cited") else tuple(known)
    for k, key in enumerate(cited):
        if key not in known:
            raise data.fail(f"cited[{k}]", "a key of [sources]", f"'{key}'{suggest(key, known)}")
    for entry in ("summary", "default_variant"):
        if data.has(entry):
            data.text(entry)
    dataset = data.text("dataset") if data.has("dataset") else name
    return {"name": name, "title": title, "references": tuple(known[key] for key in cited), "dataset": dataset}


def _single(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment of neutrinos, or of templates alone, without runs."""
    if not data.holds("components"):
        return counted(data, header, form_factor)
    form_factors(form_factor).of(())  # a density of the user's is of no use
    return of_templates(data, header)


def _in_runs(data: Document, header: Mapping[str, Any], form_factor: FormFactorChoice) -> Measurement:
    """Return an experiment of several runs, each with entries of its own in place of those that are common."""
    names, common = data.names("runs"), data.overridden("runs")
    if not names:
        raise data.fail("runs", "a table for each run", "none")
    runs = [data.attempt(lambda n=n: _single(data.overridden("runs", n), header, form_factor)) for n in names]
    if data.problems:
        data.leave(*_read_last(data))
    for name in names:
        data.overridden("runs", name).refuse_the_rest()
    common.stop_at_problems()
    return joined_runs(data, names, [run for run in runs if run is not None])
