"""Lines and tables: aligned as text, escaped as HTML, the same content in both."""

import html
import re
from typing import Any

import pytest

from cevnsjax._base.tables import Shown, Table, abridged, as_html, as_text, listed

NUMBERS = Table(("name", "value"), [("a", "1.5"), ("longer", "10"), ("all", "11.5")], right=(1,), breaks=(2,))


def test_columns_are_aligned():
    assert as_text([NUMBERS]).split("\n") == [
        "name    value",
        "a         1.5",
        "longer     10",
        "",
        "all      11.5",
    ]


def test_columns_of_signs_of_other_widths_are_aligned():
    """A combining accent takes no column, a Chinese character two."""
    lines = as_text([Table(("name", "x"), [("ν̄_μ", "1"), ("中微子", "2"), ("abcdef", "3")])]).split("\n")
    assert lines == ["name    x", "ν̄_μ     1", "中微子  2", "abcdef  3"]


def test_lines_and_tables_follow_each_other():
    assert as_text(["first\n  second", "", Table(("x",), [("1",)])]) == "first\n  second\n\nx\n1"
    assert as_text([]) == ""


def test_a_table_without_rows_is_its_headers():
    assert as_text([Table(("level", "interval"), [])]) == "level  interval"
    assert "<tbody></tbody>" in as_html([Table(("level", "interval"), [])])


def test_a_table_without_columns_is_nothing():
    assert as_text([Table((), [])]) == ""
    assert "<th " not in as_html([Table((), [])])


def test_only_some_columns_take_several_lines():
    words = "one two three four five six seven eight nine ten"
    table = Table(("name", "what it is", "all of it"), [("a" * 20, words, words)], wrapped=(1,))
    lines = as_text([table], width=60).split("\n")
    assert len(lines) > 3
    assert all(line.endswith(words) == (number == 1) for number, line in enumerate(lines))
    middle = [line[22:40].split("  ")[0].strip() for line in lines[1:]]
    assert " ".join(middle) == words
    assert as_text([table], width=200).count("\n") == 1


def test_nothing_is_cut_where_there_is_no_room():
    table = Table(("name", "what it is"), [("a" * 50, "some words that are there")], wrapped=(1,))
    text = as_text([table], width=20)
    assert "a" * 50 in text
    assert set("some words that are there".split()) <= set(text.split())


def test_nothing_steers_a_terminal():
    text = as_text(["\x1b[31mred\ttab", Table(("\x07",), [("\u202eback",)])])
    assert not set(text) & {"\x1b", "\x07", "\u202e", "\t"}
    assert "red     tab" in as_text(["red\ttab"])


def test_markup_is_escaped():
    evil = "<script>alert('&')</script>"
    page = as_html([evil, Table((evil,), [(evil,)])])
    assert "<script" not in page
    assert page.count(html.escape(evil)) == 3


def test_both_say_the_same():
    blocks = ["a line & more", NUMBERS, "", Table(("x", "y"), [("1", "2")])]
    page = html.unescape(re.sub("<[^>]*>", " ", as_html(blocks)))
    assert page.split() == as_text(blocks).split()
    assert as_html([NUMBERS]).count("<tbody>") == 2
    assert 'text-align: right">value' in as_html([NUMBERS])


def test_long_lists_are_abridged():
    assert abridged(["a", "b"]) == "a, b"
    assert abridged(list("abcdefgh"), 2) == "a, b, … 8 in all"
    assert listed(["a", "b", "c", "d"]) == "a, b and 2 more"


class Broken(Shown):
    def blocks(self):
        raise KeyError("x")


def test_to_look_at_something_never_fails():
    assert repr(Broken()) == "<Broken that cannot be shown: KeyError: 'x'>"
    assert "KeyError" in Broken()._repr_html_()
    abstract: Any = Shown
    with pytest.raises(TypeError):
        abstract()
