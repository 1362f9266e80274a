"""What the comparisons with mclust share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import bactrian as bt
from bactrian.em import Climb, run
from bactrian.families import FAMILIES, Floor, parse_family
from bactrian.kernels import NativeKernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource
from bactrian.starts import from_assignment

# mclust's VVE leaves lambda_k out of its step for D: no reference (its EM is not monotone)
SOUND = [family for family in FAMILIES if family != "VVE"]
# where mclust's inner iteration stops early
LOOSE = {"VEE": 1e-7, "EVE": 1e-7}
DATA = {"faithful": bt.datasets.old_faithful, "iris": bt.datasets.iris, "acidity": bt.datasets.acidity}
KERNEL = NativeKernel()


def numbers(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text())


def close(a: Any, b: Any, tolerance: float) -> bool:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    return bool(np.abs(a - b).max() <= tolerance * np.abs(b).max())


def climb_from(source: ArraySource, assignment: np.ndarray, family: str, **rules: Any) -> Climb:
    """After the M-step from labels or responsibilities of three components, without a floor."""
    objective = Objective(parse_family(family), Floor(np.zeros(source.n_features)), **rules)
    return from_assignment(source, KERNEL, objective, assignment, 3)


def tight(source: ArraySource, start: Climb) -> Climb:
    return run(source, KERNEL, [start], tol=1e-14, max_iter=20_000)[0]
