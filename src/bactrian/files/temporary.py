"""Temporary files for rows that wait: on a disk where that is possible, and gone when nobody holds them."""

from __future__ import annotations

import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO


def waiting_folder(folder: str | None = None) -> str:
    """The folder that is given; else TMPDIR, else /var/tmp, since /tmp is often memory."""
    if folder is not None or "TMPDIR" in os.environ:
        return folder or os.environ["TMPDIR"]
    return "/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir()


def temporary_file() -> IO[bytes]:
    """A file without a name, which the system takes back even where the process is killed."""
    return tempfile.TemporaryFile(prefix="bactrian-", dir=waiting_folder())


class Waiting:
    """Bytes in a temporary file, ``path``, which goes when this goes. Raises as ``waiting`` does."""

    def __init__(self, pieces: Iterable[bytes], what: str) -> None:
        with waiting(f"what comes from {what}"):
            handle, self.path = tempfile.mkstemp(prefix="bactrian-", dir=waiting_folder())
            weakref.finalize(self, _remove, self.path)
            with open(handle, "wb") as file:
                file.writelines(pieces)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


@contextmanager
def waiting(what: str, folder: str | None = None) -> Iterator[None]:
    """Say of what fails to be written there, as on a full disk, ``what`` it was and where else it could go.

    Raises
    ------
    OSError
        Of the kind that the system gave.
    """
    try:
        yield
    except OSError as error:
        if error.strerror is None:
            raise  # already a sentence
        raise type(error)(
            f"{what} cannot wait in a temporary file in {waiting_folder(folder)}: {error.strerror}; set TMPDIR to a "
            "folder with more room"
        ) from error
