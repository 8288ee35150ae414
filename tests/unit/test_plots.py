"""Plots on a user's own axes: what is drawn where, at which levels, and what is refused."""

import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import cevnsjax as cj
from cevnsjax.plots import style
from cevnsjax.results.overlays import draw_scans

WILKS = {0.6827: (1.0, 2.296), 0.90: (2.71, 4.605)}
"""Δχ² of one parameter, as the field rounds it, and of two."""


@pytest.fixture(scope="module")
def made():
    """Results of two measured numbers: of the radius of caesium, and of its weak charge with it."""
    csre, apv = cj.measurements.csre_cs(), cj.measurements.apv_cs()
    one, both = cj.Likelihood([csre]), cj.Likelihood([csre, apv])
    fit, plane = one.fit(["r_n_cs"]), both.fit(["sin2_theta_w", "r_n_cs"])
    grid = {"sin2_theta_w": "0.224:0.25:41", "r_n_cs": "4.2:5.7:41"}
    return SimpleNamespace(
        csre=csre, one=one, fit=fit, plane=plane, profile=plane.profile(["sin2_theta_w", "r_n_cs"], points=21),
        scan=both.scan(grid), line=one.scan({"r_n_cs": "4:5.8:61"}),
        toys=one.toys(40, free=["r_n_cs"], test={"r_n_cs": 5.0}),
        belt=one.feldman_cousins({"r_n_cs": "4.4:5.4:5"}, levels=[0.6827], count=40),
        posterior=one.sample(["r_n_cs"], method="hmc", draws=400),
        counts=cj.Likelihood([cj.measurements.coherent_csi_2021()]).predict()[0],
    )  # fmt: skip


DRAWN = {
    "curve of a fit": lambda m, **on: m.fit.plot(**on),
    "curve of a fit of two": lambda m, **on: m.plane.plot("r_n_cs", **on),
    "profile of two": lambda m, **on: m.profile.plot(**on),
    "profile of two, several": lambda m, **on: m.profile.plot([0.6827, 0.90], **on),
    "profile of one of two": lambda m, **on: m.profile.plot(names=["r_n_cs"], **on),
    "scan": lambda m, **on: m.scan.plot(**on),
    "scan, several": lambda m, **on: m.scan.plot([0.90, 0.6827], **on),
    "scan of one": lambda m, **on: m.line.plot([0.6827, 0.90], **on),
    "spectrum": lambda m, **on: m.counts.plot("time", **on),
    "measured number": lambda m, **on: m.fit.prediction().plot(**on),
    "toys": lambda m, **on: m.toys.plot(**on),
    "toys of t": lambda m, **on: m.toys.plot(["r_n_cs"], **on),
    "belt": lambda m, **on: m.belt.plot(**on),
    "density": lambda m, **on: m.posterior.plot(**on),
}


@pytest.fixture
def axes():
    figure, (left, right) = plt.subplots(1, 2)
    yield left, right
    plt.close(figure)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("name", DRAWN)
def test_it_is_drawn_on_the_axes_given_and_nowhere_else(made, axes, name):
    here, other = axes
    figures = plt.get_fignums()
    assert DRAWN[name](made, ax=here, label="mine", color="#009e73") is here.figure
    assert here.has_data()
    assert not other.has_data()
    assert plt.get_fignums() == figures
    assert here.figure.axes == [here, other]
    assert any(text.startswith("mine") for text in legend(here))
    colours = [line.get_color() for line in here.lines] + [patch.get_edgecolor() for patch in here.patches]
    colours += [patch.get_facecolor()[:3] for patch in here.patches]
    assert "#009e73" in [to_hex(one) for one in colours]
    here.figure.savefig("/dev/null", format="png")


def test_axes_of_a_part_of_a_figure_give_the_whole_figure(made):
    figure = Figure()
    part = figure.subfigures(1, 2, squeeze=False)[0, 0]
    assert made.fit.plot(ax=part.subplots()) is figure


def test_words_of_the_user_stay(made, axes):
    here, _ = axes
    here.set(xlabel="radius", title="mine")
    made.fit.plot(ax=here)
    made.line.plot(ax=here)
    assert (here.get_xlabel(), here.get_ylabel(), here.get_title()) == ("radius", r"$\Delta\chi^2$", "mine")
    assert here.get_legend() is None


def test_colours_follow_each_other(made, axes):
    here, _ = axes
    for number in range(3):
        made.fit.plot(ax=here, label=f"number {number}")
    curves = [line for line in here.lines if line.get_label().startswith("number")]
    assert [line.get_color() for line in curves] == list(style.LINE_COLOURS[:3])
    assert len(here.texts) == 4


def gaussian(made):
    """Return where Δχ² of the radius is at a height: the point-neutron radius is measured, with one error."""
    at = np.linspace(3.8, 6.0, 2001)
    (number,) = made.one.predict()
    predicted = [made.one.predict({"r_n_cs": x})[0].counts["prediction"][0] for x in np.linspace(3.8, 6.0, 8)]
    curve = np.polynomial.Polynomial.fit(np.linspace(3.8, 6.0, 8), predicted, 5)
    delta = ((curve(at) - number.observed[0]) / number.errors[0]) ** 2
    return lambda height: at[delta <= height][[0, -1]]


@pytest.mark.parametrize("level", [0.6827, 0.90, [0.6827, 0.90]])
@pytest.mark.parametrize("source", ["fit", "line"])
def test_lines_across_a_curve_are_where_the_parabola_crosses(made, axes, level, source):
    """The lines are at Δχ² = 1, 2.71, and the curve meets them where the closed form does."""
    here, _ = axes
    getattr(made, source).plot(level=level, ax=here, label="mine")
    (curve,) = [line for line in here.lines if line.get_label() == "mine"]
    heights = [line.get_ydata()[0] for line in here.lines if (line.get_gid() or "").startswith("level")]
    assert heights == [WILKS[one][0] for one in np.atleast_1d(level)]
    x, y = curve.get_data()
    ends = gaussian(made)
    for height in heights:
        inside = np.linspace(x[0], x[-1], 20001)
        inside = inside[np.interp(inside, x, y) <= height]
        assert inside[[0, -1]] == pytest.approx(ends(height), abs=4e-3)
    assert here.get_ylim()[1] > max(heights)


@pytest.mark.parametrize("source", ["profile", "scan"])
@pytest.mark.parametrize("parameters", [1, 2])
def test_nested_contours_are_at_their_levels(made, axes, source, parameters):
    """χ² at the points of each line is the level above the minimum; widths are those of the radius alone."""
    here, _ = axes
    result = getattr(made, source)
    result.plot([0.90, 0.6827], parameters, names=["r_n_cs", "sin2_theta_w"], ax=here, label="mine")
    assert legend(here) == ["mine, 1σ", "mine, 90 %"]
    shown = [line.get_xydata() for line in here.lines if len(line.get_xydata()) > 10]
    assert len(shown) == 2
    for points, (_, heights) in zip(shown, sorted(WILKS.items()), strict=True):
        height = heights[parameters - 1]
        for radius, angle in points[:: len(points) // 5]:
            values = {"r_n_cs": radius, "sin2_theta_w": angle}
            assert made.plane.likelihood.chi2(values) - made.plane.chi2 == pytest.approx(height, rel=2e-2, abs=1e-3)
        assert points[:, 0].min() == pytest.approx(gaussian(made)(height)[0], abs=2e-2)
    light, dark = (line.get_markerfacecolor()[3] for line in here.lines if line.get_marker() == "s")
    assert light > dark


def test_own_figures_take_levels_too(made):
    (figure,) = [made.profile.plot([0.6827, 0.90], label="both", color="#c0562f")]
    (names,) = figure.legends
    assert [text.get_text() for text in names.get_texts()] == ["1σ", "90 %"]
    assert names.get_title().get_text() == "both\nallowed\ntwo parameters"
    assert len(made.profile.plot().legends[0].get_texts()) == 4
    assert len(made.scan.plot([0.6827, 0.90, 0.9973]).legends[0].get_texts()) == 3
    assert [text.get_text() for text in made.scan.plot().legends[0].get_texts()] == ["allowed at 90 %"]
    several = draw_scans([made.scan, made.profile], [0.6827, 0.90], labels=["scan", "profile"])
    assert len(several.legends[0].get_texts()) == 4
    here = Figure().subplots()
    draw_scans([made.scan, made.profile], 0.90, labels=["scan", "profile"], ax=here)
    assert legend(here) == ["scan", "profile"]


def test_spectra_can_be_laid_over_each_other(made, axes):
    """Without a label data and components; with one the sum alone, whose counts are those predicted."""
    stacked, total = axes
    made.counts.plot("energy", ax=stacked)
    assert {"data", "CEvNS"} <= set(legend(stacked))
    made.counts.plot("energy", ax=total, label="sum")
    assert legend(total) == ["sum"]
    (stairs,) = total.patches
    heights, edges, _ = stairs.get_data()
    assert heights @ np.diff(edges) == pytest.approx(sum(float(one.sum()) for one in made.counts.counts.values()))
    assert total.get_ylim()[0] == 0.0


def test_predictive_bands_on_axes(axes):
    posterior = cj.Likelihood([cj.measurements.coherent_csi_2017()]).sample(["cevns_norm"], method="hmc", draws=400)
    left, right = axes
    assert posterior.plot_predictive(axis="energy", ax=left, label="strength") is left.figure
    assert legend(left) == ["strength", "data"]
    posterior.plot_predictive(ax=right)
    assert len(legend(right)) == 3
    with pytest.raises(cj.InputError, match="measurement: expected coherent-csi-2017, found 'lar'"):
        posterior.plot_predictive("lar", ax=left)


def test_cross_sections_on_axes(axes):
    """A second prediction is laid over the first: the points are drawn once."""
    here, _ = axes
    for label in ("first", "second"):
        result = cj.flux_averaged_cross_sections(["coherent-csi-2021"])
        result.plot(ax=here, label=label, color="black")
    assert len(legend(here)) == 4
    assert here.get_yscale() == "log"


@pytest.mark.parametrize("name", ["profile of two, several", "scan, several", "belt"])
def test_figures_are_the_same_each_time(made, tmp_path, name):
    for number in range(2):
        here = Figure().subplots()
        DRAWN[name](made, ax=here, label="mine").savefig(tmp_path / f"{number}.png")
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()


AX = Figure().subplots()
SLIPS = [
    (lambda m: m.scan.plot(ax=AX.figure), "ax: expected Axes such as plt.subplots()[1], found an object of the class Figure"),
    (lambda m: m.fit.plot(ax=plt), "ax: expected Axes such as plt.subplots()[1], found an object of the class module"),
    (lambda m: m.counts.plot(ax="left"), "ax: expected Axes such as plt.subplots()[1], found the text 'left'"),
    (lambda m: m.scan.plot(ax=Figure().add_subplot(projection="3d")), "ax: expected Axes of x and y, found 3d ones"),
    (lambda m: m.scan.plot(90), "level: expected a confidence level as a fraction between 0 and 1, found 90 (did you mean 0.9?)"),
    (lambda m: m.scan.plot([0.9, 95]), "level: expected a confidence level as a fraction between 0 and 1, found 95 (did you mean 0.95?)"),
    (lambda m: m.fit.plot(level="2sigma"), "level: expected a confidence level as a fraction such as 0.9, found the text '2sigma'"),
    (lambda m: m.scan.plot([]), "level: expected one or more confidence levels, found none"),
    (lambda m: m.scan.plot(parameters=3), "parameters: expected at most 2, found 3"),
    (lambda m: m.scan.plot(ax=AX, label=3), "label: expected a text, found 3"),
    (lambda m: m.scan.plot(ax=AX, color="bleu"), "color: expected a colour such as 'black' or '#1f4e82', found the text 'bleu'"),
    (lambda m: m.scan.plot(axes=AX), "plot: unknown argument 'axes'"),
    (lambda m: m.scan.plot(names=["m_zp"], ax=AX), "'m_zp' is not on an axis of the scan"),
    (lambda m: m.plane.plot(ax=AX), "name: expected a free parameter to draw on ax: sin2_theta_w, r_n_cs"),
    (lambda m: m.plane.plot(label="mine"), "label: expected with ax, the axes to draw on"),
    (lambda m: m.counts.plot("mass", ax=AX), "axis: expected energy or time, found 'mass'"),
    (lambda m: m.counts.plot("time"), "axis: expected with ax, the axes to draw on"),
    (lambda m: m.toys.plot(["sin2_theta_w"], ax=AX), "no toys were fitted with sin2_theta_w held"),
    (lambda m: m.belt.plot(0.9973, ax=AX), "40 toys at a point say nothing of 99.73 %"),
    (lambda m: m.posterior.plot(["r_n_cs", "r_n_cs"], ax=AX), "names: expected one or two parameters to draw on ax"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "message"), SLIPS, ids=[message[:40] for _, message in SLIPS])
def test_slips_are_one_clear_line(made, call, message):
    with pytest.raises(cj.InputError, match=re.escape(message)) as found:
        call(made)
    assert "\n" not in str(found.value)
    assert not AX.has_data()
