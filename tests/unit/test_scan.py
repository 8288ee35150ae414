"""Scans: axes, blocks, values against profiles and iminuit, stores that refuse, survive and end."""

import errno
import json
import math
from typing import Any

import iminuit
import numpy as np
import pytest
import xarray

import cevnsjax as cj
from cevnsjax._base.writing import locked
from cevnsjax.inference.defaults import CHUNK
from cevnsjax.inference.grid import store as stores
from cevnsjax.inference.grid.axes import axis_of, parse_grid, spaced
from cevnsjax.inference.grid.blocks import Grid, block_shape, make_grid
from cevnsjax.inference.grid.refine import local_minima
from cevnsjax.results import scanning

GRID = {"g_zp": "1e-6:1e-2:50:log", "m_zp": "10:1e4:44:log"}
TIED = {"r_n_i": "r_n_cs"}
MINUIT: Any = iminuit.Minuit
"""Its types know functions of a number for each parameter, not of an array, which it calls if the start is one."""


@pytest.fixture(scope="module")
def zp(csi):
    return cj.Likelihood([csi], cj.light_vector("B-L"))


@pytest.fixture(scope="module")
def scanned(zp):
    return zp.scan(GRID)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "scan.zarr"


# Axes and blocks


def test_axes():
    axis = axis_of("g_zp", "1e-6:1e-2:5:log")
    np.testing.assert_allclose(axis.values, [1e-6, 1e-5, 1e-4, 1e-3, 1e-2])
    assert axis.log
    np.testing.assert_array_equal(axis_of("x", "-1:1:5").values, [-1.0, -0.5, 0.0, 0.5, 1.0])
    assert axis_of("g", np.geomspace(1e-6, 1e-2, 9)).log
    assert not axis_of("g", np.linspace(1.0, 2.0, 9)).log
    assert not axis_of("g", [0.5, 1.0]).log
    assert parse_grid(["a=0:1:3", "b=1:2:4:log"]) == {"a": "0:1:3", "b": "1:2:4:log"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("g=1:1:5", "from a lower to a higher number"),
        ("g=2:1:5", "from a lower to a higher number"),
        ("g=nan:1:5", "expected a finite number"),
        ("g=0:inf:5", "expected a finite number"),
        ("g=0:1:5:log", "above 0 for logarithmic"),
        ("g=-1:1:5:log", "above 0 for logarithmic"),
        ("g=0:1:1", "from 2 to"),
        ("g=0:1:0", "from 2 to"),
        ("g=0:1:-4", "from 2 to"),
        ("g=0:1:2.5", "whole number"),
        ("g=0:1", "LO:HI:N"),
        ("g=0:1:5:lin", "LO:HI:N"),
        ("g=a:1:5", "expected a number"),
        ("g=", "LO:HI:N"),
        ("0:1:5", "expected a grid like"),
    ],
)
def test_bad_axes_are_refused(text, message):
    with pytest.raises(cj.InputError, match=message):
        parse_grid([text])
    with pytest.raises(cj.InputError):
        parse_grid(["g=0:1:5", "g=0:1:5"])


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 1.0], [2.0, 1.0], [0.0, math.nan], [[1.0, 2.0], [3.0, 4.0]]])
def test_bad_values_are_refused(values):
    with pytest.raises(cj.InputError, match="at least two finite, increasing"):
        axis_of("g", values)


@pytest.mark.parametrize(
    ("shape", "most", "expected"),
    [
        ((100, 100), 16384, (100, 100)),
        ((1000, 1000), 65536, (65, 1000)),
        ((1000, 1000), 300, (1, 300)),
        ((7,), 3, (3,)),
        ((5, 4, 3), 12, (1, 4, 3)),
        ((5, 4, 3), 24, (2, 4, 3)),
        ((5, 4, 3), 1, (1, 1, 1)),
    ],
)
def test_blocks_cover_the_grid_once(shape, most, expected):
    assert block_shape(shape, most) == expected
    axes = tuple(spaced(f"x{k}", 0.0, 1.0, n, False) for k, n in enumerate(shape))
    grid = Grid(axes, expected)
    seen = np.zeros(shape, int)
    whole = np.stack(np.meshgrid(*(axis.values for axis in axes), indexing="ij"), axis=-1)
    for number in range(grid.blocks):
        seen[grid.slices(number)] += 1
        points = grid.points(number)
        assert len(points) <= most
        np.testing.assert_array_equal(points, whole[grid.slices(number)].reshape(-1, len(shape)))
    assert np.all(seen == 1)


def test_memory_bounds_the_blocks():
    axes = (spaced("x", 0.0, 1.0, 1000, False), spaced("y", 0.0, 1.0, 1000, False))
    assert math.prod(make_grid(axes, 6).block) <= CHUNK
    small = make_grid(axes, 6, memory=1e6)
    assert 100 < math.prod(small.block) * 8 * 6**2 < 1e6
    with pytest.raises(cj.InputError, match="at least one point"):
        make_grid(axes, 6, memory=10.0)
    with pytest.raises(cj.InputError, match="at least one point"):
        make_grid(axes, 6, chunk=0)
    with pytest.raises(cj.InputError, match="at least one parameter"):
        make_grid((), 6)


def test_local_minima():
    x = np.linspace(-3.0, 3.0, 61)
    chi2 = (x**2 - 4.0) ** 2 + 0.1 * x
    assert x[local_minima(chi2, 8)] == pytest.approx([-2.0, 2.0])
    assert list(local_minima(np.array([[np.inf, 3.0], [2.0, np.nan]]), 4)) == [2, 1]
    assert len(local_minima(np.zeros((5, 5)), 3)) == 3


# Values


@pytest.mark.parametrize("points", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_a_grid_is_the_minimum_over_the_nuisances(zp, scanned, points):
    # MINUIT at random points of the grid, on χ² of one point.
    free = ["g_zp", "m_zp"]
    problem = zp.problem(free=free)
    value_and_gradient = zp.evaluator(free=free).value_and_gradient
    chosen = np.random.default_rng(5).choice(scanned.chi2.size, points, replace=False)
    for i, j in zip(*np.unravel_index(chosen, scanned.chi2.shape), strict=True):
        head = [scanned.axes[0].values[i], scanned.axes[1].values[j]]

        def whole(nuisances, head=head):
            return np.concatenate([head, nuisances])

        minuit = MINUIT(
            lambda n, w=whole: float(value_and_gradient(w(n))[0]),
            np.ones(4),
            grad=lambda n, w=whole: np.asarray(value_and_gradient(w(n))[1])[2:],
            name=problem.names[2:],
        )
        minuit.errordef, minuit.strategy, minuit.tol = 1.0, 2, 1e-5
        minuit.limits = [(0.0, None)] * 4
        minuit.migrad()
        assert scanned.chi2[i, j] == pytest.approx(minuit.fval, abs=1e-6)
        # to 1e-6 in a χ² of curvature 2/σ² a value is known to 1e-3 σ
        for name in problem.names[2:]:
            assert scanned.dataset[name].values[i, j] == pytest.approx(minuit.values[name], abs=2e-3)


def test_a_scan_describes_itself(scanned):
    found = scanned.dataset
    assert list(found.data_vars) == ["chi2", "converged", "cevns_norm", "brn_norm", "nin_norm", "ss_norm"]
    assert found["chi2"].dims == ("g_zp", "m_zp")
    assert found["chi2"].shape == (50, 44)
    assert bool(found["converged"].all())
    assert found["m_zp"].attrs["units"] == "MeV"
    settings = found.attrs["settings"]
    assert found.attrs["version"] == cj.__version__
    assert settings["measurements"] == ["coherent-csi-2021"]
    assert settings["interactions"] == ["standard-model", "light-vector:B-L"]
    assert settings["nuisances"] == ["cevns_norm", "brn_norm", "nin_norm", "ss_norm"]
    assert len(settings["data"]["coherent_csi_2021/experiment.toml"]) == 64
    assert found.attrs["levels"]["2 parameters"]["90"] == pytest.approx(4.605, abs=1e-3)
    assert scanned.not_converged == 0
    assert scanned.message == "converged"


def test_the_best_fit_is_below_the_grid(zp, scanned):
    assert scanned.chi2_grid_min == scanned.chi2.min()
    assert scanned.chi2_min <= scanned.chi2_grid_min
    evaluator = zp.evaluator(free=["g_zp", "m_zp"])
    at_best = np.array([scanned.best[name] for name in evaluator.names])
    assert float(evaluator.chi2(at_best)) == pytest.approx(scanned.chi2_min, abs=1e-9)
    minuit = MINUIT(
        lambda u: float(evaluator.chi2(u)),
        at_best,
        grad=lambda u: np.asarray(evaluator.value_and_gradient(u)[1]),
        name=evaluator.names,
    )
    minuit.errordef = 1.0
    minuit.limits = list(zip(*zp.problem(free=["g_zp", "m_zp"]).box, strict=True))
    minuit.migrad()
    assert scanned.chi2_min == pytest.approx(minuit.fval, abs=1e-5)
    with pytest.raises(cj.InputError, match="expected a reference"):
        scanned.delta_chi2(reference="truth")
    low = scanned.delta_chi2(reference="grid")
    assert low.min() == 0.0
    assert np.all(scanned.delta_chi2() >= low)


@pytest.mark.slow
def test_a_point_of_the_exclusion_lies_at_its_level(zp):
    fine = zp.scan({"g_zp": "1e-5:1e-3:41:log", "m_zp": "10:1000:50:log"})
    (line,) = fine.contours(0.90, parameters=1, names=("m_zp", "g_zp"), reference="grid")
    assert not line.closed
    mass, coupling = line.points[np.argmin(np.abs(line.points[:, 0] - 100.0))]  # at a mass of the grid
    held = zp.fit(values={"g_zp": float(coupling), "m_zp": float(mass)})
    assert held.chi2 - fine.chi2_grid_min == pytest.approx(2.71, abs=0.05)


def test_further_parameters_are_profiled(both_fit, likelihood):
    ranges = {"sin2_theta_w": (0.1, 0.4)}
    profile = both_fit.profile(["sin2_theta_w"], ranges, 9)
    found = likelihood.scan({"sin2_theta_w": "0.1:0.4:9"}, free=["r_n_cs"], tie=TIED, chunk=5)
    np.testing.assert_allclose(found.chi2, profile.chi2, atol=1e-7, rtol=0)
    assert found.chi2_min == pytest.approx(both_fit.chi2, abs=1e-8)
    assert found.best["r_n_cs"] == pytest.approx(both_fit.values["r_n_cs"], abs=1e-4)
    assert found.dataset.attrs["settings"]["tied"] == TIED
    (piece,) = found.pieces(0.6827)
    low, high = both_fit.interval("sin2_theta_w", 0.6827).pieces[0]
    assert (piece.low, piece.high) == pytest.approx((low, high), abs=2e-3)


@pytest.mark.slow
def test_required_orders_forbid_half_of_a_grid(likelihood):
    # The points that are left are those of the fit with both radii fixed and the same prior of the signal.
    asked = {"require": ["r_n_i<=r_n_cs"]}
    found = likelihood.scan({"r_n_cs": "3:8:6", "r_n_i": "3:8:6"}, **asked)
    cs, i = np.meshgrid(found.axes[0].values, found.axes[1].values, indexing="ij")
    np.testing.assert_array_equal(np.isfinite(found.chi2), i <= cs)
    assert bool(found.dataset["converged"].all())
    free = likelihood.scan({"r_n_cs": "3:8:6", "r_n_i": "3:8:6"})
    np.testing.assert_allclose(found.chi2[i <= cs], free.chi2[i <= cs], rtol=0, atol=1e-8)
    assert np.isnan(found.dataset["ss_norm"].values[i > cs]).all()
    assert found.best["r_n_i"] <= found.best["r_n_cs"] + 1e-9


@pytest.mark.slow
def test_both_allowed_regions_of_every_flavour(csi):
    # Where all couplings of a flavour change sign nothing changes: two values of each, four regions.
    found = cj.Likelihood([csi], cj.nsi()).scan({"eps_ee_u": "-0.4:0.8:61", "eps_mumu_u": "-0.4:0.8:61"})
    lines = found.contours(0.90)
    assert [line.closed for line in lines] == [True] * 4
    centres = np.array([0.5 * (line.points.min(axis=0) + line.points.max(axis=0)) for line in lines])
    assert sorted((centres[:, 0] > 0.2).tolist()) == [False, False, True, True]
    # Q_W = g_V^p Z + g_V^n N with g_V^p(nu_e) 0.0382, g_V^n -0.5117 (arXiv:2303.09360) shifted by ε (2 Z + N), for
    # caesium (55, 78) and iodine (53, 74) alike within a per cent: the sign turns at -2 Q_W / (2 Z + N).
    turned = [2.0 * (0.5117 * n - 0.0382 * z) / (2.0 * z + n) for z, n in ((55, 78), (53, 74))]
    apart = np.ptp(np.array([centres[centres[:, 0] > 0.2, 0].mean(), centres[centres[:, 0] < 0.2, 0].mean()]))
    assert apart == pytest.approx(np.mean(turned), rel=0.1)


def test_chunks_change_nothing(zp, scanned):
    other = zp.scan(GRID, chunk=170)
    np.testing.assert_allclose(other.chi2, scanned.chi2, rtol=0, atol=1e-9)


# Stores


def content(path):
    return {str(file.relative_to(path)): file.read_bytes() for file in sorted(path.rglob("*")) if file.is_file()}


def test_a_store_holds_what_memory_holds(zp, scanned, out):
    seen = []
    stored = zp.scan(GRID, out, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 2200), (2200, 2200)]
    xarray.testing.assert_equal(stored.dataset.load(), scanned.dataset)
    assert stored.dataset.attrs["best"] == scanned.best
    again = cj.open_scan(out)
    np.testing.assert_array_equal(again.chi2, scanned.chi2)
    assert float(cj.open_scan(out).dataset["chi2"][1, 1]) == scanned.chi2[1, 1]
    assert again.contours(0.90)[0].points.shape == scanned.contours(0.90)[0].points.shape
    assert not list(out.parent.glob(".*"))
    written = content(out)
    assert zp.scan(GRID, out).best == scanned.best
    assert content(out) == written


class Stopped(Exception):
    pass


def stop_after(points):
    def progress(done, total):
        if points <= done < total:
            raise Stopped

    return progress


def test_a_stopped_scan_goes_on(zp, out, tmp_path):
    whole = tmp_path / "whole.zarr"
    zp.scan(GRID, whole, chunk=220)
    with pytest.raises(Stopped):
        zp.scan(GRID, out, chunk=220, progress=stop_after(440))
    with pytest.raises(cj.InputError, match="not complete"):
        cj.open_scan(out)
    seen = []
    zp.scan(GRID, out, chunk=220, progress=lambda done, total: seen.append(done))
    assert seen[0] == 440
    assert content(out) == content(whole)


@pytest.mark.parametrize(
    ("grid", "asked", "message"),
    [
        ({**GRID, "m_zp": "10:1e4:45:log"}, {}, "grid m_zp values is 44 there, 45 here"),
        ({**GRID, "m_zp": "10:1e4:44"}, {}, "grid m_zp log is true there, false here"),
        ({"m_zp": GRID["m_zp"]}, {"values": {"g_zp": 1e-4}}, "grid g_zp"),
        (GRID, {"chunk": 11}, "chunk is"),
        (GRID, {"free": ["sin2_theta_w"]}, "free is"),
        (GRID, {"values": {"sin2_theta_w": 0.23}}, "fixed sin2_theta_w"),
        (GRID, {"constrain": {"cevns_norm": (1.0, 0.2)}}, "constraints cevns_norm"),
    ],
)
def test_a_store_of_another_scan_is_refused(zp, out, grid, asked, message, monkeypatch):
    monkeypatch.setattr(scanning, "_fill", lambda *_: (_ for _ in ()).throw(Stopped))
    with pytest.raises(Stopped):
        zp.scan(GRID, out)
    before = content(out)
    with pytest.raises(cj.InputError, match=f"holds another scan: .*{message}"):
        zp.scan(grid, out, **asked)
    assert content(out) == before


def test_a_store_of_other_data_or_another_model_is_refused(csi, zp, out, monkeypatch):
    monkeypatch.setattr(scanning, "_fill", lambda *_: (_ for _ in ()).throw(Stopped))
    with pytest.raises(Stopped):
        zp.scan(GRID, out)
    with pytest.raises(cj.InputError, match="interactions is"):
        cj.Likelihood([csi], cj.light_vector("universal")).scan(GRID, out)
    with pytest.raises(cj.InputError, match="data observed coherent-csi-2021"):
        zp.asimov().scan(GRID, out)
    # The same names, another likelihood: χ² at the same points tells.
    attributes = json.loads((out / "zarr.json").read_text())
    attributes["attributes"]["probe"][1] += 1e-3
    (out / "zarr.json").write_text(json.dumps(attributes))
    with pytest.raises(cj.InputError, match="chi2 at the same point"):
        zp.scan(GRID, out)


def test_what_is_no_scan_is_not_touched(zp, tmp_path):
    folder, file = tmp_path / "folder", tmp_path / "file.zarr"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    file.write_text("not a folder")
    for place in (folder, file):
        with pytest.raises(cj.InputError, match="it exists and is not a scan"):
            zp.scan(GRID, place)
        with pytest.raises(cj.InputError, match="is not a scan of this program"):
            cj.open_scan(place)
    assert (folder / "thesis.tex").read_text() == "years of work"
    with pytest.raises(cj.InputError, match="there is no folder"):
        zp.scan(GRID, tmp_path / "missing" / "scan.zarr")
    with pytest.raises(cj.InputError, match="there is no scan"):
        cj.open_scan(tmp_path / "missing.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file.zarr", "folder"]


def test_a_store_in_use_is_refused(zp, out):
    with locked(out), pytest.raises(cj.InputError, match=r"another process \(\d+\) is writing to"):
        zp.scan(GRID, out)
    assert not out.exists()
    assert not list(out.parent.glob(".*"))
    out.with_name(f".{out.name}.lock").write_text("999999")  # what a killed process leaves
    with locked(out):
        pass
    assert not list(out.parent.glob(".*"))


def test_a_full_disk_is_said_and_survived(zp, out, tmp_path, monkeypatch):
    whole, write = tmp_path / "whole.zarr", stores._write_synced
    zp.scan(GRID, whole, chunk=220)
    written = []

    def full(path, data):
        if path.suffix == ".partial":  # a file of a block
            written.append(path)
            if len(written) > 16:
                path.write_bytes(data[: len(data) // 2])
                raise OSError(errno.ENOSPC, "No space left on device")
        write(path, data)

    monkeypatch.setattr(stores, "_write_synced", full)
    with pytest.raises(cj.InputError, match="No space left on device; 2 of 10 chunks are kept"):
        zp.scan(GRID, out, chunk=220)
    monkeypatch.setattr(stores, "_write_synced", write)
    seen = []
    zp.scan(GRID, out, chunk=220, progress=lambda done, total: seen.append(done))
    assert seen[0] == 440
    assert content(out) == content(whole)


# Bad input


@pytest.mark.parametrize(
    ("grid", "asked", "message"),
    [
        ({}, {}, "at least one parameter"),
        ({"g_xp": "0:1:5"}, {}, "unknown parameter 'g_xp'"),
        ({"g_zp": "-1:1:5", "m_zp": "1:10:4"}, {}, "g_zp: expected a value from 0"),
        ({"g_zp": "0:1:5", "m_zp": "1e-9:10:4:log"}, {}, "m_zp: expected a value from 0.001"),
        ({"g_zp": "0:1:5"}, {}, "needs a value of 'm_zp'"),
        (GRID, {"values": {"m_zp": 50.0}}, "cannot be both set and on an axis"),
        (GRID, {"free": ["m_zp"]}, "cannot be both free and on an axis"),
        (GRID, {"tie": {"g_zp": "m_zp"}}, "cannot be both free and tied"),
        (GRID, {"require": ["m_zp<=100"]}, "m_zp: expected a grid within 0.001 to 100, found 10000"),
        (GRID, {"chunk": 0}, "at least one point"),
        (GRID, {"memory": 1.0}, "at least one point"),
        (GRID, {"free": ["nothing"]}, "unknown parameter 'nothing'"),
    ],
)
def test_bad_scans_are_refused_before_anything(zp, out, grid, asked, message, monkeypatch):
    monkeypatch.setattr(scanning, "scan_work", lambda *_: pytest.fail("it went on"))
    with pytest.raises(cj.InputError, match=message):
        zp.scan(grid, out, **asked)
    assert not list(out.parent.iterdir())


def test_a_scan_belongs_to_no_fit(scanned):
    with pytest.raises(cj.InputError, match="expected a profile, which belongs to a fit, found a scan"):
        _ = scanned.fit


def test_bad_contours_are_refused(scanned):
    with pytest.raises(cj.InputError, match="not on an axis"):
        scanned.contours(names=("g_zp", "sin2_theta_w"))
    with pytest.raises(cj.InputError, match="expected 1 or 2 different axes"):
        scanned.contours(names=("g_zp", "g_zp"))
    with pytest.raises(cj.InputError, match="two axes"):
        scanned.contours(names=("g_zp",))
    with pytest.raises(cj.InputError, match="confidence level"):
        scanned.contours(1.0)
