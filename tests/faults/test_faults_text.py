"""What users write is shown as they wrote it: no markup, no mathematics, no emoji, nothing that steers a terminal."""

import json

import pytest
from experiment_texts import CAESIUM, GERMANIUM, XENON, with_entry, without_entry, without_table

MARKUP = ["[this work] [bold]loud[/bold]", "[/red] x", "[link=http://x.org]a :smiley: b[/link] [] \\\\[x]"]


@pytest.fixture
def experiment(tmp_path):
    """Write a description, by default as text with newlines, and return its name."""

    def write(text, name="experiment.toml"):
        content = text if isinstance(text, bytes) else text.encode()
        (tmp_path / name).write_bytes(content)
        return name

    return write


@pytest.mark.parametrize("text", MARKUP)
def test_brackets_are_shown_as_they_are(command, experiment, text):
    """In titles and sources, whatever prints them: text of the file, with TOML's double backslash."""
    written = with_entry(with_entry(GERMANIUM, "title", f'"{text}"'), "sources.proposal", f'"{text}"')
    name, shown = experiment(written), text.replace("\\\\", "\\")
    code, out, err = command("predict", name)
    assert code == 0, err
    assert out.startswith(f"my-germanium: {shown}\n")
    code, out, err = command("cite", name)
    assert code == 0, err
    assert f"  {shown}\n" in out


@pytest.mark.parametrize("text", ["[/red]", "[bold]", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\u202eback"])
def test_names_on_the_command_line(command, text):
    """What is refused is quoted as it is written, and steers no terminal."""
    for arguments in (
        ("predict", text),
        ("predict", f"{text}.toml"),
        ("fit", "apv-cs", "--free", text),
        ("parameters", text),
        ("fit", "apv-cs", "--interaction", text),
    ):
        code, out, err = command(*arguments)
        assert code == 2, (arguments, out, err)
        assert out == ""
        assert not set(err[:-1]) & {"\x1b", "\x07", "\u202e"}
        if text.isprintable():
            assert text in err


@pytest.mark.parametrize("escape", ["\\u001b[31m", "\\u0007", "\\u009b2J", "\\u202e", "\\u0000", "\\b"])
@pytest.mark.parametrize("entry", ["title", "sources.proposal", "name"])
def test_control_characters_of_a_file_are_refused(refused, experiment, entry, escape):
    refused("predict", experiment(with_entry(GERMANIUM, entry, f'"a{escape}b"')), words=[entry])


def test_control_characters_in_keys(command, experiment):
    """A key that nothing asks for is named, without what steers a terminal."""
    for text in (
        '"\\u001b[31m" = 3\n',
        '[backgrounds."\\u001b[31m"]\ntotal = 3\n',
        '[target.isotopes]\n"\\u0007" = 3\n',
    ):
        place = GERMANIUM.replace("[source]", "[source]\n" + text, 1) if text[0] == '"' else GERMANIUM + text
        code, out, err = command("predict", experiment(place))
        assert (code, out) == (2, "")
        assert not set(err[:-1]) & {"\x1b", "\x07"}
        assert "\\x1b" in err or "\\x07" in err


@pytest.mark.parametrize("text", ["$\\\\frac{$", "$x$ or 200 $", "\\\\$5 $\\\\sum_{", "_x $"])
def test_mathematics_is_drawn_as_text(command, experiment, tmp_path, text):
    """A figure of anything with such a title; an SVG without paths shows the letters."""
    import matplotlib

    name = experiment(with_entry(GERMANIUM, "title", f'"{text}"'))
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        code, _, err = command("predict", name, "--plot", "figure.svg")
    assert code == 0, err
    assert text.replace("\\\\", "\\") in (tmp_path / "figure.svg").read_text()


LABELS = ["$\\frac{$", "[/red]", "_hidden", "$x$"]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    import cevnsjax as cj

    out = tmp_path_factory.mktemp("scan") / "a.zarr"
    cj.Likelihood([cj.measurements.conus_plus_2025()]).scan({"sin2_theta_w": "0.05:0.5:8"}, out=out)
    return out


def test_labels_of_scans(command, store, tmp_path):
    """In the table, the figure and the JSON."""
    import matplotlib

    for label in LABELS:
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            code, out, err = command("contour", store, "--label", label, "--plot", "figure.svg")
        assert code == 0, err
        assert out.startswith(f"{label}: ")
        assert label in (tmp_path / "figure.svg").read_text()


def test_long_texts_are_refused(refused, experiment):
    refused("predict", experiment(with_entry(GERMANIUM, "name", f'"{100_000 * "a"}"')), words=["name: expected a text"])
    refused("predict", experiment(with_entry(GERMANIUM, "name", f'"{65 * "a"}"')), words=["name: expected at most 64"])
    refused(
        "predict", experiment(with_entry(GERMANIUM, "title", f'"{201 * "a"}"')), words=["title: expected at most 200"]
    )
    refused(
        "predict", experiment(with_entry(GERMANIUM, "sources.proposal", f'"{9_999 * "a"}"')), words=["sources.prop"]
    )


@pytest.mark.parametrize("name", ["apv-cs", "coherent-csi-2021", "cryocsi-i", "lz-er"])
def test_names_of_measurements_are_taken(refused, experiment, name):
    refused("predict", experiment(with_entry(GERMANIUM, "name", f'"{name}"')), words=["name: expected one that", name])


# What may be left out


OPTIONAL = {"title": without_entry, "sources": without_table, "backgrounds.flat": without_table}


def test_what_may_be_left_out(command, experiment):
    """Each entry alone, and none of them with all that prints or draws a description."""
    bare = GERMANIUM
    for entry, remove in OPTIONAL.items():
        code, _, err = command("predict", experiment(remove(GERMANIUM, entry)), "--json")
        assert code == 0, (entry, err)
        bare = remove(bare, entry)
    name = experiment(bare)
    for arguments in (("predict", name, "--plot", "a.svg"), ("cite", name), ("parameters", name)):
        code, _, err = command(*arguments)
        assert code == 0, (arguments, err)


def test_a_scan_and_toys_of_a_description_without_sources(command, experiment):
    text = GERMANIUM
    for entry, remove in OPTIONAL.items():
        text = remove(text, entry)
    text = text.replace("live_time = { value = 100", "live_time = { value = 1000")
    name = experiment(text)
    code, _, err = command("scan", name, "--grid", "cevns_norm=0.5:1.5:5", "--out", "s.zarr")
    assert code == 0, err
    code, _, err = command("contour", "s.zarr")
    assert code == 0, err
    code, _, err = command("toys", name, "--free", "cevns_norm", "--count", "5", "--out", "t.nc")
    assert code == 0, err


CAESIUM_OPTIONAL = {
    "signal": without_table,
    "defaults": without_table,
    "uncertainties": without_table,
    "backgrounds.steady.width": without_entry,
    "binning.parts": without_entry,
}


def test_everything_optional_left_out(command, experiment):
    """All at once; parts may be left out where the bins are integrated well enough without."""
    bare = CAESIUM
    for entry, remove in CAESIUM_OPTIONAL.items():
        bare = remove(bare, entry)
    bare = without_table(without_entry(bare, "title"), "sources").replace(', source = "proposal"', "")
    code, _, err = command("predict", experiment(bare), "--json")
    assert code == 0, err


# How a file is written


@pytest.mark.parametrize(
    "change",
    [
        lambda b: b"\xef\xbb\xbf" + b,
        lambda b: b.replace(b"\n", b"\r\n"),
        lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n"),
    ],
)
def test_byte_order_marks_and_line_ends(command, experiment, change):
    found = []
    for content in (XENON.encode(), change(XENON.encode())):
        code, out, err = command("predict", experiment(content), "--json")
        assert code == 0, err
        found.append(json.loads(out)["total"])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: with_entry(text, "target.mass", '{ value = 0,5, unit = "kg" }'), ["decimal comma"]),
        (lambda text: with_entry(text, "target.mass", '{ value = "0,5", unit = "kg" }'), ["target.mass", "decimal point"]),
        (lambda text: text.encode("utf-16"), ["expected a TOML file"]),
        (lambda text: text.replace("proposal", "vorschläge").encode("latin-1"), ["expected a TOML file"]),
        (lambda text: text.replace("\n", "\r"), ["expected a TOML file"]),
        (lambda text: "", ["name: expected a text, found no such entry"]),
        (lambda text: b"\x00\x01\x02", ["expected a TOML file"]),
        (lambda text: text.replace("5", "٥"), ["expected a TOML file"]),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_named(refused, experiment, change, words):
    refused("predict", experiment(change(GERMANIUM)), words=["experiment.toml", *words])
