"""What a mixture says of the rows of a Spark data frame: the same frame with one column more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyspark.sql.types import ArrayType, DoubleType, IntegerType, StructField, StructType

from bactrian.errors import DataError
from bactrian.kernels import NativeKernel
from bactrian.operations.uncertainty import uncertainty
from bactrian.packing import PackedParameters
from bactrian.sources.spark.door import numeric_kinds
from bactrian.sources.spark.source import plain

if TYPE_CHECKING:
    from bactrian.mixture import Mixture

# what is asked -> the kernel's method, the new column and its type
COLUMNS = {
    "classify": ("classify", "component", IntegerType(), pa.int32()),
    "logpdf": ("log_densities", "logpdf", DoubleType(), pa.float64()),
    "responsibilities": ("responsibilities", "responsibilities", ArrayType(DoubleType()), pa.list_(pa.float64())),
    "uncertainty": ("responsibilities", "uncertainty", DoubleType(), pa.float64()),
}


def map_rows(mixture: Mixture, what: str, frame: Any) -> Any:
    """The frame with a column ``component``, ``logpdf``, ``responsibilities`` (an array) or ``uncertainty``.

    Nothing is computed yet.

    Raises
    ------
    DataError
        The mixture does not know its features' names, or the frame lacks one of them.
    """
    names = mixture.feature_names
    if names is None:
        raise DataError(
            "the mixture does not know which columns its features are; make it with feature_names=[...], as a fit of a "
            "frame does"
        )
    kinds = numeric_kinds(frame, names)
    method, column, kind, arrow = COLUMNS[what]
    if column in frame.columns:
        raise DataError(f"the frame has a column {column!r} already; drop or rename it first")
    single = all(kind.typeName() == "float" for kind in kinds.values())
    schema = StructType([*frame.schema.fields, StructField(column, kind)])
    places = [frame.columns.index(name) for name in names]
    packed = PackedParameters.of(mixture.parameters)
    score = partial(score_batches, packed, method, schema.names, places, single, arrow)
    # mapInArrow cannot read columns with dots in their names
    return frame.toDF(*(f"c{i}" for i in range(len(frame.columns)))).mapInArrow(plain(score), schema)


def score_batches(
    packed: PackedParameters, method: str, names: Sequence[str], places: Sequence[int], single: bool,
    arrow: pa.DataType, batches: Iterator[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """In the Python worker of an executor: each batch with its scores."""
    parameters, function = packed.unpack(), getattr(NativeKernel(n_threads=1), method)
    dtype = np.float32 if single else np.float64
    for batch in batches:
        values = np.empty((batch.num_rows, len(places)), dtype)
        for j, place in enumerate(places):
            values[:, j] = _numbers(batch.column(place), names[place])
        scores = function(values, parameters)
        scores = uncertainty(scores) if names[-1] == "uncertainty" else scores
        new = pa.array(list(scores), arrow) if scores.ndim == 2 else pa.array(scores).cast(arrow)
        yield pa.RecordBatch.from_arrays([*batch.columns, new], list(names))


def _numbers(column: pa.Array, name: str) -> Any:
    numbers = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    bad = int((~np.isfinite(numbers)).sum())
    if bad:
        raise DataError(f"column {name!r} has nulls, NaN or infinity in {bad} rows of a batch; drop or fill them first")
    return numbers
