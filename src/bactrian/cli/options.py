"""What several commands read from the command line."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from bactrian.cli.failures import USAGE, Failure

MOST_COUNTS = 10_000


class Names(click.ParamType[Any]):
    """``a,b,c``; a name that holds a comma stands in double quotes."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        names = [name.strip() for name in next(csv.reader([value], skipinitialspace=True), [])]
        if not names or not all(names):
            self.fail(f"{value!r} should be names separated by commas, as in a,b,c", param, ctx)
        return tuple(names)


class Counts(click.ParamType[Any]):
    """Numbers of components: ``3``, ``1:9`` (both ends count) or ``2,4,8``."""

    name = "counts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            spans = [self._span(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"{value!r} should be a number, a range or a list, as in 3, 1:9 or 2,4,8", param, ctx)
        if any(not span or span[0] < 1 for span in spans):
            self.fail(f"{value!r} should count from at least 1 upwards, as in 1:9", param, ctx)
        if sum(map(len, spans)) > MOST_COUNTS:
            self.fail(f"{value!r} names more than {MOST_COUNTS} numbers of components", param, ctx)
        return tuple(dict.fromkeys(k for span in spans for k in span))

    @staticmethod
    def _span(part: str) -> range:
        first, colon, last = part.partition(":")
        return range(int(first), int(last if colon else first) + 1)


class Output(click.ParamType[Any]):
    """A file to write: its extension and its folder are looked at before any work is done.

    Parameters
    ----------
    extensions : sequence of str
        Those allowed; none allows all.
    stdout : bool
        ``-`` is allowed, and read as None.
    """

    name = "file"

    def __init__(self, extensions: Sequence[str] = (), *, stdout: bool = False) -> None:
        self.extensions = tuple(extensions)
        self.stdout = stdout

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "-" and self.stdout:
            return None
        if value in ("", "-"):
            self.fail(f"{value!r} should be the name of a file", param, ctx)
        if self.extensions and Path(value).suffix.lower() not in self.extensions:
            self.fail(f"{value!r} should end in {' or '.join(self.extensions)}", param, ctx)
        from bactrian.whole import check_output  # not above: help must not wait for NumPy

        check_output(value)
        return value


def check_distinct(*paths: str | None) -> None:
    """No output may be an input, nor another output."""
    named = [os.path.realpath(path) for path in paths if path is not None]
    twice = next((path for i, path in enumerate(named) if path in named[:i]), None)
    if twice is not None:
        name = Path(twice).name
        raise Failure(f"{name} is named twice; give each file that is read or written its own name", USAGE)


def check_header(header: str, data: str | None) -> None:
    """Nothing can be said of the first line of what has none."""
    if data is None and header != "auto":
        raise click.UsageError("--header is about the first line of DATA, and there is no DATA")


TABLES = (".csv", ".parquet")

columns = click.option(
    "--columns",
    type=Names(),
    metavar="A,B,...",
    help="The columns that are features, by name, in this order; or by number from 0.",
)
header = click.option(
    "--header",
    type=click.Choice(["auto", "yes", "no"]),
    default="auto",
    show_default=True,
    help="Whether the first line of a CSV holds the names of its columns. auto: if its cells are no numbers.",
)
sql = click.option("--sql", "query", metavar="QUERY", help="Read the rows of a SELECT instead of DATA.")
connection = click.option(
    "--connection",
    metavar="URI",
    help="The database for --sql: postgresql://user@host/name, duckdb:file (or duckdb: alone) or sqlite:file.",
)
table_output = click.option(
    "-o",
    "--output",
    type=Output(TABLES, stdout=True),
    metavar="FILE",
    help=f"Write to {' or '.join(TABLES)} instead of CSV on stdout; whole or not at all.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
