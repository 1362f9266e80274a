"""Colours that survive grey and colour blindness."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bactrian.plot import style


def lightness(colour):
    """CIE L*, 0 to 100, of an sRGB colour."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


def test_neighbours_differ_in_lightness():
    steps = [abs(lightness(a) - lightness(b)) for a, b in pairwise(style.COLOURS)]
    assert min(steps) > 8


def test_no_colour_vanishes_on_white():
    assert max(lightness(c) for c in style.COLOURS) < 75


def test_colour_and_marker_do_not_repeat_together():
    looks = {(style.colour(k), style.marker(k)) for k in range(70)}
    assert len(looks) == 70
    assert len({(style.colour(k), repr(style.line(k))) for k in range(35)}) == 35


@pytest.mark.parametrize("ground", ["white", "#EAEAF2", "black", "none"])
def test_ink_is_seen_on_the_ground(ax, ground):
    ax.set_facecolor(ground)
    behind = 100 if ground == "none" else lightness(ground)
    assert abs(lightness(style.ink(ax)) - behind) > 70
    for k in range(len(style.COLOURS)):
        assert abs(lightness(style.colour(k, ax)) - behind) > 20


def test_shades_lighten_inwards_on_a_dark_ground():
    levels = [lightness(c) for c in style.shades(4, dark=True)]
    assert min(np.diff(levels)) > 8
    assert lightness(style.INK_ON_DARK) - max(levels) > 25


def test_shades_darken_inwards():
    levels = [lightness(c) for c in style.shades(4)]
    assert levels == sorted(levels, reverse=True)
    assert min(-np.diff(levels)) > 8


def test_many_components_share_one_entry():
    weights = np.full(20, 0.05)
    labels = [style.component_label(k, weights) for k in range(20)]
    assert not any(labels)
    assert style.together(weights) == "20 components, numbered"
    assert style.together(np.full(10, 0.1)) is None
