"""`import bactrian` is cheap, and optional libraries stay asleep."""

from __future__ import annotations

import subprocess
import sys

import pytest

import bactrian as bt


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_import_loads_nothing_heavy():
    heavy = "('matplotlib', 'pyarrow', 'sklearn', 'pandas', 'scipy', 'rich', 'click', 'narwhals', 'dask', 'pyspark')"
    assert run(f"import sys, bactrian; print([m for m in {heavy} if m in sys.modules])").strip() == "[]"


def test_fitting_an_array_loads_neither_plots_nor_estimators():
    code = """
import sys, numpy, bactrian as bt
bt.fit(numpy.random.default_rng(0).normal(size=(50, 2)), 2)
print([m for m in ('matplotlib', 'pyarrow', 'sklearn', 'pandas', 'rich', 'click', 'dask') if m in sys.modules])
"""
    assert run(code).strip() == "[]"


def test_import_is_fast():
    code = "import time; t = time.perf_counter(); import bactrian; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.25


def test_the_face_is_complete():
    for name in bt.__all__:
        assert getattr(bt, name) is not None
    assert set(bt.__all__) <= set(dir(bt))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bt.nothing
