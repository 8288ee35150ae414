"""The notebooks run from top to bottom, and are stored as they ran."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

EXPECTED = {
    "first_fit": (("1578 events", "sin²θ_W = 0.2302 +0.0270 -0.0242"), 3),
    "light_mediator": (("resumed is identical: True", "points that did not converge: 0"), 3),
    "posterior": (("method importance: k-hat is", "read again: True", "weak charge of Cs negative"), 3),
    "joint_likelihoods": (("'sns_flux_norm': ['coherent-csi-2021', 'coherent-lar-2020']", "sin2_theta_w = 0.23760"), 1),
    "my_experiment": (("no faults found", "pyhf:     cevns_norm = 1.0272 ± 0.0805", "counts of the table: True"), 3),
}
"""What each notebook prints, and how many pictures it shows."""
SMALL = {"CEVNSJAX_NOTEBOOK_POINTS": "16", "CEVNSJAX_NOTEBOOK_DRAWS": "2560", "CEVNSJAX_NOTEBOOK_LIVE": "60"}
"""Settings that the notebooks take from the environment: quick ones. They are stored as they ran without."""
MARKS = {"first_fit": pytest.mark.smoke, "my_experiment": ()}
"""Those of the first day; the others run with --slow."""
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, id=path.stem, marks=MARKS.get(path.stem, pytest.mark.slow)) for path in NOTEBOOKS],
)
@pytest.mark.filterwarnings("ignore")
def test_notebook_runs(path, monkeypatch):
    for name, value in SMALL.items():
        monkeypatch.setenv(name, value)
    stored = nbformat.read(path, as_version=4)
    codes = [cell for cell in stored.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in codes] == list(range(1, len(codes) + 1))
    fresh = nbformat.read(path, as_version=4)
    NotebookClient(fresh, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    outputs = [output for cell in fresh.cells for output in cell.get("outputs", [])]
    joined = "".join(o.get("text", "") + o.get("data", {}).get("text/plain", "") for o in outputs)
    texts, pictures = EXPECTED[path.stem]
    for text in texts:
        assert text in joined
    assert sum("image/png" in output.get("data", {}) for output in outputs) == pictures
