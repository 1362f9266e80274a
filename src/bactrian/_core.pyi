"""The compiled core (cpp/bindings/)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bactrian.typing import FloatArray, IntArray

Sums = tuple[float, float, float, bytearray]

class Model:
    def __init__(
        self,
        form: int,
        tied: bool,
        weights: FloatArray,
        means: FloatArray,
        whiteners: FloatArray,
        log_noise: float,
    ) -> None: ...
    def numbers(self) -> bytearray: ...

class Groups:
    def __init__(
        self,
        rows: FloatArray,
        weight: FloatArray | None,
        middle: FloatArray,
        labels: list[IntArray],
        n_components: int,
        scatter: int,
        threads: int,
        variant: str,
    ) -> None: ...
    def __len__(self) -> int: ...
    def sums(self, labelling: int) -> Sums: ...
    def first_steps(
        self,
        letters: str,
        minimum: FloatArray,
        constant: NDArray[np.bool_] | None,
        span: float,
        equal_weights: bool,
    ) -> list[tuple[Model, tuple[int, ...]] | None]: ...

def accumulate(
    rows: FloatArray,
    weight: FloatArray | None,
    model: Model,
    scatter: int,
    whole: tuple[FloatArray, FloatArray, float] | None,
    single: bool,
    threads: int,
    variant: str,
) -> Sums: ...
def accumulate_given(
    rows: FloatArray,
    weight: FloatArray | None,
    shift: FloatArray,
    labels: IntArray | None,
    z: FloatArray | None,
    scatter: int,
    threads: int,
    variant: str,
) -> Sums: ...
def accumulate_groups(
    rows: FloatArray,
    weight: FloatArray | None,
    middle: FloatArray,
    labels: IntArray,
    n_components: int,
    scatter: int,
    threads: int,
    variant: str,
) -> Sums: ...
def score(rows: FloatArray, model: Model, what: int, single: bool, threads: int, variant: str) -> NDArray[Any]: ...
def kmeans(
    rows: FloatArray,
    weight: FloatArray | None,
    middle: FloatArray,
    whitener: FloatArray,
    order: IntArray | None,
    anchors: FloatArray,
    n_components: int,
    candidates: int,
    positions: FloatArray,
    steps: int,
    moves: int,
    labelled: bool,
    threads: int,
    variant: str,
) -> tuple[NDArray[np.intp], NDArray[np.intp] | None]: ...
def row_order(
    rows: FloatArray, weight: FloatArray | None, mean: FloatArray, covariance: FloatArray
) -> NDArray[np.intp]: ...

class Prior:
    def __init__(
        self, mean: FloatArray, mean_strength: float, count: float, scale: FloatArray, weight_concentration: float
    ) -> None: ...

class Climber:
    def __init__(
        self,
        rows: FloatArray,
        weight: FloatArray | None,
        model: Model,
        letters: str,
        minimum: FloatArray,
        constant: NDArray[np.bool_] | None,
        span: float,
        equal_weights: bool,
        noise: float | None,
        prior: Prior | None,
        history: list[float],
        tol: float,
        last: int,
        strides: bool,
        variant: str,
    ) -> None: ...
    def standing(
        self,
    ) -> tuple[list[float], float, float, int, tuple[Model, tuple[int, ...], float] | None]: ...

def go_all(climbers: list[Climber], most: int, threads: int) -> None: ...
def own_rows(
    rows: FloatArray,
    weight: FloatArray | None,
    order: IntArray | None,
    z: FloatArray,
    log_density: FloatArray,
    components: IntArray,
    means: FloatArray,
    whiteners: FloatArray,
    axes: FloatArray,
    positions: FloatArray,
    nothing: float,
    scatter: int,
    threads: int,
    variant: str,
) -> list[tuple[FloatArray, FloatArray, float, Groups]]: ...
def doubts(
    z: FloatArray, weight: FloatArray | None, pairs: list[tuple[int, int]], sure: float, threads: int
) -> list[float]: ...
def m_step(
    letters: str,
    within: FloatArray,
    counts: FloatArray,
    minimum: FloatArray,
    constant: NDArray[np.bool_] | None,
    span: float,
    before: Model | None,
) -> tuple[FloatArray, NDArray[np.int8]] | None: ...
def longest_axes(matrices: FloatArray) -> FloatArray: ...
def factor(matrices: FloatArray, both: bool) -> tuple[bytes, bytes, bytes, int]: ...
def numbered_by_appearance(labels: IntArray) -> bytes: ...
def variants() -> list[str]: ...
def hardware_threads() -> int: ...
