"""Ways to spoil the folder of an experiment: small edits of its document, its tables and its arrays."""

import dataclasses
import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

DOCUMENT = "experiment.toml"
Edit = Callable[[Path], None]


@dataclasses.dataclass(frozen=True)
class Spoilt:
    """A folder that is spoilt, and what must be said of it."""

    base: str
    name: str
    edit: Edit
    key: str
    """The entry of the document that is named; empty where it cannot be parsed or is not there."""
    words: str
    """What the message holds."""
    file: str = DOCUMENT
    """The file that is named."""

    def __str__(self) -> str:
        return f"{self.base}: {self.name}".replace("::", ":")


def change(old: str, new: str, file: str = DOCUMENT) -> Edit:
    """Replace the first occurrence of a text in a file, which must be there."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text, (old, file)
        (folder / file).write_text(text.replace(old, new, 1))

    return edit


def extend(text: str, file: str = DOCUMENT) -> Edit:
    """Add lines at the end of a file."""
    return lambda folder: (folder / file).open("a").write(f"\n{text}\n") and None


def begin(text: str) -> Edit:
    """Add lines at the beginning of the document."""
    return lambda folder: _write(folder / DOCUMENT, f"{text}\n{(folder / DOCUMENT).read_text()}".encode())


def content(file: str, made: bytes | str) -> Edit:
    """Give a file another content."""
    return lambda folder: _write(folder / file, made if isinstance(made, bytes) else made.encode())


def _write(path: Path, made: bytes) -> None:
    path.write_bytes(made)


def gone(file: str) -> Edit:
    """Remove a file."""
    return lambda folder: (folder / file).unlink()


def encoded(file: str, before: str, after: str, mark: bytes = b"") -> Edit:
    """Replace bytes everywhere in a file, and put a mark before them."""
    return lambda folder: _write(
        folder / file, mark + (folder / file).read_bytes().replace(before.encode(), after.encode())
    )


def several(*edits: Edit) -> Edit:
    """Make several edits one after the other."""

    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


def folder_for(file: str) -> Edit:
    """Put a folder in place of a file."""
    return several(gone(file), lambda folder: (folder / file).mkdir())


def pipe_for(file: str) -> Edit:
    """Put a named pipe in place of a file."""
    return several(gone(file), lambda folder: os.mkfifo(folder / file))


def link_for(file: str, target: str) -> Edit:
    """Put a symbolic link in place of a file."""
    return several(gone(file), lambda folder: (folder / file).symlink_to(target))


def outside_link(file: str) -> Edit:
    """Move a file out of the folder, and leave a link to it."""

    def edit(folder: Path) -> None:
        outside = folder.parent / "outside.csv"
        (folder / file).rename(outside)
        (folder / file).symlink_to(outside)

    return edit


def sparse(file: str, size: int) -> Edit:
    """Make a file as long as `size`, of zeros that take no room on the disk."""

    def edit(folder: Path) -> None:
        with (folder / file).open("r+b") as opened:
            opened.truncate(size)

    return edit


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """Return the header of an array that announces any shape and type, without its numbers."""
    text = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def archive(**members: bytes) -> bytes:
    """Return a ZIP archive of members ``NAME.npy``."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return made.getvalue()


def bomb(size: int) -> bytes:
    """Return an archive whose only array has so many zeros, of a few kilobytes."""
    return archive(signal=header((size,)) + bytes(8 * size))


def arrays(**changed: object) -> Edit:
    """Replace arrays of templates.npz: by another array, or leave one out with None."""

    def edit(folder: Path) -> None:
        with np.load(folder / "templates.npz") as loaded:
            kept = {name: loaded[name] for name in loaded.files}
        for name, made in changed.items():
            before = kept.pop(name, None)
            if made is not None:
                kept[name] = made(before) if callable(made) else made
        np.savez(folder / "templates.npz", **kept)

    return edit


def placed(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """Put a number in the middle of an array."""

    def make(before: np.ndarray) -> np.ndarray:
        after = before.copy()
        after.ravel()[after.size // 2] = value
        return after

    return make
