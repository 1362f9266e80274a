"""What the scripts share: the distribution they look at, rows drawn from it, and where pictures go."""

import sys
from pathlib import Path
from typing import Any

import numpy as np

import bactrian as bt

LOBES = bt.Mixture(
    weights=[0.35, 0.30, 0.20, 0.15],
    means=[[-2.5, 0.0], [2.0, 2.2], [2.5, -1.8], [-1.0, 4.2]],
    covariances=[
        [[1.0, 0.5], [0.5, 1.2]],
        [[1.4, -0.7], [-0.7, 0.8]],
        [[0.5, 0.2], [0.2, 0.4]],
        [[0.9, 0.0], [0.0, 0.25]],
    ],
)
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#56B4E9")
MARKERS = "os^D"


def draw_rows(n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, 2) rows and the (n,) components they came from; the same ones each time."""
    return LOBES.sample(n, rng=1894, labels=True)


def save(axes: Any, script: str) -> None:
    """Write the picture beside its script, or into the folder given as first argument."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(script).parent
    figure = np.ravel(axes)[0].figure
    figure.savefig(folder / f"{Path(script).stem}.png", dpi=110)
