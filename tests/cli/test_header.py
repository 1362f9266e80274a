"""``--header``: whether the first line of a CSV holds the names of its columns."""

import pytest

from bactrian import load


@pytest.fixture
def years(tmp_path, values):
    lines = ["2019,2020", *(",".join(format(v, ".17g") for v in row) for row in values)]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "x.csv"


def test_names_that_are_numbers(run, tmp_path, values, years):
    model, how = tmp_path / "m.bactrian", ("-k", 2, "--family", "VVV")
    done = run("fit", years, *how, "--header", "yes", "-o", model, "--labels", tmp_path / "l.csv")
    assert done.exit_code == 0, done.stderr
    assert done.stderr == ""
    assert load(model).mixture.feature_names == ("2019", "2020")
    assert load(model).n_rows == len((tmp_path / "l.csv").read_text().splitlines()) - 1 == len(values)
    done = run("predict", model, years, "--header", "yes")
    assert len(done.stdout.splitlines()) == len(values) + 1
    assert run("plot", model, years, "--header", "yes", "-o", tmp_path / "p.png").exit_code == 0


@pytest.mark.filterwarnings("ignore::bactrian.errors.HeaderWarning")
def test_a_row_and_what_is_done_by_default(run, tmp_path, values, years):
    for header in ((), ("--header", "auto"), ("--header", "no")):
        run("fit", years, "-k", 1, "--family", "EII", "-o", tmp_path / "m.bactrian", *header)
        assert load(tmp_path / "m.bactrian").n_rows == len(values) + 1
        assert load(tmp_path / "m.bactrian").mixture.feature_names == ("x0", "x1")


def test_the_warning_says_what_can_be_done(process, years):
    shown = process("fit", years, "-k", "1", text=True).stderr
    assert "say so with --header yes" in shown
    assert process("fit", years, "-k", "1", "--header", "no", text=True).stderr == ""


REFUSED = {
    "Parquet": (("fit", "x.parquet", "--header", "yes"), 1, "x.parquet is Parquet, but only CSV has a first line"),
    "a query": (
        ("fit", "--sql", "SELECT 1", "--connection", "duckdb:", "--header", "no"), 2, "there is no DATA"
    ),
    "a model alone": (("plot", "fit.bactrian", "-o", "p.png", "--header", "yes"), 2, "there is no DATA"),
    "another word": (("fit", "x.csv", "--header", "maybe"), 2, "'maybe' is not one of"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused(run, case):
    arguments, code, words = REFUSED[case]
    done = run(*arguments)
    assert done.exit_code == code
    assert words in done.stderr
