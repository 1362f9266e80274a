"""Data sets to find the optimum of: real ones that scikit-learn and bactrian ship, and generated ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA

import bactrian as bt


def _leading(x: np.ndarray, d: int) -> np.ndarray:
    return PCA(d, random_state=0).fit_transform(x)


def _pixels(n: int) -> np.ndarray:
    """Colours of a photograph; a little noise takes the 8-bit grid away."""
    rng = np.random.default_rng(0)
    pixels = datasets.load_sample_image("china.jpg").reshape(-1, 3)
    return rng.choice(pixels, n, replace=False) + rng.uniform(-0.5, 0.5, (n, 3))


def generated(
    n: int, d: int, k: int, *, apart: float, spread: float = 1.0, skew: float = 1.0, seed: int = 0
) -> np.ndarray:
    """Lobes ``apart`` (in sd, on average) with axes of unequal length (``spread``) and unequal sizes (``skew``)."""
    rng = np.random.default_rng([seed, n, d, k])
    sizes = np.exp(np.log(skew) * rng.uniform(size=k))
    labels = rng.choice(k, n, p=sizes / sizes.sum())
    shapes = np.linalg.qr(rng.normal(size=(k, d, d)))[0] * np.exp(np.log(spread) * rng.uniform(-0.5, 0.5, (k, 1, d)))
    means = apart * rng.normal(size=(k, d)) / np.sqrt(2 * d)
    return means[labels] + np.einsum("nd,nde->ne", rng.normal(size=(n, d)), shapes[labels].swapaxes(1, 2))


# name: (rows, K)
DATA_SETS: dict[str, tuple[Callable[[], np.ndarray], int]] = {
    "faithful": (lambda: bt.datasets.old_faithful().data, 3),
    "iris": (lambda: datasets.load_iris().data, 3),
    "acidity": (lambda: bt.datasets.acidity().data, 3),
    "wine": (lambda: datasets.load_wine().data, 3),
    "wine, 4 axes": (lambda: _leading(datasets.load_wine().data / datasets.load_wine().data.std(0), 4), 4),
    "breast cancer": (lambda: np.log(datasets.load_breast_cancer().data[:, :5]), 5),
    "breast cancer, 10": (lambda: datasets.load_breast_cancer().data[:, :10], 2),
    "diabetes": (lambda: datasets.load_diabetes().data[:, [0, 2, 3, 4, 5]], 3),
    "digits, 6 axes": (lambda: _leading(datasets.load_digits().data, 6), 10),
    "digits, 15 axes": (lambda: _leading(datasets.load_digits().data, 15), 10),
    "pixels": (lambda: _pixels(10_000), 8),
    "two cigars": (lambda: generated(1000, 2, 2, apart=6, spread=20), 2),
    "1-D, 5 lobes": (lambda: generated(2000, 1, 5, apart=8, skew=5), 5),
    "2-D, 10 lobes": (lambda: generated(5000, 2, 10, apart=12), 10),
    "2-D, 15 unequal": (lambda: generated(5000, 2, 15, apart=20, spread=5, skew=10), 15),
    "3-D, overlap": (lambda: generated(3000, 3, 4, apart=3, spread=4), 4),
    "5-D, 8 lobes": (lambda: generated(4000, 5, 8, apart=6, spread=4, skew=5), 8),
    "8-D, 16 lobes": (lambda: generated(10_000, 8, 16, apart=5, spread=4), 16),
    "10-D, 20 unequal": (lambda: generated(10_000, 10, 20, apart=8, spread=10, skew=20), 20),
    "20-D, 12 lobes": (lambda: generated(8000, 20, 12, apart=6, spread=3, skew=4), 12),
    "30-D, 6 lobes": (lambda: generated(6000, 30, 6, apart=4, spread=5), 6),
}
