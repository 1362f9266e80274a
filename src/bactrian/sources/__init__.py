"""Sources: where rows live, and how they are folded into Statistics."""

from bactrian.sources.array import ArraySource
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.source import Moments, Source

__all__ = ["ArraySource", "ChunkedSource", "Moments", "Source"]
