"""One partition where it lives: its rows as a kernel wants them, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.errors import DataError
from bactrian.missing import MISSING
from bactrian.typing import FloatArray
from bactrian.weights import check_total


@dataclass(frozen=True, eq=False)
class Part:
    """Rows of positive weight.

    ``values`` : (n, D) float32 or float64. ``weight`` : (n,) or None. ``mask`` : of the rows as they were given, which
    are here; None for all.
    """

    values: FloatArray
    weight: FloatArray | None
    mask: NDArray[np.bool_] | None = None

    @property
    def kept(self) -> NDArray[np.bool_]:
        return np.ones(len(self), dtype=bool) if self.mask is None else self.mask

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, values: FloatArray, weight: FloatArray | None) -> Part:
        """Rows of weight zero are left out, as if they never were."""
        if weight is None or weight.all():
            return cls(values, weight)
        kept = weight != 0
        return cls(values[kept], weight[kept], kept)


@dataclass(frozen=True, eq=False)
class Summary:
    """What the client knows of a partition; it travels as one vector.

    Attributes
    ----------
    n_rows : int
        All rows, those of weight zero too.
    kept : int
        Rows of positive weight.
    total : float
        Sum of the weights.
    heaviest : float
        The largest of them.
    bad : (D + 1,) array
        In each column, the weights last, how many values cannot be used.
    first, value : (D + 1,) arrays
        The row of the first one, and what stands there.
    """

    n_rows: int
    kept: int
    total: float
    heaviest: float
    bad: FloatArray
    first: FloatArray
    value: FloatArray

    def pack(self) -> FloatArray:
        return np.concatenate([[self.n_rows, self.kept, self.total, self.heaviest], self.bad, self.first, self.value])

    @classmethod
    def unpack(cls, vector: FloatArray) -> Summary:
        n_rows, kept, total, heaviest = vector[:4]
        return cls(int(n_rows), int(kept), float(total), float(heaviest), *np.split(vector[4:], 3))

    @classmethod
    def of_nothing(cls, n_features: int) -> Summary:
        return cls(0, 0, 0.0, 0.0, *np.zeros((3, n_features + 1)))

    def __add__(self, later: Summary) -> Summary:
        """Of two blocks of rows, one behind the other."""
        found = self.bad > 0
        return Summary(
            self.n_rows + later.n_rows,
            self.kept + later.kept,
            self.total + later.total,
            max(self.heaviest, later.heaviest),
            self.bad + later.bad,
            np.where(found, self.first, self.n_rows + later.first),
            np.where(found, self.value, later.value),
        )


def summary_of(values: FloatArray, weight: FloatArray | None) -> Summary:
    """What there is to know of (n, D) values and (n,) weights as they came, before rows are left out."""
    n, d = values.shape
    summary = Summary(n, n, float(n), float(n > 0), *np.zeros((3, d + 1)))
    if weight is not None:
        with np.errstate(over="ignore", invalid="ignore"):  # ``check`` says so
            total = float(weight.sum())
        summary = Summary(n, int((weight != 0).sum()), total, float(weight.max(initial=0.0)), *np.zeros((3, d + 1)))
    columns = list(values.T) if _any_bad(values) else []
    for column, bad in [(c, ~np.isfinite(v)) for c, v in enumerate(columns)] + _bad_weights(weight, d):
        if bad.any():
            row = int(np.argmax(bad))
            summary.bad[column], summary.first[column] = bad.sum(), row
            summary.value[column] = values[row, column] if weight is None or column < d else weight[row]
    return summary


def _any_bad(values: FloatArray) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return not np.isfinite(np.sum(values, dtype=np.float64))  # one cheap pass; overflow only asks for a closer look


def _bad_weights(weight: FloatArray | None, column: int) -> list[tuple[int, Any]]:
    return [] if weight is None else [(column, ~(np.isfinite(weight) & (weight >= 0)))]


def check(summaries: list[Summary], names: tuple[str, ...] | None) -> None:
    """Raise at the first partition with a value that cannot be used.

    Raises
    ------
    DataError
        No rows at all, no weight at all, or NaN, infinity or a negative weight: says which partition, column and row.
    """
    if not sum(s.n_rows for s in summaries):
        raise DataError("the data has no rows: every partition is empty; at least one row is needed")
    for partition, summary in enumerate(summaries):
        for column in np.flatnonzero(summary.bad):
            raise DataError(_sentence(summaries, partition, int(column), names))
    if not sum(s.kept for s in summaries):
        raise DataError("sample_weight is zero for every row, so there is nothing to fit; give some rows weight")
    check_total(sum(s.total for s in summaries))


def _sentence(summaries: list[Summary], partition: int, column: int, names: tuple[str, ...] | None) -> str:
    found = summaries[partition]
    row, value = int(found.first[column]), found.value[column]
    bad, rows = (int(sum(x)) for x in zip(*((s.bad[column], s.n_rows) for s in summaries), strict=True))
    if column == len(found.bad) - 1:
        return (
            f"sample_weight should be finite and not negative, but partition {partition}, row {row} has {value:g}, "
            f"and {bad} of {rows} rows have such a weight"
        )
    what = MISSING if np.isnan(value) else "infinity"
    name = repr(names[column]) if names else str(column)
    return (
        f"partition {partition}, column {name}, row {row} of the partition is {what}, and {bad} of {rows} rows have "
        "such a value in that column; drop or fill those rows first"
    )
