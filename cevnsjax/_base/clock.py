"""What a command spends its time on, by the clock on the wall: every moment counts for one part."""

import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager

PARTS = ("import", "fold", "compile", "run", "report")
"""To import; to read and fold what is measured; to compile or load programs; to run them; to report and to write."""


class Clock:
    """The time of each part since a command began. Of a library that is no command, nothing is counted."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._began: float | None = None

    def begin(self, began: float) -> None:
        """Begin with the first part, at a moment of `time.perf_counter`, on the thread that calls."""
        self._began = self._since = began
        self._part = PARTS[0]
        self._spent = dict.fromkeys(PARTS, 0.0)
        self._thread = threading.get_ident()

    def switch(self, part: str) -> None:
        """Go over to another part: from now on time is counted for that."""
        if self._began is not None and threading.get_ident() == self._thread:
            now = time.perf_counter()
            self._spent[self._part] += now - self._since
            self._part, self._since = part, now

    @contextmanager
    def during(self, part: str) -> Generator[None, None, None]:
        """Count the block, but for what has a part of its own inside, for `part`."""
        if self._began is None:
            yield
            return
        before = self._part
        self.switch(part)
        try:
            yield
        finally:
            self.switch(before)

    def completed(self, seconds: Mapping[str, float]) -> dict[str, float]:
        """Return the seconds of each part so far, the total, and the `seconds` of other names that a result knows.

        The `seconds` alone if no command has begun.
        """
        if self._began is None:
            return dict(seconds)
        self.switch(self._part)
        parts = self._spent | {"total": self._since - self._began}
        return parts | {name: value for name, value in seconds.items() if name not in parts}


CLOCK = Clock()
"""The clock of this process."""
