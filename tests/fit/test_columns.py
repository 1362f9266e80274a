"""A fit depends neither on the order of columns, nor on that of rows, nor on units: not even on where it begins."""

from __future__ import annotations

import numpy as np
import pytest

import bactrian as bt
from tests.fit.cases import lobes


def overlapping(d: int) -> np.ndarray:
    """Groups that starts do not agree about."""
    rng = np.random.default_rng(d)
    means, maps = 2.5 * rng.normal(size=(4, d)), np.eye(d) + 0.5 * rng.normal(size=(4, d, d))
    group = rng.integers(0, 4, 250)
    return means[group] + np.einsum("nij,nj->ni", maps[group], rng.normal(size=(250, d)))


TABLES = {
    "iris": np.asarray(bt.datasets.iris().data),
    "faithful": np.asarray(bt.datasets.old_faithful().data),
    "halves of a unit": np.round(2 * lobes(300, 3, 3)) / 2,
    "rows that are there several times": np.repeat(overlapping(4)[:60], np.arange(60) % 6 + 1, axis=0),
    **{f"{d} features": overlapping(d) for d in range(1, 9)},
}

# The optimum is one, and the climb ends as near to it as tol says: strides see features in their order.
HOWS = {
    "VVV": lambda x: bt.fit(x, 3, "VVV", tol=1e-12, max_iter=10_000),
    "estimator": lambda x: bt.GaussianMixture(3, tol=1e-10, max_iter=10_000, random_state=0).fit(x),
}


def others(x: np.ndarray, apart: bool):
    """The same data in other words: (what, rows, their indices, what BIC is more).

    ``apart`` : each feature in a unit of its own, which most families with common axes or volumes are not free of.
    """
    rng, (n, d) = np.random.default_rng(0), x.shape
    scales = np.exp(rng.normal(0, 2, d)) if apart else np.full(d, 3.7)
    rows, features = rng.permutation(n), rng.permutation(d)
    yield "columns backwards", x[:, ::-1], np.arange(n), 0.0
    yield "columns", x[:, features], np.arange(n), 0.0
    yield "units", x * scales + 5 * scales * x.std(axis=0), np.arange(n), 2 * n * np.log(scales).sum()
    yield "rows", x[rows], rows, 0.0


def same_partition(one: np.ndarray, two: np.ndarray) -> bool:
    pairs = set(zip(one.tolist(), two.tolist(), strict=True))
    return len(pairs) == len(set(one.tolist())) == len(set(two.tolist()))


def check(how, x, rel, apart=True):
    def ask(rows):
        found = how(rows)
        if isinstance(found, bt.GaussianMixture):
            return found.predict(rows), found.bic(rows)
        return found.classify(rows), found.bic

    labels, bic = ask(x)
    for what, rows, order, more in others(x, apart):
        other_labels, other_bic = ask(np.ascontiguousarray(rows))
        assert same_partition(labels[order], other_labels), what
        assert other_bic - more == pytest.approx(bic, rel=rel), what


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
def test_columns_units_and_rows_do_not_matter(how, name):
    check(HOWS[how], TABLES[name], rel=1e-9)


@pytest.mark.parametrize("name", ["iris", "faithful", "1 features", "4 features"])
@pytest.mark.filterwarnings("ignore::bactrian.errors.CollapseWarning")
def test_nor_do_they_to_a_choice_among_all_candidates(name):
    x = TABLES[name]
    check(bt.fit, x, rel=1e-6, apart=False)
    assert bt.fit(x).family == bt.fit(np.ascontiguousarray(x[:, ::-1])).family
