"""Counts and lists as sentences have them: 1 row, 2 rows; component 0 was, components 0, 1 were."""

from __future__ import annotations

from collections.abc import Sequence

MOST = 6  # that are listed


def counted(n: int, what: str) -> str:
    """So many of them: "1 row", "2 rows"."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def there_are(n: int, what: str) -> str:
    """ "there is 1 row", "there are 2 rows"."""
    return f"there {'is' if n == 1 else 'are'} {counted(n, what)}"


def listed(which: Sequence[int], what: str = "component") -> str:
    """ "component 2", "components 0, 1"."""
    more = " ..." if len(which) > MOST else ""
    return f"{what}{'' if len(which) == 1 else 's'} {', '.join(map(str, which[:MOST]))}{more}"


def was(which: Sequence[int]) -> str:
    """What one component or several of them was or were."""
    return "was" if len(which) == 1 else "were"
