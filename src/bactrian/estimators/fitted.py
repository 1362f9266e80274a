"""What a fitted estimator can do; everything here asks its mixture."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted, validate_data

from bactrian.engines import home_of, mapper_of, pass_by
from bactrian.errors import DataError, ParameterError
from bactrian.estimators.attributes import attributes_of, changed, mixture_of, precisions_cholesky, squared
from bactrian.estimators.names import covariance_type_of, form_of
from bactrian.estimators.sampler import sampler
from bactrian.families import parse_family
from bactrian.features import check_width
from bactrian.kernels import NativeKernel, Noise
from bactrian.missing import masked_row
from bactrian.mixture import Mixture
from bactrian.noise import classify_beside, logpdf_beside, responsibilities_beside
from bactrian.randomness import generator
from bactrian.selection import criteria
from bactrian.sources.array import read_weights
from bactrian.sources.door import open_source
from bactrian.statistics import Scatter
from bactrian.typing import FloatArray, IntArray, RandomState

DTYPES = [np.float64, np.float32]  # what rows may be; everything else becomes the first


def validated(estimator: Any, X: Any, **how: Any) -> FloatArray:
    """Rows as scikit-learn reads them, which does not see the mask of a masked array.

    Raises
    ------
    DataError
        Some are masked.
    ValueError
        With scikit-learn's sentences.
    """
    row = masked_row(X)
    if row is not None:
        raise DataError(f"row {row} is masked (a missing value); drop or fill such rows first")
    return validate_data(estimator, X, dtype=DTYPES, **how)  # type: ignore[no-any-return]


class FittedMixture:
    """Prediction, scores and samples for estimators that hold a mixture."""

    n_features_in_: int
    feature_names_in_: Any
    weights_: FloatArray
    means_: FloatArray
    covariances_: FloatArray
    precisions_: FloatArray
    precisions_cholesky_: FloatArray
    converged_: bool
    n_iter_: int
    lower_bound_: float
    lower_bounds_: list[float]

    covariance_type: str
    equal_weights: bool
    _mixture: Mixture | None = None
    _noise: Noise | None = None

    @property
    def noise_weight_(self) -> float:
        """The weight of the noise; 0 without."""
        self._check_fitted()
        return 0.0 if self._noise is None else self._noise.weight

    @property
    def mixture_(self) -> Mixture:
        """The fitted ``bactrian.Mixture``, in float64 whatever the dtype of the attributes."""
        # NotFittedError is also the AttributeError that hasattr expects
        self._check_fitted()
        fitted = self._mixture
        by_hand = {"covariances_"} if fitted is None else changed(self, fitted)
        if fitted is not None and not by_hand:
            return fitted
        if not (hasattr(self, "covariances_") or hasattr(self, "precisions_cholesky_")):
            raise NotFittedError(f"This {type(self).__name__} has weights_ and means_; set covariances_ too.")
        return mixture_of(self, form_of(parse_family(self.covariance_type)), by_hand)

    def predict(self, X: Any) -> IntArray | Any:
        """The most responsible component of each row.

        Parameters
        ----------
        X : (N, D) array or frame, files, a query or a stream, or a collection of Dask or Spark

        Returns
        -------
        (N,) array of integers from 0 to K-1, -1 for noise, or a lazy collection, as of ``Mixture.classify``
        """
        if home_of(X) is not None:
            return self._components().classify(X)
        return self._answers(X, classify_beside)

    def predict_proba(self, X: Any) -> FloatArray | Any:
        """P(k | x) for each row, (N, K), with noise (N, K + 1), the last column being the noise's; rows sum to 1."""
        if home_of(X) is not None:
            return self._components().responsibilities(X)
        return self._answers(X, responsibilities_beside, cast=True)

    def score_samples(self, X: Any) -> FloatArray | Any:
        """log p(x) of each row in nats, (N,)."""
        if home_of(X) is not None:
            return self._components().logpdf(X)
        return self._answers(X, logpdf_beside, cast=True)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """The mean log p(x) of the rows, weighted by ``sample_weight`` (N,) if given; ``y`` is ignored."""
        if sample_weight is None and home_of(X) is None:
            return float(self.score_samples(X).mean())  # the same rounding, also in float32
        total, weight = self._log_likelihood(X, sample_weight)
        return total / weight

    def bic(self, X: Any, sample_weight: Any = None) -> float:
        """Bayesian information criterion on rows X; lower is better. N is the sum of the row weights."""
        total, weight = self._log_likelihood(X, sample_weight)
        return criteria.bic(total, self._n_parameters(), weight)

    def aic(self, X: Any, sample_weight: Any = None) -> float:
        """Akaike information criterion on rows X; lower is better."""
        return criteria.aic(self._log_likelihood(X, sample_weight)[0], self._n_parameters())

    def sample(self, n_samples: int = 1, rng: RandomState = None) -> tuple[FloatArray, IntArray]:
        """Draw independent rows, in no particular order.

        Parameters
        ----------
        n_samples : int
        rng : Generator, seed or None
            None goes on where the last call stopped: with an integer ``random_state`` a program gives the
            same rows each time it runs, but two calls give different rows. Fitting begins the sequence anew.

        Returns
        -------
        X : (n_samples, D) array
        labels : (n_samples,) array
            The component each row came from.
        """
        mixture = self.mixture_
        if isinstance(n_samples, bool) or not isinstance(n_samples, (int, np.integer)) or n_samples < 1:
            raise ParameterError(
                f"Invalid value for 'n_samples': {n_samples!r}. The sampling requires at least one sample."
            )
        return mixture.sample(int(n_samples), sampler(self) if rng is None else generator(rng), labels=True)

    @classmethod
    def from_mixture(cls, mixture: Mixture, **parameters: Any) -> Self:
        """A fitted estimator from a mixture, without any data.

        Parameters
        ----------
        mixture : Mixture
        **parameters
            Further constructor arguments, as ``warm_start=True`` to go on fitting from the mixture.

        Examples
        --------
        >>> import bactrian as bt
        >>> mixture = bt.Mixture([0.5, 0.5], [[0.0], [4.0]], [1.0, 1.0])
        >>> bt.GaussianMixture.from_mixture(mixture).predict([[-1.0], [5.0]]).tolist()
        [0, 1]
        """
        covariance_type = covariance_type_of(mixture.form)
        make: Any = cls
        self: Self = make(n_components=mixture.n_components, covariance_type=covariance_type, **parameters)
        self._publish(mixture, np.float64)
        self.n_features_in_ = mixture.n_features
        if mixture.feature_names is not None:
            self.feature_names_in_ = np.array(mixture.feature_names, dtype=object)
        self.converged_, self.n_iter_, self.lower_bound_, self.lower_bounds_ = True, 0, np.nan, []
        return self

    def _check_fitted(self) -> None:
        """Raise NotFittedError, which says what to do."""
        check_is_fitted(self, ["weights_", "means_"])

    def _publish(self, mixture: Mixture, dtype: Any) -> None:
        """Set the attributes that show the mixture."""
        self._mixture = mixture
        for name, values in attributes_of(mixture, dtype).items():
            setattr(self, name, values)
        self.precisions_ = squared(precisions_cholesky(mixture), mixture.form).astype(dtype)

    def _components(self) -> Mixture:
        """The mixture, for collections on a cluster, which say nothing of noise."""
        if self._noise is not None:
            raise DataError(
                "an estimator with noise says nothing of a collection as a whole; ask it of rows in memory, as of a "
                "block, or ask mixture_, which leaves the noise out"
            )
        return self.mixture_

    def _answers(self, X: Any, of: Callable[[Mixture, Noise | None, Any], NDArray[Any]], *, cast: bool = False) -> Any:
        """What is ``of`` the rows, of those that pass by block by block; in the attributes' dtype (``cast``) or not."""
        if pass_by(X):
            mixture, noise = self.mixture_, self._noise
            found = mapper_of(X).answers(X, mixture.feature_names, lambda block: of(mixture, noise, block))
            return found.astype(np.asarray(self.means_).dtype, copy=False) if cast else found
        mixture, values = self._ready(X)
        found = np.asarray(of(mixture, self._noise, values))
        return found.astype(self._dtype(values), copy=False) if cast else found

    def _ready(self, X: Any) -> tuple[Mixture, FloatArray]:
        mixture = self.mixture_
        return mixture, validated(self, X, reset=False)

    def _dtype(self, values: FloatArray) -> Any:
        return np.result_type(values, np.asarray(self.means_))

    def _log_likelihood(self, X: Any, sample_weight: Any) -> tuple[float, float]:
        """Sum of w_i log p(x_i), and of w_i; in float64 whatever the rows are."""
        if home_of(X) is not None:
            return self._added_up_there(X, sample_weight)
        log_densities = self._answers(X, logpdf_beside)
        if sample_weight is None:
            return float(log_densities.sum()), float(len(log_densities))
        weight = read_weights(sample_weight, len(log_densities))
        return float(weight @ log_densities), float(weight.sum())

    def _added_up_there(self, X: Any, sample_weight: Any) -> tuple[float, float]:
        """The same of a collection on a cluster, by one pass."""
        mixture = self._components()
        names = None if getattr(X, "columns", None) is None else mixture.feature_names
        source, _ = open_source(X, sample_weight, names)
        with closing(source):
            check_width(source.n_features, mixture.n_features, mixture.feature_names)
            found = source.fold(NativeKernel(), [mixture.parameters], [Scatter.TRACE])[0]
        return found.log_likelihood, source.total

    def _n_parameters(self) -> int:
        """Free parameters of the model (scikit-learn's name, which programs use)."""
        k, d = np.shape(self.means_)
        p = parse_family(self.covariance_type).n_parameters(k, d) - (k - 1 if self.equal_weights else 0)
        return p + (0 if self._noise is None else 2)
