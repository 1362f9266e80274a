"""``bactrian sample``."""

from __future__ import annotations

import click

from bactrian.cli import options
from bactrian.progress import Meter


@click.command(short_help="Draw random rows from a model.")
@click.argument("model")
@click.option("-n", "n_rows", type=click.IntRange(min=1), default=1000, show_default=True, help="Rows to draw.")
@click.option("--seed", type=click.IntRange(min=0), help="The same seed draws the same rows. Default: new ones.")
@click.option("--with-labels", is_flag=True, help="Add a column with the component of each row.")
@options.table_output
def sample(model: str, n_rows: int, seed: int | None, with_labels: bool, output: str | None) -> None:
    """Draw random rows from a MODEL that was saved; the same rows as Mixture.sample with that seed.

    Many rows are drawn and written a part at a time, and only the first part is that of Mixture.sample.

    \b
    Example:
      bactrian sample model.bactrian -n 1000 --seed 1 -o rows.csv
    """
    from bactrian.cli.draws import draws  # not above: help must not wait for NumPy
    from bactrian.cli.models import load_mixture
    from bactrian.cli.output import write

    mixture = load_mixture(model)
    with Meter() as meter:
        meter.show(f"drawing {n_rows} rows")
        write(output, draws(mixture, n_rows, seed, with_labels), n_rows, meter)
