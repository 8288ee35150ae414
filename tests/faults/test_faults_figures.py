"""What tables and figures show: digits, words, and everything within the canvas and beside the data."""

import itertools
import json

import numpy as np
import pytest
from colour_vision import VISION, cielab
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from scipy.stats import norm

import cevnsjax as cj

ASIMOV = "expected counts (Asimov)"


@pytest.mark.parametrize(
    ("name", "strength"), [("coherent-csi-2017", 1e-5), ("coherent-lar-2020:1d", 3e-4), ("germanium-reactor", 1e-9)]
)
def test_rates_far_below_one_keep_their_digits(command, name, strength):
    """A table shows three digits of the largest number of a column, and no number as zero that is not."""
    arguments = ("predict", name, "--set", f"cevns_norm={strength}")
    _, out, _ = command(*arguments, "--json")
    counts = np.asarray(json.loads(out)["counts"]["cevns"])
    expected = counts.reshape(len(counts), -1).sum(axis=1)
    _, out, _ = command(*arguments)
    rows = [line.split("  ") for line in out.splitlines() if " – " in line]
    shown = np.array([float([cell for cell in row if cell.strip()][1]) for row in rows])
    assert np.all((shown > 0) == (expected > 0))
    assert shown == pytest.approx(expected, rel=5e-2, abs=5.1e-3 * expected.sum())


def test_events_of_a_fit_far_below_one_are_no_zeros(command):
    """Totals and their errors have two digits of the error."""
    arguments = ("forecast", "germanium-reactor", "--set", "cevns_norm=1e-7")
    _, out, _ = command(*arguments, "--json")
    found = json.loads(out)["events"]["germanium-reactor"]["cevns"]
    code, out, _ = command(*arguments)
    (line,) = [line for line in out.splitlines() if line.endswith(" events")]
    assert code == 0
    value, error = (float(text) for text in line.split("cevns ")[1].split(",")[0].split(" ± "))
    assert (value, error) == pytest.approx((found["value"], found["error"]), rel=0.05)


@pytest.mark.parametrize("name", ["germanium-reactor", "cryocsi-i"])
def test_expected_counts_are_not_called_observed(command, name):
    """The table of a described experiment says what its counts are."""
    _, out, _ = command("predict", name)
    assert ASIMOV in out
    assert "observed" not in out
    _, out, _ = command("predict", "coherent-csi-2017")
    assert "Asimov" not in out
    assert "observed" in out


def test_a_forecast_says_what_is_fitted(command):
    """The table of a forecast names the Asimov counts, that of a fit does not; the JSON has the same keys."""
    code, out, _ = command("forecast", "csre-cs", "--free", "r_n_cs")
    assert code == 0
    assert ASIMOV in out
    assert "measured" not in out
    _, fitted, _ = command("fit", "csre-cs", "--free", "r_n_cs")
    assert "Asimov" not in fitted
    assert "measured" in fitted


ATMOSPHERIC = """
name = "deep-{formula}"
[source]
kind = "atmospheric"
live_time = {{ value = 365, unit = "day" }}
[target]
formula = "{formula}"
mass = {{ value = 1000, unit = "kg" }}
[detector]
unit = "keV"
[detector.quenching]
kind = "polynomial"
coefficients = {{ value = [1.0], unit = ["1"] }}
[detector.resolution]
kind = "gaussian"
noise = {{ value = 0.5, unit = "keV" }}
slope = {{ value = 0.0, unit = "keV" }}
[detector.efficiency]
kind = "unity"
[binning]
energy = {{ value = [{edges}], unit = "keV" }}
parts = {{ value = 8, unit = "1" }}
"""


@pytest.mark.parametrize(("formula", "edges"), [("Xe", "805, 810, 815"), ("CsI", "700, 800, 900")])
def test_axial_rates_are_finite_and_silent_at_any_momentum_transfer(command, tmp_path, recwarn, formula, edges):
    """Of 129Xe the squared response to the spin of protons nearly vanishes at q = 441 MeV, T = 810 keV."""
    path = tmp_path / "deep.toml"
    path.write_text(ATMOSPHERIC.format(formula=formula, edges=edges))
    code, out, err = command("predict", path, "--interaction", "axial", "--set", "g_axial=1e-3,m_axial=10", "--json")
    assert code == 0
    assert "Warning" not in err
    assert np.all(np.array(json.loads(out)["counts"]["cevns"]) > 0)
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]


def drawn(figure):
    """Return the figure with everything in its place, as it is written to a file."""
    FigureCanvasAgg(figure).draw()
    return figure


def check_figure(figure):
    """All that is drawn is inside the canvas, no legend lies over the axes, no title over the legend."""
    canvas, renderer = drawn(figure).bbox, figure.canvas.get_renderer()
    parts = [figure, *_below(figure)]
    legends = [legend.get_window_extent(renderer) for part in parts for legend in part.legends]
    titles = [part._suptitle.get_window_extent(renderer) for part in parts if part._suptitle is not None]
    for box in (*legends, *titles, *(axes.get_tightbbox(renderer) for axes in figure.axes if axes.axison)):
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= canvas.x1 + 1
        assert box.y1 <= canvas.y1 + 1
    for legend in legends:
        assert not any(axes.get_window_extent(renderer).overlaps(legend) for axes in figure.axes)
        assert not any(title.overlaps(legend) for title in titles)
    for axes in figure.axes:
        if axes.get_legend() is not None:
            box = axes.get_legend().get_window_extent(renderer)
            assert not any(box.contains(*point) for point in _points(axes))


def _below(figure):
    return [part for sub in figure.subfigs for part in (sub, *_below(sub))]


def _points(axes):
    for line in axes.lines:
        yield from line.get_transform().transform(np.column_stack(line.get_data()).astype(float))


def words(figure):
    return [text.get_text() for text in figure.findobj(Text)]


NAMES = [
    "coherent_csi_2021", "coherent_lar_2020", "dresden_ii", "conus_2024", "coherent_ge_mini_2024", "apv_cs", "prex_ii",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_figures_of_predictions_are_whole(name):
    """Titles and labels are within the canvas, legends beside the data; measured counts are called data."""
    (prediction,) = cj.Likelihood([getattr(cj.measurements, name)()]).predict()
    figure = prediction.plot()
    check_figure(figure)
    assert not any("Asimov" in text for text in words(figure))


LONG = "A detector of germanium with a threshold far below that of all others, at a reactor of many gigawatts, " * 2


def test_long_titles_and_names_are_broken_not_cut_off(command, tmp_path):
    """A title of 190 characters, and a background of 40, are drawn in lines; nothing is called data."""
    text = ATMOSPHERIC.format(formula="Ge", edges="100, 150, 200").replace(
        "[source]", f'title = "{LONG[:190]}"\n[source]', 1
    )
    background = "an_unusually_long_name_of_one_background"
    rate = 'rate = { value = 1, unit = "1/keV/kg/day" }'
    (tmp_path / "long.toml").write_text(f"{text}\n[backgrounds.{background}]\n{rate}\n")
    code, _, err = command("predict", tmp_path / "long.toml", "--plot", "long.png")
    assert code == 0, err
    found = cj.Likelihood([cj.measurements.described(tmp_path / "long.toml")]).predict()
    figure = found[0].plot()
    check_figure(figure)
    assert any(text.replace("\n", " ") == ASIMOV for text in words(figure))
    assert "data" not in words(figure)


@pytest.fixture(scope="module")
def csre():
    return cj.Likelihood([cj.measurements.csre_cs()])


def test_figure_of_a_forecast_names_what_is_drawn(csre):
    """Asimov numbers are neither data nor a best fit; of a fit to data they are."""
    forecast, fit = csre.forecast(free=["r_n_cs"]).plot(), csre.fit(["r_n_cs"]).plot()
    for figure in (forecast, fit):
        check_figure(figure)
    assert any(text.replace("\n", " ") == ASIMOV for text in words(forecast))
    assert not any("best fit" in text or text == "data" for text in words(forecast))
    assert "data" in words(fit)
    assert any("best fit" in text for text in words(fit))
    assert not any("Asimov" in text for text in words(fit))


def test_joint_figure_is_whole(csre):
    """Two measurements above each other, two curves beside them."""
    both = cj.Likelihood([*csre.measurements, cj.measurements.apv_cs()])
    check_figure(both.fit(["sin2_theta_w", "r_n_cs"]).plot())


def test_small_couplings_are_written_with_a_power_of_ten(csre):
    """The title of a curve has two digits of the errors and a power of ten, and a limit where the best fit is 0."""
    tiny = cj.Likelihood([cj.measurements.texono_2025()], cj.model("light-vector:universal"))
    figure = tiny.profile(["g_zp"], {"g_zp": (0.0, 1e-4)}, 21, values={"m_zp": 10.0}).plot()
    check_figure(figure)
    (axes,) = figure.axes
    assert "times 10^{-" in axes.get_title()
    assert "0.0000" not in axes.get_title()


def test_components_can_be_told_apart():
    """The components of the measurements that have most of them differ by far more than a noticeable difference."""
    for name in ("xenonnt_8b", "coherent_csi_2021"):
        (prediction,) = cj.Likelihood([getattr(cj.measurements, name)()]).predict()
        (legend,) = drawn(prediction.plot()).legends
        colours = [patch.get_facecolor() for patch in legend.get_patches()]
        assert len(colours) >= 4
        check_figure(legend.figure)
        for vision, (a, b) in itertools.product(VISION, itertools.combinations(colours, 2)):
            assert np.linalg.norm(cielab(a, vision) - cielab(b, vision)) > 15


BOUND = 4.9
"""Bound of the radius [fm], 0.15 widths below the measured one: the density rises up to it."""


@pytest.fixture(scope="module")
def bounded(csre):
    """Draws of a radius below a bound, and of a strength above zero of which there is an upper limit alone."""
    both = cj.Likelihood([*csre.measurements, cj.measurements.texono_2025()])
    return both.sample(["r_n_cs", "cevns_norm"], method="hmc", draws=51200, require=[f"r_n_cs<={BOUND}"])


@pytest.fixture(scope="module")
def densities(csre):
    """Return the densities of the radius and of the strength as functions, up to a factor."""
    (radius,) = csre.predict()
    at = np.linspace(3.5, BOUND, 8)
    numbers = [csre.predict({"r_n_cs": x})[0].counts["prediction"][0] for x in at]
    point_neutron = np.polynomial.Polynomial.fit(at, numbers, 5)
    (texono,) = cj.Likelihood([cj.measurements.texono_2025()]).predict()
    scale = float(texono.errors.ravel()[0] / texono.counts["cevns"].sum())
    return (
        lambda x: np.where(x <= BOUND, norm.pdf(point_neutron(x), radius.observed[0], radius.errors[0]), 0.0),
        lambda y: norm.pdf(y, 0.0, scale),
    )


def test_densities_do_not_fall_at_a_hard_bound(bounded, densities):
    """Histograms of a truncated Gaussian that rises to its bound and of a half Gaussian that is flat at it."""
    figure = bounded.plot()
    check_figure(figure)
    check_figure(bounded.plot_predictive())
    for axes, density, ends in (
        (figure.axes[0], densities[0], (3.5, BOUND)),
        (figure.axes[3], densities[1], (0.0, 10.0)),
    ):
        (stairs,) = axes.patches
        heights, edges, _ = stairs.get_data()
        assert edges[-1] == BOUND or edges[0] == 0.0
        at_bound = slice(-3, None) if edges[-1] == BOUND else slice(0, 3)
        grid = np.linspace(*ends, 20001)
        expected = density(0.5 * (edges[1:] + edges[:-1])) / np.trapezoid(density(grid), grid)
        assert heights[at_bound] == pytest.approx(expected[at_bound], rel=0.1)


def test_contours_reach_a_hard_bound_where_the_density_does(bounded, densities):
    """The 90 % contour of two independent parameters meets both bounds where the closed form does."""
    figure = bounded.plot()
    x, y = np.linspace(3.5, BOUND, 1401), np.linspace(0.0, 10.0, 1401)
    density = densities[0](x)[:, None] * densities[1](y)
    ordered = np.sort(density.ravel())[::-1]
    level = ordered[np.searchsorted(np.cumsum(ordered) / ordered.sum(), 0.9)]
    upper = y[np.flatnonzero(density[-1] >= level)[-1]]
    lower = x[np.flatnonzero(density[:, 0] >= level)[0]]
    lines = figure.axes[2].collections[-1]
    points = np.concatenate([path.vertices for path in lines.get_paths()])
    on_right = points[np.isclose(points[:, 0], BOUND), 1]
    on_floor = points[np.isclose(points[:, 1], 0.0, atol=1e-9), 0]
    assert on_right.max() == pytest.approx(upper, rel=0.1)
    assert BOUND - on_floor.min() == pytest.approx(BOUND - lower, rel=0.1)
