"""A submission to HEPData: a folder with ``submission.yaml`` and a file for each table, in plain YAML.

The form is that of hepdata-submission.readthedocs.io and of the schemas of hepdata-validator (version 1.1).
"""

import dataclasses
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .errors import InputError
from .typing import Float
from .version import __version__
from .writing import cannot_write, check_folder, exists, write_folder
from .yaml_text import as_yaml

FORM = "hepdata"
SUBMISSION = "submission.yaml"
MARK = "# Written by cevnsjax "
"""How the submissions of this program begin."""
LARGEST = 10 * 2**20
"""Bytes of a table that HEPData takes."""
NO_VALUE = "-"
"""What stands where there is no number."""
PHRASES = ("CEvNS", "Coherent elastic neutrino-nucleus scattering", "Neutrino")

Values = Sequence[Any] | Float[np.ndarray, " row"]


@dataclasses.dataclass(frozen=True)
class Column:
    """A variable of a table: a number or a text in each row."""

    name: str
    values: Values
    unit: str = ""
    errors: Mapping[str, Values] = dataclasses.field(default_factory=dict)
    """Uncertainties by what they come from; negative where the value falls as its source rises."""
    high: Values | None = None
    """Of bins, their upper edges; `values` are then the lower ones."""
    qualifiers: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class DataTable:
    """A table: what is in a row depends on the independent variables."""

    name: str
    description: str
    independent: tuple[Column, ...]
    dependent: tuple[Column, ...]
    observables: tuple[str, ...] = ("N",)


def _plain(value: Any) -> Any:
    """Return a number or a text as YAML has it; what is no finite number is a dash."""
    value = value.item() if isinstance(value, np.generic) else value
    return NO_VALUE if value is None or (isinstance(value, float) and not math.isfinite(value)) else value


def _error(label: str, value: float) -> dict[str, Any]:
    if value < 0.0:
        return {"asymerror": {"plus": value, "minus": -value}, "label": label}
    return {"symerror": value, "label": label}


def _cell(column: Column, row: int) -> dict[str, Any]:
    """Return the value of a row with those of its uncertainties that are not 0."""
    if column.high is not None:
        return {"low": _plain(column.values[row]), "high": _plain(column.high[row])}
    known = {label: float(values[row]) for label, values in column.errors.items()}
    errors = [_error(label, value) for label, value in known.items() if math.isfinite(value) and value != 0.0]
    return {"value": _plain(column.values[row])} | ({"errors": errors} if errors else {})


def _variable(column: Column) -> dict[str, Any]:
    header = {"name": column.name} | ({"units": column.unit} if column.unit else {})
    qualifiers = [{"name": name, "value": _plain(value)} for name, value in column.qualifiers.items()]
    cells = [_cell(column, row) for row in range(len(column.values))]
    return {"header": header} | ({"qualifiers": qualifiers} if qualifiers else {}) | {"values": cells}


def _file(table: DataTable) -> str:
    return f"{re.sub('[^a-z0-9]+', '_', table.name.lower()).strip('_')}.yaml"


def _entry(table: DataTable) -> dict[str, Any]:
    keywords = {"observables": table.observables, "phrases": PHRASES}
    return {
        "name": table.name,
        "description": table.description,
        "keywords": [{"name": name, "values": list(values)} for name, values in keywords.items()],
        "data_file": _file(table),
    }


def submission(comment: str, tables: Sequence[DataTable]) -> dict[str, str]:
    """Return the files of a submission by name; raise InputError for a table that is larger than HEPData takes."""
    entries = [as_yaml(entry) for entry in ({"comment": comment}, *map(_entry, tables))]
    files = {SUBMISSION: "\n---\n".join([f"{MARK}{__version__}.", *entries]) + "\n"}
    for table in tables:
        sides = {"independent_variables": table.independent, "dependent_variables": table.dependent}
        text = as_yaml({side: [_variable(column) for column in columns] for side, columns in sides.items()}) + "\n"
        if len(text.encode()) > LARGEST:
            raise InputError(
                f"{FORM}: expected a table of at most {LARGEST / 2**20:g} MiB, which HEPData takes, found "
                f"{len(text.encode()) / 2**20:.3g} MiB of '{table.name}': scan fewer points, or write CSV"
            )
        files[_file(table)] = text
    return files


def _is_ours(path: Path) -> bool:
    """Return whether a folder is a submission that this program wrote, with nothing else in it."""
    try:
        names = set(os.listdir(path))
        text = (path / SUBMISSION).read_text() if not path.is_symlink() else ""
    except (OSError, ValueError):
        return False
    named = set(re.findall(r'^data_file: "([a-z0-9_]+\.yaml)"$', text, re.MULTILINE))
    return text.startswith(MARK) and names <= named | {SUBMISSION}


def check_submission(path: Path, overwrite: bool = False) -> None:
    """Raise InputError, before anything is computed, if no submission can be written to the folder `path`.

    A folder is replaced, with `overwrite`, only if it is a submission of this program and holds nothing else.
    """
    if exists(path):
        if not path.is_dir():
            raise cannot_write(path, "expected the name of a new folder, found a file")
        if not _is_ours(path):
            raise cannot_write(path, "it is a folder")
        if not overwrite:
            why = "it exists already; overwrite it with --overwrite (overwrite=True in Python)"
            raise cannot_write(path, why)
    check_folder(path)


def write_submission(files: Mapping[str, str], path: Path, overwrite: bool = False) -> None:
    """Write the files of a submission to the folder `path`, which appears whole or not at all."""
    check_submission(path, overwrite)
    write_folder({name: text.encode() for name, text in files.items()}, path)
