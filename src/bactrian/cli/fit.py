"""``bactrian fit``."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from bactrian.cli import options
from bactrian.cli.failures import INTERRUPTED, Failure
from bactrian.progress import Meter

if TYPE_CHECKING:
    from bactrian.checkpoints import Checkpoint
    from bactrian.cli.data import Rows
    from bactrian.fit_result import Fit
    from bactrian.selection import Progress


@click.command(short_help="Fit mixtures, choose the best, save it.")
@click.argument("data", required=False)
@click.option(
    "-k", "counts", type=options.Counts(), metavar="K", default="1:9", show_default=True,
    help="Numbers of components to try: 3, 1:9 or 2,4,8.",
)  # fmt: skip
@click.option(
    "--family", "families", type=options.Names(), metavar="NAMES", default="all", show_default=True,
    help='"all", mclust codes as VVV,EEE, or spherical, diag, tied, full.',
)  # fmt: skip
@click.option(
    "--criterion", type=click.Choice(["bic", "aic", "icl", "cv"]), default="bic", show_default=True,
    help="What makes a candidate the best; lower is better.",
)  # fmt: skip
@options.sql
@options.connection
@options.columns
@options.header
@click.option("--weights", metavar="COLUMN", help="The column of row weights; it is then no feature.")
@click.option(
    "--known", metavar="COLUMN",
    help="The column of known components, for some rows: from 0, or names; empty or -1 where unknown. No feature.",
)  # fmt: skip
@click.option("--seed", "random_state", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--tol", type=float, default=1e-6, show_default=True, help="Log-likelihood per row left when EM stops.")
@click.option("--max-iter", type=click.IntRange(min=0), default=1000, show_default=True, help="Per candidate.")
@click.option(
    "--start", type=click.Choice(["auto", "hierarchical", "k-means++"]), default="auto", show_default=True,
    help="Where climbs begin: the best of a search; one tree of groups, as mclust; or the best of short climbs.",
)  # fmt: skip
@click.option("--n-init", type=click.IntRange(min=1), default=8, show_default=True, help="Starts tried for each K.")
@click.option("--regularization", type=float, help="Least variance of a component. Default: relative to the data.")
@click.option(
    "--prior", type=click.Choice(["conjugate"]), help="Fit the mode of a posterior instead of the likelihood."
)
@click.option("--noise", is_flag=True, help="Add a component for rows that belong nowhere, spread evenly.")
@click.option("--equal-weights", is_flag=True, help="Hold all components to the same weight.")
@click.option("--threads", "n_threads", type=click.IntRange(min=1), help="Default: all cores.")
@click.option("-o", "--output", type=options.Output(), metavar="FILE", help="Save the model, as model.bactrian.")
@click.option(
    "--labels", type=options.Output(options.TABLES), metavar="FILE",
    help="Write each row's label and uncertainty to .csv or .parquet.",
)  # fmt: skip
@click.option("--report", type=options.Output(), metavar="FILE", help="Write the whole table of candidates as text.")
@click.option("--checkpoint", metavar="FILE", help="Write the state of the fit there from time to time, and on Ctrl-C.")
@click.option("--checkpoint-every", "minutes", type=click.FloatRange(min=0), metavar="MINUTES", help="Default: 5.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, if it is there already.")
@options.as_json
def fit(
    data: str | None,
    query: str | None,
    connection: str | None,
    columns: tuple[str, ...] | None,
    header: str,
    weights: str | None,
    known: str | None,
    output: str | None,
    labels: str | None,
    report: str | None,
    checkpoint: str | None,
    minutes: float | None,
    resume: bool,
    as_json: bool,
    **how: Any,
) -> None:
    """Fit Gaussian mixtures to the rows of DATA and choose the number of components and the family.

    DATA is a file, a folder of files, or a pattern in quotes. Rows that do not fit into memory are read again for each
    pass.

    \b
    Example:
      bactrian fit faithful.csv -k 1:9 --family all --criterion bic -o model.bactrian
      bactrian fit 'rows/*.parquet' -k 2:4 --weights w -o model.bactrian
      bactrian fit flowers.csv -k 3 --known species -o model.bactrian
      bactrian fit --sql 'SELECT a, b FROM t' --connection duckdb:my.db -o model.bactrian
      bactrian fit 'rows/*.parquet' --checkpoint state.checkpoint --resume -o model.bactrian
    """
    from bactrian.cli.data import check_given, open_rows  # not above: help must not wait for NumPy
    from bactrian.files.label_column import LabelColumn

    check_given(data, query, connection, header)
    options.check_distinct(data, output, labels, report, checkpoint)
    state = read_state(checkpoint, minutes, resume)
    names: tuple[str, ...] = ()
    with Meter() as meter, saying_how_to_go_on(checkpoint):
        meter.show(f"reading {data or 'the rows of the query'}")
        column = None if known is None else LabelColumn(known, columns, weights)
        outputs = output, labels, report, checkpoint
        rows = open_rows(data, query, connection, column or columns, weights, outputs, header)
        if column is not None:
            how["labels"] = column.read(rows)
            names = how["labels"].names
        found = climb(rows, meter, checkpoint=state, **how)
    if names:
        click.echo("known: " + ", ".join(f"{name} is {k}" for k, name in enumerate(names)), err=True)
    try:
        _write(found, rows, output, labels, report)
    finally:  # a full disk must not cost the result too
        _echo(found, as_json)


def read_state(checkpoint: str | None, minutes: float | None, resume: bool) -> Checkpoint | None:
    """The checkpoint that was asked for, once it is known that it can be written and, if it is there, gone on from."""
    if checkpoint is None:
        if resume or minutes is not None:
            raise click.UsageError("--resume and --checkpoint-every need --checkpoint FILE")
        return None
    from bactrian.checkpoints import Checkpoint, begun

    if not resume and os.path.exists(checkpoint):
        raise click.UsageError(f"{checkpoint} is there already; go on from it with --resume, or give another name")
    asked = Checkpoint(checkpoint, minutes, resume=resume)
    begun(asked)  # before the rows are read
    return asked


@contextmanager
def saying_how_to_go_on(checkpoint: str | None) -> Iterator[None]:
    """An interrupt says that its work is not lost."""
    try:
        yield
    except KeyboardInterrupt as error:
        if checkpoint is None or not os.path.exists(checkpoint):
            raise
        raise Failure(f"interrupted; the same command with --resume goes on from {checkpoint}", INTERRUPTED) from error


def climb(rows: Rows, meter: Meter, *, counts: tuple[int, ...], families: tuple[str, ...], **how: Any) -> Fit:
    """``bactrian.fit`` under the eyes of the meter."""

    def observe(now: Progress) -> None:
        meter.show(str(now), now.done, now.total)

    from bactrian import fitting
    from bactrian.errors import InterruptWarning

    chosen = "all" if families == ("all",) else families
    meter.show("looking for starts")
    with warnings.catch_warnings():
        warnings.simplefilter("error", InterruptWarning)  # a command that is interrupted writes nothing
        try:
            return fitting.fit(
                rows,
                counts,
                chosen,
                progress=observe,
                **how,
            )
        except InterruptWarning as warning:
            raise KeyboardInterrupt from warning


def _write(found: Fit, rows: Rows, output: str | None, labels: str | None, report: str | None) -> None:
    from bactrian.cli.predictions import predictions
    from bactrian.files import write_columns

    if output is not None:
        found.save(output)
    if report is not None:
        found.report(report)
    if labels is not None:
        chunks = predictions(found, rows.blocks())
        write_columns(labels, ({name: c[name] for name in ("label", "uncertainty")} for c in chunks))


def _echo(found: Fit, as_json: bool) -> None:
    from bactrian.cli.model_json import to_json

    click.echo(to_json(found) if as_json else found.summary())
