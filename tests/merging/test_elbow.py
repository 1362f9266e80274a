"""Where the entropy bends, and how many clusters that suggests."""

import numpy as np
import pytest

from bactrian.operations.elbow import elbow
from bactrian.operations.merging import suggested


def brute_force(x, y):
    """Two lines joined at each inner point, their best heights found by normal equations in exact form."""
    residuals = []
    for i in range(1, len(x) - 1):
        # unknown heights at the left end, the knot and the right end; the hat functions between them
        ends = [x[0], x[i], x[-1]]
        hats = np.column_stack([np.interp(x, ends, np.eye(3)[j]) for j in range(3)])
        heights = np.linalg.pinv(hats) @ y
        residuals.append(((hats @ heights - y) ** 2).sum())
    return 1 + int(np.argmin(residuals))


@pytest.mark.parametrize("seed", range(20))
def test_against_hats(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 12))
    x, y = np.cumsum(rng.exponential(size=n)), np.cumsum(rng.exponential(size=n))
    assert elbow(x, y)[0] == brute_force(x, y)


@pytest.mark.parametrize("knot", range(1, 7))
def test_a_true_bend_is_found_with_its_lines(knot):
    x = np.cumsum([1.0, 2, 0.5, 1, 3, 1, 1, 2])
    y = 0.1 * x + 2.0 * np.maximum(x - x[knot], 0)
    found, lines = elbow(x, y)
    assert found == knot
    np.testing.assert_allclose(lines, np.column_stack([x, y])[[0, knot, -1]], rtol=1e-9)


DROPS = {
    "one component": ([], 1),
    "two halves of one": ([0.6], 1),
    "two apart": ([1e-6], 2),
    "all apart": ([1e-9, 1e-8, 1e-3, 1e-2], 5),
    "no row between any": ([0.0, 0.0], 3),
    "all of one": ([0.4, 0.5, 0.6], 1),
    "a bend in the middle": ([1e-6, 1e-4, 0.3, 0.4], 3),
    "a bend near the end": ([1e-6, 1e-4, 1e-3, 0.4], 4),
    "a bend near the start": ([1e-6, 0.35, 0.4, 0.3], 2),
    "apart again, but only within what overlaps": ([1e-6, 0.3, 1e-6], 2),
    "at the limit": ([0.04, 0.0401], 2),
}


@pytest.mark.parametrize("case", DROPS)
def test_suggested(case):
    drops, n = DROPS[case]
    assert suggested(np.array(drops)) == n
    assert suggested(np.array(drops), apart=1.0) == len(drops) + 1
