"""An unfinished run on disk: its state and the draws so far, replaced as a whole, so that it can be resumed."""

import hashlib
import math
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from .data_files import DAMAGED
from .errors import InputError
from .version import __version__
from .writing import exists, replacing

SECONDS_BETWEEN = 1.0
"""Least time between two checkpoints."""
MOST_OF_RUN = 0.02
"""Most of the time of a run that its checkpoints may take."""

Arrays = dict[str, np.ndarray]


def unfinished(out: Path) -> Path:
    """Return where the unfinished run of an output is kept: beside it."""
    return out.with_name(f"{out.name}.unfinished")


def fingerprint(problem: Any, **settings: Any) -> str:
    """Return a digest of the problem that is run and of how it is run."""
    import jax

    from .numerics import structure_text

    digest = hashlib.sha256(repr((__version__, structure_text(problem), settings)).encode())
    for leaf in jax.tree.leaves(problem):
        digest.update(pickle.dumps(np.asarray(leaf)))
    return digest.hexdigest()


class Checkpoint:
    """The unfinished run of a fingerprint at a path."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Take the path, and the fingerprint of what is run with its settings."""
        self.path, self.fingerprint = path, fingerprint
        self._due = time.perf_counter() + SECONDS_BETWEEN

    @property
    def is_due(self) -> bool:
        """Return whether it is time to save."""
        return time.perf_counter() >= self._due

    def load(self) -> tuple[Arrays, list[Arrays]] | None:
        """Return the state and the blocks of draws, None without any; raise InputError if they are of another run."""
        if not exists(self.path):
            return None
        content = read(self.path)
        if str(content.pop("fingerprint")) != self.fingerprint:
            raise InputError(f"'{self.path}' is an unfinished run of something else, or with other settings")
        state = {name.removeprefix("state."): array for name, array in content.items() if name.startswith("state.")}
        draws = {name.removeprefix("draws."): array for name, array in content.items() if name.startswith("draws.")}
        return state, [draws] if draws else []

    def save(self, state: Arrays, blocks: list[Arrays]) -> list[Arrays]:
        """Replace what is on disk; return the blocks joined to a single block."""
        started = time.perf_counter()
        joined = join(blocks)
        content: dict[str, Any] = {f"state.{name}": array for name, array in state.items()}
        content |= {f"draws.{name}": array for name, array in joined.items()}
        with replacing(self.path) as part, part.open("wb") as file:
            np.savez(file, fingerprint=np.array(self.fingerprint), **content)
        ended = time.perf_counter()
        self._due = ended + max(SECONDS_BETWEEN, (ended - started) / MOST_OF_RUN)
        return [joined] if joined else []

    def remove(self) -> None:
        """Remove what is on disk."""
        self.path.unlink(missing_ok=True)


def read(path: Path) -> Arrays:
    """Return arrays and fingerprint of an unfinished run, running no code in it; raise InputError for other files."""
    try:
        with zipfile.ZipFile(path) as archive:
            whole = all(_holds_what_it_announces(archive, member) for member in archive.infolist())
        with np.load(path, allow_pickle=False) as stored:
            content = dict(stored) if whole else {}
    except DAMAGED:
        content = {}
    if "fingerprint" not in content:
        raise InputError(f"'{path}' is no unfinished run of this program, or is damaged: remove it")
    return content


def _holds_what_it_announces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Return whether an array of an archive is stored as it is and has the size that its header announces."""
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, kind = read_header(file)
        size = file.tell() + math.prod(shape) * kind.itemsize
    return member.compress_type == zipfile.ZIP_STORED and member.file_size == member.compress_size == size


def join(blocks: list[Arrays]) -> Arrays:
    """Return blocks joined along their first axis."""
    if len(blocks) <= 1:
        return blocks[0] if blocks else {}
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
