"""Write a likelihood in the format of another program, compared with the engine before it is written."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.errors import InputError, suggest
from .._base.hepdata import check_submission, submission, write_submission
from .._base.tables import Block, Shown, abridged
from .._base.typing import Float
from .._base.writing import check_file, replacing
from ..inference.problem.specification import Specification
from . import histfactory, hs3, onnx_model
from .checking import Check, Exported, check
from .counting import Counting, counting
from .tables import tables_of
from .target import Target

if TYPE_CHECKING:
    from ..joint.likelihood import Likelihood

HEPDATA = "hepdata"
ENDINGS = {histfactory.FORM: (".json",), hs3.FORM: (".json",), onnx_model.FORM: (".onnx",)}
"""How the names of the files of each format end."""
FORMATS = (histfactory.FORM, HEPDATA, onnx_model.FORM, hs3.FORM)
Content = dict[str, Any]


@dataclasses.dataclass(frozen=True, repr=False)
class Export(Shown):
    """What was written, and how it compared with the engine."""

    out: Path
    form: str
    """See `FORMATS`."""
    about: Content
    """What was exported: see `Target.about`."""
    check: Check | None
    """None of tables, which are no function of parameters."""
    tables: tuple[str, ...] = ()
    """The names of the tables of a submission."""

    def as_dict(self) -> Content:
        """Return it as plain lists and numbers, the JSON of the command line."""
        compared = None if self.check is None else dataclasses.asdict(self.check)
        return {"out": str(self.out), "format": self.form, **self.about, "tables": list(self.tables), "check": compared}

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax export` prints of it."""
        return export_blocks(self.as_dict())


def export_blocks(content: Content) -> list[Block]:
    """Return what the JSON of an export is shown as."""
    names = [parameter["name"] for parameter in content["parameters"]]
    lines: list[Block] = [f"{content['out']}: {content['format']} of {', '.join(content['measurements'])}"]
    lines += [f"parameters: {abridged(names, 12)}"] if names else []
    lines += [f"table: {name}" for name in content["tables"]]
    if content["check"] is not None:
        compared = content["check"]
        lines.append(
            f"compared with the engine at {compared['points']} random points: largest relative difference "
            f"{compared['difference']:.1e}, {compared['tolerance']:g} is allowed"
        )
    return lines


def check_format(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a format of likelihoods."""
    arguments.text(name, value)
    if value not in FORMATS:
        raise InputError(f"{name}: expected {', '.join(FORMATS)}, found '{value}'{suggest(value, FORMATS)}")


def check_place(form: str, path: Path, overwrite: bool) -> None:
    """Raise InputError, before anything is computed, if the format cannot be written to `path`."""
    if form == HEPDATA:
        check_submission(path, overwrite)
        return
    check_file(path, overwrite, ENDINGS[form])
    if form == onnx_model.FORM:
        onnx_model.check_libraries()


def export(likelihood: "Likelihood", path: Path, form: str, overwrite: bool, specification: Specification) -> Export:
    """Write the likelihood; raise InputError, and write nothing, where the format cannot carry it."""
    check_place(form, path, overwrite)
    target = Target(likelihood, specification)
    if form == HEPDATA:
        return _export_tables(target, path, overwrite)
    content, compared = MAKERS[form](target)
    with replacing(path, overwrite) as part:
        part.write_bytes(content)
    return Export(path, form, target.about(), compared)


def _export_tables(target: Target, path: Path, overwrite: bool) -> Export:
    request = target.specification.request
    fit = target.likelihood.fit(**request) if target.specification.free else None
    if fit is not None and not fit.converged:
        raise InputError(f"{HEPDATA}: expected a fit that converges, found: {fit.message}")
    about, tables = target.about(), tables_of(target, fit)
    comment = f"{target.title}: counts, expected numbers and parameters, by cevnsjax {about['version']}, data {about['data']}"
    write_submission(submission(comment, tables), path, overwrite)
    return Export(path, HEPDATA, about, None, tuple(table.name for table in tables))


def _written(content: Content) -> bytes:
    return json.dumps(content, indent=1, allow_nan=False).encode() + b"\n"


def _workspace(target: Target) -> tuple[bytes, Check]:
    model = counting(histfactory.FORM, target)
    content = histfactory.workspace(target, model)

    def named(values: Float[np.ndarray, " parameter"]) -> dict[str, float]:
        pulls = (model.pulls.get(name) for name in target.names)
        scaled = [x if p is None else (x - p.centre) / p.width for x, p in zip(values.tolist(), pulls, strict=True)]
        return dict(zip(target.names, scaled, strict=True))

    return _compared(histfactory, target, model, content, named)


def _document(target: Target) -> tuple[bytes, Check]:
    model = counting(hs3.FORM, target)
    content = hs3.document(target, model)
    names = [hs3.plain(name) for name in target.names]
    return _compared(hs3, target, model, content, lambda values: dict(zip(names, values.tolist(), strict=True)))


def _compared(
    module: Any, target: Target, model: Counting, content: Content, named: Callable[[np.ndarray], dict[str, float]]
) -> tuple[bytes, Check]:
    """Return a document with how its numbers, read back, compare with the engine."""
    written = _written(content)
    read = json.loads(written)

    def evaluate(rows: Float[np.ndarray, "point parameter"]) -> tuple[np.ndarray, ...]:
        points = [named(row) for row in rows]
        counts = [module.expected_counts(read, values) for values in points]
        pulls = [module.constraint(read, values) + model.constant for values in points]
        expected = [np.stack(each) for each in zip(*counts, strict=True)]
        terms = [
            [float(np.sum(measurement.term.pointwise(row.reshape(measurement.shape)))) for row in rows_]
            for measurement, rows_ in zip(target.measurements, expected, strict=True)
        ]
        return np.sum([pulls, *terms], axis=0), *expected

    return written, check(module.FORM, target, evaluate)


def _onnx(target: Target) -> tuple[bytes, Check]:
    model = onnx_model.model_bytes(target)
    exported: Exported = lambda rows: onnx_model.evaluate_rows(model, rows)  # noqa: E731
    return model, check(onnx_model.FORM, target, exported)


MAKERS: dict[str, Callable[[Target], tuple[bytes, Check]]] = {
    histfactory.FORM: _workspace,
    hs3.FORM: _document,
    onnx_model.FORM: _onnx,
}
"""What makes the file of each format, and compares it."""
