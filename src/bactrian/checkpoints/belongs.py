"""What a checkpoint belongs to: the data, the arguments and the machine that make a fit what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from bactrian import __version__
from bactrian.checkpoints.flat import flatten
from bactrian.digest import digest
from bactrian.kernels import NativeKernel, Parameters
from bactrian.selection import Task
from bactrian.sources import Labelled, LabelledChunks
from bactrian.starts import Hierarchy
from bactrian.typing import FloatArray

# what a difference is called; what is not here is an argument, and called by its name
WORDS = {
    "version": "the version of bactrian",
    "instructions": "the instruction set (see BACTRIAN_INSTRUCTIONS)",
    "n_given": "the number of rows",
    "n_rows": "the number of rows of positive weight",
    "total": "the total weight",
    "n_features": "the number of features",
    "names": "the features",
    "dtype": "the type of the numbers",
}
CLOSE = 1e-6  # standard deviations within which means agree whatever machine took them
OPAQUE = "#"  # begins what is too long to be shown


def belongings(task: Task, names: tuple[str, ...] | None, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that the result depends on, as JSON can hold it.

    Parameters
    ----------
    names : tuple of str or None
        Of the features.
    asked : dict
        Arguments of the fit that the task does not hold, as JSON can hold them.
    """
    known = task.source if isinstance(task.source, (Labelled, LabelledChunks)) else None
    labels, whole = (None, task.source) if known is None else (known.labels, known.whole)
    return {
        "version": __version__,
        "instructions": task.kernel.variant if isinstance(task.kernel, NativeKernel) else None,
        "n_given": whole.n_given,
        "n_rows": whole.n_rows,
        "total": whole.total,
        "n_features": whole.n_features,
        "names": None if names is None else list(names),
        "dtype": "float32" if whole.single_precision else "float64",
        "mean": whole.moments.mean.tolist(),
        "variance": np.diagonal(whole.moments.covariance).tolist(),
        "rows": OPAQUE + whole.mark,
        **asked,
        "start": _start(task),
        "n_init": task.n_init,
        "tol": task.tol,
        "max_iter": task.max_iter,
        "prior": _prior(task, asked),
        "noise": _noise(task),
        "labels": None if labels is None else OPAQUE + digest(labels),
        "equal_weights": task.equal_weights,
        "acceleration": task.acceleration,
    }


def generator_mark(rng: np.random.Generator) -> str:
    """What tells one generator from another."""
    seed = getattr(rng.bit_generator.seed_seq, "state", None)
    return OPAQUE + digest(json.dumps([rng.bit_generator.state, seed], default=_plain, sort_keys=True))


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _start(task: Task) -> str:
    if task.start is None:
        return "auto" if task.search else "k-means++"
    if isinstance(task.start, Hierarchy):
        return "hierarchical"
    return OPAQUE + digest(flatten(task.start) if isinstance(task.start, Parameters) else task.start)


def _prior(task: Task, asked: Mapping[str, Any]) -> str | None:
    if task.prior is None:
        return None
    moments = task.source.moments
    prior = task.prior.about(moments.mean, moments.covariance, task.source.total, asked["n_components"][0])
    return OPAQUE + digest(flatten({**prior.numbers(), **prior.arrays()}))


def _noise(task: Task) -> Any:
    if task.noise is None:
        return None
    rows = task.noise.rows
    return [task.noise.log_density, None if rows is None else OPAQUE + digest(rows)]


def difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """The first thing in which two fits differ, as the end of a sentence; None where they are the same."""
    for what, value in new.items():
        before = old.get(what)
        if what in ("mean", "variance"):
            if before != value and (column := _apart(old, new)) is not None:
                name = repr(new["names"][column]) if new["names"] else str(column)
                return f"the mean or variance of column {name} is not what it was"
        elif before != value:
            return _told(what, before, value)
    return None


def _apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> int | None:
    """The first column whose moments differ by more than rounding."""
    mean, variance, mean_now, variance_now = (_numbers(one[m]) for one in (old, new) for m in ("mean", "variance"))
    allowed = CLOSE * np.sqrt(np.abs(variance)) + 1e-9 * np.abs(mean)
    same = np.isclose(mean, mean_now, rtol=0, atol=allowed, equal_nan=True)
    same &= np.isclose(variance, variance_now, rtol=CLOSE, atol=0, equal_nan=True)
    return None if same.all() else int(np.argmin(same))


def _numbers(values: Any) -> FloatArray:
    return np.array([np.nan if v is None else float(v) for v in values])


def _told(what: str, before: Any, value: Any) -> str:
    if what == "rows":
        return "its rows are not what they were, though they are as many with the same mean"
    if any(isinstance(v, str) and v.startswith(OPAQUE) for v in (before, value)):
        return f"{what} is not what it was"
    return f"{WORDS.get(what, what)} was {_brief(before)} and is {_brief(value)}"


def _brief(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 100 else f"{text[:100]}..."
