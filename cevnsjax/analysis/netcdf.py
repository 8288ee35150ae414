"""netCDF files of draws and toys: checked before anything is computed, written whole."""

import importlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import InputError
from .._writing import check_file, replacing

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

ENGINE = "h5netcdf"


def check_netcdf(path: Path, overwrite: bool = False) -> None:
    """Refuse, before anything is computed, a path that no netCDF file can be written to; nothing is left there."""
    check_file(path, overwrite, (".nc",))
    for library in ("xarray", "h5py", ENGINE):
        try:
            importlib.import_module(library)
        except ImportError as error:
            raise InputError(f"netCDF files need {library}, which cannot be imported: {error}") from None


def write_netcdf(content: "Dataset | DataTree", path: Path, overwrite: bool = False) -> None:
    """Write a netCDF file, whole or not at all; an existing one is refused unless `overwrite`."""
    check_netcdf(path, overwrite)
    whole = io.BytesIO()
    content.to_netcdf(whole, engine=ENGINE)  # HDF5 on a disk that is full ends the process
    with replacing(path, overwrite) as part:
        part.write_bytes(whole.getbuffer())
