"""The command line: what it prints, its JSON, its figures, and what it says to bad input."""

import json

import pytest

CSI = "coherent-csi-2021"


def test_fit_json_is_the_contract(run):
    code, out, _ = run(
        "fit", CSI, "--free", "r_n_cs", "--tie", "r_n_i=r_n_cs", "--set", "sin2_theta_w=0.23863", "--json"
    )
    assert code == 0
    found = json.loads(out)
    assert found["measurements"] == [CSI]
    assert found["interactions"] == ["standard-model"]
    assert found["free"] == ["r_n_cs"]
    assert found["tied"] == {"r_n_i": "r_n_cs"}
    assert found["fixed"]["sin2_theta_w"] == 0.23863
    one, follower = found["parameters"]["r_n_cs"], found["parameters"]["r_n_i"]
    assert one == follower
    assert one["unit"] == "fm"
    assert set(one["interval"]) == {"68.27", "90", "95.45", "99.73"}
    (low, high), *rest = one["interval"]["68.27"]
    assert rest == []
    assert one["error"] == pytest.approx(0.5 * (high - low))
    assert low < one["value"] < high
    assert set(found["nuisances"]) == {"cevns_norm", "brn_norm", "nin_norm", "ss_norm"}
    assert found["nuisances"]["cevns_norm"]["prior"] == [1.0, pytest.approx(0.115, abs=2e-4)]
    assert found["dof"] == 98
    assert found["shared"] == {}
    assert found["converged"] is True
    assert set(found["seconds"]) == {"import", "fold", "compile", "run", "report", "total"}


def test_fit_table(run):
    code, out, _ = run("fit", CSI, "--free", "cevns_norm", "--cl", "95")
    assert code == 0
    assert "prior dropped, because fitted: cevns_norm" in out
    assert "cevns_norm at 95 %:" in out
    assert "degrees of freedom; converged" in out


def test_predict(run):
    code, out, _ = run("predict", CSI, "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found["edges"]) == ["energy [PE]", "time [us]"]
    assert len(found["counts"]["cevns"]) == 9
    assert len(found["counts"]["cevns"][0]) == 11
    assert found["total"]["cevns"] == pytest.approx(sum(map(sum, found["counts"]["cevns"])))
    assert sum(map(sum, found["observed"])) == 1578
    assert set(found["signal"]) == {"nu_e", "nu_mu", "nu_mu_bar"}
    assert set(found["signal"]["nu_e"]) == {"133Cs", "127I"}
    assert found["quadrature_error"] < 1e-8
    code, out, _ = run("predict", CSI, "--set", "cevns_norm=2")
    assert code == 0
    assert "flux-averaged cross section: 367.2e-40" in out


def test_profile_of_one(run, tmp_path, looks_drawn):
    code, out, err = run(
        "profile", CSI, "--free", "sin2_theta_w", "--range=0.15:0.35", "--points", "5", "--json", "--plot", "one.png"
    )
    found = json.loads(out)
    assert code == 0
    assert found["parameters"] == ["sin2_theta_w"]
    assert found["points"] == pytest.approx([0.15, 0.2, 0.25, 0.3, 0.35])
    assert len(found["chi2"]) == 5
    assert min(found["chi2"]) >= found["chi2_min"]
    assert set(found["interval"]) == {"68.27", "90", "95.45", "99.73"}
    assert looks_drawn(tmp_path / "one.png")
    assert "drawn to one.png" in err


def test_profile_of_two(run, tmp_path, looks_drawn):
    code, out, _ = run(
        "profile", CSI, "--free", "sin2_theta_w,r_n_cs", "--tie", "r_n_i=r_n_cs", "--points", "9", "--json",
        "--plot", "two.png",
    )  # fmt: skip
    found = json.loads(out)
    assert code == 0
    assert [len(axis) for axis in found["points"]] == [9, 9]
    assert len(found["chi2"]) == 9
    assert set(found["interval"]) == {"sin2_theta_w", "r_n_cs"}
    assert looks_drawn(tmp_path / "two.png")


def test_profile_with_others_free(run):
    code, out, _ = run(
        "profile", CSI, "--param", "sin2_theta_w", "--free", "sin2_theta_w,brn_norm", "--points", "5", "--json"
    )
    assert code == 0
    assert json.loads(out)["parameters"] == ["sin2_theta_w"]


def test_figures_of_fit_and_prediction(run, tmp_path, looks_drawn):
    assert run("fit", CSI, "--free", "cevns_norm", "--plot", "fit.png")[0] == 0
    assert run("predict", CSI, "--plot", "spectra.pdf")[0] == 0
    assert looks_drawn(tmp_path / "fit.png")
    assert (tmp_path / "spectra.pdf").read_bytes().startswith(b"%PDF")


def test_lists(run):
    code, out, _ = run("measurements", "--json")
    assert code == 0
    assert json.loads(out)[CSI]["variants"] == ["flat", "shape"]
    assert CSI in run("measurements")[1]
    code, out, _ = run("parameters", CSI, "--couplings", "2022", "--json")
    found = json.loads(out)
    assert found["parameters"]["sin2_theta_w"] == {
        "unit": "1", "default": 0.23863, "bounds": [0.0, 1.0], "prior": None, "latex": r"\sin^2\theta_W",
        "description": "weak mixing angle at zero momentum transfer, MS-bar",
    }  # fmt: skip
    digits = found["couplings"]["values"]["formula at 0.23857"]
    assert [round(value, 4) for value in digits.values()] == [0.0382, 0.0300, 0.0256, -0.5117]
    assert "r_n_cs" in run("parameters", CSI)[1]


def test_cite(run):
    assert "arXiv:2110.07730" in run("cite", CSI)[1]
    assert len(json.loads(run("cite", "--json")[1])["measurements"][CSI]) == 3


def test_version_and_help(run):
    assert run("--version")[1].startswith("cevnsjax 0.")
    code, out, err = run()
    assert code == 2
    assert "Usage: cevnsjax" in out + err
    assert run("fit", "--help")[0] == 0


def test_a_fit_that_does_not_converge_has_exit_code_3(run):
    nothing = "cevns_norm=0,brn_norm=0,nin_norm=0,ss_norm=0"
    code, out, err = run("fit", CSI, "--free", "sin2_theta_w", "--set", nothing, "--json")
    assert code == 3
    assert json.loads(out)["converged"] is False
    assert err.endswith("cevnsjax: did not converge: chi2 is not finite at any start\n")
    code, out, _ = run("fit", CSI, "--free", "sin2_theta_w", "--set", nothing)
    assert code == 3
    assert "chi2 = –" in out
    code, out, _ = run("profile", CSI, "--free", "sin2_theta_w", "--set", nothing, "--json")
    assert code == 3
    assert json.loads(out)["converged"] is False


BAD = [
    (["fit", "coherent-csi-2012"], "unknown experiment 'coherent-csi-2012' (did you mean 'coherent-csi-2021'?)"),
    (["fit", "coherent-csi-2021:shap"], "unknown measurement 'coherent-csi-2021:shap' (did you mean 'shape'?)"),
    (["fit", CSI, "--free", "sin2_theta"], "unknown parameter 'sin2_theta' (did you mean 'sin2_theta_w'?)"),
    (["fit", CSI, "--set", "r_n_cs=50"], "r_n_cs: expected a value from 2.2 to 12 fm, found 50"),
    (["fit", CSI, "--set", "r_n_cs=nan"], "r_n_cs: expected a finite number, found 'nan'"),
    (["fit", CSI, "--set", "r_n_cs=five"], "r_n_cs: expected a number, found 'five'"),
    (["fit", CSI, "--set", "r_n_cs"], "--set: expected NAME=VALUE, found 'r_n_cs'"),
    (["fit", CSI, "--set", "r_n_cs=5,r_n_cs=6"], "'r_n_cs' is given twice"),
    (["fit", CSI, "--tie", "r_n_cs=r_n_cs"], "cannot tie 'r_n_cs' to itself"),
    (["fit", CSI, "--tie", "r_n_cs=r_n_i,r_n_i=r_n_cs"], "the ties form a circle: r_n_cs = r_n_i = r_n_cs"),
    (["fit", CSI, "--require", "r_n_i<r_n_cs"], "expected a requirement like 'r_n_i<=r_n_cs', found 'r_n_i<r_n_cs'"),
    (["fit", CSI, "--constrain", "r_n_cs=5"], "--constrain: expected NAME=CENTRE,WIDTH"),
    (["fit", CSI, "--couplings", "2023"], "unknown couplings '2023'"),
    (["fit", CSI, "--form-factor", "hel"], "unknown form factor 'hel' (did you mean 'helm'?)"),
    (["fit", CSI, "--interaction", "nsy"], "unknown interaction 'nsy'"),
    (["fit", CSI, "--cl", "120"], "expected a confidence level between 0 and 100 per cent, found 120"),
    (["fit", CSI, CSI], "is named more than once: its data would count twice"),
    (["fit", CSI, "--plot", "missing/fit.png"], "cannot draw to 'missing/fit.png': there is no folder 'missing'"),
    (["fit", CSI, "--plot", "fit.xyz"], "cannot draw to 'fit.xyz': expected a name that ends in"),
    (["fit", CSI, "--plot", "."], "cannot draw to '.'"),
    (["profile", CSI, "--free", "sin2_theta_w", "--range=0.3:0.1"], "from a lower to a higher number, found 0.3 to 0.1"),
    (["profile", CSI, "--free", "sin2_theta_w", "--range=0.3:0.3"], "from a lower to a higher number, found 0.3 to 0.3"),
    (["profile", CSI, "--free", "sin2_theta_w", "--range=-1e-3:1e-3"], "expected a range within 0 to 1, found -0.001"),
    (["profile", CSI, "--free", "sin2_theta_w", "--range=0.3"], "--range: expected LO:HI, found '0.3'"),
    (["profile", CSI, "--free", "sin2_theta_w", "--range=0.1:0.2", "--range=0:1"], "--range: expected a range for each of"),
    (["profile", CSI, "--free", "sin2_theta_w", "--points", "1"], "expected at least 2 points, found 1"),
    (["profile", CSI], "expected one or two different parameters to profile, found none"),
    (["fit"], "Missing argument"),
    (["fit", CSI, "--fre", "x"], "No such option: --fre"),
    (["frobnicate"], "No such command"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[" ".join(a[1:] or a) for a, _ in BAD])
def test_bad_input(run, tmp_path, arguments, message):
    code, out, err = run(*arguments, *(["--json"] if arguments[0] in ("fit", "profile") else []))
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("cevnsjax: ")
    assert message in err
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_plot_is_refused_before_anything_runs(run, tmp_path):
    code, out, err = run("fit", CSI, "--free", "sin2_theta_w", "--plot", "/proc/fit.png")
    assert (code, out) == (2, "")
    assert err.startswith("cevnsjax: cannot draw to '/proc/fit.png': ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_an_altered_data_file_is_refused(run, tmp_path, monkeypatch):
    import shutil

    from cevnsjax._base.data_files import data_root

    root = tmp_path / "data"
    shutil.copytree(data_root(), root)
    events = root / "coherent_csi_2021" / "events_coincidence.csv"
    events.write_text(events.read_text().replace("41.4301", "14.4301"))
    monkeypatch.setenv("CEVNSJAX_DATA", str(root))
    code, out, err = run("fit", CSI, "--free", "sin2_theta_w")
    assert (code, out) == (2, "")
    assert err.startswith(f"cevnsjax: {events}: the file was altered: expected sha256")
    assert err.count("\n") == 1
    events.unlink()
    code, _, err = run("fit", CSI, "--free", "sin2_theta_w")
    assert code == 2
    assert err == f"cevnsjax: {events}: expected a readable file, found: No such file or directory\n"


def test_numbers_are_printed_with_their_unit(run):
    code, out, _ = run("predict", "csre-cs", "apv-cs")
    assert code == 0
    assert "point-neutron radius of 133Cs [fm]  5.0201     4.86      0.21" in out
    assert "Q_W(Cs) without neutron skin  -72.902" in out


def test_neutron_radius_of_one_isotope_is_suggested(run):
    code, out, err = run("fit", "crex", "--free", "r_n_ca")
    assert (code, out) == (2, "")
    assert "did you mean 'r_n_ca48'?" in err


def test_cross_sections(run, tmp_path, looks_drawn):
    code, out, err = run("cross-sections", "coherent-lar-2020", "--json", "--plot", "sections.png")
    found = json.loads(out)
    assert code == 0
    assert found["unit"] == "1e-40 cm^2"
    argon = found["measured"]["coherent-lar-2020"]
    assert argon["nuclides"] == ["40Ar"]
    assert argon["neutrons"] == 22
    assert argon["total"][1] > argon["total"][0] > argon["statistical"][0]
    assert found["predicted"]["40Ar"]["sm"] == pytest.approx(18.25, abs=0.01)
    assert looks_drawn(tmp_path / "sections.png")
    assert "drawn to sections.png" in err
    code, out, _ = run("cross-sections", "coherent-lar-2020")
    assert code == 0
    assert "flux-averaged cross section per nucleus [1e-40 cm²]" in out
    assert "coherent-lar-2020  22.00  27.83" in out
    code, out, err = run("cross-sections", "apv-cs", "--json")
    assert (code, out) == (2, "")
    assert err.startswith("cevnsjax: apv-cs: expected a measurement with neutrinos of pions and muons")
