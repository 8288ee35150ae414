"""Text that says what a tree of modules is, arrays left out: equal in two processes only if the trees are the same.

None stands for what no text can say: functions and classes from outside of the package, whose code may be any.
"""

import dataclasses
from typing import Any

PACKAGE = __name__.partition(".")[0]
PLAIN = (type(None), bool, int, float, complex, str, bytes)


def _type(kind: type) -> str | None:
    own = kind.__module__.partition(".")[0] in (PACKAGE, "builtins", "equinox") and "<" not in kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}" if own else None


def _joined(name: str | None, parts: list[str | None]) -> str | None:
    return None if name is None or None in parts else f"{name}({', '.join(map(str, parts))})"


def text_of_value(value: Any) -> str | None:
    """Return the text of a value that is no array: a number, a name, a container or a dataclass of such, a class."""
    if isinstance(value, type):
        return _type(value)
    name = _type(type(value))
    if type(value) in PLAIN:
        return f"{name}({value!r})"
    if isinstance(value, dict):
        return _joined(name, [text_of_value(item) for item in value.items()])
    if isinstance(value, tuple | list):
        return _joined(name, [text_of_value(item) for item in value])
    if isinstance(value, set | frozenset):
        texts = [text_of_value(item) for item in value]
        return None if None in texts else _joined(name, [*sorted(map(str, texts))])
    if dataclasses.is_dataclass(value):
        return _joined(name, [text_of_value(getattr(value, field.name)) for field in dataclasses.fields(value)])
    if hasattr(value, "node_data"):
        return text_of_structure(value)
    if repr(value) == "Missing":  # what equinox writes for a field that a module does not have
        return name
    return None


def text_of_structure(structure: Any) -> str | None:
    """Return the text of the structure of a tree (`jax.tree.structure`)."""
    node = structure.node_data()
    if node is None:
        return "*" if structure.num_leaves else "None"
    kind, fields = node
    return _joined(_type(kind), [text_of_value(fields), *map(text_of_structure, structure.children())])
