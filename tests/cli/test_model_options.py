"""Models of the interaction on the command line: listed, named, combined, refused."""

import json

import pytest

from cevnsjax.interactions.catalogue import MODELS

CSI = "coherent-csi-2021"
CONTRACT = (
    "standard-model nsi light-vector light-scalar axial pseudoscalar tensor charge-radius millicharge magnetic-moment "
    "sterile-oscillation dipole-portal"
).split()
"""The names that other tools rely on."""


def test_models_are_listed(run):
    code, out, _ = run("models", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found) == list(MODELS)
    assert set(CONTRACT) <= set(found)
    assert "B-L" in found["light-vector"]["variants"]
    assert found["light-scalar"]["parameters"] == ["g_phi", "m_phi"]
    code, out, _ = run("models")
    assert code == 0
    assert all(name in out for name in found)


def test_fit_of_a_mediator_finds_both_regions(run):
    """The second region has the amplitude of the other sign (universal charges; arXiv:2202.11002)."""
    code, out, _ = run(
        "fit", CSI, "--interaction", "light-vector:universal", "--free", "g_zp", "--set", "m_zp=100", "--json"
    )
    found = json.loads(out)
    assert code == 0
    assert found["interactions"] == ["standard-model", "light-vector:universal"]
    assert found["fixed"]["m_zp"] == 100.0
    first, second = found["parameters"]["g_zp"]["interval"]["95.45"]
    assert first[0] == 0.0
    assert first[1] < 1e-4 < second[0]
    assert found["parameters"]["g_zp"]["at_bound"] is True


def test_models_are_combined_with_electrons(run):
    arguments = (
        "--interaction",
        "nsi",
        "--interaction",
        "magnetic-moment",
        "--electrons",
        "--set",
        "magnetic_moment_mu=30",
    )
    code, out, _ = run("predict", CSI, *arguments, "--json")
    found = json.loads(out)
    assert code == 0
    assert set(found["total"]) == {"cevns", "es", "brn", "nin", "ss"}
    assert found["total"]["es"] > 1.0


def test_parameters_of_a_model(run):
    code, out, _ = run("parameters", CSI, "--interaction", "light-vector:Lmu-Ltau", "--couplings", "2024", "--json")
    found = json.loads(out)["parameters"]
    assert code == 0
    assert found["g_zp"]["default"] == 0.0
    assert found["m_zp"]["default"] is None
    assert found["m_zp"]["bounds"] == [1e-3, 1e6]


TWO = ("--interaction", "light-vector:B-L", "--interaction", "light-vector:Le-Lmu@2")


def test_two_mediators_of_one_kind(run):
    code, out, _ = run("fit", CSI, *TWO, "--free", "g_zp,g_zp_2", "--set", "m_zp=10,m_zp_2=100", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["interactions"] == ["standard-model", "light-vector:B-L", "light-vector:Le-Lmu@2"]
    assert {"g_zp", "g_zp_2"} <= set(found["parameters"])
    assert (found["fixed"]["m_zp"], found["fixed"]["m_zp_2"]) == (10.0, 100.0)


def test_a_scan_of_two_mediators_is_opened_again(run):
    grid = ("--grid", "g_zp=1e-6:1e-4:3:log", "--grid", "g_zp_2=1e-5:1e-3:3:log", "--set", "m_zp=10,m_zp_2=100")
    code, _, _ = run("scan", CSI, *TWO, *grid, "--out", "two.zarr")
    assert code == 0
    code, out, _ = run("show", "two.zarr", "--json")
    assert code == 0
    assert "light-vector:Le-Lmu@2" in json.loads(out)["interactions"]
    code, out, _ = run("show", "two.zarr")
    assert code == 0
    assert "--interaction light-vector:Le-Lmu@2" in out
    code, out, _ = run("scan", CSI, *TWO, *grid, "--out", "two.zarr", "--json")
    assert code == 0
    assert json.loads(out)["shape"] == [3, 3]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("--interaction", "light-vector:B-L@"),
            "expected a suffix after the @, as in 'light-vector:B-L@2', found none",
        ),
        (("--interaction", "axial@2:3"), "expected at most 20 letters, digits and underscores, found '2:3'"),
        (("--interaction", "nsi@2"), "expected a mediator before the @, found 'nsi'"),
        (("--interaction", "axial", "--interaction", "axial"), "a suffix makes it another mediator, as in 'axial@2'"),
        (("--interaction", "nsii"), "unknown interaction 'nsii' (did you mean 'nsi'?)"),
        (("--interaction", "light-vector:B-l", "--free", "g_zp"), "unknown charges 'B-l'"),
        (("--interaction", "light-vector:u=1/0,e=1"), "expected a number or a fraction for 'u', found '1/0'"),
        (("--interaction", "light-vector:q=1"), "expected NUMBER for each of u, d, e, mu, tau"),
        (("--interaction", "nsi:complex"), "'nsi' has no variants, found 'complex'"),
        (("--interaction", "light-vector:B-L", "--free", "eps_ee_u"), "unknown parameter 'eps_ee_u'"),
        (
            ("--interaction", "light-vector:B-L", "--free", "g_zp"),
            "'g_zp' needs a value of 'm_zp', which has no default",
        ),
        (("--interaction", "light-vector:B-L", "--free", "g_zp", "--set", "m_zp=-5"), "m_zp: expected a value from"),
        (("--interaction", "nsi", "--set", "eps_ee_u=0.1+0.2j"), "eps_ee_u: expected a number, found '0.1+0.2j'"),
        (("--interaction", "nsi", "--interaction", "nsi"), "its effect would count twice"),
        (
            ("--interaction", "charge-radius", "--interaction", "charge-radius:beyond-sm"),
            "its effect would count twice",
        ),
        (("--interaction", "light-scalar", "--interaction", "magnetic-moment"), "cannot be combined"),
        (("--interaction", "standard-model:axial", "--interaction", "standard-model"), "named more than once"),
        (("--interaction", "standard-model:strange"), "expected 'axial' with 'strange'"),
        (("--interaction", "tensor:coherence"), "did you mean 'coherent'"),
        (("--interaction", "sterile-oscillation", "--set", "u2_e4=0.7,u2_mu4=0.6"), "unitary"),
        (("--couplings", "2023"), "unknown couplings '2023'"),
    ],
)
def test_bad_input_is_one_line(run, tmp_path, arguments, said):
    code, out, err = run("fit", CSI, *arguments, "--plot", "never.png")
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert said in err
    assert not list(tmp_path.iterdir())


def test_electrons_are_refused_where_the_release_has_no_response(run):
    code, _, err = run("predict", "xenonnt-8b", "--electrons")
    assert code == 2
    assert "xenonnt-8b: its release has no response to recoils of electrons" in err
