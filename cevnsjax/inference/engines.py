"""Where the work is done: one after the other in this process."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def run(work: Callable[[Any], Any], tasks: Sequence[Any], engine: Any = None) -> Iterator[tuple[int, Any]]:
    """Return the number and the result of each task, as they are done."""
    for index, task in enumerate(tasks):
        yield index, work(task)
