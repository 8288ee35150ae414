"""χ² on a grid of parameters, everything else profiled, as a user holds it: a dataset and what follows from it.

A profile is a grid in memory that belongs to a fit; a scan is a grid on its own, in memory or in a store on disk.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base import arguments
from .._base.errors import InputError
from .._base.levels import LEVELS, USUAL, Level, check_level, check_levels, delta_chi2, levels_of, ordered_levels
from .._base.netcdf import write_netcdf
from .._base.tables import Block, Shown
from .._base.typing import Names
from ..inference.grid.axes import Axis
from ..inference.grid.contours import (
    Contour,
    Region,
    contours,
    pieces,
    with_point,
)
from .drawing import LEVELS_DRAWN, ON_AXES, count_text, heights, without_shade
from .grid_export import export_grid
from .plane import check_shade, oriented
from .rebuilt import check_likelihood
from .report import profile_report
from .saved_grid import grid_dataset, load_grid
from .tables.grid import profile_blocks, scan_blocks
from .tables.words import doubts

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..joint.likelihood import Likelihood
    from ..plots.contours import Region as Drawn
    from ..plots.profiles import Curve
    from .fit import FitResult


REFERENCES = ("best", "grid")
"""What Δχ² is counted from: the best fit within the bounds of the parameters, or the lowest point of the grid."""


def _height(level: float | Level, parameters: int) -> float:
    """Return the Δχ² of a confidence level for 1 or 2 parameters."""
    if parameters not in (1, 2):
        raise InputError(f"expected 1 or 2 parameters that the level is of, found {parameters}")
    return delta_chi2(level, parameters)


@dataclasses.dataclass(frozen=True, repr=False)
class GridResult(Shown):
    """χ² on a grid, everything else profiled: an xarray dataset, and what follows from it. Check `converged`."""

    dataset: "xarray.Dataset"
    """``chi2``, ``converged`` and every profiled parameter on the axes of the grid; the settings are attributes."""
    out: Path | None = None
    """The store it lies in."""
    seconds: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """What this run took for compiling, for the points of the grid, and for the best fit."""
    repaired: tuple[str, ...] = ()
    """What was missing or altered in the store, and was written again by this run."""
    _fit: "FitResult | None" = None

    @property
    def fit(self) -> "FitResult":
        """Return the fit that a profile belongs to; a scan has none and raises InputError."""
        if self._fit is None:
            raise InputError("expected a profile, which belongs to a fit, found a scan")
        return self._fit

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters on the axes."""
        return tuple(str(name) for name in self.dataset["chi2"].dims)

    @cached_property
    def axes(self) -> tuple[Axis, ...]:
        """Return the axes of the grid."""
        settings = self.dataset.attrs["settings"]["grid"]
        return tuple(Axis(name, np.asarray(self.dataset[name]), settings[name]["log"]) for name in self.names)

    @cached_property
    def chi2(self) -> np.ndarray:
        """Return χ² at every point: infinite where the required orders forbid it."""
        return np.asarray(self.dataset["chi2"])

    @property
    def chi2_min(self) -> float:
        """Return χ² of the best fit: refined from the lowest points of the grid, the parameters of its axes free."""
        return self._number("chi2_min")

    @property
    def chi2_grid_min(self) -> float:
        """Return the lowest χ² of a point of the grid."""
        return self._number("chi2_grid_min")

    def _number(self, name: str) -> float:
        value = self.dataset.attrs[name]
        return math.inf if value is None else float(value)

    @property
    def best(self) -> dict[str, float]:
        """Return the parameters of the best fit."""
        return dict(self.dataset.attrs["best"])

    @property
    def converged(self) -> bool:
        """Return whether the best fit was reached, with recoil integrals that are accurate."""
        return bool(self.dataset.attrs["converged"]) if self._fit is None else self._fit.converged

    @property
    def not_converged(self) -> int:
        """Return the number of points that did not converge."""
        return int(self.dataset.attrs["not_converged"])

    @property
    def message(self) -> str:
        """Return how the scan ended, in words."""
        if self._fit is not None:
            return self._fit.message
        said = self.dataset.attrs["quadrature"]
        if not self.converged:
            return f"not to be trusted: {said}" if said else "the best fit of the scan did not converge"
        failed = self.not_converged
        ended = "converged" if not failed else f"the best fit converged, {failed} points of the grid did not"
        return "; ".join(filter(None, (ended, said)))

    def _chosen(self, names: Sequence[str] | None) -> tuple[str, ...]:
        chosen = tuple(names or self.names[:2])
        for name in chosen:
            if name not in self.names:
                raise InputError(f"'{name}' is not on an axis of the scan, which has {', '.join(self.names)}")
        if not 1 <= len(chosen) <= 2 or len(set(chosen)) != len(chosen):
            raise InputError(f"expected 1 or 2 different axes, found {', '.join(chosen)}")
        return chosen

    @arguments.checked(names=arguments.optional(arguments.texts), reference=arguments.text)
    def delta_chi2(self, names: Names | None = None, reference: str = "best") -> np.ndarray:
        """Return Δχ² on 1 or 2 axes, by default the first two, the lowest over the other axes of the grid.

        It counts from the best fit within the bounds of the parameters ("best"), or from the lowest point of the grid.
        """
        if reference not in REFERENCES:
            raise InputError(f"expected a reference {' or '.join(REFERENCES)}, found '{reference}'")
        chosen = self._chosen(names)
        if not math.isfinite(self.chi2_min):
            raise InputError("the scan has no point that is allowed with a chi2 that is finite: there is nothing in it")
        positions = [self.names.index(name) for name in chosen]
        others = tuple(k for k in range(len(self.names)) if k not in positions)
        lowest = self.chi2.min(axis=others) if others else self.chi2
        if len(positions) == 2 and positions[0] > positions[1]:
            lowest = lowest.T
        return lowest - (self.chi2_min if reference == "best" else self.chi2_grid_min)

    def _axes_of(self, names: Sequence[str]) -> list[Axis]:
        return [self.axes[self.names.index(name)] for name in names]

    @arguments.checked(
        level=check_level,
        parameters=arguments.whole(1, 2),
        names=arguments.optional(arguments.texts),
        reference=arguments.text,
    )
    def contours(
        self,
        level: float | Level = 0.90,
        parameters: int = 2,
        names: Names | None = None,
        reference: str = "best",
    ) -> list[Contour]:
        """Return the contours of two axes at a confidence level: closed, or open at the edges of the grid.

        `parameters` is the number of parameters whose Δχ² the level means: 2.71 for 90 % of 1, 4.61 of 2. See
        `delta_chi2` for `names` and `reference`.
        """
        chosen = self._chosen(names)
        if len(chosen) != 2:
            raise InputError("expected two axes to draw contours of, found 1: call `pieces` for it")
        first, second = self._axes_of(chosen)
        return contours((first, second), self.delta_chi2(chosen, reference), _height(level, parameters))

    @arguments.checked(
        level=check_level,
        parameters=arguments.whole(1, 2),
        name=arguments.optional(arguments.text),
        reference=arguments.text,
    )
    def pieces(
        self, level: float | Level = 0.90, parameters: int = 1, name: str | None = None, reference: str = "best"
    ) -> list[Region]:
        """Return the pieces of an axis that lie below a confidence level, the others profiled."""
        chosen = self._chosen((name or self.names[0],))
        (axis,) = self._axes_of(chosen)
        delta = self.delta_chi2(chosen, reference)
        if reference == "best":
            axis, delta = with_point(axis, delta, self.best[axis.name], 0.0)
        return pieces(axis, delta, _height(level, parameters))

    @arguments.checked(level=check_level, parameters=arguments.whole(1, 2), names=arguments.texts)
    def resolves(self, level: float | Level, parameters: int, names: Names, reference: str = "best") -> bool:
        """Return whether a point of the grid lies below a level, or need not: the best fit is beyond the axes."""
        ends = {axis.name: (axis.values.min(), axis.values.max()) for axis in self._axes_of(names)}
        within = all(low <= self.best[name] <= high for name, (low, high) in ends.items())
        below = bool(np.any(self.delta_chi2(names, reference) <= _height(level, parameters)))
        return below or not within

    @property
    def title(self) -> str:
        """Return the measurements and what is added to the Standard Model."""
        settings = self.dataset.attrs["settings"]
        beyond = [name for name in settings["interactions"] if name != "standard-model"]
        return ", ".join([" + ".join(settings["measurements"]), *beyond])

    def units(self, names: Names) -> tuple[str, ...]:
        """Return the units of axes, "1" for a pure number."""
        return tuple(self.dataset[name].attrs["units"] for name in names)

    def pair(self, names: Names) -> tuple[Axis, Axis]:
        """Return two axes of the grid."""
        first, second = self._axes_of(names)
        return first, second

    def label(self, name: str) -> str:
        """Return the LaTeX label of an axis, with those of parameters that are tied to it, and its unit."""
        attributes = self.dataset[name].attrs
        unit = attributes["units"]
        return f"${attributes['latex']}$" + ("" if unit == "1" else f" [{unit}]")

    @arguments.checked(levels=check_levels)
    def as_dict(self, levels: Sequence[float | Level] = USUAL) -> dict[str, Any]:
        """Return what the grid came to as plain lists and numbers, the JSON of the command line.

        A profile has its points and the intervals of its parameters at `levels`; those of a scan are in its store.
        """
        if self._fit is not None:
            return profile_report(self, self._fit, levels_of(levels))
        attributes = self.dataset.attrs
        return {
            "out": None if self.out is None else str(self.out),
            "parameters": list(self.names),
            "shape": list(self.dataset["chi2"].shape),
            "chi2_min": attributes["chi2_min"],
            "best": self.best,
            "chi2_grid_min": attributes["chi2_grid_min"],
            "grid_best": dict(attributes["grid_best"]),
            "not_converged": self.not_converged,
            "quadrature_error": attributes["quadrature_error"],
            "converged": self.converged,
            "message": self.message,
            "repaired": list(self.repaired),
            "data": attributes["digest"],
            "seconds": dict(self.seconds),
            "version": attributes["version"],
        }

    def blocks(self) -> list[Block]:
        """Return what `cevnsjax profile` prints of a profile, `cevnsjax scan` of a scan."""
        content = self.as_dict()
        if self._fit is None:
            return [*scan_blocks(content), *doubts(content)]
        return [*profile_blocks(content, self._fit.likelihood.data_name), *doubts(content)]

    @arguments.checked(
        level=LEVELS_DRAWN,
        parameters=arguments.optional(arguments.whole(1, 2)),
        names=arguments.optional(arguments.texts),
        swap=arguments.switch,
        shade=arguments.optional(check_shade),
        style=arguments.optional(arguments.texts),
        **ON_AXES,
    )
    def plot(
        self,
        level: float | Level | Sequence[float | Level] | None = None,
        parameters: int | None = None,
        names: Names | None = None,
        ax: "Axes | None" = None,
        label: str | None = None,
        color: str | None = None,
        *,
        swap: bool = False,
        shade: str | None = None,
        style: Names | None = None,
    ) -> "Figure":
        """Draw the contours of two axes, by default the first two, or Δχ² against a single axis; return the figure.

        Of several levels the regions are nested, the inner darker, and the legend says which is which. Of a single
        level, what a scan excludes or allows is shaded. In a figure of its own a profile has the interval, or the
        curves of both parameters at the side.

        Args:
            level: a confidence level or several; by default 90 %, of a profile all usual levels, but for contours on
                axes of yours.
            parameters: whose Δχ² a level means, 1 or 2: by default as many as are drawn.
            names: the axes, 1 or 2, in the order x, y; by default a mass is on x.
            ax: axes of yours to draw on, over what is there: curve or contours and best fit alone. Labels that you
                have set stay.
            label: what the legend calls it; on axes of yours it draws the legend anew.
            color: of the lines; by default the next of ours that is not on the axes.
            swap: turns x and y round.
            shade: "allowed", "excluded" or "none", of a scan at a single level: see `draw_scans`.
            style: style sheets of matplotlib, by name or file; ours are "column" and "wide".

        Example:
            >>> import cevnsjax as cj
            >>> from matplotlib.figure import Figure
            >>> ax = Figure().subplots()
            >>> scan = cj.Likelihood(["csre-cs"]).scan({"r_n_cs": "4:6:21"})
            >>> figure = scan.plot([0.6827, 0.90], ax=ax, label="scattering")
            >>> ax.get_legend_handles_labels()[1]
            ['scattering']
            >>> [text.get_text() for text in ax.texts]
            ['1σ', '90 %']

        """
        from .overlays import draw_scans

        chosen = self._on_axes(names, swap)
        count = parameters or len(chosen)
        usual = self._fit is not None and (ax is None or len(chosen) == 1)
        levels = ordered_levels(level if level is not None else USUAL if usual else 0.90)
        if self._fit is not None and ax is None:
            without_shade(shade)
            return self._plot_profile(chosen, levels, count, label, color, style)
        drawn = self._line(chosen[0]) if self._fit is not None and len(chosen) == 1 else self
        labels, colors = None if label is None else [label], None if color is None else [color]
        return draw_scans([drawn], levels, count, labels, names=chosen, ax=ax, colors=colors, shade=shade, style=style)

    def _on_axes(self, names: Names | None, swap: bool) -> tuple[str, ...]:
        """Return the parameters on x and y: those named in their order, else a mass on x; `swap` turns them round."""
        chosen = self._chosen(names)
        return oriented(chosen, [""] * len(chosen) if names else self.units(chosen), swap)

    def _plot_profile(
        self,
        names: tuple[str, ...],
        levels: tuple[Level, ...],
        count: int,
        label: str | None,
        color: str | None,
        style: Names | None,
    ) -> "Figure":
        """Return the figure of 1 or 2 parameters of a profile."""
        from ..plots.look import settings

        look = settings(style)
        if len(names) == 1:
            from ..plots.profiles import draw_profile
            from ..plots.style import CURVE_COLOUR

            return draw_profile(self.curve(names[0]), heights(levels, count), color or CURVE_COLOUR, label, look)
        from ..plots.contours import draw_contour

        title = "\n".join(filter(None, (label, "allowed", count_text(count))))
        curves = [self.curve(name) for name in names]
        return draw_contour(self._regions(names, levels, count), *curves, heights(levels), title, color, look)

    def _regions(
        self, names: Names, levels: Sequence[Level], count: int, reference: str = "best"
    ) -> "tuple[Drawn, ...]":
        """Return where two axes lie below levels of `count` parameters, to draw."""
        from ..plots.planes import regions_of

        return regions_of(self.pair(names), self.delta_chi2(names, reference), levels, count)

    def _line(self, name: str) -> "GridResult":
        """Return the profile of a single parameter: of a profile of two it is computed anew, in more points."""
        if len(self.names) == 1:
            return self
        values = self.axes[self.names.index(name)].values
        return self.fit.profile([name], {name: (values[0], values[-1])})

    def curve(self, name: str | None = None) -> "Curve":
        """Return the Δχ² curve of a parameter of a profile, to draw."""
        from ..plots.profiles import Curve

        fit, chosen = self.fit, name or self.names[0]
        line = self._line(chosen)
        pieces = {label: fit.interval(chosen, level).pieces for label, level in LEVELS.items()}
        return Curve(self.label(chosen), line.axes[0].values, line.delta_chi2(), fit.values[chosen], pieces)

    def save(self, path: str | Path, overwrite: bool = False) -> None:
        """Write the grid to a netCDF file (.nc), a profile with its fit.

        An existing file raises InputError unless `overwrite`. A scan that lies in a store is saved there already:
        `open_scan`.
        """
        write_netcdf(grid_dataset(self), Path(path), overwrite)

    @arguments.checked(path=arguments.path, format=arguments.text, overwrite=arguments.switch)
    def export(self, path: str | Path, format: str, overwrite: bool = False) -> dict[str, Any]:
        """Write the grid for others: a table of CSV (``"csv"``), or a folder of tables for HEPData (``"hepdata"``).

        A row for each point has the parameters of the axes, χ² and Δχ² from the best fit, and what was profiled.
        Returns what was written, as the JSON of `cevnsjax export`. An existing file or folder raises InputError unless
        `overwrite`, a grid without a point that is allowed always.

        >>> import pathlib, tempfile, cevnsjax as cj
        >>> scan = cj.Likelihood("csre-cs").scan({"r_n_cs": "4:6:3"})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = scan.export(f"{folder}/scan.csv", "csv")
        ...     pathlib.Path(written["out"]).read_text().splitlines()[0]
        'r_n_cs,chi2,delta_chi2,converged'

        """
        return export_grid(self, Path(path), format, overwrite)

    @staticmethod
    @arguments.checked(path=arguments.path, likelihood=arguments.optional(check_likelihood))
    def load(path: str | Path, likelihood: "Likelihood | None" = None) -> "GridResult":
        """Return the profile or the scan that `save` wrote; for `likelihood`, of a profile, see `FitResult.load`."""
        dataset, fit = load_grid(Path(path), likelihood)
        return GridResult(dataset, _fit=fit)
