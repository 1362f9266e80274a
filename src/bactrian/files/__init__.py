"""Files: tables on disk or stdin, read as columns of numbers, and results written whole or not at all.

The one folder that imports pyarrow. A format is one file here (``csv_file``, ``parquet_file``, ``npy_file``);
which columns are meant is decided in ``columns`` and what they must hold in ``numbers``, whatever the format.
"""

from bactrian.files.dataset import Dataset, find_files, open_dataset
from bactrian.files.formats import open_table
from bactrian.files.table import Table, read_table
from bactrian.files.table_file import TableFile
from bactrian.files.write import FORMATS, Chunk, write_columns, write_csv
from bactrian.whole import check_output, whole_file

__all__ = [
    "FORMATS",
    "Chunk",
    "Dataset",
    "Table",
    "TableFile",
    "check_output",
    "find_files",
    "open_dataset",
    "open_table",
    "read_table",
    "whole_file",
    "write_columns",
    "write_csv",
]
