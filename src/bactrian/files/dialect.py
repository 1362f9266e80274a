"""How a CSV text is written: its separator, its decimal mark and its column names."""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from bactrian.errors import DataError, HeaderWarning
from bactrian.files.content import Content, EmptyTableError

NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
DECIMAL_COMMA = r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?"
# commas last: where decimals are written with them, the separator is one of the others
SEPARATORS = "\t;,"
LOOKED_AT = 20  # records that must agree on the separator


@dataclass(frozen=True)
class Dialect:
    """``named`` : the names are the first record, else x0, x1 ... ``skip`` : lines above the rows."""

    separator: str
    decimal: str
    names: tuple[str, ...]
    named: bool
    skip: int


def detect(content: Content, header: bool | None = None) -> Dialect:
    """Look at the first records of a text.

    Parameters
    ----------
    header : bool, optional
        The first record holds names, or no names. By default it is a row if its cells are numbers.

    Raises
    ------
    DataError
        Not UTF-8 text, no rows, or separated by something else.
    """
    text = _text(content)
    separator = _separator(content.name, text)
    found = list(islice(_records(content.name, text, separator), LOOKED_AT))
    if not found:
        raise EmptyTableError(f"{content.name} holds only empty lines; rows of numbers were expected")
    line, first = found[0]
    _check_separated(content.name, found[-1][1])
    decimal = _decimal(separator, [cell for _, record in found[bool(header) :] for cell in record])
    if header is False or (header is None and _is_row(content.name, separator, decimal, found)):
        return Dialect(separator, decimal, tuple(f"x{i}" for i in range(len(first))), False, line - 1)
    if len(found) == 1 and content.whole:
        raise EmptyTableError(f"{content.name} has a header but no rows; at least one row is needed")
    return Dialect(separator, decimal, _names(content.name, first), True, line)


def _is_row(name: str, separator: str, decimal: str, found: list[tuple[int, list[str]]]) -> bool:
    """Whether the first record is one of numbers; warns where it may be names all the same."""
    first = found[0][1]
    number = re.compile(rf"\s*({NUMBER if decimal == '.' else NUMBER.replace('.', ',')})\s*")
    numbers = [bool(number.fullmatch(cell)) for cell in first]
    if not any(numbers) or not all(n or not cell.strip() for n, cell in zip(numbers, first, strict=True)):
        return False
    fractions = any(decimal in cell for _, record in found[1:] for cell in record)
    if _like_names(first) and (fractions or _count(first)):
        why = "only lines below it have fractions" if fractions else "it counts one by one"
        warnings.warn(
            f"the first line of {name} ({separator.join(first)[:60]}) is read as a row of numbers, though {why}; if it "
            "holds the names of the columns, say so with --header yes (in Python, bt.sources.csv(path, header=True)), "
            "else --header no",
            HeaderWarning,
            stacklevel=3,
        )
    return True


def _like_names(first: list[str]) -> bool:
    """Whole numbers, all different, as years are."""
    return all(cell.strip().isdecimal() for cell in first) and len({cell.strip() for cell in first}) == len(first)


def _count(first: list[str]) -> bool:
    """Numbers one after the other, as of columns that have no names."""
    numbers = [int(cell) for cell in first]
    return len(numbers) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def records(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not an empty line, with the number of its (last) line, from 1."""
    reader = csv.reader(lines, delimiter=separator)
    for record in reader:
        if record:
            yield reader.line_num, record


def _records(name: str, text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    try:
        yield from records(io.StringIO(text, newline=""), separator)
    except csv.Error as error:
        raise DataError(f"{name} is not a CSV table ({error}); export it as CSV again") from error


def _text(content: Content) -> str:
    head, name = content.head.removeprefix(b"\xef\xbb\xbf"), content.name
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name} is UTF-16 text, but CSV is read as UTF-8; save it as UTF-8")
    control = sum(head[:4096].count(byte) for byte in (*range(9), *range(14, 32)))
    if b"\0" in head or control > 0.02 * len(head[:4096]):
        raise DataError(f"{name} is not text but binary; CSV, Parquet or .npy was expected")
    if not content.whole:
        end = max(head.rfind(b"\n"), head.rfind(b"\r"))
        if end < 0:
            raise DataError(f"the first line of {name} has over {len(head)} bytes, so it is no table")
        head = head[: end + 1]
    # text columns that are left out may be in any encoding; names are looked at below
    return head.decode("utf-8", errors="surrogateescape")


def _separator(name: str, text: str) -> str:
    if name.removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    widths = {s: [len(r) for _, r in islice(_records(name, text, s), LOOKED_AT)] for s in SEPARATORS}
    agreed = [s for s, w in widths.items() if w and len(set(w)) == 1 and w[0] > 1]
    return agreed[0] if agreed else max(reversed(SEPARATORS), key=lambda s: widths[s][:1])


def _check_separated(name: str, record: list[str]) -> None:
    words = record[0].split()
    if len(record) == 1 and len(words) > 1 and all(re.fullmatch(NUMBER, word) for word in words):
        raise DataError(
            f"the columns of {name} are separated by spaces ({record[0].strip()[:40]!r}), but commas, "
            "semicolons or tabs are needed; export it as CSV"
        )


def _decimal(separator: str, cells: list[str]) -> str:
    if separator == "," or any(re.fullmatch(NUMBER, cell) and "." in cell for cell in cells):
        return "."
    return "," if any(re.fullmatch(DECIMAL_COMMA, cell.strip()) for cell in cells) else "."


def _names(name: str, first: list[str]) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in first)
    try:
        "".join(names).encode()
    except UnicodeEncodeError as error:
        raise DataError(f"the column names of {name} are not UTF-8 text; save it as UTF-8") from error
    return names
