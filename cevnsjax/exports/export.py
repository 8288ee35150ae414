"""Write a likelihood in the format of another program, compared with the engine before it is written."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base import arguments
from .._base.errors import InputError, suggest
from .._base.hepdata import FORM as HEPDATA
from .._base.hepdata import check_submission, submission, write_submission
from .._base.tables import Block, Shown
from .._base.writing import check_file, replacing
from ..inference.problem.specification import Specification
from ..results.tables.exports import export_blocks
from . import histfactory, hs3, onnx_model
from .checking import Check
from .tables import tables_of
from .target import Target

if TYPE_CHECKING:
    from ..joint.likelihood import Likelihood

MAKERS: dict[str, Callable[[Target], tuple[bytes, Check]]] = {
    histfactory.FORM: histfactory.make,
    onnx_model.FORM: onnx_model.make,
    hs3.FORM: hs3.make,
}
"""What makes the file of each format, and compares it."""
ENDINGS = {histfactory.FORM: (".json",), onnx_model.FORM: (".onnx",), hs3.FORM: (".json",)}
"""How the names of these files end."""
FORMATS = (histfactory.FORM, HEPDATA, onnx_model.FORM, hs3.FORM)


@dataclasses.dataclass(frozen=True, repr=False)
class Export(Shown):
    """What was written, and how it compared with the engine."""

    out: Path
    form: str
    """See `FORMATS`."""
    about: dict[str, Any]
    """What was exported: see `Target.about`."""
    check: Check | None = None
    """None of tables, which are no function of parameters."""
    tables: tuple[str, ...] = ()
    """The names of the tables of a submission."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain lists and numbers, the JSON of the command line."""
        compared = None if self.check is None else dataclasses.asdict(self.check)
        return {"out": str(self.out), "format": self.form, **self.about, "tables": list(self.tables), "check": compared}

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax export` prints of it."""
        return export_blocks(self.as_dict())


def check_format(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a format of likelihoods."""
    arguments.text(name, value)
    if value not in FORMATS:
        raise InputError(
            f"{name}: expected {', '.join(FORMATS)} of a likelihood, found '{value}'{suggest(value, FORMATS)}"
        )


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
    """Write the tables, of what is free at the best fit."""
    fit = target.likelihood.fit(**target.specification.request) if target.specification.free else None
    if fit is not None and not fit.converged:
        raise InputError(f"{HEPDATA}: expected a fit that converges, found: {fit.message}")
    about, tables = target.about(), tables_of(target, fit)
    comment = f"{target.title}: counts, expected numbers and parameters. Data {about['data']} of the package."
    write_submission(submission(comment, tables), path, overwrite)
    return Export(path, HEPDATA, about, tables=tuple(table.name for table in tables))
