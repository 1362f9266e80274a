"""The core's M-steps and their slow twins."""

from __future__ import annotations

import numpy as np
import pytest

from bactrian.families import Floor, common_shape, native, own_axes
from bactrian.families.along_features import evi, vei
from bactrian.families.common_axes import eve, vve
from bactrian.families.native import natively
from tests.families.cases import FAMILIES, case, objective, scatters, slopes

TWINS = {
    "VEI": vei, "EVI": evi, "VEE": common_shape.vee, "EVE": eve, "VVE": vve, "EEV": own_axes.eev, "VEV": own_axes.vev,
    "EVV": own_axes.evv,
}  # fmt: skip


def both(code, within, counts, floor, before=None):
    shown = scatters(FAMILIES[code], within, counts)

    def refuse(*_):
        raise AssertionError("the core handed an ordinary M-step back")

    return natively(code, refuse)(shown, floor, before), TWINS[code](shown, floor, before)


@pytest.mark.parametrize("code", TWINS)
@pytest.mark.parametrize(("d", "k"), [(1, 3), (2, 1), (2, 5), (4, 3), (9, 4), (24, 2)])
def test_the_same_covariance(code, d, k):
    within, counts = case(d, k)
    floor = Floor(np.full(d, 1e-10))
    (mine, held), (expected, also) = both(code, within, counts, floor)
    assert len(held) == len(also) == 0
    scale = np.abs(expected.array).max()
    assert np.abs(mine.array - expected.array).max() <= (1e-8 if code in ("EVE", "VVE") else 1e-10) * scale
    for found in (mine, expected):
        assert np.abs(slopes(code, found, within, counts)).max() < 1e-8
    value = objective(expected, within, counts)
    assert objective(mine, within, counts) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize("code", TWINS)
def test_the_same_after_a_step(code):
    within, counts = case(4, 3)
    moved, floor = case(4, 3, seed=1)[0], Floor(np.full(4, 1e-10))
    before = TWINS[code](scatters(FAMILIES[code], within, counts), floor, None)[0]
    (mine, _), (expected, _) = both(code, moved, counts, floor, before)
    assert np.allclose(mine.array, expected.array, rtol=0, atol=1e-8 * np.abs(expected.array).max())
    for found in (mine, expected):
        assert np.abs(slopes(code, found, moved, counts)).max() < 1e-8


@pytest.mark.parametrize("code", TWINS)
@pytest.mark.parametrize("level", [0.5, 1.0, 3.0])
def test_the_same_where_the_floor_binds(code, level):
    within, counts = case(3, 3)
    within = np.where(np.arange(3)[:, None, None] == 0, 1e-6 * within, within)
    typical = np.median(np.linalg.eigvalsh(within[1] / counts[1]))
    floor = Floor(level * typical * np.array([1.0, 0.2, 3.0]))
    (mine, held), (expected, also) = both(code, within, counts, floor)
    assert np.array_equal(held, also)
    assert len(held)
    value = objective(expected, within, counts)
    # where bounds bind the axes may settle elsewhere, never lower by more than they move at the end
    assert objective(mine, within, counts) >= value - 1e-6 * abs(value)
    if code[2] != "E" or code == "VEE":
        assert np.allclose(mine.array, expected.array, rtol=1e-7, atol=1e-9 * np.abs(expected.array).max())


@pytest.mark.parametrize("code", ["VEI", "EVI", "VEE", "EEV", "VEV", "EVV"])
def test_the_same_of_many_features(code):
    within, counts = case(40, 2)
    (mine, held), (expected, also) = both(code, within, counts, Floor(np.full(40, 1e-10)))
    assert np.array_equal(held, also)
    assert np.allclose(mine.array, expected.array, rtol=0, atol=1e-9 * np.abs(expected.array).max())


@pytest.mark.parametrize("code", ["EVE", "VVE"])
def test_common_axes_of_many_features_are_found_in_several_steps(code):
    """A step only comes near its maximum there: none leads down, and many lead where the slope is nothing."""
    within, counts = case(40, 2)
    shown, floor = scatters(FAMILIES[code], within, counts), Floor(np.full(40, 1e-10))
    step = natively(code, lambda *_: pytest.fail("handed back"))
    found, _ = step(shown, floor, None)
    values = [objective(found, within, counts)]
    for _ in range(100):
        found, _ = step(shown, floor, found)
        values.append(objective(found, within, counts))
    assert np.diff(values).min() >= -1e-12 * abs(values[0])
    assert values[-1] - values[-2] < 1e-7 * abs(values[0])
    assert values[-1] > values[0]


def test_what_the_core_cannot_say_is_left_to_the_twin(monkeypatch):
    within, counts = case(4, 2)
    shown, floor = scatters(FAMILIES["VEV"], within, counts), Floor(np.zeros(4))
    expected = own_axes.vev(shown, floor, None)[0]
    monkeypatch.setattr(native, "_in_core", lambda *_: None)
    found, _ = natively("VEV", own_axes.vev)(shown, floor, None)
    assert np.array_equal(found.array, expected.array)
