"""Rows out of core give the model that the same rows in memory give, and the same bits wherever they live."""

import threading

import numpy as np
import pytest

import bactrian as bt
from bactrian.kernels import NativeKernel, ReferenceKernel
from bactrian.sources import ArraySource, ChunkedSource, chunks, open_source
from bactrian.sources.ahead import ahead
from bactrian.sources.array import SORTED_ROWS
from bactrian.sources.mapped import MappedStore
from bactrian.statistics import Scatter
from tests.kernels.cases import make_case
from tests.sources.conftest import NAMES, PLACES, make_rows, make_table

START = bt.Mixture([0.5, 0.5], [[0, 99, -3], [5, 104, -8]], np.array([np.eye(3)] * 2))
HOW = {"n_components": 2, "families": "VVV", "max_iter": 30, "acceleration": None}
pytestmark = pytest.mark.usefixtures("far")


def assert_same_model(one, two, tolerance=1e-10):
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(one.mixture, name), getattr(two.mixture, name), rtol=tolerance, atol=tolerance
        )
    assert one.log_likelihood == pytest.approx(two.log_likelihood, rel=tolerance)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("start", [START, "auto"], ids=["start", "auto"])
def test_the_model_is_that_of_the_rows_in_memory(tmp_path, place, start):
    x = make_rows()
    data = PLACES[place](make_table(x), tmp_path / "x")
    source, names = open_source(data)
    assert isinstance(source, ChunkedSource)
    assert names == (("x0", "x1", "x2") if place == ".npy" else None if place == "memory map" else NAMES)
    if place in ("DuckDB", "LazyFrame"):
        data = PLACES[place](make_table(x), tmp_path / "again")
    assert_same_model(bt.fit(data, **HOW, start=start), bt.fit(x, **HOW, start=start))


@pytest.mark.parametrize("place", ["Parquet", ".npy", "Arrow", "memory map", "DuckDB", "LazyFrame"])
def test_float32_stays_float32(tmp_path, place):
    x = make_rows(dtype=np.float32)
    source, _ = open_source(PLACES[place](make_table(x), tmp_path / "x"))
    assert source.single_precision
    assert source.draw(np.zeros(1)).dtype == np.float32
    found = bt.fit(PLACES[place](make_table(x), tmp_path / "y"), **HOW, start=START)
    assert_same_model(found, bt.fit(x, **HOW, start=START), 1e-5)  # float32 rounds differently in other chunks


def test_the_same_rows_give_the_same_bits_from_any_place(tmp_path):
    table = make_table(make_rows())
    fits = [bt.fit(make(table, tmp_path / f"x{i}"), **HOW) for i, make in enumerate(PLACES.values())]
    for found in fits[1:]:
        assert found.history == fits[0].history
        assert np.array_equal(found.mixture.covariances, fits[0].mixture.covariances)


def test_all_candidates_share_each_read(tmp_path):
    x = make_rows(4000)
    np.save(tmp_path / "x.npy", x)
    store = Counted(np.load(tmp_path / "x.npy", mmap_mode="r"))
    source = ChunkedSource(store)
    assert store.n_reads == 1
    case = make_case(10, 3, 2, "full", False, np.float64)
    source.fold(NativeKernel(), [case.parameters] * 5, [Scatter.FULL] * 5)
    assert store.n_reads == 2
    assert source.fold(NativeKernel(), [], []) == []
    assert store.n_reads == 2


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("most", "expected"), [(1, 1), (2, 2), (3, 3), (64, 12)])
def test_blocks_are_the_rows_once(monkeypatch, weighted, most, expected):
    """Each under a mixture of its own; together the fold, to the last digits."""
    monkeypatch.setattr(chunks, "CHUNK", 1536)  # 512 rows
    x = make_rows(6000)
    weight = np.random.default_rng(1).uniform(0.5, 2, len(x)) if weighted else None
    case = make_case(10, 3, 2, "full", False, np.float64)
    for source in (ChunkedSource(MappedStore(x, "rows"), weight), ArraySource(x, weight)):
        asked = NativeKernel(), [case.parameters], [Scatter.FULL]
        found = [fold(*asked)[0] for fold in source.blocks(most)]
        assert len(found) == expected if isinstance(source, ChunkedSource) else most > 3 or len(found) == most
        assert found[0].total > 0
        (whole,) = source.fold(*asked)
        assert sum(f.total for f in found) == pytest.approx(source.total, rel=1e-13)
        assert np.allclose(sum(f.second for f in found), whole.second, rtol=1e-12)
        again = [fold(*asked)[0] for fold in source.blocks(most)]
        assert all(a.second.tobytes() == b.second.tobytes() for a, b in zip(found, again, strict=True))


def test_rows_that_change_between_blocks_are_told(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 1536)
    x = make_rows(6000)
    store = MappedStore(x, "rows")
    source = ChunkedSource(store)
    case = make_case(10, 3, 2, "full", False, np.float64)
    asked = NativeKernel(), [case.parameters], [Scatter.FULL]
    for other in (x[:3000], x[:1], np.concatenate([x, x])):
        store._array = other
        with pytest.raises(bt.DataError, match="did not give the same rows again"):
            [fold(*asked) for fold in source.blocks(4)]


def test_reading_ends_with_the_blocks_that_are_asked_for(monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK", 1536)
    source = ChunkedSource(MappedStore(make_rows(6000), "rows"))
    blocks, case = source.blocks(4), make_case(10, 3, 2, "full", False, np.float64)
    next(blocks)(NativeKernel(), [case.parameters], [Scatter.FULL])
    assert any(t.name == "bactrian-read-ahead" for t in threading.enumerate())
    blocks.close()
    assert not any(t.name == "bactrian-read-ahead" for t in threading.enumerate())


def test_few_reads_where_components_are_clear(monkeypatch, tmp_path):
    """By default: the start, two or three sweeps, and a last look."""
    monkeypatch.setattr(chunks, "CHUNK", 1536)
    x = make_rows(40_000)
    np.save(tmp_path / "x.npy", x)
    reads = {}
    for pace in ("auto", "incremental", "squarem", None):
        told = []
        found = bt.fit(tmp_path / "x.npy", 2, "VVV", acceleration=pace, progress=told.append)
        assert found.converged
        reads[pace] = len(told)
    assert reads["auto"] == reads["incremental"] <= 5
    assert max(reads.values()) <= 5


class Counted(MappedStore):
    def __init__(self, array):
        super().__init__(array, "rows")
        self.n_reads = 0

    def parts(self):
        self.n_reads += 1
        return super().parts()


def test_candidates_climb_together(monkeypatch, tmp_path):
    """A search reads as often as its longest climb, once for the quick look and once for the thorough one."""
    x = make_rows(6000)
    np.save(tmp_path / "x.npy", x)
    store = Counted(np.load(tmp_path / "x.npy", mmap_mode="r"))
    how = {"n_components": [1, 2, 3, 4], "families": "VVV", "tol": 0, "max_iter": 20, "acceleration": None}
    alone = bt.fit(x, **how)
    monkeypatch.setattr("bactrian.sources.label_names.open_source", lambda *_: (ChunkedSource(store), None))
    told = []
    found = bt.fit(None, **how, progress=told.append)
    assert store.n_reads <= 2 * 21 + 2  # and a look at them all, and a sample
    assert [c.bic for c in found.candidates] == pytest.approx([c.bic for c in alone.candidates], rel=1e-10)
    assert found.best.n_components == alone.best.n_components
    assert (told[0].n_candidates, told[-1].candidate) == (4, 3)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_way_to_look_at_the_rows(tmp_path, weighted):
    x = make_rows(80_000)
    weight = np.random.default_rng(1).integers(0, 4, len(x)) * np.linspace(0.1, 3, len(x)) if weighted else None
    store, memory = MappedStore(x, "rows"), ArraySource(x, weight)
    source = ChunkedSource(store, weight)
    assert (source.n_given, source.n_rows) == (len(x), memory.n_rows)
    assert source.total == pytest.approx(memory.total, rel=1e-13)
    assert np.allclose(source.moments.mean, memory.moments.mean, rtol=1e-12)
    assert np.allclose(source.moments.covariance, memory.moments.covariance, rtol=1e-12)
    positions = np.random.default_rng(2).random(500)
    assert memory.n_rows > SORTED_ROWS
    assert np.array_equal(source.draw(positions), memory.draw(positions))
    samples = source.samples([(500, np.random.default_rng(3)), (900, np.random.default_rng(4))])
    for (n, seed), sample in zip([(500, 3), (900, 4)], samples, strict=True):
        expected = memory.sample(n, np.random.default_rng(seed))
        assert np.array_equal(sample.values, expected.values)
        assert sample.weight is None
    labels = np.arange(len(x)) % 2
    kept = source.keep(labels)
    assert np.array_equal(kept, memory.keep(labels))
    case = make_case(10, 3, 2, "full", False, np.float64)
    for kernel in (NativeKernel(), ReferenceKernel()):
        for scatter in Scatter:
            one, two = (s.fold_given(kernel, kept, case.parameters.means, scatter) for s in (source, memory))
            assert np.allclose(one.second, two.second, rtol=1e-12)
            assert np.allclose(one.counts, two.counts, rtol=1e-13)


def test_labels_as_a_start(tmp_path):
    x = make_rows(5000)
    weight = np.random.default_rng(1).integers(0, 2, len(x)).astype(float)
    labels = (x[:, 0] > 3).astype(int)
    np.save(tmp_path / "x.npy", x)
    path = tmp_path / "x.npy"
    how = {"start": labels, "families": ["VVV", "EEE"], "sample_weight": weight, "acceleration": None}
    assert_same_model(bt.fit(path, **how), bt.fit(x, **how))


def test_a_weight_column(tmp_path):
    x = make_rows()
    weight = np.random.default_rng(1).integers(0, 3, len(x))
    path = PLACES["Parquet"](make_table(x, weight), tmp_path / "x")
    found = bt.fit(path, **HOW, sample_weight="w")
    assert_same_model(found, bt.fit(x, **HOW, sample_weight=weight))
    assert found.mixture.feature_names == NAMES
    assert found.n_rows == (weight > 0).sum()


def test_noise_spread_over_the_rows(tmp_path):
    x = make_rows(5000)
    np.save(tmp_path / "x.npy", x)
    how = {"n_components": 2, "families": "VVV", "noise": True, "start": START, "max_iter": 20, "acceleration": None}
    one, two = (bt.fit(data, **how) for data in (tmp_path / "x.npy", x))
    assert_same_model(one, two)
    assert one.noise.log_density == pytest.approx(two.noise.log_density, rel=1e-12)


def test_bits_do_not_depend_on_how_rows_arrive():
    x = make_rows(5000)
    for d in (1, 3):
        one = list(read(x[:, :d], [5000]))
        two = list(read(x[:, :d], [1, 4, 2000, 2995]))
        assert [len(c) for c in one] == [len(c) for c in two]
        assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def read(x, sizes):
    class Cut(MappedStore):
        def parts(self):
            for rows in np.split(x, np.cumsum(sizes)[:-1]):
                yield from MappedStore(rows, "rows").parts()

    trace = chunks.Trace()
    for chunk in chunks.read_chunks(Cut(x, "rows"), None, trace):
        yield chunk.values.copy()
    assert trace.n_rows == len(x)


def test_reading_ahead_ends_with_its_reader():
    before = threading.active_count()
    made = []

    def make():
        for i in range(1000):
            made.append(i)
            yield i

    items = ahead(make)
    assert next(items) == 0
    items.close()
    assert threading.active_count() == before
    assert len(made) <= 4
    assert list(ahead(lambda: iter(range(5)))) == [0, 1, 2, 3, 4]


def test_what_the_reading_thread_raises_is_raised():
    def make():
        yield 1
        raise bt.DataError("torn")

    items = ahead(make)
    assert next(items) == 1
    with pytest.raises(bt.DataError, match="torn"):
        next(items)
