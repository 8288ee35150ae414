"""`cevnsjax import`: what it writes, that other commands take it, what it refuses."""

import json

import boost_histogram
import pytest
import uhi.io.json

COUNTING = {
    "channels": [
        {
            "name": "SR",
            "samples": [
                {
                    "name": "signal",
                    "data": [10.0],
                    "modifiers": [{"name": "mu", "type": "normfactor", "data": None}],
                },
                {
                    "name": "background",
                    "data": [50.0],
                    "modifiers": [{"name": "xs", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}}],
                },
            ],
        }
    ],
    "observations": [{"name": "SR", "data": [64]}],
    "measurements": [{"name": "fit", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}


@pytest.fixture
def counting(tmp_path):
    (tmp_path / "counting.json").write_text(json.dumps(COUNTING))
    return tmp_path / "counting.json"


def test_a_workspace(run, counting, tmp_path):
    """A single bin: μ = (64 - 50)/10 where the background stays at its centre."""
    code, printed, _ = run("import", "counting.json", "--out", "made", "--json")
    assert code == 0
    assert json.loads(printed) == {"folder": "made", "files": ["SR.csv", "experiment.toml"]}
    code, printed, _ = run("check", "made", "--json")
    assert (code, json.loads(printed)["problems"]) == (0, [])
    assert json.loads(printed)["events"] == {"signal": 10.0, "background": 50.0}
    assert json.loads(printed)["warnings"] == []
    code, printed, _ = run("fit", "./made", "--free", "mu", "--json")
    assert code == 0
    fit = json.loads(printed)
    assert fit["parameters"]["mu"]["value"] == pytest.approx(1.4, abs=1e-6)
    assert fit["events"]["made"]["signal"]["value"] == pytest.approx(14.0, abs=1e-5)
    code, printed, _ = run("predict", "./made", "--set", "mu=2", "--json")
    assert (code, json.loads(printed)["total"]) == (0, {"signal": 20.0, "background": 50.0})
    code, printed, _ = run("profile", "./made", "--free", "mu", "--points", "5")
    assert code == 0
    code, printed, error = run("import", "counting.json", "--out", "made")
    assert (code, printed) == (2, "")
    assert "'made': it exists already" in error
    code, printed, _ = run("import", "counting.json", "--out", "made", "--overwrite")
    assert code == 0
    assert "next: cevnsjax check made" in printed
    (tmp_path / "made" / "mine.txt").write_text("kept")
    code, _, error = run("import", "counting.json", "--out", "made", "--overwrite")
    assert code == 2
    assert "no folder that was imported" in error


def test_histograms(run, tmp_path):
    axis = boost_histogram.axis.Regular(2, 0.0, 10.0, metadata="energy [keV]")
    made = {"observed": [12, 18], "flat": [10, 10]}
    histograms = {name: boost_histogram.Histogram(axis) for name in made}
    for name, values in made.items():
        histograms[name][...] = values
    content = {"observed": histograms["observed"], "components": {"flat": histograms["flat"]}}
    (tmp_path / "all.json").write_text(json.dumps(content, default=uhi.io.json.default))
    code, printed, _ = run("import", "all.json", "--out", "made")
    assert code == 0
    assert "made: experiment.toml, histograms.csv" in printed
    code, printed, _ = run("check", "made", "--json")
    assert json.loads(printed)["axes"] == {"energy [keV]": {"bins": 2, "from": 0.0, "to": 10.0}}
    assert json.loads(printed)["problems"] == []


@pytest.mark.parametrize(
    ("content", "options", "words"),
    [
        ("{", (), "bad.json: expected JSON, found"),
        ("[]", (), "bad.json: expected a table, found []"),
        ('{"channels": NaN}', (), "bad.json: expected finite numbers, found NaN"),
        ('{"version": "1.0.0", "version": "1.0.0"}', (), "found 'version' twice in a table"),
        ("{}", (), "bad.json: expected the entry 'channels'"),
        ('{"observed": {}, "components": {}}', (), "bad.json: observed: expected the entry 'uhi_schema'"),
        (json.dumps(COUNTING), ("--measurement", "fot"), "found 'fot' (did you mean 'fit'?)"),
        (json.dumps(COUNTING), ("--interpolation", "code4"), "interpolation: expected smooth or piecewise"),
        (json.dumps({**COUNTING, "extra": 1}), (), "found 'extra'"),
    ],
)
def test_bad_input(run, tmp_path, content, options, words):
    (tmp_path / "bad.json").write_text(content)
    code, printed, error = run("import", "bad.json", "--out", "made", *options)
    assert (code, printed) == (2, "")
    assert len(error.splitlines()) == 1
    assert words in error
    assert [path.name for path in tmp_path.iterdir()] == ["bad.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.json", "--out", "made"), "none.json: expected a readable file"),
        (("counting.json", "--out", "no/made"), "there is no folder 'no'"),
        (("counting.json", "--out", "a b"), "NAME: expected letters"),
        (("counting.json", "--out", "counting.json"), "no folder that was imported"),
    ],
)
def test_bad_places(run, counting, tmp_path, arguments, words):
    code, printed, error = run("import", *arguments)
    assert (code, printed) == (2, "")
    assert words in error
    assert [path.name for path in tmp_path.iterdir()] == ["counting.json"]
