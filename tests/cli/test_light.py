"""A command waits for no library that it does not need."""

import sys

import pytest

HEAVY = ("pandas", "scipy", "sklearn", "matplotlib", "narwhals", "dask", "numpy.ma", "numpy.f2py", "numpy.testing")


@pytest.mark.parametrize("table", ["x.csv", "x.parquet", "x.npy"])
def test_fit_and_predict_import_nothing_heavy(process, tmp_path, table):
    script = (
        "import sys; from bactrian.cli.main import program\n"
        "program(sys.argv[1:], standalone_mode=False)\n"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    labels, model = tmp_path / "l.csv", tmp_path / "m.bactrian"
    fit = ("fit", table, "-k", "2", "--family", "VVV", "-o", model, "--labels", labels, "--report", tmp_path / "r.txt")
    for arguments in (fit, ("predict", model, table, "-o", tmp_path / "p.parquet")):
        done = process(*arguments, command=(sys.executable, "-c", script))
        assert done.returncode == 0, done.stderr
        assert done.stderr.decode().strip().splitlines()[-1] == "[]"
    assert labels.read_text().startswith("label,uncertainty\n")
