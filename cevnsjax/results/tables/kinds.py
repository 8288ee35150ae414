"""What the kinds of an experiment's tables, and a folder that was checked, are shown as."""

from collections.abc import Mapping
from typing import Any

from ..._base.tables import Block, Table


def kind_list(content: Mapping[str, Any], whole: bool) -> list[Block]:
    """Return the list of kinds, from its JSON; the whole of each with its entries and an example."""
    blocks: list[Block] = []
    for category, found in content["kinds"].items():
        blocks.append(f"{category}: {found['table']}")
        if not whole:
            rows = [(name, kind["summary"]) for name, kind in found["kinds"].items()]
            blocks.append(Table(("kind", "what it is"), rows, wrapped=(1,)))
            continue
        for name, kind in found["kinds"].items():
            blocks += [f'kind = "{name}": {kind["summary"]}']
            rows = [
                (entry, about["unit"], "yes" if about["required"] else "no", about["text"])
                for entry, about in kind["entries"].items()
            ]
            if rows:
                blocks.append(Table(("entry", "unit", "needed", "what it is"), rows, wrapped=(3,)))
            if kind["example"]:
                blocks += ["example:", *(f"  {line}" for line in kind["example"].splitlines())]
    return blocks


def checked_folder(content: Mapping[str, Any]) -> list[Block]:
    """Return what was understood of a folder, from its JSON."""
    blocks: list[Block] = [f"{content['name']}: {content['title']}"]
    if content["problems"]:
        rows = [_problem(problem) for problem in content["problems"]]
        blocks.append(Table(("file", "line", "entry", "fault"), rows, wrapped=(3,)))
    if content["axes"]:
        axes = [
            (name, str(axis["bins"]), f"{axis['from']:g}", f"{axis['to']:g}") for name, axis in content["axes"].items()
        ]
        blocks.append(Table(("axis", "bins", "from", "to"), axes, right=(1,)))
    if content["events"]:
        events = [(name, f"{events:.6g}") for name, events in content["events"].items()]
        if content["observed"] is not None:
            events.append((content["observed_as"], f"{content['observed']:.6g}"))
        blocks.append(Table(("component, Standard Model", "events"), events, right=(1,)))
    if content["numbers"]:
        numbers = [
            (name, f"{found['value']:.5g}", f"{found['error']:.5g}", f"{found['expected']:.5g}")
            for name, found in content["numbers"].items()
        ]
        blocks.append(Table(("number", "measured", "error", "Standard Model"), numbers, right=(1, 2, 3)))
    if content["nuisances"]:
        rows = [(name, prior) for name, prior in content["nuisances"].items()]
        blocks.append(Table(("nuisance", "prior"), rows))
    if content["shared"]:
        blocks.append(f"shared with other experiments: {', '.join(content['shared'])}")
    if content["variants"]:
        blocks.append(f"variants, default first: {', '.join(content['variants'])}")
    blocks += [f"warning: {warning}" for warning in content["warnings"]]
    if not content["problems"]:
        blocks.append("no faults found" if not content["warnings"] else "no faults found; the warnings need a look")
    return blocks


def _problem(problem: Mapping[str, Any]) -> tuple[str, str, str, str]:
    line = "" if problem["line"] is None else str(problem["line"])
    return problem["file"], line, problem["key"], problem["message"]
