"""A fit that stopped and goes on comes to the same bits as one that never did."""

import warnings

import numpy as np
import pytest

import bactrian as bt
from bactrian import em
from bactrian.checkpoints import file
from bactrian.sources import door
from tests.checkpoints.cases import FITS, LARGE, Stop, assert_same_bits, fit


def interrupted(n, call):
    """Whether the nth pass came and was interrupted."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bt.InterruptWarning)
        stop = Stop(n)
        try:
            call(progress=stop)
        except KeyboardInterrupt:
            return True
        return stop.left <= 0


@pytest.mark.parametrize("case", FITS)
@pytest.mark.parametrize("step", [2, 9])
def test_ctrl_c_writes_one_and_the_fit_goes_on(tmp_path, case, step):
    whole = fit(case)
    path = tmp_path / "state"
    stops = 0
    while stops < 3 and interrupted(step, lambda **how: fit(case, checkpoint=path, **how)):
        assert path.exists()
        stops += 1
    assert stops
    assert_same_bits(fit(case, checkpoint=path), whole)
    assert_same_bits(fit(case, checkpoint=path), whole)  # and is answered again


def counted(monkeypatch):
    """How many looks at rows em.run takes."""
    looks = [0]
    plain = em._look

    def look(*arguments):
        looks[0] += 1
        return plain(*arguments)

    monkeypatch.setattr(em, "_look", look)
    return looks


def test_nothing_is_climbed_twice(tmp_path, monkeypatch):
    looks = counted(monkeypatch)
    fit("large")
    alone, looks[0] = looks[0], 0
    assert interrupted(20, lambda **how: fit("large", checkpoint=tmp_path / "state", **how))
    first, looks[0] = looks[0], 0
    fit("large", checkpoint=tmp_path / "state")
    assert first >= 20
    assert first + looks[0] <= alone + 40  # short climbs of _split are not kept
    looks[0] = 0
    fit("large", checkpoint=tmp_path / "state")
    assert looks[0] < alone / 4


def test_rows_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(door, "IN_MEMORY", 0)
    rows = tmp_path / "x.npy"
    np.save(rows, LARGE)
    how = {"n_components": [3, 9], "families": ["EEE", "VVV"], "max_iter": 30}
    whole = bt.fit(np.load(rows, mmap_mode="r"), **how)
    path = tmp_path / "state"
    for n in (3, 12):
        assert interrupted(n, lambda **more: bt.fit(np.load(rows, mmap_mode="r"), checkpoint=path, **how, **more))
    assert_same_bits(bt.fit(np.load(rows, mmap_mode="r"), checkpoint=path, **how), whole)


def test_a_seed_that_was_drawn_is_kept(tmp_path):
    path = tmp_path / "state"
    assert interrupted(5, lambda **how: fit("one", random_state=None, checkpoint=path, **how))
    one = fit("one", random_state=None, checkpoint=path)
    assert_same_bits(fit("one", random_state=None, checkpoint=path), one)
    entropy = file.read(path).entropy
    assert_same_bits(fit("one", random_state=entropy), one)


def test_a_generator_goes_on_from_where_it_was(tmp_path):
    path = tmp_path / "state"
    whole = fit("one", random_state=np.random.default_rng(3))
    assert interrupted(5, lambda **how: fit("one", random_state=np.random.default_rng(3), checkpoint=path, **how))
    assert_same_bits(fit("one", random_state=np.random.default_rng(3), checkpoint=path), whole)
    with pytest.raises(bt.ParameterError, match="random_state is not what it was"):
        fit("one", random_state=np.random.default_rng(4), checkpoint=path)


@pytest.mark.parametrize(("settings", "least"), [({"passes": 1}, 20), ({"passes": 10}, 2), ({"minutes": 0}, 20)])
def test_how_often(tmp_path, monkeypatch, settings, least):
    written = []
    plain = file.write
    monkeypatch.setattr("bactrian.checkpoints.diary.write", lambda *a: (written.append(1), plain(*a)))
    fit("large", checkpoint=bt.Checkpoint(tmp_path / "state", **settings))
    assert len(written) >= least
    written.clear()
    (tmp_path / "state").unlink()
    fit("large", checkpoint=bt.Checkpoint(tmp_path / "state", minutes=60))
    assert len(written) == 1
