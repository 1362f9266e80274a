"""bactrian: Gaussian mixtures. Define, look at, fit, select, at any scale.

Names are loaded when they are first used, so that ``import bactrian`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bactrian import datasets, plot
    from bactrian.errors import (
        BactrianError,
        CollapseError,
        CollapseWarning,
        ConvergenceWarning,
        CovarianceError,
        DataError,
        MissingDependencyError,
        ModelFileError,
        ParameterError,
    )
    from bactrian.estimators import GaussianMixture
    from bactrian.fitting import Fit, fit
    from bactrian.loading import load
    from bactrian.mixture import Mixture

__version__ = "0.1.0"

_HOMES = {
    "Mixture": "bactrian.mixture",
    "fit": "bactrian.fitting",
    "Fit": "bactrian.fitting",
    "load": "bactrian.loading",
    "GaussianMixture": "bactrian.estimators",
    "BactrianError": "bactrian.errors",
    "DataError": "bactrian.errors",
    "ParameterError": "bactrian.errors",
    "CovarianceError": "bactrian.errors",
    "CollapseError": "bactrian.errors",
    "ModelFileError": "bactrian.errors",
    "MissingDependencyError": "bactrian.errors",
    "CollapseWarning": "bactrian.errors",
    "ConvergenceWarning": "bactrian.errors",
}
_MODULES = ("datasets", "plot")

__all__ = [*_HOMES, *_MODULES, "__version__"]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"bactrian.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'bactrian' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
