"""``labels="column"``: the column that says of which component some rows are, in files, queries and frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bactrian.engines import home_of, unwrapped
from bactrian.errors import DataError
from bactrian.files.dataset import open_dataset
from bactrian.files.label_column import LabelColumn, code, numbered
from bactrian.rows import frame_column
from bactrian.sources import door
from bactrian.sources.door import Opened, Spooled, is_path, open_source, read_features
from bactrian.sources.known import ON_A_CLUSTER
from bactrian.sources.sql import Query


def open_labelled(
    data: Any, labels: Any, sample_weight: Any, features: Sequence[str | int] | None
) -> tuple[Opened, Any]:
    """What ``open_source`` gives, and the labels as ``NamedLabels`` where they were a name.

    Raises
    ------
    DataError
        The data has no such column, or no names; the column holds neither numbers nor text.
    """
    if not isinstance(labels, str):
        return open_source(data, sample_weight, features), labels
    if home_of(unwrapped(data)) is not None:
        raise DataError(ON_A_CLUSTER.format("labels"))
    features = read_features(features)
    weight = sample_weight if isinstance(sample_weight, str) else None
    if is_path(data) or isinstance(data, Query):
        column = LabelColumn(labels, None if features is None else list(map(str, features)), weight)
        if isinstance(data, Query):
            rows: Any = Spooled(data.batches(), column, weight, data.folder)
        else:
            rows = open_dataset(data, column, weight, most_bytes=door.IN_MEMORY)
        found = column.read(rows)
        return open_source(rows, None if weight is not None else sample_weight), found
    cells, names = frame_column(data, labels)
    if features is None:
        features = [name for name in names if name not in (labels, weight)]
    elif labels in features:
        raise DataError(f"column {labels!r} cannot be both a feature and the known labels; choose one of the two")
    return open_source(data, sample_weight, features), numbered([code(cells)])
