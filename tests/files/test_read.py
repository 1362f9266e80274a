"""The same numbers, whatever the file."""

import gzip
import io
import os
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bactrian.files import open_table, read_table

VALUES = np.array([[1.5, 2.0], [-3.25e-7, 4.0], [1e300, 1 / 3]])


def text(separator=",", header="a,b", decimal="."):
    lines = [[format(v, ".17g").replace(".", decimal) for v in row] for row in VALUES]
    rows = ([header.split(",")] if header else []) + lines
    return "\n".join(separator.join(row) for row in rows) + "\n"


def written(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CSVS = {
    "comma": ("x.csv", text()),
    "semicolon": ("x.csv", text(";")),
    "tab by sniffing": ("x.txt", text("\t")),
    "tab by extension": ("x.tsv", text("\t")),
    "decimal comma": ("x.csv", text(";", decimal=",")),
    "gzip": ("x.csv.gz", gzip.compress(text().encode())),
    "gzip without saying so": ("x.csv", gzip.compress(text().encode())),
    "byte order mark": ("x.csv", b"\xef\xbb\xbf" + text().encode()),
    "carriage returns": ("x.csv", text().replace("\n", "\r\n")),
    "no last newline": ("x.csv", text().rstrip()),
    "empty lines": ("x.csv", "\n\n" + text().replace("\n", "\n\n")),
    "spaces in names": ("x.csv", text(header=" a , b ")),
    "quotes": ("x.csv", '"a","b"\n' + text(header="")),
    "no extension": ("x", text()),
}


@pytest.mark.parametrize(("name", "content"), CSVS.values(), ids=CSVS)
def test_csv(tmp_path, name, content):
    rows = read_table(written(tmp_path / name, content)).rows()
    assert rows.names == ("a", "b")
    np.testing.assert_array_equal(rows.values, VALUES)


def test_parquet_and_npy(tmp_path):
    pq.write_table(pa.table({"a": VALUES[:, 0], "b": VALUES[:, 1]}), tmp_path / "x.parquet")
    np.save(tmp_path / "x.npy", VALUES)
    for name, names in (("x.parquet", ("a", "b")), ("x.npy", ("x0", "x1"))):
        rows = read_table(tmp_path / name).rows()
        assert rows.names == names
        np.testing.assert_array_equal(rows.values, VALUES)


def test_npy_stays_mapped(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    assert isinstance(read_table(tmp_path / "x.npy").data, np.memmap)


def test_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(text().encode())))
    np.testing.assert_array_equal(read_table("-").rows().values, VALUES)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_without_a_header(tmp_path, separator):
    file = open_table(written(tmp_path / "x.csv", text(separator, header="")))
    assert not file.named
    rows = read_table(file).rows()
    assert rows.names == ("x0", "x1")
    np.testing.assert_array_equal(rows.values, VALUES)


def test_a_name_that_reads_as_a_number_word_is_a_name(tmp_path):
    assert read_table(written(tmp_path / "x.csv", "nan,inf\n1,2\n")).names == ("nan", "inf")


def test_decimal_commas_without_a_header(tmp_path):
    rows = read_table(written(tmp_path / "x.csv", "1,5;2\n3;4,25\n")).rows()
    np.testing.assert_array_equal(rows.values, [[1.5, 2], [3, 4.25]])


def test_a_name_may_hold_spaces_and_numbers(tmp_path):
    assert read_table(written(tmp_path / "x.csv", "old faithful 2\n1\n2\n")).names == ("old faithful 2",)


def test_gzip_on_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(text().encode()))))
    np.testing.assert_array_equal(read_table("-").rows().values, VALUES)


def test_a_pipe_is_read_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=written, args=(tmp_path / "pipe", text()))
    writer.start()
    np.testing.assert_array_equal(read_table(tmp_path / "pipe").rows().values, VALUES)
    writer.join()


def test_many_columns(tmp_path):
    names = [f"column_{i}" for i in range(5000)]
    path = written(tmp_path / "x.csv", f"{','.join(names)}\n" + f"{','.join(['1.25'] * 5000)}\n" * 3)
    assert read_table(path).names == tuple(names)


def test_one_column(tmp_path):
    np.testing.assert_array_equal(read_table(written(tmp_path / "x.csv", "a\n1\n2\n")).rows().values, [[1.0], [2.0]])
    np.save(tmp_path / "x.npy", VALUES[:, 0])
    np.testing.assert_array_equal(read_table(tmp_path / "x.npy").rows().values, VALUES[:, :1])


TABLE = "id,b,species,w,a\nu,2,setosa,1,1\nv,4,virginica,0.5,3\n"


def test_columns_are_chosen_by_name_in_the_order_given(tmp_path):
    table = read_table(written(tmp_path / "x.csv", TABLE), ["a", "b"], "w")
    assert table.names == ("a", "b")
    np.testing.assert_array_equal(table.rows().values, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(table.weight, [1, 0.5])


def test_a_weight_is_no_feature(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    for path in (written(tmp_path / "x.csv", text(header="")), tmp_path / "x.npy"):
        table = read_table(path, weight="1")
        assert table.names == ("x0",)
        np.testing.assert_array_equal(table.rows().values, VALUES[:, :1])
        np.testing.assert_array_equal(table.weight, VALUES[:, 1])


def test_numbers_of_columns_count_only_where_there_are_no_names(tmp_path):
    assert read_table(written(tmp_path / "x.csv", text(header="")), ["1", "x0"]).names == ("x1", "x0")
    named = written(tmp_path / "y.csv", "1,0,x\n7,8,9\n")
    assert read_table(named, ["0"]).rows().values.tolist() == [[8]]


def test_pandas_index_is_no_column(tmp_path):
    table = pa.table({"a": [1.0, 2.0], "__index_level_0__": [5, 6]})
    pq.write_table(table, tmp_path / "x.parquet")
    assert read_table(tmp_path / "x.parquet").names == ("a",)


def test_float32_stays(tmp_path):
    pq.write_table(pa.table({"a": np.float32([1, 2]), "b": np.float32([3, 4])}), tmp_path / "x.parquet")
    np.save(tmp_path / "x.npy", np.ones((3, 2), np.float32))
    for name in ("x.parquet", "x.npy"):
        assert read_table(tmp_path / name).rows().values.dtype == np.float32


def test_integers_booleans_and_decimals_are_numbers(tmp_path):
    columns = {"i": [1, 2**60], "b": [True, False], "d": pa.array(["1.50", "2"]).cast(pa.decimal128(6, 2))}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    np.testing.assert_array_equal(read_table(tmp_path / "x.parquet").rows().values, [[1, 1, 1.5], [2.0**60, 0, 2]])


def test_text_columns_with_newlines_can_be_left_out(tmp_path):
    path = written(tmp_path / "x.csv", 'a,note\n1,"two\nlines"\n2,"a, b"\n')
    np.testing.assert_array_equal(read_table(path, ["a"]).rows().values, [[1], [2]])


def test_text_columns_in_another_encoding_can_be_left_out(tmp_path):
    path = written(tmp_path / "x.csv", b"a,note\n1,gr\xfc\xdfe\n2,b\n")
    np.testing.assert_array_equal(read_table(path, ["a"]).rows().values, [[1], [2]])


def test_a_column_turns_out_wrong_after_many_blocks(tmp_path):
    lines = ["a", *["1"] * 3_000_000, "2.5"]
    values = read_table(written(tmp_path / "x.csv", "\n".join(lines))).rows().values
    assert values.shape == (3_000_001, 1)
    assert values[-1, 0] == 2.5
