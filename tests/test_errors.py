"""What is said of an optional package that cannot be imported."""

import pytest

from pellucid.errors import MissingPackageError, PellucidError, TooLargeError, not_loaded


def test_one_that_is_not_installed() -> None:
    error = not_loaded(ModuleNotFoundError("No module named 'h5py'"), "reading HDF5 files", "h5py", "hdf5")
    assert type(error) is MissingPackageError
    assert str(error) == "reading HDF5 files needs h5py: pip install 'pellucid[hdf5]'"


@pytest.mark.parametrize(
    "text",
    [
        "libarrow.so.2100: failed to map segment from shared object",
        "libgomp.so.1: cannot allocate memory in static TLS block",
        "libhdf5.so: cannot map zero-fill pages: Cannot allocate memory",
    ],
)
def test_one_that_does_not_fit_into_memory(text: str) -> None:
    error = not_loaded(ImportError(text), "reading tables", "pyarrow", "tables")
    assert type(error) is TooLargeError
    assert str(error) == f"reading tables needs more memory, to load pyarrow: {text}"


def test_one_that_is_broken() -> None:
    error = not_loaded(ImportError("undefined symbol:\n Py_x"), "drawing", "matplotlib", "plot")
    assert type(error) is PellucidError
    assert str(error) == (
        "drawing needs matplotlib, which is installed and cannot be loaded: undefined symbol: Py_x"
    )
