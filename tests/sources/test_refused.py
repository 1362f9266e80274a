"""Rows that cannot be used, wherever they live: one sentence that says where and what to do."""

import decimal
import os
import re
import resource
import subprocess
import sys
import warnings

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import bactrian as bt
from bactrian.files import read_table
from bactrian.files.dataset import Dataset
from bactrian.sources import door, open_source, spool
from tests.sources.conftest import FILES, NAMES, make_rows, make_table

N = 20_000
MISSING = r"missing \(NaN or null\)"


@pytest.fixture
def far_table(far, tmp_path):
    return make_table(make_rows(N))


def with_value(table, column, row, value):
    values = table[column].to_pylist()
    values[row] = value
    return table.set_column(table.column_names.index(column), column, pa.array(values, table[column].type))


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("Parquet", r"row 17001 of .*x\.parquet \(row group 5\)"),
        ("CSV", r"row 17001 of .*x\.csv \(line 17003 of .*x\.csv\)"),
        (".npy", r"row 17001 of .*x\.npy"),
        ("Arrow", r"row 17001 of .*x\.arrow \(batch 2\)"),
        ("folder", r"row 4001 of .*part-2\.parquet \(row group 0\)"),
        ("pattern", r"row 4001 of .*2\.csv \(line 4003 of .*2\.csv\)"),
    ],
)
@pytest.mark.parametrize(("value", "what"), [(None, MISSING), (np.nan, MISSING), (np.inf, "infinite")])
def test_a_number_deep_inside(far_table, tmp_path, place, where, value, what):
    if value is None and place == ".npy":
        pytest.skip("an array has no nulls")
    table = with_value(with_value(far_table, "b", 17001, value), "c", 18002, value)
    name = "'x1'" if place == ".npy" else "'b'"
    expected = rf"column {name}, {where} is {what}, and 2 of 20000 rows have such a value; drop or fill those rows"
    with pytest.raises(bt.DataError, match=expected):
        bt.fit(FILES[place](table, tmp_path / "x"), 2)


@pytest.mark.parametrize("place", ["Parquet", "Arrow"])
@pytest.mark.parametrize("value", [None, np.nan])
def test_a_small_file_says_the_same_as_a_large_one(tmp_path, monkeypatch, place, value):
    table = with_value(make_table(make_rows(N)), "b", 17001, value)
    path = FILES[place](table, tmp_path / "x")
    sentences = []
    for most in (door.IN_MEMORY, 0):
        monkeypatch.setattr(door, "IN_MEMORY", most)
        with pytest.raises(bt.DataError) as caught:
            bt.fit(path, 2)
        sentences.append(str(caught.value))
    group = "row group 5" if place == "Parquet" else "batch 2"
    assert f"row 17001 of {path} ({group}) is missing (NaN or null), and 1 of 20000 rows have" in sentences[0]
    assert sentences[0] == sentences[1]


@pytest.mark.parametrize(("value", "what"), [(-1.0, "negative"), (None, MISSING)])
def test_a_weight_that_cannot_be_used(far, tmp_path, value, what):
    table = with_value(make_table(make_rows(N), np.ones(N)), "w", 9001, value)
    with pytest.raises(bt.DataError, match=rf"the weight, row 9001 of .* \(row group 3\) is {what}, and 1 of 20000"):
        bt.fit(FILES["Parquet"](table, tmp_path / "x"), 2, sample_weight="w")


@pytest.mark.usefixtures("far")
def test_weights_that_do_not_fit_the_file(tmp_path):
    path = FILES["Parquet"](make_table(make_rows(N)), tmp_path / "x")
    with pytest.raises(bt.DataError, match=r"one number for each of 20000 rows of .*x\.parquet, but has shape \(7,\)"):
        bt.fit(path, 2, sample_weight=np.ones(7))
    with pytest.raises(bt.DataError, match=r"one number for each of 20000 rows"):
        bt.fit(path, 2, sample_weight=np.ones(N + 1))
    zero = FILES["Parquet"](make_table(make_rows(N), np.zeros(N)), tmp_path / "zero")
    with pytest.raises(bt.DataError, match="the weight is zero for every row"):
        bt.fit(zero, 2, sample_weight="w")
    heavy = FILES["Parquet"](make_table(make_rows(N), np.full(N, 1e306)), tmp_path / "heavy")
    with pytest.raises(bt.DataError, match="adds up to more than float64 can hold; divide all weights by the largest"):
        bt.fit(heavy, 2, sample_weight="w")


def test_text_deep_inside_a_csv(far_table, tmp_path):
    path = FILES["CSV"](far_table, tmp_path / "x")
    lines = path.read_text().splitlines()
    lines[15_001] = "1.5,oops,2"
    path.write_text("\n".join(lines))
    # small blocks, so that the first does not show it
    from bactrian.files import csv_file

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "STREAM_BLOCK", 1 << 14)
        with pytest.raises(bt.DataError, match=r"column 'b', row 15000 \(line 15002 of .*\) is 'oops', which is not a"):
            bt.fit(path, 2)
        lines[15_001] = "1.5,2"
        path.write_text("\n".join(lines))
        with pytest.raises(bt.DataError, match=r"line 15002 of .*x\.csv has 2 cells, but the header has 3"):
            bt.fit(path, 2)


def test_whole_numbers_first_and_fractions_below(far, tmp_path, monkeypatch):
    from bactrian.files import csv_file

    monkeypatch.setattr(csv_file, "STREAM_BLOCK", 1 << 14)
    x = np.round(make_rows(N))
    x[15_000:] += 0.25
    (tmp_path / "x.csv").write_text("a;b;c\n" + "\n".join(";".join(f"{v:.2f}".replace(".", ",") for v in r) for r in x))
    found = bt.fit(tmp_path / "x.csv", 1, "VVV").mixture
    assert np.allclose(found.means, x.mean(axis=0), rtol=1e-12)


def test_a_file_that_changes_between_passes(far_table, tmp_path):
    path = FILES["Parquet"](far_table, tmp_path / "x")

    def change(progress):
        if progress.n_iter == 3:
            FILES["Parquet"](make_table(make_rows(N - 1)), tmp_path / "x")

    with pytest.raises(bt.DataError, match=r"x\.parquet was changed while it was being read .*fit again when nothing"):
        bt.fit(path, 2, "VVV", progress=change, tol=0, max_iter=10)


def test_a_file_that_is_only_touched_between_passes(far_table, tmp_path):
    path = FILES["Parquet"](far_table, tmp_path / "x")

    def change(progress):
        if progress.n_iter == 3:
            os.utime(path, (86_400, 86_400.25))

    expected = (
        r"read \(it was last written at 20\d\d-.* and now at 1970-01-0.*\.250, with as many bytes\); fit again when"
    )
    with pytest.raises(bt.DataError, match=expected):
        bt.fit(path, 2, "VVV", progress=change, tol=0, max_iter=10)


def test_a_mapped_array_that_changes_between_passes(far_table, tmp_path):
    path = FILES[".npy"](far_table, tmp_path / "x")
    written = np.load(path, mmap_mode="r+")

    def change(progress):
        if progress.n_iter == 3:
            written[64 * 200] += 1

    # a map that is only read shows it by the time of its file, one that may be written by its rows
    for mode, said in {
        "r": r"x\.npy was changed while it was being read",
        "r+": "did not give the same rows again",
    }.items():
        with pytest.raises(bt.DataError, match=said):
            bt.fit(np.load(path, mmap_mode=mode), 2, "VVV", progress=change, tol=0, max_iter=10)


CUT_SHORT = """
import os, sys
import numpy as np
import bactrian as bt
from bactrian.sources import chunks, door

place, size = sys.argv[1], int(sys.argv[2])
if place != "few":
    door.IN_MEMORY, chunks.CHUNK = 0, 3 * 2048
mapped = None if place.endswith("path") else np.load("x.npy", mmap_mode="r+" if place == "writable" else "r")
if place == "offset":
    mapped = np.memmap("x.npy", np.float64, "r", offset=8192, shape=(15000, 3))
view = None if mapped is None else mapped[100:, ::2]
data = {"path": "x.npy", "arrow path": "x.arrow", "view": view}.get(place, mapped)

def cut(progress):
    if progress.n_iter == 2:
        os.truncate("x.arrow" if place == "arrow path" else "x.npy", size)

try:
    print(bt.fit(data, 2, "VVV", progress=cut, tol=0, max_iter=5).n_rows)
except bt.DataError as error:
    print(error)
"""


@pytest.mark.parametrize("size", [5000, 0])
@pytest.mark.parametrize("place", ["map", "writable", "view", "offset", "few", "path", "arrow path"])
def test_a_file_that_is_cut_short_under_a_map(tmp_path, place, size):
    x = make_rows(N)
    np.save(tmp_path / "x.npy", x)
    feather.write_feather(make_table(x), tmp_path / "x.arrow", compression="uncompressed")
    run = [sys.executable, "-c", CUT_SHORT, place, str(size)]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    if place == "few":  # read into memory
        assert done.stdout.strip() == str(N)
    else:
        assert re.search(
            rf"was changed while it was being read \(it had \d+ bytes and has {size}\); fit again", done.stdout
        )


def test_a_map_of_a_file_that_goes_or_is_replaced_stays(far_table, tmp_path):
    path = FILES[".npy"](far_table, tmp_path / "x")

    def replace(progress):
        path.unlink(missing_ok=True)
        if progress.n_iter == 3:
            np.save(path, np.zeros(3))

    assert bt.fit(np.load(path, mmap_mode="r"), 2, "VVV", progress=replace, tol=0, max_iter=5).n_rows == N


def test_a_map_that_is_cut_short_between_chunks(far_table, tmp_path):
    from bactrian.sources.chunks import Trace, read_chunks
    from bactrian.sources.mapped import MappedStore

    path = FILES[".npy"](far_table, tmp_path / "x")
    for made in (lambda: MappedStore(np.load(path, mmap_mode="r"), "x.npy"), lambda: Dataset([str(path)])):
        whole, chunks_read = path.read_bytes(), read_chunks(made(), None, Trace())
        next(chunks_read)
        os.truncate(path, 5000)
        with pytest.raises(bt.DataError, match=r"x\.npy was changed while it was being read"):
            list(chunks_read)
        path.write_bytes(whole)


def test_a_file_that_goes(far_table, tmp_path):
    path = FILES["CSV"](far_table, tmp_path / "x")
    with pytest.raises(bt.DataError, match=r"x\.csv cannot be read: No such file or directory; it was there when"):
        bt.fit(path, 2, "VVV", progress=lambda _: path.unlink(missing_ok=True), tol=0, max_iter=10)


@pytest.mark.usefixtures("far")
class TestFolders:
    def write(self, folder, **tables):
        for name, table in tables.items():
            pq.write_table(table, folder / f"{name}.parquet")
        return folder

    def test_another_schema(self, tmp_path):
        table = make_table(make_rows(3000))
        self.write(tmp_path, one=table, two=table.rename_columns(["a", "b", "z"]))
        with pytest.raises(bt.DataError, match=r"two\.parquet has the columns a, b, z, but .*one\.parquet has a, b, c"):
            bt.fit(tmp_path, 2)
        assert bt.fit(tmp_path, 2, features=["b", "a"]).mixture.feature_names == ("b", "a")

    def test_another_order_is_none(self, tmp_path):
        table = make_table(make_rows(3000))
        self.write(tmp_path, one=table, two=table.select(["c", "a", "b"]))
        found = bt.fit(tmp_path, 1, "VVV").mixture
        assert np.allclose(found.means, make_rows(3000).mean(axis=0))

    @pytest.mark.parametrize("narrow_first", [True, False])
    def test_another_precision_is_none_whichever_comes_first(self, tmp_path, narrow_first):
        x = make_rows(6000)
        x[:3000] = x[:3000].astype(np.float32)
        parts = [make_table(x[:3000].astype(np.float32)), make_table(x[3000:])]
        one, two = parts if narrow_first else parts[::-1]
        self.write(tmp_path, one=one, two=two)
        source, _ = open_source(tmp_path)
        assert not source.single_precision
        found = np.concatenate([chunk.values.copy() for chunk in source.chunks()])
        assert np.array_equal(found, x if narrow_first else np.concatenate([x[3000:], x[:3000]]))

    def test_float32_in_all_of_them(self, tmp_path):
        x = make_rows(6000).astype(np.float32)
        self.write(tmp_path, one=make_table(x[:3000]), none=make_table(x[:0]), two=make_table(x[3000:]))
        assert open_source(tmp_path)[0].single_precision

    def test_text_in_one(self, tmp_path):
        table = make_table(make_rows(3000))
        self.write(tmp_path, one=table, two=table.set_column(1, "b", [["x"] * 3000]))
        with pytest.raises(bt.DataError, match=r"column 'b' of .*two\.parquet holds text \('x'\), not numbers"):
            bt.fit(tmp_path, 2)

    def test_empty_ones_are_passed_over_but_not_torn_ones(self, tmp_path):
        table = make_table(make_rows(3000))
        self.write(tmp_path, one=table.slice(0, 0), two=table)
        pc.write_csv(table.slice(0, 0), tmp_path / "three.csv")
        (tmp_path / "four.csv").touch()
        assert bt.fit(tmp_path, 1).n_rows == 3000
        (tmp_path / "five.parquet").touch()
        with pytest.raises(bt.DataError, match=r"five\.parquet is empty"):
            bt.fit(tmp_path, 1)

    def test_nothing_at_all(self, tmp_path):
        with pytest.raises(bt.DataError, match=r"holds no table; \.csv"):
            bt.fit(tmp_path)
        with pytest.raises(bt.DataError, match=r"no file has a name like .*\*\.parquet"):
            bt.fit(str(tmp_path / "*.parquet"))
        self.write(tmp_path, one=make_table(make_rows(10)).slice(0, 0), two=make_table(make_rows(10)).slice(0, 0))
        with pytest.raises(bt.DataError, match="none of the 2 files has rows"):
            bt.fit(tmp_path)


class TestStreams:
    def reader(self, n=N):
        return make_table(make_rows(n)).to_reader(max_chunksize=1000)

    def test_a_short_one_is_taken_into_memory(self):
        assert np.array_equal(
            bt.fit(self.reader(), 1, "VVV").mixture.means, bt.fit(make_rows(N), 1, "VVV").mixture.means
        )

    def test_a_long_one_can_be_read_only_once(self, far, tmp_path):
        with pytest.raises(bt.DataError, match=r"RecordBatchReader can be read only once .*bt\.sources\.spool\(reader"):
            bt.fit(self.reader(), 2)
        path = spool(self.reader(), tmp_path / "rows.arrow")
        assert bt.fit(path, 1, "VVV").n_rows == N

    @pytest.mark.parametrize("place", ["CSV", ".npy", "folder"])
    def test_files_can_be_spooled_too(self, far, tmp_path, place):
        x = make_rows(5000)
        path = spool(FILES[place](make_table(x), tmp_path / "x"), tmp_path / "rows.arrow")
        source, names = open_source(path)
        assert names == (("x0", "x1", "x2") if place == ".npy" else NAMES)
        assert np.array_equal(np.concatenate([c.values for c in [next(source.chunks())]]), x[:2048])

    def test_one_that_was_read(self, tmp_path):
        reader = self.reader()
        reader.read_all()
        said = (
            r"the RecordBatchReader has no rows; .*only once, and .*probably read before: .*bt\.sources\.spool\(reader"
        )
        for ask in (lambda: bt.fit(reader, 2), lambda: spool(reader, tmp_path / "rows.arrow")):
            with pytest.raises(bt.DataError, match=said):
                ask()
        with pytest.raises(bt.DataError, match=said):
            bt.Mixture([1.0], [[0.0] * 3], [1.0]).logpdf(reader)
        assert list(tmp_path.iterdir()) == []

    def test_one_that_an_earlier_fit_used_up(self):
        reader = self.reader()
        assert bt.fit(reader, 1).n_rows == N
        with pytest.raises(bt.DataError, match="probably read before"):
            bt.fit(reader, 1)

    def test_one_of_batches_without_rows(self):
        empty = make_table(make_rows(4)).slice(0, 0)
        batches = [pa.RecordBatch.from_pylist([], empty.schema)] * 2
        reader = pa.RecordBatchReader.from_batches(empty.schema, batches)
        with pytest.raises(bt.DataError, match="the RecordBatchReader has no rows"):
            bt.fit(reader, 1)

    def test_one_that_breaks(self, tmp_path):
        def batches():
            yield make_table(make_rows(10)).to_batches()[0]
            raise ConnectionError("gone")

        schema = make_table(make_rows(10)).schema
        with pytest.raises(bt.DataError, match=r"could not be read to its end \(.*gone"):
            spool(pa.RecordBatchReader.from_batches(schema, batches()), tmp_path / "rows.arrow")
        assert list(tmp_path.iterdir()) == []

    def test_another_schema(self, tmp_path):
        table = make_table(make_rows(10))
        batches = [table.to_batches()[0], table.rename_columns(["a", "b", "z"]).to_batches()[0]]
        with pytest.raises(bt.DataError, match=r"a batch has the columns .*z \(double\), but those before it, or"):
            list(door.gather(iter(batches), 1 << 30))

    @pytest.mark.parametrize("other", ["names", "order", "int64", "float32", "more", "fewer"])
    @pytest.mark.parametrize("far_", [False, True])
    def test_a_later_batch_that_is_not_what_its_reader_says(self, monkeypatch, tmp_path, other, far_):
        if far_:
            monkeypatch.setattr(door, "IN_MEMORY", 0)
        table = make_table(make_rows(10))
        narrow = table.column("b").cast(other, safe=False) if other in ("int64", "float32") else None
        others = {
            "names": lambda: table.rename_columns(["a", "b", "z"]),
            "order": lambda: table.select(["b", "a", "c"]),
            "more": lambda: table.append_column("d", table.column("a")),
            "fewer": lambda: table.select(["a", "b"]),
        }
        odd = others[other]() if narrow is None else table.set_column(1, "b", narrow)
        batches = [*table.to_batches(), *odd.to_batches()]
        reader = pa.RecordBatchReader.from_batches(table.schema, iter(batches))
        with pytest.raises(bt.DataError, match=r"a batch has the columns .*; give batches of one schema"):
            spool(reader, tmp_path / "rows.arrow") if far_ else bt.fit(reader, 1)
        assert list(tmp_path.iterdir()) == []

    def test_a_folder_that_is_missing_costs_no_stream(self, tmp_path):
        reader = self.reader()
        with pytest.raises(OSError, match="cannot be written"):
            spool(reader, tmp_path / "nowhere" / "rows.arrow")
        assert bt.fit(reader, 1).n_rows == N


FULL = """
import resource, sys, signal
import numpy as np, pyarrow as pa, bactrian as bt
from bactrian.sources import spool
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
table = pa.table({"a": np.random.default_rng(0).normal(size=200_000)})
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    spool(table.to_reader(max_chunksize=10_000), sys.argv[1])
except OSError as error:
    print(error)
"""


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="this system limits no file's size")
def test_a_full_disk_while_spooling(tmp_path):
    path = tmp_path / "rows.arrow"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False)
    assert done.stdout.startswith(f"{path} cannot be written: File too large"), done
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["rows.arrow"]


KINDS = {
    "int64": pa.array([1, 2, 3, 5], pa.int64()),
    "uint8": pa.array([1, 2, 3, 5], pa.uint8()),
    "bool": pa.array([True, False, False, True]),
    "decimal": pa.array([decimal.Decimal(v) for v in ("1.25", "2.5", "3.0", "5.75")]),
    "float16": pa.array(np.array([1, 2, 3, 5], np.float16)),
    "float32": pa.array([1, 2, 3, 5], pa.float32()),
    "float64": pa.array([1, 2, 3, 5], pa.float64()),
    "category": pa.array([1, 2, 3, 5]).dictionary_encode(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["far", "near"])
def test_kinds_of_numbers(request, tmp_path, kind, where):
    """float32 alone stays; all else becomes float64."""
    if where == "far":
        request.getfixturevalue("far")
    column = pa.chunked_array([KINDS[kind]] * 300)
    pq.write_table(pa.table({"a": column}), tmp_path / "x.parquet")
    source, names = open_source(tmp_path / "x.parquet")
    assert (source.single_precision, names) == (kind == "float32", ("a",))
    expected = np.array([float(v) for v in KINDS[kind].to_pylist()])
    assert source.moments.mean == pytest.approx(expected.mean(), rel=1e-12)
    pq.write_table(pa.table({"a": column, "b": column.cast(pa.float64())}), tmp_path / "y.parquet")
    assert not open_source(tmp_path / "y.parquet")[0].single_precision


def test_frames_choose_columns_too():
    import pandas as pd
    import polars as pl

    x, weight = make_rows(500), np.arange(500) % 3
    for frame in (make_table(x, weight), pl.from_arrow(make_table(x, weight)), make_table(x, weight).to_pandas()):
        found = bt.fit(frame, 1, "VVV", sample_weight="w")
        assert found.mixture.feature_names == NAMES
        assert np.array_equal(found.mixture.means, bt.fit(x, 1, "VVV", sample_weight=weight).mixture.means)
        assert bt.fit(frame, 1, features=["c", "a"]).mixture.feature_names == ("c", "a")
        assert bt.fit(frame, 1, features=[2, "a"]).mixture.feature_names == ("c", "a")
        with pytest.raises(bt.DataError, match="there is no column 4 in the data; it has 'a', 'b', 'c', 'w'"):
            bt.fit(frame, 1, features=[4])
        with pytest.raises(bt.DataError, match="there is no column 'z' in the data; it has 'a', 'b', 'c', 'w'"):
            bt.fit(frame, 1, features=["z"])
        with pytest.raises(bt.DataError, match="both a feature and the weight"):
            bt.fit(frame, 1, features=["a", "w"], sample_weight="w")
    assert np.array_equal(bt.fit(x, 1, features=[2, 0]).mixture.means, bt.fit(x[:, [2, 0]], 1).mixture.means)
    with pytest.raises(bt.DataError, match="no column 3; its columns are the numbers from 0 to 2"):
        bt.fit(x, 1, features=[3])
    for rows in (x, x.tolist(), pd.DataFrame(x, columns=list("abc"))):
        with pytest.raises(bt.DataError, match=r"columns should be named once each, but got (0, 0|a, a)$"):
            bt.fit(rows, 1, features=[0, 0])
    with pytest.raises(bt.DataError, match="no column 'w', since it has no names"):
        bt.fit(x, 1, sample_weight="w")
    with pytest.raises(bt.ParameterError, match="features should name at least one"):
        bt.fit(pd.DataFrame({"a": [1.0]}), 1, features=[])


@pytest.mark.parametrize("kind", ["Parquet", "CSV", "Arrow"])
@pytest.mark.parametrize("where", ["near", "far"])
def test_files_choose_columns_by_number_too(request, tmp_path, kind, where):
    if where == "far":
        request.getfixturevalue("far")
    x = make_rows(500)
    path = FILES[kind](make_table(x), tmp_path / "x")
    found, alike = bt.fit(path, 1, features=[2, 0]).mixture, bt.fit(x[:, [2, 0]], 1).mixture
    assert found.feature_names == ("c", "a")
    assert np.allclose(found.means, alike.means, rtol=1e-12)
    with pytest.raises(bt.DataError, match=r"there is no column '3' in .*x\..*; it has a, b, c"):
        bt.fit(path, 1, features=[3])
    with pytest.raises(bt.DataError, match="there is no column '2' in"):
        bt.fit(path, 1, features=[0], sample_weight="2")  # weights have a name


def test_a_name_is_a_name_before_it_is_a_number(tmp_path):
    (tmp_path / "x.csv").write_text("a,b,0\n" + "1,2,3.5\n2,1,4\n3,7,9\n4,0,1\n")
    assert bt.fit(tmp_path / "x.csv", 1, "EII", features=[0]).mixture.feature_names == ("0",)


@pytest.mark.parametrize("name", ["x.arrow", "x.arrows", "x"])
def test_a_file_in_the_stream_format(tmp_path, name):
    path, table = tmp_path / name, make_table(make_rows(500))
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(
        bt.DataError, match=r"is in Arrow's stream format, .* bt\.sources\.spool\(pyarrow\.ipc\.open_stream"
    ):
        bt.fit(path, 1)
    made = spool(pa.ipc.open_stream(str(path)), tmp_path / "rows.arrow")
    assert np.array_equal(bt.fit(made, 1, "VVV").mixture.means, bt.fit(table, 1, "VVV").mixture.means)


HEADERS = {
    "years": ("2019,2020,2021", "1,2.5,3", "only lines below it have fractions"),
    "semicolons": ("2019;2020", "1;2,5", "only lines below it have fractions"),
    "columns that are counted": ("0,1,2", "1,5,3", "it counts one by one"),
    "rows of whole numbers": ("2019,2025,2021", "1,2,3", None),
    "one column": ("1", "5", None),
    "the same number twice": ("1,1", "1,2.5", None),
    "fractions in the first line": ("1,2.0", "1,2.5", None),
    "negative": ("1,-2", "1,2.5", None),
    "names": ("a,b", "1,2.5", None),
}


@pytest.mark.parametrize("case", HEADERS)
def test_numbers_that_may_be_names(tmp_path, case):
    first, second, why = HEADERS[case]
    (tmp_path / "x.csv").write_text(f"{first}\n{second}\n{second}\n")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        rows = read_table(tmp_path / "x.csv")
    assert len(rows) == (2 if case == "names" else 3)  # as ever
    assert [w.category for w in caught] == [bt.HeaderWarning] * (why is not None)
    if why:
        assert f"x.csv ({first}) is read as a row of numbers, though {why}; if it holds" in str(caught[0].message)
