"""What is shown of what a fit folds and compiles."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..._base.tables import Block, abridged


def explanation_blocks(content: Mapping[str, Any]) -> list[Block]:
    """Return what is folded and what is compiled, from the JSON of an explanation."""
    compiled, gradient = content["compiled"], content["gradient"]
    cache = content["cache"]["folder"] if content["cache"]["on"] else "off"
    return [
        f"χ² as a function of {', '.join(content['coordinates']) or 'nothing'}",
        *(line for name, parts in content["measurements"].items() for line in _measurement(name, parts)),
        "",
        f"{content['bytes'] / 1e3:.0f} kB of arrays, folded in {content['seconds']['fold']:.2f} s",
        f"χ² and its gradient: {gradient['operations']} operations, {gradient['flops']:.3g} flops",
        f"minimisation: {compiled['programs']} compiled, {compiled['cache_hits']} of them from the cache; traced in "
        f"{compiled['trace']:.2f} s, lowered in {compiled['lower']:.2f} s, compiled in {compiled['compile']:.2f} s",
        f"cache: {cache}",
    ]


def _measurement(name: str, components: Mapping[str, Any]) -> Iterator[str]:
    yield ""
    yield name
    for component, report in components.items():
        state = f"a function of {abridged(report['live'])}" if report["live"] else "folded to an array"
        scaled = f", times {abridged(report['factors'])}" if report["factors"] else ""
        yield f"  {component}: {state + scaled}"
        if report["arguments"]:
            yield f"    fixed, other values compile nothing: {abridged(report['arguments'])}"
        if report["folded"]:
            yield f"    folded away: {abridged(report['folded'])}"
        for stage in report["stages"]:
            path = stage["path"].removeprefix(component).removeprefix(".")
            yield f"    {_stage(path, stage)}"


def _stage(path: str, stage: Mapping[str, Any]) -> str:
    """Return a line about a stage of a component: where it is, what it is, its arrays and what it reads."""
    parts = ["×".join(map(str, shape)) or "1" for shape in stage["shapes"][:3]]
    arrays = f" {', '.join(parts)}{' …' if len(stage['shapes']) > 3 else ''}, {stage['bytes']} B" if parts else ""
    reads = f"; reads {abridged(stage['parameters'])}" if stage["parameters"] else ""
    error = "" if stage["error"] is None else f"; interpolated to {stage['error']:.0e}"
    name = f"{path.split('.')[-1]}: " if path else ""
    return f"{'  ' * (path.count('.') + bool(path))}{name}{stage['kind']}{arrays}{reads}{error}"
