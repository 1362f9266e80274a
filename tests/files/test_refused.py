"""What cannot be used -> the sentence that says so."""

import gzip
import io
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bactrian.errors import DataError
from bactrian.files import read_table


def parquet(**columns):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    return stream.getvalue()


def npy(array):
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


CSV = "a,b,species\n1,2,setosa\n3,4,virginica\n"
NPY = npy(np.ones((4, 2)))
PARQUET = parquet(a=[1.0, 2.0])

# what the file is called, what it holds, the columns and weight asked for, and words of the sentence
CASES = {
    "empty": ("x.csv", "", {}, ["x.csv is empty"]),
    "only empty lines": ("x.csv", "\n\n\n", {}, ["only empty lines"]),
    "header only": ("x.csv", "a,b\n", {}, ["has a header but no rows"]),
    "wholly text": (
        "x.csv", CSV, {}, ["column 'species'", "holds text ('setosa'), not numbers", "--columns a,b"],
    ),
    "text asked for": ("x.csv", CSV, {"columns": ["species"]}, ["column 'species'", "leave it out"]),
    "no numbers at all": ("x.csv", "a\nx\ny\n", {}, ["column 'a'", "no other column of numbers"]),
    "text in a column": (
        "x.csv", "a,b\n1,2\n\n3,oops\n5,6\n", {},
        ["column 'b', row 1 (line 4 of x.csv) is 'oops'", "not a number"],
    ),
    "text below a record of two lines": (
        "x.csv", 'n,b\n"1\n",2\n3,oops\n', {"columns": ["b"]}, ["row 1 (line 4 of x.csv) is 'oops'"],
    ),
    "text without a header": ("x.csv", "4,2\n3,oops\n", {}, ["column 'x1', row 1 (line 2 of x.csv)"]),
    "text among decimal commas": (
        "x.csv", "a;b\n1,5;2\noops;3\n", {}, ["column 'a', row 1 (line 3 of x.csv) is 'oops'"],
    ),
    "long text": ("x.csv", f"a\n1\n{'y' * 500}\n", {}, ["'" + "y" * 37 + "...'"]),
    "missing": (
        "x.csv", "a,b\n1,2\n,4\n5,NA\n,8\n", {},
        ["column 'a', row 1 (line 3 of x.csv) is missing", "2 of 4 rows"],
    ),
    "missing without a header": ("x.csv", "1,,3\n4,5,6\n", {}, ["column 'x1', row 0 (line 1 of x.csv)"]),
    "NaN": ("x.csv", "a\n1\nNaN\n", {}, ["column 'a', row 1 (line 3 of x.csv) is missing"]),
    "infinite": ("x.csv", "a\n1.5\n-inf\n", {}, ["column 'a', row 1 (line 3 of x.csv) is infinite"]),
    "empty column": ("x.csv", "a,b\n1,\n2,\n", {}, ["column 'b' of x.csv is empty", "--columns a"]),
    "dates": ("x.csv", "a,day\n1,2020-01-01\n2,2020-01-02\n", {}, ["column 'day'", "date32", "--columns a"]),
    "long line": ("x.csv", "a,b\n1,2\n3,4,5\n", {}, ["line 3 of x.csv has 3 cells, but the header has 2"]),
    "short line": ("x.csv", "a,b\n1,2\n\n3\n", {}, ["line 4 of x.csv has 1 cells, but the header has 2"]),
    "ragged, no header": ("x.csv", "4,2\n3\n", {}, ["line 2 of x.csv has 1 cells, but the first line has 2"]),
    "ragged gzip": ("x.csv.gz", gzip.compress(b"a,b\n1\n"), {}, ["line 2 of x.csv.gz has 1 cells"]),
    "spaces": ("x.txt", "1.5 2.5\n3.5 4.5\n", {}, ["separated by spaces ('3.5 4.5')"]),
    "no such column": (
        "x.csv", CSV, {"columns": ["a", "c"]}, ["no column 'c' in x.csv; it has a, b, species"],
    ),
    "named twice": ("x.csv", CSV, {"columns": ["a", "a"]}, ["once each"]),
    "no columns": ("x.csv", CSV, {"columns": []}, ["at least one"]),
    "same name twice": ("x.csv", "a,a\n1,2\n", {}, ["2 columns named 'a'"]),
    "row names": ("x.csv", '"",a,b\n1,2,3\n', {}, ["column 1 of x.csv has no name", "--columns a,b"]),
    "name with a comma": ("x.csv", 't,"a, b"\nx,1\ny,2\n', {}, ['--columns "a, b"']),
    "no such weight": ("x.csv", CSV, {"columns": ["a"], "weight": "w"}, ["no column 'w'"]),
    "weight is a feature": ("x.csv", CSV, {"columns": ["a"], "weight": "a"}, ["both a feature and"]),
    "only a weight": ("x.csv", "w\n1\n", {"weight": "w"}, ["no column but the weight"]),
    "missing weight": ("x.csv", "a,w\n1,2\n3,\n", {"weight": "w"}, ["column 'w', row 1 (line 3 of x.csv)"]),
    "binary": ("x.csv", bytes(range(256)) * 8, {}, ["x.csv is not text but binary"]),
    "binary without zeros": ("x.csv", b"\x01\x02\x03,\x04\n\x05\x06\n" * 9, {}, ["not text but binary"]),
    "Latin-1 names": ("x.csv", b"gr\xfc\xdfe,b\n1,2\n", {}, ["column names of x.csv are not UTF-8"]),
    "Latin-1 text": ("x.csv", b"a\ngr\xfc\xdfe\n", {}, ["text that is not UTF-8"]),
    "UTF-16": ("x.csv", "a,b\n1,2\n".encode("utf-16"), {}, ["x.csv is UTF-16 text"]),
    "one endless line": ("x.csv", b"1," * (1 << 20), {}, ["first line of x.csv has over 1048576"]),
    "damaged gzip": ("x.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], {}, ["cannot be unzipped"]),
    "gzip of nothing": ("x.csv.gz", gzip.compress(b""), {}, ["x.csv.gz is empty"]),
    "Parquet as CSV": ("x.csv", PARQUET, {}, ["should be CSV by its name", "that of a Parquet file"]),
    "CSV as Parquet": ("x.parquet", CSV, {}, ["should be Parquet by its name", "rename it"]),
    "CSV as .npy": ("x.npy", CSV, {}, ["should be .npy by its name"]),
    "zip": ("x.xlsx", b"PK\x03\x04" + bytes(99), {}, ["Excel workbook or .npz", "export a table as CSV"]),
    "pickle": ("x.pkl", b"\x80\x04\x95" + bytes(99), {}, ["a pickle, which is never opened"]),
    "cut Parquet": ("x.parquet", PARQUET[:-20], {}, ["x.parquet is a damaged Parquet file"]),
    "Parquet without rows": ("x.parquet", parquet(a=pa.array([], "f8")), {}, ["x.parquet has no rows"]),
    "null in Parquet": ("x.parquet", parquet(a=[1.0, None]), {}, ["'a', row 1 of x.parquet (row group 0) is missing"]),
    "numbers as text in Parquet": ("x.parquet", parquet(a=["1", "2"]), {}, ["column 'a'", "text ('1')"]),
    "lists in Parquet": ("x.parquet", parquet(a=[[1.0]], b=[1.0]), {}, ["column 'a'", "list", "--columns b"]),
    "categories in Parquet": (
        "x.parquet", parquet(a=pa.array(["u", "v"]).dictionary_encode(), b=[1.0, 2.0]), {}, ["text ('u')"],
    ),
    "cut .npy": ("x.npy", NPY[:-8], {}, ["damaged or cut short"]),
    "header of .npy": ("x.npy", NPY[:20], {}, ["damaged or cut short"]),
    "pickled .npy": ("x.npy", npy(np.array([{}, {}], dtype=object)), {}, ["Python objects"]),
    "text in .npy": ("x.npy", npy(np.array(["u", "v"])), {}, ["x.npy holds <U1"]),
    "complex .npy": ("x.npy", npy(np.ones(3, complex)), {}, ["holds complex128"]),
    "three dimensions": ("x.npy", npy(np.ones((2, 2, 2))), {}, ["shape (2, 2, 2)"]),
    "no rows in .npy": ("x.npy", npy(np.ones((0, 2))), {}, ["shape (0, 2)"]),
    "NaN in .npy": ("x.npy", npy(np.array([[1, 2], [3, np.nan]])), {}, ["row 1 is missing (NaN or null), and 1 of 2"]),
    "no such index": ("x.npy", NPY, {"columns": ["2"]}, ["there is no column '2' in x.npy; it has x0, x1"]),
}  # fmt: skip


def check_sentence(error, words):
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(("name", "content", "asked", "words"), CASES.values(), ids=CASES)
def test_bad_file(tmp_path, monkeypatch, name, content, asked, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as error:
        read_table(name, **asked)
    check_sentence(error, words)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("nothing.csv", "nothing.csv cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("file/x.csv", "cannot be read: Not a directory"),
    ],
)
def test_bad_path(tmp_path, monkeypatch, path, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DataError) as error:
        read_table(path)
    check_sentence(error, [words])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_unreadable(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(CSV)
    path.chmod(0)
    with pytest.raises(DataError, match="Permission denied"):
        read_table(path)
