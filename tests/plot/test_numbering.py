"""Numbers at means do not cover each other."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.plot.numbering import apart


@pytest.mark.parametrize("n", [2, 3, 12])
def test_equal_boxes_come_apart(n):
    sizes = np.full((n, 2), 10.0)
    moved = apart(np.zeros((n, 2)), sizes)
    gaps = np.abs(moved[:, None] - moved).max(axis=-1) + 99 * np.eye(n)
    assert gaps.min() > 9
    np.testing.assert_allclose(moved.mean(axis=0), 0, atol=1e-9)


def test_boxes_that_cover_nothing_stay():
    centres = np.array([[0.0, 0.0], [11.0, 0.0], [0.0, 11.0]])
    assert (apart(centres, np.full((3, 2), 10.0)) == centres).all()


def test_numbers_of_close_components_can_be_read(ax):
    close = bt.Mixture(np.full(12, 1 / 12), [*np.eye(2), *(0.05 * np.arange(20).reshape(10, 2))], 1.0)
    bt.plot.ellipses(close, ax)
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    inner = [box.expanded(0.8, 0.6) for box in boxes]  # without the room above and below digits
    assert not any(a.overlaps(b) for i, a in enumerate(inner) for b in inner[:i])


def test_many_components_are_numbered_in_every_picture(ax):
    many = bt.Mixture(np.full(12, 1 / 12), np.arange(24.0).reshape(12, 2), 1.0)
    X = many.sample(100, rng=0)
    bt.plot.clusters(many, X, ax)
    assert [text.get_text() for text in ax.texts] == [str(k) for k in range(12)]
    for draw in (bt.plot.density, bt.plot.clusters):
        drawn = draw(many.marginal([0]), X[:, 0])
        assert [text.get_text() for text in drawn.texts] == [str(k) for k in range(12)]
        np.testing.assert_allclose([text.get_position()[0] for text in drawn.texts], many.means[:, 0], atol=0.2)
