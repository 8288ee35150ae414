"""A folder to begin with: the document and tables of a shipped experiment, under a name of one's own."""

import re
from collections.abc import Mapping
from pathlib import Path

from .._base.errors import InputError
from .._base.writing import exists
from .document import Document

HEADER = """\
# {name}: made like {like}. Change what differs, and leave the rest.
#
#   cevnsjax check {name}          what is understood of this folder, and every fault in it
#   cevnsjax fit ./{name} --free sin2_theta_w
#   cevnsjax kinds                 what can stand in each table
#
# Every number is {{ value, unit }}, and may have a source, a key of [sources]. A list of numbers may be a column of a
# CSV file of this folder instead: {{ table = "efficiency.csv", column = "efficiency" }}. Without [data] it is a
# forecast.

"""
LICENCES = ("LICENSE.md",)
"""Files that go with the data beside them."""


def check_name(name: str) -> None:
    """Raise InputError for a name that no experiment can have."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InputError(f"NAME: expected letters, digits, points, hyphens and underscores, found '{name}'")


def files(data: Document, name: str, like: str) -> Mapping[str, bytes]:
    """Return the files of a folder like that of a document, by name: the document first, then its tables."""
    text = data.source_text()
    text = re.sub(r"(?s)\A(#[^\n]*\n|\s*\n)*", "", text)
    text = re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', text, count=1)
    text = re.sub(r'(?m)^dataset = ".*"\n', "", text)
    text = re.sub(r'(?m)^(title = ".*)"$', rf'\1, copied to {name}"', text, count=1)
    made = {"experiment.toml": (HEADER.format(name=name, like=like) + text).encode()}
    named = re.findall(r'(?:table|array) = "([^"]+)"', text)
    for file in dict.fromkeys((*named, *(f for f in LICENCES if (data.folder.path / f).is_file()))):
        made[file] = data.folder.content(file) if file not in LICENCES else (data.folder.path / file).read_bytes()
    return made


def write(folder: Path, made: Mapping[str, bytes]) -> None:
    """Write a folder that must not exist yet; it appears whole."""
    if exists(folder):
        raise InputError(f"cannot write to '{folder}': there is something of that name already")
    if not folder.parent.is_dir():
        raise InputError(f"cannot write to '{folder}': there is no folder '{folder.parent}'")
    part = folder.with_name(f".{folder.name}.writing")
    try:
        part.mkdir()
        for name, content in made.items():
            (part / name).write_bytes(content)
        part.rename(folder)
    except OSError as error:
        for file in part.glob("*") if part.is_dir() else ():
            file.unlink()
        if part.is_dir():
            part.rmdir()
        raise InputError(f"cannot write to '{folder}': {error.strerror}") from None
