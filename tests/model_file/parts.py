"""Models to save, and a way to build files that no version of the library would write."""

import json

import numpy as np

import bactrian as bt
from bactrian.selection import Candidate, Candidates

HEADER = {"format_version": 1, "library_version": "0.1.0", "form": "full", "feature_names": None}
ARRAYS = {"weights": [0.25, 0.75], "means": [[0.0], [3.0]], "covariances": [[[1.0]], [[0.5]]]}


def small_mixture():
    return bt.Mixture(
        [0.25, 0.75],
        [[1 / 3, -2e-300], [np.pi, 1e17]],
        [[[2.0, 0.1], [0.1, 1 / 7]], [[1e-9, 0.0], [0.0, 1e9]]],
        feature_names=("größe ✓", 'a "quoted" <b>'),
    )


def small_fit():
    rows = [
        Candidate(2, "VVV", 11, -10.25, 1 / 3, 2 / 3, 0.7, 12, "converged", "converged: below tol"),
        Candidate(3, "EII", 9, np.nan, np.nan, np.nan, np.nan, 0, "failed", 'fewer rows than "components" ✗'),
        Candidate(3, "VII", 11, np.inf, -np.inf, 5e-324, 1.7976931348623157e308, 3, "collapsed", "held"),
    ]
    return bt.Fit(
        mixture=small_mixture(),
        best=rows[0],
        candidates=Candidates(rows, "icl"),
        criterion="icl",
        history=(-np.inf, -12.5, -10.25),
        n_rows=272,
        total_weight=271.5,
    )


def same_fit(a, b):
    """Equal to the last bit; a NaN equals a NaN."""
    return (
        a.mixture == b.mixture
        and repr(a.candidates.as_dict()) == repr(b.candidates.as_dict())
        and (a.candidates.criterion, a.criterion) == (b.candidates.criterion, b.criterion)
        and (a.best, a.history) == (b.best, b.history)
        and (a.n_rows, a.total_weight) == (b.n_rows, b.total_weight)
    )


def container(tensors, metadata, data, padding=b""):
    """The bytes of a safetensors file, right or wrong."""
    parts = dict(tensors)
    if metadata is not None:
        parts["__metadata__"] = metadata
    text = (parts if isinstance(parts, str) else json.dumps(parts)).encode() + padding
    return len(text).to_bytes(8, "little") + text + data


def forged(header=None, arrays=None, **changes):
    """A model file with some fields of the header changed; a field set to ``...`` is left out."""
    full = {**HEADER, **(header or {}), **changes}
    full = {key: value for key, value in full.items() if value is not ...}
    tensors, data = {}, b""
    for name, values in {**ARRAYS, **(arrays or {})}.items():
        if values is ...:
            continue
        array = np.asarray(values, dtype="<f8")
        tensors[name] = {
            "dtype": "F64",
            "shape": list(array.shape),
            "data_offsets": [len(data), len(data) + array.nbytes],
        }
        data += array.tobytes()
    return container(tensors, {"bactrian": json.dumps(full)}, data)
