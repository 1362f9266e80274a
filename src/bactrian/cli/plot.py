"""``bactrian plot``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bactrian.cli import options
from bactrian.cli.failures import UNUSABLE, Failure
from bactrian.progress import Meter

if TYPE_CHECKING:
    from bactrian.cli.data import Rows
    from bactrian.fit_result import Fit
    from bactrian.mixture import Mixture
    from bactrian.online import OnlineFit
    from bactrian.typing import FloatArray

PICTURES = (".png", ".svg", ".pdf")


@click.command(short_help="Draw a model, over its data if given.")
@click.argument("model")
@click.argument("data", required=False)
@click.option(
    "-o", "--output", type=options.Output(PICTURES), metavar="FILE", required=True,
    help=f"The picture: {', '.join(PICTURES)}.",
)  # fmt: skip
@options.columns
@options.header
@click.option("--selection", is_flag=True, help="Draw the criterion of all candidates instead.")
@click.option("--dpi", type=click.IntRange(10, 1200), default=150, show_default=True, help="Of a .png.")
def plot(
    model: str,
    data: str | None,
    output: str,
    columns: tuple[str, ...] | None,
    header: str,
    selection: bool,
    dpi: int,
) -> None:
    """Draw a MODEL that was saved, over the rows of DATA if they are given.

    DATA is a file, a folder of files, or a pattern in quotes. At most 20000 rows are drawn as points, at random; of
    more rows than memory should hold no others are kept, and a message says so.

    \b
    Example:
      bactrian plot model.bactrian faithful.csv -o picture.png
      bactrian plot model.bactrian 'rows/*.parquet' -o picture.png
    """
    from bactrian.loading import load  # not above: help must not wait for NumPy

    if selection and data is not None:
        raise click.UsageError("--selection draws the candidates and takes no DATA")
    options.check_header(header, data)
    os.environ.setdefault("MPLBACKEND", "agg")  # a picture for a file needs no window
    loaded = load(model)
    with Meter() as meter:
        meter.show("drawing")
        axes = _selection(loaded, model) if selection else _mixture(loaded, data, columns, header, (model, output))
        _save(axes, output, dpi)


def _mixture(
    model: Fit | Mixture | OnlineFit,
    data: str | None,
    columns: tuple[str, ...] | None,
    header: str,
    paths: Sequence[str],
) -> Any:
    from bactrian import plot as pictures
    from bactrian.cli.data import open_rows
    from bactrian.cli.models import mixture_of
    from bactrian.cli.predictions import features_of

    mixture = mixture_of(model)
    if data is None:
        return pictures.mixture(model)
    rows = open_rows(data, None, None, features_of(mixture, columns), None, paths, header)
    return pictures.mixture(model, _values(rows))


def _values(rows: Rows) -> FloatArray:
    """The (N, D) rows if they are few, else a sample of them."""
    import numpy as np

    from bactrian.plot.inputs import MAX_POINTS
    from bactrian.sources import ArraySource, open_source

    source, _ = open_source(rows)
    if isinstance(source, ArraySource):
        return source.values
    drawn = next(source.samples([(MAX_POINTS, np.random.default_rng(0))]))
    assert isinstance(drawn, ArraySource)  # what a sample of rows out of core is
    click.echo(f"drawn: {drawn.n_rows} of {source.n_rows} rows, at random", err=True)
    return drawn.values


def _selection(model: Fit | Mixture | OnlineFit, path: str) -> Any:
    from bactrian import plot as pictures
    from bactrian.fit_result import Fit

    if not isinstance(model, Fit):
        raise Failure(f"{path} holds a mixture without candidates; --selection needs a model saved by fit", UNUSABLE)
    return pictures.selection(model)


def _save(axes: Any, output: str, dpi: int) -> None:
    import numpy as np

    from bactrian.files import whole_file

    figure = np.ravel(axes)[0].figure  # one Axes, or a grid of them
    kind = Path(output).suffix.lower()[1:]
    with whole_file(output) as part:
        figure.savefig(part, format=kind, dpi=dpi)
