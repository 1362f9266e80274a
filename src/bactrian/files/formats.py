"""Which format a file has: its content says so, and its extension must not say otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from bactrian.errors import DataError
from bactrian.files.arrow_file import ArrowFile
from bactrian.files.content import Content, open_content
from bactrian.files.csv_file import CsvFile
from bactrian.files.csv_path import header_of
from bactrian.files.npy_file import NpyFile
from bactrian.files.parquet_file import ParquetFile
from bactrian.files.table_file import TableFile

MAGIC = {b"PAR1": "Parquet", b"ARROW1": "Arrow", b"\x93NUMPY": ".npy"}
EXTENSIONS = {
    ".csv": "CSV",
    ".tsv": "CSV",
    ".tab": "CSV",
    ".txt": "CSV",
    ".parquet": "Parquet",
    ".pq": "Parquet",
    ".arrow": "Arrow",
    ".feather": "Arrow",
    ".ipc": "Arrow",
    ".npy": ".npy",
}
# what people try, and how they get on from there
OTHERS = {
    b"PK\x03\x04": "a zip archive, Excel workbook or .npz; export a table as CSV or save an array as .npy",
    b"\xd0\xcf\x11\xe0": "an Excel workbook; export one sheet as CSV",
    b"\xff\xff\xff\xff": "in Arrow's stream format, which is read only once; make a file of it, as with "
    "bt.sources.spool(pyarrow.ipc.open_stream(path), 'rows.arrow')",
    b"FEA1": "a Feather file of version 1; save it as version 2 or as Parquet",
    b"\x89HDF": "an HDF5 file; save one array of it as .npy",
    b"BZh": "compressed by bzip2; uncompress it, or use gzip",
    b"\xfd7zXZ": "compressed by xz; uncompress it, or use gzip",
    b"\x28\xb5\x2f\xfd": "compressed by zstd; uncompress it, or use gzip",
    b"\x80\x04\x95": "a pickle, which is never opened; save the array as .npy",
    b"%PDF": "a PDF; export the table as CSV",
}


READERS: dict[str, Callable[[Content], TableFile]] = {
    "CSV": CsvFile,
    "Parquet": ParquetFile,
    "Arrow": ArrowFile,
    ".npy": NpyFile,
}


def open_table(path: str | os.PathLike[str]) -> TableFile:
    """Open CSV (gzip or not), Parquet, Arrow or .npy; ``"-"`` is stdin.

    Raises
    ------
    DataError
        The path cannot be read, or holds something else; something is said of the first line of what is no CSV.
    MissingDependencyError
        All but .npy without pyarrow.
    """
    content = open_content(path)
    found = _found(content)
    expected = EXTENSIONS.get(Path(content.name.removesuffix(".gz")).suffix.lower(), found)
    if found != expected:
        raise DataError(
            f"{content.name} should be {expected} by its name, but its content is {_described(found)}; rename it"
        )
    header = header_of(path)
    if header is None:
        return READERS[found](content)
    if found != "CSV":
        raise DataError(f"{content.name} is {found}, but only CSV has a first line; leave header out")
    return CsvFile(content, header)


def _found(content: Content) -> str:
    for magic, what in OTHERS.items():
        if content.head.startswith(magic):
            raise DataError(f"{content.name} is {what}")
    return next((kind for magic, kind in MAGIC.items() if content.head.startswith(magic)), "CSV")


def _described(found: str) -> str:
    return "something else (text, perhaps)" if found == "CSV" else f"that of a {found} file"
