"""A variable of a scan store as an array that xarray reads when it is needed. Imported where xarray is needed."""

from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

if TYPE_CHECKING:
    from .store import ScanStore


class OnDisk(BackendArray):
    """A variable, read whole and kept once any of it is needed."""

    def __init__(self, store: "ScanStore", name: str, digest: str) -> None:
        """Take the store, checked, the name of the variable, and the digest of the attributes that the store has."""
        self.store, self.name, self.digest = store, name, digest
        self.shape, self.dtype = store.grid.shape, np.dtype(bool if name == "converged" else float)

    def __getitem__(self, key: Any) -> Any:
        """Return a part of the variable."""
        basic = indexing.IndexingSupport.BASIC
        return indexing.explicit_indexing_adapter(key, self.shape, basic, self._read)

    def _read(self, at: tuple[Any, ...]) -> np.ndarray:
        return np.asarray(self.store.unchanged(self.name, self.digest)[at])


def lazily(store: "ScanStore", name: str, digest: str) -> indexing.MemoryCachedArray:
    """Return the variable as xarray takes it."""
    return indexing.MemoryCachedArray(indexing.LazilyIndexedArray(OnDisk(store, name, digest)))
