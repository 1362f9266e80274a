"""Rows with other weights. Resampling changes how much a row counts, never which rows there are."""

from __future__ import annotations

from copy import copy
from functools import cached_property

import numpy as np

from bactrian.errors import DataError
from bactrian.sources import ArraySource, Labelled, Source
from bactrian.typing import FloatArray

# Numbers up to which rows of weight 0 are left out by copying the others: the passes that follow cost more.
COPIED = 1_000_000

COUNTABLE = 2.0**53  # rows: of more a float64 forgets single ones
DRAWN = 2**28  # numbers that may be drawn for rows that are fewer: 2 GB


def in_memory(source: Source) -> ArraySource:
    """The rows of a source as an array.

    Raises
    ------
    DataError
        They are somewhere else.
    """
    if isinstance(source, Labelled):
        return source.whole
    if isinstance(source, ArraySource):
        return source
    raise DataError(
        "only rows in memory can be resampled; use method='information', or give a sample of the rows as data"
    )


def weights_of(source: Source) -> FloatArray:
    """(n,) the weight of each row."""
    whole = in_memory(source)
    return np.ones(whole.n_rows) if whole.weight is None else whole.weight


def reweighted(source: Source, weight: FloatArray) -> Source:
    """The same rows with other weights (n,), not all 0."""
    whole = in_memory(source)
    if isinstance(source, Labelled):
        kept = weight > 0
        return Labelled(ArraySource(whole.values, weight), source.labels if kept.all() else source.labels[kept])
    if whole.values.size <= COPIED:
        return ArraySource(whole.values, weight)
    return _sharing(whole, weight)


def _sharing(source: ArraySource, weight: FloatArray) -> ArraySource:
    """Without a copy of the rows."""
    other = copy(source)
    derived = [n for c in type(source).__mro__ for n, what in vars(c).items() if isinstance(what, cached_property)]
    for name in derived:  # from the rows and the weights that they had
        other.__dict__.pop(name, None)
    other.weight, other.total, other.n_rows = weight, float(weight.sum()), source.n_rows
    return other


def in_double(source: Source) -> Source:
    """The same rows in float64."""
    whole = in_memory(source)
    double = ArraySource(whole.values.astype(np.float64), whole.weight)
    return Labelled(double, source.labels) if isinstance(source, Labelled) else double


def check_counts(source: Source, n_components: int) -> None:
    """Raise where row weights cannot be counts of rows.

    Raises
    ------
    DataError
        They add up to fewer than two rows, or than one for each component, or to more than can be counted.
    """
    if source.n_rows < 2:
        raise DataError("one row says nothing about the uncertainty of a fit; give more rows")
    if source.total < max(2, n_components):
        raise DataError(
            f"row weights are counts of rows here, and add up to {source.total:.3g}, which is too few; multiply them "
            "so that they add up to the number of rows that were seen"
        )
    if source.total > COUNTABLE:
        raise DataError(
            f"row weights are counts of rows here, and add up to {source.total:.3g}, which is more than can be "
            "counted; divide them so that they add up to the number of rows that were seen"
        )


def check_drawn(source: Source) -> None:
    """Raise where row weights stand for more rows than can be drawn anew.

    Raises
    ------
    DataError
        They add up to far more rows than there are.
    """
    if source.total > source.n_rows and source.total * source.n_features > DRAWN:
        raise DataError(
            f"row weights are counts of rows here, and add up to {source.total:.3g}, more rows than can be drawn from "
            "the fit; divide them so that they add up to the number of rows that were seen"
        )
