"""Detectors known by templates, and what the solar sources refuse."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.detectors.templates import Morphed, TemplateDetector, morph
from cevnsjax.parameters.parameter import Gaussian, Parameter
from cevnsjax.sources.atmospheric import atmospheric_neutrinos
from cevnsjax.sources.solar import solar_flux, solar_neutrinos, survival_probability
from cevnsjax.stages.stage import Constant, specialise

ANCHORS = np.array([-3.0, -2.0, -0.5, 0.0, 1.0, 3.0])


def nuisance(name="t", low=-3.0, high=3.0):
    return Parameter(name, "1", 0.0, (low, high), name, name, Gaussian(0.0, 1.0), own=True)


def detector(random, shape=(2, 3)):
    morphs = tuple(morph(nuisance(name), ANCHORS) for name in ("t", "s"))
    edges = {"energy [1]": np.arange(shape[0] + 1.0), "other [1]": np.arange(shape[1] + 1.0)}
    energy = np.array([1e-3, 2e-3, 4e-3])
    return TemplateDetector(energy, random.uniform(size=(3, 6, 6, *shape)), morphs, edges)


@pytest.mark.parametrize("value", [-3.0, -2.6, -2.0, -0.7, -0.2, 0.4, 1.0, 2.3, 3.0])
def test_morphing_is_the_spline_through_the_anchors(value):
    along, spline = morph(nuisance(), ANCHORS), CubicSpline(ANCHORS, np.eye(6))
    assert_close(along(value), spline(value), 1e-11, "the inverse of a 6 × 6 matrix", scale=1.0)
    first, second = (
        derivative(jnp.asarray(value)) for derivative in (jax.jacfwd(along), jax.jacfwd(jax.jacrev(along)))
    )
    assert_close(first, spline(value, 1), 1e-11, "the same", scale=1.0)
    assert_close(second, spline(value, 2), 1e-10, "the same", scale=1.0)


def test_both_orders_of_the_contraction_agree():
    random = np.random.default_rng(3)
    made = detector(random)
    recoil = np.sort(random.uniform(0.0, 5e-3, (2, 7)), axis=1)
    recoils = Constant(random.uniform(size=(3, 2, 7)))
    stage = made.signal(recoils, made.response(recoil, 8), (None, None, None))
    params = {"t": 0.7, "s": -1.3}
    folded = specialise(stage, {"t"}, params)
    assert isinstance(folded, Morphed)
    assert isinstance(folded.templates, Constant)
    shares = [CubicSpline(ANCHORS, np.eye(6))(params[name]) for name in ("t", "s")]
    expected = np.zeros((2, 3))
    for nuclide, node in np.ndindex(recoil.shape):
        energy = recoil[nuclide, node]
        if made.energy[0] <= energy <= made.energy[-1]:
            hat = [np.interp(energy, made.energy, unit) for unit in np.eye(3)]
            count = recoils.value[:, nuclide, node].sum()
            expected += count * np.einsum("e,a,b,eabxy->xy", hat, *shares, made.templates)
    for found in (stage(params), folded(params)):
        assert_close(found, expected, 1e-11, "the inverse of a 6 × 6 matrix")


def test_few_templates_are_summed_at_once():
    """Nothing morphs them, and there are fewer bins than energies: the response is that of the bins."""
    random = np.random.default_rng(4)
    edges = {"energy [1]": np.arange(2.0), "other [1]": np.arange(3.0)}
    made = TemplateDetector(np.array([1e-3, 2e-3, 4e-3]), random.uniform(size=(3, 1, 2)), (), edges)
    recoil = np.sort(random.uniform(0.0, 5e-3, (2, 7)), axis=1)
    recoils = random.uniform(size=(3, 2, 7))
    response = made.response(recoil, 8)
    assert response.value.shape == (2, 2, 7)
    inside = (recoil >= made.energy[0]) & (recoil <= made.energy[-1])
    shares = [inside * np.interp(recoil, made.energy, made.templates[:, 0, cell]) for cell in range(2)]
    counts = made.signal(Constant(recoils), response, (None, None, None))({})
    assert_close(counts, [[np.sum(recoils * share) for share in shares]])
    assert_close(
        made.share(recoil),
        inside * np.interp(recoil, made.energy, made.templates.max(axis=(1, 2)) / made.templates.max()),
    )


def test_wrong_templates_are_named():
    made = detector(np.random.default_rng(0))
    with pytest.raises(cj.InputError, match=r"expected templates of shape \(3, 6, 6, 2, 3\), found \(3, 6, 6, 2, 2\)"):
        TemplateDetector(made.energy, made.templates[..., :2], made.morphs, made.edges)
    with pytest.raises(cj.InputError, match="expected increasing recoil energies of templates"):
        TemplateDetector(made.energy[::-1], made.templates, made.morphs, made.edges)
    with pytest.raises(cj.InputError, match="t: expected four or more increasing anchors"):
        morph(nuisance(), ANCHORS[:3])
    with pytest.raises(cj.InputError, match="t: expected bounds within the anchors"):
        morph(nuisance(high=3.5), ANCHORS)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: solar_neutrinos(0.0), "exposure: expected a positive time in seconds, found 0.0"),
        (lambda: solar_neutrinos(1.0, ()), "expected at least one kind of solar neutrinos"),
        (lambda: solar_neutrinos(1.0, ("b9",)), "unknown kind of solar neutrinos 'b9'; known: pp, pep"),
        (lambda: solar_flux("b8", "gs99"), r"unknown solar model 'gs99' \(did you mean 'gs98'\?\)"),
        (lambda: survival_probability("b7", np.ones(1)), "unknown kind of solar neutrinos 'b7'"),
        (lambda: atmospheric_neutrinos(float("nan")), "exposure: expected a positive time in seconds, found nan"),
        (lambda: cj.measurements.xenonnt_8b("sr0"), "unknown variant 'sr0' of xenonnt-8b"),
        (lambda: cj.measurements.pandax4t_8b("us2"), "unknown variant 'us2' of pandax4t-8b; known: counts"),
        (lambda: cj.measurements.lz_8b("counts"), "unknown variant 'counts' of lz-8b; known: equivalent"),
    ],
)
def test_what_sources_refuse(build, message):
    with pytest.raises(cj.InputError, match=message):
        build()
