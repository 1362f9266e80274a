"""From a model file back to what an ``OnlineFit`` is made of; nothing in the file is believed."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from bactrian import model_fields as read
from bactrian.errors import ModelFileError
from bactrian.families import parse_family
from bactrian.kernels import Parameters
from bactrian.mixture import Mixture
from bactrian.online.batch import Schema
from bactrian.online.file import PRIOR_NUMBERS
from bactrian.online.origin import Origin
from bactrian.online.settings import METHODS, Settings, read_settings
from bactrian.online.state import State
from bactrian.priors import ConjugatePrior
from bactrian.sources import ArraySource
from bactrian.statistics import Scatter, Statistics
from bactrian.typing import FloatArray

Arrays: TypeAlias = dict[str, FloatArray]
Parts: TypeAlias = tuple[Settings, Mixture | None, Schema | None, State | None, list[ArraySource]]


def from_file(mixture: Mixture | None, arrays: Arrays, value: Any) -> Parts:
    """Settings, start, schema, state and waiting rows.

    Raises
    ------
    ModelFileError, ParameterError
        A field is missing, of the wrong type, out of range, or does not fit the others.
    """
    fields = read.fields(value, "online")
    settings = _settings(arrays, read.fields(fields.get("settings"), "settings"))
    schema = None if fields.get("schema") is None else _schema(read.fields(fields["schema"], "schema"))
    if mixture is not None:
        _agree(mixture, settings, schema)
    state = None
    if fields.get("state") is not None:
        if mixture is None:
            raise ModelFileError("it has a state but no mixture")
        state = _state(arrays, read.fields(fields["state"], "state"), mixture.parameters, settings)
    waiting = []
    if fields.get("waiting") is not None:
        waiting = [_waiting(arrays, read.fields(fields["waiting"], "waiting"), schema)]
        if waiting[0].n_rows >= (settings.block_rows if state else settings.rows_for_start(waiting[0].n_features)):
            raise ModelFileError(f"{waiting[0].n_rows} rows wait, which is more than a block")
    return settings, None if state is not None else mixture, schema, state, waiting


def _settings(arrays: Arrays, fields: dict[str, Any]) -> Settings:
    def optional(name: str, reader: Any) -> Any:
        return None if fields.get(name) is None else reader(fields[name], name)

    prior = None if fields.get("prior") is None else _prior(arrays, read.fields(fields["prior"], "prior"))
    return read_settings(
        read.whole(fields.get("n_components"), "n_components"),
        parse_family(read.text(fields.get("family"), "family")),
        step=optional("step", read.finite),
        forgetting=optional("forgetting", read.finite),
        method=read.one_of(fields.get("method"), METHODS, "method"),
        first_rows=optional("first_rows", read.whole),
        block_rows=read.whole(fields.get("block_rows"), "block_rows"),
        prior=prior,
        regularization=optional("regularization", read.finite),
        random_state=read.whole(fields.get("seed"), "seed"),
    )


def _prior(arrays: Arrays, fields: dict[str, Any]) -> ConjugatePrior:
    numbers = {n: None if fields.get(n) is None else read.finite(fields[n], n) for n in PRIOR_NUMBERS}
    scale = arrays.get("prior_scale")
    if scale is not None and scale.ndim == 0:
        scale = float(scale)  # type: ignore[assignment]
    return ConjugatePrior(arrays.get("prior_mean"), scale=scale, **numbers)  # type: ignore[arg-type]


def _schema(fields: dict[str, Any]) -> Schema:
    n_features = read.whole(fields.get("n_features"), "n_features")
    names = read.names(fields.get("names"), n_features)
    return Schema(n_features, None if names is None else tuple(names))


def _agree(mixture: Mixture, settings: Settings, schema: Schema | None) -> None:
    if mixture.n_components != settings.n_components:
        raise ModelFileError(f"{mixture.n_components} components are stored, but {settings.n_components} are fitted")
    if schema != Schema(mixture.n_features, mixture.feature_names):
        raise ModelFileError("the features of the mixture and of the rows differ")


def _state(arrays: Arrays, fields: dict[str, Any], mixture: Parameters, settings: Settings) -> State:
    k, d = mixture.means.shape
    scatter = settings.family.scatter
    shapes = {"counts": (k,), "shift": (k, d), "first": (k, d), "second": scatter.shape(k, d)}
    counts, shift, first, second = (_finite(arrays, name, shape) for name, shape in shapes.items())
    total, weight = (read.finite(fields.get(name), name) for name in ("total", "weight"))
    n_rows = read.whole(fields.get("n_rows"), "n_rows")
    if (mixture.covariance.kind, mixture.covariance.tied) != (settings.family.kind, settings.family.tied):
        raise ModelFileError(f"the covariances do not have the form of family {settings.family}")
    if counts.min() < 0 or not counts.sum() > 0 or not total > 0 or not weight > 0 or not n_rows:
        raise ModelFileError("the counts of the state are not those of any rows")
    held = [read.whole(i, "held") for i in read.listed(fields.get("held"), "held")]
    if any(i >= k for i in held):
        raise ModelFileError(f"held should be numbers of components below {k}")
    return State(
        statistics=Statistics(0.0, 0.0, total, counts, shift, first, second, scatter),
        mixture=mixture,
        n_rows=n_rows,
        weight=weight,
        n_steps=read.whole(fields.get("n_steps"), "n_steps"),
        held=tuple(held),
        single_precision=read.flag(fields.get("single_precision"), "single_precision"),
        score=read.number(fields.get("score"), "score"),
        origins=tuple(
            _origin(arrays, i, read.fields(value, "starts"), shapes["second"], scatter)
            for i, value in enumerate(read.listed(fields.get("starts", []), "starts"))
        ),
    )


def _origin(arrays: Arrays, i: int, fields: dict[str, Any], second: tuple[int, ...], scatter: Scatter) -> Origin:
    k, d = arrays["shift"].shape
    shapes = {"counts": (k,), "shift": (k, d), "second": second}
    counts, shift, squares = (_finite(arrays, f"start{i}_{name}", shape) for name, shape in shapes.items())
    total, weight, share = (read.finite(fields.get(name), name) for name in ("total", "weight", "share"))
    n_rows = read.whole(fields.get("n_rows"), "n_rows")
    if counts.min() < 0 or not total > 0 or not weight > 0 or share < 0 or not n_rows:
        raise ModelFileError(f"the numbers of start {i} are not those of any rows")
    moments = Statistics(0.0, 0.0, total, counts, shift, np.zeros((k, d)), squares, scatter)
    return Origin(read.text(fields.get("mark"), "mark"), moments, n_rows, weight, share)


def _waiting(arrays: Arrays, fields: dict[str, Any], schema: Schema | None) -> ArraySource:
    rows = read.array(arrays, "waiting")
    if schema is None or rows.ndim != 2:
        raise ModelFileError("the waiting rows are no table of known features")
    rows = _finite(arrays, "waiting", (len(rows), schema.n_features))
    weight = None
    if "waiting_weight" in arrays:
        weight = _finite(arrays, "waiting_weight", (len(rows),))
        if (weight <= 0).any():
            raise ModelFileError("a waiting row has no weight")
    single = read.flag(fields.get("single_precision"), "single_precision")
    return ArraySource(rows.astype(np.float32) if single else rows, weight)


def _finite(arrays: Arrays, name: str, shape: tuple[int, ...]) -> FloatArray:
    values = read.array(arrays, name)
    if values.shape != shape or not np.isfinite(values).all():
        raise ModelFileError(f"{name} should have shape {shape} and be finite, but got {values.shape}")
    return values
