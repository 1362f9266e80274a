"""The door to matplotlib."""

import subprocess
import sys

import numpy as np
import pytest

import bactrian as bt
from bactrian.errors import MissingDependencyError, ParameterError


def test_import_loads_no_matplotlib():
    program = "import sys, bactrian.plot; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_missing_matplotlib_says_how_to_get_it(monkeypatch, two):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "bactrian\[plot\]"'):
        bt.plot.density(two)


def test_a_new_figure_is_known_to_pyplot_and_there_is_one(two):
    from matplotlib import pyplot as plt

    drawn = bt.plot.density(two)
    assert [plt.figure(n) for n in plt.get_fignums()] == [drawn.figure]


def test_given_axes_are_used_and_make_no_figure(two, ax):
    from matplotlib import pyplot as plt

    X = two.sample(50, rng=0)
    for draw in (bt.plot.density, bt.plot.clusters, bt.plot.mixture):
        assert draw(two, X, ax) is ax
    assert bt.plot.ellipses(two, ax) is ax
    assert plt.get_fignums() == []


def test_an_array_of_axes_is_refused(two):
    from matplotlib.figure import Figure

    with pytest.raises(ParameterError, match="ax should be one matplotlib Axes, but got ndarray"):
        bt.plot.density(two, ax=Figure().subplots(2, 2))


@pytest.mark.parametrize("kind", ["3d", "polar"])
def test_axes_that_are_not_flat_are_refused(two, kind):
    from matplotlib.figure import Figure

    with pytest.raises(ParameterError, match=f"pictures are flat, but ax is {kind}"):
        bt.plot.mixture(two, ax=Figure().add_subplot(projection=kind))


def test_a_refused_call_leaves_no_figure(two):
    from matplotlib import pyplot as plt

    with pytest.raises(bt.DataError):
        bt.plot.density(two, np.zeros((5, 3)))
    with pytest.raises(ParameterError):
        bt.plot.ellipses(two, mass=95)
    assert plt.get_fignums() == []


def test_legend_stays_beside_when_more_is_drawn(two):
    drawn = bt.plot.density(two)
    bt.plot.ellipses(two, drawn)
    drawn.figure.canvas.draw()
    box = drawn.get_legend().get_window_extent()
    assert box.x0 >= drawn.get_window_extent().x1
    assert box.x1 <= drawn.figure.bbox.x1


def test_ticks_are_legible_at_large_offsets(two, ax):
    far = two.affine(1.0, 1e8)
    bt.plot.density(far, far.sample(100, rng=0), ax)
    ax.figure.draw_without_rendering()
    for axis in (ax.xaxis, ax.yaxis):
        assert axis.get_offset_text().get_text() == "+1e8"
        assert max(len(label.get_text()) for label in axis.get_ticklabels()) <= 5
