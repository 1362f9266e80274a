"""Names for the arrays that cross module borders."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
IntArray: TypeAlias = NDArray[np.integer[Any]]
RandomState: TypeAlias = "int | np.random.Generator | np.random.RandomState | None"
