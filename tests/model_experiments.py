"""What the tests of the models share: experiments of two kinds, for the engine and for its second implementation."""

from functools import cache
from math import pi

import independent_models as im
import numpy as np

from cevnsjax.detectors.efficiency import UnitEfficiency
from cevnsjax.detectors.energy import EnergyDetector
from cevnsjax.detectors.quenching import PolynomialQuenching
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.folding.prediction import component_counts
from cevnsjax.interactions.catalogue import resolve_models
from cevnsjax.joint.likelihood import Likelihood
from cevnsjax.measuring.measurement import Measurement, Scattering
from cevnsjax.measuring.terms.poisson import PoissonCounts
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.target import Target
from cevnsjax.parameters.strengths import Strength
from cevnsjax.sources.pion_decay import pion_decay_at_rest
from cevnsjax.sources.reactor import reactor
from cevnsjax.sources.solar import solar_neutrinos
from cevnsjax.stages.stage import Constant

TARGETS = {
    "CsI": ("133Cs", "127I"),
    "Ar": ("40Ar",),
    "Ge": ("73Ge", "74Ge"),
    "Xe": ("129Xe", "132Xe"),
}
"""Nuclides, 1e25 of the first, twice as many of the second: with spin and without."""
SOURCES = ("pion-decay", "reactor", "solar")
NUCLEAR_EDGES = {  # keV of nuclear recoil; the last bin ends beyond the largest
    "pion-decay": {"CsI": (1, 4, 10, 25, 50), "Ar": (5, 20, 50, 100, 160), "Ge": (2, 10, 30, 60, 90), "Xe": (1, 4, 10, 25, 50)},
    "reactor": {"CsI": (0.05, 0.15, 0.4, 1, 1.4), "Ar": (0.1, 0.5, 1.5, 3, 4.5), "Ge": (0.1, 0.3, 0.8, 1.6, 2.5), "Xe": (0.05, 0.15, 0.4, 1, 1.4)},
    "solar": {"CsI": (0.2, 0.7, 1.5, 3, 4.5), "Ar": (0.5, 2, 5, 10, 15), "Ge": (0.3, 1, 3, 6, 8), "Xe": (0.2, 0.7, 1.5, 3, 4.5)},
}  # fmt: skip
ELECTRON_EDGES = (0.3, 1, 5, 20, 60)
"""keV of electron recoil."""
POT, FISSIONS, YEAR = 1e23, 1e18, 365.25 * 86400


def kinds(target, recoils):
    """Return the neutrinos of the Sun: the continuum of pp, which takes time, on xenon alone."""
    if recoils == "nucleus":
        return ("b8",)
    return ("pp", "be7") if target == "Xe" else ("be7",)


def source(name, target, recoils):
    if name == "pion-decay":
        return pion_decay_at_rest(0.09, POT, 20.0)
    if name == "reactor":
        return reactor("kopeikin", {"u235": FISSIONS, "u238": 0.0, "pu239": 0.0, "pu241": 0.0}, distance=20.0)
    return solar_neutrinos(YEAR, kinds(target, recoils))


@cache
def flux(name, target, recoils):
    if name == "pion-decay":
        return im.pion_flux(0.09 * POT / (4 * pi * 2000.0**2))
    if name == "reactor":
        return im.reactor_flux(FISSIONS)
    return im.solar_flux(kinds(target, recoils), YEAR)


def edges(target, name, recoils):
    return np.array(NUCLEAR_EDGES[name][target] if recoils == "nucleus" else ELECTRON_EDGES, float)


def numbers(target):
    return 1e25 * np.arange(1.0, len(TARGETS[target]) + 1)


def terms_on(model, target):
    """Return the terms of a model on a "nucleus" or an "electron"."""
    return model.electron_terms() if target == "electron" else model.nuclear_terms()


@cache
def experiment(target, name, recoils="nucleus"):
    """Return a measurement in bins of the true recoil energy, one cell for each flavour."""
    neutrinos = source(name, target, recoils)
    count = len(neutrinos.components)
    bins = edges(target, name, recoils)
    detector = BinnedDetector(
        energy=EnergyDetector(bins, PolynomialQuenching(np.ones(1), np.zeros((0, 1))), None, UnitEfficiency(), "keV"),
        spread=Constant(np.eye(count)),
        others={"flavour": np.arange(count + 1.0)},
    )
    return Measurement(
        name=f"{target}-{name}",
        title="",
        references=(),
        dataset=f"{target}-{name}",
        scattering=Scattering(
            neutrinos,
            Target(tuple(nuclide(one) for one in TARGETS[target]), numbers(target), "helm"),
            detector,
            recoils,
        ),
        strengths=(Strength("cevns_norm", "cevns", None),),
        term=PoissonCounts(np.zeros((len(bins) - 1, count))),
    )


@cache
def setup(target, name, recoils="nucleus"):
    """Return the same for the second implementation."""
    nuclei = [
        (
            im.Nucleus(one),
            number,
            *(im.NUCLIDES[one][f"{particle}_radius"]["value"] for particle in ("proton", "neutron")),
        )
        for one, number in zip(TARGETS[target], numbers(target), strict=True)
    ]
    order = 40 if (name, recoils) == ("pion-decay", "nucleus") else 6
    return im.Setup(flux(name, target, recoils), nuclei, 1e-3 * edges(target, name, recoils), order)


@cache
def likelihood(names, target, name, recoils="nucleus", scheme="2022"):
    """Return the likelihood of the experiment under models by their names."""
    return Likelihood([experiment(target, name, recoils)], resolve_models(names, scheme))


def rate(found, values):
    """Return the counts of the engine, (flavour, bin)."""
    return np.asarray(component_counts(found.folded[0], found.parameters.complete(values))["cevns"]).T
