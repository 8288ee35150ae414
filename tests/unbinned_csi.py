"""COHERENT CsI of 2021 in events: a folder like the shipped one, its events with the density at each."""

import re
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

import cevnsjax as cj
from cevnsjax.experiments import starting
from cevnsjax.measurements.loading import shipped_document

LIKE = "coherent-csi-2021"
STEADY_BINS, TIME_BINS = cj.measurements.coherent_csi_2021().axes.values()
STEADY = """
[backgrounds.ss]
total = {{ value = {total}, unit = "counts" }}
time = {{ kind = "exponential", rate = {{ value = 0.0494, unit = "1/us" }} }}
width = {{ value = 0.021, unit = "1" }}
[backgrounds.ss.energy]
kind = "histogram"
low = {{ value = {low}, unit = "PE" }}
high = {{ value = {high}, unit = "PE" }}
content = {{ value = {content}, unit = "counts" }}
"""
"""The steady-state background flat within the published bins, whichever are those of the window."""


@cache
def files():
    """The folder that `cevnsjax new csi --like coherent-csi-2021` makes, by file."""
    return dict(starting.files(shipped_document(LIKE), "csi", LIKE))


def events_of(name):
    """The events of a table in the window, (event, axis)."""
    table = files()[f"{name}.csv"].decode().splitlines()
    events = np.loadtxt([line for line in table if not line.startswith("#")], delimiter=",", skiprows=1)
    return events[(events[:, 0] <= STEADY_BINS[-1]) & (events[:, 1] <= TIME_BINS[-1])]


def observed_events():
    """The coincidence events in the window, (event, axis)."""
    return events_of("events_coincidence")


def document(energy_edges, time_edges, unbinned):
    """The document of the folder with other bins, and the steady-state background of the published ones."""
    content = np.histogram(events_of("events_anticoincidence")[:, 0], STEADY_BINS)[0]
    low, high = STEADY_BINS[:-1].tolist(), STEADY_BINS[1:].tolist()
    steady = STEADY.format(total=content.sum(), low=low, high=high, content=content.tolist())
    text = files()["experiment.toml"].decode()
    text = re.sub(r"(?s)\n\[backgrounds\.ss\]\n.*?(?=\n\[data\])", steady, text)
    text = re.sub(r"(?s)\n\[tables\..*", "\n", text)
    for axis, edges in (("energy", energy_edges), ("time", time_edges)):
        text = re.sub(rf"(?m)^{axis} = {{ value = \[.*?\]", f"{axis} = {{ value = {np.asarray(edges).tolist()}", text)
    return text.replace("[data]\n", f'[data]\nunbinned = "{unbinned}"\n')


def measured(energy_edges, time_edges, unbinned, variant="flat", events=None):
    """The measurement of the folder with other bins, or events, or both."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "csi"
        starting.write(folder, files() | {"experiment.toml": document(energy_edges, time_edges, unbinned).encode()})
        if events is not None:
            rows = "".join(f"{energy!r},{time!r}\n" for energy, time in np.asarray(events).tolist())
            (folder / "events_coincidence.csv").write_text(f"recoil_energy [PE],recoil_time [us]\n{rows}")
        return cj.measurement(f"{folder}:{variant}")


def binned(energy_edges, time_edges, variant="flat"):
    """The measurement in bins."""
    return measured(energy_edges, time_edges, "no", variant)


def unbinned(energy_edges, time_edges, variant="flat", events=None):
    """The same with the density at each event."""
    return measured(energy_edges, time_edges, "yes", variant, events)
