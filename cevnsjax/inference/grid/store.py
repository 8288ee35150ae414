"""A scan on disk: a zarr store that xarray opens, written chunk by chunk, so that a scan that was stopped goes on.

Every variable is an array of uncompressed chunks, each a block of the scan, in the layout of the specification
(zarr-specs.readthedocs.io, version 3: regular chunk grid, codec ``bytes``). The files of a block are written beside
their places, synced and renamed; that of χ² comes last and says that the block is done. The store holds no times and
no names of machines: it is the same to the last byte however often the scan was stopped.

Everything in a store is checked before it is used. ``zarr.json`` of the group holds its own SHA-256 and those of the
axes, and says what all other metadata are; ``chi2/sha256`` has a file for each block with the SHA-256 of its chunks.
Files are opened without following links, and read only if their size is what the grid makes it.
"""

import errno
import functools
import hashlib
import json
import math
import os
import re
import shutil
import stat
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._base.errors import InputError
from ..._base.writing import NOT_FOLLOWED, cannot_write, check_folder, exists, sync
from .axes import MOST_VALUES, Axis
from .blocks import MOST_BLOCKS, MOST_POINTS, Grid
from .scan import Scanned

if TYPE_CHECKING:
    import xarray

FORMAT = "cevnsjax scan 2"
ROOT = "zarr.json"
MOST_BYTES = 2**24
"""Size of the metadata of a store beyond which they are not read: a thousand times what they have."""
MENDED = "the command that made it mends it, or makes it again with --overwrite"
"""What helps where attributes of a store were altered."""
NAME = r"[^./\\\s][^/\\\s]{0,199}"
"""Names of parameters that a store may have: each is the name of a folder in it."""


class Damage(Exception):
    """A part of a store is missing or is not what was written; the text names it and says which."""


def _content(path: Path, named: str, size: int | None = None) -> bytes:
    """Return the content of a regular file that has `size` bytes, or a bounded number of them."""
    try:
        handle = os.open(path, os.O_RDONLY | NOT_FOLLOWED | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        raise Damage(f"{named} is missing") from None
    except OSError as error:
        raise Damage(f"{named} is a link" if error.errno == errno.ELOOP else f"{named}: {error.strerror}") from None
    about = os.fstat(handle)
    if not stat.S_ISREG(about.st_mode):
        os.close(handle)
        raise Damage(f"{named} is no regular file")
    with os.fdopen(handle, "rb") as file:
        if size is None and about.st_size > MOST_BYTES:
            raise Damage(f"{named} has {about.st_size} bytes, {MOST_BYTES} are the most")
        if size is not None and about.st_size != size:
            raise Damage(f"{named} has {about.st_size} bytes, not {size}")
        try:
            return file.read(MOST_BYTES if size is None else size)
        except OSError as error:
            raise Damage(f"{named}: {error.strerror}") from None


def _digest(attributes: Mapping[str, Any]) -> str:
    """Return the SHA-256 of attributes, whatever their order."""
    others = {name: value for name, value in attributes.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(others, sort_keys=True).encode()).hexdigest()


def _format(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the format that the store at `path` says it has, None for what is no store, and its attributes."""
    try:
        attributes = json.loads(_content(path / ROOT, ROOT))["attributes"]
        return attributes["format"], attributes
    except (Damage, ValueError, KeyError, TypeError, RecursionError):
        return None, {}


def is_scan(path: Path) -> bool:
    """Return whether there is a scan at `path`, of any version of this program."""
    form, _ = _format(path)
    return isinstance(form, str) and form.startswith("cevnsjax scan ")


def read_attributes(path: Path) -> dict[str, Any]:
    """Return the attributes of the scan stored at `path`, which may be damaged; raise `InputError` if it is no scan."""
    form, attributes = _format(path)
    if form == FORMAT:
        return attributes
    if isinstance(form, str) and form.startswith("cevnsjax scan "):
        raise InputError(
            f"'{path}' is a scan of another version of this program, in the format '{form}': "
            "scan --overwrite replaces it"
        )
    try:
        there = path.exists()
    except OSError:
        there = False
    raise InputError(f"'{path}' is not a scan of this program" if there else f"there is no scan '{path}'")


def are_whole(attributes: Mapping[str, Any]) -> bool:
    """Return whether attributes are those that were written."""
    return attributes.get("sha256") == _digest(attributes)


def _well_formed(attributes: Mapping[str, Any]) -> None:
    """Raise `Damage` for attributes that this program does not write."""

    def expect(holds: bool, what: str) -> None:
        if not holds:
            raise Damage(f"{what} in {ROOT} is not what this program writes")

    def table(value: Any, what: str) -> dict[str, Any]:
        expect(isinstance(value, dict), what)
        return value

    def listed(value: Any) -> list[Any]:
        expect(isinstance(value, list), "the names of the parameters")
        return value

    def number(value: Any) -> bool:
        return value is None or (isinstance(value, int | float) and not isinstance(value, bool))

    settings, axes = (table(attributes.get(key), "settings or axes") for key in ("settings", "axes"))
    grid = table(settings.get("grid"), "grid")
    chunk: Any = settings.get("chunk")
    names = [*grid, *listed(settings.get("free")), *listed(settings.get("nuisances"))]
    expect(bool(grid) and list(axes) == list(grid), "grid")
    expect(all(isinstance(name, str) and re.fullmatch(NAME, name) for name in names), "the name of a parameter")
    expect(len({*names, "chi2", "converged"}) == len(names) + 2, "the name of a parameter")
    for name, entry in grid.items():
        keys = {"values": int, "log": bool, "sha256": str}
        expect(
            isinstance(entry, dict) and all(type(entry.get(key)) is kind for key, kind in keys.items()), f"grid {name}"
        )
        described = axes[name]
        expect(isinstance(described, dict) and set(described) == {"units", "latex", "long_name"}, f"axis {name}")
        expect(all(isinstance(text, str) for text in described.values()), f"axis {name}")
    expect(isinstance(chunk, list) and len(chunk) == len(grid), "chunk")
    sizes = [(n, entry["values"]) for n, entry in zip(chunk, grid.values(), strict=True)]
    expect(all(type(n) is int and 1 <= n <= most and 2 <= most <= MOST_VALUES for n, most in sizes), "chunk")
    expect(math.prod(n for _, n in sizes) <= MOST_POINTS, "the number of points")
    expect(math.prod(-(-most // n) for n, most in sizes) <= MOST_BLOCKS, "the number of chunks")
    for key in ("measurements", "interactions"):
        expect(isinstance(texts := settings.get(key), list) and all(isinstance(t, str) for t in texts), key)
    for key in ("version", "jax", "digest"):
        expect(isinstance(attributes.get(key), str), key)
    if not attributes.get("complete"):
        return
    for key in ("chi2_min", "chi2_grid_min", "quadrature_error"):
        expect(number(attributes.get(key, "")), key)
    for key in ("best", "grid_best"):
        expect(isinstance(values := attributes.get(key), dict) and all(map(number, values.values())), key)
    expect(type(attributes.get("converged")) is bool and type(attributes.get("not_converged")) is int, "converged")
    expect(isinstance(attributes.get("quadrature"), str), "quadrature")


def _array(
    grid: Grid, dimensions: Sequence[str], chunk: Sequence[int], kind: str, attributes: Mapping[str, Any]
) -> bytes:
    """Return the metadata of an array on some axes of the grid, as the specification of zarr has them."""
    flag, axis = kind == "bool", len(attributes) > 0
    shape = [grid.shape[grid.names.index(name)] for name in dimensions]
    codec = {"name": "bytes"} if flag else {"name": "bytes", "configuration": {"endian": "little"}}
    content = {
        "shape": shape,
        "data_type": kind,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunk)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": False if flag else 0.0 if axis else "NaN",
        "codecs": [codec],
        "attributes": dict(attributes),
        "dimension_names": list(dimensions),
        "zarr_format": 3,
        "node_type": "array",
        "storage_transformers": [],
    }
    return json.dumps(content, indent=2, allow_nan=False).encode()


@functools.cache
def _writers(process: int) -> ThreadPoolExecutor:
    """Return the threads of a process that write files side by side: a fork of it has none of them."""
    return ThreadPoolExecutor(8, f"cevnsjax-writers-{process}")


def _write_synced(path: Path, content: bytes) -> None:
    """Write a new file, through no link, and have it on the disk."""
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOT_FOLLOWED, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    sync(path)


def _remove_folder(path: Path) -> None:
    """Remove a folder as far as that is possible, or a link in its place."""
    if path.is_symlink():
        path.unlink()
    shutil.rmtree(path, ignore_errors=True)


class ScanStore:
    """The store of a scan."""

    def __init__(self, path: Path, grid: Grid, names: Sequence[str], axes: Mapping[str, Mapping[str, str]]) -> None:
        """Take the place of the store, its grid, the variables beside χ² and the flags, and attributes of the axes."""
        self.path, self.grid, self.names, self.axes = path, grid, tuple(names), axes
        self._inside: dict[Path, bool] = {}
        self._again: str | None = "the same command"

    @staticmethod
    def of(path: Path, attributes: Mapping[str, Any]) -> "ScanStore":
        """Return the store at `path` with these attributes, its axes read and checked."""
        _well_formed(attributes)
        settings, axes = attributes["settings"], []
        files = ScanStore(path, Grid((), ()), (), {})
        for name, entry in settings["grid"].items():
            content = files._read(f"{name}/c/0", 8 * entry["values"])
            values = np.frombuffer(content, "<f8")
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise Damage(f"{name}/c/0 was altered")
            if not np.all(np.isfinite(values)) or np.any(np.diff(values) <= 0.0):
                raise Damage(f"{name}/c/0 holds no increasing values")
            axes.append(Axis(name, values, entry["log"]))
        grid = Grid(tuple(axes), tuple(settings["chunk"]))
        return ScanStore(path, grid, [*settings["free"], *settings["nuisances"]], attributes["axes"])

    @property
    def exists(self) -> bool:
        """Return whether the store was created."""
        return (self.path / ROOT).is_file()

    def check_place(self, overwrite: bool = False) -> None:
        """Raise `InputError` for a place that no store can be written to; nothing is created.

        What is there is overwritten only if it is a scan of this program, of whatever version, in a folder of its own.
        """
        if exists(self.path) and not self.exists:
            raise InputError(f"cannot write a scan to '{self.path}': it exists and is not a scan")
        if not self.path.parent.is_dir():
            raise InputError(f"cannot write a scan to '{self.path}': there is no folder '{self.path.parent}'")
        if self.exists and not os.access(self.path, os.W_OK):
            raise InputError(f"cannot write a scan to '{self.path}': no permission to write there")
        if overwrite and self.exists and (self.path.is_symlink() or not is_scan(self.path)):
            raise InputError(f"cannot overwrite '{self.path}': it is not a scan of this program")
        check_folder(self.path)

    def _fixed(self) -> dict[str, bytes]:
        """Return the files of a store that its grid and its names make: metadata and axes."""
        grid, files = self.grid, {}
        for axis in grid.axes:
            count = [len(axis.values)]
            files[f"{axis.name}/{ROOT}"] = _array(grid, [axis.name], count, "float64", self.axes[axis.name])
            files[f"{axis.name}/c/0"] = axis.values.astype("<f8").tobytes()
        for name in (*self.names, "converged", "chi2"):
            kind = "bool" if name == "converged" else "float64"
            files[f"{name}/{ROOT}"] = _array(grid, grid.names, grid.block, kind, {})
        return files

    def _beside(self, what: str) -> Path:
        return self.path.with_name(f".{self.path.name}.{what}")

    def create(self, attributes: Mapping[str, Any], overwrite: bool = False) -> None:
        """Create the store without any chunk, at once: beside its place, then renamed.

        What is there is renamed aside first, put back if the new store does not come, and removed once it is there.
        `overwrite` says that the option was given, without which the same command goes on from here.
        """
        building, self._again = self._beside("partial"), None
        with self._guarded():
            try:
                building.mkdir()
                for name, content in self._fixed().items():
                    (building / name).parent.mkdir(parents=True, exist_ok=True)
                    _write_synced(building / name, content)
                _write_synced(building / ROOT, _root(attributes))
                if self.exists:
                    self.path.rename(self._beside("replaced"))
                building.rename(self.path)
                self._again = "the same command without --overwrite" if overwrite else "the same command"
                sync(self.path.parent)
            finally:
                self._tidy()

    def tidy(self) -> None:
        """Put back, or remove, what a run that was killed while it created the store has left beside it."""
        try:
            self._tidy()
        except OSError as error:
            raise cannot_write(self.path, error) from None

    def _tidy(self) -> None:
        building, aside = self._beside("partial"), self._beside("replaced")
        _remove_folder(building)
        if (aside / ROOT).is_file() and not aside.is_symlink():
            aside.rename(building if exists(self.path) else self.path)  # half removed, it is never put back
        _remove_folder(aside)
        _remove_folder(building)

    # Places and checks

    def _place(self, relative: str) -> Path:
        """Return the path of a file of the store; its folder must not lead out of it."""
        path = self.path / relative
        folder = path.parent
        if folder not in self._inside:
            root = Path(os.path.realpath(self.path))
            self._inside[folder] = Path(os.path.realpath(folder)) == (root / relative).parent
        if not self._inside[folder]:
            raise Damage(f"{relative} leads out of the store")
        return path

    def _read(self, relative: str, size: int | None = None) -> bytes:
        return _content(self._place(relative), relative, size)

    def _chunk(self, name: str, number: int) -> str:
        return "/".join([name, "c", *map(str, self.grid.place(number))])

    def _sums(self, number: int) -> str:
        return "/".join(["chi2", "sha256", *map(str, self.grid.place(number))])

    def _chunk_bytes(self, name: str, number: int) -> bytes:
        """Return the chunk of a variable, of the right size."""
        return self._read(self._chunk(name, number), math.prod(self.grid.block) * (1 if name == "converged" else 8))

    def is_begun(self, number: int) -> bool:
        """Return whether block `number` was written, whatever became of it."""
        return (self.path / self._chunk("chi2", number)).is_file()

    def check_block(self, number: int) -> None:
        """Raise `Damage` if a file of block `number` is missing or is not what was written."""
        digests = self._read(self._sums(number)).decode("ascii", "replace").split("\n")
        for name, line in zip((*self.names, "converged", "chi2"), [*digests, *([""] * len(self.names))], strict=False):
            if hashlib.sha256(self._chunk_bytes(name, number)).hexdigest() != line:
                raise Damage(f"{self._chunk(name, number)} was altered")

    def faults(self, complete: bool) -> tuple[list[int], list[str]]:
        """Return the blocks to compute, and what is damaged or, in a complete store, missing."""
        due, damaged = [], []
        for number in range(self.grid.blocks):
            try:
                self.check_block(number)
            except Damage as damage:
                due.append(number)
                if complete or self.is_begun(number):
                    damaged.append(str(damage))
        return due, damaged

    def fixed_faults(self) -> list[str]:
        """Return which metadata and axes are damaged."""
        damaged = []
        for name, content in self._fixed().items():
            try:
                if self._read(name, len(content)) != content:
                    damaged.append(f"{name} was altered")
            except Damage as damage:
                damaged.append(str(damage))
        return damaged

    # Writing

    @contextmanager
    def _guarded(self) -> Generator[None, None, None]:
        """Turn errors of the disk into a message of a single line."""
        try:
            yield
        except Damage as damage:
            raise cannot_write(self.path, str(damage)) from None
        except OSError as error:
            raise cannot_write(self.path, f"{error.strerror or error}; {self._kept()}") from None

    def _kept(self) -> str:
        """Return what is kept if this run ends now, and how it goes on."""
        if self._again is None or not self.exists:
            return "nothing was kept" + (", and the scan that was there stays" if self.exists else "")
        begun = sum(map(self.is_begun, range(self.grid.blocks)))
        return f"{begun} of {self.grid.blocks} chunks are kept: {self._again} goes on from there"

    def _put(self, files: Mapping[str, bytes]) -> None:
        """Write files of the store: all under other names, synced side by side, then renamed in order."""
        parts = {name: self.path / f".{name.partition('/')[0]}.{k}.partial" for k, name in enumerate(files)}
        try:
            for name in files:
                self._place(name).parent.mkdir(parents=True, exist_ok=True)
            written = [_writers(os.getpid()).submit(_write_synced, parts[name], files[name]) for name in files]
            try:
                for future in written:
                    future.result()
            finally:
                wait(written)
            for name, part in parts.items():
                place = self.path / name
                if place.is_dir() and not place.is_symlink():
                    place.rmdir()
                part.replace(place)
            sync((self.path / list(files)[-1]).parent)
        except OSError:
            for part in parts.values():
                part.unlink(missing_ok=True)
            raise

    def mend_fixed(self) -> None:
        """Write metadata and axes again."""
        with self._guarded():
            self._put(self._fixed())

    def write(self, number: int, block: Scanned) -> None:
        """Write the result of block `number`, χ² last."""
        content = {name: self._padded(block.values[name], np.nan).tobytes() for name in self.names}
        content["converged"] = self._padded(block.converged, 0.0).astype(bool).tobytes()
        content["chi2"] = self._padded(block.chi2, np.nan).tobytes()
        sums = "\n".join(hashlib.sha256(chunk).hexdigest() for chunk in content.values())
        files = {self._chunk(name, number): chunk for name, chunk in content.items()}
        last = files.popitem()
        with self._guarded():
            self._put({**files, self._sums(number): sums.encode(), last[0]: last[1]})

    def _padded(self, values: np.ndarray, fill: float) -> np.ndarray:
        """Return a block as a chunk on disk: the last along an axis is filled up."""
        whole = np.full(self.grid.block, fill, "<f8")
        whole[tuple(slice(n) for n in values.shape)] = values
        return whole

    def describe(self, attributes: Mapping[str, Any]) -> None:
        """Replace the attributes of the store."""
        with self._guarded():
            self._put({ROOT: _root(attributes)})

    # Reading

    def _block(self, name: str, number: int) -> np.ndarray:
        """Return a variable in block `number`."""
        kind = bool if name == "converged" else np.dtype("<f8")
        whole = np.frombuffer(self._chunk_bytes(name, number), kind).reshape(self.grid.block)
        return whole[tuple(slice(part.stop - part.start) for part in self.grid.slices(number))]

    def variable(self, name: str) -> np.ndarray:
        """Return a variable on the whole grid."""
        values = np.empty(self.grid.shape, bool if name == "converged" else float)
        for number in range(self.grid.blocks):
            values[self.grid.slices(number)] = self._block(name, number)
        return values

    def chi2(self) -> np.ndarray:
        """Return χ² of the whole grid."""
        return self.variable("chi2")

    def unchanged(self, name: str, digest: str) -> np.ndarray:
        """Return a variable of the store whose attributes have this digest; raise `InputError` if it changed."""
        try:
            self._expect(digest)
            values = self.variable(name)
            self._expect(digest)
        except Damage as damage:
            raise InputError(
                f"the scan '{self.path}' is not what it was when it was opened: {damage}; open it again"
            ) from None
        return values

    def _expect(self, digest: str) -> None:
        if _digest(_format(self.path)[1]) != digest:
            raise Damage("it was removed, replaced or altered")

    def dataset(self, attributes: Mapping[str, Any]) -> "xarray.Dataset":
        """Return the scan with these attributes; a variable is read when it is needed, by this program alone.

        Whatever else lies in the folder is not looked at. The store is located by its absolute path; reading raises
        `InputError` if it is another by then.
        """
        import xarray

        from .on_disk import lazily

        variables = ("chi2", "converged", *self.names)
        digest = _digest({"format": FORMAT, **attributes})
        placed = ScanStore(Path(os.path.abspath(self.path)), self.grid, self.names, self.axes)
        return xarray.Dataset(
            {name: xarray.Variable(self.grid.names, lazily(placed, name, digest)) for name in variables},
            coords={axis.name: (axis.name, axis.values, self.axes[axis.name]) for axis in self.grid.axes},
            attrs=dict(attributes),
        )

    def count_unconverged(self) -> int:
        """Return the number of points that did not converge, block by block."""
        return sum(int(np.sum(~self._block("converged", number))) for number in range(self.grid.blocks))

    def lookup(self, where: tuple[np.ndarray, ...]) -> dict[str, np.ndarray]:
        """Return the variables at some places."""
        places = [np.divmod(index, size) for index, size in zip(where, self.grid.block, strict=True)]
        numbers = np.ravel_multi_index([block for block, _ in places], self.grid.counts)
        inner = np.stack([within for _, within in places], axis=1)
        return {
            name: np.array([self._block(name, int(k))[tuple(at)] for k, at in zip(numbers, inner, strict=True)])
            for name in self.names
        }


def _root(attributes: Mapping[str, Any]) -> bytes:
    """Return the metadata of the group with these attributes and their digest."""
    content = {"format": FORMAT, **attributes}
    content["sha256"] = _digest(content)
    return json.dumps(
        {"attributes": content, "zarr_format": 3, "node_type": "group"}, indent=2, allow_nan=False
    ).encode()
