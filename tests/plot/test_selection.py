"""The criterion against K."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.selection import Candidate, Candidates


def candidate(k, family, bic, status="converged"):
    return Candidate(k, family, 5 * k, -bic / 2, bic, bic - 10.0 * k, bic + 1.0, 9, status, "a sentence")


@pytest.fixture
def table():
    return [
        *(candidate(k, "VVV", bic) for k, bic in enumerate((300.0, 200.0, 220.0, 260.0), start=1)),
        candidate(1, "EII", 310.0),
        candidate(2, "EII", float("nan"), "failed"),
        candidate(3, "EII", 250.0),
        candidate(4, "EII", 240.0, "collapsed"),
        candidate(5, "EII", -9000.0, "collapsed"),
    ]


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_one_line_for_each_family(table, ax):
    found = lines(bt.plot.selection(table, ax=ax))
    assert found["VVV"].get_xydata().tolist() == [[1, 300], [2, 200], [3, 220], [4, 260]]
    looks = [(found[f].get_color(), found[f].get_marker(), repr(found[f]._dash_pattern)) for f in ("VVV", "EII")]
    assert all(a != b for a, b in zip(*looks, strict=True))


def test_lines_break_where_there_is_no_fit(table, ax):
    eii = lines(bt.plot.selection(table, ax=ax))["EII"]
    np.testing.assert_array_equal(eii.get_xydata(), [[1, 310], [2, np.nan], [3, 250]])


def test_the_best_is_marked(table, ax):
    best = lines(bt.plot.selection(table, ax=ax))["best: VVV, K = 2"]
    assert best.get_xydata().tolist() == [[2, 200]]


def test_collapsed_are_hollow_and_do_not_stretch_the_axis(table, ax, legend):
    bt.plot.selection(table, ax=ax)
    hollow = [
        line for line in ax.get_lines() if line.get_markerfacecolor() == ax.get_facecolor() and len(line.get_xdata())
    ]
    assert [line.get_xydata().tolist() for line in hollow] == [[[4, 240]]]
    assert ax.get_ylim()[0] > 0
    assert legend(ax)[-1] == "collapsed (1 of 2 off the axis)"


def test_only_collapsed_ones_are_shown_but_none_is_best(ax, legend):
    bt.plot.selection([candidate(1, "VVV", 10.0, "collapsed"), candidate(2, "VVV", 5.0, "collapsed")], ax=ax)
    assert legend(ax) == ["VVV", "collapsed"]


def test_criterion_of_the_table_is_the_default(table, ax):
    bt.plot.selection(Candidates(table, "aic"), ax=ax)
    assert ax.get_ylabel() == "AIC (lower is better)"
    assert lines(ax)["VVV"].get_ydata()[0] == 290


def test_a_fit_is_drawn(two, ax):
    fit = bt.fit(two.sample(200, rng=0), [1, 3], ["VVV", "EII"], max_iter=20, n_init=1)
    found = lines(bt.plot.selection(fit, "icl", ax))
    assert found["VVV"].get_xdata().tolist() == [1, 3]
    assert ax.get_ylabel() == "ICL (lower is better)"


def test_arguments_that_cannot_be_used(table):
    with pytest.raises(bt.ParameterError, match="criterion should be one of"):
        bt.plot.selection(table, "dic")
    with pytest.raises(bt.ParameterError, match="a Fit or its candidates can be drawn, but got str"):
        bt.plot.selection("VVV")
    with pytest.raises(bt.ParameterError, match="none of the 1 candidates has a BIC"):
        bt.plot.selection(table[5:6])


def test_families_far_above_do_not_press_the_others_together(ax, legend):
    rows = [candidate(k, f, b + 10.0 * abs(k - 3)) for k in range(1, 7) for f, b in (("VVV", 200), ("EEE", 210))]
    rows += [candidate(k, "EII", 4000.0 - k) for k in range(1, 4)]
    bt.plot.selection(rows, ax=ax)
    assert legend(ax)[-1] == "3 of 15 above the picture"
    frame = lines(ax)["VVV"].get_clip_box().transformed(ax.transData.inverted())
    assert 240 < frame.y1 < 260


def test_the_best_of_every_k_is_in_the_picture(ax, legend):
    rows = [candidate(1, "VVV", 4000.0), *(candidate(k, "VVV", 200.0 + k) for k in range(2, 12))]
    bt.plot.selection(rows, ax=ax)
    assert ax.get_ylim()[1] > 4000
    assert not any("above" in text for text in legend(ax))


def test_collapsed_ones_above_the_picture_are_counted_as_such(ax, legend):
    rows = [candidate(k, f, b + 10.0 * abs(k - 3)) for k in range(1, 7) for f, b in (("VVV", 200), ("EEE", 210))]
    rows += [candidate(k, "EII", 4000.0 - k) for k in range(1, 4)] + [candidate(4, "EII", 2000.0, "collapsed")]
    bt.plot.selection(rows, ax=ax)
    assert legend(ax)[-2:] == ["collapsed (1 of 1 off the axis)", "3 of 15 above the picture"]


def test_limits_that_were_set_stay(ax, legend):
    ax.set_ylim(0, 9000)
    bt.plot.selection([candidate(1, "VVV", 4000.0), *(candidate(k, "EII", 200.0 + k) for k in range(1, 9))], ax=ax)
    assert ax.get_ylim() == (0, 9000)
    assert not any("above" in text for text in legend(ax))


def test_the_ring_about_the_best_is_whole_in_small_axes():
    from matplotlib.figure import Figure

    rows = [candidate(k, "VVV", 200 + 10.0 * abs(k - 3)) for k in range(1, 9)]
    ax = Figure((3, 3)).subplots()
    bt.plot.selection([*rows, candidate(1, "EII", 4000.0), candidate(2, "EII", 3000.0)], ax=ax)
    ax.figure.draw_without_rendering()
    ring = lines(ax)["best: VVV, K = 3"]
    middle = ax.transData.transform(ring.get_xydata()[0])[1]
    assert middle - ring.get_clip_box().y0 > ring.get_markersize() / 2 * ax.figure.dpi / 72
