"""Grids that miss no peak."""

import numpy as np

from bactrian.plot.grids import grid


def test_a_needle_is_resolved():
    places = grid(np.array([0.0, 3.3]), np.array([1.0, 1e-6]), -5.0, 5.0, 4000)
    assert (np.abs(places - 3.3) < 1e-6).sum() >= 5


def test_rising_inside_and_bounded():
    places = grid(np.linspace(0, 100, 40), np.full(40, 0.01), 0.0, 100.0, 400)
    assert len(places) == 400
    assert (np.diff(places) > 0).all()
    assert places[0] == 0.0
    assert places[-1] == 100.0
