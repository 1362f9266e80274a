"""What cannot be a mixture, or be asked of one: what goes in, and which sentence comes out."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.covariance import Spherical

from .cases import make

EYE = [[1.0, 0.0], [0.0, 1.0]]
W2 = [0.5, 0.5]
M22 = [[0, 0], [1, 1]]

CONSTRUCTOR = {
    "negative weight": (([1.5, -0.5], M22, 1), "weights should not be negative, but weight 1 is -0.5"),
    "sum": (([0.5, 0.4], M22, 1), "weights should sum to 1, but they sum to 0.9; divide them by their sum"),
    "NaN weight": (([np.nan, 1], M22, 1), "weights should be finite numbers"),
    "text": ((["a", "b"], M22, 1), "weights should be numbers in a regular array, but could not convert"),
    "None": ((W2, None, 1), "means should be (finite )?numbers"),
    "ragged": ((W2, [[0, 0], [1]], 1), "means should be numbers in a regular array"),
    "infinite": ((W2, [[0, np.inf], [1, 1]], 1), "means should be finite numbers, but hold NaN or infinity"),
    "too few means": ((W2, [[0, 0]], 1), r"\(K,\) and means \(K, D\), but got \(2,\) and \(1, 2\)"),
    "row for one component": (([1], [1, 2], 1), r"for one component of several features write means as \[\["),
    "no components": (([], [], 1), r"weights should have shape \(K,\)"),
    "no features": (([1], [[]], 1), r"weights should have shape \(K,\)"),
    "weights a matrix": (([W2], M22, 1), r"weights should have shape \(K,\)"),
    "means in 3-D": ((W2, [M22], 1), r"means \(K, D\)"),
    "no such shape": (([0.2, 0.3, 0.5], [[0, 0]] * 3, [1, 2, 3, 4]), r"but got \(4,\)"),
    "ambiguous matrix": (
        (W2, M22, EYE),
        "as tied or as diagonal when there are as many components as features",
    ),
    "ambiguous vector": ((W2, M22, [1, 2]), "as tied diagonal or as spherical .* say which with form="),
    "not symmetric": (
        ([1], [[0, 0]], [[[1, 0.5], [0.4, 1]]]),
        r"entry \(0, 1\) is 0.5 and entry \(1, 0\) is 0.4",
    ),
    "not definite": ((W2, M22, [EYE, [[1, 2], [2, 1]]]), "component 1 is not positive definite: .* is -1;"),
    "zero variance": (([1], [[0, 0]], [[1, 0]]), "component 0 .* the variance of feature 1 is 0"),
    "negative variance": (([0.5, 0.5], [0, 1], [1, -1]), "component 1 .* the variance of feature 0 is -1"),
    "NaN covariance": (([1], [[0, 0]], np.nan), "covariances should be finite numbers"),
    "object that does not fit": (
        (W2, M22, Spherical(np.ones(3), 3, 2)),
        "3 components and 2 features do not fit",
    ),
}


@pytest.mark.parametrize("case", CONSTRUCTOR)
def test_constructor(case):
    arguments, sentence = CONSTRUCTOR[case]
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.Mixture(*arguments)


KEYWORDS = {
    "unknown form": ({"form": "round"}, "form should be one of full, tied, diagonal, .* but got 'round'"),
    "wrong form": (
        {"form": "full"},
        r"full covariances of 2 components and 2 features should have shape \(2, 2, 2\)",
    ),
    "too few names": ({"feature_names": ["a"]}, "feature_names should be 2 different names"),
    "one text of names": ({"feature_names": "ab"}, "feature_names should be a list of 2 names, but got 'ab'"),
    "a number of names": ({"feature_names": 2}, "feature_names should be a list of 2 names, but got 2"),
    "equal names": ({"feature_names": ["a", "a"]}, "feature_names should be 2 different names"),
}


@pytest.mark.parametrize("case", KEYWORDS)
def test_keywords(case):
    keywords, sentence = KEYWORDS[case]
    with pytest.raises(bt.ParameterError, match=sentence):
        bt.Mixture(W2, M22, 1.0, **keywords)


def test_covariance_errors_are_their_own_kind():
    with pytest.raises(bt.CovarianceError):
        bt.Mixture([1], [[0, 0]], [[[1, 2], [2, 1]]])
    with pytest.raises(ValueError, match="not positive definite"):
        bt.Mixture([1], [[0, 0]], -1)


FULL = make("full", 3, 2, names=("a", "b", "c"))
ASKED = {
    "marginal of nothing": (lambda: FULL.marginal([]), "name each feature once, and at least one"),
    "marginal twice": (lambda: FULL.marginal(["a", 0]), "name each feature once"),
    "unknown name": (lambda: FULL.marginal("z"), "there is no feature 'z'; the mixture has a, b, c"),
    "no names": (lambda: make("full", 3, 2).marginal("z"), "the mixture has no names, only indices"),
    "index too large": (lambda: FULL.marginal(3), "features are numbered 0 to 2, but got 3"),
    "mask": (lambda: FULL.marginal([True, False, True]), "features are numbered 0 to 2, but got True"),
    "float index": (lambda: FULL.marginal([1.0]), "features are numbered 0 to 2, but got 1.0"),
    "condition on all": (lambda: FULL.condition({0: 1, 1: 1, 2: 1}), "fewer than all 3 features, but got 3"),
    "condition on none": (lambda: FULL.condition({}), "at least one"),
    "condition on NaN": (lambda: FULL.condition({0: np.nan}), "conditioned on should be finite numbers"),
    "condition far away": (lambda: FULL.condition({0: 1e200}), "so far from every component"),
    "condition on a list": (lambda: FULL.condition([0]), r"condition on a mapping like \{feature: value\}"),
    "condition on text": (lambda: FULL.condition({0: "x"}), "conditioned on should be numbers"),
    "condition ragged": (lambda: FULL.condition({0: [1, 2], 1: [1, 2, 3]}), "conditioned on"),
    "condition on a table": (lambda: FULL.condition({0: [[1, 2]]}), "conditioned on"),
    "reorder twice": (
        lambda: FULL.reorder([0, 0]),
        r"order should list numbers of components once each, but got \[0, 0\]",
    ),
    "marginal of None": (lambda: FULL.marginal(None), "features are numbered 0 to 2, but got None"),
    "component 2": (lambda: FULL.component(2), "components are numbered 0 to 1, but got 2"),
    "component 0.5": (lambda: FULL.component(0.5), "components are numbered 0 to 1, but got 0.5"),
    "reorder a mask": (
        lambda: FULL.reorder([True, False]),
        "order should list numbers of components once each",
    ),
    "reorder text": (lambda: FULL.reorder("ab"), "order should list numbers of components once each"),
    "reorder fractions": (
        lambda: FULL.reorder([0.2, 1.7]),
        "order should list numbers of components once each",
    ),
    "reorder an empty array": (lambda: FULL.reorder(np.array([], dtype=int)), "once each"),
    "reorder nothing": (lambda: FULL.reorder([]), "order should list numbers of components once each"),
    "reorder beyond": (lambda: FULL.reorder([0, 2]), "order should hold numbers from 0 to 1"),
    "only weight 0": (
        lambda: bt.Mixture([0, 1], [0, 1], [1, 1], form="spherical").reorder([0]),
        "all have weight 0",
    ),
    "sorted by colour": (lambda: FULL.sorted("colour"), "by should be 'mean' or 'weight', but got 'colour'"),
    "affine shape": (lambda: FULL.affine(np.eye(2)), r"A should be a \(P, 3\) matrix, .* has shape \(2, 2\)"),
    "affine to nothing": (lambda: FULL.affine(np.zeros((0, 3))), r"A should be a \(P, 3\) matrix"),
    "affine singular": (lambda: FULL.affine(np.zeros((3, 3))), "not positive definite"),
    "affine too many": (lambda: FULL.affine(np.ones((4, 3))), "not positive definite"),
    "affine overflow": (lambda: FULL.affine(1e200), "holds NaN or infinity"),
    "affine means overflow": (lambda: FULL.affine(1.0, 1e308).affine(10.0), "the new means should be finite"),
    "affine underflow": (lambda: make("diagonal", 2, 2).affine(1e-200), "the variance of feature 0 is 0"),
    "affine NaN": (lambda: FULL.affine(np.nan), "A should be finite"),
    "affine shift": (lambda: FULL.affine(1, [1, 2]), "b should"),
    "sample -1": (lambda: FULL.sample(-1), "n should be an integer of at least 0, but got -1"),
    "sample 1.5": (lambda: FULL.sample(1.5), "n should be an integer of at least 0, but got 1.5"),
    "sample True": (lambda: FULL.sample(True), "n should be an integer"),
    "rng text": (lambda: FULL.sample(3, rng="x"), "a random state should be a non-negative integer"),
    "entropy 1": (lambda: FULL.entropy(1), "n should be an integer of at least 2"),
    "mass 0": (lambda: FULL.density_level(0), "mass should be strictly between 0 and 1, but got 0"),
    "mass 1": (lambda: FULL.density_level([0.5, 1.0]), "mass should be strictly between 0 and 1"),
    "mass NaN": (lambda: FULL.density_level(np.nan), "mass should be strictly between 0 and 1"),
    "mass text": (lambda: FULL.density_level("most"), "mass should be"),
    "quantile of three": (lambda: FULL.quantile(0.5), r"the mixture has 3; take a marginal first"),
    "quantile 1.5": (lambda: FULL.marginal(0).quantile(1.5), "probabilities between 0 and 1"),
    "quantile NaN": (lambda: FULL.marginal(0).quantile(np.nan), "probabilities between 0 and 1"),
    "quantile text": (lambda: FULL.marginal(0).quantile("x"), "q should be numbers"),
}


@pytest.mark.parametrize("case", ASKED)
def test_operations(case):
    call, sentence = ASKED[case]
    with pytest.raises(bt.ParameterError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


SHAPES = {
    "full": ((3, 2), np.array([np.eye(2)] * 3)),
    "tied": ((3, 2), np.eye(2)),
    "diagonal": ((3, 2), np.ones((3, 2))),
    "tied diagonal": ((3, 2), np.ones(2)),
    "spherical": ((3, 2), np.ones(3)),
    "tied spherical": ((3, 2), 1.0),
}


@pytest.mark.parametrize("form", SHAPES)
def test_the_shape_says_the_form(form):
    (k, d), covariances = SHAPES[form]
    mixture = bt.Mixture(np.full(k, 1 / k), np.zeros((k, d)), covariances)
    assert mixture.form == form
    assert np.shape(mixture.covariances) == np.shape(covariances)


@pytest.mark.parametrize("form", ["tied", "diagonal", "tied diagonal", "spherical"])
def test_where_k_equals_d_the_form_decides(form):
    covariances = np.eye(2) + 1.0 if form in ("tied", "diagonal") else np.array([2.0, 3.0])
    mixture = bt.Mixture(W2, M22, covariances, form=form)
    assert mixture.form == form
    first = mixture.parameters.covariance.dense()[0]
    expected = {"tied": [[2, 1], [1, 2]], "diagonal": [[2, 0], [0, 1]], "tied diagonal": [[2, 0], [0, 3]]}
    np.testing.assert_array_equal(first, expected.get(form, [[2, 0], [0, 2]]))


def test_one_feature_needs_no_form():
    assert bt.Mixture([1.0], [2.0], [3.0]).covariance.tolist() == [[3.0]]
    for covariances in ([1.0, 2.0], [[1.0], [2.0]], [[[1.0]], [[2.0]]]):
        mixture = bt.Mixture(W2, [0, 5], covariances)
        assert mixture.parameters.covariance.dense().ravel().tolist() == [1, 2]
    assert bt.Mixture(1.0, 2.0, 3.0).mean.tolist() == [2.0]


def test_weights_that_are_nearly_1_are_normalised():
    mixture = bt.Mixture([0.3333333, 0.3333333, 0.3333334 - 5e-7], [0, 1, 2], [1, 1, 1], form="spherical")
    assert mixture.weights.sum() == pytest.approx(1, abs=4e-16)
