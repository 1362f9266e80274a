"""bactrian: Gaussian mixtures. Define, look at, fit, select, at any scale.

Names are loaded when they are first used, so that ``import bactrian`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bactrian import datasets as datasets
    from bactrian import plot as plot
    from bactrian import sources as sources
    from bactrian.checkpoints import Checkpoint as Checkpoint
    from bactrian.errors import BactrianError as BactrianError
    from bactrian.errors import CheckpointWarning as CheckpointWarning
    from bactrian.errors import ClusterError as ClusterError
    from bactrian.errors import CollapseError as CollapseError
    from bactrian.errors import CollapseWarning as CollapseWarning
    from bactrian.errors import CovarianceError as CovarianceError
    from bactrian.errors import DataError as DataError
    from bactrian.errors import HeaderWarning as HeaderWarning
    from bactrian.errors import InterruptWarning as InterruptWarning
    from bactrian.errors import MissingDependencyError as MissingDependencyError
    from bactrian.errors import ModelFileError as ModelFileError
    from bactrian.errors import ParameterError as ParameterError
    from bactrian.estimators import GaussianMixture as GaussianMixture
    from bactrian.fit_result import Fit as Fit
    from bactrian.fitting import fit as fit
    from bactrian.likelihood_ratio import test_n_components as test_n_components
    from bactrian.loading import load as load
    from bactrian.mixture import Mixture as Mixture
    from bactrian.online import OnlineFit as OnlineFit
    from bactrian.priors import ConjugatePrior as ConjugatePrior

__version__ = "0.1.0"

_HOMES = {
    "Mixture": "bactrian.mixture",
    "fit": "bactrian.fitting",
    "Fit": "bactrian.fit_result",
    "OnlineFit": "bactrian.online",
    "load": "bactrian.loading",
    "test_n_components": "bactrian.likelihood_ratio",
    "GaussianMixture": "bactrian.estimators",
    "ConjugatePrior": "bactrian.priors",
    "Checkpoint": "bactrian.checkpoints",
    "BactrianError": "bactrian.errors",
    "DataError": "bactrian.errors",
    "ParameterError": "bactrian.errors",
    "CovarianceError": "bactrian.errors",
    "CollapseError": "bactrian.errors",
    "ClusterError": "bactrian.errors",
    "ModelFileError": "bactrian.errors",
    "MissingDependencyError": "bactrian.errors",
    "CollapseWarning": "bactrian.errors",
    "CheckpointWarning": "bactrian.errors",
    "HeaderWarning": "bactrian.errors",
    "InterruptWarning": "bactrian.errors",
}
_MODULES = ("datasets", "plot", "sources")

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
