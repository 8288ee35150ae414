"""The catalogues of measurements and of models, which are read without JAX, say what the things themselves say."""

import pytest

import cevnsjax as cj
from cevnsjax.inference.sample.registry import KINDS
from cevnsjax.inference.sample.run import SAMPLERS
from cevnsjax.interactions import charge_radius, light_scalar, light_vector, millicharge, standard_model, tensor
from cevnsjax.measurements.catalogue import CATALOGUE, full_name

VARIANTS = [(base, variant) for base, entry in CATALOGUE.items() for variant in entry.variants]


@pytest.mark.parametrize(("base", "variant"), VARIANTS)
def test_names_and_references_of_measurements(base, variant):
    measurement = cj.measurements.load(f"{base}:{variant}")
    assert measurement.name == full_name(base, variant)
    assert measurement.references == CATALOGUE[base].references(variant)
    assert all(measurement.references)


@pytest.mark.parametrize("base", CATALOGUE)
def test_unknown_variants_of_measurements(base):
    with pytest.raises(cj.InputError, match=f"unknown measurement '{base}:none'.*known: {base}:"):
        cj.measurements.load(f"{base}:none")
    factory = getattr(cj.measurements, base.replace("-", "_"))
    with pytest.raises(cj.InputError, match=r"unknown variant 'none' of .*known: "):
        factory(variant="none")


@pytest.mark.parametrize("name", cj.MODELS)
def test_parameters_of_models(name):
    entry = cj.MODELS[name]
    made = cj.model(name)
    assert tuple(parameter.name for parameter in made.parameters()) == entry.parameters
    if entry.variants:
        default = entry.variants[0] if name != "standard-model" else None
        assert default is None or repr(cj.model(f"{name}:{default}")) == repr(made)
    else:
        with pytest.raises(cj.InputError, match=f"'{name}' has no variants, found 'none'"):
            cj.model(f"{name}:none")


@pytest.mark.parametrize(
    ("name", "own"),
    {
        "standard-model": standard_model.OPTIONS,
        "light-vector": (*light_vector.CHARGES, "u=1/3,d=1/3,e=-1,…"),
        "light-scalar": tuple(light_scalar.CONVENTIONS),
        "tensor": tensor.VARIANTS,
        "charge-radius": charge_radius.CONVENTIONS,
        "millicharge": millicharge.ELECTRONS,
    }.items(),
)
def test_variants_of_models(name, own):
    assert cj.MODELS[name].variants == tuple(own)


def test_every_other_model_has_no_variants():
    assert {name for name, entry in cj.MODELS.items() if entry.variants} == {
        "standard-model", "light-vector", "light-scalar", "tensor", "charge-radius", "millicharge"
    }  # fmt: skip


def test_samplers_are_listed_by_their_names():
    assert {name: kind.name for name, kind in SAMPLERS.items()} == {name: name for name in KINDS}
