"""Folders whose events are not binned: densities of all kinds, against integrals, SciPy and iminuit's cost function."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from iminuit import cost
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.folding.fold import fold
from cevnsjax.interactions.combination import combine
from cevnsjax.joint.checking import checked

RESOLUTION = (
    'resolution = { kind = "gaussian", noise = { value = 0.3, unit = "keV" }, slope = { value = 0.01, unit = "keV" } }'
)
PARTS = 'parts = { value = 6, unit = "1" }\n'
HEAD = f"""
name = "seen"
[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = {{ value = 0.1, unit = "1" }}
live_time = {{ value = 500, unit = "day" }}
beam_power = {{ value = 1.7, unit = "MW" }}
proton_energy = {{ value = 1.3, unit = "GeV" }}
distance = {{ value = 25, unit = "m" }}
[target]
nuclides = ["133Cs"]
molar_mass = {{ value = 133, unit = "g/mol" }}
mass = {{ value = 1, unit = "kg" }}
[detector]
unit = "keV"
efficiency = {{ kind = "sigmoid", coefficients = {{ value = [0.9, 8, 0.5], unit = ["1", "1/keV", "keV"] }} }}
quenching = {{ kind = "polynomial", coefficients = {{ value = [0.2], unit = ["1"] }} }}
{RESOLUTION}
[binning]
energy = {{ value = [1, 2, 4], unit = "keV" }}
{PARTS}"""
TIME = """
[binning.time]
value = [1.0, 1.05, 1.1]
unit = "us"
"""
UNBINNED = """
[data]
unbinned = "yes"
events = { table = "events.csv", columns = ["energy", "time"] }
"""
ENERGY_HISTOGRAM = """low = { value = [0, 1.5, 3], unit = "keV" }
high = { value = [1.5, 3, 5], unit = "keV" }"""
TIME_HISTOGRAM = """low = { value = [0.95, 0.975, 1.0, 1.025, 1.05, 1.075, 1.1], unit = "us" }
high = { value = [0.975, 1.0, 1.025, 1.05, 1.075, 1.1, 1.125], unit = "us" }"""
EFFICIENCY = """efficiency_onset = { value = 0.4, unit = "us" }
efficiency_rate = { value = 0.6, unit = "1/us" }
"""
CONTENT = '{ value = [0.1, 0.2, 0.4, 0.5, 0.3, 0.2, 0.1], unit = "fraction" }'
FLAVOURS = "".join(f"flavours.{name} = {CONTENT}\n" for name in ("nu_mu", "nu_e", "nu_mu_bar"))
PULSE = 'mean = { value = 0.95, unit = "us" }\nwidth = { value = 0.06, unit = "us" }\n'
SPREADS = {
    "pulse": PULSE + EFFICIENCY,
    "decays": PULSE,
    "arrivals": f"{TIME_HISTOGRAM}\n{FLAVOURS}",
    "histogram": f"{TIME_HISTOGRAM}\n{FLAVOURS}",
    "shares": 'share = { value = [0.6, 0.3], unit = "fraction" }\n',
}
BACKGROUNDS = f"""
[backgrounds.counted]
counts = {{ value = [30, 7], unit = "counts" }}
time = {{ kind = "exponential", rate = {{ value = 2, unit = "1/us" }} }}
[backgrounds.everywhere]
counts = {{ value = [[30, 7], [2, 5]], unit = "counts" }}
[backgrounds.even]
rate = {{ value = 3, unit = "1/keV/kg/day" }}
time = "prompt"
[backgrounds.tail]
total = {{ value = 20, unit = "counts" }}
energy = {{ kind = "exponential", scale = {{ value = 2, unit = "keV" }} }}
time = "flat"
[backgrounds.shaped.energy]
kind = "histogram"
{ENERGY_HISTOGRAM}
content = {{ value = [3, 1, 2], unit = "counts" }}
[backgrounds.shaped.time]
kind = "arrivals"
in_counts = "yes"
{TIME_HISTOGRAM}
content = {CONTENT.replace("fraction", "counts")}
[backgrounds.shares]
total = {{ value = 20, unit = "counts" }}
energy = {{ kind = "shares", share = {{ value = [0.1, 0.7], unit = "1" }} }}
[backgrounds.peak]
kind = "line"
total = {{ value = 9, unit = "counts" }}
at = {{ value = 2.6, unit = "keV" }}
[backgrounds.beam]
kind = "spectrum"
low = {{ value = [0.5, 1, 2], unit = "keV" }}
high = {{ value = [1, 2, 4], unit = "keV" }}
rate = {{ value = [2, 3, 1], unit = "1/GWh" }}
exposure = {{ value = 5, unit = "GWh" }}
[backgrounds.off]
kind = "levels"
counts = {{ value = [[30, 7], [2, 5]], unit = "counts" }}
[backgrounds.sides]
kind = "projections"
counts = {{ value = [[30, 7], [2, 5]], unit = "counts" }}
[backgrounds.written]
kind = "formula"
formula = "height * exp(-slope * energy) + 0 * time"
per = "unit"
constants.slope = {{ value = 1, unit = "1/keV" }}
coefficients.height = {{ value = 14, unit = "1/day", low = 0, high = 1e3 }}
"""


def nodes(breaks, order):
    """Gauss-Legendre nodes and weights between the breaks."""
    x, w = np.polynomial.legendre.leggauss(order)
    half = 0.5 * np.diff(breaks)
    return (np.asarray(breaks)[:-1, None] + half[:, None] * (x + 1.0)).ravel(), (half[:, None] * w).ravel()


def written(folder, text, events, columns="energy [keV],time [us]"):
    """The folder of a document and a table of events."""
    folder.mkdir(exist_ok=True)
    (folder / "experiment.toml").write_text(text)
    rows = "".join(",".join(map(repr, row)) + "\n" for row in np.asarray(events).tolist())
    (folder / "events.csv").write_text(f"{columns}\n{rows}")
    return folder


def rows_of(measurement):
    """What is expected of each component in the bins and at the events, nominally."""
    folded = fold(measurement, combine())
    known = {p.name: p.default for p in (*combine().parameters(), *measurement.parameters())}
    return dict(zip(folded.components, map(np.asarray, folded.contributions(known)), strict=True))


@pytest.mark.parametrize("spread", SPREADS)
def test_every_density_integrates_to_the_counts_of_each_bin(tmp_path, spread):
    """Events at the nodes of a quadrature between all kinks: the weighted sum of densities is the count of the bin."""
    (x, wx), (t, wt) = nodes([1, 1.5, 2, 2.5, 3, 3.5, 4], 8), nodes(np.linspace(1.0, 1.1, 21), 3)
    events = np.stack(np.meshgrid(x, t, indexing="ij"), axis=-1).reshape(-1, 2)
    text = f"{HEAD}{TIME}[signal.time]\nkind = '{spread}'\n{SPREADS[spread]}{UNBINNED}"
    text += BACKGROUNDS if spread == "pulse" else ""  # with a time efficiency
    measurement = cj.measurement(written(tmp_path / "seen", text, events))
    rows = rows_of(measurement)
    assert set(rows) == {"cevns", *re.findall(r"\[backgrounds\.(\w+)", text)}
    low, early = (x < 2.0) * wx, (t < 1.05) * wt
    weights = np.array([np.outer(e, s).ravel() for e in (low, wx - low) for s in (early, wt - early)])
    for name, row in rows.items():
        assert_close(weights @ row[4:], row[:4], 1e-7, f"quadrature of {name}", scale=row[:4].max())


EXTRA = """
[backgrounds.peak]
kind = "line"
total = { value = 40, unit = "counts" }
at = { value = 2.6, unit = "keV" }
[backgrounds.tail]
total = { value = 90, unit = "counts" }
energy = { kind = "exponential", scale = { value = 1.5, unit = "keV" } }
[backgrounds.even]
rate = { value = 0.03, unit = "1/keV/kg/day" }
width = { value = 0.1, unit = "1" }
[data]
unbinned = "yes"
events = { table = "events.csv", columns = ["energy"] }
"""
LOW, HIGH, SIGMA = 1.0, 4.0, np.sqrt(0.3**2 + 0.01 * 2.6)


def test_chi2_and_gradient_are_those_of_iminuits_cost(tmp_path):
    """A line, an exponential and a flat rate by SciPy, without the signal: differences of 2 (ν - Σ ln ρ)."""
    random = np.random.default_rng(3)
    x = np.concatenate([random.normal(2.6, SIGMA, 40), LOW + random.exponential(1.5, 90), random.uniform(1, 4, 45)])
    x = x[(x > LOW) & (x < HIGH)]
    measurement = cj.measurement(written(tmp_path / "seen", HEAD + EXTRA, x[:, None], "energy [keV]"))
    problem = cj.Likelihood(measurement).problem(free=["peak_norm", "tail_norm"], values={"cevns_norm": 0.0})
    line, tail = stats.norm(2.6, SIGMA), stats.truncexpon(b=(HIGH - LOW) / 1.5, loc=LOW, scale=1.5)
    total = np.array([40.0 * (line.cdf(HIGH) - line.cdf(LOW)), 90.0, 0.03 * 500 * 3.0])

    def shapes(x):
        return np.array([40.0 * line.pdf(x), 90.0 * tail.pdf(x), np.full(np.shape(x), 0.03 * 500)])

    def model(x, peak, tail, even) -> Any:
        norms = np.array([peak, tail, even])
        return norms @ total, norms @ shapes(x)

    density: Any = model
    theirs = cost.ExtendedUnbinnedNLL(x, density)
    points = {"peak_norm": (1.0, 0.8, 1.3), "tail_norm": (1.0, 1.1, 0.9), "even_norm": (1.0, 1.05, 0.97)}
    u = [problem.coordinates({name: values[k] for name, values in points.items()}) for k in range(3)]
    ours = np.array([float(problem(each)) for each in u])
    expected = np.array([theirs(*(values[k] for values in points.values())) for k in range(3)])
    expected += (np.array(points["even_norm"]) - 1.0) ** 2 / 0.1**2
    assert_close(ours - ours[0], expected - expected[0], 1e-10, "sums of 170 logarithms", scale=1.0)
    gradient = np.asarray(jax.grad(problem)(jnp.asarray(u[1])))
    norms = np.array([values[1] for values in points.values()])
    slopes = 2.0 * (total - (shapes(x) / (norms @ shapes(x))).sum(axis=1)) + [0.0, 0.0, 2.0 * 0.05 / 0.1**2]
    order = [list(problem.names).index(name) for name in points]
    assert_close(gradient[order], slopes, 1e-9, "sums of 170 quotients", scale=1.0)


def test_what_check_says_of_it(tmp_path):
    events = [[1.5], [2.7], [2.8], [3.3]]
    content, likelihood = checked(written(tmp_path / "seen", HEAD + EXTRA, events, "energy [keV]"))
    assert content["problems"] == []
    assert (content["observed"], content["observed_as"]) == (4.0, "observed, unbinned")
    assert_close(content["events"]["even"], 0.03 * 500 * 3.0)
    assert likelihood is not None
    assert likelihood.predict({})[0].panel().observed.tolist() == [1.0, 3.0]


WITHOUT_LINE = EXTRA.replace('kind = "line"\n', "").replace('at = { value = 2.6, unit = "keV" }\n', "")
CRYSTALS = HEAD.replace('unit = "keV"\nefficiency', 'kind = "ionisation"\n#').replace(PARTS, "")
FAULTY = {
    "outside": (
        HEAD + EXTRA,
        [[1.5], [4.2], [0.9]],
        r"data.events: expected events inside the bins, energy from 1 to 4, found 2 of 3 outside",
    ),
    "text": (HEAD + EXTRA.replace('"yes"', "true"), [[1.5]], r"data.unbinned: expected one of no, yes, found "),
    "spread": (
        f"{HEAD}{TIME}[signal.time]\nkind = 'template'\ncounts = {{ value = [1, 2], unit = 'counts' }}\n{UNBINNED}",
        [[1.5, 1.01]],
        r"signal.time.kind: expected pulse, decays, .* for unbinned events, found 'template', which has no density",
    ),
    "shapes": (
        f"{HEAD}{EXTRA}[shapes.moved]\ncomponent = 'tail'\nnominal = {{ value = [60, 30], unit = 'counts' }}\nup = {{ value = [70, 25], unit = 'counts' }}\n",
        [[1.5]],
        r"shapes.moved: expected no templates of bins beside unbinned events, found some, which have no density",
    ),
    "resolution": (
        HEAD.replace(RESOLUTION, "resolution = 'none'") + WITHOUT_LINE,
        [[1.5]],
        r"detector.resolution: expected a resolution for unbinned events, found none",
    ),
    "crystals": (
        CRYSTALS.replace("[binning]", 'minimum = { value = 0.003, unit = "keV" }\n[binning]') + WITHOUT_LINE,
        [[1.5]],
        r"detector.kind: expected bins for unbinned events, found a kind which has no density",
    ),
    "runs": (
        f"{HEAD}{WITHOUT_LINE}[runs.a]\nbinning.energy = {{ value = [1, 3, 4], unit = 'keV' }}\n[runs.b]\n"
        "binning.energy = { value = [1, 2, 4], unit = 'keV' }\n",
        [[1.5]],
        r"runs.a.data.unbinned: expected 'no', events in bins in each run, found 'yes'",
    ),
}


@pytest.mark.parametrize("what", FAULTY)
def test_what_has_no_density_is_refused_in_a_line(tmp_path, what):
    text, events, message = FAULTY[what]
    columns = "energy [keV],time [us]" if len(events[0]) > 1 else "energy [keV]"
    with pytest.raises(cj.DataError, match=message) as error:
        cj.measurement(written(tmp_path / "seen", text, events, columns))
    assert "\n" not in str(error.value)
