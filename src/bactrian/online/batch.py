"""A batch: whatever the user calls rows, checked against those before it; and batches that wait for a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.errors import DataError
from bactrian.files.arrow import arrow
from bactrian.rows import Rows, read_columns, read_rows
from bactrian.sources import ArraySource
from bactrian.typing import FloatArray
from bactrian.weights import read_weights


@dataclass(frozen=True)
class Schema:
    """The features of all batches: how many, and their names if the first batch had some."""

    n_features: int
    names: tuple[str, ...] | None


def read_batch(batch: Any, sample_weight: Any, schema: Schema | None) -> tuple[ArraySource | None, Schema | None]:
    """The rows of positive weight, or None for none; and the schema, which the first batch fixes.

    Raises
    ------
    DataError
        Rows that cannot be used, or not the features of the batches before.
    """
    if type(batch).__name__ == "RecordBatch":  # the one kind of table that narwhals does not know
        batch = arrow().Table.from_batches([batch])
    if hasattr(batch, "__len__") and len(batch) == 0:
        return None, schema
    rows, weight = _read(batch, sample_weight, schema)
    if schema is None:
        schema = Schema(rows.values.shape[1], rows.names)
    if weight is not None and not weight.any():
        return None, schema
    return ArraySource(rows.values, weight), schema


def _read(batch: Any, sample_weight: Any, schema: Schema | None) -> tuple[Rows, FloatArray | None]:
    names, n_features = (None, None) if schema is None else (schema.names, schema.n_features)
    if isinstance(sample_weight, str):
        rows, column = read_columns(batch, names, sample_weight)
        rows = rows if n_features is None else read_rows(rows.values, names, n_features)
        sample_weight = column
    else:
        rows = read_rows(batch, names, n_features)
    if sample_weight is None:
        return rows, None
    return rows, read_weights(sample_weight, len(rows.values), all_may_be_0=True)


def part(rows: ArraySource, begin: int, end: int) -> ArraySource:
    """Some of the rows."""
    return ArraySource(rows.values[begin:end], None if rows.weight is None else rows.weight[begin:end])


def copied(rows: ArraySource) -> ArraySource:
    """The same rows in memory of their own, whatever becomes of the batch."""
    return ArraySource(np.array(rows.values), None if rows.weight is None else np.array(rows.weight))


def joined(parts: Sequence[ArraySource]) -> ArraySource:
    """One behind the other; float32 if all are."""
    if len(parts) == 1:
        return parts[0]
    weight = None
    if any(p.weight is not None for p in parts):
        weight = np.concatenate([np.ones(p.n_rows) if p.weight is None else p.weight for p in parts])
    return ArraySource(np.concatenate([p.values for p in parts]), weight)


def check_together(left: Schema | None, right: Schema | None) -> Schema | None:
    """What two fits have in common.

    Raises
    ------
    DataError
        They know different features.
    """
    if left is None or right is None:
        return left or right
    if left != right:
        raise DataError(
            f"the two fits know different features, {_listed(left)} and {_listed(right)}; merge fits of one kind"
        )
    return left


def _listed(schema: Schema) -> str:
    return str(schema.n_features) if schema.names is None else ", ".join(schema.names[:12])
