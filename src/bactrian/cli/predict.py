"""``bactrian predict``."""

from __future__ import annotations

import click

from bactrian.cli import options
from bactrian.progress import Meter


@click.command(short_help="Label the rows of a table.")
@click.argument("model")
@click.argument("data", required=False)
@options.sql
@options.connection
@options.columns
@options.header
@options.table_output
def predict(
    model: str,
    data: str | None,
    query: str | None,
    connection: str | None,
    columns: tuple[str, ...] | None,
    header: str,
    output: str | None,
) -> None:
    """Label the rows of DATA by a MODEL that was saved.

    Columns: label (from 0; -1 for noise), p0, p1 ... (the probability of each component; with noise also p_noise),
    log_density (nats) and uncertainty (the probability that the label is wrong). DATA is read by the names of the
    model's features; with --columns, or where one of the two has no names, in the order given. It is read and answered
    a few rows at a time, so it may be larger than memory: a file, a folder of files, or a pattern in quotes.

    \b
    Example:
      bactrian predict model.bactrian faithful.csv -o labels.csv
      bactrian predict model.bactrian 'rows/*.parquet' -o labels.parquet
    """
    from bactrian.cli.data import check_given, open_rows
    from bactrian.cli.models import mixture_of  # not above: help must not wait for NumPy
    from bactrian.cli.output import write
    from bactrian.cli.predictions import features_of, predictions
    from bactrian.files import Table
    from bactrian.loading import load

    check_given(data, query, connection, header)
    options.check_distinct(model, data, output)
    loaded = load(model)
    with Meter() as meter:
        meter.show(f"reading {data or 'the rows of the query'}")
        features = features_of(mixture_of(loaded), columns)
        rows = open_rows(data, query, connection, features, None, (model, output), header)
        n_rows = len(rows) if isinstance(rows, Table) else 0
        write(output, predictions(loaded, rows.blocks()), n_rows, meter)
