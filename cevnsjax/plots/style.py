"""What all figures share: colours, names of components and confidence levels, empty figures, writing to a file."""

import textwrap
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.cbook import is_math_text
from matplotlib.colors import is_color_like, to_hex, to_rgb
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import FontProperties

from .._base.arguments import shown
from .._base.errors import InputError
from .._base.levels import Level
from .._base.writing import check_file, replacing

if TYPE_CHECKING:
    from matplotlib.typing import RcKeyType

SIGNAL_COLOUR, STEADY_COLOUR = "#2f6fb5", "#c9ccd1"
BACKGROUND_COLOURS = ("#e08a2c", "#7a4a1f", "#56b4e9", "#f0e442", "#882255", "#cc79a7", "#fdbf6f")
"""Of components, distinct from each other, the signal and the steady state by readers of any colour vision."""
LINE_COLOURS = ("#1f4e82", "#c0562f", "#56b4e9", "#e6ab02", "#444444", "#8b1a1a", "#cc79a7", "#009e73")
"""Of lines over each other, likewise distinct."""
DASHES = ("-", (0, (6, 2)), (0, (6, 2, 1.2, 2)), (0, (1.2, 1.4)))
"""Of lines over each other: neighbours differ in them, and so do colours that are near each other to some readers."""
COMPONENT_NAMES = {
    "cevns": "CEvNS",
    "brn": "beam-related neutrons",
    "nin": "neutrino-induced neutrons",
    "ss": "steady state",
    "delayed_brn": "delayed neutrons",
    "ac": "accidental coincidences",
    "ac_sr0": "accidental, SR0",
    "ac_sr1": "accidental, SR1",
    "ac_sr2": "accidental, SR2",
    "er": "electron recoils",
    "es": "electron scattering",
    "ar37": "argon-37",
    "us2_background": "background, US2",
    "paired_background": "background, paired",
}
LEVEL_NAMES = {"68.27": "1σ", "90": "90 %", "95.45": "2σ", "99.73": "3σ"}
CURVE_COLOUR = "#1f4e82"
LEVEL_COLOURS = ("#2f6fb5", "#6fa3d8", "#a9c9ea", "#d6e6f5")
RC: "dict[RcKeyType, Any]" = {
    "text.usetex": False,
    "font.size": 10,
    "axes.labelsize": 11,
    "axes.titlesize": 11.0,
    "figure.titlesize": 12.0,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "axes.formatter.limits": (-3, 5),
    "axes.formatter.use_mathtext": True,
}
LEVEL_STYLE: dict[str, Any] = {"color": "0.6", "lw": 0.8, "ls": (0, (4, 3))}
"""Of lines at a level."""
LEGEND, LEGEND_TEXT = 2.0, 1.4
"""Width [inch] that a legend beside the axes takes, and its text alone."""
NARROW = 6.0
"""Width [inch] of a figure below which its legend is above the axes, not beside them."""
EMBEDDED: "dict[RcKeyType, Any]" = {"pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "cevnsjax"}
"""Fonts are in the file as they are, not as drawings of letters, and its inner names are those of the last time."""
UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
"""What a format leaves out, so that the same figure is the same file."""


def line_style(number: int, colours: Sequence[Any] = LINE_COLOURS) -> tuple[Any, Any]:
    """Return colour and dashes of the line `number` of a figure: the same pair comes back after 4 rounds of colours."""
    rounds, place = divmod(number, len(colours))
    return colours[place], DASHES[(place + 2 * (place // len(DASHES)) + rounds) % len(DASHES)]


def dashes_of(colour: Any) -> Any:
    """Return the dashes that go with a colour of `LINE_COLOURS`; other lines are solid."""
    shade = to_hex(colour)
    return line_style(LINE_COLOURS.index(shade))[1] if shade in LINE_COLOURS else "-"


def component_colours(names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each component of a measurement, signal and steady state always the same."""
    fixed = {"cevns": SIGNAL_COLOUR, "ss": STEADY_COLOUR}
    others = cycle(BACKGROUND_COLOURS)
    return {name: fixed[name] if name in fixed else next(others) for name in names}


def component_name(name: str) -> str:
    """Return how a component is called in a figure."""
    return COMPONENT_NAMES.get(name, name.replace("_", " "))


def plain(text: str) -> str:
    """Return a user's text as a figure shows it letter by letter: no mathematics, and no label that is left out."""
    text = text.replace("$", r"\$")
    return f"\u200a{text}" if text.startswith("_") else text


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of that size [inch] with the layout engine of all figures."""
    return Figure(figsize=(width, height), layout="constrained", dpi=130)


def wrapped(text: str, width: float, size: float | str = RC["figure.titlesize"], lines: int = 3) -> str:
    """Return `text` in lines of at most `width` [inch] at a font `size` [points]; what needs more `lines` is cut."""
    renderer, font = RendererAgg(1.0, 1.0, 72.0), FontProperties(size=size)

    def inches(line: str) -> float:
        return renderer.get_text_width_height_descent(line, font, ismath=is_math_text(line))[0] / 72.0

    count = max(len(text), 2)
    while True:
        parts = (textwrap.wrap(part, count, max_lines=lines, placeholder=" …") for part in text.split("\n"))
        rows = [line for part in parts for line in part]
        if count <= 2 or all(inches(line) <= width for line in rows):
            return "\n".join(rows)
        count = int(0.95 * count)


def legend_beside(figure: Figure | SubFigure, axes: Sequence[Axes]) -> None:
    """Give `figure` a common legend of all `axes`, to the right of them: it never covers what is drawn."""
    handles = _handles(axes)
    labels = [wrapped(label, LEGEND_TEXT, matplotlib.rcParams["legend.fontsize"]) for label in handles]
    figure.legend(list(handles.values()), labels, loc="outside right upper")


def legend_over(figure: Figure, axes: Sequence[Axes]) -> None:
    """Give `figure` a common legend of all `axes`, above them: of a figure too narrow for one beside."""
    handles, width = _handles(axes), figure.get_figwidth() - (LEGEND - LEGEND_TEXT)
    labels = [wrapped(label, width, matplotlib.rcParams["legend.fontsize"]) for label in handles]
    titled = any(panel.get_title() for panel in axes)
    figure.legend(list(handles.values()), labels, loc="outside upper center" if titled else "outside upper left")


def _handles(axes: Sequence[Axes]) -> dict[str, Artist]:
    """Return what the legends of `axes` have, each label once."""
    handles: dict[str, Artist] = {}
    for panel in axes:
        handles |= {label: handle for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    return handles


def title_above(figure: Figure | SubFigure, text: str, width: float) -> None:
    """Write a title over the axes of a `figure` of that `width` [inch], left of its legend."""
    left = width - LEGEND
    figure.suptitle(wrapped(text, 0.95 * left), x=0.5 * left / width)


def tidy(axes: Axes) -> None:
    """Give an axis the look of the field: ticks inside on all sides."""
    axes.tick_params(direction="in", top=True, right=True, which="both")


def level_name(level: Level) -> str:
    """Return how a confidence level is called in a figure."""
    return LEVEL_NAMES.get(level.label, str(level))


def level_colours(count: int, colour: str | None = None) -> list[str]:
    """Return colours for `count` nested regions, from the darkest, inside, to the lightest; in shades of `colour`."""
    if colour is None and count == 1:
        return [LEVEL_COLOURS[1]]
    known = np.array([to_rgb(shade) for shade in LEVEL_COLOURS])
    if colour is not None:
        share = np.array([0.85, 0.6, 0.35, 0.15])[:, None]
        known = share * to_rgb(colour) + 1.0 - share
    at = np.linspace(0.0, len(known) - 1.0, count) if count > 1 else np.array([2.0])
    red, green, blue = (np.interp(at, np.arange(len(known)), part) for part in known.T)
    return [to_hex(channels) for channels in zip(red, green, blue, strict=True)]


def line_shades(count: int, colour: str) -> list[str]:
    """Return shades of `colour` for `count` lines, each lighter than the last and all to be seen."""
    shares = np.linspace(1.0, 0.5, count) if count > 1 else np.ones(1)
    return [to_hex(share * np.array(to_rgb(colour)) + 1.0 - share) for share in shares]


def check_axes(name: str, value: Any) -> None:
    """Raise InputError unless `value` is flat Axes of matplotlib; `name` is that of the argument."""
    if not isinstance(value, Axes):
        raise InputError(f"{name}: expected Axes such as plt.subplots()[1], found {shown(value)}")
    if value.name in ("3d", "polar"):
        raise InputError(f"{name}: expected Axes of x and y, found {value.name} ones")


def check_colour(name: str, value: Any) -> None:
    """Raise InputError unless `value` is a colour of matplotlib; `name` is that of the argument."""
    if not is_color_like(value):
        raise InputError(f"{name}: expected a colour such as 'black' or '#1f4e82', found {shown(value)}")


def root(axes: Axes) -> Figure:
    """Return the figure that `axes` are in."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def next_colour(axes: Axes, colour: Any = None) -> str:
    """Return `colour`, or else the first of ours that nothing on `axes` has yet, in the order of `LINE_COLOURS`."""
    if colour is not None:
        return to_hex(colour)
    drawn = [line.get_color() for line in axes.lines]
    drawn += [patch.get_edgecolor() for patch in axes.patches]
    used = {to_hex(shade) for shade in drawn if is_color_like(shade)}
    return next(
        (candidate for candidate in LINE_COLOURS if candidate not in used), LINE_COLOURS[len(drawn) % len(LINE_COLOURS)]
    )


def entries(axes: Axes) -> set[str]:
    """Return what the legend of `axes` has, or would have."""
    return set(axes.get_legend_handles_labels()[1])


def reach(axes: Axes, low: Sequence[float] | np.ndarray, high: Sequence[float] | np.ndarray) -> None:
    """Have a user's `axes` reach from `low` to `high`, values of x or of x and y, unless limits are set."""
    axes.update_datalim([(corner[0], corner[-1]) for corner in (low, high)], updatey=len(low) > 1)
    if axes.get_autoscalex_on():
        axes.margins(x=0.0)
    if axes.get_autoscaley_on() and len(low) > 1:
        axes.margins(y=0.0)
    axes.autoscale_view()


def describe(axes: Axes, x: str, y: str, log: Sequence[bool] = (), legend: bool = False) -> None:
    """Label a user's `axes` where they have no labels, make those logarithmic that are to be, and draw the legend."""
    if not axes.get_xlabel():
        axes.set_xlabel(x)
    if not axes.get_ylabel():
        axes.set_ylabel(y)
    for logarithmic, scale in zip(log, (axes.set_xscale, axes.set_yscale), strict=False):
        if logarithmic:
            scale("log")
    if legend and entries(axes):
        axes.legend()


def check_figure_path(path: Path) -> None:
    """Raise InputError, before any computation, if no figure can be written to `path`; a file there is replaced."""
    check_file(path, True, [f".{ending}" for ending in sorted(Figure().canvas.get_supported_filetypes())], "draw")


def save(figure: Figure, path: Path, settings: "dict[RcKeyType, Any] | None" = None) -> None:
    """Write `figure` to `path`, whole, in place of a file that is there; `settings` are those it was drawn with.

    Vector files hold their fonts, and no date: PDF, SVG and PNG of the same figure are the same bytes.
    """
    ending = path.suffix.lstrip(".").lower()
    with matplotlib.rc_context((settings or {}) | EMBEDDED), replacing(path, doing="draw") as part:
        figure.savefig(part, format=ending, metadata=UNDATED.get(ending))
