"""``bactrian``: the program, which finds its commands when they are asked for."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from bactrian import __version__
from bactrian.cli.failures import INTERRUPTED, Failure, failures
from bactrian.cli.termination import termination_as_interrupt
from bactrian.cli.wording import as_options

COMMANDS = {
    "fit": "bactrian.cli.fit",
    "predict": "bactrian.cli.predict",
    "sample": "bactrian.cli.sample",
    "plot": "bactrian.cli.plot",
    "info": "bactrian.cli.info",
}


class Program(click.Group):
    """A group whose commands are imported one by one, and whose failures are one line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[name]), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        with failures(), saying_what_shells_do():
            result = super().invoke(ctx)
            sys.stdout.flush()  # a reader that went away is noticed here, and not when Python ends
            return result


@contextmanager
def saying_what_shells_do() -> Iterator[None]:
    """A pattern without quotes comes here as the names of many files."""
    try:
        yield
    except click.UsageError as error:
        takes_data = error.ctx is not None and any(param.name == "data" for param in error.ctx.command.params)
        if takes_data and error.message.startswith("Got unexpected extra argument"):
            advice = "put a pattern of files in quotes, as in 'rows/*.parquet'"
            raise click.UsageError(f"{error.message.rstrip('.')}; {advice}", error.ctx) from error
        raise


@click.command(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="bactrian", message="%(prog)s %(version)s")
def program() -> None:
    """Gaussian mixtures: fit, select, predict, sample, look at.

    \b
    Example:
      bactrian fit rows.csv -o model.bactrian
      bactrian predict model.bactrian rows.csv -o labels.csv

    Tables are CSV (comma, semicolon or tab; gzip too), Parquet, Arrow or .npy, one file or many; "-" reads CSV
    from stdin. Results go to stdout, messages to stderr. Exit codes: 0 done, 1 the data or the model cannot be
    used, 2 wrong usage, 130 Ctrl-C, 143 SIGTERM (both clean up).
    """


def main() -> None:
    """The entry point."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without our letters must not cost the result
        sys.stdout.reconfigure(errors="backslashreplace")
    # typed for every keyword of the standard library's function, which are not used here
    warnings.showwarning = _warn  # type: ignore[assignment]
    with termination_as_interrupt():
        try:
            program(prog_name="bactrian")
        except KeyboardInterrupt:  # outside of any command
            Failure("interrupted", INTERRUPTED).show()
            sys.exit(INTERRUPTED)


def _warn(message: Warning | str, *_: Any) -> None:
    click.echo(f"warning: {' '.join(as_options(str(message)).split())}", err=True)


if __name__ == "__main__":
    main()
