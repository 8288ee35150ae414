"""netCDF files of draws and toys: checked before anything is computed, written whole."""

import importlib
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .writing import check_file, exists, replacing

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

ENGINE = "h5netcdf"
MAGIC = b"\x89HDF\r\n\x1a\n"
"""What such a file begins with."""
LARGEST = 2**24
"""Most bytes of the record in a file that are read."""
MOST_COMPRESSED = 1000
"""How much smaller than its numbers a file may be that another program has compressed."""


def check_netcdf(path: Path, overwrite: bool = False) -> None:
    """Raise InputError, before any computation, if no netCDF file can be written to `path`; leave nothing there."""
    check_file(path, overwrite, (".nc",))
    for library in ("xarray", "h5py", ENGINE):
        try:
            importlib.import_module(library)
        except ImportError as error:
            raise InputError(f"netCDF files need {library}, which cannot be imported: {error}") from None


def write_netcdf(content: "Dataset | DataTree", path: Path, overwrite: bool = False) -> None:
    """Write a netCDF file, whole or not at all; an existing file is an error unless `overwrite`."""
    check_netcdf(path, overwrite)
    whole = io.BytesIO()
    content.to_netcdf(whole, engine=ENGINE)  # HDF5 on a disk that is full ends the process
    with replacing(path, overwrite) as part:
        part.write_bytes(whole.getbuffer())


def check_whole(path: Path) -> None:
    """Raise InputError if an HDF5 file declares more numbers than it has room for, or keeps them in other files."""
    import h5py

    if not path.is_file():
        raise InputError(f"'{path}' is {'no regular file' if exists(path) else 'not there'}")
    room = path.stat().st_size
    try:
        with h5py.File(path, "r") as file:
            _check_group(path, file, room)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"'{path}' is no netCDF file of this program, or damaged: {error}") from None


def _check_group(path: Path, group: Any, room: int) -> int:
    """Return the bytes that the numbers of a group take, no more than `room`."""
    import h5py

    taken = 0
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise InputError(f"'{path}': '{name}' lies in another place: expected a file that holds all its numbers")
        member = group[name]
        if isinstance(member, h5py.Group):
            taken += _check_group(path, member, room - taken)
        elif isinstance(member, h5py.Dataset):
            if member.external or member.is_virtual:
                raise InputError(f"'{path}': '{name}' lies in another file: expected a file that holds all its numbers")
            shared = member.attrs.get("CLASS") == b"DIMENSION_SCALE" and member.id.get_storage_size() == 0
            size = 0 if shared else math.prod(member.shape or ()) * member.dtype.itemsize
            taken += size if member.compression is None else size // MOST_COMPRESSED
        if taken > room:
            raise InputError(f"'{path}' declares more numbers than its {room} bytes can hold: it is damaged")
    return taken


def read_numbers(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return variables of a netCDF file by name: arrays of numbers, as they are stored."""
    import h5py

    check_whole(path)
    numbers = {}
    try:
        with h5py.File(path, "r") as file:
            for name in names:
                member = file.get(name)
                if not isinstance(member, h5py.Dataset) or member.dtype.kind not in "fiub" or member.shape is None:
                    raise InputError(f"'{path}' is damaged: expected the numbers '{name}' in it, found none")
                numbers[name] = np.asarray(member[()])
    except (OSError, RuntimeError, KeyError, ValueError, MemoryError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"'{path}' is damaged: {error}") from None
    return numbers


def read_record(path: Path) -> dict[str, Any]:
    """Return the record in a netCDF file of this program; raise InputError for any other file."""
    import h5py

    check_whole(path)
    other = InputError(f"'{path}' holds no scan, posterior or toys of this program")
    try:
        with h5py.File(path, "r") as file:
            if "cevnsjax" not in file.attrs or file.attrs.get_id("cevnsjax").get_storage_size() > LARGEST:
                raise other
            text = file.attrs["cevnsjax"]
        content = json.loads(text) if isinstance(text, str) and len(text) <= LARGEST else None
    except (OSError, RuntimeError, KeyError, ValueError, RecursionError) as error:
        raise (error if isinstance(error, InputError) else other) from None
    if not isinstance(content, dict):
        raise other
    return content
