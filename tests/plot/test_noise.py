"""Rows that a fit holds for noise look like none of its components."""

import numpy as np
import pytest
from matplotlib.contour import QuadContourSet
from scipy.stats import qmc

import bactrian as bt
from bactrian.noise import logpdf_beside
from bactrian.plot import style

CROSS = bt.plot.style.NOISE


@pytest.fixture(params=[1, 2, 3])
def noisy(request):
    """Two groups and a few rows anywhere, of so many features, and a fit that says so."""
    D = request.param
    groups = bt.Mixture([0.5, 0.5], [[0.0] * D, [6.0] * D], 1.0)
    anywhere = -20 + 46 * qmc.Halton(D, rng=1).random(30)
    X = np.vstack([groups.sample(200, rng=0), anywhere])
    fit = bt.fit(X, 2, "VVI", noise=True)
    assert 20 < (fit.classify(X) == -1).sum() < 40
    return fit, X


def crosses(ax):
    """Places of the crosses, in the units of the data where they have a place on both axes."""
    from matplotlib.markers import MarkerStyle

    mark = MarkerStyle(CROSS)
    outline = mark.get_transform().transform_path(mark.get_path()).vertices
    found = [
        np.asarray(c.get_offsets())
        for c in ax.collections
        if not isinstance(c, QuadContourSet) and np.array_equal(c.get_paths()[0].vertices, outline)
    ]
    found += [line.get_xydata() for line in ax.get_lines() if line.get_marker() == CROSS and len(line.get_xdata())]
    assert len(found) == 1
    return found[0]


def test_rows_of_noise_are_crosses_and_the_legend_says_so(noisy, legend):
    fit, X = noisy
    drawn = fit.plot(X)
    D = X.shape[1]
    texts = legend(drawn if D < 3 else drawn[0, 0].figure)
    assert f"noise (weight {fit.noise.weight:.2g})" in texts
    expected = X[fit.classify(X) == -1]
    if D == 1:
        assert crosses(drawn)[:, 0].tolist() == expected[:, 0].tolist()
    elif D == 2:
        assert crosses(drawn).tolist() == expected.tolist()
    else:
        for row in range(D):
            for column in range(D):
                places = crosses(drawn[row, column])
                assert places[:, 0].tolist() == expected[:, column].tolist()
                assert row == column or places[:, 1].tolist() == expected[:, row].tolist()


def test_clusters_leave_noise_out(noisy, legend, ax):
    fit, X = noisy
    features = [0, 1] if X.shape[1] == 3 else None
    bt.plot.clusters(fit, X, ax, features=features)
    labels = fit.classify(X)
    assert [len(c.get_offsets()) for c in ax.collections] == [(labels == k).sum() for k in (0, 1, -1)]
    assert crosses(ax)[:, 0].tolist() == X[labels == -1, 0].tolist()
    weights = (1 - fit.noise.weight) * fit.mixture.weights
    assert legend(ax)[:3] == [
        *(style.component_label(k, weights) for k in (0, 1)),
        f"noise (weight {fit.noise.weight:.2g})",
    ]


def test_the_curve_has_the_noise_in_it(noisy, ax):
    fit, X = noisy
    if X.shape[1] == 1:
        fit.plot(X, ax)
        x, y = next(line.get_data() for line in ax.get_lines() if line.get_label() == "mixture and noise")
        np.testing.assert_allclose(y, np.exp(logpdf_beside(fit.mixture, fit.noise, x[:, None])))


def test_an_estimator_draws_as_its_fit_does(ax):
    X = np.vstack([np.random.default_rng(0).normal(size=(100, 2)), [[30, 30], [-20, 10], [5, -25]]])
    model = bt.GaussianMixture(1, noise=True).fit(X)
    bt.plot.density(model, X, ax)
    assert crosses(ax).tolist() == X[model.predict(X) == -1].tolist()


def test_the_command_draws_it_too(tmp_path, noisy, monkeypatch):
    from bactrian.cli.plot import _mixture

    fit, X = noisy
    np.save(tmp_path / "rows.npy", X)
    drawn = _mixture(fit, str(tmp_path / "rows.npy"), None, "auto", ("model", "picture.png"))
    assert len(crosses(np.ravel(drawn)[0])) == (fit.classify(X) == -1).sum()


def test_without_noise_there_are_no_crosses(two, ax, legend):
    X = two.sample(50, rng=0)
    bt.plot.clusters(two, X, ax)
    assert not any("noise" in text for text in legend(ax))
