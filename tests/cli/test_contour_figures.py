"""Figures of `contour` and `profile` for publications, from the command line."""

import re

import matplotlib
import pytest

import cevnsjax as cj

GRID = {"g_zp": "1e-6:1e-3:21:log", "m_zp": "1:1e3:11:log"}
CURVE = "# digitised from figure 3\nm_zp [GeV],g_zp [1]\n0.001,1e-5\n0.9,5e-4\n"


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Two scans of a limit, with the axes in either order, and one of the coupling alone."""
    folder = tmp_path_factory.mktemp("scans")
    likelihood = cj.Likelihood([cj.measurements.texono_2025()], cj.light_vector("universal"))
    likelihood.scan(GRID, folder / "a.zarr")
    likelihood.scan(dict(reversed(GRID.items())), folder / "b.zarr")
    likelihood.scan({"g_zp": GRID["g_zp"]}, folder / "line.zarr", values={"m_zp": 10.0})
    return folder


@pytest.fixture
def drawn(run, tmp_path):
    """Return what is written in the figure of a command, letter by letter, in the order in which it is drawn."""

    def draw(*arguments):
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            code, _, err = run(*map(str, arguments), "--plot", "figure.svg")
        assert code == 0, err
        text = (tmp_path / "figure.svg").read_text()
        return re.findall(r"<text[^>]*>([^<]*)</text>", text), text

    return draw


def axis_labels(text):
    """Return whether the mass is on x: its label is drawn before that of y, which is turned."""
    x, y = text.index('id="matplotlib.axis_1"'), text.index('id="matplotlib.axis_2"')
    unit = text.index(">[MeV]<") if ">[MeV]<" in text else text.index("MeV")
    assert x < y
    return x < unit < y


@pytest.mark.parametrize("store", ["a.zarr", "b.zarr"])
def test_the_mass_is_on_x_by_default(drawn, stores, store):
    assert axis_labels(drawn("contour", stores / store)[1])
    assert not axis_labels(drawn("contour", stores / store, "--swap")[1])
    assert not axis_labels(drawn("contour", stores / store, "--param", "g_zp,m_zp")[1])


def test_scans_with_a_published_curve(drawn, stores, tmp_path):
    (tmp_path / "coherent.csv").write_text(CURVE)
    labels = ("--label", "TEXONO", "--label", "the same")
    words, _ = drawn("contour", stores / "a.zarr", stores / "b.zarr", *labels, "--curve", "COHERENT 2022=coherent.csv")
    for text in ("TEXONO", "the same", "excluded at 90 %", "COHERENT 2022", "(digitised)", "90 %, two parameters"):
        assert text in words
    words, _ = drawn("contour", stores / "a.zarr", "--shade", "allowed", "--title", "mine", "--xlim", "0.1:1e4")
    assert {"allowed at 90 %", "mine"} <= set(words)
    words, _ = drawn("contour", stores / "a.zarr", "--shade", "none", "--title", "")
    assert not [word for word in words if "90" in word]


def test_profiles_take_a_style_and_can_be_turned(drawn):
    fit = ("texono-2025", "--interaction", "light-vector:universal", "--range", "g_zp=1e-6:1e-4")
    plane = ("profile", *fit, "--free", "g_zp,m_zp", "--range", "m_zp=1:100", "--points", "5", "--style", "column")
    assert axis_labels(drawn(*plane)[1])
    text = drawn(*plane, "--swap")[1]
    assert not axis_labels(text)
    assert 'width="243.779' in text  # 8.6 cm are 243.78 points of 1/72 inch


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_the_ending_is_the_format_and_the_file_the_same_twice(run, stores, tmp_path, ending):
    for name in ("first", "second"):
        code, _, err = run("contour", str(stores / "a.zarr"), "--style", "column", "--plot", f"{name}.{ending}")
        assert code == 0, err
    first = (tmp_path / f"first.{ending}").read_bytes()
    assert first[:8].lstrip().startswith({"pdf": b"%PDF", "svg": b"<?xml", "png": b"\x89PNG"}[ending])
    assert first == (tmp_path / f"second.{ending}").read_bytes()


PLOT = ("--plot", "a.pdf")
BAD = {
    "curve without a file": ((*PLOT, "--curve", "COHERENT"), "--curve: expected LABEL=FILE.csv, found 'COHERENT'"),
    "curve without a label": ((*PLOT, "--curve", "=x.csv"), "--curve: expected LABEL=FILE.csv, found '=x.csv'"),
    "missing curve": ((*PLOT, "--curve", "A=x.csv"), "x.csv: expected a readable file"),
    "same curve twice": ((*PLOT, "--curve", "A=x.csv", "--curve", "A=y.csv"), "--curve: 'A' is given twice"),
    "shade": ((*PLOT, "--shade", "both"), "shade: expected allowed, excluded or none, found 'both'"),
    "style": ((*PLOT, "--style", "columm"), "found 'columm' (did you mean 'column'?)"),
    "style file": ((*PLOT, "--style", "x.mplstyle"), "x.mplstyle: expected a readable file"),
    "limits": ((*PLOT, "--xlim", "1"), "--xlim: expected LO:HI, found '1'"),
    "limits of text": ((*PLOT, "--ylim", "a:1"), "--ylim: expected a number, found 'a'"),
    "limits turned": ((*PLOT, "--xlim", "2:1"), "xlim: expected a lower and a higher number, found 2 and 1"),
    "limits of logarithms": ((*PLOT, "--ylim=-1:1"), "ylim: expected numbers above 0 on a logarithmic axis, found -1"),
    "format": (("--plot", "a.doc"), "cannot draw to 'a.doc'"),
    **{
        f"{option[0]} without a figure": (option, f"{option[0]} needs --plot: the name of the figure")
        for option in (
            *(("--swap",), ("--shade", "none"), ("--style", "column"), ("--title", ""), ("--xlim", "1:2")),
            *(("--ylim", "1:2"), ("--curve", "A=x.csv")),
        )
    },
}


@pytest.mark.parametrize(("arguments", "message"), BAD.values(), ids=BAD)
def test_bad_options_are_one_line_and_write_nothing(run, stores, arguments, message, tmp_path):
    code, out, err = run("contour", str(stores / "a.zarr"), "--out", "lines.csv", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--swap",), "swap: expected two axes, found g_zp"),
        (("--shade", "allowed"), "shade: expected two axes and a single level, found g_zp"),
    ],
)
def test_a_single_axis_has_no_plane(run, stores, option, message, tmp_path):
    code, out, err = run("contour", str(stores / "line.zarr"), *PLOT, *option)
    assert (code, out) == (2, "")
    assert message in err
    assert not list(tmp_path.iterdir())


def test_a_bad_curve_leaves_the_figure_that_is_there(run, stores, tmp_path):
    (tmp_path / "bad.csv").write_text("m_zp [MeV],g_zp\n1,1e-5\n")
    (tmp_path / "a.pdf").write_bytes(b"kept")
    code, out, err = run("contour", str(stores / "a.zarr"), *PLOT, "--curve", "A=bad.csv")
    assert (code, out) == (2, "")
    assert "bad.csv, line 1: expected the header m_zp [MeV],g_zp [1], found 'm_zp [MeV],g_zp'" in err
    assert (tmp_path / "a.pdf").read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--swap",), "--swap needs --plot"),
        (("--swap", "--plot", "a.png"), "--swap: expected two parameters, found r_n_cs"),
        (("--style", "none", "--plot", "a.png"), "style: expected the name of a style sheet"),
    ],
)
def test_bad_options_of_profile(run, option, message, tmp_path):
    code, out, err = run("profile", "csre-cs", "--free", "r_n_cs", *option)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
