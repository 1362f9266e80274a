"""Two features: the regions hold what the legend says."""

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from matplotlib.path import Path

import bactrian as bt


def outlines(ax):
    (found,) = [c for c in ax.collections if isinstance(c, QuadContourSet) and not c.filled]
    return found.get_paths()


def inside(path, rows):
    """Rows inside a contour of several rings, by the even-odd rule."""
    held = np.zeros(len(rows), dtype=bool)
    for ring in path.to_polygons(closed_only=False):
        held ^= Path(ring).contains_points(rows)
    return held


def test_regions_hold_their_mass(two, ax):
    masses = (0.25, 0.5, 0.75, 0.95)
    bt.plot.density(two, ax=ax, mass=masses)
    fresh = two.sample(20_000, rng=99)
    held = [inside(path, fresh).mean() for path in outlines(ax)]
    np.testing.assert_allclose(held, masses[::-1], atol=0.012)


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e-3, 1e6), (1e9, -1e12)])
def test_regions_hold_their_mass_on_any_scale(two, ax, scale, shift):
    moved = two.affine(scale, shift)
    bt.plot.density(moved, ax=ax, mass=0.9)
    assert inside(outlines(ax)[0], moved.sample(20_000, rng=7)).mean() == pytest.approx(0.9, abs=0.012)


def test_a_tilted_needle_is_resolved(ax):
    needle = bt.Mixture([0.5, 0.5], [[0, 0], [50, 50]], [[[1, 0.99], [0.99, 1]], [[100, 0], [0, 100]]])
    bt.plot.density(needle, ax=ax, mass=0.5)
    assert inside(outlines(ax)[0], needle.sample(20_000, rng=1)).mean() == pytest.approx(0.5, abs=0.02)


def test_axes_show_every_region_and_row(two, ax):
    X = np.vstack([two.sample(30, rng=0), [[40.0, -20.0]]])
    bt.plot.density(two, X, ax, mass=0.99)
    for low, high, column in ((*ax.get_xlim(), 0), (*ax.get_ylim(), 1)):
        corners = np.concatenate([p.vertices for p in outlines(ax)])[:, column]
        assert low < min(corners.min(), X[:, column].min())
        assert high > max(corners.max(), X[:, column].max())


def test_nothing_touches_the_frame(two, ax):
    bt.plot.mixture(two, two.sample(30, rng=0), ax)
    corners = np.concatenate([p.get_xy() for p in ax.patches] + [p.vertices for p in outlines(ax)])
    for (low, high), column in ((ax.get_xlim(), 0), (ax.get_ylim(), 1)):
        margin = 0.02 * (high - low)
        assert low + margin < corners[:, column].min()
        assert high - margin > corners[:, column].max()


def test_legend_states_rows_and_masses(two, ax, legend):
    bt.plot.density(two, two.sample(50, rng=0), ax, mass=(0.5, 0.999))
    assert legend(ax) == ["50 rows", "densest 99.9 % of the mass", "densest 50 % of the mass"]


def test_all_rows_are_drawn_or_the_legend_says_so(two, ax, legend):
    bt.plot.density(two, two.sample(500, rng=0), ax, max_points=100)
    assert [len(c.get_offsets()) for c in ax.collections if not isinstance(c, QuadContourSet)] == [100]
    assert legend(ax)[0] == "100 of 500 rows, drawn at random"


def test_areas_follow_weights(two, ax, legend):
    bt.plot.density(two, two.sample(3, rng=0), ax, sample_weight=[1, 2, 4])
    sizes = ax.collections[0].get_sizes()
    np.testing.assert_allclose(sizes / sizes[0], [1, 2, 4])
    assert legend(ax)[0] == "3 rows, area by weight"


def test_densities_that_underflow_are_drawn(ax):
    sharp = bt.Mixture([1.0], [[0.0, 0.0]], 1e-250)
    bt.plot.density(sharp, ax=ax, mass=0.5)
    assert len(outlines(ax)[0].vertices) > 20
