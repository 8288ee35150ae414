"""Likelihoods in the formats of pyhf, HS3 and HEPData, read by the programs these belong to."""

import dataclasses
import json
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
import pyhf
import pytest
import yaml
from hepdata_lib import Submission, Table, Uncertainty, Variable
from hepdata_validator.full_submission_validator import FullSubmissionValidator
from numpy.testing import assert_allclose, assert_array_equal
from pyhf.infer.test_statistics import tmu_tilde

import cevnsjax as cj
from cevnsjax._base import hepdata
from cevnsjax._base.hepdata import Column, DataTable, submission, write_submission
from cevnsjax._base.typing import Array, Float
from cevnsjax._base.yaml_text import as_yaml
from cevnsjax.exports.checking import TOLERANCE, check, largest_difference, random_points
from cevnsjax.exports.counting import counting
from cevnsjax.exports.hs3 import plain
from cevnsjax.exports.target import Target
from cevnsjax.measuring.terms.with_errors import NumbersWithErrors

CSI, ARGON = "coherent-csi-2021", "coherent-lar-2020:3d"
SKIPPED = "pyhs3 is not installed: pip install 'cevnsjax[dev]'"


def near(specification, count=20, seed=1):
    """Return values of what moves, about where it starts."""
    random = np.random.default_rng(seed)
    return [
        {name: specification.values[name] + 0.1 * random.standard_normal() for name in specification.coordinates}
        for _ in range(count)
    ]


def chi2_of(likelihood, points, **request):
    problem = likelihood.problem(**request)
    return np.array([float(problem(problem.coordinates(values))) for values in points])


def difference(made):
    """Return by how much an export differed from the engine."""
    assert made.check is not None
    return made.check.difference


def alphas(model, specification, values):
    """Return the parameters of pyhf: (x - c)/w of a strength with a constraint."""
    constraints = specification.constraints
    return [
        (values[name] - constraints[name].centre) / constraints[name].width if name in constraints else values[name]
        for name in model.config.par_order
    ]


def opened(path):
    """Return the model and the data of a workspace, which pyhf validates against its schema."""
    workspace = pyhf.Workspace(json.loads(path.read_text()))
    model = workspace.model()
    return model, workspace.data(model)


@pytest.mark.parametrize(
    ("names", "request_"),
    [
        ([CSI], {}),
        ([CSI], {"free": ["cevns_norm"]}),
        ([CSI, ARGON], {}),
        ([CSI], {"tie": {"brn_norm": "nin_norm"}, "constrain": {"ss_norm": (1.02, 0.03)}}),
        (["pandax4t-8b"], {}),
        (["lz-8b"], {"free": ["b8_flux_norm"]}),
        (["coherent-csi-2017:energy-time"], {"values": {"sin2_theta_w": 0.2, "ss_norm": 1.01}}),
    ],
    ids=str,
)
def test_pyhf_has_the_same_likelihood(names, request_, tmp_path):
    """-2 ln L of pyhf differs from χ² by a constant, the same to 1e-8 at all points."""
    likelihood = cj.Likelihood(names)
    made = likelihood.export(tmp_path / "made.json", "pyhf", **request_)
    model, data = opened(made.out)
    specification = likelihood.specify(**request_)
    points = near(specification)
    theirs = [-2.0 * model.logpdf(alphas(model, specification, values), data)[0] for values in points]
    ours = chi2_of(likelihood, points, **request_)
    assert np.ptp(ours) > 1.0
    assert_allclose(np.array(theirs) - theirs[0], ours - ours[0], atol=1e-8)


@pytest.mark.parametrize("strength", [0.6, 1.2])
def test_pyhf_has_the_same_test_statistic(strength, tmp_path):
    """t of pyhf's fits and of ours: twice the difference of ln L of a strength to that of the best fit."""
    likelihood = cj.Likelihood([CSI])
    made = likelihood.export(tmp_path / "made.json", "pyhf", free=["cevns_norm"])
    model, data = opened(made.out)
    pyhf.set_backend("numpy", pyhf.optimize.scipy_optimizer(tolerance=1e-12))
    bounds, start = model.config.suggested_bounds(), model.config.suggested_init()
    theirs = tmu_tilde(strength, data, model, start, bounds, model.config.suggested_fixed())
    ours = likelihood.fit(values={"cevns_norm": strength}).chi2 - likelihood.fit(["cevns_norm"]).chi2
    assert ours > 0.5
    assert theirs == pytest.approx(ours, abs=1e-6)  # the tolerance of SciPy's SLSQP


def test_pyhf_parameters(tmp_path):
    """The free parameter is the one of interest; bounds and start are those of α where there is a constraint."""
    made = cj.Likelihood([CSI]).export(tmp_path / "made.json", "pyhf", free=["cevns_norm"], values={"cevns_norm": 1.5})
    model, _ = opened(made.out)
    assert model.config.poi_name == "cevns_norm"
    start = dict(zip(model.config.par_order, model.config.suggested_init(), strict=True))
    assert start == {"cevns_norm": 1.5, "brn_norm": 0.0, "nin_norm": 0.0, "ss_norm": 0.0}
    bounds = dict(zip(model.config.par_order, model.config.suggested_bounds(), strict=True))
    assert list(bounds["cevns_norm"]) == [0.0, 10.0]
    assert list(bounds["brn_norm"]) == [-4.0, 36.0]  # 0 to 10 of 1 ± 0.25
    without, _ = opened(cj.Likelihood([CSI]).export(tmp_path / "other.json", "pyhf").out)
    assert without.config.poi_name is None


REFUSED = [
    (["apv-cs"], {}, "found apv-cs with GaussianNumbers"),
    ([CSI, "conus-2024"], {}, "found conus-2024 with UpperLimit"),
    ([CSI], {"free": ["sin2_theta_w"]}, "found sin2_theta_w, which moves shapes"),
    ([f"{CSI}:shape"], {}, "found efficiency_shape, quenching_shape_0, quenching_shape_1, which moves shapes"),
    ([CSI], {"correlate": {("cevns_norm", "brn_norm"): 0.3}}, "found one on cevns_norm, brn_norm"),
    ([CSI], {"constrain": {"brn_norm-nin_norm": (0.0, 0.1)}}, "found one on brn_norm, nin_norm"),
    ([CSI], {"require": ["brn_norm<=nin_norm"]}, "found brn_norm<=nin_norm"),
]


@pytest.mark.parametrize("form", ["pyhf", "hs3"])
@pytest.mark.parametrize(("names", "request_", "words"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_formats_of_counts_cannot_carry(form, names, request_, words, tmp_path):
    with pytest.raises(cj.InputError, match=f"^{form}: expected ") as caught:
        cj.Likelihood(names).export(tmp_path / "made.json", form, **request_)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "request_"),
    [
        (["lz-8b"], {}),
        ([CSI, ARGON], {"free": ["sns_flux_norm"]}),
        (
            [CSI, ARGON],
            {"free": ["cevns_norm@coherent-csi-2021", "sns_flux_norm"], "tie": {"nin_norm": "sns_flux_norm"}},
        ),
    ],
    ids=str,
)
def test_products_and_free_sums_are_carried_by_hs3_alone(names, request_, tmp_path):
    likelihood = cj.Likelihood(names)
    if "tie" not in request_:
        with pytest.raises(cj.InputError, match=r"^pyhf: .* --format hs3"):
            likelihood.export(tmp_path / "made.json", "pyhf", **request_)
    assert difference(likelihood.export(tmp_path / "made.json", "hs3", **request_)) < TOLERANCE


def test_a_power_of_a_strength(tmp_path):
    """pyhf takes a modifier once; HS3 carries the square."""
    likelihood = cj.Likelihood(["lz-8b"])
    tie = {"cevns_norm": "b8_flux_norm"}
    with pytest.raises(cj.InputError, match=r"^pyhf: expected"):
        likelihood.export(tmp_path / "made.json", "pyhf", tie=tie)
    assert difference(likelihood.export(tmp_path / "made.json", "hs3", tie=tie)) < TOLERANCE


@pytest.mark.parametrize(
    ("names", "request_"),
    [
        ([CSI], {"free": ["cevns_norm"]}),
        (["lz-8b"], {}),
        ([CSI, "pandax4t-8b"], {"constrain": {"ss_norm": (1.02, 0.03)}}),
    ],
    ids=str,
)
def test_pyhs3_has_the_same_likelihood(names, request_, tmp_path):
    pyhs3 = pytest.importorskip("pyhs3", reason=SKIPPED)
    pytensor = pytest.importorskip("pytensor", reason=SKIPPED)
    likelihood = cj.Likelihood(names)
    made = likelihood.export(tmp_path / "made.json", "hs3", **request_)
    workspace = pyhs3.Workspace.load(made.out)
    model = workspace.model(workspace.analyses["fit"])
    formula = -2.0 * model.log_prob
    inputs = list(pytensor.graph.traversal.explicit_graph_inputs([formula]))
    compiled = pytensor.function(inputs, formula, mode="FAST_COMPILE")
    points = near(likelihood.specify(**request_))
    theirs = []
    for values in points:
        known = {plain(name): value for name, value in values.items()}
        theirs.append(float(np.ravel(compiled(*(np.full((1,) * i.ndim, known[i.name]) for i in inputs)))[0]))
    ours = chi2_of(likelihood, points, **request_)
    assert np.ptp(ours) > 1.0
    assert_allclose(np.array(theirs) - theirs[0], ours - ours[0], atol=1e-8)


def test_hs3_names_its_parameters(tmp_path):
    """Strengths keep their values; names with signs get underscores; what it is of is beside it."""
    made = cj.Likelihood([CSI, ARGON]).export(tmp_path / "made.json", "hs3")
    content = json.loads(made.out.read_text())
    names = [axis["name"] for axis in content["domains"][0]["axes"]]
    assert "cevns_norm_coherent_csi_2021" in names
    assert all(name.isidentifier() for name in names)
    pulls = {d["mean"]: (d["x"], d["sigma"]) for d in content["distributions"] if d["type"] == "gaussian_dist"}
    assert pulls["sns_flux_norm"] == (1.0, 0.1)
    assert content["misc"]["cevnsjax"]["measurements"] == [CSI, ARGON]
    assert content["metadata"]["packages"] == [{"name": "cevnsjax", "version": cj.__version__}]


# The comparison with the engine


def test_random_points_lie_within_the_bounds():
    likelihood = cj.Likelihood([CSI], cj.nsi())
    target = Target(likelihood, likelihood.specify(["eps_ee_u"]))
    points = random_points(target, 200)
    assert np.all((points >= target.problem.lower) & (points <= target.problem.upper))
    assert len(np.unique(points[:, 0])) == 200
    distance = np.abs(points - target.start).max(axis=1)
    assert distance.min() < 1e-4  # at the data, and everywhere
    assert np.ptp(points[::2, 0]) > 19.0  # of -10 to 10


def test_differences():
    ours = np.array([[1.0, 100.0], [2.0, 50.0]])
    assert largest_difference(ours, ours) == 0.0
    assert largest_difference(ours, ours + np.array([[0.0, 1e-3], [0.0, 0.0]])) == pytest.approx(1e-5)
    assert largest_difference(np.array([np.inf, 1.0]), np.array([np.inf, 1.0])) == 0.0
    assert largest_difference(np.array([np.nan, 1.0]), np.array([np.nan, 1.0])) == 0.0
    for other in (np.array([1.0, 1.0]), np.array([np.nan, 1.0])):
        assert largest_difference(np.array([np.inf, 1.0]), other) == np.inf
    assert largest_difference(np.array([1.0, 1.0]), np.array([np.nan, 1.0])) == np.inf
    assert largest_difference(np.zeros((2, 3)), np.zeros((2, 3))) == 0.0


@pytest.mark.parametrize(("index", "what"), [(0, "chi2"), (1, f"the counts of {CSI}")])
def test_a_difference_is_refused(likelihood, index, what):
    target = Target(likelihood, likelihood.specify(["sin2_theta_w"]))

    def slightly_off(rows):
        found = list(target.evaluate_rows(rows))
        found[index] = found[index] * (1.0 + 3e-12)
        return tuple(found)

    assert check("same", target, target.evaluate_rows).difference == 0.0
    with pytest.raises(cj.InputError, match=f"^other: expected {what} .* 3.0e-12"):
        check("other", target, slightly_off)


def test_counts_of_the_model_are_those_of_the_engine(likelihood):
    """Templates times strengths, at other values than the centres of the constraints."""
    specification = likelihood.specify(["cevns_norm"], {"cevns_norm": 1.3})
    target = Target(likelihood, specification)
    (channel,) = counting("pyhf", target).channels
    values = dict.fromkeys(("brn_norm", "nin_norm"), 0.7) | {"cevns_norm": 1.3, "ss_norm": 1.1}
    counts = sum(values[sample.lines[0].names[0]] * sample.counts for sample in channel.samples)
    assert_allclose(counts, likelihood.predict(values)[0].total.ravel(), rtol=1e-13)


# HEPData


def validated(folder):
    """Return the documents of a submission that HEPData's validator takes."""
    validator = FullSubmissionValidator(autoload_remote_schemas=False)
    assert validator.validate(directory=str(folder)), validator.get_messages()
    header, *entries = yaml.safe_load_all((folder / "submission.yaml").read_text())
    return header, {entry["name"]: yaml.safe_load((folder / entry["data_file"]).read_text()) for entry in entries}


def column(table, name):
    found = [variable for variable in table["dependent_variables"] if variable["header"]["name"] == name]
    return found[0]["values"]


def values_of(table, name):
    return np.array([cell["value"] for cell in column(table, name)])


def errors_of(table, name, label):
    """Return an uncertainty of each value, 0 where none is given; those with a sign as what is added above."""
    found = []
    for cell in column(table, name):
        mine = [error for error in cell.get("errors", ()) if error["label"] == label]
        found.append(mine[0].get("symerror", mine[0].get("asymerror", {}).get("plus")) if mine else 0.0)
    return np.array(found)


def test_tables_of_counts(tmp_path, csi):
    likelihood = cj.Likelihood([csi, "apv-cs"])
    made = likelihood.export(tmp_path / "made", "hepdata", values={"sin2_theta_w": 0.24})
    header, tables = validated(made.out)
    assert list(tables) == list(made.tables) == [f"Counts of {CSI}", "Counts of apv-cs", "Parameters"]
    assert "cevnsjax" in (made.out / "submission.yaml").read_text().splitlines()[0]
    assert made.about["data"] in header["comment"]
    table, (prediction, weak) = tables[f"Counts of {CSI}"], likelihood.predict({"sin2_theta_w": 0.24})
    energy, time = table["independent_variables"]
    assert (energy["header"], time["header"]) == ({"name": "energy", "units": "PE"}, {"name": "time", "units": "us"})
    edges = np.array([[cell["low"], cell["high"]] for cell in time["values"]])
    assert_array_equal(edges[:11, 0], csi.axes["time [us]"][:-1])
    assert_array_equal(edges[:11, 1], csi.axes["time [us]"][1:])
    assert_array_equal(values_of(table, "Observed"), csi.observed.ravel())
    assert_array_equal(errors_of(table, "Observed", "stat"), np.sqrt(csi.observed.ravel()))
    assert_allclose(values_of(table, "Expected"), prediction.total.ravel(), rtol=1e-13)
    for name, counts in prediction.counts.items():
        assert_allclose(values_of(table, f"Expected, {name}"), counts.ravel(), rtol=1e-13)
    # A strength of 1 ± 0.25 is an uncertainty of a quarter of its component.
    assert_allclose(errors_of(table, "Expected, brn", "brn_norm"), 0.25 * prediction.counts["brn"].ravel(), rtol=1e-12)
    assert_allclose(errors_of(table, "Expected", "brn_norm"), 0.25 * prediction.counts["brn"].ravel(), rtol=1e-12)
    numbers = tables["Counts of apv-cs"]
    assert values_of(numbers, "Observed") == weak.observed
    assert errors_of(numbers, "Observed", "stat") == weak.errors
    assert values_of(numbers, "Expected") == pytest.approx(weak.total, rel=1e-14)
    centres, widths = (column(tables["Parameters"], f"Constraint, {what}") for what in ("centre", "width"))
    assert [cell["value"] for cell in centres] == [1.0] * 4
    assert widths[1]["value"] == 0.25


def test_uncertainties_keep_their_sign(tmp_path):
    """What falls as a parameter rises has an uncertainty with its sign: numbers by finite differences."""
    likelihood = cj.Likelihood([f"{CSI}:shape"])
    made = likelihood.export(tmp_path / "made", "hepdata")
    _, tables = validated(made.out)
    found = errors_of(tables[f"Counts of {CSI}:shape"], "Expected, cevns", "quenching_shape_0")
    up, down = (likelihood.predict({"quenching_shape_0": x})[0].counts["cevns"].ravel() for x in (1e-3, -1e-3))
    expected = (up - down) / 2e-3
    assert (expected < 0).any()
    assert (expected > 0).any()
    assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_tables_of_a_fit(tmp_path, likelihood, angle_fit):
    """With a free parameter the numbers are those of the best fit, with its covariance."""
    made = likelihood.export(tmp_path / "made", "hepdata", free=["sin2_theta_w"])
    _, tables = validated(made.out)
    parameters = tables["Parameters"]
    names = [cell["value"] for cell in parameters["independent_variables"][0]["values"]]
    assert names[0] == "sin2_theta_w"
    assert values_of(parameters, "Value")[0] == pytest.approx(angle_fit.values["sin2_theta_w"], rel=1e-9)
    interval = angle_fit.interval("sin2_theta_w").around(angle_fit.values["sin2_theta_w"])
    ends = [column(parameters, f"68.27 %, {end} end")[0]["value"] for end in ("lower", "upper")]
    assert ends == pytest.approx(interval, rel=1e-6)
    assert column(parameters, "68.27 %, lower end")[1]["value"] == "-"
    counts = tables[f"Counts of {CSI}"]
    events, error = angle_fit.events()["brn"]
    assert values_of(counts, "Expected, brn").sum() == pytest.approx(events, rel=1e-9)
    # The background has a single parameter: its bins move together, and their errors add up linearly.
    assert errors_of(counts, "Expected, brn", "fit").sum() == pytest.approx(error, rel=1e-6)


@pytest.mark.parametrize("end", [False, True])
def test_tables_of_a_scan(end, tmp_path):
    """Δχ² of every point and what was profiled, a dash where an order forbids it."""
    likelihood = cj.Likelihood([CSI])
    order = ["r_n_i<=r_n_cs"] if end else []
    scan = likelihood.scan({"r_n_cs": "4:6:3", "r_n_i": "4:6:3"}, require=order)
    written = scan.export(tmp_path / "made", "hepdata")
    _, tables = validated(tmp_path / "made")
    assert written["tables"] == list(tables) == ["Delta chi2 of r_n_cs, r_n_i", "Best fit"]
    table = tables["Delta chi2 of r_n_cs, r_n_i"]
    first, second = ([cell["value"] for cell in each["values"]] for each in table["independent_variables"])
    assert (first, second) == ([4.0] * 3 + [5.0] * 3 + [6.0] * 3, [4.0, 5.0, 6.0] * 3)
    delta = [cell["value"] for cell in column(table, "Delta chi2")]
    expected = scan.delta_chi2().ravel().tolist()
    assert delta == [value if np.isfinite(value) else "-" for value in expected]
    assert delta.count("-") == (3 if end else 0)
    best = tables["Best fit"]
    found = dict(zip(*([c["value"] for c in each[0]["values"]] for each in best.values()), strict=True))
    assert found["chi2"] == scan.chi2_min
    assert found["r_n_cs"] == scan.best["r_n_cs"]
    profiled = [cell["value"] for cell in column(table, "brn_norm")]
    assert profiled[0] == float(scan.dataset["brn_norm"][0, 0])


def test_csv_of_a_scan_and_of_a_profile(tmp_path, likelihood):
    scan = likelihood.scan({"r_n_cs": "4:6:3", "r_n_i": "4:6:2"})
    scan.export(tmp_path / "scan.csv", "csv")
    header, *lines = (tmp_path / "scan.csv").read_text().splitlines()
    names = header.split(",")
    assert names == ["r_n_cs", "r_n_i", "chi2", "delta_chi2", "converged", *likelihood.specify().nuisances]
    rows = np.array([[float(text) for text in line.split(",")] for line in lines])
    assert_array_equal(rows[:, 2], scan.chi2.ravel())
    assert_array_equal(rows[:, 3], scan.delta_chi2().ravel())
    assert_array_equal(rows[:, names.index("ss_norm")], np.asarray(scan.dataset["ss_norm"]).ravel())
    profile = likelihood.profile(["r_n_cs"], points=3)
    profile.export(tmp_path / "profile.csv", "csv")
    rows = np.loadtxt(tmp_path / "profile.csv", delimiter=",", skiprows=1)
    assert_array_equal(rows[:, 2], profile.delta_chi2())


def test_a_table_is_what_hepdata_lib_writes(tmp_path, monkeypatch):
    """The same numbers as a submission that hepdata-lib makes of the same table."""
    monkeypatch.chdir(tmp_path)  # where hepdata-lib leaves an archive
    low, high, counts, error = (
        np.arange(3.0),
        np.arange(3.0) + 1.0,
        np.array([1e-7, 2.5, 3e20]),
        np.array([1.0, 2.0, 0.5]),
    )
    ours = DataTable(
        "Counts",
        "Counts of a test",
        (Column("energy", low, "keV", high=high),),
        (Column("N", counts, errors={"stat": error}),),
    )
    write_submission(submission("A test.", [ours]), tmp_path / "ours")
    table = Table("Counts")
    table.description = "Counts of a test"
    axis = Variable("energy", is_independent=True, is_binned=True, units="keV")
    axis.values = list(zip(low.tolist(), high.tolist(), strict=True))
    numbers, spread = (
        Variable("N", is_independent=False, is_binned=False, units=""),
        Uncertainty("stat", is_symmetric=True),
    )
    numbers.digits = 17
    spread.values = error.tolist()
    numbers.values = counts.tolist()
    numbers.add_uncertainty(spread)
    table.add_variable(axis)
    table.add_variable(numbers)
    theirs = Submission()
    theirs.add_table(table)
    theirs.create_files(str(tmp_path / "theirs"))
    mine, other = (validated(tmp_path / name)[1]["Counts"] for name in ("ours", "theirs"))
    assert [v["header"]["name"] for v in other["dependent_variables"]] == ["N"]
    for side in ("independent_variables", "dependent_variables"):
        for one, two in zip(mine[side], other[side], strict=True):
            assert one["values"] == two["values"]


def test_a_table_larger_than_hepdata_takes(monkeypatch):
    monkeypatch.setattr(hepdata, "LARGEST", 2**16)
    table = DataTable("big", "", (Column("x", np.zeros(5000)),), (Column("y", np.zeros(5000)),))
    with pytest.raises(cj.InputError, match=r"^hepdata: expected a table of at most 0\.0625 MiB"):
        submission("", [table])


TEXTS = ["a: b", "- x", "# no comment", "yes", "1e5", "", 'it\'s "so"', "line\nline", "χ²", "null", "~", "{a}"]


@pytest.mark.parametrize(
    "content", [*TEXTS, 1e-5, 1e300, -2.5e-310, 0.1, 3, True, None, [], {}, {"a": {"b": []}}], ids=repr
)
def test_yaml_is_read_as_it_was(content):
    """By PyYAML, which knows YAML 1.1, on its own, in lists and in tables."""
    for whole in (content, [content, [content, 1]], {"a": content, "b": [{"c": content}, {"c": 2, "d": [content]}]}):
        assert yaml.safe_load(as_yaml(whole)) == whole
    assert type(yaml.safe_load(as_yaml(content))) is type(content)


def test_yaml_has_no_numbers_that_are_not_finite():
    with pytest.raises(ValueError, match="finite"):
        as_yaml({"x": float("nan")})


# What is there is kept


def test_nothing_is_replaced_unless_it_is_ours(tmp_path):
    """A file on request; a folder only if it is a submission of ours and nothing else is in it."""
    likelihood = cj.Likelihood(["apv-cs"])
    folder = tmp_path / "made"
    likelihood.export(folder, "hepdata")
    before = sorted(folder.iterdir())
    with pytest.raises(cj.InputError, match="exists already"):
        likelihood.export(folder, "hepdata")
    (folder / "submission.yaml").write_text((folder / "submission.yaml").read_text() + "# a note\n")
    likelihood.export(folder, "hepdata", overwrite=True)
    assert "a note" not in (folder / "submission.yaml").read_text()
    assert sorted(folder.iterdir()) == before
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(cj.InputError, match="it is a folder"):
        likelihood.export(folder, "hepdata", overwrite=True)
    other = tmp_path / "file"
    other.write_text("mine")
    with pytest.raises(cj.InputError, match="found a file"):
        likelihood.export(other, "hepdata", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "made"]
    assert (folder / "mine.txt").read_text() == other.read_text() == "mine"


def test_bad_arguments(tmp_path):
    likelihood = cj.Likelihood([CSI])
    wrong: Any = 3
    for path, form, words in (
        (tmp_path / "made.json", "pyfh", "format: expected pyhf, hepdata, onnx, hs3 .*did you mean 'pyhf'"),
        (tmp_path / "made.json", wrong, "format: expected a text, found 3"),
        (tmp_path / "made.txt", "pyhf", "ends in .json"),
        (tmp_path / "made.json", "onnx", "ends in .onnx"),
        (tmp_path / "none" / "made.json", "pyhf", "there is no folder"),
        (wrong, "pyhf", "path: expected the name of a file"),
    ):
        with pytest.raises(cj.InputError, match=words):
            likelihood.export(path, form)
    with pytest.raises(cj.InputError, match="unknown parameter 'cevns_nrm'"):
        likelihood.export(tmp_path / "made.json", "pyhf", free=["cevns_nrm"])
    scan = cj.Likelihood(["csre-cs"]).scan({"r_n_cs": "4:6:3"})
    with pytest.raises(cj.InputError, match="format: expected hepdata or csv of a grid, found 'pyhf'"):
        scan.export(tmp_path / "made.json", "pyhf")
    assert not list(tmp_path.iterdir())


# ONNX


class Turned(NumbersWithErrors):
    """Numbers whose pull is an angle, arctan2, which ONNX has in single precision alone."""

    observed: Float[Array, "..."]
    sigma: Float[Array, "..."]
    has_errors: ClassVar[bool] = True
    one_sided: ClassVar[bool] = False

    def pointwise(self, expected):
        return jnp.arctan2(jnp.asarray(expected - self.observed), self.sigma) ** 2

    def derivatives(self, expected):
        raise AssertionError("an export takes χ² alone, which is what is refused here")


ONNX = [
    ([CSI], None, {"free": ["sin2_theta_w", "r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}),
    ([CSI, "coherent-lar-2020", "apv-cs"], None, {"free": ["sin2_theta_w", "r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}),
    ([CSI], "nsi", {"free": ["eps_ee_u", "eps_mumu_d"], "require": ["eps_ee_u<=eps_mumu_d"]}),
]


@pytest.mark.parametrize(("names", "model", "request_"), ONNX, ids=["csi", "joint", "nsi"])
def test_onnxruntime_has_the_same_numbers(names, model, request_, tmp_path):
    """χ² and expected numbers at 1000 random points, to 1e-10 in double precision."""
    pytest.importorskip("jax2onnx", reason="jax2onnx is not installed: pip install 'cevnsjax[export]'")
    onnxruntime = pytest.importorskip("onnxruntime")
    likelihood = cj.Likelihood(names, None if model is None else cj.model(model))
    made = likelihood.export(tmp_path / "made.onnx", "onnx", **request_)
    session = onnxruntime.InferenceSession(made.out.read_bytes())
    target = Target(likelihood, likelihood.specify(**request_))
    rows = random_points(target, 1000, seed=5)
    outputs = [output.name for output in session.get_outputs()]
    assert outputs == ["chi2", *(f"expected {measurement.name}" for measurement in likelihood.measurements)]
    found = [np.stack(each) for each in zip(*(session.run(None, {"parameters": row}) for row in rows), strict=True)]
    for ours, theirs, shape in zip(
        target.evaluate_rows(rows), found, [(), *(m.shape for m in likelihood.measurements)], strict=True
    ):
        assert theirs.dtype == np.float64
        assert theirs.shape == (1000, *shape)
        assert largest_difference(ours, theirs) < 1e-10
    assert float(found[0][0]) == pytest.approx(float(target.problem(rows[0])), rel=1e-12)  # NumPy, on the host
    metadata = session.get_modelmeta().custom_metadata_map
    described = json.loads(metadata["parameters"])
    assert [parameter["name"] for parameter in described] == list(target.names)
    table = likelihood.parameters
    for parameter in described:
        assert parameter["unit"] == table[parameter["name"]].unit
        assert parameter["default"] == table[parameter["name"]].default
        assert parameter["bounds"] == list(target.specification.bounds[parameter["name"]])
    assert metadata["version"] == cj.__version__
    assert json.loads(metadata["measurements"]) == [measurement.name for measurement in likelihood.measurements]
    assert metadata["data"] == made.about["data"]


def test_what_onnx_cannot_carry_is_refused(tmp_path):
    """The error function is missing in double precision; arctan2 is there, but less exact than double precision."""
    pytest.importorskip("jax2onnx", reason="jax2onnx is not installed: pip install 'cevnsjax[export]'")
    conus = cj.measurements.conus_plus_2025()
    with pytest.raises(cj.InputError, match=r"^onnx: expected functions that onnxruntime has .* found Erf"):
        cj.Likelihood(conus).export(tmp_path / "made.onnx", "onnx", free=["resolution_norm"])
    turned = dataclasses.replace(conus, term=Turned(conus.observed, conus.errors))
    with pytest.raises(cj.InputError, match=r"^onnx: expected chi2 as the engine has .* nothing was written"):
        cj.Likelihood(turned).export(tmp_path / "made.onnx", "onnx")
    assert not list(tmp_path.iterdir())


def test_a_missing_library_is_one_line(tmp_path, monkeypatch):
    """Said before anything is computed."""
    monkeypatch.setitem(__import__("sys").modules, "jax2onnx", None)
    with pytest.raises(cj.InputError, match=r"^onnx: expected jax2onnx, .* pip install 'cevnsjax\[export\]'$"):
        cj.Likelihood([CSI]).export(tmp_path / "made.onnx", "onnx")
