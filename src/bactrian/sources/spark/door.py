"""From a Spark data frame to the narrow frame of numbers that is cached and read by every pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import functions
from pyspark.sql.types import BooleanType, FloatType, NumericType

from bactrian.errors import ClusterError, DataError
from bactrian.rows import numbered
from bactrian.sources.spark.source import SparkSource


def source_of(frame: Any, sample_weight: str | None = None, features: Sequence[str | int] | None = None) -> SparkSource:
    """The rows of a Spark data frame.

    The features are cached as plain numbers (float where all are, else double) until the fit ends.

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
        The session was stopped.
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
    single = all(isinstance(kinds[name], FloatType) for name in names)
    casts = [column_of(name).cast("float" if single else "double") for name in names]
    if sample_weight:
        casts.append(column_of(sample_weight).cast("double"))
    narrow = frame.select(*(cast.alias(f"c{i}") for i, cast in enumerate(casts)))
    return SparkSource(narrow, names, single, sample_weight is not None)


def column_of(name: str) -> Any:
    """The column of exactly that name, dots and all."""
    return functions.col("`" + name.replace("`", "``") + "`")


def numeric_kinds(frame: Any, names: Sequence[str]) -> dict[str, Any]:
    """The Spark type of each named column.

    Raises
    ------
    DataError
        A column is not there, or not numeric, or there are several of its name.
    ClusterError
        The session was stopped.
    """
    if _stopped(frame.sparkSession):
        raise ClusterError("the Spark session of the data frame was stopped; start a session and make the frame again")
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


def _stopped(session: Any) -> bool:
    """Spark tells of it by errors that depend on what is asked."""
    context = getattr(session, "_sc", None)
    if context is None:  # Spark Connect
        return bool(getattr(session, "is_stopped", False))
    return getattr(context, "_jsc", True) is None


def _names(frame: Any, features: Sequence[str | int] | None, weight: str | None) -> tuple[str, ...]:
    wanted = frame.columns if features is None else numbered(features, frame.columns)
    names = tuple(name for name in wanted if name != weight)
    if not names:
        raise DataError("the data has no columns; give at least one numeric column with features=[...]")
    return names
