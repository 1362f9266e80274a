"""Starting small Dask clusters, and asking them what is left of a fit."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dask.array as da
import distributed
import numpy as np

ROWS = (700, 1, 900, 0, 1400, 999)  # an empty partition, and one of one row


@contextmanager
def started(n_workers: int, threads: int = 1, processes: bool = True) -> Iterator[Any]:
    options = {"processes": processes, "dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    with (
        distributed.LocalCluster(n_workers=n_workers, threads_per_worker=threads, **options) as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def cluster(n_workers: int, threads: int = 1, processes: bool = True) -> Iterator[Any]:
    """Started, and the one that Dask uses."""
    with started(n_workers, threads, processes) as client, client.as_current():
        yield client


def left_on(client: Any) -> int:
    """Tasks that the scheduler still knows, once those that were let go are gone."""
    left = -1
    for _ in range(200):
        left = client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))
        if not left:
            break
        time.sleep(0.05)
    return left


def cut(values: np.ndarray, rows: tuple[int, ...] = ROWS) -> Any:
    """The same values as a Dask array in blocks of so many rows."""
    return da.from_array(values, chunks=(rows, *values.shape[1:]))
