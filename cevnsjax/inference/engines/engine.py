"""Where tasks run: a work is a picklable function of a task, an engine yields its results."""

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

Work = Callable[[Any], Any]
"""Picklable; takes a task and returns its result, both picklable: NumPy arrays, numbers, tuples of them."""

Engine = Callable[[Work, Iterable[Any]], Iterator[tuple[int, Any]]]
"""Takes a work and its tasks and yields (index of the task, its result) for every task, in any order."""


def run(work: Work, tasks: Iterable[Any], engine: Engine | None = None) -> Generator[tuple[int, Any], None, None]:
    """Yield (index, ``work(task)``) for each of `tasks` as they are done; without an `engine`, here and in order."""
    if engine is not None:
        yield from engine(work, tasks)
        return
    for index, task in enumerate(tasks):
        yield index, work(task)


def prepare(engine: Engine | None) -> None:
    """Reach the workers of an `engine` that has any, so that none is missed only after something was written."""
    connect = getattr(engine, "connect", None)
    if connect is not None:
        connect()
