"""What goes wrong becomes one line on stderr and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

import click

from bactrian.cli.wording import as_options
from bactrian.errors import BactrianError, CovarianceError, ParameterError

UNUSABLE, USAGE, INTERRUPTED = 1, 2, 130
PIPE_CLOSED = 141  # what a shell reports for a program that SIGPIPE ended


class Failure(click.ClickException):
    """One line and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]  # click's own way, though it calls it a class variable

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"error: {self.message}", file=file, err=True)


@contextmanager
def failures() -> Iterator[None]:
    """Turn the exceptions a user can cause into ``Failure``; defects keep their traceback."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise Failure("interrupted", INTERRUPTED) from error
    except BrokenPipeError as error:
        _drop_broken_stdout()
        raise click.exceptions.Exit(PIPE_CLOSED) from error
    except BactrianError as error:
        wrong_argument = isinstance(error, ParameterError) and not isinstance(error, CovarianceError)
        raise Failure(as_options(str(error)), USAGE if wrong_argument else UNUSABLE) from error
    except OSError as error:
        _drop_broken_stdout()
        raise Failure(_of_system(error), UNUSABLE) from error
    except MemoryError as error:
        raise Failure(f"there is not enough memory for this ({error})", UNUSABLE) from error


def _of_system(error: OSError) -> str:
    if error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename is not None else error.strerror


def _drop_broken_stdout() -> None:
    """Point stdout at nothing if it takes no more, so that Python's last flush does not complain again."""
    try:
        sys.stdout.flush()
    except OSError:
        _point_at_nothing()


def _point_at_nothing() -> None:
    with suppress(OSError, ValueError):  # a stdout that is not a file has nothing to point
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
