"""What the library says of its arguments, said of the options of the command."""

from __future__ import annotations

import re

OPTIONS = {
    "n_components": "-k",
    "families": "--family",
    "criterion": "--criterion",
    "features": "--columns",
    "sample_weight": "--weights",
    "labels": "--known",
    "random_state": "--seed",
    "tol": "--tol",
    "max_iter": "--max-iter",
    "start": "--start",
    "n_init": "--n-init",
    "regularization": "--regularization",
    "prior": "--prior",
    "noise": "--noise",
    "equal_weights": "--equal-weights",
    "n_threads": "--threads",
    "header": "--header",
}
"""Argument of the library -> option of the command."""

# only where advice stands, since file names and queries may hold such words too
_HINT = re.compile(
    rf"(?:^|(?<=with )|(?<=leave )|(?<=or )|(?<=use )|(?<=give ))({'|'.join(OPTIONS)})=('[^']*'|[\w.+-]*)(?=[\s,;:)]|$)"
)
_SUBJECT = re.compile(rf"^({'|'.join(OPTIONS)})(?= should )")
_IN_PYTHON = re.compile(r" \(in Python, [^()]*(\([^()]*\))*[^()]*\)")


def as_options(message: str) -> str:
    """The same sentence: ``with regularization=`` is ``with --regularization``, and words on Python are left out."""
    plain = _IN_PYTHON.sub("", message)
    return _HINT.sub(_option, _SUBJECT.sub(lambda found: OPTIONS[found[1]], plain))


def _option(found: re.Match[str]) -> str:
    name, value = OPTIONS[found[1]], found[2].strip("'")
    return name if value in ("", "True") else f"{name} {value}"
