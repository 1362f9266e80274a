"""``--known COLUMN``: rows whose component is known, as ``bt.fit(labels=)``."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bactrian import DataError, fit, load

LABELS = np.where(np.arange(120) % 10 == 0, np.repeat([1, 0], 60), -1)  # the other way round than the means would say
SMALL = ("-k", 2, "--family", "VVV")
TEXT = np.where(LABELS < 0, "", np.where(LABELS == 1, "rose", "lily"))

COLUMNS = {
    "numbers.csv": [str(v) if v >= 0 else "" for v in LABELS],
    "minus.csv": [str(v) for v in LABELS],
    "names.csv": list(TEXT),
    "null.parquet": pa.array([int(v) if v >= 0 else None for v in LABELS]),
    "nan.parquet": pa.array(np.where(LABELS < 0, np.nan, LABELS)),
    "codes.parquet": pa.array([str(v) if v >= 0 else None for v in LABELS]),
    "names.parquet": pa.array([str(v) or None for v in TEXT]).dictionary_encode(),
    "array.npy": np.where(LABELS < 0, np.nan, LABELS),
}


def write(place, name, values, column):
    path = place / name
    if name.endswith(".csv"):
        lines = [f"{a:.17g},{c},{b:.17g}" for (a, b), c in zip(values, column, strict=True)]
        path.write_text("\n".join(["length,kind,width", *lines]) + "\n")
    elif name.endswith(".npy"):
        np.save(path, np.column_stack([values[:, 0], column, values[:, 1]]))
    else:
        pq.write_table(pa.table({"length": values[:, 0], "kind": column, "width": values[:, 1]}), path)
    return path


def same(path, values, labels=LABELS, **how):
    expected, got = fit(values, 2, "VVV", labels=labels, **how).mixture, load(path).mixture
    np.testing.assert_array_equal(got.means, expected.means)
    np.testing.assert_array_equal(got.weights, expected.weights)


@pytest.mark.parametrize("name", COLUMNS)
def test_some_components_are_known(run, tmp_path, values, name):
    path = write(tmp_path, name, values, COLUMNS[name])
    column = "1" if name.endswith("npy") else "kind"
    done = run("fit", path, *SMALL, "--known", column, "-o", tmp_path / "m.bactrian")
    assert done.exit_code == 0, done.stderr
    same(tmp_path / "m.bactrian", values)
    assert done.stderr == ("known: lily is 0, rose is 1\n" if name.startswith("names") else "")
    names = load(tmp_path / "m.bactrian").mixture.feature_names
    assert names == (("x0", "x2") if name.endswith("npy") else ("length", "width"))


def test_with_weights_chosen_columns_and_json(run, tmp_path, values):
    weight = np.arange(120) % 3 + 1
    table = {"w": weight, "a": values[:, 0], "b": values[:, 1], "kind": COLUMNS["null.parquet"], "text": ["x"] * 120}
    pq.write_table(pa.table(table), tmp_path / "x.parquet")
    chosen = ("--known", "kind", "--weights", "w", "-o", tmp_path / "m.bactrian", "--json")
    done = run("fit", tmp_path / "x.parquet", *SMALL, "--columns", "a,b", *chosen)
    assert json.loads(done.stdout)
    same(tmp_path / "m.bactrian", values, sample_weight=weight)
    pq.write_table(pa.table(table).drop_columns(["text"]), tmp_path / "x.parquet")
    assert run("fit", tmp_path / "x.parquet", *SMALL, *chosen).exit_code == 0
    same(tmp_path / "m.bactrian", values, sample_weight=weight)


def test_from_stdin_from_many_files_and_from_a_query(run, tmp_path, values):
    model = ("--known", "kind", "-o", tmp_path / "m.bactrian")
    whole = write(tmp_path, "names.csv", values, TEXT).read_bytes()
    assert run("fit", "-", *SMALL, *model, input=whole).exit_code == 0
    same(tmp_path / "m.bactrian", values)
    (tmp_path / "many").mkdir()
    for i, part in enumerate(np.split(np.arange(120), 4)):
        write(tmp_path / "many", f"{i}.csv", values[part], TEXT[part])
    assert run("fit", tmp_path / "many", *SMALL, *model).exit_code == 0
    same(tmp_path / "m.bactrian", values)
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect(str(tmp_path / "x.db")) as connection:
        connection.execute(f"CREATE TABLE x AS SELECT * FROM read_csv('{tmp_path / 'names.csv'}')")
    query = ("--sql", "SELECT * FROM x", "--connection", f"duckdb:{tmp_path / 'x.db'}")
    done = run("fit", *query, *SMALL, *model)
    assert done.exit_code == 0, done.stderr
    same(tmp_path / "m.bactrian", values)


# column, further options, words of the line on stderr
REFUSED = {
    "no such column": (LABELS, ("--known", "sort"), "no column 'sort' in x.parquet; it has length, kind, width"),
    "a feature": (LABELS, ("--known", "kind", "--columns", "kind,width"), "both a feature and the known labels"),
    "the weight": (LABELS, ("--known", "kind", "--weights", "kind"), "both the weight and the known labels"),
    "fractions": (LABELS + 0.5, ("--known", "kind"), "whole numbers from 0 to K-1"),
    "a gap": (2 * LABELS, ("--known", "kind"), "whole numbers from 0 to K-1"),
    "two apart": (
        np.where(LABELS == 1, 2, LABELS),
        ("--known", "kind"),
        "labels hold 2, but there are 2 components (0 to 1)",
    ),
    "none": (np.full(120, -1), ("--known", "kind"), "labels are unknown for every row"),
    "no text": ([""] * 120, ("--known", "kind"), "labels are unknown for every row"),
    "dates": (np.arange(120).astype("datetime64[D]"), ("--known", "kind"), "holds date32[day], not labels"),
}


NAMELESS = {
    "the first": ("lily", 0),
    "between": ("rose", 1),
    "the last": ("tulip", 2),
}


@pytest.mark.parametrize("case", NAMELESS)
def test_a_name_all_of_whose_rows_have_weight_0(run, tmp_path, monkeypatch, values, case):
    """No message about a number that nobody wrote, and no component that nobody is of."""
    name, number = NAMELESS[case]
    text, weight = np.array(["lily", "rose", "tulip"] + [""] * 117), np.ones(120)
    weight[number] = 0
    table = {"a": values[:, 0], "b": values[:, 1], "kind": pa.array(text), "w": weight}
    pq.write_table(pa.table(table), tmp_path / "x.parquet")
    monkeypatch.chdir(tmp_path)
    sentence = f"every row that is known to be '{name}' has weight 0, and such rows do not count"
    done = run("fit", "x.parquet", "-k", 3, "--family", "EII", "--known", "kind", "--weights", "w")
    assert done.exit_code == 1
    assert sentence in done.stderr
    for data in ("x.parquet", pa.table(table)):
        with pytest.raises(DataError, match=sentence):
            fit(data, 3, "EII", labels="kind", sample_weight="w")


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_used(run, tmp_path, monkeypatch, values, case):
    column, options, words = REFUSED[case]
    write(tmp_path, "x.parquet", values, pa.array(column))
    monkeypatch.chdir(tmp_path)
    done = run("fit", "x.parquet", *SMALL, *options)
    assert done.exit_code == 1, done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_files_that_do_not_fit_into_memory(run, tmp_path, monkeypatch, values):
    from bactrian.sources import door

    monkeypatch.setattr(door, "IN_MEMORY", 0)
    (tmp_path / "many").mkdir()
    for name, part in (("0.csv", slice(0, 60)), ("1.csv", slice(60, 120))):
        write(tmp_path / "many", name, values[part], TEXT[part])
    done = run("fit", tmp_path / "many", *SMALL, "--known", "kind", "-o", tmp_path / "m.bactrian")
    assert done.exit_code == 0, done.stderr
    found = load(tmp_path / "m.bactrian").mixture
    assert found.allclose(fit(values, 2, "VVV", labels=LABELS).mixture, 1e-4)
