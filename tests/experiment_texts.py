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

CAESIUM = (
    """
name = "my-caesium"
title = "A detector of caesium iodide"
[sources]
proposal = "A proposal"
"""
    + DECAYS
    + """
[target]
formula = "CsI"
mass = { value = 30, unit = "kg", source = "proposal" }
"""
    + IODIDE_RESPONSE
    + """
[binning]
energy = { value = [0, 6, 12, 20, 40], unit = "PE" }
time = { value = [-0.2, 0.33, 0.6, 1.5, 6], unit = "us" }
parts = { value = 5, unit = "1" }
[signal.time]
kind = "pulse"
mean = { value = 0.3, unit = "us" }
width = { value = 0.15, unit = "us" }
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

GERMANIUM = """
name = "my-germanium"
title = "A detector of germanium"
[sources]
proposal = "A proposal"
[source]
kind = "reactor"
model = "kopeikin"
fission_fractions = { value = [0.55, 0.07, 0.32, 0.06], unit = "fraction" }
flux = { value = 2e13, unit = "1/cm^2/s" }
live_time = { value = 100, unit = "day" }
[target]
formula = "Ge"
mass = { value = 2, unit = "kg" }
[detector]
unit = "keV"
[detector.quenching]
kind = "lindhard"
k = { value = 0.16, unit = "1" }
[detector.resolution]
kind = "gaussian"
noise = { value = 0.03, unit = "keV" }
slope = { value = 0.0004, unit = "keV" }
[detector.efficiency]
kind = "unity"
[binning]
energy = { value = [0.15, 0.2, 0.3, 0.5], unit = "keV" }
[backgrounds.flat]
rate = { value = 5, unit = "1/keV/kg/day" }
width = { value = 0.02, unit = "1" }
"""
"""Energy alone, quick."""

XENON = """
name = "my-xenon"
title = "A detector of xenon"
[sources]
proposal = "A proposal"
[source]
kind = "table"
live_time = { value = 1000, unit = "day" }
energy = { value = [2, 9, 20, 30], unit = "MeV" }
[source.flux]
nu_e = { value = [0, 3e5, 1e5, 2e4], unit = "1/MeV/cm^2/s" }
[target]
formula = "Xe"
mass = { value = 700, unit = "kg" }
[detector]
unit = "keV"
[detector.quenching]
kind = "table"
recoil = { value = [0.5, 2, 10], unit = "keV" }
factor = { value = [0.1, 0.15, 0.2], unit = "1" }
[detector.resolution]
kind = "gaussian"
noise = { value = 0.1, unit = "keV" }
slope = { value = 0.03, unit = "keV" }
[detector.efficiency]
kind = "sigmoid"
coefficients = { value = [0.9, 8, 0.5], unit = ["1", "1/keV", "keV"] }
[binning]
energy = { value = [0.2, 0.5, 1, 2], unit = "keV" }
parts = { value = 4, unit = "1" }
[backgrounds.flat]
total = { value = 20, unit = "counts" }
energy = { kind = "exponential", scale = { value = 1, unit = "keV" } }
"""
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
