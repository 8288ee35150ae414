"""A scan that is killed, interrupted, left without room and tried by two processes is the scan that was not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / "scan_lives.py"


@pytest.mark.slow
@pytest.mark.parametrize(("kills", "chunk"), [(2, 50), (20, 10)])
def test_a_stopped_scan_is_the_same_to_the_last_byte(tmp_path, kills, chunk):
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path, str(kills), "7", str(chunk)],
        capture_output=True,
        text=True,
        env={**os.environ, "CEVNSJAX_CACHE": str(tmp_path / "cache")},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert found["blocks"] == 48 * 50 // chunk
    assert found["repeated"] <= found["stops"]  # at most the one block that each life was in
    assert found["second"] == found["no_room"] == 2
    assert found["interrupted"] == 130
    refused, full = done.stderr.splitlines()
    assert "another process" in refused
    assert "is writing to" in refused
    assert "File too large" in full
    assert "chunks are kept" in full
    one, other = (
        {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file()}
        for root in (tmp_path / "whole.zarr", tmp_path / "stopped.zarr")
    )
    assert one == other
    # Metadata of the group and 8 arrays, chunks of 6 and their digests, values of both axes.
    assert len(one) == 9 + 7 * found["blocks"] + 2
    assert not list(tmp_path.glob(".*"))
