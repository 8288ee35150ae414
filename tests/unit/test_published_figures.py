"""Figures for a publication: axes, shading, published curves, colours, style sheets, files."""

import itertools
import re
import zlib
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from closed_form_planes import COUPLINGS, MASSES, coupling_first, ellipse, limit, mass_first, scan_of, signal, strip
from colour_vision import VISION, cielab
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import cevnsjax as cj
from cevnsjax._base.levels import ordered_levels
from cevnsjax.plots.look import COLUMN, PAGE, settings
from cevnsjax.plots.planes import draw_plane
from cevnsjax.plots.style import LINE_COLOURS, line_style, save
from cevnsjax.results.overlays import draw_scans
from cevnsjax.results.plane import is_limit, oriented

LEVEL = -2.0 * np.log(0.1)
"""Δχ² of 90 % of two parameters: the tail of χ² with two degrees of freedom is exp(-Δχ²/2)."""


def legend(figure):
    (drawn,) = figure.legends
    return [text.get_text().replace("\n", " ") for text in drawn.get_texts()]


def names(axes):
    return axes.get_xlabel(), axes.get_ylabel()


MASS, COUPLING = "$m_{Z'}$ [MeV]", "$g_{Z'}$"


# Which parameter is on x


@pytest.mark.parametrize("scan", [coupling_first(), mass_first()], ids=["coupling first", "mass first"])
def test_a_mass_is_on_x_whatever_the_order_of_the_grid(scan):
    assert names(scan.plot().axes[0]) == (MASS, COUPLING)
    assert names(scan.plot(swap=True).axes[0]) == (COUPLING, MASS)
    assert names(scan.plot(names=["g_zp", "m_zp"]).axes[0]) == (COUPLING, MASS)
    assert names(scan.plot(names=["g_zp", "m_zp"], swap=True).axes[0]) == (MASS, COUPLING)
    here = Figure().subplots()
    scan.plot(ax=here)
    assert names(here) == (MASS, COUPLING)
    assert here.get_xlim() == pytest.approx((1.0, 1e4))


def test_other_planes_keep_their_order():
    assert names(ellipse().plot().axes[0]) == (r"$\sin^2\theta_W$", "$R_n$ [fm]")
    assert names(ellipse().plot(swap=True).axes[0]) == ("$R_n$ [fm]", r"$\sin^2\theta_W$")
    assert oriented(("u2_e4", "delta_m2_41"), ("1", "eV^2")) == ("u2_e4", "delta_m2_41")
    assert oriented(("dipole_moment_mu", "m_hnl"), ("1e-10 mu_B", "MeV")) == ("m_hnl", "dipole_moment_mu")
    assert oriented(("m_zp", "m_zp_2"), ("MeV", "MeV")) == ("m_zp", "m_zp_2")


@pytest.mark.parametrize("names_", [["g_zp", "m_zp"], ["m_zp", "g_zp"]], ids=" ".join)
def test_a_profile_has_the_mass_on_x(names_):
    """The panels too: the Δχ² curve of the mass is above, that of the coupling at the side."""
    likelihood = cj.Likelihood([cj.measurements.texono_2025()], cj.light_vector("universal"))
    profile = likelihood.profile(names_, {"g_zp": (1e-6, 1e-4), "m_zp": (1.0, 100.0)}, points=9)
    main, top, _ = profile.plot().axes
    assert names(main) == (MASS, COUPLING)
    assert np.asarray(top.lines[0].get_xdata())[[0, -1]] == pytest.approx([1.0, 100.0])
    assert names(profile.plot(swap=True).axes[0]) == (COUPLING, MASS)


def test_a_construction_has_the_mass_on_x():
    """The contours, the best fit and the ends of the axes go along; toys are not drawn for this."""
    axes = coupling_first().pair(("g_zp", "m_zp"))
    line = SimpleNamespace(points=np.array([[1e-5, 2.0], [1e-4, 30.0]]))
    known = {"g_zp": SimpleNamespace(unit="1"), "m_zp": SimpleNamespace(unit="MeV")}
    fit = SimpleNamespace(values={"g_zp": 2e-5, "m_zp": 7.0}, likelihood=SimpleNamespace(parameters=known))
    held: Any = SimpleNamespace(
        axes=axes, names=("g_zp", "m_zp"), levels=ordered_levels(0.6827), fit=fit, label=str,
        contours=lambda level: [line], wilks_contours=lambda level: [],
    )  # fmt: skip
    (drawn,) = cj.FeldmanCousinsResult.plot(held).axes
    assert names(drawn) == ("m_zp", "g_zp")
    assert (drawn.get_xlim(), drawn.get_ylim()) == (pytest.approx((1.0, 1e4)), pytest.approx((1e-6, 1e-2)))
    first, cross = (each for each in drawn.lines if np.size(each.get_xydata()))
    np.testing.assert_array_equal(first.get_xydata(), line.points[:, ::-1])
    np.testing.assert_array_equal(cross.get_xydata(), [[7.0, 2e-5]])


# What is drawn is the data


@pytest.mark.parametrize("function", [limit, signal, strip])
@pytest.mark.parametrize("swap", [False, True])
def test_lines_are_those_of_the_scan(function, swap):
    scan = coupling_first(function)
    axes = scan.plot(swap=swap).axes[0]
    on_axes = ("g_zp", "m_zp") if swap else ("m_zp", "g_zp")
    drawn = [line.get_xydata() for line in axes.lines if len(line.get_xydata()) > 1]
    expected = [contour.points for contour in scan.contours(0.90, 2, on_axes)]
    assert len(drawn) == len(expected) >= 1
    for line, points in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(line, points)


def test_the_line_of_a_limit_is_the_closed_form():
    """Δχ² = (g²/g0²)² / (1 + m²/M²)² is the level where g = g0 (1 + m²/M²)^½ level^¼."""
    (line, *_) = coupling_first(limit).plot().axes[0].lines
    mass, coupling = line.get_data()
    np.testing.assert_allclose(coupling, 1e-4 * np.sqrt(1.0 + (mass / 30.0) ** 2) * LEVEL**0.25, rtol=1e-3)


# What is shaded


def shaded(axes, x, y):
    """Return whether points are within what is filled: by the even-odd rule, over all polygons."""
    (filled,) = axes.collections
    (path,) = filled.get_paths()
    inside = np.zeros(len(x), bool)
    for polygon in path.to_polygons():
        inside ^= _within(polygon, x, y)
    return inside


def _within(polygon, x, y):
    """Return whether points are in a polygon: a ray to the right crosses its edges an odd number of times."""
    inside = np.zeros(len(x), bool)
    for (x0, y0), (x1, y1) in itertools.pairwise(polygon):
        crosses = (y0 > y) != (y1 > y)
        if np.any(crosses):
            inside[crosses] ^= x[crosses] < x0 + (y[crosses] - y0) * (x1 - x0) / (y1 - y0)
    return inside


def check_shade(scan, figure, function, shade, swap=False):
    """Points between those of the grid are shaded if their Δχ² is above the level, or below: near it nothing is said.

    Near is within two steps of the finer grid in the coupling, a factor 10^(4/60/10).
    """
    g, m = (values.ravel() for values in np.meshgrid(np.geomspace(1.07e-6, 9e-3, 83), np.geomspace(1.1, 9.1e3, 37)))
    around = [function(g * factor, m) > LEVEL for factor in (0.97, 1.0, 1.03)]
    sure = (around[0] == around[1]) & (around[1] == around[2])
    x, y = (g, m) if swap else (m, g)
    expected = around[1] if shade == "excluded" else ~around[1]
    np.testing.assert_array_equal(shaded(figure.axes[0], x, y)[sure], expected[sure])
    assert expected[sure].any()
    assert not expected[sure].all()
    assert f"{shade} at 90 %" in legend(figure)


@pytest.mark.parametrize("swap", [False, True])
@pytest.mark.parametrize(("function", "shade"), [(limit, "excluded"), (signal, "allowed")])
@pytest.mark.parametrize("make", [coupling_first, mass_first])
def test_what_is_shaded_follows_from_chi2(make, function, shade, swap):
    """A limit has what it excludes shaded, a coupling that is found what is allowed, however the axes are turned."""
    scan = make(function)
    check_shade(scan, scan.plot(swap=swap), function, shade, swap)


@pytest.mark.parametrize("shade", ["allowed", "excluded"])
@pytest.mark.parametrize("function", [limit, signal])
def test_what_is_asked_for_is_shaded(function, shade):
    """What is excluded of a coupling that is found lies on both sides of the band, also below it."""
    scan = coupling_first(function)
    check_shade(scan, scan.plot(shade=shade), function, shade)


def test_a_second_allowed_strip_is_not_shaded():
    """At 1 MeV the couplings √2 · 1e-4 are allowed again: a hole in what is excluded, or an end of it."""
    scan = coupling_first(strip)
    axes = scan.plot().axes[0]
    at = np.array([2.0e-5, 1.0e-4, np.sqrt(2.0) * 1e-4, 1e-3])
    assert shaded(axes, np.full(4, 1.01), at).tolist() == [False, True, False, True]


def test_nothing_is_shaded_on_request():
    figure = coupling_first().plot(shade="none")
    assert not figure.axes[0].collections
    assert not figure.legends


def test_a_limit_is_one_at_every_mass():
    """A coupling of which the least is excluded at a single mass is not only limited; gaps do not count."""
    scan = coupling_first(limit)
    pair, units = scan.pair(("g_zp", "m_zp")), scan.units(("g_zp", "m_zp"))
    delta = scan.delta_chi2()
    assert is_limit(pair, units, delta, LEVEL)
    gap, bump = delta.copy(), delta.copy()
    gap[0, 7], bump[0, 7] = np.inf, 1.01 * LEVEL
    assert is_limit(pair, units, gap, LEVEL)
    assert not is_limit(pair, units, bump, LEVEL)
    assert not is_limit(pair, units, np.full_like(delta, np.inf), LEVEL)
    assert not is_limit(pair, ("1", "1"), delta, LEVEL)


def test_a_coupling_of_either_sign_is_limited_where_zero_is_allowed():
    """The least coupling is that nearest to 0, in the middle of the grid."""
    axes = {"g_zp": np.linspace(-1e-3, 1e-3, 41), "m_zp": MASSES}
    best = {"g_zp": 0.0, "m_zp": 1.0}
    around = scan_of(lambda g, m: (g / 2e-4) ** 2 + 0.0 * m, axes, best)
    beside = scan_of(lambda g, m: ((np.abs(g) - 5e-4) / 5e-5) ** 2 + 0.0 * m, axes, best)
    for scan, shade in ((around, "excluded"), (beside, "allowed")):
        assert f"{shade} at 90 %" in legend(scan.plot())


def test_where_chi2_is_not_known_nothing_is_shaded():
    def halved(g, m):
        return np.where(g > 1e-3, np.inf, limit(g, m))

    axes = coupling_first(halved).plot().axes[0]
    x = np.full(3, 2.0)
    assert shaded(axes, x, np.array([1e-5, 7e-4, 5e-3])).tolist() == [False, True, False]


# The legend


def test_several_scans_share_what_is_said_of_the_shade():
    several = draw_scans([coupling_first(), mass_first(strip)], labels=["CsI", "argon $1"])
    assert legend(several) == ["CsI", r"argon \$1", "excluded at 90 %"]
    assert len(several.axes[0].collections) == 2


def test_scans_of_which_not_the_same_is_shaded_say_so_each():
    several = draw_scans([coupling_first(), mass_first(signal)], labels=["CsI", "argon"])
    assert legend(several) == ["CsI: excluded at 90 %", "argon: allowed at 90 %"]


def test_a_scan_alone_is_named_by_the_title_or_by_its_label():
    figure = coupling_first(title="csi").plot()
    assert figure.axes[0].get_title() == "csi\n90 %, two parameters"
    assert legend(figure) == ["excluded at 90 %"]
    figure = coupling_first().plot(label="CsI")
    assert figure.axes[0].get_title() == "90 %, two parameters"
    assert legend(figure) == ["CsI", "excluded at 90 %"]
    assert coupling_first().plot(style=["column"]).axes[0].get_title() == ""
    assert draw_scans([coupling_first()], title="$mine").axes[0].get_title() == r"\$mine"


def test_on_axes_of_the_user_the_shade_is_asked_for():
    here, there = Figure().subplots(1, 2)
    coupling_first().plot(ax=here, label="CsI")
    coupling_first().plot(ax=there, label="CsI", shade="excluded")
    assert not here.collections
    assert [text.get_text() for text in there.get_legend().get_texts()] == ["CsI: excluded at 90 %"]
    assert shaded(there, np.array([2.0, 2.0]), np.array([1e-5, 1e-3])).tolist() == [False, True]


# Published curves

CURVE = "# figure 3\nm_zp [GeV],g_zp [1]\n0.001,2e-5\n0.1,1e-4\n\n5,5e-3\n8 , +8e-3\n"


@pytest.fixture
def curve(tmp_path):
    def write(text, name="curve.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def drawn_lines(axes, label):
    """Return the points of the lines that have the colour of an entry of the legend."""
    (entry,) = [line for line in axes.lines if line.get_label() == label]
    same = [line for line in axes.lines if line.get_color() == entry.get_color() and line is not entry]
    return [line.get_xydata() for line in same]


@pytest.mark.parametrize("swap", [False, True])
def test_a_published_curve_is_drawn_as_it_is(curve, swap):
    """In the units of the axes, 1 GeV = 1000 MeV, with a line for each block of rows."""
    path = curve(CURVE)
    figure = draw_scans([coupling_first()], labels=["CsI"], curves={"COHERENT 2022": path}, swap=swap)
    assert legend(figure) == ["CsI", "COHERENT 2022", "excluded at 90 %"]
    first, second = drawn_lines(figure.axes[0], "COHERENT 2022")
    order = slice(None, None, -1 if swap else 1)
    np.testing.assert_allclose(first[:, order], [[1.0, 2e-5], [100.0, 1e-4]], rtol=1e-15)
    np.testing.assert_allclose(second[:, order], [[5e3, 5e-3], [8e3, 8e-3]], rtol=1e-15)


def test_columns_go_by_their_names(curve):
    turned = curve("g_zp [1],m_zp [ MeV ]\n2e-5,1\n1e-4,100\n")
    axes = draw_scans([coupling_first()], labels=["CsI"], curves={"other": turned}).axes[0]
    (line,) = drawn_lines(axes, "other")
    np.testing.assert_array_equal(line, [[1.0, 2e-5], [100.0, 1e-4]])


@pytest.mark.parametrize(
    ("comment", "label", "shown"),
    [
        ("# digitised from figure 3", "CONUS+", "CONUS+ (digitised)"),
        ("# Digitized by hand", "CONUS+", "CONUS+ (digitised)"),
        ("# digitised from figure 3", "CONUS+ (digitised)", "CONUS+ (digitised)"),
        ("# numbers of the authors", "CONUS+", "CONUS+"),
        ("# numbers of the authors", "CONUS+ (digitised)", "CONUS+ (digitised)"),
    ],
)
def test_a_digitised_curve_is_called_so(curve, comment, label, shown):
    path = curve(CURVE.replace("# figure 3", comment))
    assert legend(draw_scans([coupling_first()], curves={label: path}))[0] == shown


def test_a_curve_of_a_single_parameter_is_delta_chi2(curve):
    line = scan_of(lambda g: (g / 1e-4) ** 2, {"g_zp": COUPLINGS}, {"g_zp": 1e-6})
    path = curve("g_zp [1],delta_chi2 [1]\n1e-5,0.1\n1e-4,2\n")
    axes = draw_scans([line], labels=["mine"], curves={"other": path}).axes[0]
    (points,) = drawn_lines(axes, "other")
    np.testing.assert_array_equal(points, [[1e-5, 0.1], [1e-4, 2.0]])


def test_a_curve_can_be_laid_on_axes(curve):
    here = Figure().subplots()
    draw_scans([coupling_first()], labels=["CsI"], ax=here, curves={"other": curve(CURVE)})
    assert here.get_legend_handles_labels()[1] == ["CsI", "other"]
    assert here.get_legend() is not None
    csi, other = (line for line in here.lines if line.get_label() in ("CsI", "other"))
    assert (csi.get_color(), csi.get_linestyle()) != (other.get_color(), other.get_linestyle())


BAD_CURVES = {
    "empty": ("# nothing\n", "expected a header such as m_zp [MeV],g_zp [1], found an empty table"),
    "no unit": ("m_zp,g_zp\n1,1e-5\n", "line 1: expected the header m_zp [MeV],g_zp [1], found 'm_zp,g_zp'"),
    "three columns": ("m_zp [MeV],g_zp [1],x [1]\n", "line 1: expected the header m_zp [MeV],g_zp [1]"),
    "other parameter": ("m_phi [MeV],g_zp [1]\n1,1e-5\n", "expected the header m_zp [MeV],g_zp [1], found"),
    "twice": ("m_zp [MeV],m_zp [MeV]\n1,1e-5\n", "expected the header m_zp [MeV],g_zp [1]"),
    "unit": ("m_zp [kg],g_zp [1]\n1,1e-5\n", "line 1, m_zp: expected the unit eV or keV or MeV or GeV or TeV, found 'kg'"),
    "unit of a number": ("m_zp [MeV],g_zp [e]\n1,1e-5\n", "line 1, g_zp: expected the unit 1, found 'e'"),
    "text": ("m_zp [MeV],g_zp [1]\n1,1e-5\n2,none\n", "line 3: g_zp: expected a number, found 'none'"),
    "not finite": ("m_zp [MeV],g_zp [1]\n1,1e-5\n2,nan\n", "line 3: g_zp: expected a finite number, found 'nan'"),
    "cells": ("m_zp [MeV],g_zp [1]\n1,1e-5\n2\n", "line 3: expected 2 numbers, found 1"),
    "one point": ("m_zp [MeV],g_zp [1]\n1,1e-5\n\n2,1e-5\n3,1e-5\n", "expected 2 points or more of each line, found 1"),
    "no point": ("m_zp [MeV],g_zp [1]\n", "expected 2 points or more of each line, found 0"),
    "zero": ("m_zp [MeV],g_zp [1]\n1,0\n2,1e-5\n", "g_zp: expected numbers above 0 on a logarithmic axis, found 0"),
    "elsewhere": ("m_zp [MeV],g_zp [1]\n1,0.5\n2,0.6\n", "curve 'other': expected points within the figure, x from 1 to"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_CURVES.values(), ids=BAD_CURVES)
def test_bad_curves_are_one_clear_line(curve, text, message):
    with pytest.raises(cj.InputError, match=re.escape(message)) as found:
        draw_scans([coupling_first()], curves={"other": curve(text)})
    assert "\n" not in str(found.value)


def test_bytes_that_are_no_text_are_no_curve(tmp_path):
    (tmp_path / "curve.csv").write_bytes(b"m_zp [MeV],g_zp [1]\n\xff\xfe\n")
    with pytest.raises(cj.DataError, match="expected a text in UTF-8"):
        draw_scans([coupling_first()], curves={"other": tmp_path / "curve.csv"})
    with pytest.raises(cj.DataError, match="expected a readable file"):
        draw_scans([coupling_first()], curves={"other": tmp_path / "missing.csv"})


# Colours and dashes


@pytest.mark.parametrize("vision", VISION)
def test_lines_can_be_told_apart_by_their_colour(vision):
    """Two lines are several times a noticeable difference, 2.3, apart; with the same dashes twice as far."""
    styles = [line_style(number) for number in range(len(LINE_COLOURS))]
    for (a, dashes_a), (b, dashes_b) in itertools.combinations(styles, 2):
        distance = np.linalg.norm(cielab(a, vision) - cielab(b, vision))
        assert distance > (23 if dashes_a == dashes_b else 15), (a, b, distance)
    for colour in LINE_COLOURS:
        assert np.linalg.norm(cielab(colour, vision) - cielab("white", vision)) > 23


def test_lines_can_be_told_apart_without_colours():
    """Neighbours have different dashes, and no pair of colour and dashes returns among 32 lines."""
    styles = [line_style(number) for number in range(32)]
    assert len(set(styles)) == 32
    assert all(a[1] != b[1] for a, b in itertools.pairwise(styles[:8]))
    drawn = draw_scans([coupling_first()] * 3, labels=["a", "b", "c"]).axes[0]
    assert len({line._dash_pattern for line in map(_hashable, drawn.lines) if line.get_label() in "abc"}) == 3


def _hashable(line):
    offset, dashes = line._dash_pattern
    line._dash_pattern = (offset, None if dashes is None else tuple(dashes))
    return line


# Style sheets and files


@pytest.mark.parametrize(("style", "width", "least"), [("column", COLUMN, 8.0), ("wide", PAGE, 9.0)])
def test_our_sheets_fit_a_column_and_a_page(style, width, least, tmp_path):
    """8.6 and 17.8 cm wide; letters of 8 points have capitals of 2 mm: 0.73 of their size in DejaVu Sans."""
    figure = draw_scans([coupling_first(), mass_first()], labels=["CsI", "argon"], style=[style])
    assert figure.get_figwidth() == pytest.approx(width)
    texts = [text for text in figure.findobj(Text) if text.get_text()]
    assert min(text.get_fontsize() for text in texts) >= least
    assert 0.73 * least / 72.0 * 25.4 > 2.0
    save(figure, tmp_path / "a.png", settings([style]))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == pytest.approx(600 * width, abs=1)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for box in (figure.legends[0].get_window_extent(renderer), figure.axes[0].get_tightbbox(renderer)):
        assert box is not None
        assert box.x0 >= -1
        assert box.x1 <= figure.bbox.x1 + 1
    assert not figure.legends[0].get_window_extent(renderer).overlaps(figure.axes[0].get_window_extent(renderer))


def test_sheets_lie_over_ours_the_later_over_the_earlier(tmp_path):
    sheet = tmp_path / "mine.mplstyle"
    sheet.write_text("# mine\nfont.size: 11 # large\naxes.prop_cycle: cycler('color', [\"#123456\", 'abcdef'])\n")
    both = draw_scans([coupling_first()] * 2, labels=["a", "b"], style=["column", str(sheet)])
    assert both.get_figwidth() == pytest.approx(COLUMN)
    assert settings(["column", str(sheet)])["font.size"] == 11.0
    colours = [line.get_color() for line in both.axes[0].lines if line.get_label() in ("a", "b")]
    assert colours == ["#123456", "#abcdef"]
    assert draw_scans([ellipse()], style=["ggplot"]).axes[0].get_facecolor()[:3] == pytest.approx([0.898] * 3, abs=1e-3)


BAD_SHEETS = {
    "value": ("font.size: big", "line 1: expected a value of font.size, found 'big'"),
    "key": ("# mine\nfontsize: 3", "line 2: expected a setting of matplotlib, found 'fontsize' (did you mean 'font.size'?)"),
    "colon": ("font.size 3", "line 1: expected KEY: VALUE, found 'font.size 3'"),
    "twice": ("font.size: 3\nfont.size: 4", "line 2: expected each setting once, found 'font.size' again"),
    "latex": ("text.usetex: True", "style: expected text.usetex to be off"),
    "code": ("axes.prop_cycle: __import__('os')", "line 1: expected a value of axes.prop_cycle"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BAD_SHEETS.values(), ids=BAD_SHEETS)
def test_bad_sheets_are_one_clear_line(tmp_path, text, message):
    (tmp_path / "mine.mplstyle").write_text(text)
    with pytest.raises(cj.InputError, match=re.escape(message)) as found:
        draw_scans([coupling_first()], style=[str(tmp_path / "mine.mplstyle")])
    assert "\n" not in str(found.value)


def made(style=None):
    return draw_scans([coupling_first(strip), mass_first()], labels=["CsI", "σ of argon"], style=style)


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_the_same_figure_is_the_same_file(tmp_path, ending):
    first, second = (tmp_path / f"{number}.{ending}" for number in range(2))
    for path in (first, second):
        save(made(["column"]), path, settings(["column"]))
    content = first.read_bytes()
    assert content == second.read_bytes()
    assert {"pdf": b"%PDF-", "svg": b"<?xml", "png": b"\x89PNG"}[ending] in content[:8]
    assert b"CreationDate" not in content
    assert b"<dc:date>" not in content


def test_fonts_are_in_the_file(tmp_path):
    """PDF: TrueType fonts with their outlines, none of type 3, which journals do not take; SVG: outlines of letters."""
    save(made(), tmp_path / "a.pdf", settings())
    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    assert any(b"Tf" in _inflated(stream) for stream in streams)
    save(made(), tmp_path / "a.svg", settings())
    assert "<text" not in (tmp_path / "a.svg").read_text()


def _inflated(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


# Plain arrays


@pytest.mark.parametrize("shade", ["allowed", "excluded"])
def test_plain_arrays_are_drawn_as_a_scan_of_them_is(shade):
    """The same line and the same shade, to the rounding of 80 + Δχ², which the scan holds."""
    here, there = Figure().subplots(1, 2)
    g, m = np.meshgrid(COUPLINGS, MASSES)
    draw_plane(here, MASSES, COUPLINGS, limit(g, m), log=(True, True), labels=("m", "g"), label="mine", shade=shade)
    coupling_first().plot(ax=there, label="mine", shade=shade)
    np.testing.assert_allclose(here.lines[0].get_xydata(), there.lines[0].get_xydata(), rtol=1e-11)
    (mine,), (theirs,) = here.collections, there.collections
    np.testing.assert_allclose(mine.get_paths()[0].vertices, theirs.get_paths()[0].vertices, rtol=1e-11)
    assert names(here) == ("m", "g")
    assert here.get_xscale() == "log"
    assert here.get_legend_handles_labels()[1] == [f"mine: {shade} at 90 %"]


# What cannot be


LINE = scan_of(lambda g: (g / 1e-4) ** 2, {"g_zp": COUPLINGS}, {"g_zp": 1e-6})
AX = Figure().subplots()
ALONE: Any = (1.0,)
SLIPS = [
    (lambda: coupling_first().plot(shade="both"), "shade: expected allowed, excluded or none, found 'both'"),
    (lambda: coupling_first().plot([0.68, 0.9], shade="allowed"), "shade: expected two axes and a single level, found m_zp, g_zp at 68 %, 90 %"),
    (lambda: LINE.plot(shade="allowed"), "shade: expected two axes and a single level, found g_zp"),
    (lambda: LINE.plot(swap=True), "swap: expected two axes, found g_zp"),
    (lambda: coupling_first().plot(swap="yes"), "swap: expected True or False, found the text 'yes'"),
    (lambda: coupling_first().plot(style="column"), "style: expected a list such as ['column']"),
    (lambda: coupling_first().plot(style=["columm"]), "style: expected the name of a style sheet or a file .mplstyle, found 'columm' (did you mean 'column'?)"),
    (lambda: coupling_first().plot(ax=Figure().subplots(), style=["column"]), "style: expected without ax"),
    (lambda: draw_scans([coupling_first()], xlim=(2.0, 1.0)), "xlim: expected a lower and a higher number, found 2 and 1"),
    (lambda: draw_scans([coupling_first()], ylim=(0.0, 1.0)), "ylim: expected numbers above 0 on a logarithmic axis, found 0"),
    (lambda: draw_plane(AX, MASSES, COUPLINGS, np.ones((3, 3))), "delta_chi2: expected an array of 41 x 61, found (3, 3)"),
    (lambda: draw_plane(AX, MASSES[::-1], COUPLINGS, np.ones((41, 61))), "x: expected at least two finite, increasing values"),
    (lambda: draw_plane(AX, MASSES - 1.0, COUPLINGS, np.ones((41, 61)), log=(True, True)), "x: expected values above 0 on a logarithmic axis, found 0"),
    (lambda: draw_plane(AX, MASSES, COUPLINGS, np.ones((41, 61)), 90), "level: expected a confidence level as a fraction between 0 and 1, found 90"),
    (lambda: draw_plane(AX, MASSES, COUPLINGS, np.ones((41, 61)), [0.6, 0.9], shade="allowed"), "shade: expected a single level, found 60 %, 90 %"),
    (lambda: draw_plane(AX, MASSES, COUPLINGS, np.ones((41, 61)), shade="none"), "shade: expected allowed or excluded, found the text 'none'"),
    (lambda: draw_scans([coupling_first()], xlim=ALONE), "xlim: expected two numbers, the lower and the higher end"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), SLIPS, ids=[message[:40] for _, message in SLIPS])
def test_slips_are_one_clear_line(call, message):
    with pytest.raises(cj.InputError, match=re.escape(message)) as found:
        call()
    assert "\n" not in str(found.value)


def test_limits_of_the_axes():
    figure = draw_scans([coupling_first()], xlim=(0.1, 1e5), ylim=(1e-5, 1e-3))
    assert figure.axes[0].get_xlim() == (0.1, 1e5)
    assert figure.axes[0].get_ylim() == (1e-5, 1e-3)
    assert draw_scans([LINE], ylim=(0.0, 3.0)).axes[0].get_ylim() == (0.0, 3.0)
