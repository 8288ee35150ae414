"""The command that draws and tabulates the contours of scans."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .._base.errors import InputError
from .._base.levels import Level
from .._base.writing import check_file, replacing
from . import options, printing
from .process import WRITTEN

if TYPE_CHECKING:
    from ..results.grid import GridResult

COLUMNS = ("scan", "level", "parameters", "contour", "kind")


def contour(
    stores: Annotated[
        list[Path], typer.Argument(metavar="SCAN.zarr...", help="Scans that `cevnsjax scan` wrote.", show_default=False)
    ],
    cl: options.Levels = None,
    parameters: Annotated[
        int | None,
        options.whole("--parameters", "1 or 2: whose delta chi2 the level means; by default the axes drawn."),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(
            "--param", help="The axis or the two, x and y; by default the first two, in a figure a mass on x."
        ),
    ] = None,
    reference: Annotated[
        str, typer.Option("--reference", help="What delta chi2 counts from: the best fit, or the lowest of the grid.")
    ] = "best",
    label: Annotated[list[str] | None, typer.Option("--label", help="Name of each scan in the figure.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the contours to this CSV file.")] = None,
    overwrite: options.Overwrite = False,
    json_: options.Json = False,
    plot: options.Plot = None,
    curve: Annotated[
        list[str] | None,
        typer.Option(
            "--curve", help="LABEL=FILE.csv: draw a published curve, of columns such as 'm_zp [GeV],g_zp [1]'."
        ),
    ] = None,
    shade: Annotated[
        str | None,
        typer.Option(
            "--shade", help="allowed, excluded or none; by default excluded where a coupling is only limited."
        ),
    ] = None,
    swap: options.Swap = False,
    style: options.Styles = None,
    title: Annotated[str | None, typer.Option("--title", help="Title of the figure; '' for none.")] = None,
    xlim: Annotated[str | None, typer.Option("--xlim", help="LO:HI: where x begins and ends.")] = None,
    ylim: Annotated[str | None, typer.Option("--ylim", help="LO:HI: where y begins and ends.")] = None,
) -> None:
    """Draw and tabulate contours of scans at a confidence level: closed, open and disconnected."""
    from ..results.overlays import common_names, draw_scans
    from ..results.scanning import open_scan
    from ..results.tables.grid import contour_blocks

    options.of_plot(plot, curve=curve, shade=shade, swap=swap, style=style, title=title, xlim=xlim, ylim=ylim)
    styles = options.split(style, "--style")
    look: dict[str, Any] = {
        **{"shade": shade, "swap": swap, "style": styles, "title": title, "curves": options.curves(curve)},
        **{"xlim": options.limits(xlim, "--xlim"), "ylim": options.limits(ylim, "--ylim")},
    }
    printing.check_plot(plot, styles)
    levels = [options.level(text) for text in options.split(cl, "--cl") or ["90"]]
    if plot is not None and len(levels) > 1:
        raise InputError("expected one --cl to draw, found several")
    if out is not None:
        check_file(out, overwrite)
    elif overwrite:
        raise InputError("--overwrite needs --out: the name of the file")
    if parameters not in (None, 1, 2):
        raise InputError(f"--parameters: expected 1 or 2 parameters that the level is of, found {parameters}")
    axes = tuple(options.split(param, "--param"))
    if len(axes) > 2:
        raise InputError(f"--param: expected one or two axes, found {', '.join(axes)}")
    scans = [open_scan(store) for store in stores]
    common = common_names(scans, axes) if len(scans) > 1 and (out is not None or plot is not None) else axes
    if label and len(label) != len(scans):
        raise InputError(f"expected a --label for each of {len(scans)} scans, found {len(label)}")
    contours = [
        _described(scan, level, parameters, common, reference, name)
        for scan, name in zip(scans, label or [str(store) for store in stores], strict=True)
        for level in levels
    ]
    printing.draw(
        plot, lambda: draw_scans(scans, levels[0], parameters, label, reference, axes or None, **look), styles
    )
    if out is not None:
        _write(out, contours, overwrite)
        WRITTEN.append(f"'{out}'")
    if json_:
        printing.json_object({"contours": contours})
    else:
        printing.blocks(block for content in contours for block in contour_blocks(content))
    for content in contours:
        printing.exit_unless_converged(content)


def _described(
    scan: "GridResult", level: Level, parameters: int | None, chosen: Sequence[str], reference: str, label: str
) -> dict[str, Any]:
    """Return the contours of a scan at a level as plain lists and numbers."""
    names = tuple(chosen) or scan.names[:2]
    count = len(names) if parameters is None else parameters
    content = {
        "scan": label,
        "names": list(names),
        "level": level.per_cent,
        "cl": level.label,
        "parameters": count,
        "delta_chi2": level.delta_chi2(count),
        "reference": {"which": reference, "chi2": scan.chi2_min if reference == "best" else scan.chi2_grid_min},
        "best": scan.best,
        "not_converged": scan.not_converged,
        "converged": scan.converged,
        "message": scan.message,
        "data": scan.dataset.attrs["digest"],
        "version": scan.dataset.attrs["version"],
    }
    if len(names) == 2:
        lines = scan.contours(level, count, names, reference)
        content["lines"] = [{"closed": line.closed, "points": line.points.tolist()} for line in lines]
    else:
        content["pieces"] = [
            {"low": p.low, "high": p.high, "open_below": p.open_below, "open_above": p.open_above}
            for p in scan.pieces(level, count, names[0], reference)
        ]
    if scan.converged and not scan.resolves(level, count, names, reference):
        content["converged"] = False
        content["message"] = f"the grid is too coarse: it holds the best fit, but no point of it is within {level}"
    return content


def _rows(content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows of the table: the points of each line, or both ends of each piece."""
    common = (content["scan"], content["cl"], content["parameters"])
    if "lines" in content:
        return [
            (*common, number, "closed" if line["closed"] else "open", *map(repr, point))
            for number, line in enumerate(content["lines"])
            for point in line["points"]
        ]
    return [
        (*common, number, "edge of the grid" if piece[f"open_{side}"] else "closed", repr(piece[end]))
        for number, piece in enumerate(content["pieces"])
        for end, side in (("low", "below"), ("high", "above"))
    ]


def _write(out: Path, contours: Sequence[dict[str, Any]], overwrite: bool) -> None:
    names = contours[0]["names"]
    with replacing(out, overwrite) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*COLUMNS, *names])
        for content in contours:
            table.writerows(_rows(content))
