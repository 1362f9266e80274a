"""pyarrow, which is optional: imported when the first file needs it."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from bactrian.errors import MissingDependencyError


def arrow(module: str = "pyarrow") -> Any:
    """pyarrow or one of its modules, as ``arrow("pyarrow.csv")``.

    Raises
    ------
    MissingDependencyError
        pyarrow is not installed.
    """
    found = sys.modules.get(module)
    if found is not None:  # several times for each column of each batch
        return found
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingDependencyError(
            "CSV and Parquet files are read and written by pyarrow, which is not installed; "
            'pip install "bactrian[files]"'
        ) from error
