"""Every family of mclust as a ``covariance_type``."""

import numpy as np
import pytest

import bactrian as bt
from bactrian.families import FAMILIES
from tests.fit.cases import DATA

X = DATA["2-D"]


@pytest.mark.parametrize("code", FAMILIES)
def test_the_estimator_fits_what_fit_fits(code):
    model = bt.GaussianMixture(3, covariance_type=code, random_state=0, tol=1e-6, max_iter=200).fit(X)
    family = FAMILIES[code]
    k, d = 3, 2
    shape = {"spherical": (k,), "diagonal": (k, d), "full": (k, d, d)}[family.kind]
    assert model.covariances_.shape == (shape[1:] if family.tied else shape)
    assert model.precisions_.shape == model.covariances_.shape
    parts = family.decompose(model.mixture_.parameters.covariance)
    assert np.allclose(parts.volumes, parts.volumes[0]) or code[0] == "V"
    assert np.allclose(parts.shapes, parts.shapes[0]) or code[1] == "V"
    again = bt.fit(X, families=code, start=model.mixture_, tol=0, max_iter=1)
    assert again.history[-1] >= again.history[0] - 1e-9 * abs(again.history[0])
    assert -2 * len(X) * model.score(X) + family.n_parameters(k, d) * np.log(len(X)) == pytest.approx(model.bic(X))
