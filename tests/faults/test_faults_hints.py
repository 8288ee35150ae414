"""Errors that say what would do: the command, the model, the form of an option."""

import pytest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fit", "cryocsi-i", "--free", "sin2_theta_w"), ["cryocsi-i", "cevnsjax forecast cryocsi-i"]),
        (("fit", "argon-610"), ["cevnsjax forecast argon-610"]),
        (("fit", "coherent-csi-2021", "germanium-reactor", "--free", "sin2_theta_w"), ["cevnsjax forecast germanium"]),
        (("cross-sections", "cryocsi-ii"), ["cevnsjax forecast cryocsi-ii"]),
        (("fit", "csre-cs", "--free", "g_zp"), ["unknown parameter 'g_zp'", "light-vector"]),
        (("fit", "csre-cs", "--free", "g_phi"), ["light-scalar"]),
        (("fit", "csre-cs", "--free", "millicharge_ee"), ["millicharge"]),
        (("fit", "csre-cs", "--free", "eps_emu_u_phase"), ["nsi"]),
        (("fit", "csre-cs", "--free", "magnetic_moment_tau"), ["magnetic-moment"]),
        (("predict", "csre-cs", "--set", "charge_radius_ee=3"), ["charge-radius"]),
        (("scan", "csre-cs", "--grid", "m_zp=1:10:5", "--out", "s.zarr"), ["light-vector"]),
        (("toys", "csre-cs", "--test", "g_zp=1e-4"), ["light-vector"]),
        (("sample", "csre-cs", "--free", "g_zp"), ["light-vector"]),
        (("profile", "csre-cs", "--free", "g_zp"), ["light-vector"]),
        (("fit", "csre-cs", "--constrain", "g_zp=0,1", "--free", "r_n_cs"), ["combination"]),
        (("fit", "csre-cs", "--free", "r_n_pb"), ["prex-ii"]),
        (("fit", "csre-cs", "--free", "r_n_ar"), ["coherent-lar-2020"]),
        (("fit", "coherent-csi-2021", "--free", "r_n_cs", "--tie", "r_n_i"), ["--tie", "FOLLOWER=LEADER", "'r_n_i'"]),
        (("fit", "csre-cs", "--free", "r_n_cs", "--set", "r_n_cs"), ["--set", "NAME=VALUE"]),
        (("fit", "csre-cs", "--free", "r_n_cs", "--constrain", "r_n_cs"), ["--constrain", "NAME=CENTRE,WIDTH"]),
        (("fit", "csre-cs", "--free", "r_n_cs", "--correlate", "r_n_cs"), ["--correlate", "A,B=RHO"]),
        (("fit", "coherent-csi-2021", "--interaction", "B-L"), ["did you mean 'light-vector:B-L'"]),
        (("fit", "coherent-csi-2021", "--interaction", "lmu-ltau"), ["unknown interaction"]),
        (("fit", "coherent-csi-2021", "--interaction", "light-vector:b-l"), ["did you mean 'B-L'"]),
        (("fit", "csre"), ["did you mean 'csre-cs'"]),
        (("fit", "CSRE-CS"), ["did you mean 'csre-cs'"]),
        (("fit", "csre-cs", "--free", "R_N_CS"), ["did you mean 'r_n_cs'"]),
        (("fit", "csre-cs", "--free", "r_n_cs", "--explain", "--plot", "x.png"), ["--explain fits nothing", "--plot"]),
        (("predict", "apv-cs", "--electrons"), ["electrons", "apv-cs"]),
        (("sample", "csre-cs", "--free", "r_n_cs", "--live", "50"), ["nested", "auto"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_hints(refused, arguments, words):
    refused(*arguments, words=words)


COMMANDS = (
    "measurements models parameters predict fit forecast profile scan contour sample toys cross-sections cite".split()
)


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help(command, name):
    short, long = command(name, "-h"), command(name, "--help")
    assert short == long
    assert short[0] == 0
    assert short[1].startswith("Usage: cevnsjax")
    assert "-h, --help" in short[1]


def test_short_help_of_all(command):
    code, out, err = command("-h")
    assert (code, err) == (0, "")
    assert all(name in out for name in COMMANDS)
    assert command("--help")[1] == out


@pytest.mark.parametrize(
    "name", ["predict", "fit", "forecast", "profile", "scan", "sample", "toys", "parameters", "cross-sections"]
)
def test_help_lists_the_schemes_of_couplings(command, name):
    _, out, _ = command(name, "--help")
    line = " ".join(out.split("--couplings", 1)[1].split("--", 1)[0].split())
    assert all(scheme in line for scheme in ("tree", "2020", "2022", "2024"))
    # What is listed is what is known.
    _, _, err = command(
        name,
        "csre-cs",
        "--couplings",
        "2021",
        *(["--grid", "r_n_cs=4:6:5", "--out", "s.zarr"] if name == "scan" else []),
    )
    assert err.rstrip().endswith("known: tree, 2020, 2022, 2024")
