"""What all figures share: colours, names of components and confidence levels, empty figures, writing to a file."""

from collections.abc import Sequence
from itertools import cycle
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._writing import check_file, replacing

SIGNAL_COLOUR, STEADY_COLOUR = "#2f6fb5", "#c9ccd1"
BACKGROUND_COLOURS = ("#e08a2c", "#8c5aa8", "#3f9b7a", "#b8524f", "#a8963c", "#5f7f95", "#d4a5c0")
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
}
LEVEL_NAMES = {"68.27": "1σ", "90": "90 %", "95.45": "2σ", "99.73": "3σ"}
CURVE_COLOUR = "#1f4e82"
LEVEL_COLOURS = ("#2f6fb5", "#6fa3d8", "#a9c9ea", "#d6e6f5")
RC = {
    "text.usetex": False,
    "font.size": 10,
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "legend.fontsize": 9,
    "legend.frameon": False,
}


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


def tidy(axes: Axes) -> None:
    """Give an axis the look of the field: ticks inside on all sides."""
    axes.tick_params(direction="in", top=True, right=True, which="both")


def check_figure_path(path: Path) -> None:
    """Refuse a path that no figure can be written to, before anything is computed; one that is there is replaced."""
    check_file(path, True, [f".{ending}" for ending in sorted(Figure().canvas.get_supported_filetypes())], "draw")


def save(figure: Figure, path: Path) -> None:
    """Write `figure` to `path`, whole, in the place of one that is there."""
    with replacing(path, doing="draw") as part:
        figure.savefig(part, format=path.suffix.lstrip("."))
