"""The observed information beside second differences of an objective that is written out with SciPy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import bactrian as bt
from bactrian.covariance import Full
from tests.resampling.cases import COUNTS, DIRTY, FAMILIES, LOBES, OPTIONS, SOME, fitted


def unpack(v: np.ndarray, family: str, u: int, equal: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All u weights, (2, 2) means and (2, 2, 2) covariances from a vector of free numbers."""
    if equal:
        weights = np.array([0.5, 0.5]) if u == 2 else np.array([(1 - v[0]) / 2] * 2 + [v[0]])
        v = v[u - 2 :]
    else:
        weights = np.append(v[: u - 1], 1 - v[: u - 1].sum())
        v = v[u - 1 :]
    means, c = v[:4].reshape(2, 2), v[4:]
    shared = family[0] == "E"
    if family[1:] == "II":
        each = [x * np.eye(2) for x in c]
    elif family[2] == "I":
        each = [np.diag(x) for x in c.reshape(-1, 2)]
    else:
        each = [np.array([[a, b], [b, d]]) for a, b, d in c.reshape(-1, 3)]
    return weights, means, np.array(each * 2 if shared else each)


def pack(fit: bt.Fit) -> np.ndarray:
    m, noise, shared = fit.mixture, fit.noise, fit.family[0] == "E"
    if fit.equal_weights:
        weights = [] if noise is None else [noise.weight]
    else:
        weights = m.weights[:1] if noise is None else (1 - noise.weight) * m.weights
    dense = m.parameters.covariance.dense()[: 1 if shared else 2]
    i, j = (
        ([0], [0]) if fit.family[1:] == "II" else ([0, 1], [0, 1]) if fit.family[2] == "I" else ([0, 0, 1], [0, 1, 1])
    )
    return np.concatenate([weights, m.means.ravel(), dense[:, i, j].ravel()])


def free_entries(family: str) -> tuple[list[int], list[int]]:
    """Rows and columns of what is free in one covariance."""
    if family[2] != "I":
        return [0, 0, 1], [0, 1, 1]
    return ([0], [0]) if family[1] == "I" else ([0, 1], [0, 1])


def objective(fit: bt.Fit, option: str, v: np.ndarray) -> float:
    """Log-likelihood, or log-posterior, of the case's rows."""
    data, options = OPTIONS[option]
    weights, means, covariances = unpack(v, fit.family, 2 + (fit.noise is not None), fit.equal_weights)
    joint = np.array(
        [
            np.log(w) + stats.multivariate_normal(a, s).logpdf(data)
            for w, a, s in zip(weights[:2], means, covariances, strict=True)
        ]
    ).T
    if fit.noise is not None:
        joint = np.column_stack([joint, np.full(len(data), np.log(weights[2]) + fit.noise.log_density)])
    each = np.logaddexp.reduce(joint, axis=1)
    if "labels" in options:
        each = np.where(SOME >= 0, joint[np.arange(len(data)), SOME], each)
    value = float(np.asarray(options.get("sample_weight", np.ones(len(data)))) @ each)
    if fit.prior is not None:
        covariance = fit._origin.climb.mixture.covariance
        value += fit.prior.log_density(weights[:2], means, formed(covariance, covariances))
    return value


def formed(like, covariances):
    kept = covariances[:1] if like.tied else covariances
    if like.kind == "full":
        return Full(kept, 2, like.tied)
    diagonals = np.einsum("kdd->kd", kept)
    return (
        type(like)(diagonals, 2, like.tied) if like.kind == "diagonal" else type(like)(diagonals[:, 0], 2, 2, like.tied)
    )


def numerical(fit: bt.Fit, option: str) -> np.ndarray:
    """Standard errors of the free numbers: second differences, inverted."""
    v = pack(fit)
    h = 1e-4 * np.maximum(np.abs(v), 0.1)

    def value(*moves):
        at = v.copy()
        for p, sign in moves:
            at[p] += sign * h[p]
        return objective(fit, option, at)

    size = len(v)
    hessian = np.empty((size, size))
    for p in range(size):
        for q in range(p + 1):
            four = [s * t * value((p, s), (q, t)) for s in (1, -1) for t in (1, -1)]
            hessian[p, q] = hessian[q, p] = sum(four) / (4 * h[p] * h[q])
    return np.sqrt(np.diagonal(np.linalg.inv(-hessian)))


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("family", FAMILIES)
def test_second_differences(family, option):
    fit = fitted(family, option)
    errors = fit.standard_errors(method="information")
    expected = numerical(fit, option)
    covariances = errors.covariances[: 1 if family[0] == "E" else 2]
    i, j = free_entries(family)
    ours = np.concatenate([errors.means.ravel(), covariances[:, i, j].ravel()])
    assert np.allclose(ours, expected[-len(ours) :], rtol=2e-4)
    if fit.noise is None and not fit.equal_weights:
        assert np.allclose(errors.weights, expected[0], rtol=2e-4)  # of two that add up to 1
    if fit.noise is not None and fit.equal_weights:
        assert np.isclose(errors.error.noise, expected[0], rtol=2e-4)
    assert (errors.weights == 0).all() == fit.equal_weights


def test_one_component_has_the_textbook_errors():
    fit = bt.fit(LOBES, 1, "VVV")
    errors, n = fit.standard_errors(method="information"), len(LOBES)
    s = fit.mixture.covariances[0]
    assert np.allclose(errors.means[0], np.sqrt(np.diagonal(s) / n), rtol=1e-5)
    squares = (s**2 + np.outer(np.diagonal(s), np.diagonal(s))) / n
    assert np.allclose(errors.covariances[0], np.sqrt(squares), rtol=1e-5)
    assert errors.weights == 0


def test_weights_of_components_beside_noise():
    """Their errors among each other, by differences of the ratio."""
    fit = fitted("VVV", "noise")
    errors = fit.standard_errors(method="information")
    assert errors.weights[0] == pytest.approx(errors.weights[1])  # they add up to 1
    complete = np.sqrt(np.prod(fit.mixture.weights) / (len(DIRTY) * (1 - fit.noise.weight)))
    assert complete < errors.weights[0] < 1.3 * complete  # lobes and dirt are nearly apart


def test_units_and_row_order_do_not_matter():
    first = bt.fit(LOBES, 2, "VVV", tol=1e-12).standard_errors(method="information")
    order = np.random.default_rng(1).permutation(len(LOBES))
    other = bt.fit(LOBES[order] * [1e6, 1e-3] + [1e9, 0], 2, "VVV", tol=1e-12).standard_errors(method="information")
    assert np.allclose(other.means, first.means * [1e6, 1e-3], rtol=1e-4)
    assert np.allclose(other.weights, first.weights, rtol=1e-4)


def test_a_weight_is_a_count():
    kept = np.repeat(LOBES, COUNTS, axis=0)
    weighted = bt.fit(LOBES, 2, "EEE", sample_weight=COUNTS, tol=1e-12).standard_errors(method="information")
    repeated = bt.fit(kept, 2, "EEE", tol=1e-12).standard_errors(method="information")
    assert np.allclose(weighted.means, repeated.means, rtol=1e-6)


def test_float32_rows():
    single = bt.fit(LOBES.astype(np.float32), 2, "VVV").standard_errors(method="information")
    double = bt.fit(LOBES, 2, "VVV").standard_errors(method="information")
    assert np.allclose(single.means, double.means, rtol=2e-2)


NO_NOISE = r"the noise of this fit has next to no weight \(.*\), so the maximum lies on the boundary, .*without noise"


@pytest.mark.parametrize(
    ("family", "k", "volume"), [("EII", 1, 1e4), ("EEE", 1, 1e3), ("VII", 3, 1e4), ("EEE", 5, True), ("VVV", 2, 1e6)]
)
def test_noise_whose_weight_falls_away(family, k, volume):
    """EM brings it down to 1e-14 or so, or to 0 itself: no end that a smaller tol would come nearer to."""
    fit = bt.fit(bt.datasets.old_faithful().data, k, family, noise=volume)
    assert fit.noise.weight < 1e-8
    with pytest.raises(bt.DataError, match=NO_NOISE):
        fit.standard_errors(method="information")


@pytest.mark.parametrize("weight", [0.0, 1e-300, 1e-12, 1e-5])
def test_noise_of_hardly_any_weight(weight):
    fit = fitted("VVV", "noise")
    almost = replace(fit, noise=replace(fit.noise, weight=weight), _origin=None)  # as of a file
    with pytest.raises(bt.DataError, match=NO_NOISE):
        almost.standard_errors(method="information", data=DIRTY)


def test_noise_of_less_than_a_row_has_errors():
    data = np.concatenate([LOBES, [[30.0, 30.0]]])
    fit = bt.fit(data, 2, "VVV", noise=True, tol=1e-12)
    assert 0.5 < fit.noise.weight * len(data) < 2
    assert fit.standard_errors(method="information").error.noise > 0


def test_a_component_without_weight():
    start = bt.Mixture([0.5, 0.5, 0], [[0, 0], [1, 1], [9, 9]], [np.eye(2)] * 3)
    fit = bt.fit(LOBES, 3, "VVV", start=start, tol=0, max_iter=0)
    with pytest.raises(bt.DataError, match=r"a component of this fit has weight 0, .*; fit with fewer components"):
        fit.standard_errors(method="information")


def test_not_at_a_maximum():
    fit = bt.fit(LOBES, 3, "VVV", start=np.arange(120) % 3, tol=0, max_iter=0)
    with pytest.raises(bt.DataError, match="does not fall in every direction"):
        fit.standard_errors(method="information")
