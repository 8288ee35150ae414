"""The comparison of two records of the numbers of the code: it accepts equal ones, and finds what moved in each kind."""

import copy
import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from validation.numbers.__main__ import main
from validation.numbers.comparing import compare, summary

ERROR, EDGE = 0.02, 0.25
SQUARE = [[1.0, 1.0], [10.0, 1.0], [10.0, 100.0], [1.0, 100.0], [1.0, 1.0]]
RECORD: dict[str, Any] = {
    "counts": {"one": [{"cevns": [[10.0, 1e-3], [2.0, 1e-12]], "ss": [4.0]}], "one electrons": "refused"},
    "models": {"one nsi": [{"cevns": 11.0}]},
    "chi2": {"one": [{"chi2": 80.0, "gradient": {"a": 100.0, "b": -1e-4}, "steps": {"a": 0.1, "b": 2.0}}]},
    "fits": {
        "one": {
            "chi2": 79.0,
            "converged": True,
            "values": {"a": 0.23, "pull": 1.0},
            "curvature_errors": {"a": 0.019, "pull": float("nan")},
            "errors": {"a": ERROR},
            "edges": {"a": {"0.6827": [[0.21, EDGE]]}},
        }
    },
    "profiles": {"one": {"axes": [[0.0, 1.0]], "chi2": [80.0, float("inf")]}},
    "scans": {
        "one": {
            "axes": [[1.0, 10.0], [1.0, 100.0]],
            "chi2": [[80.0, 81.0], [82.0, 83.0]],
            "chi2_min": 79.0,
            "stored_is_same": True,
            "log": [True, False],
            "cell": [2.302585092994046, 99.0],
            "contours": {"0.9": [{"points": SQUARE, "closed": True}]},
        }
    },
    "rows": {"part/a": 1.0, "part/a_up1": 0.5, "part/b": 2.0},
}


def moved(path, value):
    """Return the record with another value at a path of keys."""
    other = copy.deepcopy(RECORD)
    place = other
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return other


def beyond(other):
    return {one.kind for one in compare(RECORD, other) if one.size > 1.0}


def test_equal_records_are_accepted():
    found = compare(RECORD, copy.deepcopy(RECORD))
    assert {one.kind for one in found} == {"counts", "chi2", "gradient", "minima", "fits", "edges", "contours", "rows"}
    assert all(one.size == 0.0 for one in found)
    assert "0 beyond tolerance" in summary(found)


FIT, SCAN = ("fits", "one"), ("scans", "one")
SHIFTED = [[x, y + 0.2 * (y > 1.0)] for x, y in SQUARE]


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("counts", ("counts", "one", 0, "cevns"), [[10.0, 1e-3], [2.0 * (1 + 2e-9), 1e-12]]),
        ("counts", ("counts", "one", 0, "cevns"), [10.0, 1e-3, 2.0, 1e-12]),
        ("counts", ("counts", "one electrons"), [{"cevns": [1.0]}]),
        ("counts", ("counts", "one", 0, "ss"), [float("nan")]),
        ("counts", ("models", "one nsi", 0, "cevns"), 11.0 * (1 + 2e-9)),
        ("chi2", ("chi2", "one", 0, "chi2"), 80.0 * (1 + 2e-9)),
        ("gradient", ("chi2", "one", 0, "gradient", "b"), -1e-4 + 1e-8),
        ("gradient", ("chi2", "one", 0, "gradient"), {"a": 100.0}),
        ("minima", (*FIT, "chi2"), 79.0 * (1 + 2e-9)),
        ("fits", (*FIT, "converged"), False),
        ("fits", (*FIT, "values", "a"), 0.23 + 2e-5 * ERROR),
        ("fits", (*FIT, "errors", "a"), ERROR * (1 + 2e-5)),
        ("edges", (*FIT, "edges", "a", "0.6827"), [[0.21, EDGE + 2e-5 * ERROR]]),
        ("edges", (*FIT, "edges", "a", "0.6827"), [[0.21, EDGE], [0.3, 0.4]]),
        ("minima", ("profiles", "one", "chi2"), [80.0, 90.0]),
        ("minima", (*SCAN, "chi2_min"), 79.001),
        ("minima", (*SCAN, "stored_is_same"), False),
        ("contours", (*SCAN, "contours", "0.9", 0, "points"), SHIFTED),
        ("contours", (*SCAN, "contours", "0.9", 0, "closed"), False),
        ("contours", (*SCAN, "contours", "0.9"), []),
        ("rows", ("rows", "part/a"), 1.0 + 2e-5 * 0.5),
        ("rows", ("rows", "part/a_up1"), 0.5 * (1 + 2e-5)),
        ("rows", ("rows", "part/b"), 2.0 * (1 + 2e-6)),
    ],
)
def test_a_difference_is_found(kind, path, value):
    assert beyond(moved(path, value)) == {kind}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("counts", "one", 0, "cevns"), [[10.0 * (1 + 5e-10), 1e-3], [2.0, 1.005e-12]]),
        (("chi2", "one", 0, "gradient", "b"), -1e-4 + 4e-9),
        ((*FIT, "values", "a"), 0.23 + 5e-6 * ERROR),
        ((*SCAN, "contours", "0.9", 0, "points"), [*SQUARE[:1], [5.0, 1.0], *SQUARE[1:]]),
        (("rows", "part/a"), 1.0 + 4e-6),
    ],
)
def test_less_than_the_tolerance_is_accepted(path, value):
    assert beyond(moved(path, value)) == set()


def test_a_number_that_is_gone_is_found():
    other = copy.deepcopy(RECORD)
    del other["rows"]["part/b"]
    assert beyond(other) == beyond_of(other, RECORD) == {"rows"}


def beyond_of(old, new):
    return {one.kind for one in compare(old, new) if one.size > 1.0}


def test_the_command(tmp_path, capsys):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(RECORD))
    new.write_text(json.dumps(moved(("rows", "part/b"), 3.0)))
    assert main(["compare", str(old), str(old)]) == 0
    assert main(["compare", str(old), str(new)]) == 1
    assert "rows: part/b: 2.0 → 3.0" in capsys.readouterr().out
