"""The rows that a command was given: a path, a pattern, or a query."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import click

from bactrian.cli import options
from bactrian.files import Dataset, Table, find_files, open_dataset
from bactrian.files.columns import Columns
from bactrian.files.csv_path import csv

Rows: TypeAlias = Table | Dataset


HEADERS = {"auto": None, "yes": True, "no": False}


def check_given(data: str | None, query: str | None, connection: str | None, header: str = "auto") -> None:
    """Either DATA, or both of --sql and --connection; --header with DATA only."""
    options.check_header(header, data)
    if query is None and connection is None and data is not None:
        return
    if data is not None:
        raise click.UsageError("DATA is given, and so is a query; give one of the two")
    if query is None and connection is None:
        raise click.UsageError("Missing argument 'DATA', or a query with --sql and --connection")
    if query is None or connection is None:
        raise click.UsageError("--sql and --connection go together: a query and where to send it")


def open_rows(
    data: str | None,
    query: str | None,
    connection: str | None,
    columns: Columns = None,
    weights: str | None = None,
    outputs: Sequence[str | None] = (),
    header: str = "auto",
) -> Rows:
    """The table if it is small; else something that can be read a few rows at a time as often as needed."""
    from bactrian.sources.door import IN_MEMORY, Spooled
    from bactrian.sources.sql import sql

    if data is not None:
        options.check_distinct(*([] if data == "-" else find_files(data)), *outputs)
        return open_dataset(csv(data, header=HEADERS[header]), columns, weights, most_bytes=IN_MEMORY)
    from bactrian.cli.connections import connected

    with connected(str(connection)) as opened:
        return Spooled(sql(str(query), opened).batches(), columns, weights)
