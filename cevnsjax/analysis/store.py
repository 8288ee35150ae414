"""A scan on disk: a zarr store that xarray opens, written chunk by chunk, so that a scan that was stopped goes on.

Every variable is an array of uncompressed chunks, one for each block of the scan, in the layout of the specification
(zarr-specs.readthedocs.io, version 3: regular chunk grid, codec ``bytes``). A chunk is written beside the store and
renamed into it; that of χ² comes last and says that the block is done. The store holds no times and no names of
machines: it is the same to the last byte however often the scan was stopped.
"""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from .._errors import InputError
from ..inference.scan import Grid, Scanned

FORMAT = "cevnsjax scan 1"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of the scan stored at `path`; refuse what is not one."""
    try:
        attributes = json.loads((path / "zarr.json").read_text())["attributes"]
    except (OSError, ValueError, KeyError):
        attributes = {}
    if attributes.get("format") != FORMAT:
        if not path.exists():
            raise InputError(f"there is no scan '{path}'")
        raise InputError(f"'{path}' is not a scan of this program")
    return attributes


class ScanStore:
    """The store of one scan, open for writing."""

    def __init__(self, path: Path, grid: Grid, names: tuple[str, ...]) -> None:
        """Take the place of the store, its grid and the variables beside χ² and the flags."""
        self.path, self.grid, self.names = path, grid, names

    @property
    def exists(self) -> bool:
        """Return whether the store was created."""
        return (self.path / "zarr.json").is_file()

    def check_place(self) -> None:
        """Refuse a place that no store can be written to; nothing is created."""
        if self.path.exists() and not self.exists:
            raise InputError(f"cannot write a scan to '{self.path}': it exists and is not a scan")
        if not self.path.parent.is_dir():
            raise InputError(f"cannot write a scan to '{self.path}': there is no folder '{self.path.parent}'")
        if not os.access(self.path if self.exists else self.path.parent, os.W_OK):
            raise InputError(f"cannot write a scan to '{self.path}': no permission to write there")

    def create(self, attributes: Mapping[str, Any], axes: Mapping[str, Mapping[str, Any]]) -> None:
        """Create the store without any chunk, at once: beside its place, then renamed; `axes` are attributes."""
        import zarr

        building = self.path.with_name(f".{self.path.name}.partial")
        with self._guarded():
            try:
                shutil.rmtree(building, ignore_errors=True)
                group = zarr.create_group(building, attributes={"format": FORMAT, **attributes})
                for axis in self.grid.axes:
                    group.create_array(
                        axis.name,
                        data=axis.values,
                        chunks=(len(axis.values),),
                        compressors=None,
                        dimension_names=(axis.name,),
                        attributes=dict(axes[axis.name]),
                    )
                for name in (*self.names, "converged", "chi2"):
                    flag = name == "converged"
                    group.create_array(
                        name,
                        shape=self.grid.shape,
                        chunks=self.grid.block,
                        dtype=bool if flag else "<f8",
                        fill_value=False if flag else np.nan,
                        compressors=None,
                        filters=None,
                        chunk_key_encoding={"name": "default", "separator": "/"},
                        dimension_names=self.grid.names,
                    )
                building.rename(self.path)
            finally:
                shutil.rmtree(building, ignore_errors=True)

    def _chunk(self, name: str, number: int) -> Path:
        return self.path.joinpath(name, "c", *map(str, self.grid.place(number)))

    def is_done(self, number: int) -> bool:
        """Return whether block `number` was written whole."""
        return self._chunk("chi2", number).is_file()

    @property
    def done(self) -> list[bool]:
        """Return whether each block was written whole."""
        return [self.is_done(number) for number in range(self.grid.blocks)]

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn what a disk can do into one line."""
        try:
            yield
        except OSError as error:
            kept = f"{sum(self.done)} of {self.grid.blocks} chunks are kept: the same command goes on from there"
            raise InputError(
                f"cannot write to '{self.path}': {error.strerror or error}; "
                + (kept if self.exists else "nothing was kept")
            ) from None

    def _put(self, target: Path, content: bytes) -> None:
        """Write a file of the store at once: under another name, then renamed."""
        partial = self.path / ".partial"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            partial.replace(target)
        except OSError:
            partial.unlink(missing_ok=True)
            raise

    def write(self, number: int, block: Scanned) -> None:
        """Write what was found in block `number`, χ² last."""
        flags = self._padded(block.converged, 0.0).astype(bool)
        with self._guarded():
            for name in self.names:
                self._put(self._chunk(name, number), self._padded(block.values[name], np.nan).tobytes())
            self._put(self._chunk("converged", number), flags.tobytes())
            self._put(self._chunk("chi2", number), self._padded(block.chi2, np.nan).tobytes())

    def _padded(self, values: np.ndarray, fill: float) -> np.ndarray:
        """Return a block as a chunk on disk: the last along an axis is filled up."""
        whole = np.full(self.grid.block, fill, "<f8")
        whole[tuple(slice(n) for n in values.shape)] = values
        return whole

    def finish(self, attributes: Mapping[str, Any]) -> None:
        """Add `attributes` to those of the store."""
        target = self.path / "zarr.json"
        content = json.loads(target.read_text())
        content["attributes"] |= attributes
        with self._guarded():
            self._put(target, json.dumps(content, indent=2, allow_nan=False).encode())

    def chi2(self) -> np.ndarray:
        """Return χ² of the whole grid."""
        import zarr

        return np.asarray(zarr.open_array(self.path / "chi2", mode="r")[...])

    def count_unconverged(self) -> int:
        """Return the number of points that did not converge, block by block."""
        import zarr

        flags = zarr.open_array(self.path / "converged", mode="r")
        return sum(int(np.sum(~np.asarray(flags[self.grid.slices(k)]))) for k in range(self.grid.blocks))

    def lookup(self, where: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
        """Return the variables at some places."""
        import zarr

        return {
            name: np.asarray(zarr.open_array(self.path / name, mode="r").get_coordinate_selection(where))
            for name in self.names
        }
