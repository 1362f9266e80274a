"""Fits of every kind that stop and go on."""

import numpy as np

import bactrian as bt
from tests.fit.cases import lobes

LARGE = lobes(30_000, 4, 4)  # more than the core climbs by itself at K = 9
WEIGHT = np.random.default_rng(1).uniform(0.5, 2, 400)
LABELS = np.where(np.arange(400) < 20, np.arange(400) % 2, -1)

# data, n_components, families, other arguments
FITS = {
    "table": (lobes(400, 2, 3), [1, 2, 3], ["EII", "EVE", "VVV"], {}),
    "one": (lobes(600, 3, 5), 6, "VVV", {"tol": 0, "max_iter": 30}),
    "large": (LARGE, [9, 10], ["EEE", "VVV"], {"max_iter": 40}),
    "float32": (LARGE.astype(np.float32), 9, "VVI", {"max_iter": 40}),
    "plain": (LARGE, 9, "VVV", {"acceleration": None, "max_iter": 30}),
    "incremental": (LARGE, [9, 10], ["EEE", "VVV"], {"acceleration": "incremental", "max_iter": 40}),
    "prior": (LARGE, 10, "VVV", {"prior": "conjugate", "max_iter": 30}),
    "noise": (LARGE, 9, ["VVV", "VII"], {"noise": True, "max_iter": 30}),
    "weights": (lobes(400, 2, 3), [2, 3], "VVI", {"sample_weight": WEIGHT}),
    "labels": (lobes(400, 2, 3), [2, 3], "VVV", {"labels": LABELS}),
    "cv": (lobes(400, 2, 3), [2, 4], ["EEE", "VVV"], {"criterion": "cv", "tol": 0, "max_iter": 20}),
    "start": (LARGE, 9, "VVV", {"start": np.arange(len(LARGE)) % 9, "max_iter": 30}),
}


def fit(case, **more):
    data, counts, families, how = FITS[case]
    return bt.fit(data, counts, families, **how, **more)


def assert_same_bits(one, other):
    assert repr(one.candidates.as_dict()) == repr(other.candidates.as_dict())
    assert one.history == other.history
    for a, b in ((one.mixture, other.mixture),):
        assert a.weights.tobytes() == b.weights.tobytes()
        assert a.means.tobytes() == b.means.tobytes()
        assert a.covariances.tobytes() == b.covariances.tobytes()
    assert one.noise == other.noise


class Stop:
    """Ctrl-C at the nth pass over the whole data."""

    def __init__(self, n):
        self.left = n

    def __call__(self, progress):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt
