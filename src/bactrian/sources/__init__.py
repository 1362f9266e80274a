"""Sources: where rows live, and how they are folded into Statistics."""

from bactrian.files.stream import spool
from bactrian.sources.array import ArraySource
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.door import open_source
from bactrian.sources.source import Moments, Source
from bactrian.sources.sql import sql

__all__ = ["ArraySource", "ChunkedSource", "Moments", "Source", "open_source", "spool", "sql"]
