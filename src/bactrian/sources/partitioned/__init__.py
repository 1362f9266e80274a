"""Rows cut into partitions that live elsewhere: what Dask, Spark and other clusters have in common."""

from bactrian.sources.partitioned.part import Part, Summary, summary_of
from bactrian.sources.partitioned.source import CLOSED, PartitionedSource
from bactrian.sources.partitioned.work import Work

__all__ = ["CLOSED", "Part", "PartitionedSource", "Summary", "Work", "summary_of"]
