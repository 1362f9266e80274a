"""What goes in -> which sentence and which exit code come out."""

import os

import numpy as np
import pytest

from bactrian import Mixture
from bactrian.cli import draws

# arguments, exit code, words of the line on stderr
CASES = {
    "no file": ("fit nothing.csv", 1, "nothing.csv cannot be read: No such file or directory"),
    "folder as data": ("predict fit.bactrian empty", 1, "the folder empty holds no table"),
    "text": ("fit text.csv", 1, "choose columns of numbers: --columns a"),
    "bad cell": ("fit cell.csv", 1, "column 'b', row 1 (line 3 of cell.csv) is 'oops'"),
    "missing cell": ("fit missing.csv", 1, "row 1 (line 3 of missing.csv) is missing"),
    "no such column": ("fit x.csv --columns height", 1, "no column 'height' in x.csv; it has length, width"),
    "no such weight": ("fit x.csv --weights w", 1, "there is no column 'w'"),
    "negative weight": ("fit x.csv --weights width", 1, "should not be negative"),
    "constant column": ("fit constant.csv", 1, "leave it out, or give an absolute variance with --regularization"),
    "too few rows": ("fit three.csv -k 5", 1, "5 components need at least as many rows"),
    "family": ("fit x.csv -k 1 --family XYZ", 2, "there is no family 'XYZ'"),
    "tol": ("fit x.csv -k 1 --tol -1", 2, "error: --tol should be a finite number"),
    "output folder": ("fit x.csv -o .", 1, ". is a folder"),
    "output nowhere": ("fit x.csv -o nowhere/m.bactrian", 1, "nowhere/m.bactrian cannot be written"),
    "output below a file": ("fit x.csv -o x.csv/m", 1, "x.csv/m cannot be written"),
    "output device": (f"fit x.csv -o {os.devnull}", 1, "not a file that can be replaced"),
    "report nowhere": ("fit x.csv --report nowhere/r.txt", 1, "nowhere/r.txt cannot be written"),
    "labels nowhere": ("fit x.csv --labels nowhere/l.csv", 1, "nowhere/l.csv cannot be written"),
    "output is the input": ("fit x.csv -o ./x.csv", 2, "x.csv is named twice"),
    "two outputs in one": ("fit x.csv -o m --report m", 2, "m is named twice"),
    "no model": ("predict nothing.bactrian x.csv", 1, "there is no file 'nothing.bactrian'"),
    "not a model": ("predict text.csv x.csv", 1, "text.csv"),
    "model is a folder": ("info .", 1, "'.' is a folder"),
    "cut model": ("info cut.bactrian", 1, "cut.bactrian"),
    "features of another model": (
        "predict fit.bactrian cell.csv",
        1,
        "the model needs column 'length', but cell.csv has a, b",
    ),
    "too few columns": ("predict fit.bactrian x.csv --columns length", 1, "the mixture has 2 features"),
    "prediction nowhere": (
        "predict fit.bactrian x.csv -o nowhere/p.csv",
        1,
        "nowhere/p.csv cannot be written",
    ),
    "prediction over the data": ("predict fit.bactrian x.csv -o x.csv", 2, "x.csv is named twice"),
    "label twice": ("sample label.bactrian --with-labels", 2, "the model has a feature 'label'"),
    "nothing selected": ("plot mixture.bactrian --selection -o p.png", 1, "mixture without candidates"),
}

# arguments, and words of click's message
USAGE = {
    "no command": ("", "Usage: bactrian"),
    "unknown command": ("cluster x.csv", "No such command 'cluster'"),
    "unknown option": ("fit x.csv --components 3", "No such option"),
    "no data": ("fit", "Missing argument 'DATA'"),
    "a pattern without quotes": (
        "fit x.csv three.csv cell.csv",
        "Got unexpected extra arguments (three.csv cell.csv); put a pattern of files in quotes, as in 'rows/*.parquet'",
    ),
    "K of zero": ("fit x.csv -k 0", "'0' should count from at least 1"),
    "K backwards": ("fit x.csv -k 9:1", "'9:1' should count from at least 1 upwards"),
    "K in words": (
        "fit x.csv -k three",
        "'three' should be a number, a range or a list, as in 3, 1:9 or 2,4,8",
    ),
    "half a range": ("fit x.csv -k 1:", "'1:' should be a number"),
    "endless K": ("fit x.csv -k 1:999999999999", "more than 10000 numbers"),
    "criterion": ("fit x.csv --criterion gap", "'gap' is not one of 'bic', 'aic', 'icl'"),
    "empty columns": ("fit x.csv --columns a,,b", "'a,,b' should be names separated by commas"),
    "threads": ("fit x.csv --threads 0", "0 is not in the range"),
    "prediction as what": ("predict fit.bactrian x.csv -o p.xlsx", "'p.xlsx' should end in .csv or .parquet"),
    "rows": ("sample fit.bactrian -n 0", "0 is not in the range"),
    "no picture": ("plot fit.bactrian", "Missing option '-o'"),
    "picture as what": ("plot fit.bactrian -o p.gif", "'p.gif' should end in .png or .svg or .pdf"),
    "model to stdout": ("fit x.csv -o -", "'-' should be the name of a file"),
    "selection over data": ("plot fit.bactrian x.csv --selection -o p.png", "takes no DATA"),
}


@pytest.fixture(scope="module")
def bad_files(folder):
    (folder / "empty").mkdir()
    (folder / "text.csv").write_text("a,species\n1,setosa\n2,virginica\n")
    (folder / "cell.csv").write_text("a,b\n1,2\n3,oops\n")
    (folder / "missing.csv").write_text("a,b\n1,2\n3,\n")
    (folder / "constant.csv").write_text("a,b\n1,2\n3,2\n4,2\n")
    (folder / "three.csv").write_text("a\n1\n2\n4\n")
    (folder / "cut.bactrian").write_bytes((folder / "fit.bactrian").read_bytes()[:-8])
    Mixture([1], [[0]], [[1]], feature_names=["label"]).save(folder / "label.bactrian")


@pytest.mark.usefixtures("bad_files")
@pytest.mark.parametrize(("arguments", "code", "words"), CASES.values(), ids=CASES)
def test_one_line_and_a_code(run, folder, arguments, code, words):
    before = sorted(folder.iterdir())
    done = run(*arguments.split())
    assert words in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert (done.exit_code, done.stdout) == (code, "")
    assert sorted(folder.iterdir()) == before


def test_memory_that_is_not_there(run, monkeypatch):
    """As for rows whose numbers would take more than any machine has."""
    monkeypatch.setattr(draws, "NUMBERS", 10**18)
    done = run("sample", "fit.bactrian", "-n", 10**15)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("error: there is not enough memory for this (")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(("arguments", "words"), USAGE.values(), ids=USAGE)
def test_wrong_usage(run, arguments, words):
    done = run(*arguments.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in " ".join(done.stderr.split())


def test_an_output_is_refused_before_the_data_is_read(run):
    assert "nowhere/m cannot be written" in run("fit", "nothing.csv", "-o", "nowhere/m").stderr


def test_what_was_found_is_shown_though_it_cannot_be_saved(run, monkeypatch, tmp_path):
    def full_disk(self, path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("bactrian.fitting.Fit.save", full_disk)
    done = run("fit", "x.csv", "-k", "2", "--family", "EII", "-o", tmp_path / "m")
    assert done.stdout.startswith("2 components, family EII")
    assert done.stderr == f"error: {tmp_path / 'm'}: No space left on device\n"
    assert done.exit_code == 1


def test_a_failed_prediction_leaves_the_old_file(run, tmp_path):
    (tmp_path / "p.csv").write_text("old")
    np.save(tmp_path / "x.npy", np.ones((3, 5)))
    assert run("predict", "fit.bactrian", tmp_path / "x.npy", "-o", tmp_path / "p.csv").exit_code == 1
    assert (tmp_path / "p.csv").read_text() == "old"


def test_defects_are_not_hidden(run, monkeypatch):
    def defect(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr("bactrian.fitting.fit", defect)
    assert isinstance(run("fit", "x.csv").exception, ZeroDivisionError)
