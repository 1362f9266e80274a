"""A real Spark session on this machine, and a frame in it. Where there is no Spark, importing this skips."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.cluster.cases import WEIGHT, X

if shutil.which("java") is None:
    pytest.skip("Spark needs Java 17, which is not on this machine", allow_module_level=True)
pytest.importorskip("pyspark", reason="pyspark is not installed; `make .venv/spark` installs it")
pa = pytest.importorskip("pyarrow")

from pyspark import SparkContext  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402

from bactrian.sources.spark import source_of as source_of  # noqa: E402

NAMES = ["a", "b", "c.d"]
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "512m",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "3",
}
WARNINGS = [
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Spark's own sockets
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@contextmanager
def session_on(master: str, folder: Path) -> Iterator[Any]:
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' bactrian is this one
    builder = SparkSession.builder.master(master).config("spark.local.dir", str(folder))
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()
    gateway = SparkContext._gateway
    gateway.shutdown()
    gateway.proc.stdin.close()  # the JVM ends when nobody speaks to it
    gateway.proc.wait(30)
    SparkContext._gateway = SparkContext._jvm = None


def frame_of(spark: Any) -> Any:
    """X and WEIGHT in five partitions."""
    columns = dict(zip(NAMES, X.T, strict=True)) | {"w": WEIGHT, "row": np.arange(len(X))}
    return spark.createDataFrame(pa.table(columns)).repartitionByRange(5, "row")


def files(folder: Path) -> list[Path]:
    """What the executors keep for sources that somebody holds."""
    gc.collect()
    return list(folder.rglob("bactrian-*.rows"))
