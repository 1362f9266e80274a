"""Promise 1: the same bits, whatever the number of threads; and the core survives what processes do."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from bactrian.errors import ParameterError
from bactrian.kernels import NativeKernel
from bactrian.kernels.native import available_instructions, usable_cores
from bactrian.statistics import Scatter
from tests.kernels.cases import make_case

FIELDS = ("log_likelihood", "map_log_responsibility", "total", "counts", "first", "second")


def same_bits(a, b) -> bool:
    return all(np.asarray(getattr(a, f)).tobytes() == np.asarray(getattr(b, f)).tobytes() for f in FIELDS)


@pytest.mark.parametrize("instructions", available_instructions())
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", [(100_003, 2, 3), (20_011, 9, 4), (10_007, 17, 18)])
def test_any_number_of_threads(instructions, dtype, shape):
    case = make_case(*shape, "full", False, dtype)
    runs = [
        NativeKernel(threads, instructions).accumulate(case.rows, case.weight, case.parameters, Scatter.FULL)
        for threads in (1, 2, 3, 8, 8, 8)
    ]
    assert all(same_bits(runs[0], run) for run in runs[1:])


def test_passes_from_several_python_threads():
    case = make_case(50_000, 3, 4, "full", False, np.float64)
    kernel = NativeKernel(2)
    expected = kernel.accumulate(case.rows, None, case.parameters, Scatter.FULL)
    found = []

    def work():
        found.extend(kernel.accumulate(case.rows, None, case.parameters, Scatter.FULL) for _ in range(5))

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 20
    assert all(same_bits(expected, one) for one in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_computes_the_same():
    case = make_case(50_000, 3, 4, "full", False, np.float64)
    kernel = NativeKernel(3)
    expected = kernel.accumulate(case.rows, None, case.parameters, Scatter.FULL)  # the pool has started
    child = os.fork()
    if child == 0:
        got = kernel.accumulate(case.rows, None, case.parameters, Scatter.FULL)
        os._exit(0 if same_bits(got, expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_unknown_machines_are_refused(monkeypatch):
    with pytest.raises(ParameterError, match=r"instruction sets .* but 'v9' was asked for"):
        NativeKernel(instructions="v9")
    with pytest.raises(ParameterError, match="at least 1, but got 0"):
        NativeKernel(n_threads=0)
    monkeypatch.setenv("BACTRIAN_NUM_THREADS", "many")
    with pytest.raises(ParameterError, match="'many'"):
        NativeKernel()


@pytest.mark.parametrize(
    ("ours", "outer", "threads"),
    [(None, "1", 1), (None, "1,4", 1), (None, "10000", None), (None, "many", None), (None, "0", None), ("3", "1", 3)],
)
def test_outer_limits_of_threads_count(monkeypatch, ours, outer, threads):
    """OMP_NUM_THREADS, which joblib sets for its workers, limits what is taken unasked."""
    monkeypatch.delenv("BACTRIAN_NUM_THREADS", raising=False)
    if ours:
        monkeypatch.setenv("BACTRIAN_NUM_THREADS", ours)
    monkeypatch.setenv("OMP_NUM_THREADS", outer)
    assert NativeKernel().threads == (threads or usable_cores())
    assert NativeKernel(n_threads=2).threads == 2
