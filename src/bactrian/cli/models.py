"""Models that commands are given."""

from __future__ import annotations

from bactrian.fit_result import Fit
from bactrian.loading import load
from bactrian.mixture import Mixture
from bactrian.online import OnlineFit


def load_mixture(path: str) -> Mixture:
    """The mixture of a model file, whether it holds a Fit or a Mixture."""
    return mixture_of(load(path))


def mixture_of(model: Fit | Mixture | OnlineFit) -> Mixture:
    return model if isinstance(model, Mixture) else model.mixture
