"""Arbitrary text for the options of the command line: one line and exit code 2, or the number that was meant.

What was meant is read by Python itself: by `decimal` from the text alone, never by the package.
"""

import re
import sys
import unicodedata
from decimal import Decimal
from importlib.metadata import entry_points

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import cevnsjax as cj

(SCRIPT,) = entry_points(group="console_scripts", name="cevnsjax")
CSRE, CSI = "csre-cs", "coherent-csi-2021"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ALPHABET = "0123456789+-.eE_,:=<>*/ \t nainfNAINFxr_n_csσ%٥½−\u202e\x1b\x00'\"[]\\é"
NAMES = ["r_n_cs", "r_n_i", "sin2_theta_w", "r_n_x", "", "r_n_cs ", "5", "nan", "cevns_norm"]


class Reached(Exception):
    """The options were read: what they said."""


def numbers():
    """Texts near numbers, and texts that are none."""
    written = st.one_of(
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.floats(min_value=2.0, max_value=13.0).map(lambda x: f"{x:.4g}"),
        st.integers(-(10**30), 10**30).map(str),
        st.sampled_from(
            [
                "nan",
                "inf",
                "-inf",
                "1e999",
                "1e-999",
                "5_0",
                "٥",
                "５",
                "0x1p3",
                "1,5",
                "+5",
                "5.",
                ".5",
                "1e3",
                " 5",
                "5 ",
            ]
        ),
    )
    return st.one_of(written, st.text(ALPHABET, max_size=12), st.text(max_size=8))


BLANKS = " \t\n\r\x0b\x0c"
"""What people type around a number."""


def meant(text):
    """The finite number that a text is, None for any other."""
    if not NUMBER.fullmatch(text.strip(BLANKS)):
        return None
    value = float(Decimal(text.strip(BLANKS)))
    return value if abs(value) != float("inf") else None


@pytest.fixture
def read(monkeypatch, capsys, tmp_path):
    """Run a command whose work is replaced by telling what it was asked for; None where it was refused in one line."""
    monkeypatch.chdir(tmp_path)
    said = {}

    def reached(self, *given, **asked):
        said["given"], said["asked"] = given, asked
        raise Reached

    for name in ("predict", "fit", "forecast", "profile", "scan", "toys", "feldman_cousins", "sample"):
        monkeypatch.setattr(cj.Likelihood, name, reached)
    monkeypatch.setattr(cj.Likelihood, "specify", lambda self, **asked: None)

    def run(*arguments):
        said.clear()
        monkeypatch.setattr(sys, "argv", ["cevnsjax", *arguments])
        try:
            SCRIPT.load()()
        except Reached:
            capsys.readouterr()
            return dict(said)
        except SystemExit as stop:
            code = stop.code
        captured = capsys.readouterr()
        assert code == 2, (arguments, code, captured)
        assert captured.out == ""
        assert captured.err.startswith("cevnsjax: ")
        assert captured.err.count("\n") == 1
        check_line(captured.err.removesuffix("\n"))
        assert not list(tmp_path.iterdir())
        return None

    return run


def check_line(message):
    """Check that what is said is one short line that steers no terminal."""
    assert all(c.isprintable() or unicodedata.category(c) == "Zs" for c in message), message
    assert len(message) < 1000


def swept(*strategies):
    """Give examples of the strategies: a hundred, and thousands as a proof."""

    def decorate(test):
        def sweep(examples):
            quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
            return settings(
                max_examples=examples, deadline=None, suppress_health_check=quiet, database=None, derandomize=True
            )

        @pytest.mark.parametrize("examples", [60, pytest.param(5000, marks=pytest.mark.proof)])
        def run(read, examples):
            sweep(examples)(given(st.tuples(*strategies))(lambda drawn: test(read, *drawn)))()

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


def plain(text):
    """Whether a text has none of the characters that separate items and names in lists of options."""
    return not set(text) & set(",=")


@swept(st.sampled_from(NAMES), numbers())
def test_set(read, name, text):
    found = read("predict", CSRE, f"--set={name}={text}")
    value = meant(text) if plain(text) else None
    if value is None or not name.strip(BLANKS):
        assert found is None, (name, text, found)
    else:
        assert found["given"] == ({name.strip(BLANKS): value},)


@swept(st.text(max_size=20) | st.text(ALPHABET, max_size=20))
def test_set_of_anything(read, text):
    found = read("predict", CSRE, f"--set={text}")
    if found is not None:
        pairs = [item.split("=") for item in text.split(",")]
        assert found["given"] == ({name.strip(BLANKS): meant(value) for name, value in pairs},)
        assert None not in found["given"][0].values()


@swept(
    st.text(max_size=20)
    | st.text(ALPHABET, max_size=20)
    | st.sampled_from(["a=b", "a=b,c=d", "a=", "=b", "a=b=c", ",", "a"])
)
def test_tie(read, text):
    found = read("fit", CSRE, f"--tie={text}")
    if found is None:
        items = [[part.strip(BLANKS) for part in item.partition("=")] for item in text.split(",")]
        assert not all(all(item) for item in items) or len({item[0] for item in items}) < len(items), text
    else:
        assert found["asked"]["tie"] == {
            name.strip(BLANKS): leader.strip(BLANKS)
            for name, _, leader in (item.partition("=") for item in text.split(","))
        }


@swept(st.sampled_from(NAMES), numbers(), numbers())
def test_constrain(read, name, centre, width):
    found = read("fit", CSRE, f"--constrain={name}={centre},{width}")
    values = [meant(text) if plain(text) else None for text in (centre, width)]
    if None in values or not name.strip(BLANKS):
        assert found is None, (name, centre, width, found)
    else:
        assert found["asked"]["constrain"] == {name.strip(BLANKS): tuple(values)}


@swept(st.text(ALPHABET, max_size=6), st.text(ALPHABET, max_size=6), numbers())
def test_correlate(read, first, second, text):
    found = read("fit", CSRE, f"--correlate={first},{second}={text}")
    names, _, number = f"{first},{second}={text}".partition("=")
    pair = tuple(name.strip(BLANKS) for name in names.split(","))
    if len(pair) != 2 or not all(pair) or meant(number) is None:
        assert found is None
    else:
        assert found["asked"]["correlate"] == {pair: meant(number)}


@swept(
    numbers(),
    numbers(),
    st.integers(-2, 10**13).map(str) | numbers(),
    st.sampled_from(["", ":log", ":linear", ":lg", ":"]),
)
def test_grid(read, low, high, count, spacing):
    found = read("scan", CSRE, "--out", "s.zarr", f"--grid=r_n_cs={low}:{high}:{count}{spacing}")
    if found is None:
        return
    # The text is kept, and read to axes by the scan itself, from numbers alone.
    assert found["given"][0] == {"r_n_cs": f"{low}:{high}:{count}{spacing}"}
    assert meant(low) < meant(high)
    assert re.fullmatch(r"\s*\+?0*[0-9]{1,9}\s*", count, re.ASCII)
    assert int(count) >= 2
    assert spacing in ("", ":log", ":linear")
    assert spacing != ":log" or meant(low) > 0.0


@swept(numbers(), numbers())
def test_range(read, low, high):
    found = read("profile", CSRE, "--free", "r_n_cs", f"--range={low}:{high}")
    values = [meant(text) if not set(text) & set(":=") else None for text in (low, high)]
    if None in values:
        # NAME=LO:HI is a range of another parameter, which the profile itself refuses.
        assert found is None or "r_n_cs" not in found["given"][1], (low, high, found)
    else:
        assert found["given"][1] == {"r_n_cs": tuple(values)}


@swept(
    st.floats(0.0, 120.0).map(lambda x: f"{x:.6f}")
    | st.sampled_from(["5sigma", ".5sigma", "38sigma", "0.95", "5 sigma"])
    | numbers()
)
def test_level(read, text):
    assume("," not in text)  # several levels
    # Toys of a grid say by themselves whether they are too few for a level: the level reaches them as it was typed.
    found = read("toys", CSRE, "--feldman-cousins", "r_n_cs=4:6:5", f"--cl={text}")
    parts = re.fullmatch(r"(\d+\.?\d*|\.\d+)(sigma)?", text.strip(BLANKS), re.ASCII)
    number = None if parts is None or len(text) > 60 else float(parts[1])
    sigmas = parts is not None and parts[2] is not None
    allowed = number is not None and (0.0 < number <= 37.0 if sigmas else 1.0 <= number < 100.0)
    if found is None:
        assert not allowed, text
    else:
        assert allowed, text
        labels = [level.label for level in found["given"][1]]
        assert text.strip(BLANKS) in labels
        assert {"68.27", "90"} <= set(labels)


@swept(st.sampled_from(NAMES), numbers())
def test_test(read, name, text):
    found = read("toys", CSRE, f"--test={name}={text}")
    value = meant(text) if plain(text) else None
    if value is None or not name.strip(BLANKS):
        assert found is None, (name, text, found)
    else:
        assert found["given"][2] == {name.strip(BLANKS): value}


@swept(numbers(), st.sampled_from(["kB", "MB", "GB", "KiB", "MiB", "GiB", "gb", "TB", "B", "", "bytes", " GB"]))
def test_memory(read, text, unit):
    found = read("scan", CSRE, "--out", "s.zarr", "--grid", "r_n_cs=4:6:5", f"--memory={text}{unit}")
    sizes = {"kb": 1e3, "mb": 1e6, "gb": 1e9, "kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30}
    value, size = meant(text), sizes.get(unit.strip(BLANKS).lower())
    if value is None or size is None or not value * size > 0.0:
        assert found is None or not text or text.strip(BLANKS).lower()[-2:] in ("kb", "mb", "gb", "ib"), (
            text,
            unit,
            found,
        )
    else:
        assert found["given"][3] == value * size


SIDES = ["r_n_cs", "sin2_theta_w", "r_n_x", "", "4", "5.5", "nan", "inf", "1e999", "5_0", "٥", "r_n_cs=", "-"]


@pytest.fixture(scope="module")
def likelihood():
    return cj.Likelihood([cj.measurements.csre_cs()])


@pytest.mark.parametrize("examples", [200, pytest.param(5000, marks=pytest.mark.proof)])
def test_requirements(likelihood, examples):
    """A requirement gives bounds that are the number as written, or is refused."""

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(
        st.sampled_from(SIDES) | numbers(),
        st.sampled_from(["<=", ">=", "<", "=", ""]),
        st.sampled_from(SIDES) | numbers(),
    )
    def sweep(left, symbol, right):
        text = f"{left}{symbol}{right}"
        try:
            low, high = likelihood.problem(free=["r_n_cs"], require=[text]).box
        except cj.InputError as error:
            check_line(str(error))
            return
        assert 2.2 <= low[0] < high[0] <= 12.0
        sides = re.split("<=|>=", text, maxsplit=1)
        assert len(sides) == 2
        found = [value for value in map(meant, sides) if value is not None]
        assert len(found) < 2
        if "r_n_cs" in (side.strip(BLANKS) for side in sides):
            (number,) = found
            below = (sides[0].strip(BLANKS) == "r_n_cs") == ("<=" in text.replace(sides[0], "", 1)[:2])
            assert (low[0], high[0]) == ((2.2, min(12.0, number)) if below else (max(2.2, number), 12.0))

    sweep()


TERMS = [
    "r_n_cs",
    "sin2_theta_w",
    "2*r_n_cs",
    "-r_n_cs",
    "+0.5*r_n_cs",
    "1e999*r_n_cs",
    "1.2.3*r_n_cs",
    "nan*r_n_cs",
    "r_n_cs*2",
    "",
    "*",
    "r_n _cs",
    "0*r_n_cs",
]


@pytest.mark.parametrize("examples", [200, pytest.param(5000, marks=pytest.mark.proof)])
def test_constraints_on_combinations(likelihood, examples):
    """A combination is a constraint of finite weight and centre, or is refused."""

    @settings(max_examples=examples, deadline=None, database=None, derandomize=True)
    @given(
        st.lists(st.sampled_from(TERMS) | st.text(ALPHABET, max_size=8), min_size=1, max_size=3).map("".join),
        st.floats(),
        st.floats(),
    )
    def sweep(text, centre, width):
        try:
            problem = likelihood.problem(free=["r_n_cs"], constrain={text: (centre, width)})
        except cj.InputError as error:
            check_line(str(error))
            return
        weights, centres = problem.chi2.constraints.weights, problem.chi2.constraints.centres
        assert abs(weights).max() * 12.0 < 1e13 * max(1.0, abs(centres).max())
        assert float("inf") > abs(centres).max() >= 0.0

    sweep()


@pytest.mark.parametrize("blank", ["\x1f", "\x1c", "\x85", "\u2003"], ids=lambda blank: f"U+{ord(blank):04X}")
@pytest.mark.parametrize(
    "form",
    [
        ("fit", "csre-cs", "--set", "r_n_cs=5{}"),
        ("fit", "csre-cs", "--free", "r_n_cs", "--require", "r_n_cs<=5{}"),
        ("fit", "csre-cs", "--constrain", "r_n_cs=5,0.1{}"),
        ("profile", "csre-cs", "--free", "r_n_cs", "--range", "4:5{}"),
        ("scan", "csre-cs", "--out", "s.zarr", "--grid", "r_n_cs=4:6:5{}"),
        ("toys", "csre-cs", "--free", "r_n_cs", "--test", "r_n_cs=5{}"),
    ],
    ids=lambda form: form[-2],
)
def test_a_number_ends_with_its_digits(refused, form, blank):
    """What Python takes for a space around a number is none of those that people type."""
    refused(*(part.format(blank) for part in form))
