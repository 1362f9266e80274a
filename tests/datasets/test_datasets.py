"""The shipped numbers are the published ones; generated data come from the mixture that goes with them."""

import numpy as np
import pytest

import bactrian as bt

GENERATED = ("toy_modes", "two_cigars", "scaled_units", "far_from_origin", "duplicates", "constant_column")


@pytest.mark.parametrize(
    ("name", "shape", "log_likelihood"),
    [
        # one Gaussian of free covariance, as R's mclust prints its log-likelihood
        ("old_faithful", (272, 2), -1289.7967450526141),
        ("iris", (150, 4), -379.9146301222693),
        ("acidity", (155, 1), -225.78536544168986),
    ],
)
def test_classics_are_the_numbers_others_have(name, shape, log_likelihood):
    data = getattr(bt.datasets, name)().data
    assert data.shape == shape
    gaussian = bt.Mixture([1], [data.mean(axis=0)], np.cov(data.T, ddof=0).reshape(1, shape[1], shape[1]))
    assert gaussian.logpdf(data).sum() == pytest.approx(log_likelihood, rel=1e-12)


def test_iris_is_fishers_and_knows_its_species():
    iris = bt.datasets.iris()
    assert iris.label_names == ("setosa", "versicolor", "virginica")
    assert np.bincount(iris.labels).tolist() == [50, 50, 50]
    # rows 35 and 38 are misprinted in a widespread copy
    np.testing.assert_array_equal(iris.data[[34, 37]], [[4.9, 3.1, 1.5, 0.2], [4.9, 3.6, 1.4, 0.1]])


def test_crabs_are_the_ones_pearson_fitted():
    crabs = bt.datasets.crabs()
    n = crabs.sample_weight
    assert crabs.data.shape == (29, 1)
    assert n.sum() == 1000
    interval = np.round((crabs.data[:, 0] - 0.5775) / 0.004, 9)  # Pearson's unit
    np.testing.assert_array_equal(interval, np.arange(1, 30))
    assert n @ interval / 1000 == pytest.approx(16.799)  # his centroid


def test_crabs_have_the_likelihood_others_report():
    # the R package MixtureInf prints 2567.577 for its (very slightly) penalised fit
    crabs = bt.datasets.crabs()
    start = bt.Mixture([0.4, 0.6], [0.634, 0.657], [3.4e-4, 1.6e-4], form="spherical")
    fit = bt.fit(crabs.data, families="VII", start=start, sample_weight=crabs.sample_weight, tol=1e-9)
    assert fit.log_likelihood == pytest.approx(2567.5789, abs=2e-4)


@pytest.mark.parametrize("name", GENERATED)
def test_generated_data_repeat_by_seed_only(name):
    make = getattr(bt.datasets, name)
    np.testing.assert_array_equal(make(50).data, make(50).data)
    assert not np.array_equal(make(50, rng=1).data[:, 0], make(50, rng=2).data[:, 0])
    assert not np.array_equal(make(50, rng=None).data[:, 0], make(50, rng=None).data[:, 0])


@pytest.mark.parametrize("name", [*GENERATED, "old_faithful", "iris", "acidity", "crabs"])
def test_every_dataset_is_whole_and_read_only(name):
    dataset = getattr(bt.datasets, name)()
    n_rows, n_features = dataset.data.shape
    assert len(dataset) == n_rows
    assert len(dataset.feature_names) == n_features
    assert dataset.labels is None or dataset.labels.shape == (n_rows,)
    assert dataset.sample_weight is None or dataset.sample_weight.shape == (n_rows,)
    assert str(n_rows) in repr(dataset)
    assert dataset.description in repr(dataset)
    with pytest.raises(ValueError, match="read-only"):
        dataset.data[0, 0] = 1


@pytest.mark.parametrize("name", ["toy_modes", "two_cigars", "scaled_units", "far_from_origin"])
def test_the_true_mixture_is_the_true_one(name):
    dataset = getattr(bt.datasets, name)(20_000)
    mixture = dataset.mixture
    assert mixture.feature_names == dataset.feature_names
    counts = np.bincount(dataset.labels, minlength=mixture.n_components)
    np.testing.assert_allclose(counts / 20_000, mixture.weights, atol=0.02)
    assert (mixture.classify(dataset.data) == dataset.labels).mean() > 0.97
    error = 5 * np.sqrt(np.diag(mixture.covariance) / 20_000)
    assert (np.abs(dataset.data.mean(axis=0) - mixture.mean) < error).all()


def test_the_hard_cases_are_hard_in_the_way_they_say():
    cigars = bt.datasets.two_cigars(4000)
    within = np.array([cigars.data[cigars.labels == k].std(axis=0) for k in (0, 1)])
    np.testing.assert_allclose(within, [[20, 1], [20, 1]], rtol=0.06)
    copies = bt.datasets.duplicates(1000, share=0.3)
    assert (copies.data == (2.0, 2.0)).all(axis=1).sum() == 300
    assert ((copies.data == (2.0, 2.0)).all(axis=1) == (copies.labels == 4)).all()
    assert bt.datasets.constant_column(10, value=3.0).data[:, 2].tolist() == [3.0] * 10
    assert bt.datasets.scaled_units(2000, scale=1e-6).data.std() < 1e-5
    np.testing.assert_array_equal(
        bt.datasets.far_from_origin(100, offset=1e8).data, bt.datasets.toy_modes(100).data + 1e8
    )


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: bt.datasets.toy_modes(-1), "n should be an integer of at least 0, but got -1"),
        (
            lambda: bt.datasets.scaled_units(10, scale=0),
            "scale should be a positive finite number, but got 0",
        ),
        (lambda: bt.datasets.duplicates(10, share=1), "share should be a number from 0 up to 1, but got 1"),
        (lambda: bt.datasets.two_cigars(10, rng=-3), "a random state should be a non-negative integer"),
    ],
)
def test_bad_arguments_get_one_sentence(call, sentence):
    with pytest.raises(bt.ParameterError, match=sentence):
        call()
