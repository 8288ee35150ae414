"""A small experiment of two runs made of nothing but CSV tables and a document, and what NumPy expects of it."""

import csv
from itertools import pairwise

import numpy as np
from scipy.special import erf

ENERGY = {"summer": [4, 6, 9, 13, 18, 25], "winter": [5, 8, 12, 18, 26]}
TIME = [0, 1, 2, 4, 8]
EXPOSURE = {"summer": 1.0, "winter": 0.6}
SHARE = {"nu_mu": [0.55, 0.3, 0.1, 0.05], "nu_e": [0.2, 0.25, 0.3, 0.25]}
EFFICIENCY = ([2, 5, 8, 12, 40], [0, 0.35, 0.6, 0.7, 0.7])
NOISE = {"summer": 300.0, "winter": 220.0}

DOCUMENT = """
name = "two-runs"
title = "Argon at a spallation source in two runs"

[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }
protons_on_target = { value = 2e23, unit = "1" }
distance = { value = 20, unit = "m" }

[target]
formula = "Ar"
mass = { value = 30, unit = "kg" }

[detector]
unit = "keV"
quenching = { kind = "polynomial", coefficients = { value = [0.25], unit = ["1"] } }
resolution = { kind = "gaussian", noise = { value = 0.5, unit = "keV" }, slope = { value = 0.3, unit = "keV" } }

[detector.efficiency]
kind = "table"
energy = { table = "efficiency.csv", column = "energy" }
fraction = { table = "efficiency.csv", column = "efficiency" }

[binning]
time = { value = [0, 1, 2, 4, 8], unit = "us" }
parts = { value = 6, unit = "1" }

[signal]
width = { value = 0.1, unit = "1" }

[signal.time]
kind = "shares"

[signal.time.flavours]
nu_mu = { table = "times.csv", column = "prompt" }
nu_e = { table = "times.csv", column = "delayed" }
nu_mu_bar = { table = "times.csv", column = "delayed" }

[backgrounds.steady]
width = { value = 0.05, unit = "1" }
time = "flat"

[runs.summer]
binning.energy = { value = [4, 6, 9, 13, 18, 25], unit = "keV" }
backgrounds.steady.counts = { table = "steady_summer.csv", column = "events" }
data.counts = { table = "counts_summer.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }

[runs.summer.shapes.steady_shape]
component = "steady"
nominal = { outer = [{ table = "steady_summer.csv", column = "events" }, { table = "times.csv", column = "even" }] }
up = { outer = [{ table = "steady_summer.csv", column = "up" }, { table = "times.csv", column = "even" }] }
down = { outer = [{ table = "steady_summer.csv", column = "down" }, { table = "times.csv", column = "even" }] }

[runs.winter]
source.protons_on_target = { value = 1.2e23, unit = "1" }
binning.energy = { value = [5, 8, 12, 18, 26], unit = "keV" }
backgrounds.steady.counts = { table = "steady_winter.csv", column = "events" }
data.counts = { table = "counts_winter.csv", columns = ["t_0", "t_1", "t_2", "t_4"] }
"""


def steady(run):
    """Return the nominal background at each energy, and that at ±1σ of its shape."""
    edges = np.array(ENERGY[run], float)
    nominal = NOISE[run] * np.diff(-np.exp(-edges / 10))
    tilt = np.linspace(-0.2, 0.3, len(nominal))
    return nominal, nominal * (1 + tilt), nominal * (1 - 0.8 * tilt)


def write_table(path, columns):
    """Write columns by name with unit."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*(map(repr, map(float, column)) for column in columns.values()), strict=True))


def write_folder(folder, counts):
    """Write the experiment with observed `counts` (energy, time) of each run."""
    folder.mkdir(exist_ok=True)
    (folder / "experiment.toml").write_text(DOCUMENT)
    write_table(folder / "efficiency.csv", {"energy [keV]": EFFICIENCY[0], "efficiency [fraction]": EFFICIENCY[1]})
    even = np.diff(TIME) / np.ptp(TIME)
    times = {"prompt [fraction]": SHARE["nu_mu"], "delayed [fraction]": SHARE["nu_e"], "even [fraction]": even}
    write_table(folder / "times.csv", times)
    for run in ENERGY:
        nominal, up, down = steady(run)
        table = {"events [counts]": nominal, "up [counts]": up, "down [counts]": down}
        write_table(folder / f"steady_{run}.csv", table)
        columns = dict(
            zip(["t_0 [counts]", "t_1 [counts]", "t_2 [counts]", "t_4 [counts]"], counts[run].T, strict=True)
        )
        write_table(folder / f"counts_{run}.csv", columns)
    return folder


def background(run, shape=0.0):
    """Return the expected background (energy, time) at ±1 and 0 of the shape nuisance."""
    nominal, up, down = steady(run)
    chosen = {0.0: nominal, 1.0: up, -1.0: down}[shape if run == "summer" else 0.0]
    return np.outer(chosen, np.diff(TIME) / np.ptp(TIME))


def detected(run, recoil):
    """Return the probability that recoils [keV] are seen in each energy bin: a Gaussian times the efficiency."""
    energy, fine = 0.25 * np.asarray(recoil), []
    sigma = np.sqrt(0.25 + 0.3 * energy)
    edges = np.array(ENERGY[run], float)
    for low, high in pairwise(edges):
        x = np.linspace(low, high, 4001)
        middle = 0.5 * (x[1:] + x[:-1])
        step = erf((x[:, None] - energy) / (np.sqrt(2) * sigma))
        fine.append(np.interp(middle, *EFFICIENCY) @ (0.5 * np.diff(step, axis=0)))
    return np.array(fine)
