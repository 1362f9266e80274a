"""From a Spark data frame to the narrow frame of numbers that the executors write to their files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import functions
from pyspark.sql.types import BooleanType, FloatType, NumericType

from bactrian.errors import ClusterError, DataError
from bactrian.rows import numbered
from bactrian.sources.spark.session import STOPPED, is_stopped
from bactrian.sources.spark.source import SparkSource


def source_of(frame: Any, sample_weight: str | None = None, features: Sequence[str | int] | None = None) -> SparkSource:
    """The rows of a Spark data frame.

    The executors keep the features as plain numbers (float where all are, else double) until the fit ends.

    Parameters
    ----------
    frame : pyspark.sql.DataFrame
    sample_weight : column name, optional
    features : column names or numbers, optional
        All columns less the weights' by default.

    Raises
    ------
    DataError
        A column that is not there or not numeric, nulls, NaN, infinity, no rows, weights that cannot be used.
    ClusterError
        The session was stopped, or wants files to be encrypted; Spark gives up a job.
    MissingDependencyError
        bactrian is not installed on the executors.
    """
    if getattr(frame, "isStreaming", False):
        raise DataError(
            "the data frame is a stream, which can be read only once; write it to a table first and fit that"
        )
    if sample_weight is not None and not isinstance(sample_weight, str):
        raise DataError(
            "sample_weight should be the name of a column, for the rows of a Spark data frame have no order, but got a "
            f"{type(sample_weight).__name__}"
        )
    names = _names(frame, features, sample_weight)
    chosen = [*names, *([sample_weight] if sample_weight else [])]
    kinds = numeric_kinds(frame, chosen)
    if frame.sparkSession.conf.get("spark.io.encryption.enabled", "false") == "true":
        raise ClusterError(
            "spark.io.encryption.enabled forbids plain files, in which the executors would keep the rows during a fit; "
            "fit a sample in memory, as data.sample(0.01).toPandas(), or write the features to Parquet where you may"
        )
    single = all(isinstance(kinds[name], FloatType) for name in names)
    types = ["float" if single else "double"] * len(names) + ["double"] * (len(chosen) - len(names))
    # by their places: Spark takes names apart at dots, and does not tell "a" from "A"
    by_place = frame.toDF(*(f"c{i}" for i in range(len(frame.columns))))
    columns = [functions.col(f"c{frame.columns.index(name)}") for name in chosen]
    casts = [column.cast(kind).alias(f"x{i}") for i, (column, kind) in enumerate(zip(columns, types, strict=True))]
    return SparkSource(by_place.select(*casts), names, single, sample_weight is not None)


def numeric_kinds(frame: Any, names: Sequence[str]) -> dict[str, Any]:
    """The Spark type of each named column.

    Raises
    ------
    DataError
        A column is not there, or not numeric, or there are several of its name.
    ClusterError
        The session was stopped.
    """
    if is_stopped(frame.sparkSession):
        raise ClusterError(STOPPED)
    kinds = {field.name: field.dataType for field in frame.schema.fields}
    for name in names:
        if name not in kinds:
            listed = f"{', '.join(map(repr, list(kinds)[:12]))}{' ...' if len(kinds) > 12 else ''}"
            raise DataError(f"there is no column {name!r}; the data has {listed}")
        if frame.columns.count(name) > 1:
            raise DataError(f"the data has {frame.columns.count(name)} columns named {name!r}; rename all but one")
        if not isinstance(kinds[name], (NumericType, BooleanType)):
            vector = kinds[name].typeName() in ("vectorudt", "udt", "array")
            advice = (
                "make one column of each of its numbers, of a vector of pyspark.ml by its vector_to_array"
                if vector
                else "leave it out with features=[...] or cast it to double"
            )
            raise DataError(f"column {name!r} is not numeric: it holds {kinds[name].simpleString()}; {advice}")
    return kinds


def _names(frame: Any, features: Sequence[str | int] | None, weight: str | None) -> tuple[str, ...]:
    wanted = frame.columns if features is None else numbered(features, frame.columns)
    if features is not None and weight in wanted:
        raise DataError(f"column {weight!r} cannot be both a feature and the weight; choose one of the two")
    names = tuple(name for name in wanted if name != weight)
    if not names:
        raise DataError("the data has no columns; give at least one numeric column with features=[...]")
    return names
