"""The command `toys`: its JSON, its files, what it says to bad input."""

import json

import pytest

CSI = "coherent-csi-2021"


def test_study(run, looks_drawn, tmp_path):
    import xarray

    code, out, err = run(
        "toys", CSI, "--test", "sin2_theta_w=0.23863", "--count", "200", "--seed", "4", "--cl", "95", "--json",
        "--out", "toys.nc", "--plot", "toys.png",
    )  # fmt: skip
    assert code == 0
    found = json.loads(out)
    assert found["measurements"] == [CSI]
    assert found["free"] == ["sin2_theta_w"]
    assert found["count"] == 200
    assert found["seed"] == 4
    assert found["out"] == "toys.nc"
    assert found["not_converged"] == 0
    assert found["test"]["values"] == {"sin2_theta_w": 0.23863}
    low, high = found["test"]["p_value"]["interval"]
    assert low < found["test"]["p_value"]["value"] < high
    assert set(found["test"]["critical"]) == {"68.27", "90", "95"}
    assert set(found["goodness_of_fit"]) == {"p_value", "chi2", "toys"}
    assert "drawn to toys.png" in err
    assert looks_drawn(tmp_path / "toys.png")
    with xarray.open_dataset(tmp_path / "toys.nc", engine="h5netcdf") as stored:
        assert stored.sizes["toy"] == 200
    assert sorted(path.name for path in tmp_path.iterdir()) == ["toys.nc", "toys.png"]


def test_interval_of_feldman_and_cousins(run, looks_drawn, tmp_path):
    code, out, _ = run(
        "toys", CSI, "--feldman-cousins", "sin2_theta_w=0.17:0.31:6", "--count", "100", "--plot", "fc.png"
    )
    assert code == 0
    assert "sin2_theta_w, by toys" in out
    assert "by Wilks" in out
    assert looks_drawn(tmp_path / "fc.png")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--free", "sin2_theta_w", "--count", "0"], "expected at least one toy, found 0"),
        (["--seed", "-3"], "expected a seed of 0 or more, found -3"),
        (["--test", "sin2_theta_w"], "--test: expected NAME=VALUE"),
        (["--test", "sin2_theta_w=x"], "sin2_theta_w: expected a number, found 'x'"),
        (["--test", "sin2_theta_w=-1"], "sin2_theta_w: expected a value to test within 0 to 1, found -1"),
        (["--feldman-cousins", "sin2_theta_w=0.3:0.1:5"], "a range from a lower to a higher number"),
        (["--feldman-cousins", "sin2_theta_w=0:0.1:5:log"], "above 0 for logarithmic spacing"),
        (["--feldman-cousins", "sin2_theta_w=0.1:3:5"], "a range within 0 to 1"),
        (["--feldman-cousins", "sin2_theta_w=0.1:0.3:5", "--cl", "99.9"], "fewer than 5 would lie beyond"),
        (["--feldman-cousins", "sin2_theta_w=0.1:0.3:5", "--test", "sin2_theta_w=0.2"], "either --test or"),
        (["--free", "sin2_theta_w", "--out", "toys.txt"], "expected a name that ends in .nc"),
        (["--free", "sin2_theta_w", "--out", "no/toys.nc"], "there is no folder 'no'"),
    ],
)
def test_bad_input_is_one_line(run, tmp_path, options, message):
    code, out, err = run("toys", CSI, *options)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())
