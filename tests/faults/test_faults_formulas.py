"""Formulas of targets: isotopes have a spelling, and what cannot be meant is refused."""

import json

import numpy as np
import pytest
from experiment_texts import CAESIUM, GERMANIUM, XENON, with_entry

ISOTOPES = {"70Ge": (0.2052, 69.924249), "72Ge": (0.2745, 71.922076), "73Ge": (0.0776, 72.923459), "74Ge": (0.3652, 73.921178), "76Ge": (0.0775, 75.921403)}  # fmt: skip
"""Abundance (IUPAC 2013) and atomic mass [u] (AME 2020)."""


@pytest.fixture
def counts(command, tmp_path):
    """Return the expected signal of a description in each bin."""

    def predict(text):
        (tmp_path / "experiment.toml").write_text(text)
        code, out, err = command("predict", "experiment.toml", "--json")
        assert code == 0, err
        return np.array(json.loads(out)["counts"]["cevns"])

    return predict


def germanium(formula, shares=None):
    """Return the description of germanium with another formula, and shares of isotopes."""
    text = with_entry(GERMANIUM, "target.formula", f'"{formula}"')
    lines = "".join(f'{name} = {{ value = {share!r}, unit = "fraction" }}\n' for name, share in (shares or {}).items())
    return f"{text}[target.isotopes]\n{lines}" if shares else text


def test_natural_germanium_is_its_isotopes(counts):
    """By mass: the atoms of an isotope in a kilogram are a_i / Σ a M, a kilogram of it alone has 1 / M_i."""
    pure = {name: counts(germanium(name)) for name in ISOTOPES}
    molar = sum(share * mass for share, mass in ISOTOPES.values())
    natural = sum(share * mass / molar * pure[name] for name, (share, mass) in ISOTOPES.items())
    assert counts(germanium("Ge")) == pytest.approx(natural, rel=1e-6)
    assert np.all(np.abs(pure["76Ge"] / pure["70Ge"] - 1) > 0.02)
    enriched = {"76Ge": 0.87, "74Ge": 0.13}
    molar = sum(share * ISOTOPES[name][1] for name, share in enriched.items())
    expected = sum(share * ISOTOPES[name][1] / molar * pure[name] for name, share in enriched.items())
    assert counts(germanium("Ge", enriched)) == pytest.approx(expected, rel=1e-6)
    assert counts(germanium("Ge", {"76Ge": 1.0})) == pytest.approx(pure["76Ge"], rel=1e-12)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [
        (CAESIUM, "CsI", "133Cs127I"),
        (CAESIUM, "NaI", "23Na127I"),
        (XENON, "CsI2", "133Cs127I2"),
        (XENON, "136Xe2", "136Xe"),
    ],
)
def test_compounds_of_isotopes(counts, text, one, other):
    """Elements of one isotope are the same in both spellings."""
    text = text.replace('r_n_cs = { value = 5.2, unit = "fm" }\n', "")
    found = [counts(with_entry(text, "target.formula", f'"{formula}"')) for formula in (one, other)]
    assert found[0] == pytest.approx(found[1], rel=1e-12)


def test_shares_of_one_element_of_a_compound(counts):
    """The other elements stay as in nature."""
    text = with_entry(XENON, "target.formula", '"CaWO4"')
    natural = counts(text)
    shares = {"40Ca": 0.96941, "42Ca": 0.00647, "43Ca": 0.00135, "44Ca": 0.02086, "46Ca": 0.00004, "48Ca": 0.00187}
    lines = "".join(f'{name} = {{ value = {share}, unit = "fraction" }}\n' for name, share in shares.items())
    assert counts(f"{text}[target.isotopes]\n{lines}") == pytest.approx(natural, rel=1e-12)


REFUSED = [
    ("Ge76", ["76 atoms of Ge", "did you mean '76Ge'"]),
    ("Xe136", ["did you mean '136Xe'"]),
    ("Ar40", ["did you mean '40Ar'"]),
    ("C12", ["did you mean '12C'"]),
    ("Cs133I127", ["did you mean '133Cs127I'"]),
    ("C12O16", ["did you mean '12C16O'"]),
    ("Na23I", ["did you mean '23Na'"]),
    ("Cs127I", ["127I"]),
    ("133CsI", ["a mass number before every symbol or before none", "127I"]),
    ("Ge0", ["1 to 1000 atoms of Ge, found 0"]),
    ("Cs01I", ["1 to 1000 atoms of Cs, found 01"]),
    ("Ge1001", ["1 to 1000 atoms of Ge"]),
    ("Cs" + 400 * "9" + "I", ["1 to 1000 atoms of Cs"]),
    ("Cs" + 5000 * "9" + "I", []),
    (900 * "9" + "Cs", ["a known nuclide of Cs"]),
    ("77Ge", ["a known nuclide of Ge (70Ge, 72Ge, 73Ge, 74Ge, 76Ge), found 77Ge"]),
    ("0Ge", ["a known nuclide of Ge"]),
    ("76ge", ["cannot read the formula '76ge'"]),
    ("Ge-76", ["cannot read the formula 'Ge-76'"]),
    ("76", ["cannot read the formula '76'"]),
    ("Cs٢I", ["cannot read the formula"]),
    ("⁷⁶Ge", ["cannot read the formula"]),
    ("82Kr", ["unknown element 'Kr'"]),
    ("", ["cannot read the formula ''"]),
]


@pytest.mark.parametrize(("formula", "words"), REFUSED, ids=[formula[:12] for formula, _ in REFUSED])
def test_what_cannot_be_meant_is_refused(refused, tmp_path, formula, words):
    (tmp_path / "experiment.toml").write_text(with_entry(GERMANIUM, "target.formula", f'"{formula}"'))
    refused("predict", "experiment.toml", words=["target.formula: ", *words])


@pytest.mark.parametrize(
    ("formula", "shares", "words"),
    [
        ("Ge", {"76Ge": 0.9}, ["target.isotopes: expected a sum of 1 of 76Ge, found 0.9"]),
        ("Ge", {"76Ge": 0.9, "74Ge": 0.2}, ["target.isotopes: expected a sum of 1 of 76Ge, 74Ge, found 1.1"]),
        ("Ge", {"76Ge": 1.5}, ["target.isotopes.76Ge: expected a number up to 1, found 1.5"]),
        ("Ge", {"76Ge": -1.0}, ["target.isotopes.76Ge: expected a number that is not negative, found -1"]),
        ("Ge", {"77Ge": 1.0}, ["target.isotopes.77Ge: unknown nuclide '77Ge'"]),
        ("Ge", {"Ge76": 1.0}, ["target.isotopes.Ge76: unknown nuclide 'Ge76' (did you mean '76Ge'?)"]),
        ("Ge", {"136Xe": 1.0}, ["target.isotopes.136Xe: expected an isotope of an element of Ge"]),
        ("76Ge", {"76Ge": 1.0}, ["target.isotopes.76Ge: expected an isotope of an element of 76Ge that has no mass"]),
    ],
)
def test_shares_that_cannot_be(refused, tmp_path, formula, shares, words):
    (tmp_path / "experiment.toml").write_text(germanium(formula, shares))
    refused("predict", "experiment.toml", words=words)
