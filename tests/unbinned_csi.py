"""COHERENT CsI of 2021 in events: the same parts as the binned measurement, with the density at each event."""

import dataclasses

import numpy as np

import cevnsjax as cj
from cevnsjax._base.data_files import DataFile
from cevnsjax.detectors.events import EventDetector
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.detectors.time import TimeDensity
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.measuring.terms.unbinned import unbinned_events
from cevnsjax.sources.arrival_times import arrival_times
from cevnsjax.stages.backgrounds import (
    Background,
    exponential_density,
    exponential_shape,
    histogram_density,
    histogram_shape,
)
from cevnsjax.stages.stage import Constant

DATA = DataFile("coherent_csi_2021/experiment.toml")
RATE = DATA.number("backgrounds.ss.time.rate", "1/us")
STEADY_BINS = DATA.array("binning.energy", "PE")


def observed_events():
    """The coincidence events in the window, (event, axis)."""
    energy, time = DATA.table("events_coincidence")
    inside = (energy <= STEADY_BINS[-1]) & (time <= 6.0)
    return np.stack([energy, time], axis=1)[inside]


def anticoincidence():
    """The spectrum of the steady-state background in the published energy bins: flat within each, for any binning."""
    energy, time = DATA.table("events_anticoincidence")
    return np.histogram(energy[time <= 6.0], STEADY_BINS)[0].astype(float)


def binned(energy_edges, time_edges, variant="flat"):
    """The measurement in bins, its steady-state background flat within the published bins."""
    whole = cj.measurements.coherent_csi_2021(variant, binning={"energy": energy_edges, "time": time_edges})
    spectrum = anticoincidence()
    share = histogram_shape(STEADY_BINS[:-1], STEADY_BINS[1:], spectrum, np.asarray(energy_edges))
    # The edges are those of the whole window, in which the time shape is 1.
    time = exponential_shape(np.asarray(time_edges), RATE)
    steady = Background(energy=spectrum.sum() * share, time=Constant(time[None]))
    events = observed_events()
    counts = np.histogram2d(*events.T, bins=[energy_edges, time_edges])[0]
    return dataclasses.replace(
        whole, backgrounds=(*whole.backgrounds[:2], steady), term=PoissonCounts(counts), dataset="csi-in-bins"
    )


def unbinned(energy_edges, time_edges, variant="flat", events=None):
    """The same with the density at each event."""
    inside = binned(energy_edges, time_edges, variant)
    events = observed_events() if events is None else events
    energy, time = events.T
    window = inside.scattering.detector
    assert isinstance(window, BinnedDetector)
    arrivals = window.spread.arrivals
    detector = EventDetector(window, energy, TimeDensity(arrivals, time, "time_shift_nu"))
    backgrounds = []
    for name, stage in zip(("brn", "nin"), inside.backgrounds[:2], strict=True):
        shape = histogram_density(*DATA.table(f"{name}_energy"), energy)
        low, high, counts = DATA.table(f"{name}_time")
        times = TimeDensity(arrival_times(np.append(low, high[-1]), counts[None]), time, f"time_shift_{name}")
        backgrounds.append(detector.background(stage, shape, times))
    spectrum = anticoincidence()
    shape = spectrum.sum() * histogram_density(STEADY_BINS[:-1], STEADY_BINS[1:], spectrum, energy)
    edges = np.asarray(time_edges)
    steady = detector.background(inside.backgrounds[2], shape, Constant(exponential_density(time, edges, RATE)[None]))
    return dataclasses.replace(
        inside,
        scattering=dataclasses.replace(inside.scattering, detector=detector),
        backgrounds=(*backgrounds, steady),
        term=unbinned_events(inside.name, events, window.axes),
        dataset="csi-events",
    )
