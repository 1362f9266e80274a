"""``GaussianMixture``: ``sklearn.mixture.GaussianMixture`` on bactrian's search and EM."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, DensityMixin

from bactrian import em
from bactrian.em import Climb
from bactrian.engines import check_in_memory
from bactrian.errors import DataError
from bactrian.estimators import climbing, sampler, streaming
from bactrian.estimators.fitted import FittedMixture, validated
from bactrian.estimators.given import read_given
from bactrian.estimators.memory import Memory
from bactrian.estimators.names import form_of
from bactrian.estimators.progress import Reporter, shown
from bactrian.estimators.rows import source_to_fit
from bactrian.estimators.settings import check_settings
from bactrian.estimators.starts import LONG, Task, find_starts
from bactrian.families import parse_family
from bactrian.kernels import NativeKernel
from bactrian.mixture import Mixture
from bactrian.noise import NoiseModel, beside, read_noise, without_noise
from bactrian.objective import Objective
from bactrian.priors import read_prior
from bactrian.sources import Source
from bactrian.sources.known import labelled
from bactrian.starts import Levels
from bactrian.typing import IntArray


class GaussianMixture(FittedMixture, DensityMixin, BaseEstimator):  # type: ignore[misc]
    """A Gaussian mixture fitted by EM, in place of ``sklearn.mixture.GaussianMixture``.

    Parameters, attributes and shapes are scikit-learn's; what differs is said below. ``bactrian.fit`` offers
    the same without scikit-learn's interface, together with the choice of K and family.

    Parameters
    ----------
    n_components : int
        K.
    covariance_type : str
        ``"full"``, ``"tied"``, ``"diag"``, ``"spherical"``, or one of mclust's codes, as ``"EEI"``.
    tol : float
        Log-likelihood per unit of row weight. ``converged_`` says, as in scikit-learn, that the last gain was
        below ``tol``. But EM does not stop there, where the optimum can still be far: it goes on until what
        can still be gained, extrapolated from the last gains, is below a hundredth of ``tol`` (a fifth at most
        where rows are few for the parameters, and more would be far within their standard errors), or ``max_iter``
        is reached. 0: exactly ``max_iter`` iterations.
    reg_covar : float or None
        The least variance. None: 1e-10 (float32: 1e-6) of each feature's own variance, so that units do not
        matter. A number is absolute, in squared units of the data. Either is a floor, not added to the
        diagonal: where it is not reached the estimate is exactly the maximum-likelihood one, and the
        log-likelihood never falls. A feature that is constant over all rows has no variance of its own and gets
        the floor of the others' average; its share of the log-density then means nothing, as in scikit-learn.
        0: a component that collapses is an error, or a warning where ``max_iter``
        cut the fit short.
    max_iter : int
        Iterations from the start that was found; 0 gives the best of the labellings that the
        search begins with, unimproved. scikit-learn's 100 would cut off
        mixtures that overlap before they are near the optimum.
    n_init : int
        Starts climbed to the end, the best kept. One that collapses gives way to any that does not.
    init_params : str or callable
        ``"kmeans"``: eight k-means labellings in the data's own metric, the best of short climbs; where these do not
        agree also agglomeration of micro-clusters, and moves that split and merge components.
        ``"hierarchical"``: one tree of groups, cut where it has K, as mclust does.
        ``"k-means++"``: centres drawn far apart. ``"random_from_data"``: different rows as centres.
        ``"random"``: random responsibilities. A callable gets (X, n_components, random_state), where X are
        the rows of positive weight and random_state a ``numpy.random.RandomState``, and returns labels (N,)
        or responsibilities (N, K).
    weights_init : (K,) array, optional
    means_init : (K, D) array, optional
        What is not given with them is taken from the rows nearest to each mean, unless ``init_params`` is
        ``"random"`` or a callable.
    precisions_init : array, optional
        Inverse covariances, in the shape of ``covariances_``.
    random_state : int, RandomState, Generator or None
        None is NumPy's global generator, as in scikit-learn.
    warm_start : bool
        A further ``fit`` goes on from the last result, iteration by iteration as if it had not stopped; the order of
        components is that of the end of each.
    verbose : int
        Lines to the logger ``bactrian.estimators``, or to standard output where logging is not set up.
    verbose_interval : int
        Iterations between lines.
    prior, noise, equal_weights
        As in ``bactrian.fit``: a conjugate prior; a component spread evenly over the region of the data (True, a
        volume, or a mask of the rows that begin as noise); all components held to the same weight.

    Attributes
    ----------
    weights_ : (K,) array
    means_ : (K, D) array
    covariances_ : array
        (K, D, D) full, (D, D) tied, (K, D) diag, (K,) spherical; EEI: (D,), EII: ().
    precisions_, precisions_cholesky_ : arrays of the same shape
        Inverse covariances P, and upper triangular U with U U^T = P; without correlation 1/variance and 1/sd.
    converged_ : bool
    n_iter_ : int
        Iterations of the last ``fit``.
    noise_weight_ : float
        Of the noise, 0 without. ``weights_``, ``mixture_`` and ``sample`` are of the components without it.
    lower_bound_ : float
        Mean log-likelihood of the result.
    lower_bounds_ : list of float
        The same after each iteration of the last ``fit``; with a prior the log-posterior per row, up to a constant.
    n_features_in_, feature_names_in_ : int and array of str
    mixture_ : Mixture
        The distribution itself: marginals, conditionals, quantiles; ``bt.plot.mixture`` draws it.

    Warns
    -----
    CollapseWarning
        The best start collapsed, and the variance of its components was held at the floor; or a feature is constant.
    ConvergenceWarning
        ``max_iter`` iterations did not reach ``tol``; scikit-learn's category.

    Examples
    --------
    >>> import numpy as np, bactrian as bt
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(9, 1, (40, 2))])
    >>> gm = bt.GaussianMixture(2, random_state=0).fit(X)
    >>> np.sort(gm.weights_).round(3).tolist()
    [0.4, 0.6]
    >>> gm.mixture_.marginal([0]).n_features
    1
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        tol: float = 1e-3,
        reg_covar: float | None = None,
        max_iter: int = 1000,
        n_init: int = 1,
        init_params: Any = "kmeans",
        weights_init: Any = None,
        means_init: Any = None,
        precisions_init: Any = None,
        random_state: Any = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        prior: Any = None,
        noise: Any = False,
        equal_weights: bool = False,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.prior = prior
        self.noise = noise
        self.equal_weights = equal_weights

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None, *, labels: Any = None) -> Self:
        """Fit by maximum likelihood, or with a prior to the mode of the posterior.

        Parameters
        ----------
        X : (N, D) array or frame, or files, a query or a stream, as of ``bactrian.fit``
            float32 gives float32 attributes.
        y : ignored
        sample_weight : (N,) array, optional
            0 is a row that is not there, 2 a row that is there twice.
        labels : (N,) integers, optional
            The component of rows where it is known, from 0 to K-1; None, NaN, -1 or masked where it is not. Not every
            component needs such rows. ``y`` is no such thing: where whole pipelines are cross-validated it would leak
            what they are to find.

        Raises
        ------
        ValueError
            Data or parameters that cannot be used; a collapse with ``reg_covar=0``.
        """
        self._fit(X, sample_weight, labels)
        return self

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Learn from more rows; those before need not be there any more.

        Stepwise EM with ``bactrian.OnlineFit``'s defaults, which has more to choose from; with the same integer as
        ``random_state`` it comes to the same bits. After ``fit`` it goes on from there; ``fit`` forgets everything.
        The attributes appear as soon as there are rows enough for a first fit; ``n_iter_`` counts steps,
        ``lower_bound_`` is the mean log p of rows before they were learned from.

        Parameters
        ----------
        X : (n, D) array or frame
        y : ignored
        sample_weight : (n,) array, optional

        Raises
        ------
        ValueError
            Data or parameters that cannot be used, or that were changed since the first rows; what was learned before
            stays.
        """
        check_settings(self)
        streaming.check(self)
        if not hasattr(X, "__array__"):
            check_in_memory(X)
        with streaming.first_or_none(self):
            values = validated(self, X, reset=not hasattr(self, "n_features_in_"))
            online = getattr(self, "_online", None)
            streamed = streaming.remembered(self) if online is None else getattr(self, "_streamed", None)
            online = streaming.begin(self, values.shape[1]) if online is None else online.copy()
            online.update(values, sample_weight)
            mixture = streaming.shown(online)
        self._online, self._streamed, self._noise = online, streamed, None
        if mixture is not None:
            names = getattr(self, "feature_names_in_", None)
            self._publish(Mixture._of(mixture.parameters, None if names is None else tuple(names)), values.dtype)
            self.converged_, self.n_iter_, self.lower_bounds_ = False, self._online.n_steps, []
            self.lower_bound_ = self._online.predictive_score
        return self

    def _check_fitted(self) -> None:
        streaming.check_waiting(self)
        super()._check_fitted()

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None, *, labels: Any = None) -> IntArray:
        """Fit, and label the rows of X: ``fit(X).predict(X)``, (N,)."""
        self._fit(X, sample_weight, labels)
        return np.asarray(self.predict(X))

    def _fit(self, X: Any, sample_weight: Any, labels: Any) -> None:
        check_settings(self)
        whole, dtype = source_to_fit(self, X, sample_weight)
        if whole.n_rows < self.n_components:
            raise DataError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {whole.n_rows}"
            )
        source = whole if labels is None else labelled(whole, labels, [self.n_components])
        noise = read_noise(self.noise, whole, whole.n_given)
        objective = self._objective(whole, noise)
        levels = self._levels(source)
        starts = self._starts(source, objective, without_noise(noise, source), levels)
        numbered = self._numbered(labels is not None)
        # a warm start leaves the components where its first fit began, and others shall come to the same bits without
        # strides; with them only the end is put in order
        if (self.warm_start or self.tol == 0) and not numbered:
            starts = [[start.in_canonical_order() for start in these] for these in starts]
        reporter = Reporter(self.verbose, self.verbose_interval, source.total) if self.verbose else None
        with shown(self.verbose):
            outcome = climbing.climb(
                source,
                NativeKernel(),
                starts,
                tol=self.tol,
                max_iter=self.max_iter,
                acceleration=None if self.warm_start or self.tol == 0 else em.quickest(source, near=bool(levels)),
                reporter=reporter,
                levels=levels,
            )
        if not numbered and not self.warm_start:
            outcome = replace(outcome, climb=outcome.climb.in_canonical_order())
        names = getattr(self, "feature_names_in_", None)
        climbing.judge(outcome, source, self.reg_covar, self.tol, self.max_iter, names)
        self._keep(outcome, source, dtype)

    def _objective(self, source: Source, noise: NoiseModel | None) -> Objective:
        prior, moments = read_prior(self.prior), source.moments
        floor = climbing.floor_of(source, self.reg_covar)
        about = prior.about(moments.mean, moments.covariance, source.total, self.n_components) if prior else None
        return Objective(
            parse_family(self.covariance_type), floor, about,
            bool(self.equal_weights), None if noise is None else noise.log_density,
        )  # fmt: skip

    def _starts(
        self, source: Source, objective: Objective, clean: Source | None, levels: Levels | None
    ) -> list[list[Climb]]:
        before = self._warm_mixture(source.n_features)
        if before is not None:
            memory = getattr(self, "_memory", None)
            history = memory.history_for(before, source) if memory is not None else ()
            return [[Climb(objective, beside(before.parameters, self._noise), history=history)]]
        given = read_given(
            self.weights_init,
            self.means_init,
            self.precisions_init,
            form_of(objective.family),
            self.covariance_type,
            (self.n_components, source.n_features),
        )
        share = None if clean is None else 1 - clean.total / source.total
        kernel, k = NativeKernel(), self.n_components
        task = Task(clean or source, kernel, objective, k, given, self.max_iter, share, levels)
        return find_starts(task, self.init_params, self.n_init, sampler.resolved(self.random_state))

    def _levels(self, source: Source) -> Levels | None:
        """Larger samples to climb on, where starts are found on one and iterations are not counted."""
        given = (self.weights_init, self.means_init, self.precisions_init)
        sampled = self.init_params == "kmeans" and all(one is None for one in given)
        few = self.warm_start or self.tol == 0 or self.max_iter < LONG
        return Levels(source) if sampled and not few else None

    def _numbered(self, labelled: bool) -> bool:
        """Whether the components have an order that the user knows."""
        given = self.means_init is not None or self.weights_init is not None or callable(self.init_params)
        return given or labelled or self._warm_mixture(self.n_features_in_) is not None

    def _warm_mixture(self, n_features: int) -> Mixture | None:
        if not self.warm_start or not hasattr(self, "mixture_"):
            return None
        fits = self.mixture_.means.shape == (self.n_components, n_features)
        return self.mixture_ if fits else None

    def _keep(self, outcome: climbing.Outcome, source: Source, dtype: Any) -> None:
        climb, total = outcome.climb, source.total
        names = getattr(self, "feature_names_in_", None)
        self._publish(Mixture._of(climb.mixture.without_noise(), None if names is None else tuple(names)), dtype)
        self._noise = climb.mixture.noise
        self.converged_ = outcome.converged
        self.n_iter_ = outcome.n_iter
        self.lower_bound_ = climb.log_likelihood / total
        self.lower_bounds_ = [value / total for value in climb.history[len(climb.history) - outcome.n_iter :]]
        self._memory = Memory.of(self.mixture_, source, climb.history) if self.warm_start else None
        self._online, self._seen = None, (source.n_rows, source.total)
        sampler.restart(self)
