"""``bactrian info``."""

from __future__ import annotations

import click

from bactrian.cli import options


@click.command(short_help="Show what a model file holds.")
@click.argument("model")
@options.as_json
def info(model: str, as_json: bool) -> None:
    """Show what a MODEL file holds: the mixture, and the candidates it was chosen from.

    \b
    Example:
      bactrian info model.bactrian --json
    """
    from bactrian.cli.model_json import to_json  # not above: help must not wait for NumPy
    from bactrian.fit_result import Fit
    from bactrian.loading import load
    from bactrian.online import OnlineFit

    loaded = load(model)
    if as_json:
        click.echo(to_json(loaded.mixture if isinstance(loaded, OnlineFit) else loaded))
    else:
        click.echo(loaded.summary() if isinstance(loaded, Fit) else repr(loaded))
