"""Without pyarrow: .npy is read, and everything else says what to install."""

import sys

import numpy as np
import pytest

from bactrian.errors import MissingDependencyError
from bactrian.files import read_table


@pytest.fixture
def no_pyarrow(monkeypatch):
    for name in [n for n in sys.modules if n.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)


@pytest.mark.usefixtures("no_pyarrow")
def test_csv_and_parquet_need_it(tmp_path):
    (tmp_path / "x.csv").write_text("a\n1\n")
    (tmp_path / "x.parquet").write_bytes(b"PAR1")
    for name in ("x.csv", "x.parquet"):
        with pytest.raises(MissingDependencyError, match=r'pip install "bactrian\[files\]"'):
            read_table(tmp_path / name)


@pytest.mark.usefixtures("no_pyarrow")
def test_npy_does_not(tmp_path):
    np.save(tmp_path / "x.npy", np.ones((3, 2)))
    assert read_table(tmp_path / "x.npy", ["1"]).rows().values.shape == (3, 1)
