"""One table of mixtures for many properties: every form, several D and K."""

import numpy as np
import pytest

import bactrian as bt

FORMS = ("full", "tied", "diagonal", "tied diagonal", "spherical", "tied spherical")
TABLE = [(form, d, k) for form in FORMS for d in (1, 2, 5) for k in (1, 3)]


def over_all_cases(argument="mixture"):
    return pytest.mark.parametrize(
        argument,
        [make(*case) for case in TABLE],
        ids=[f"{f} D={d} K={k}".replace(" ", "-") for f, d, k in TABLE],
    )


def make(form, n_features, n_components, condition=30.0, spread=2.0, seed=0, names=None):
    """A mixture with random directions and eigenvalues from 1 down to 1/condition."""
    rng = np.random.default_rng([seed, n_features, n_components, FORMS.index(form)])
    matrices = np.array([definite(n_features, condition, rng) for _ in range(n_components)])
    variances = np.exp(rng.uniform(-np.log(condition), 0, (n_components, n_features)))
    covariances = {
        "full": matrices,
        "tied": matrices[0],
        "diagonal": variances,
        "tied diagonal": variances[0],
        "spherical": variances[:, 0],
        "tied spherical": variances[0, 0],
    }[form]
    weights = rng.dirichlet(np.full(n_components, 3.0))
    means = spread * rng.standard_normal((n_components, n_features))
    return bt.Mixture(weights, means, covariances, form=form, feature_names=names)


def definite(n_features, condition, rng):
    """A random symmetric positive definite matrix of the given condition number."""
    q, _ = np.linalg.qr(rng.standard_normal((n_features, n_features)))
    values = np.geomspace(1, 1 / condition, n_features) if n_features > 1 else np.array([1 / condition])
    matrix = (q * values) @ q.T
    return (matrix + matrix.T) / 2


def rows_of(mixture, n=20, seed=1):
    return mixture.sample(n, rng=seed)
