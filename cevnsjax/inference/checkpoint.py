"""An unfinished run on disk: its state and the draws so far, replaced as a whole, so that it can be resumed."""

import os
import tempfile
import zipfile
from pathlib import Path

import numpy as np

from .._errors import InputError

Arrays = dict[str, np.ndarray]


def unfinished(out: Path) -> Path:
    """Return where the unfinished run of an output is kept: beside it."""
    return out.with_name(f"{out.name}.unfinished")


class Checkpoint:
    """The unfinished run of a fingerprint at a path."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        """Take the path, and the fingerprint of what is run with its settings."""
        self.path, self.fingerprint = path, fingerprint

    def load(self) -> tuple[Arrays, list[Arrays]] | None:
        """Return the state and the blocks of draws, None if there are none; refuse those of another run."""
        if not self.path.exists():
            return None
        try:
            with np.load(self.path) as stored:
                content = dict(stored)
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise InputError(f"'{self.path}' is no unfinished run: {error}") from None
        if str(content.pop("fingerprint", "")) != self.fingerprint:
            raise InputError(f"'{self.path}' is an unfinished run of something else, or with other settings")
        state = {name.removeprefix("state."): array for name, array in content.items() if name.startswith("state.")}
        draws = {name.removeprefix("draws."): array for name, array in content.items() if name.startswith("draws.")}
        return state, [draws] if draws else []

    def save(self, state: Arrays, blocks: list[Arrays]) -> list[Arrays]:
        """Replace what is on disk; return the blocks joined to one."""
        joined = join(blocks)
        content = {f"state.{name}": array for name, array in state.items()}
        content |= {f"draws.{name}": array for name, array in joined.items()}
        try:
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
        except OSError as error:
            raise InputError(f"cannot write '{self.path}': {error.strerror or error}") from None
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, fingerprint=np.array(self.fingerprint), **content)
            os.replace(name, self.path)
        except OSError as error:
            raise InputError(f"cannot write '{self.path}': {error.strerror or error}") from None
        finally:
            Path(name).unlink(missing_ok=True)
        return [joined] if joined else []

    def remove(self) -> None:
        """Remove what is on disk."""
        self.path.unlink(missing_ok=True)


def join(blocks: list[Arrays]) -> Arrays:
    """Return blocks joined along their first axis."""
    if len(blocks) <= 1:
        return blocks[0] if blocks else {}
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
