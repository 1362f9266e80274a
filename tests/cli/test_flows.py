"""The main ways through the program, with the real program."""

import io
import json

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from bactrian import fit, load
from bactrian.cli import draws
from bactrian.fit_result import Fit

SMALL = ("-k", "1:2", "--family", "EII,VVV")


def columns(content):
    table = pyarrow.csv.read_csv(io.BytesIO(content))
    return {name: column.to_numpy() for name, column in zip(table.column_names, table.columns, strict=True)}


def test_fit_prints_the_summary_and_saves_the_model(process, tmp_path):
    done = process("fit", "x.csv", *SMALL, "-o", tmp_path / "m.bactrian", "--report", tmp_path / "r.txt")
    assert (done.returncode, done.stderr) == (0, b"")
    found = load(tmp_path / "m.bactrian")
    assert isinstance(found, Fit)
    assert done.stdout.decode() == found.summary() + "\n"
    assert found.mixture.feature_names == ("length", "width")
    assert (tmp_path / "r.txt").read_text().startswith(found.summary())


@pytest.mark.parametrize("data", ["x.csv", "x.parquet", "x.npy", "-"])
def test_every_format_gives_the_same_model(process, folder, tmp_path, data):
    text = (folder / "x.csv").read_bytes() if data == "-" else None
    done = process("fit", data, *SMALL, "-o", tmp_path / "m.bactrian", input=text)
    assert done.returncode == 0
    expected, got = load(folder / "fit.bactrian").mixture, load(tmp_path / "m.bactrian").mixture
    assert got.form == expected.form
    assert got.feature_names == (("x0", "x1") if data == "x.npy" else expected.feature_names)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(got, name), getattr(expected, name))


@pytest.mark.parametrize("model", ["fit.bactrian", "mixture.bactrian"])
def test_predict_says_what_the_mixture_says(process, folder, values, model):
    done = process("predict", model, "x.csv")
    assert (done.returncode, done.stderr) == (0, b"")
    got, mixture = columns(done.stdout), load(folder / "mixture.bactrian")
    assert list(got) == ["label", "p0", "p1", "log_density", "uncertainty"]
    p = mixture.responsibilities(values)
    np.testing.assert_array_equal(np.stack([got["p0"], got["p1"]], axis=1), p)
    np.testing.assert_array_equal(got["label"], mixture.classify(values))
    np.testing.assert_array_equal(got["log_density"], mixture.logpdf(values))
    np.testing.assert_allclose(got["uncertainty"], np.sort(p, axis=1)[:, :-1].sum(axis=1), rtol=1e-15)


def test_predict_to_files(process, tmp_path):
    for name in ("p.csv", "p.parquet"):
        done = process("predict", "fit.bactrian", "x.npy", "-o", tmp_path / name)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    csv, parquet = columns((tmp_path / "p.csv").read_bytes()), pq.read_table(tmp_path / "p.parquet")
    assert list(csv) == parquet.column_names
    for name in csv:
        np.testing.assert_array_equal(csv[name], parquet[name].to_numpy())


def test_sample_draws_what_the_mixture_draws(process, folder):
    done = process("sample", "fit.bactrian", "-n", 70_000, "--seed", 3, "--with-labels")
    assert (done.returncode, done.stderr) == (0, b"")
    got = columns(done.stdout)
    rows, labels = load(folder / "mixture.bactrian").sample(70_000, 3, labels=True)
    np.testing.assert_array_equal(np.stack([got["length"], got["width"]], axis=1), rows)
    np.testing.assert_array_equal(got["label"], labels)


def test_many_draws_are_made_a_part_at_a_time(folder, monkeypatch):
    mixture = load(folder / "mixture.bactrian")
    monkeypatch.setattr(draws, "ROWS", 30)
    monkeypatch.setattr(draws, "NUMBERS", 200)
    parts = list(draws.draws(mixture, 250, 3, with_labels=True))
    rng = np.random.default_rng(3)
    expected = [mixture.sample(n, rng, labels=True) for n in (100, 100, 50)]
    for i, name in enumerate(mixture.feature_names):
        got = np.concatenate([part[name] for part in parts])
        np.testing.assert_array_equal(got, np.concatenate([rows[:, i] for rows, _ in expected]))
    got = np.concatenate([part["label"] for part in parts])
    np.testing.assert_array_equal(got, np.concatenate([labels for _, labels in expected]))


@pytest.mark.parametrize(("name", "start"), [("p.png", b"\x89PNG"), ("p.svg", b"<?xml"), ("p.pdf", b"%PDF")])
def test_plot(process, tmp_path, name, start):
    done = process("plot", "fit.bactrian", "x.csv", "-o", tmp_path / name)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert (tmp_path / name).read_bytes().startswith(start)


def test_info_is_the_summary(process, folder):
    assert process("info", "fit.bactrian").stdout.decode() == load(folder / "fit.bactrian").summary() + "\n"
    shown = process("info", "mixture.bactrian").stdout.decode()
    assert shown == repr(load(folder / "mixture.bactrian")) + "\n"


def test_json_is_the_same_from_fit_and_info(process, folder):
    shown = process("info", "fit.bactrian", "--json").stdout
    assert process("fit", "x.csv", *SMALL, "--json").stdout == shown
    content, found = json.loads(shown), load(folder / "fit.bactrian")
    assert content["mixture"]["means"] == found.mixture.means.tolist()
    assert content["fit"]["best"]["bic"] == found.bic
    assert len(content["fit"]["candidates"]) == 4
    assert list(json.loads(process("info", "mixture.bactrian", "--json").stdout)) == ["mixture"]


def test_predict_knows_the_noise(run, folder, tmp_path):
    rng = np.random.default_rng(0)
    rows = np.concatenate([rng.normal(0, 1, (100, 2)), rng.uniform(-20, 20, (20, 2))])
    np.save(tmp_path / "rows.npy", rows)
    found = fit(rows, 1, "VVV", noise=True)
    found.save(tmp_path / "noise.bactrian")
    assert (
        run("predict", tmp_path / "noise.bactrian", tmp_path / "rows.npy", "-o", tmp_path / "o.parquet").exit_code == 0
    )
    told = pq.read_table(tmp_path / "o.parquet").to_pandas()
    assert list(told) == ["label", "p0", "p_noise", "log_density", "uncertainty"]
    assert (told["label"] == found.classify(rows)).all()
    assert (told["label"] == -1).sum() > 10
    assert np.allclose(told[["p0", "p_noise"]], found.responsibilities(rows), rtol=1e-12)
    assert np.allclose(told["uncertainty"], found.uncertainty(rows), rtol=1e-12)
    assert np.isclose(told["log_density"].sum(), found.log_likelihood, rtol=1e-9)
    labels = tmp_path / "l.parquet"
    made = run("fit", tmp_path / "rows.npy", "-k", 1, "--family", "VVV", "--noise", "--labels", labels)
    assert made.exit_code == 0, made.output
    assert (pq.read_table(labels).to_pandas()["label"] == found.classify(rows)).all()
