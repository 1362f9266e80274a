"""How families stand to each other and to linear maps, and the words their covariances are read in."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

import bactrian as bt
from bactrian.families import FAMILIES, Decomposition
from tests.families.cases import (
    ALL_MAPS,
    AXIS_SCALES,
    CHAINS,
    COUNTS,
    ROTATIONS,
    WITHIN,
    D,
    K,
    m_step,
    objective,
)  # fmt: skip
from tests.fit.cases import lobes

every_family = pytest.mark.parametrize("code", FAMILIES)


@pytest.mark.parametrize("chain", CHAINS)
def test_a_wider_family_is_never_worse(chain):
    values = [objective(m_step(code)[0]) for code in chain]
    assert all(narrow < wide for narrow, wide in pairwise(values))


@every_family
def test_the_best_of_a_narrower_family_is_a_start(code):
    """An M-step that begins at a covariance of its own family never ends below it."""
    for chain in CHAINS:
        for narrow in chain[: chain.index(code)] if code in chain else ():
            before = m_step(narrow)[0]
            assert objective(m_step(code, before=before)[0]) >= objective(before) - 1e-9


@every_family
def test_one_component_leaves_three_families(code):
    same = {"II": "EII"}.get(code[1:], "EEI" if code[2] == "I" else "EEE")
    one, total = WITHIN.sum(0)[None], COUNTS.sum(keepdims=True)
    assert np.allclose(m_step(code, one, total)[0].dense(), m_step(same, one, total)[0].dense(), rtol=1e-10)


@every_family
def test_one_feature_leaves_two_families(code):
    same = "EII" if code[0] == "E" else "VII"
    line = WITHIN[:, :1, :1]
    assert np.allclose(m_step(code, line)[0].dense(), m_step(same, line)[0].dense(), rtol=1e-12)


def maps() -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    rng = np.random.default_rng(3)
    return {
        "a rotation": (ROTATIONS, np.linalg.qr(rng.normal(size=(D, D)))[0]),
        "scales of axes": (AXIS_SCALES, np.diag([1e-4, 1.0, 1e6, 30.0])),
        "any map": (ALL_MAPS, rng.normal(size=(D, D))),
        "one scale": (tuple(FAMILIES), 1e-6 * np.eye(D)),
    }


@pytest.mark.parametrize("name", maps())
def test_exact_equivariance(name):
    codes, linear = maps()[name]
    for code in codes:
        before = m_step(code)[0]
        expected = linear @ before.dense() @ linear.T
        found = m_step(code, linear @ WITHIN @ linear.T)[0].dense()
        size = np.sqrt(np.einsum("kii->ki", expected))
        assert np.abs((found - expected) / size[:, :, None] / size[:, None, :]).max() < 1e-7, code


@pytest.mark.parametrize("code", ["EVE", "VVE"])
def test_nothing_is_gained_by_another_orientation(code):
    """The two starts find what a hundred random ones find."""
    best = objective(m_step(code)[0])
    rng = np.random.default_rng(0)
    for _ in range(100):
        turn = np.linalg.qr(rng.normal(size=(D, D)))[0]
        values = np.einsum("ji,kjl,li->ki", turn, WITHIN, turn) / COUNTS[:, None]
        before = bt.Mixture(np.full(K, 1 / K), np.zeros((K, D)), (turn * values[:, None]) @ turn.T)
        assert objective(m_step(code, before=before.parameters.covariance)[0]) <= best + 1e-9


@every_family
def test_decomposition(code):
    covariance = m_step(code)[0]
    parts = FAMILIES[code].decompose(covariance)
    turned = parts.orientations * (parts.volumes[:, None] * parts.shapes)[:, None, :]
    assert np.allclose(turned @ parts.orientations.swapaxes(1, 2), covariance.dense(), rtol=1e-10)
    assert np.allclose(parts.shapes.prod(1), 1)
    assert np.allclose(parts.orientations @ parts.orientations.swapaxes(1, 2), np.eye(D))
    shared = dict(zip(("volumes", "shapes", "orientations"), code, strict=True))
    for name, letter in shared.items():
        values = getattr(parts, name)
        assert np.allclose(values, values[0], rtol=1e-9) is (letter != "V"), name
    if code[2] != "I":
        assert (np.diff(np.log(parts.shapes).mean(0)) <= 1e-12).all()


def test_a_fit_tells_its_decomposition():
    fit = bt.fit(lobes(300, 3, 2), 2, "VEV")
    parts = fit.decomposition()
    assert isinstance(parts, Decomposition)
    assert np.allclose(parts.shapes[0], parts.shapes[1])
    assert np.allclose(parts.volumes**3, np.linalg.det(fit.mixture.covariances))
