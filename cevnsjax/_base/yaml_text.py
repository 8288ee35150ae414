"""Plain lists, tables and numbers as YAML, each entry on a line, that any reader of YAML 1.1 or 1.2 understands.

Texts are in quotes, as JSON has them. Numbers have all their digits; YAML 1.1 takes a number with an exponent for a
text unless it has a point.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

STEP = "  "


def as_yaml(content: Any) -> str:
    """Return `content` (dictionaries, lists, texts, finite numbers, None) as YAML.

    >>> print(as_yaml({"name": "counts", "values": [{"value": 1e-5}, {"value": 2}], "errors": []}))
    name: "counts"
    values:
    - value: 1.0e-05
    - value: 2
    errors: []
    """
    return "\n".join(_lines(content))


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"YAML has numbers that are finite, found {value}")
        text = repr(value)
        return text if "e" not in text or "." in text else text.replace("e", ".0e")
    return json.dumps(value, ensure_ascii=False)


def _is_leaf(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple) or not value


def _lines(value: Any) -> list[str]:
    if _is_leaf(value):
        return [_scalar(list(value) if isinstance(value, tuple) else value)]
    if isinstance(value, Mapping):
        return [line for key, entry in value.items() for line in _entry(f"{key}:", entry)]
    return [line for entry in value for line in _item(entry)]


def _entry(key: str, value: Any) -> list[str]:
    if _is_leaf(value):
        return [f"{key} {_lines(value)[0]}"]
    indent = STEP if isinstance(value, Mapping) else ""
    return [key, *(indent + line for line in _lines(value))]


def _item(value: Any) -> list[str]:
    first, *others = _lines(value)
    return [f"- {first}", *(STEP + line for line in others)]
