"""How the command line and the package start: what needs no JAX imports none, every help has examples that run."""

import os
import shlex
import subprocess
import sys

import pytest

from cevnsjax.cli.app import COMMANDS, EXAMPLES

WITHOUT_JAX = [
    ["--version"],
    ["--help"],
    ["-h"],
    ["measurements"],
    ["models"],
    ["models", "--json"],
    ["cite"],
    ["cite", "coherent-csi-2021:shape", "cryocsi-i"],
    *([name, "-h"] for name in COMMANDS),
]
HEAVY = ("jax", "jaxlib", "equinox", "jaxtyping", "matplotlib", "pandas", "xarray", "numpyro")


def modules_after(code, *arguments, **environment):
    """Return the names of `HEAVY` that are imported once `code` has run, and what it prints."""
    code = (
        f"import sys\ntry:\n    {code}\nfinally:\n    print(*[m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=os.environ | environment
    )
    return done.stderr.split(), done.stdout


@pytest.mark.parametrize("arguments", WITHOUT_JAX, ids=" ".join)
def test_lists_and_help_import_no_jax(arguments):
    imported, printed = modules_after("from cevnsjax_command import main; main()", *arguments)
    assert imported == []
    assert printed.strip()


def test_importing_the_package_imports_no_heavy_library():
    imported, _ = modules_after("import cevnsjax, cevnsjax.measurements")
    assert imported == []


@pytest.mark.parametrize(
    "code",
    [
        "import cevnsjax, jax.numpy as jnp; print(jnp.ones(1).dtype)",
        "import jax.numpy as jnp, cevnsjax; print(jnp.ones(1).dtype)",
        "import jax.numpy as jnp; from cevnsjax import measurements; print(jnp.ones(1).dtype)",
    ],
)
@pytest.mark.parametrize("environment", [{}, {"JAX_ENABLE_X64": "false"}], ids=["unset", "false"])
def test_importing_the_package_turns_on_64_bits(code, environment, monkeypatch):
    monkeypatch.delenv("JAX_ENABLE_X64", raising=False)
    assert modules_after(code, **environment)[1].strip() == "float64"


def test_every_help_has_examples(run):
    for name in COMMANDS:
        code, printed, _ = run(name, "--help")
        assert code == 0
        for example in EXAMPLES[name]:
            assert f"{example} ".startswith(f"cevnsjax {name} ")
            assert f"    {example}\n" in printed


@pytest.mark.smoke
def test_every_example_runs(run):
    for name in COMMANDS:
        for example in EXAMPLES[name]:
            code, printed, error = run(*shlex.split(example)[1:])
            assert code == 0, error
            assert printed.strip()


def complete(shell, words):
    environment = {
        "_CEVNSJAX_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    imported, printed = modules_after("from cevnsjax_command import main; main()", **environment)
    assert imported == []
    return printed.split()


def test_the_shell_completes():
    """Commands, options, and the names of measurements and models."""
    assert {"fit", "forecast"} <= set(complete("bash", "cevnsjax f"))
    assert "--free" in complete("bash", "cevnsjax fit --f")
    assert complete("bash", "cevnsjax fit coherent-csi-2021:s") == ["coherent-csi-2021:shape"]
    assert "light-vector:B-L" in complete("bash", "cevnsjax fit crex --interaction light-vector:B")
