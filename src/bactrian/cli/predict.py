"""``bactrian predict``."""

from __future__ import annotations

import click

from bactrian.cli import options
from bactrian.cli.progress import Meter


@click.command(short_help="Label the rows of a table.")
@click.argument("model")
@click.argument("data")
@options.columns
@options.table_output
def predict(model: str, data: str, columns: tuple[str, ...] | None, output: str | None) -> None:
    """Label the rows of DATA by a MODEL that was saved.

    Columns: label (from 0), p0, p1 ... (the probability of each component), log_density (nats) and
    uncertainty (the probability that the label is wrong). DATA is read by the names of the model's features;
    with --columns, or where one of the two has no names, in the order given.

    \b
    Example:
      bactrian predict model.bactrian faithful.csv -o labels.csv
    """
    from bactrian.cli.models import load_mixture  # not above: help must not wait for NumPy
    from bactrian.cli.output import write
    from bactrian.cli.predictions import predictions, read_features

    options.check_distinct(model, data, output)
    mixture = load_mixture(model)
    with Meter() as meter:
        meter.show(f"reading {data}")
        values = read_features(mixture, data, columns)
        write(output, predictions(mixture, values), len(values), meter)
