"""What a cluster costs per iteration: Dask and Spark on two processes of this machine, beside Spark MLlib.

    python benchmarks/cluster.py [--quick | --write docs/benchmarks/cluster.md]
    BACTRIAN_ROWS=1e8 python benchmarks/cluster.py      # and the 3.2 GB data set: 8 features of float32, from Parquet

The data set is the one of out_of_core.py. MLlib holds rows as vectors of its own: beyond ten million it is left out.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import nan
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import dask.array as da
import dask.dataframe as dd
import distributed
import numpy as np
import pyarrow as pa
import pyspark
from pyspark.ml.clustering import GaussianMixture
from pyspark.ml.feature import VectorAssembler
from pyspark.sql import SparkSession

import bactrian as bt
from bactrian.kernels import NativeKernel
from bactrian.sources.door import open_source
from bactrian.statistics import Scatter
from out_of_core import APART, STEP, D, write_rows
from page import LEGEND, Page, against, read_arguments, shown, versions
from problems import Shape, make_problem
from timing import seconds, seconds_per_iteration

SHAPES = [Shape("full", 200_000, 8, 8), Shape("full", 2_000_000, 8, 8), Shape("full", 500_000, 32, 16)]
PARTITIONS = 4
LONG = 11  # iterations of the longer run
MLLIB_LONG = 4  # of MLlib
MLLIB_GOAL = 20
MLLIB_LARGEST = 10_000_000  # rows
FILE_K, FILE_PASSES = 8, 4  # components, and passes over rows of a file
MEMORY = "12g"  # at most, of Spark
WORKERS = 2


@contextmanager
def dask_client() -> Iterator[Any]:
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": ":0", "silence_logs": logging.ERROR}
    with distributed.LocalCluster(n_workers=WORKERS, **options) as cluster, distributed.Client(cluster) as client:
        yield client


@contextmanager
def spark_session() -> Iterator[Any]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{WORKERS}]").config("spark.driver.memory", MEMORY)
    for name in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(name, "false")
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    try:
        yield session
    finally:
        session.stop()


def per_iteration(data: Any, start: bt.Mixture, **how: Any) -> float:
    """Seconds of one more iteration from the same start."""

    def run(n: int) -> object:
        return bt.fit(data, families="VVV", start=start, tol=0, max_iter=n, **how)

    run(1)
    return seconds_per_iteration(run, LONG)


def mllib_per_iteration(frame: Any, k: int) -> float:
    def run(n: int) -> object:
        return GaussianMixture(k=k, maxIter=n, tol=0.0, seed=1).fit(frame)

    run(1)
    return seconds_per_iteration(run, MLLIB_LONG)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begin = perf_counter()
    result = work()
    return perf_counter() - begin, result


def to_convergence(frame: Any, vectors: Any, shape: Shape, names: list[str]) -> list[tuple[float, int, float]]:
    """(seconds, iterations, log-likelihood per row) of bactrian's fit and MLlib's, each with its own start and rule."""
    ours_s, ours = timed(lambda: bt.fit(frame, shape.k, "VVV", features=names))
    theirs_s, theirs = timed(lambda: GaussianMixture(k=shape.k, maxIter=100, seed=1).fit(vectors))
    ours_end = (ours_s, ours.n_iter, ours.log_likelihood / shape.n)
    return [ours_end, (theirs_s, theirs.summary.numIter, theirs.summary.logLikelihood / shape.n)]


def from_a_file(page: Page, n_rows: int) -> None:
    """The same of a Parquet data set that each of them reads by its own means."""
    names = [f"x{i}" for i in range(D)]
    page.header(*HEADER)
    for n in (n_rows // 10, n_rows):
        with TemporaryDirectory() as folder:
            write_rows(Path(folder), "apart", APART, n, parquet=True)
            path = str(Path(folder) / "apart.parquet")
            rows = np.load(Path(folder) / "apart.npy")
            start = bt.fit(rows[:20_000], FILE_K, "VVV", max_iter=3).mixture
            local = per_pass(rows, start)
            del rows
            with dask_client():
                on_dask = per_pass(dd.read_parquet(path, split_row_groups=max(1, n // STEP // PARTITIONS)), start)
            with spark_session() as session:
                frame = session.read.parquet(path)
                on_spark, mllib = per_pass(frame, start), nan
                if n <= MLLIB_LARGEST:
                    mllib = mllib_per_iteration(as_vectors(frame, names), FILE_K)
        page.row(cells(Shape("full", n, D, FILE_K), local, on_dask, on_spark, mllib))
    page.end_table()


def per_pass(data: Any, start: bt.Mixture) -> float:
    """Seconds of a pass once the rows are where they stay: all of an iteration but the M-step of K components."""
    source = open_source(data)[0]
    kernel = NativeKernel()
    passes = [seconds(lambda: source.fold(kernel, [start.parameters], [Scatter.FULL])) for _ in range(FILE_PASSES)]
    source.close()
    return median(passes)


def as_vectors(frame: Any, names: list[str]) -> Any:
    """The frame as MLlib wants it, cached."""
    vectors = VectorAssembler(inputCols=names, outputCol="features").transform(frame).select("features").cache()
    vectors.count()
    return vectors


HEADER = "N, D, K", "local, s", "Dask, s", "overhead, s", "Spark, s", "overhead, s", "MLlib, s", "MLlib / Spark"


def cells(shape: Shape, local: float, on_dask: float, on_spark: float, mllib: float) -> list[str]:
    times = [local, on_dask, on_dask - local, on_spark, on_spark - local, mllib]
    return [str(shape), *map(shown, times), against(mllib / on_spark, MLLIB_GOAL)]


def main() -> None:
    arguments = read_arguments(__doc__)
    warnings.simplefilter("ignore")
    page = Page(
        "A cluster's share of an iteration",
        f"Written by `benchmarks/cluster.py`. The same rows in {PARTITIONS} partitions and the same start for all but "
        f"MLlib, which takes none; float64, full covariances. Dask: {WORKERS} worker processes of one thread. Spark: "
        f"local[{WORKERS}]. The local kernel has {WORKERS} threads. Seconds per iteration: a run of {LONG} iterations "
        f"({MLLIB_LONG} of MLlib) less a run of one. Overhead is what is beyond the local kernel and "
        f"hardly grows with the rows. MLlib's iteration on few rows is shorter than any job of Python. {LEGEND}",
        versions(f"Dask {distributed.__version__}", f"Spark {pyspark.__version__}"),
    )
    shapes = SHAPES[:1] if arguments.quick else SHAPES
    problems = {shape: make_problem(shape) for shape in shapes}
    local = {shape: per_iteration(*problem, n_threads=WORKERS) for shape, problem in problems.items()}
    with dask_client():
        on_dask = {shape: per_iteration(cut(rows), start) for shape, (rows, start) in problems.items()}
    page.header(*HEADER)
    ends = []
    with spark_session() as session:
        for shape, (rows, start) in problems.items():
            names = [f"x{j}" for j in range(shape.d)]
            frame = session.createDataFrame(pa.table(dict(zip(names, rows.T, strict=True)))).repartition(PARTITIONS)
            vectors = as_vectors(frame, names)
            on_spark = per_iteration(frame, start, features=names)
            mllib = mllib_per_iteration(vectors, shape.k)
            page.row(cells(shape, local[shape], on_dask[shape], on_spark, mllib))
            if shape is SHAPES[0] and not arguments.quick:
                ends = to_convergence(frame, vectors, shape, names)
    page.end_table()
    if ends:
        page.section("To convergence")
        page.paragraph(f"{SHAPES[0]}, each with its own start and stopping rule; nats per row, more is better.")
        page.header("", "seconds", "iterations", "log-likelihood per row")
        for name, (time, iterations, height) in zip(("bactrian on Spark", "MLlib"), ends, strict=True):
            page.row([name, shown(time), iterations, shown(height, ".5f")])
        page.end_table()
    page.section("Rows of a file")
    page.paragraph(
        "float32 in Parquet, row groups of a million; Spark cuts it into partitions of its own choice. Seconds of "
        f"a pass, the median of {FILE_PASSES}, once the rows are where they stay. "
        "MLlib, which holds each row as a vector of its own, is left out "
        f"beyond {MLLIB_LARGEST // 10**6} million rows."
    )
    from_a_file(page, int(float(os.environ.get("BACTRIAN_ROWS", "1e6"))))
    page.write(arguments.write)


def cut(rows: np.ndarray) -> Any:
    return da.from_array(rows, chunks=(len(rows) // PARTITIONS, rows.shape[1]))


if __name__ == "__main__":
    main()
