"""The layout: imports go one way, heavy libraries stay where they belong, the public names are the documented ones."""

import ast
from pathlib import Path

import pytest

import cevnsjax as cj

PACKAGE = Path(cj.__file__).parent
ORDER = [
    "_base", "parameters", "stages", "nuclei", "sources", "interactions", "detectors", "measuring", "folding",
    "experiments", "inference", "measurements", "physics", "plots", "results", "exports", "joint", "cli",
]  # fmt: skip
ONLY_IN = {
    "matplotlib": {"plots"}, "typer": {"cli"}, "rich": set(), "tqdm": {"cli"},
    "contourpy": {"inference"}, "numpyro": {"inference"}, "blackjax": {"inference"}, "arviz": {"inference", "results"},
    "pandas": {"results"}, "xarray": {"inference", "results", "_base"}, "zarr": {"inference"},
    "iminuit": {"inference"}, "optax": {"inference"}, "optimistix": {"inference"},
    "dask": {"inference"}, "distributed": {"inference"}, "cloudpickle": {"inference"},
    "jax2onnx": {"exports"}, "onnx": {"exports"}, "onnxruntime": {"exports"}, "pyhf": set(), "pyhs3": set(), "yaml": set(),
}  # fmt: skip


def rooms():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts != ("__init__",):
            yield path, parts


def imports(path, parts):
    """Yield the dotted module of every import that runs, those for type checking left out."""
    tree = ast.parse(path.read_text())
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    package = parts[:-1]
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = ("cevnsjax", *package[: len(package) - node.level + 1])
                module = node.module.split(".") if node.module else [node.names[0].name]
                yield ".".join((*base, *module))
            elif node.module:
                yield node.module


def test_every_room_is_ordered():
    assert {parts[0] for _, parts in rooms()} == set(ORDER)


@pytest.mark.parametrize(("path", "parts"), list(rooms()), ids=lambda value: str(getattr(value, "name", value)))
def test_imports_go_one_way(path, parts):
    for module in imports(path, parts):
        names = module.split(".")
        if names[0] == "cevnsjax" and len(names) > 1 and names[1] != parts[0]:
            assert ORDER.index(names[1]) < ORDER.index(parts[0]), f"{path} imports {module}"
        if names[0] in ONLY_IN:
            assert parts[0] in ONLY_IN[names[0]], f"{path} imports {module}"


def test_public_names():
    """Those that are documented; others make models of the catalogue."""
    assert dir(cj) == sorted(cj.__all__)
    documented = [
        "Combination", "CrossSections", "Dask", "DataError", "FeldmanCousinsResult", "FitResult", "InputError", "Interaction", "Likelihood",
        "GridResult", "Flat", "Hmc", "Importance", "LogFlat", "Nested", "Normal", "Nuts", "Sampler", "MODELS", "Migrad", "Minimiser", "Newton", "Optax", "Optimistix", "Posterior", "Prediction", "StandardModel", "ToyStudy", "__version__", "axial_mediator",
        "charge_radius", "combine", "delta_chi2_table", "enable_compilation_cache", "flux_averaged_cross_sections",
        "light_scalar", "light_vector", "load", "magnetic_moment", "measurement", "measurements", "millicharge", "model", "nsi", "open_scan",
        "pseudoscalar_mediator", "standard_model", "tensor_mediator", "FermiDensity", "FormFactorFunction", "FormFactorOfRadius", "physics",
        "FourierBessel", "GaussianSum", "NuclearInput", "TabulatedDensity", "TabulatedFormFactor", "nuclear_input",
        "import_histograms", "import_workspace", "SkinRelation", "skin_relation", "running",
    ]  # fmt: skip
    assert set(documented) <= set(cj.__all__)
    for name in set(cj.__all__) - set(documented):
        assert isinstance(getattr(cj, name)(), cj.Interaction), name
    for name in cj.__all__:
        assert getattr(cj, name) is not None


def test_public_methods_are_documented():
    for name in (
        "CrossSections",
        "FeldmanCousinsResult",
        "FitResult",
        "Likelihood",
        "Posterior",
        "Prediction",
        "GridResult",
        "ToyStudy",
    ):
        for attribute, value in vars(getattr(cj, name)).items():
            if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{attribute}"
