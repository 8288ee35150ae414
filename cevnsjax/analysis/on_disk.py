"""A variable of a scan store as an array that xarray reads when it is asked for. Imported where xarray is needed."""

from typing import TYPE_CHECKING, Any

import numpy as np
from xarray.backends import BackendArray
from xarray.core import indexing

if TYPE_CHECKING:
    from .store import ScanStore


class OnDisk(BackendArray):
    """A variable, read whole and kept once any of it is needed."""

    def __init__(self, store: "ScanStore", name: str) -> None:
        """Take the store, checked, and the name of the variable."""
        self.store, self.name = store, name
        self.shape, self.dtype = store.grid.shape, np.dtype(bool if name == "converged" else float)

    def __getitem__(self, key: Any) -> Any:
        """Return a part of the variable."""
        basic = indexing.IndexingSupport.BASIC
        return indexing.explicit_indexing_adapter(key, self.shape, basic, lambda at: self.store.variable(self.name)[at])


def lazily(store: "ScanStore", name: str) -> indexing.MemoryCachedArray:
    """Return the variable as xarray takes it."""
    return indexing.MemoryCachedArray(indexing.LazilyIndexedArray(OnDisk(store, name)))
