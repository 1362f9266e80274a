"""What the options do."""

import csv
import inspect
import json

import numpy as np
import pytest

from bactrian import Checkpoint, fitting, load
from bactrian.cli.fit import fit
from bactrian.selection import CRITERIA


def test_defaults_are_those_of_the_library(run, monkeypatch, folder):
    given = {}
    found = load(folder / "fit.bactrian")
    library = inspect.signature(fitting.fit).parameters
    monkeypatch.setattr(fitting, "fit", lambda *rows, **options: given.update(options, rows=rows) or found)
    run("fit", "x.csv")
    assert given.pop("rows")[1:] == (tuple(library["n_components"].default), library["families"].default)
    assert callable(given.pop("progress"))
    assert given == {name: library[name].default for name in given}
    left_out = {"data", "n_components", "families", "progress", "labels", "acceleration"}
    of_the_data = {"features", "feature_names", "sample_weight"}
    assert set(library) - set(given) == left_out | of_the_data


def test_criteria_are_those_of_the_library():
    (option,) = [p for p in fit.params if p.name == "criterion"]
    assert tuple(option.type.choices) == CRITERIA


@pytest.mark.parametrize(
    ("text", "expected"), [("3", [3]), ("1:3", [1, 2, 3]), ("2,4", [2, 4]), ("1:2,2,5", [1, 2, 5])]
)
def test_numbers_of_components(run, text, expected):
    done = run("fit", "x.csv", "-k", text, "--family", "EII", "--json")
    assert [c["n_components"] for c in json.loads(done.stdout)["fit"]["candidates"]] == expected


def test_all_may_stand_among_other_families(run):
    done = run("fit", "x.csv", "-k", 1, "--family", "all,VVV", "--json")
    assert done.exit_code == 0, done.stderr
    assert len(json.loads(done.stdout)["fit"]["candidates"]) == 14


def test_what_reaches_the_library(run, monkeypatch, folder):
    given = {}
    found = load(folder / "fit.bactrian")
    monkeypatch.setattr(fitting, "fit", lambda *rows, **options: given.update(options, rows=rows) or found)
    options = (
        "--family spherical,VVV --criterion icl --columns width --weights length --seed 7 --tol 0.5 "
        "--max-iter 9 --n-init 2 --regularization 0.25 --threads 1 "
        "--start hierarchical "
        "--prior conjugate --noise --equal-weights --checkpoint state --checkpoint-every 3 --resume"
    )
    assert run("fit", "x.csv", "-k", "2", *options.split()).exit_code == 0
    table, counts, families = given.pop("rows")
    assert (table.names, counts, families) == (("width",), (2,), ("spherical", "VVV"))
    assert len(table.weight) == 120
    assert callable(given.pop("progress"))
    assert given == {
        "criterion": "icl", "random_state": 7, "tol": 0.5, "max_iter": 9, "n_init": 2,
        "regularization": 0.25, "n_threads": 1, "start": "hierarchical",
        "prior": "conjugate", "noise": True, "equal_weights": True, "checkpoint": Checkpoint("state", 3.0),
    }  # fmt: skip


def test_a_weight_of_two_is_a_row_twice(run, tmp_path, values):
    twice = np.arange(len(values)) % 2
    for name, rows in (
        ("w.csv", np.column_stack([values, 1 + twice])),
        ("d.csv", np.column_stack([np.repeat(values, 1 + twice, axis=0), np.ones(180)])),
    ):
        np.savetxt(tmp_path / name, rows, delimiter=",", header="a,b,w", comments="", fmt="%.17g")
        done = run("fit", tmp_path / name, "-k", 2, "--family", "VVV", "--weights", "w", "-o", tmp_path / f"{name}.b")
        assert done.exit_code == 0
    one, other = (load(tmp_path / f"{name}.b") for name in ("w.csv", "d.csv"))
    assert one.log_likelihood == pytest.approx(other.log_likelihood, rel=1e-9)
    assert one.mixture.feature_names == ("a", "b")


def test_labels(run, tmp_path, values, folder):
    run("fit", "x.csv", "-k", "1:2", "--family", "EII,VVV", "--labels", tmp_path / "l.csv")
    header, *rows = csv.reader((tmp_path / "l.csv").read_text().splitlines())
    found = load(folder / "fit.bactrian")
    assert header == ["label", "uncertainty"]
    assert [int(label) for label, _ in rows] == found.classify(values).tolist()
    assert [float(u) for _, u in rows] == found.uncertainty(values).tolist()


def test_columns_in_predict_are_features_in_that_order(run, tmp_path, values):
    swapped = np.column_stack([values[:, 1], values[:, 0]])
    np.savetxt(tmp_path / "y.csv", swapped, delimiter=",", header="b,a", comments="", fmt="%.17g")
    done = run("predict", "fit.bactrian", tmp_path / "y.csv", "--columns", "a,b")
    assert done.stdout == run("predict", "fit.bactrian", "x.csv").stdout


def test_predict_finds_the_features_by_name_among_others(run, tmp_path, values):
    table = [["species", "width", "length"], *([["x", *row[::-1]] for row in values.tolist()])]
    (tmp_path / "y.csv").write_text("\n".join(",".join(map(str, row)) for row in table))
    assert run("predict", "fit.bactrian", tmp_path / "y.csv").stdout == run("predict", "fit.bactrian", "x.csv").stdout


def test_a_table_without_names_is_read_by_position(run, tmp_path, values):
    np.savetxt(tmp_path / "y.csv", values, delimiter=",", fmt="%.17g")
    assert run("predict", "fit.bactrian", tmp_path / "y.csv").stdout == run("predict", "fit.bactrian", "x.csv").stdout


def test_columns_of_a_table_without_names_are_found_again(run, tmp_path, values):
    np.savetxt(tmp_path / "y.csv", values, delimiter=",", fmt="%.17g")
    run("fit", tmp_path / "y.csv", "--columns", "1", "-k", 1, "-o", tmp_path / "m.bactrian")
    assert load(tmp_path / "m.bactrian").mixture.feature_names == ("x1",)
    assert run("predict", tmp_path / "m.bactrian", tmp_path / "y.csv").exit_code == 0


def test_an_array_without_names_is_found_again(run, tmp_path, values):
    run("fit", "x.npy", "--columns", "1", "-k", 1, "-o", tmp_path / "m.bactrian")
    assert load(tmp_path / "m.bactrian").mixture.feature_names == ("x1",)
    assert run("predict", tmp_path / "m.bactrian", "x.npy").exit_code == 0
    done = run("predict", tmp_path / "m.bactrian", "x.csv")
    assert "give its columns for x1 in that order with --columns" in done.stderr
    assert run("predict", tmp_path / "m.bactrian", "x.csv", "--columns", "width").exit_code == 0


def test_a_dash_is_stdout(run):
    assert run("predict", "fit.bactrian", "x.csv", "-o", "-").stdout.startswith("label,p0,p1,")


def test_new_rows_each_time_without_a_seed(run):
    assert run("sample", "fit.bactrian", "-n", 2).stdout != run("sample", "fit.bactrian", "-n", 2).stdout


def test_plot_of_the_selection(run, tmp_path):
    done = run("plot", "fit.bactrian", "--selection", "-o", tmp_path / "s.svg")
    assert done.exit_code == 0, done.stderr
    assert "BIC" in (tmp_path / "s.svg").read_text()
