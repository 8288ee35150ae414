"""What JAX compiled and how long it took, as JAX itself reports it."""

import dataclasses
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import jax

TRACED = "/jax/core/compile/jaxpr_trace_duration"
LOWERED = "/jax/core/compile/jaxpr_to_mlir_module_duration"
COMPILED = "/jax/core/compile/backend_compile_duration"
HIT = "/jax/compilation_cache/cache_hits"


@dataclasses.dataclass
class Compilation:
    """Programs that were compiled, and the seconds that each step of it took."""

    programs: int = 0
    """Programs compiled, or loaded from the cache on disk."""
    cache_hits: int = 0
    """Of these, programs loaded."""
    trace: float = 0.0
    """Running the Python of a function once, to record what it computes."""
    lower: float = 0.0
    """Writing down what it computes for the compiler."""
    compile: float = 0.0
    """Making machine code of it, or loading that."""

    def as_dict(self) -> dict[str, float | int]:
        """Return the numbers by name."""
        return dataclasses.asdict(self)


@contextmanager
def watch() -> Generator[Compilation, None, None]:
    """Count what is compiled inside the block, in any thread of this process."""
    compilation = Compilation()

    def lasted(event: str, duration_secs: float, **_: Any) -> None:
        if event == TRACED:
            compilation.trace += duration_secs
        elif event == LOWERED:
            compilation.lower += duration_secs
        elif event == COMPILED:
            compilation.programs, compilation.compile = compilation.programs + 1, compilation.compile + duration_secs

    def happened(event: str, **_: Any) -> None:
        compilation.cache_hits += event == HIT

    jax.monitoring.register_event_duration_secs_listener(lasted)
    jax.monitoring.register_event_listener(happened)
    try:
        yield compilation
    finally:
        jax.monitoring.unregister_event_duration_listener(lasted)
        jax.monitoring.unregister_event_listener(happened)
