"""Names that are longer than their axis, in lines that fit."""

from __future__ import annotations

import re
from functools import lru_cache

MOST_LINES = 3
# where a name may be broken: behind blanks and what joins words
WORD = re.compile(r"[^\s_/.,;:-]*[\s_/.,;:-]*")


def folded(name: str, room: float, size: float) -> str:
    """The name in lines of at most ``room`` points of a font of ``size`` points; what is too long ends in an ellipsis.

    A name with a dollar sign stays as it is: it may be a formula.
    """
    if "$" in name or width(name, size) <= room:
        return name
    lines = [""]
    for word in WORD.findall(name):
        if lines[-1] and width((lines[-1] + word).rstrip(), size) > room:
            lines.append("")
        lines[-1] += word
        while len(lines[-1]) > 1 and width(lines[-1].rstrip(), size) > room:
            fits = _fitting(lines[-1], room, size)
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    lines = [line.strip() for line in lines if line.strip()]
    if len(lines) > MOST_LINES:
        last = lines[MOST_LINES - 1]
        lines[MOST_LINES - 1 :] = [last[: _fitting(last, room - size, size)] + "…"]
    return "\n".join(lines)


def width(text: str, size: float) -> float:
    """Of one line, in points."""
    from matplotlib import rcParams

    family = tuple(rcParams["font.family"])
    return size * sum(_advance(character, family) for character in text)


@lru_cache(maxsize=1024)
def _advance(character: str, family: tuple[str, ...]) -> float:
    """How far a character moves the next one on, in units of the size of the font: kept, for fonts are slow to ask."""
    from matplotlib.textpath import TextPath

    # between two others, for a blank has no extent
    with_it, without = (TextPath((0, 0), text, size=100.0, usetex=False) for text in (f"n{character}n", "nn"))
    return float(with_it.get_extents().width - without.get_extents().width) / 100


def _fitting(text: str, room: float, size: float) -> int:
    """How many characters fit; one at least, or nothing would ever be written."""
    return max((n for n in range(1, len(text) + 1) if width(text[:n], size) <= room), default=1)
