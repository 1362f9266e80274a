"""Output files: written whole or not at all, and refused before the work rather than after it."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A new file beside ``path`` that takes its place if all goes well, and is removed if not.

    It takes over the permissions of the file that was there.

    Raises
    ------
    OSError
        Of the kind that the system gave, with a sentence that names ``path``.
    """
    target = Path(os.path.realpath(path))  # a link stays a link, and what it points to is replaced
    # in the same folder, since only there is a rename atomic; a short name, since the target's may be the longest
    part = target.with_name(f".bactrian-{secrets.token_hex(8)}.part")
    try:
        if target.exists() and not target.is_file():
            raise IsADirectoryError(None, "it is not the name of a file")
        mode = _mode(target)
        part.touch(0o666 if mode is None else 0o600, exist_ok=False)  # others never see more than they will at the end
        yield part
        if mode is not None:
            with suppress(PermissionError):  # a file system without modes
                part.chmod(mode)
        with open(part, "rb") as written:
            os.fsync(written.fileno())
        os.replace(part, target)
    except OSError as error:
        if error.strerror is None:
            raise  # already a sentence
        raise type(error)(f"{os.fspath(path)} cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            part.unlink()


def _mode(target: Path) -> int | None:
    """Who may do what with a file; None where there is none yet."""
    try:
        return target.stat().st_mode & 0o777
    except FileNotFoundError:
        return None


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that at any moment the old one or the whole new one is there."""
    with whole_file(path) as part:
        part.write_bytes(content)


def check_output(path: str | os.PathLike[str]) -> None:
    """Find out whether ``whole_file`` could write here, without touching what is there.

    Raises
    ------
    OSError
        A folder or a device, or a folder that is missing or cannot be written; the message is a sentence.
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(f"{path} is a folder; give the name of a file to write")
    if target.exists() and not target.is_file():
        raise OSError(f"{path} is a device or a pipe, not a file that can be replaced; give another name")
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(f"{path} is write-protected; give another name or change its permissions")
    try:
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OSError(
            f"{path} cannot be written ({target.parent}: {error.strerror or error}); give a name in a folder "
            "that exists and can be written"
        ) from error
