"""Where tasks run: a task is a pure function of what it works on, so that its result is the same everywhere."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any


def run(work: Callable[[Any], Any], tasks: Iterable[Any], engine: None = None) -> Iterator[tuple[int, Any]]:
    """Yield the number of each task and its result, as they complete: here one after the other, in this process."""
    for number, task in enumerate(tasks):
        yield number, work(task)
