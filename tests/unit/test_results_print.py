"""Results print in Python what their command prints, and show tables in a notebook."""

import copy
import html
import pickle
import re
import sys

import pytest

import cevnsjax as cj
from cevnsjax import cli

NOTHING = "cevns_norm=0,brn_norm=0,nin_norm=0,ss_norm=0"


@pytest.fixture
def printed(monkeypatch, capsys, tmp_path):
    """Run a command; return the lines of what it prints and of what it says on standard error."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["cevnsjax", *arguments])
        with pytest.raises(SystemExit):
            cli.main()
        captured = capsys.readouterr()
        return timeless(captured.out), captured.err

    return run


def timeless(text):
    """Return the lines of a text without its times; a command knows more of them than a result."""
    lines = re.sub(r"\d+\.\d+ s\b", "… s", text).rstrip("\n").split("\n")
    return [line for line in lines if not line.startswith(("took … s", "compiled in … s"))]


def words(page):
    return html.unescape(re.sub("<[^>]*>", " ", page)).split()


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood([cj.measurements.csre_cs()])


@pytest.fixture(scope="module")
def both():
    return cj.Likelihood([cj.measurements.apv_cs(), cj.measurements.csre_cs()])


COMMANDS = {
    "fit": (
        ("fit", "csre-cs", "--free", "r_n_cs"),
        lambda radius: radius.fit(free=["r_n_cs"]),
    ),
    "forecast": (
        ("forecast", "csre-cs", "--free", "r_n_cs"),
        lambda radius: radius.forecast(free=["r_n_cs"]),
    ),
    "profile": (
        ("profile", "csre-cs", "--free", "r_n_cs", "--points", "11"),
        lambda radius: radius.profile(["r_n_cs"], points=11),
    ),
    "scan": (
        ("scan", "csre-cs", "--grid", "r_n_cs=4:6:9", "--out", "s.zarr"),
        lambda radius: radius.scan({"r_n_cs": "4:6:9"}, out="s.zarr"),
    ),
    "toys": (
        ("toys", "csre-cs", "--test", "r_n_cs=5", "--count", "40"),
        lambda radius: radius.toys(40, test={"r_n_cs": 5.0}),
    ),
    "feldman-cousins": (
        ("toys", "csre-cs", "--feldman-cousins", "r_n_cs=4.5:5.5:4", "--count", "200"),
        lambda radius: radius.feldman_cousins({"r_n_cs": "4.5:5.5:4"}, count=200),
    ),
    "posterior": (
        ("sample", "csre-cs", "--free", "r_n_cs", "--method", "hmc", "--draws", "12800"),
        lambda radius: radius.sample(free=["r_n_cs"], method="hmc", draws=12800),
    ),
    "prediction": (
        ("predict", "csre-cs", "--set", "r_n_cs=4.9"),
        lambda radius: radius.predict({"r_n_cs": 4.9})[0],
    ),
    "explanation": (
        ("fit", "csre-cs", "--free", "r_n_cs", "--explain"),
        lambda radius: radius.explain(free=["r_n_cs"]),
    ),
}


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_result_prints_what_its_command_prints(printed, radius, kind):
    command, make = COMMANDS[kind]
    out, _ = printed(*command)
    result = make(radius)
    text, page = repr(result), result._repr_html_()
    assert str(result) == text
    if kind == "explanation":  # what is compiled already is not compiled again
        out, text = (re.sub(r"minimisation: .*", "", one) for one in ("\n".join(out), text))
        assert timeless(text) == timeless(out)
        return
    assert timeless(text) == out
    assert "<table" in page
    assert words(page) == repr(result).split()
    for way in (copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        assert timeless(repr(way(result))) == timeless(text)


def test_counts_in_bins_print_what_the_command_prints(printed, likelihood):
    out, _ = printed("predict", "coherent-csi-2021")
    (prediction,) = likelihood.predict()
    assert timeless(repr(prediction)) == out
    assert prediction._repr_html_().count("<tbody>") == 2  # the bins, and all of them


def test_cross_sections_print_what_the_command_prints(printed):
    out, _ = printed("cross-sections", "coherent-lar-2020")
    result = cj.flux_averaged_cross_sections(["coherent-lar-2020"])
    assert timeless(repr(result)) == out
    assert result._repr_html_().count("<table") == 2


def test_a_joint_fit_prints_what_the_command_prints(printed, both):
    out, _ = printed("fit", "apv-cs", "csre-cs", "--free", "sin2_theta_w,r_n_cs")
    assert timeless(repr(both.fit(free=["sin2_theta_w", "r_n_cs"]))) == out


def test_what_did_not_converge_says_so(printed, likelihood):
    values = {name: float(value) for name, value in (item.split("=") for item in NOTHING.split(","))}
    out, err = printed("fit", "coherent-csi-2021", "--free", "sin2_theta_w", "--set", NOTHING)
    fit = likelihood.fit(free=["sin2_theta_w"], values=values)
    assert timeless(repr(fit)) == out
    assert fit.message in repr(fit)
    assert fit.message in err
    profile = likelihood.profile(["sin2_theta_w"], points=3, values=values)
    assert repr(profile).split("\n")[-1] == fit.message
    assert fit.message in html.unescape(profile._repr_html_())


def test_a_scan_in_memory_and_one_that_was_opened(radius, tmp_path):
    """One has no place, the other no times."""
    kept = radius.scan({"r_n_cs": "4:6:9"}, out=tmp_path / "s.zarr")
    loose = radius.scan({"r_n_cs": "4:6:9"})
    opened = cj.open_scan(tmp_path / "s.zarr")
    assert repr(loose).startswith("chi2 on 9 values of r_n_cs\n")
    assert " in None" not in repr(loose)
    assert repr(kept).split("\n")[:-1] == repr(opened).split("\n")


def test_draws_that_were_read_again(radius, tmp_path):
    """They have no times."""
    drawn = radius.sample(free=["r_n_cs"], method="hmc", draws=12800)
    drawn.save(tmp_path / "p.nc")
    again = cj.Posterior.load(tmp_path / "p.nc")
    assert repr(again).split() == re.sub(r"; \S+ s to start, \S+ s of sampling", "", repr(drawn)).split()


def test_a_measurement_of_counts(csi):
    text = repr(csi)
    for said in (
        "coherent-csi-2021: COHERENT CsI[Na]", "133Cs, 127I", "nu_mu_bar", "1578 in all", "energy [PE]", "time [us]",
        "cevns_norm", "1 ± 0.25", "arXiv:2110.07730",
    ):  # fmt: skip
        assert said in text
    assert "<table" in csi._repr_html_()
    assert words(csi._repr_html_()) == text.split()


def test_nuisances_of_a_measurement():
    text = repr(cj.measurements.dresden_ii())
    assert re.search(r"m_l1_ratio +1 ± 0.03 ", text)
    assert re.search(r"continuum_flat +none +1/day ", text)
    assert "with Gaussian errors" in text


def test_measured_numbers():
    text = repr(cj.measurements.apv_cs())
    assert re.search(r"Q_W\(Cs\) without neutron skin +-72.675 +0.41875", text)
    assert "sin2_theta_w" in text
    assert "<table" in cj.measurements.apv_cs()._repr_html_()


def test_every_measurement_shows_itself():
    from cevnsjax.measurements import CATALOGUE, load, shipped
    from cevnsjax.measurements import described as describe

    for one in (*map(load, CATALOGUE), *map(describe, shipped())):
        assert "cannot be shown" not in repr(one)
        assert repr(one).startswith(f"{one.name}: {one.title}")


def test_a_likelihood():
    joint = cj.Likelihood(
        [cj.measurements.coherent_csi_2021(), cj.measurements.coherent_lar_2020()], cj.light_vector("B-L")
    )
    text = repr(joint)
    for said in ("9 x 11", "standard-model, light-vector:B-L", "couplings 2022", "m_zp", f"… {len(joint.parameters)} "):
        assert said in text
    assert "sns_flux_norm: shared by coherent-csi-2021, coherent-lar-2020" in text
    assert len(text.split("\n")) < 40
    assert "<table" in joint._repr_html_()


def test_models_are_named_in_one_line():
    assert repr(cj.model("light-vector:B-L")) == "<light-vector:B-L>"
    assert repr(cj.combine([cj.nsi()], electrons=True)) == "<standard-model + nsi, electrons too>"


def test_what_cannot_be_shown_says_so(csi):
    prediction = cj.Prediction(csi, cj.combine(), {})
    assert repr(prediction).startswith("<Prediction that cannot be shown: KeyError")


def test_a_cell_of_a_notebook_shows_the_table(radius):
    """What a kernel makes of the last line of a cell."""
    from IPython.core.formatters import DisplayFormatter

    fit = radius.fit(free=["r_n_cs"])
    repr(fit)
    shown, _ = DisplayFormatter().format(fit)
    assert shown["text/html"] == fit._repr_html_()
    assert shown["text/plain"].split() == repr(fit).split()
