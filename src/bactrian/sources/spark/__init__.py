"""Spark data frames: the only folder that imports pyspark, and only data-frame calls, so that Spark Connect works too.

The executors keep the rows in files (docs/adr/0015). A pass is one ``mapInArrow`` job over the places of these files;
each partition answers with one row of packed statistics, and they are added up in the order of the partitions.
"""

from bactrian.sources.spark.door import source_of
from bactrian.sources.spark.lazily import map_rows

__all__ = ["map_rows", "source_of"]
