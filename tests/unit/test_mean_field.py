"""Radii of nuclear models, and the figure that has them beside a fit."""

import numpy as np
import pytest
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.nuclei.mean_field import mean_field
from cevnsjax.nuclei.radii import physical_radius, point_radius
from cevnsjax.nuclei.skins import skin_relation
from cevnsjax.plots.contours import Region
from cevnsjax.plots.radii import Plane, Skin, draw_radii


@pytest.mark.parametrize("nuclide", ["133Cs", "127I"])
def test_physical_and_point_radii_of_the_table_agree(nuclide):
    """Both are rounded to 0.01 fm in arXiv:2102.06153 Table I; the nucleon size is 0.84 fm."""
    radii = mean_field(nuclide)
    element = nuclide.lstrip("0123456789").lower()
    point_proton, _, point_neutron, _ = DataFile("nuclear_models/models.toml").table(element)
    assert np.all(np.abs(physical_radius(point_proton) - radii.proton) < 0.0101)
    assert np.all(np.abs(physical_radius(point_neutron) - radii.neutron) < 0.0101)
    assert np.all(np.abs(radii.point_skin - (point_neutron - point_proton)) < 0.021)


def test_models_of_the_papers():
    """From the printed tables: 17 and 13 models; skins of Cs from 4.94 - 4.82 (SV-bas) to 5.08 - 4.84 fm (NL1)."""
    caesium, iodine, argon = (mean_field(name) for name in ("133Cs", "127I", "40Ar"))
    assert caesium.models == iodine.models
    assert (len(caesium.models), sum(caesium.relativistic)) == (17, 6)
    assert (len(argon.models), sum(argon.relativistic)) == (13, 2)
    assert argon.models[-2:] == ("DD-ME2", "DD-PC1")
    at = caesium.models.index("NL3")
    assert (caesium.neutron[at], caesium.proton[at], iodine.neutron[at]) == (5.03, 4.82, 4.96)
    assert f"{caesium.skin.min():.2f} {caesium.skin.max():.2f}" == "0.12 0.24"
    at = argon.models.index("SkI3")
    assert point_radius(argon.neutron[at]) == pytest.approx(3.43, abs=1e-12)
    assert argon.point_skin[at] == pytest.approx(0.10, abs=1e-12)


def test_relation_of_the_skins_of_caesium_and_lead():
    """Least squares by hand over the printed skins of ten models; by scipy too, and with each model left out."""
    line = skin_relation("133Cs", "208Pb")
    assert line.models == ("SkI3", "SkI4", "SLy4", "SLy5", "SkM*", "UNEDF0", "UNEDF1", "NL3", "NL-SH", "DD-ME2")
    lead = np.array([0.2289, 0.1810, 0.1598, 0.1624, 0.1690, 0.1884, 0.1674, 0.2802, 0.2654, 0.1921])
    caesium = [0.1713, 0.1511, 0.1259, 0.1310, 0.1360, 0.1612, 0.1460, 0.2065, 0.1914, 0.1511]
    assert np.abs(line.skins[0] - lead).max() < 5.1e-5
    assert np.abs(line.skins[1] - caesium).max() < 1.1e-4
    expected = stats.linregress(*line.skins)
    found = (line.slope, line.intercept, line.correlation, line.slope_error)
    assert_close(found, (expected.slope, expected.intercept, expected.rvalue, expected.stderr))
    assert (f"{line.slope:.2f}", f"{line.correlation:.2f}", f"{line.scatter:.4f}") == ("0.58", "0.97", "0.0064")
    x = np.array([0.15, 0.3])
    leverage = 1 + 1 / 10 + (x - np.mean(lead)) ** 2 / np.sum((lead - np.mean(lead)) ** 2)
    assert_close(line.spread(x), line.scatter * np.sqrt(leverage), 1e-5, "lead rounded")
    slopes = [skin_relation("133Cs", "208Pb", [m for m in line.models if m != out]).slope for out in line.models]
    assert (f"{min(slopes):.3f}", f"{max(slopes):.3f}") == ("0.558", "0.606")
    other = skin_relation("127I", "133Cs")
    assert (len(other.models), f"{other.slope:.3f}", f"{other.scatter:.4f}") == (17, "0.903", "0.0053")


def test_relations_that_cannot_be():
    with pytest.raises(cj.InputError, match="expected two nuclides, found '133Cs' twice"):
        skin_relation("133Cs", "133Cs")
    with pytest.raises(cj.InputError, match=r"no model 'SkI5' of 133Cs and 208Pb.*known: SkI3"):
        skin_relation("133Cs", "208Pb", ["SkI5", "SkI3", "NL3", "SLy4"])
    with pytest.raises(cj.InputError, match="at least 4 models to take a line from, found 2"):
        skin_relation("133Cs", "208Pb", ["SkI3", "NL3"])
    with pytest.raises(cj.InputError, match="expected each model once"):
        skin_relation("133Cs", "208Pb", ["SkI3", "NL3", "SLy4", "SkI3"])


def test_unknown_nuclide():
    with pytest.raises(cj.InputError, match=r"no mean-field radii of '40Ca'.*; known: 133Cs, 127I, 40Ar, 208Pb"):
        mean_field("40Ca")


def test_figure_of_radii_and_models():
    caesium, iodine = mean_field("133Cs"), mean_field("127I")
    x, y = np.linspace(4.5, 6.0, 9), np.linspace(4.0, 6.5, 9)
    delta = ((x[:, None] - 5.3) / 0.3) ** 2 + ((y[None, :] - 5.2) / 0.4) ** 2
    turn = np.linspace(0.0, 2.0 * np.pi, 50)
    regions = [
        Region(
            name,
            (x, y),
            delta - level,
            ((5.3, 5.2) + np.sqrt(level) * np.stack([0.3 * np.cos(turn), 0.4 * np.sin(turn)], 1),),
        )
        for name, level in (("1σ", 2.2957), ("90 %", 4.6052))
    ]
    families = np.array(caesium.relativistic)
    plane = Plane(
        labels=("Cs", "I"),
        regions=regions,
        best=(5.3, 5.2),
        models={
            name: (caesium.neutron[of], iodine.neutron[of]) for name, of in (("SHF", ~families), ("RMF", families))
        },
    )
    skin = Skin(
        "skin", 0.45, {"68.27": (0.1, 0.8), "90": (-0.1, 1.0)}, caesium.models, caesium.skin, caesium.relativistic
    )
    figure = draw_radii(plane, [skin, skin])
    main, *others = figure.axes
    assert [len(axes.get_yticklabels()) for axes in others] == [17, 17]
    legend = main.get_legend()
    assert legend is not None
    drawn = {line.get_label(): line for line in legend.get_lines()}
    assert {"SHF", "RMF", "1σ", "90 %"} <= set(drawn)
    points = [line.get_xydata() for line in main.lines if len(np.asarray(line.get_xdata())) == 6]
    assert np.array_equal(points[0], np.column_stack([caesium.neutron[families], iodine.neutron[families]]))
