"""How probable it is that a label is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np

from bactrian.typing import FloatArray


def uncertainty(responsibilities: FloatArray) -> Any:
    """The sum of all but the largest of (..., K) responsibilities: 1 - max without its rounding."""
    ordered = np.sort(responsibilities, axis=-1)
    return ordered[..., :-1].sum(axis=-1)
