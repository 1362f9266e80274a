"""The session of a data frame, and what its errors mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from bactrian.errors import ClusterError, MissingDependencyError
from bactrian.sources.spark.held import NO_ROOM

STOPPED = "the Spark session of the data frame was stopped; start a session and make the frame again"
LONGEST = 400  # characters of what Spark says, which may be pages


class PlacesLostError(Exception):
    """An executor is gone, and what it kept of the places of the rows."""


def is_stopped(session: Any) -> bool:
    """Spark tells of it by errors that depend on what is asked."""
    context = getattr(session, "_sc", None)
    if context is None:  # Spark Connect
        return bool(getattr(session, "is_stopped", False))
    return getattr(context, "_jsc", True) is None


def run(session: Any, job: Callable[[], Any]) -> Any:
    """What the job gives.

    Raises
    ------
    ClusterError
        Spark gives it up, or the session was stopped.
    MissingDependencyError
        bactrian is not installed on the executors.
    PlacesLostError
        To ask again.
    """
    try:
        return job()
    except (PySparkException, Py4JError) as error:
        told = str(error)
        if "No module named 'bactrian" in told:
            raise MissingDependencyError(
                "the executors have no bactrian; install it in their Python environment (PYSPARK_PYTHON), the same "
                "version as here"
            ) from error
        if is_stopped(session):
            raise ClusterError(STOPPED) from error
        if "checkpoint block" in told.lower() and "not found" in told:
            raise PlacesLostError from error
        if NO_ROOM in told:
            said = told[told.index(NO_ROOM) :].splitlines()[0]
            raise ClusterError(
                f"{said}; let spark.local.dir name folders with more room, or take more partitions on more machines"
            ) from error
        raise ClusterError(f"Spark gave up a job on the rows: {_short(told)}") from error


def _short(told: str) -> str:
    """One line: what was thrown last, where a trace of Python or Java tells."""
    lines = [line.strip(" :\t") for line in told.splitlines() if line.strip()]
    of_python = [line for line in lines if line.split(":")[0].endswith(("Error", "Exception")) and ":" in line]
    said = (of_python or lines or ["it did not say why"])[0]
    return said if len(said) <= LONGEST else said[:LONGEST] + " ..."
