"""Descriptions of experiments that tests change, as texts."""

import re

DECAYS = """
[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = { value = 0.1, unit = "1" }
live_time = { value = 5000, unit = "h" }
beam_power = { value = 1.7, unit = "MW" }
proton_energy = { value = 1.3, unit = "GeV" }
distance = { value = 25, unit = "m" }
"""
"""Neutrinos of a spallation source."""


def target(formula, mass):
    """Return a target of so many kilograms."""
    return f"""
[target]
formula = "{formula}"
mass = {{ value = {mass}, unit = "kg" }}
"""


def proportional(factor):
    """Return the entries of a quenching that is a factor."""
    return f"""kind = "polynomial"
coefficients = {{ value = [{factor}], unit = ["1"] }}"""


def lindhard(k):
    """Return the entries of Lindhard's quenching."""
    return f"""kind = "lindhard"
k = {{ value = {k}, unit = "1" }}"""


def kilovolts(quenching, noise, slope):
    """Return a detector of keV with the entries of a quenching, and a Gaussian of σ² = noise² + slope E."""
    return f"""
[detector]
unit = "keV"
[detector.quenching]
{quenching}
[detector.resolution]
kind = "gaussian"
noise = {{ value = {noise}, unit = "keV" }}
slope = {{ value = {slope}, unit = "keV" }}
"""


IODIDE_RESPONSE = """
[detector]
unit = "PE"
[detector.quenching]
kind = "polynomial"
coefficients = { value = [0.06], unit = ["1"] }
[detector.resolution]
kind = "gamma"
light_yield = { value = 15, unit = "PE/keV" }
shape = { value = 0.7, unit = "1/PE" }
[detector.efficiency]
kind = "logistic"
coefficients = { value = [1.3, 0.5, 6.0, -0.3], unit = ["1", "1/PE", "PE", "1"] }
"""
"""A detector of photo-electrons: quenching, resolution, efficiency."""

SPALLATION_TIME = """
[binning]
energy = { value = [0, 6, 12, 20, 40], unit = "PE" }
time = { value = [-0.2, 0.33, 0.6, 1.5, 6], unit = "us" }
parts = { value = 5, unit = "1" }
[signal.time]
kind = "pulse"
mean = { value = 0.3, unit = "us" }
width = { value = 0.15, unit = "us" }
"""
"""Bins of photo-electrons and time, and the pulse of protons."""

KOPEIKIN = """
[source]
kind = "reactor"
model = "kopeikin"
fission_fractions = { value = [0.55, 0.07, 0.32, 0.06], unit = "fraction" }
flux = { value = 2e13, unit = "1/cm^2/s" }
live_time = { value = 100, unit = "day" }
"""
"""Neutrinos of a reactor."""

UNITY = """
[detector.efficiency]
kind = "unity"
"""

GERMANIUM_BINS = """
[binning]
energy = { value = [0.15, 0.2, 0.3, 0.5], unit = "keV" }
"""

TABULATED_FLUX = """
[source]
kind = "table"
live_time = { value = 1000, unit = "day" }
energy = { value = [2, 9, 20, 30], unit = "MeV" }
[source.flux]
nu_e = { value = [0, 3e5, 1e5, 2e4], unit = "1/MeV/cm^2/s" }
"""
"""Neutrinos of a table; further flavours may follow."""

XENON_DETECTOR = (
    target("Xe", 700)
    + kilovolts(
        """kind = "table"
recoil = { value = [0.5, 2, 10], unit = "keV" }
factor = { value = [0.1, 0.15, 0.2], unit = "1" }""",
        0.1,
        0.03,
    )
    + """
[detector.efficiency]
kind = "sigmoid"
coefficients = { value = [0.9, 8, 0.5], unit = ["1", "1/keV", "keV"] }
[binning]
energy = { value = [0.2, 0.5, 1, 2], unit = "keV" }
parts = { value = 4, unit = "1" }
"""
)
"""Xenon in keV: a table of quenching, an efficiency that is a sigmoid."""


def titled(name, title):
    """Return name, title and sources of a description."""
    return f"""
name = "{name}"
title = "{title}"
[sources]
proposal = "A proposal"
"""


CAESIUM = (
    titled("my-caesium", "A detector of caesium iodide")
    + DECAYS
    + target("CsI", 30).replace('"kg" }', '"kg", source = "proposal" }')
    + IODIDE_RESPONSE
    + SPALLATION_TIME
    + """
[backgrounds.steady]
counts = { value = [50, 40, 30, 10], unit = "counts" }
width = { value = 0.03, unit = "1" }
[signal]
width = { value = 0.08, unit = "1" }
[defaults]
r_n_cs = { value = 5.2, unit = "fm" }
[uncertainties]
quenching_a = { value = 0.002, unit = "1" }
"""
)
"""Photo-electrons and time, every kind of table."""

GERMANIUM = (
    titled("my-germanium", "A detector of germanium")
    + KOPEIKIN
    + target("Ge", 2)
    + kilovolts(lindhard(0.16), 0.03, 0.0004)
    + UNITY
    + GERMANIUM_BINS
    + """
[backgrounds.flat]
rate = { value = 5, unit = "1/keV/kg/day" }
width = { value = 0.02, unit = "1" }
"""
)
"""Energy alone, quick."""

XENON = (
    titled("my-xenon", "A detector of xenon")
    + TABULATED_FLUX
    + XENON_DETECTOR
    + """
[backgrounds.flat]
total = { value = 20, unit = "counts" }
energy = { kind = "exponential", scale = { value = 1, unit = "keV" } }
"""
)
"""A flux in a table, quenching in a table, a sigmoid."""

TEXTS = {"caesium": CAESIUM, "germanium": GERMANIUM, "xenon": XENON}


def with_entry(text: str, entry: str, value: str) -> str:
    """Return the description with another value of the dotted `entry`; it must be there once."""
    *tables, name = entry.split(".")
    table = ".".join(tables)
    if table:
        head, section, rest = re.split(rf"(?m)^(\[{re.escape(table)}\]\n)", text)
    else:
        head, section, rest = "", "", text
    rest, count = re.subn(rf"(?m)^{name} = .*$", lambda _: f"{name} = {value}", rest, count=1)
    assert count == 1, entry
    return head + section + rest


def without_entry(text: str, entry: str) -> str:
    """Return the description without the dotted `entry`."""
    marked = with_entry(text, entry, "@")
    return re.sub(r"(?m)^.* = @\n", "", marked)


def without_table(text: str, table: str) -> str:
    """Return the description without a table and what is in it."""
    changed = re.sub(rf"(?m)^\[{re.escape(table)}\]\n(?:(?!\[).*\n)*", "", text)
    assert changed != text, table
    return changed
