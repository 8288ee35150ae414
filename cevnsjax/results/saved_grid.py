"""What a netCDF file holds of a profile, or of a scan in memory, and what is made of it again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base.errors import InputError
from .._base.json_files import encoded, is_number
from ..inference.grid.axes import Axis
from .held import Held, is_folder
from .rebuilt import arrays_of, damaged, part, read
from .record import axis_settings, record
from .saved_fit import fit_content, fit_state, load_fit

if TYPE_CHECKING:
    import xarray

    from ..joint.likelihood import Likelihood
    from .fit import FitResult
    from .grid import GridResult

NAMED = ("settings", "origin", "digest", "version", "jax")
"""Attributes of a grid that tell what it is of."""
FLAGS = "converged"
"""The variable that is no number."""


def grid_dataset(grid: "GridResult") -> "xarray.Dataset":
    """Return the dataset of a grid as a file holds it: what netCDF has no attributes for is a single text."""
    attributes, axes = grid.dataset.attrs, {axis.name: axis_settings(axis) for axis in grid.axes}
    if grid._fit is None:
        best = {name: grid.best[name] for name in grid.names}
        about = {"kind": "scan", **{name: attributes[name] for name in NAMED}}
        about |= {"run": {"grid": axes, "chunk": attributes["settings"]["chunk"]}}
        about["state"] = {"chi2_min": grid.chi2_min, "best": best, "converged": grid.converged, "message": grid.message}
    else:
        about = record("profile", grid.fit.likelihood, grid.fit.specification, {"grid": axes})
        about |= {"state": fit_state(grid.fit), "fit": fit_content(grid.fit)}
    about["state"] = encoded(about["state"])
    about["dataset"] = {
        "attributes": attributes,
        "variables": [str(name) for name in grid.dataset.data_vars],
        "axes": {name: grid.dataset[name].attrs for name in grid.names},
    }
    made = grid.dataset.copy(deep=False)
    made.attrs = {"cevnsjax": json.dumps(about)}
    return made


def _optional(value: Any) -> bool:
    return value is None or is_number(value)


def _named(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_optional, value.values()))


ATTRIBUTES: dict[str, Callable[[Any], bool]] = {
    "chi2_min": _optional,
    "chi2_grid_min": _optional,
    "quadrature_error": _optional,
    "best": _named,
    "grid_best": _named,
    "converged": lambda value: type(value) is bool,
    "not_converged": lambda value: type(value) is int,
    **dict.fromkeys(("quadrature", "digest", "version"), lambda value: isinstance(value, str)),
}
"""The checks of what a grid in memory needs of its attributes."""


def load_grid(path: Path, likelihood: "Likelihood | None") -> "tuple[xarray.Dataset, FitResult | None]":
    """Return the dataset of a file, and of a profile its fit."""
    if is_folder(path):
        raise InputError(f"'{path}' is a folder: cevnsjax.open_scan opens the store of a scan")
    held = read(path, "profile", "scan")
    dataset = _dataset(held)
    fit = load_fit(held, likelihood) if held.kind == "profile" else None
    if fit is not None and any(name not in fit.values for name in dataset["chi2"].dims):
        raise damaged(held, "axes")
    return dataset, fit


def _dataset(held: Held) -> "xarray.Dataset":
    """Return the dataset that a file holds."""
    import xarray

    content, grid = part(held, "dataset"), held.run["grid"]
    attributes, variables, axes = (content.get(name) for name in ("attributes", "variables", "axes"))
    shape = tuple(axis["values"] for axis in grid.values())
    if not grid or not isinstance(axes, dict) or set(axes) != set(grid):
        raise damaged(held, "axes")
    if not isinstance(variables, list) or not all(isinstance(name, str) for name in variables):
        raise damaged(held, "variables")
    if len(set(variables)) != len(variables) or not {"chi2", FLAGS} <= set(variables) or set(variables) & set(grid):
        raise damaged(held, "variables")
    texts = (isinstance(axis, dict) and all(isinstance(text, str) for text in axis.values()) for axis in axes.values())
    if not all(texts) or not all({"units", "latex"} <= set(axis) for axis in axes.values()):
        raise damaged(held, "axes")
    known = isinstance(attributes, dict) and all(check(attributes.get(name)) for name, check in ATTRIBUTES.items())
    if not known or not set(grid) <= set(attributes["best"]):
        raise damaged(held, "attributes")
    if attributes.get("settings") != held.settings and held.kind == "scan":
        raise damaged(held, "settings")
    along = {name: (count,) for name, count in zip(grid, shape, strict=True)}
    arrays = arrays_of(held, {**dict.fromkeys(variables, shape), **along})
    if any(axis_settings(Axis(name, arrays[name], axis["log"])) != axis for name, axis in grid.items()):
        raise damaged(held, "axes")
    kinds = {name: bool if name == FLAGS else float for name in variables}
    return xarray.Dataset(
        {name: (tuple(grid), arrays[name].astype(kind)) for name, kind in kinds.items()},
        coords={name: (name, arrays[name].astype(float), axes[name]) for name in grid},
        attrs=attributes,
    )
