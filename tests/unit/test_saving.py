"""What is saved and loaded is equal; what is not of this program, or is of another likelihood, is refused in one line."""

import copy
import dataclasses
import hashlib
import json
import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import xarray
from experiment_texts import XENON

import cevnsjax as cj
from cevnsjax.interactions.nsi import NonStandardInteractions


def without_times(content):
    return {key: value for key, value in content.items() if key != "seconds"}


@pytest.fixture(scope="module")
def both():
    return cj.Likelihood(["csre-cs", "apv-cs"])


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood("csre-cs")


@pytest.fixture(scope="module")
def fit(both):
    found = both.fit(["sin2_theta_w", "r_n_cs"], constrain={"q_w_sm_cs": (-73.23, 0.1)})
    found.interval("r_n_cs", 0.5)
    return found


@pytest.fixture(scope="module")
def results(both, radius, fit):
    """A result of every kind, with the ending of its file."""
    angle = cj.Likelihood("apv-cs")
    return {
        "fit": (fit, "json"),
        "with nothing free": (radius.fit(), "json"),
        "unseen": (angle.fit(["sin2_theta_w", "r_n_cs"], values={"r_n_cs": 5.0}), "json"),
        "forecast": (radius.forecast(free=["r_n_cs"], values={"r_n_cs": 4.9}), "json"),
        "prediction": (radius.predict({"r_n_cs": 5.0})[0], "json"),
        "prediction of a fit": (fit.prediction(1), "json"),
        "cross sections": (cj.flux_averaged_cross_sections(["coherent-ge-mini-2024"]), "json"),
        "profile": (fit.profile(["r_n_cs"], points=5), "nc"),
        "plane": (both.profile(["r_n_cs", "sin2_theta_w"], points=3), "nc"),
        "scan": (both.scan({"r_n_cs": "4:6:4", "sin2_theta_w": "0.2:0.3:3:log"}, require=["r_n_cs<=6"]), "nc"),
        "toys": (radius.toys(60, test={"r_n_cs": 4.9}), "nc"),
        "goodness of fit": (angle.toys(30), "nc"),
        "construction": (radius.feldman_cousins({"r_n_cs": "4.5:5.5:3"}, [0.6827], count=60, refine=1), "nc"),
        "belts": (both.feldman_cousins({"r_n_cs": [4.5, 5.1, 5.5], "sin2_theta_w": "0.2:0.3:2"}, [0.7], 30), "nc"),
        "posterior": (radius.sample(["r_n_cs"], method="hmc", draws=12800), "nc"),
    }


KINDS = ["fit", "with nothing free", "unseen", "forecast", "prediction", "prediction of a fit", "cross sections", "profile", "plane", "scan", "toys", "goodness of fit", "construction", "belts", "posterior"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_loaded_is_equal(results, tmp_path, kind):
    result, ending = results[kind]
    path = tmp_path / f"result.{ending}"
    result.as_dict()  # what it finds on the way is kept
    result.save(path)
    again = cj.load(path)
    assert type(again) is type(result)
    assert without_times(again.as_dict()) == without_times(result.as_dict())
    assert again.blocks()
    if hasattr(result, "dataset"):
        here, there = (one.dataset() if callable(one.dataset) else one.dataset for one in (result, again))
        xarray.testing.assert_identical(here, there)
    before = path.read_bytes()
    with pytest.raises(cj.InputError, match="it exists already"):
        result.save(path)
    assert path.read_bytes() == before
    again.save(path, overwrite=True)
    if ending == "json":
        assert path.read_bytes() == before
        assert before.isascii()
    assert without_times(cj.load(path).as_dict()) == without_times(result.as_dict())
    assert without_times(type(result).load(path).as_dict()) == without_times(result.as_dict())
    other = f"result.{'nc' if ending == 'json' else 'json'}"
    with pytest.raises(cj.InputError, match="expected a name that ends in"):
        result.save(tmp_path / other)
    assert os.listdir(tmp_path) == [path.name]


def test_a_fit_keeps_what_it_found_and_finds_more(fit, tmp_path):
    fit.save(tmp_path / "fit.json")
    again = cj.FitResult.load(tmp_path / "fit.json")
    assert again.known_intervals == fit.known_intervals
    assert again.interval("r_n_cs", 0.5) == fit.interval("r_n_cs", 0.5)
    assert again.interval("sin2_theta_w", 0.8) == fit.interval("sin2_theta_w", 0.8)
    assert again.values == fit.values
    np.testing.assert_array_equal(again.covariance, fit.covariance)
    np.testing.assert_array_equal(again.profile(["r_n_cs"], points=3).chi2, fit.profile(["r_n_cs"], points=3).chi2)
    assert again.seconds["run"] > 0.0


def test_the_lower_minimum_that_a_profile_came_upon_is_kept(radius, tmp_path):
    fit = radius.fit(["r_n_cs"])
    moved = dataclasses.replace(fit.minimum, value=fit.chi2 + 1.0, u=fit.minimum.u + 0.2)
    other = dataclasses.replace(fit, minimum=moved)
    other.profile(["r_n_cs"], points=9)
    assert other.lower is not None
    other.save(tmp_path / "fit.json")
    again = cj.FitResult.load(tmp_path / "fit.json")
    assert again.message == other.message
    assert again.chi2 == other.chi2
    assert again.lower is not None
    assert again.lower.values == other.lower.values
    assert not again.converged


def test_a_fit_that_failed_is_kept(radius, tmp_path):
    fit = radius.fit(["r_n_cs"])
    n = len(fit.minimum.u)
    curvature = dataclasses.replace(fit.minimum.curvature, covariance=np.full((n, n), np.nan), unseen=np.zeros((0, n)))
    found = dataclasses.replace(
        fit.minimum, value=np.inf, converged=False, message="did not converge", curvature=curvature
    )
    other = dataclasses.replace(fit, minimum=found)
    other.save(tmp_path / "fit.json")
    again = cj.load(tmp_path / "fit.json")
    assert again.chi2 == np.inf
    assert np.isnan(again.covariance).all()
    assert without_times(again.as_dict()) == without_times(other.as_dict())


def test_a_scan_in_a_store_is_opened(radius, tmp_path):
    scan = radius.scan({"r_n_cs": "4:6:4"}, tmp_path / "s.zarr")
    xarray.testing.assert_equal(cj.load(tmp_path / "s.zarr").dataset, scan.dataset)
    scan.save(tmp_path / "s.nc")  # and is one file, too
    np.testing.assert_array_equal(cj.load(tmp_path / "s.nc").chi2, scan.chi2)
    with pytest.raises(cj.InputError, match=r"cevnsjax\.open_scan opens the store"):
        cj.GridResult.load(tmp_path / "s.zarr")


def test_in_a_fresh_process(results, tmp_path):
    text = "import sys, json, cevnsjax as cj; found = [cj.load(p).as_dict() for p in sys.argv[1:]]; print(json.dumps(found))"
    paths, expected = [], []
    for kind in ("fit", "prediction of a fit", "profile", "toys", "construction"):
        result, ending = results[kind]
        paths.append(str(tmp_path / f"{kind}.{ending}"))
        result.save(paths[-1])
        expected.append(without_times(result.as_dict()))
    done = subprocess.run([sys.executable, "-c", text, *paths], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = [without_times(one) for one in json.loads(done.stdout)]
    assert found == json.loads(json.dumps(expected))


@pytest.mark.parametrize("way", [lambda one: pickle.loads(pickle.dumps(one)), copy.copy, copy.deepcopy])
def test_what_is_loaded_is_copied(results, tmp_path, way):
    for kind in ("fit", "profile", "toys"):
        result, ending = results[kind]
        result.save(tmp_path / f"result.{ending}", overwrite=True)
        again = way(cj.load(tmp_path / f"result.{ending}"))
        assert without_times(again.as_dict()) == without_times(result.as_dict())
    assert cj.InputError is pickle.loads(pickle.dumps(cj.InputError))


# Whose likelihood it is


def test_a_measurement_of_ones_own_is_handed_over(radius, tmp_path):
    (shipped,) = radius.measurements
    own = cj.Likelihood(dataclasses.replace(shipped, name="my-radius"))
    path = tmp_path / "fit.json"
    own.fit(["r_n_cs"]).save(path)
    with pytest.raises(cj.InputError, match=r"as load\(path, likelihood=…\): my-radius is not known by name"):
        cj.load(path)
    assert cj.load(path, likelihood=own).likelihood is own
    assert cj.FitResult.load(path, own).likelihood is own
    with pytest.raises(cj.InputError, match=r"my-radius, csre-cs differ"):
        cj.load(path, likelihood=radius)
    text: Any = "csre-cs"
    with pytest.raises(cj.InputError, match="likelihood: expected a likelihood, found the text 'csre-cs'"):
        cj.load(path, likelihood=text)
    prediction = own.predict()[0]
    prediction.save(tmp_path / "prediction.json")
    with pytest.raises(cj.InputError, match="my-radius is not known by name"):
        cj.Prediction.load(tmp_path / "prediction.json")
    assert cj.load(tmp_path / "prediction.json", own).as_dict() == prediction.as_dict()
    with pytest.raises(cj.InputError, match="my-radius is not in it"):
        cj.load(tmp_path / "prediction.json", radius)


def test_other_data_under_the_same_name_are_told(radius, tmp_path):
    (shipped,) = radius.measurements
    moved = cj.Likelihood(dataclasses.replace(shipped, term=shipped.term.expecting([np.array([4.7])])))
    path = tmp_path / "fit.json"
    fit = moved.fit(["r_n_cs"])
    fit.save(path)
    with pytest.raises(cj.InputError, match=r"likelihood=…\): csre-cs differs"):
        cj.load(path)
    assert cj.load(path, moved).values == fit.values


def test_a_model_of_ones_own_is_handed_over(tmp_path):
    class Mine(NonStandardInteractions):
        @property
        def name(self):
            return "mine"

    own = cj.Likelihood("conus-plus-2025", Mine())
    path = tmp_path / "prediction.json"
    made = own.predict({"eps_ee_u": 0.1})[0]
    made.save(path)
    with pytest.raises(cj.InputError, match="the model mine is not known by name"):
        cj.load(path)
    again = cj.load(path, own)
    assert again.params == made.params
    for name, counts in made.counts.items():
        np.testing.assert_array_equal(again.counts[name], counts)
    with pytest.raises(cj.InputError, match="interaction differs"):
        cj.load(path, cj.Likelihood("conus-plus-2025", cj.nsi()))


def test_models_couplings_and_form_factors_are_made_again(tmp_path):
    measurement = cj.measurements.load("texono-2025", "klein-nystrand")
    models = [cj.model("light-vector:B-L@2", "2020"), cj.model("standard-model:axial", "2020")]
    likelihood = cj.Likelihood([measurement, "conus-plus-2025"], models, "2020", electrons=True)
    found = likelihood.predict({"g_zp_2": 1e-4, "m_zp_2": 10.0})
    for number, one in enumerate(found):
        one.save(tmp_path / f"{number}.json")
        again = cj.load(tmp_path / f"{number}.json")  # whose parts are compared with digests
        assert again.params == one.params
        assert again.interaction.names == ["standard-model:axial", "light-vector:B-L@2"]
        assert again.measurement.counted().target.form_factor == one.measurement.counted().target.form_factor


def test_a_described_experiment_is_read_from_its_file(tmp_path):
    (tmp_path / "mine.toml").write_text(XENON)
    fit = cj.Likelihood(str(tmp_path / "mine.toml")).fit()
    fit.save(tmp_path / "fit.json")
    assert without_times(cj.load(tmp_path / "fit.json").as_dict()) == without_times(fit.as_dict())
    (tmp_path / "mine.toml").write_text(XENON.replace("{ value = 1", "{ value = 2", 1))
    with pytest.raises(cj.InputError, match=r"expected the likelihood that it was made with"):
        cj.load(tmp_path / "fit.json")
    (tmp_path / "mine.toml").unlink()
    with pytest.raises(cj.InputError, match=r"mine\.toml: expected a readable file"):
        cj.load(tmp_path / "fit.json")


def test_of_another_kind(results, tmp_path):
    results["fit"][0].save(tmp_path / "fit.json")
    results["toys"][0].save(tmp_path / "toys.nc")
    with pytest.raises(cj.InputError, match=r"holds toys, not a fit: cevnsjax\.load takes either"):
        cj.FitResult.load(tmp_path / "toys.nc")
    for kind in (cj.ToyStudy, cj.FeldmanCousinsResult, cj.GridResult, cj.Prediction, cj.CrossSections, cj.Posterior):
        with pytest.raises(cj.InputError, match=r"fit\.json"):
            kind.load(tmp_path / "fit.json")


# Files that are no such files


def altered(content, change):
    """Return the file with a change, and the digest that goes with it."""
    whole = json.loads(content)
    change(whole["cevnsjax"])
    whole["sha256"] = hashlib.sha256(json.dumps(whole["cevnsjax"], sort_keys=True).encode()).hexdigest()
    return json.dumps(whole).encode()


def put(value, *keys):
    def change(content):
        for key in keys[:-1]:
            content = content[key]
        content[keys[-1]] = value

    return change


MINIMUM = ("fit", "minima", 0)
CHANGES = {
    "another version": (put("0.0.9", "version"), "was made by cevnsjax 0.0.9, this is"),
    "a kind that is none": (put("recipe", "kind"), "holds nothing that this version"),
    "a kind that is a list": (put(["fit"], "kind"), "holds nothing that this version"),
    "settings in a list": (put([], "settings"), "its settings have no measurements"),
    "names in a dictionary": (put({"a": 1}, "settings", "measurements"), "its settings have no measurements"),
    "a truth that is none": (put({"values": 3}, "origin", "truth"), "its origin have no truth"),
    "measurements without end": (put(["apv-cs"] * 10**5, "settings", "measurements"), "its settings have no measur"),
    "models without end": (put([f"nsi{k}" for k in range(10**4)], "settings", "interactions"), "have no interactions"),
    "a name without end": (put(["x" * 10**6], "settings", "measurements"), "its settings have no measurements"),
    "a long name": (put(["x" * 4000], "settings", "measurements"), "is not known by name"),
    "no digest of the parts": (put({}, "origin", "digests"), "differ$"),
    "a fit in a list": (put([], "fit"), "its fit has no fit"),
    "no minimum": (put([], "fit", "minima"), "its fit has no minima"),
    "a million minima": (put([{}] * 10**5, "fit", "minima"), "its fit has no minima"),
    "a minimum in a list": (put([1], "fit", "minima"), "its fit has no minimum"),
    "a minimiser that is a number": (put(1, "fit", "minimiser"), "its fit has no minima"),
    "fewer coordinates": (put([0.2], *MINIMUM, "u"), "its fit has no u"),
    "a coordinate that is not a number": (put(["nan", 5.0, 1.0], *MINIMUM, "u"), "its fit has no u"),
    "a coordinate in letters": (put(["x", 5.0, 1.0], *MINIMUM, "u"), "its fit has no u"),
    "coordinates that are flags": (put([True] * 3, *MINIMUM, "u"), "its fit has no u"),
    "a number of hundreds of digits": (put([10**400] * 3, *MINIMUM, "u"), "its fit has no u"),
    "a covariance of one row": (put([[1.0]], *MINIMUM, "covariance"), "its fit has no covariance"),
    "marks that are numbers": (put([0, 0, 0], *MINIMUM, "flat"), "its fit has no flat"),
    "converged in letters": (put("yes", *MINIMUM, "converged"), "its fit has no converged"),
    "a message of numbers": (put(3, *MINIMUM, "message"), "its fit has no message"),
    "an accuracy below 0": (put({"error": -1.0}, *MINIMUM, "accuracy"), "its fit has no accuracy"),
    "an interval of nothing": (put([{"name": "x"}], *MINIMUM, "intervals"), "its fit has no intervals"),
    "intervals that are no list": (put({}, *MINIMUM, "intervals"), "its fit has no intervals"),
    "another parameter": (put(["no_such"], "origin", "free"), "its request is not valid: unknown parameter"),
    "other settings": (put({}, "settings", "constraints"), "constraints"),
    "a state that is a list": (put([], "state"), "its state have no chi2_min"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_content_that_is_not_what_is_written(fit, tmp_path, change):
    fit.save(tmp_path / "fit.json")
    (tmp_path / "fit.json").write_bytes(altered((tmp_path / "fit.json").read_bytes(), CHANGES[change][0]))
    with pytest.raises(cj.InputError, match=CHANGES[change][1]) as refused:
        cj.load(tmp_path / "fit.json")
    assert "\n" not in str(refused.value)
    assert "fit.json" in str(refused.value)
    assert len(str(refused.value)) < 700 + len(str(tmp_path))


HOSTILE = {
    "empty": (b"", "holds no result of this program"),
    "an empty object": (b"{}", "holds no result of this program"),
    "a list": (b"[1, 2]", "holds no result of this program"),
    "other JSON": (b'{"name": "x", "version": 3}', "holds no result of this program"),
    "a record that is a list": (b'{"cevnsjax": [], "sha256": ""}', "holds no result of this program"),
    "an empty record": (b'{"cevnsjax": {}, "sha256": ""}', "it was altered"),
    "a key twice": (b'{"cevnsjax": {}, "cevnsjax": {}}', "holds no result of this program"),
    "NaN": (b'{"cevnsjax": {"kind": NaN}}', "holds no result of this program"),
    "an infinite number": (b'{"cevnsjax": {"kind": 1e999}}', "holds no result of this program"),
    "a number of thousands of digits": (b'{"cevnsjax": {"kind": ' + b"9" * 5000 + b"}}", "holds no result"),
    "nested deeply": (b'{"cevnsjax": ' + b"[" * 200_000, "holds no result of this program"),
    "nested deeply, in objects": (b'{"a":' * 100_000, "holds no result of this program"),
    "no text": (bytes(range(256)), "holds no result of this program"),
    "a pickle": (pickle.dumps(os.getcwd), "holds no result of this program"),
    "a hundred thousand keys": (json.dumps(dict.fromkeys(map(str, range(100_000)), 1)).encode(), "holds no result"),
    "a million keys": (json.dumps(dict.fromkeys(map(str, range(10**6)), 1)).encode(), "expected a file of at most"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_files_that_are_none(tmp_path, what):
    content, words = HOSTILE[what]
    (tmp_path / "fit.json").write_bytes(content)
    with pytest.raises(cj.InputError, match=words) as refused:
        cj.load(tmp_path / "fit.json")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300 + len(str(tmp_path))


def test_damaged_files(fit, tmp_path):
    path = tmp_path / "fit.json"
    fit.save(path)
    whole = path.read_bytes()
    for cut in (1, 20, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:cut])
        with pytest.raises(cj.InputError, match=r"fit\.json.*(damaged|holds no result)"):
            cj.load(path)
    for place in range(30, len(whole) - 5, len(whole) // 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(cj.InputError, match=r"fit\.json.*(damaged|holds no result)"):
            cj.load(path)


def test_what_is_no_file(fit, tmp_path):
    fit.save(tmp_path / "fit.json")
    os.symlink("fit.json", tmp_path / "link.json")
    assert cj.load(tmp_path / "link.json").values == fit.values
    fit.save(tmp_path / "link.json", overwrite=True)  # a link is replaced, never followed
    assert not (tmp_path / "link.json").is_symlink()
    os.symlink("loop.json", tmp_path / "loop.json")
    os.symlink("/dev/zero", tmp_path / "zero.json")
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    with (tmp_path / "large.json").open("wb") as file:
        file.write(b"{")
        file.truncate(2**30)
    for name in ("loop", "zero", "pipe", "folder", "large", "none", "a\0b", 300 * "a"):
        with pytest.raises(cj.InputError) as refused:
            cj.load(tmp_path / f"{name}.json")
        assert "\n" not in str(refused.value)
    with pytest.raises(cj.InputError, match="it is a folder"):
        fit.save(tmp_path / "folder.json", overwrite=True)


def test_netcdf_files_that_are_damaged(results, tmp_path):
    import h5py

    path = tmp_path / "toys.nc"
    for kind, alter, words in (
        ("toys", lambda file: file.pop("value"), "expected the numbers 'value'"),
        ("toys", lambda file: record(file, put({}, "study")), "has no coordinates"),
        ("toys", lambda file: record(file, put(7, "study", "toys")), "has no value"),
        ("toys", lambda file: record(file, put([["x"]], "study", "held")), "has no held"),
        ("toys", lambda file: record(file, put([], "fit")), "has no fit"),
        ("construction", lambda file: record(file, put([10**9], "construction", "toys")), "has no t that"),
        ("construction", lambda file: file["axis_0"].write_direct(np.array([1.0, 2.0, 3.0])), "has no axes"),
        ("profile", lambda file: record(file, put(["chi2"], "dataset", "variables")), "has no variables"),
        ("profile", lambda file: record(file, put([], "dataset", "attributes")), "has no attributes"),
        ("scan", lambda file: record(file, put("x", "dataset", "attributes", "chi2_min")), "has no attributes"),
        ("scan", lambda file: file.attrs.__setitem__("cevnsjax", "{"), "holds no scan"),
    ):
        results[kind][0].save(path, overwrite=True)
        with h5py.File(path, "r+") as file:
            alter(file)
        with pytest.raises(cj.InputError, match=words) as refused:
            cj.load(path)
        assert "\n" not in str(refused.value)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(cj.InputError, match=r"toys\.nc"):
        cj.load(path)


def record(file, change):
    """Change the record of a netCDF file."""
    content = json.loads(file.attrs["cevnsjax"])
    change(content)
    file.attrs["cevnsjax"] = json.dumps(content)
