"""What says of a value that it is not there: None, NaN, pandas' NA and NaT, or the mask of a masked array.

Whoever made such a value has imported pandas or numpy.ma, so neither is imported here.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

MISSING = "missing (NaN or null)"  # what messages call a number that is not there, wherever rows live


def is_missing(value: Any) -> bool:
    """Whether a single value is missing."""
    if value is None or (isinstance(value, float) and value != value):
        return True
    pandas = sys.modules.get("pandas")
    if pandas is not None and (value is getattr(pandas, "NA", None) or value is getattr(pandas, "NaT", None)):
        return True
    return "numpy.ma" in sys.modules and value is np.ma.masked


def masked_row(values: Any) -> int | None:
    """The first row of a masked array that is masked, or None."""
    if "numpy.ma" not in sys.modules or not isinstance(values, np.ma.MaskedArray):
        return None
    mask = np.ma.getmaskarray(values)
    return int(np.argwhere(mask)[0].flat[0]) if mask.ndim and mask.any() else None


def without_mask(values: Any) -> Any:
    """A masked array or list as a plain one, which holds None where it is masked; all else as it is."""
    if "numpy.ma" in sys.modules and isinstance(values, (list, tuple)):
        return [None if value is np.ma.masked else value for value in values]
    if masked_row(values) is None:
        return values
    plain = np.asarray(values.data).astype(object)
    plain[np.ma.getmaskarray(values)] = None
    return plain
