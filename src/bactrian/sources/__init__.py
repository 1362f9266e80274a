"""Sources: where rows live, and how they are folded into Statistics."""

from bactrian.files.csv_path import csv
from bactrian.files.spool import spool
from bactrian.sources.array import ArraySource
from bactrian.sources.chunked import ChunkedSource
from bactrian.sources.door import open_source
from bactrian.sources.known import Known
from bactrian.sources.labelled import Labelled
from bactrian.sources.labelled_chunks import LabelledChunks
from bactrian.sources.source import Moments, Resident, Source
from bactrian.sources.sql import sql

__all__ = [
    "ArraySource",
    "ChunkedSource",
    "Known",
    "Labelled",
    "LabelledChunks",
    "Moments",
    "Resident",
    "Source",
    "csv",
    "open_source",
    "spool",
    "sql",
]
