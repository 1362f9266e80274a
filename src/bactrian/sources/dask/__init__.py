"""Dask collections: the only folder that imports dask.

Rows stay where Dask put them. A pass is one task for each worker that holds some; what travels is a mixture on the
way there and packed statistics on the way back, added up in a tree whose shape depends on the partitions only.
"""

from bactrian.sources.dask.door import source_of
from bactrian.sources.dask.lazily import map_rows

__all__ = ["map_rows", "source_of"]
