"""Starts for mixtures with noise, from starts without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bactrian.em import Climb
from bactrian.kernels import Noise
from bactrian.objective import Objective

# Rows of noise widen every component they were assigned to: begin once as if there were little noise, and once with
# half the spread in every direction and much noise.
MILD, STRONG, NARROWER = 0.05, 0.3, 0.5


def beside_noise(climb: Climb, objective: Objective, share: float | None) -> list[Climb]:
    """Starts under an objective with noise: with this share of the rows, or if None with a small and a large one."""
    if share is not None:
        return [_with_noise(climb, objective, share)]
    p = climb.mixture
    narrow = replace(p, covariance=p.covariance.affine(NARROWER * np.eye(p.covariance.n_features)))
    return [
        _with_noise(climb, objective, MILD),
        _with_noise(replace(climb, mixture=narrow), objective, STRONG),
    ]


def _with_noise(climb: Climb, objective: Objective, share: float) -> Climb:
    assert objective.noise is not None
    noise = Noise(share, objective.noise)
    mixture = replace(climb.mixture, weights=(1 - share) * climb.mixture.weights, noise=noise)
    return Climb(objective, mixture, climb.held)
