"""Data drawn from a mixture that is known: a friendly one, and cases that break common implementations.

Each takes the number of rows and a seed or Generator; the default seed gives the same rows each time.
"""

from __future__ import annotations

import numpy as np

from bactrian.datasets.dataset import Dataset
from bactrian.errors import ParameterError
from bactrian.mixture import Mixture
from bactrian.randomness import generator
from bactrian.typing import RandomState


def toy_modes(n: int = 1000, rng: RandomState = 0) -> Dataset:
    """Four humps in two dimensions: round, flat, tilted, and a small one close to a large one."""
    return _drawn(_four_humps(), n, rng, "four humps of different size, shape and direction")


def two_cigars(n: int = 1000, rng: RandomState = 0) -> Dataset:
    """Two parallel cigars, 20 long and 1 wide (standard deviations), 6 apart.

    Euclidean distances cut both in half across; only a start that looks at the shape finds them.
    """
    mixture = Mixture([0.5, 0.5], [[0, -3], [0, 3]], [400, 1], form="tied diagonal", feature_names=("x", "y"))
    return _drawn(mixture, n, rng, "two parallel cigars")


def scaled_units(n: int = 1000, scale: float = 1e-4, rng: RandomState = 0) -> Dataset:
    """Two humps of one feature, in units that make their variances tiny: an absolute floor swallows them."""
    if not 0 < scale < np.inf:
        raise ParameterError(f"scale should be a positive finite number, but got {scale!r}")
    mixture = Mixture([0.4, 0.6], [0, 5], [1, 0.5], form="spherical", feature_names=("x",)).affine(scale)
    return _drawn(mixture, n, rng, f"two humps of one feature, times {scale:g}")


def far_from_origin(n: int = 1000, offset: float = 1e8, rng: RandomState = 0) -> Dataset:
    """The rows of ``toy_modes`` with a large constant added: raw sums of squares lose every digit."""
    near = _drawn(_four_humps(), n, rng, "")
    mixture = _four_humps().affine(1.0, offset)
    return Dataset(
        near.data + offset,
        near.feature_names,
        f"four humps, {offset:g} from the origin",
        "generated",
        mixture,
        near.labels,
    )


def duplicates(n: int = 1000, share: float = 0.2, rng: RandomState = 0) -> Dataset:
    """``toy_modes`` with a share of the rows replaced by copies of one point, labelled 4.

    The likelihood is infinite there.
    """
    if not 0 <= share < 1:
        raise ParameterError(f"share should be a number from 0 up to 1, but got {share!r}")
    random = generator(rng)
    drawn = _drawn(_four_humps(), n, random, "")
    rows, labels = np.array(drawn.data), np.array(drawn.labels)
    copies = random.permutation(n)[: round(share * n)]
    rows[copies] = (2.0, 2.0)
    labels[copies] = drawn.mixture.n_components if drawn.mixture else 0
    return Dataset(
        rows,
        drawn.feature_names,
        f"four humps and {len(copies)} copies of one point",
        "generated",
        labels=labels,
    )


def constant_column(n: int = 1000, value: float = 7.0, rng: RandomState = 0) -> Dataset:
    """``toy_modes`` with a third column that never changes: it has no density."""
    drawn = _drawn(_four_humps(), n, rng, "")
    rows = np.column_stack([drawn.data, np.full(n, value)])
    return Dataset(
        rows,
        (*drawn.feature_names, "constant"),
        f"four humps, and a column that is always {value:g}",
        "generated",
        labels=drawn.labels,
    )


def _four_humps() -> Mixture:
    return Mixture(
        weights=[0.35, 0.3, 0.25, 0.1],
        means=[[0, 0], [6, 5], [-5, 5], [1.5, -3]],
        covariances=[[[1, 0], [0, 1]], [[4, 0], [0, 0.25]], [[1.5, 1.2], [1.2, 1.5]], [[0.2, 0], [0, 0.2]]],
        feature_names=("x", "y"),
    )


def _drawn(mixture: Mixture, n: int, rng: RandomState, description: str) -> Dataset:
    rows, labels = mixture.sample(n, rng, labels=True)
    return Dataset(rows, mixture.feature_names or (), description, "generated", mixture, labels)
