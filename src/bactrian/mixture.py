"""Mixture: an immutable distribution, closed under its own operations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, overload

import numpy as np

from bactrian import model_file
from bactrian.arguments import at_least, finite_numbers, numbers
from bactrian.covariance import Covariance, parse_covariance
from bactrian.engines import mapper_of, unwrapped
from bactrian.errors import DataError, ParameterError
from bactrian.features import check_names, chosen_features
from bactrian.kernels import Kernel, NativeKernel, Parameters
from bactrian.operations import combining, condition, describe, distribution, draws, matching, modes, reduction
from bactrian.operations.draws import Estimate
from bactrian.operations.merging import Merging
from bactrian.operations.order import canonical_order
from bactrian.randomness import generator
from bactrian.rows import Rows, read_rows
from bactrian.typing import FloatArray, IntArray, RandomState
from bactrian.weights import read_weights

KERNEL: Kernel = NativeKernel()


class Mixture:
    """A mixture of K Gaussians over D features: p(x) = sum_k w_k N(x; mu_k, Sigma_k).

    Parameters
    ----------
    weights : (K,) array
        Mixing weights, not negative, sum 1.
    means : (K, D) array
        (K,) is read as one feature.
    covariances : array
        (K, D, D) full, (D, D) tied, (K, D) diagonal, (D,) tied diagonal, (K,) spherical, or a number (tied
        spherical). Variances, not standard deviations. The form is kept.
    form : str, optional
        ``"full"``, ``"tied"``, ``"diagonal"``, ``"tied diagonal"``, ``"spherical"`` or ``"tied spherical"``;
        needed only where K = D makes two shapes the same.
    feature_names : sequence of D str, optional

    Raises
    ------
    ParameterError
        Shapes that do not fit, weights that are negative or do not sum to 1, numbers that are not finite.
    CovarianceError
        A covariance that is not positive definite: says which, and its smallest eigenvalue.

    Examples
    --------
    >>> import bactrian as bt
    >>> mixture = bt.Mixture([0.4, 0.6], [[0, 0], [5, 5]], [[[1, 0.5], [0.5, 1]], [[2, 0], [0, 1]]])
    >>> mixture.classify([[0, 1], [4, 5]]).tolist()
    [0, 1]
    """

    __slots__ = ("_feature_names", "_parameters")
    _parameters: Parameters
    _feature_names: tuple[str, ...] | None

    def __init__(
        self,
        weights: Any,
        means: Any,
        covariances: Any,
        *,
        form: str | None = None,
        feature_names: Sequence[str] | None = None,
    ) -> None:
        w = finite_numbers(weights, "weights")
        mu = finite_numbers(means, "means")
        w = w.reshape(1) if w.ndim == 0 else w
        mu = mu.reshape(-1, 1) if mu.ndim < 2 else mu
        if w.ndim != 1 or mu.ndim != 2 or len(mu) != len(w) or mu.shape[1] == 0 or len(w) == 0:
            raise ParameterError(
                f"weights should have shape (K,) and means (K, D), but got {np.shape(weights)} and "
                f"{np.shape(means)}; for one component of several features write means as [[...]]"
            )
        if isinstance(covariances, Covariance):
            covariance = covariances
            if (covariance.n_components, covariance.n_features) != mu.shape:
                raise ParameterError(
                    f"covariances of {covariance.n_components} components and {covariance.n_features} "
                    f"features do not fit means of shape {mu.shape}"
                )
        else:
            numbers = np.asarray(finite_numbers(covariances, "covariances"))
            covariance = parse_covariance(numbers, len(mu), mu.shape[1], form)
        parameters = Parameters(_normalised(w), _frozen(mu), covariance)
        names = None if feature_names is None else check_names(feature_names, mu.shape[1])
        object.__setattr__(self, "_parameters", parameters)
        object.__setattr__(self, "_feature_names", names)

    @classmethod
    def _of(cls, parameters: Parameters, names: tuple[str, ...] | None = None) -> Mixture:
        """Wrap parameters known to be right; arrays that others could still write into are copied."""
        if parameters.weights.flags.writeable or parameters.means.flags.writeable:
            parameters = Parameters(_frozen(parameters.weights), _frozen(parameters.means), parameters.covariance)
        self = object.__new__(cls)
        object.__setattr__(self, "_parameters", parameters)
        object.__setattr__(self, "_feature_names", names)
        return self

    # -- what it is ------------------------------------------------------------------------------------

    @property
    def weights(self) -> FloatArray:
        """(K,) mixing weights, sum 1; read-only, like all arrays here."""
        return self._parameters.weights

    @property
    def means(self) -> FloatArray:
        """(K, D)."""
        return self._parameters.means

    @property
    def covariances(self) -> FloatArray:
        """The covariances in the form they have: (K,D,D), (D,D), (K,D), (D,), (K,) or ()."""
        return self._parameters.covariance.array

    @property
    def form(self) -> str:
        """The name of the covariances' form, as in the constructor."""
        return self._parameters.covariance.name

    @property
    def parameters(self) -> Parameters:
        """Weights, means and the covariance object, as kernels and families use them."""
        return self._parameters

    @property
    def n_components(self) -> int:
        """K."""
        return len(self.weights)

    @property
    def n_features(self) -> int:
        """D."""
        return int(self.means.shape[1])

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """The D names, or None."""
        return self._feature_names

    @property
    def mean(self) -> FloatArray:
        """(D,) mean of the whole mixture."""
        return np.asarray(self.weights @ self.means)

    @property
    def covariance(self) -> FloatArray:
        """(D, D) covariance of the whole mixture: within plus between components."""
        offsets = self.means - self.mean
        within = np.einsum("k,kde->de", self.weights, self._parameters.covariance.dense())
        return np.asarray(within + np.einsum("k,kd,ke->de", self.weights, offsets, offsets))

    # -- densities -------------------------------------------------------------------------------------

    def logpdf(self, x: Any) -> FloatArray | Any:
        """log p(x) in nats: (N,) for rows (N, D), a float for one row; exact far out in the tails.

        It says -1e300 where it is lower, more than 1e150 standard deviations away, and no infinity.
        Of a Dask collection it is a lazy Dask array, of a Spark frame the frame with a column ``logpdf``; files,
        queries and streams are read a block at a time. Likewise ``responsibilities`` and ``classify`` (column
        ``component``).
        """
        x = unwrapped(x)
        if home := mapper_of(x):
            return home.map_rows(self, "logpdf", x)
        rows = self._rows(x)
        return _unwrap(KERNEL.log_densities(rows.values, self._parameters), x, self.n_features)

    def pdf(self, x: Any) -> FloatArray | Any:
        """p(x): (N,) for rows (N, D), a float for one row; 0 and infinity where float64 ends (see ``logpdf``)."""
        with np.errstate(over="ignore"):
            return np.exp(self.logpdf(x))

    def responsibilities(self, x: Any) -> FloatArray | Any:
        """P(k | x): (N, K) for rows (N, D), (K,) for one row; rows sum to 1."""
        x = unwrapped(x)
        if home := mapper_of(x):
            return home.map_rows(self, "responsibilities", x)
        values = KERNEL.responsibilities(self._rows(x).values, self._parameters)
        return np.asarray(_unwrap(values, x, self.n_features))

    def classify(self, x: Any) -> IntArray | Any:
        """The most responsible component: (N,) integers from 0 to K-1, an int for one row."""
        x = unwrapped(x)
        if home := mapper_of(x):
            return home.map_rows(self, "classify", x)
        return _unwrap(KERNEL.classify(self._rows(x).values, self._parameters), x, self.n_features)

    def cdf(self, x: Any) -> FloatArray | Any:
        """P(X <= x) in every feature: exact for D = 1, by SciPy (about 1e-5) for D > 1."""
        values = distribution.cdf(self._parameters, self._rows(x).values.astype(np.float64))
        return _unwrap(values, x, self.n_features)

    @overload
    def quantile(self, q: float) -> float: ...
    @overload
    def quantile(self, q: Any) -> FloatArray | Any: ...
    def quantile(self, q: Any) -> Any:
        """The value below which a fraction q falls, for D = 1: exact in both tails. Shape of q."""
        q = numbers(q, "q")
        return distribution.quantile(self._parameters, q.ravel()).reshape(q.shape)[()]

    # -- random rows -----------------------------------------------------------------------------------

    @overload
    def sample(self, n: int = 1, rng: RandomState = None, labels: Literal[False] = False) -> FloatArray: ...
    @overload
    def sample(self, n: int = 1, rng: RandomState = None, *, labels: Literal[True]) -> tuple[FloatArray, IntArray]: ...
    def sample(self, n: int = 1, rng: RandomState = None, labels: bool = False) -> Any:
        """Draw n independent rows, in no particular order.

        Parameters
        ----------
        n : int
        rng : Generator, seed or None
            None draws anew each time; pass one Generator around to go on where the last call stopped.
        labels : bool
            Also return which component each row came from, (n,).

        Returns
        -------
        (n, D) array, or with ``labels=True`` a pair of it and the (n,) labels
        """
        rows, drawn = draws.sample(self._parameters, at_least(n, 0, "n"), generator(rng))
        return (rows, drawn) if labels else rows

    def entropy(self, n: int = 100_000, rng: RandomState = None) -> Estimate:
        """Differential entropy -E log p(X) in nats, with its Monte Carlo standard error over n draws.

        One component is exact, with error 0.
        """
        return draws.entropy(self._parameters, at_least(n, 2, "n"), generator(rng), KERNEL)

    @overload
    def density_level(self, mass: float, n: int = 100_000, rng: RandomState = 0, log: bool = False) -> float: ...
    @overload
    def density_level(
        self, mass: Any, n: int = 100_000, rng: RandomState = 0, log: bool = False
    ) -> FloatArray | Any: ...
    def density_level(self, mass: Any, n: int = 100_000, rng: RandomState = 0, log: bool = False) -> Any:
        """The density c whose region {x : p(x) >= c} holds the given mass: the smallest such region.

        Parameters
        ----------
        mass : float or array, strictly between 0 and 1
        n, rng : int and seed
            Draws it is estimated with (Hyndman 1996); the fixed seed gives the same level for the same
            mixture. Exact for one component.
        log : bool
            Return log c, which cannot underflow or overflow.
        """
        masses = numbers(mass, "mass")
        if not ((masses > 0) & (masses < 1)).all():
            raise ParameterError(f"mass should be strictly between 0 and 1, but got {mass!r}")
        level = draws.log_density_level(self._parameters, masses, at_least(n, 2, "n"), generator(rng), KERNEL)
        with np.errstate(over="ignore"):
            return level[()] if log else np.exp(level)[()]

    # -- mixtures made from it ---------------------------------------------------------------------------

    def marginal(self, features: Any) -> Mixture:
        """The mixture of some features (indices or names), in the order given."""
        chosen = self._chosen(features)
        p = self._parameters
        kept = Parameters(p.weights, _frozen(p.means[:, chosen]), p.covariance.marginal(chosen))
        return Mixture._of(kept, self._names_of(chosen))

    @overload
    def condition(self, values: Mapping[Any, float]) -> Mixture: ...
    @overload
    def condition(self, values: Mapping[Any, Sequence[float] | FloatArray]) -> list[Mixture]: ...
    @overload
    def condition(self, values: Mapping[Any, Any]) -> Mixture | Any: ...
    def condition(self, values: Mapping[Any, Any]) -> Any:
        """The mixture of the other features, given values of some.

        Parameters
        ----------
        values : mapping
            Feature (index or name) to a number, or to a (B,) array of numbers for a batch.

        Returns
        -------
        Mixture, or a list of B of them
        """
        if not isinstance(values, Mapping):
            raise ParameterError(f"condition on a mapping like {{feature: value}}, but got {values!r}")
        given = self._chosen(list(values))
        if len(given) in (0, self.n_features):
            raise ParameterError(
                f"condition on at least one and fewer than all {self.n_features} features, but got {len(given)}"
            )
        given_values = [finite_numbers(v, "the values conditioned on") for v in values.values()]
        sizes = {v.shape for v in given_values} - {()}
        if len(sizes) > 1 or any(v.ndim > 1 for v in given_values):
            raise ParameterError(
                "the values conditioned on should be numbers, or arrays (B,) of one length, but have shapes "
                f"{', '.join(str(v.shape) for v in given_values)}"
            )
        columns = np.broadcast_arrays(*given_values)
        points = np.stack([np.atleast_1d(c) for c in columns], axis=1)
        free = np.setdiff1d(np.arange(self.n_features), given)
        parts = condition.condition(self._parameters, free, given, points, KERNEL)
        made = [Mixture._of(part, self._names_of(free)) for part in parts]
        return made if columns[0].ndim else made[0]

    def component(self, k: int) -> Mixture:
        """One component as a mixture of its own."""
        if not isinstance(k, (int, np.integer)) or not -self.n_components <= k < self.n_components:
            raise ParameterError(f"components are numbered 0 to {self.n_components - 1}, but got {k!r}")
        return self.reorder([int(k) % self.n_components])

    def reorder(self, order: Sequence[int]) -> Mixture:
        """The components in another order; leaving some out renormalises the weights."""
        chosen = np.asarray(order)
        p = self._parameters
        listed = chosen.ndim == 1 and len(chosen) > 0 and chosen.dtype.kind in "iu"
        if not listed or len(set(chosen.tolist())) != len(chosen):
            raise ParameterError(f"order should list numbers of components once each, but got {order!r}")
        if chosen.min() < 0 or chosen.max() >= self.n_components:
            raise ParameterError(f"order should hold numbers from 0 to {self.n_components - 1}, but got {order!r}")
        weights = p.weights[chosen]
        if weights.sum() <= 0:
            raise ParameterError("the components chosen all have weight 0, so no mixture can be made of them")
        weights = weights if len(chosen) == self.n_components else weights / weights.sum()
        kept = Parameters(_frozen(weights), _frozen(p.means[chosen]), p.covariance.select(chosen))
        return Mixture._of(kept, self._feature_names)

    def sorted(self, by: str = "mean") -> Mixture:
        """The components in a canonical order: ``"mean"`` (first feature first) or falling ``"weight"``."""
        if by == "mean":
            return self.in_canonical_order()
        if by == "weight":
            return self.reorder(np.argsort(-self.weights, kind="stable").tolist())
        raise ParameterError(f"by should be 'mean' or 'weight', but got {by!r}")

    def in_canonical_order(self) -> Mixture:
        """The components by their means, first feature first: the same numbers whatever order they came in.

        Among equal means the heavier component comes first, then the numbers of the covariances decide. To line
        up two mixtures that are not quite the same use ``match``, which small differences do not upset.
        """
        order = canonical_order(self._parameters)
        return self if (order == np.arange(len(order))).all() else self.reorder(order.tolist())

    def match(self, other: Mixture) -> IntArray:
        """The order in which the components line up with those of another mixture: ``m.reorder(m.match(other))``.

        The pairs are those of least total Bhattacharyya distance, weights included: -log of the overlap
        integral sqrt(p q), in closed form, which no change of units, no shift and no rotation alters.

        Parameters
        ----------
        other : Mixture
            Over the same features; it may have another number of components.

        Returns
        -------
        (K,) array
            Every component once: partners first, in the order of their partners in ``other``, then those left
            over, in the order they have. Where ``other`` has more components than this mixture, ask
            ``other.match(self)[:K]``: the partner of each.

        Raises
        ------
        ParameterError
            Not a mixture, or one of other features.

        Examples
        --------
        >>> import bactrian as bt
        >>> old, new = bt.Mixture([0.4, 0.6], [0, 5], 1), bt.Mixture([0.58, 0.42], [5.1, 0.2], 1.1)
        >>> new.reorder(new.match(old)).means.tolist()
        [[0.2], [5.1]]
        """
        if not isinstance(other, Mixture):
            raise ParameterError(f"a mixture is matched with another mixture, but got a {type(other).__name__}")
        if self.n_features != other.n_features:
            raise ParameterError(
                f"mixtures of the same features can be matched, but these have {self.n_features} and "
                f"{other.n_features}; take a marginal of one first"
            )
        names = self.feature_names, other.feature_names
        if None not in names and names[0] != names[1]:
            raise ParameterError(
                f"mixtures of the same features can be matched, but these are {', '.join(names[0] or ())} and "
                f"{', '.join(names[1] or ())}; bring one in order with marginal([...])"
            )
        return matching.match(self._parameters, other._parameters)

    def reduce(self, n_components: int, method: str = "runnalls") -> Mixture:
        """A mixture of fewer components that is nearly the same distribution; no data is needed.

        The mean and the covariance of the whole stay what they are. The time grows with K^2 D^3.

        Parameters
        ----------
        n_components : int
            1 to K; K gives the same mixture.
        method : {"runnalls", "regrouped"}
            ``"runnalls"`` joins the pair that is cheapest again and again (Runnalls 2007, IEEE T-AES 43:989); its
            cost bounds what the Kullback-Leibler divergence gains. ``"regrouped"`` then lets components change
            groups while that bound falls (Goldberger & Roweis 2004, NIPS 17).

        Returns
        -------
        Mixture
            In the order of the first component of each group. Its form is full whatever it was, since
            components that differ in place are joined to one with correlations; one feature keeps its kind.

        Raises
        ------
        ParameterError
            A number that is not between 1 and K, or an unknown method.

        Examples
        --------
        >>> import bactrian as bt
        >>> bt.Mixture([0.5, 0.25, 0.25], [0, 5, 7], 1).reduce(2).means.tolist()
        [[0.0], [6.0]]
        """
        n = at_least(n_components, 1, "n_components")
        if n > self.n_components:
            raise ParameterError(f"n_components should be at most {self.n_components}, what there are, but got {n}")
        if method not in reduction.METHODS:
            raise ParameterError(f"method should be one of {', '.join(reduction.METHODS)}, but got {method!r}")
        if n == self.n_components:
            return self
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found when the factors are made
            labels = reduction.METHODS[method](self._parameters, n)
            return Mixture._of(reduction.collapse(self._parameters, labels), self._feature_names)

    def merge(self, data: Any, sample_weight: Any = None) -> Merging:
        """Combine components into clusters, those first that the rows tell apart least (Baudry et al. 2010).

        A cluster that is no Gaussian is fitted by several components. Joining them leaves the density alone and
        gives a hierarchy from K clusters to one. Each step joins the pair whose union lowers the entropy of the
        memberships most. As many clusters are suggested as are told apart by their rows: no further join loses more
        than 0.04 nats for each row joined, as of two Gaussians 4.4 standard deviations apart. It is a suggestion:
        look at ``.plot()``, which has the elbow of the entropy as well.

        Parameters
        ----------
        data : (N, D) array or frame
            Rows like those the mixture was fitted to. They are read K - 1 times, a few thousand at a time; the
            time grows with N K^2.
        sample_weight : (N,) array, optional
            0 is a row that is not there, 2 a row that is there twice.

        Returns
        -------
        Merging
            ``.suggested``, ``.entropies``, ``.groups(n)``, ``.clusters(n)``, ``.classify(data, n)`` ...

        Raises
        ------
        DataError
            No rows, NaN or infinity, other features than the mixture's, weights that cannot be used.

        Examples
        --------
        >>> import bactrian as bt
        >>> mixture = bt.Mixture([0.3, 0.3, 0.4], [0, 1, 9], 1)
        >>> merging = mixture.merge(mixture.sample(500, rng=0))
        >>> merging.suggested, merging.groups()
        (2, ((0, 1), (2,)))
        """
        values = self._rows(data).values
        if not len(values):
            raise DataError("the data has no rows; components are merged by the rows they share, so give some")
        weight = None if sample_weight is None else read_weights(sample_weight, len(values))
        rows = combining.Rows(values, weight)
        labels, gains, counts = combining.combine(self._parameters, rows, KERNEL)
        total = float(len(values) if weight is None else weight.sum())
        return Merging(self, labels, gains, counts, total)

    def _clustered(self, data: Any, labels: IntArray, soft: bool) -> IntArray | Any:
        """Responsibilities of, or the most probable of, the clusters that the (K,) labels put components into."""
        rows = combining.Rows(self._rows(data).values, None)
        return _unwrap(combining.clustered(self._parameters, rows, KERNEL, labels, soft), data, self.n_features)

    def affine(self, A: Any, b: Any = 0.0) -> Mixture:
        """The mixture of A x + b for a (P, D) matrix A, a (D,) scaling of the features, or a number."""
        matrix = finite_numbers(A, "A")
        matrix = np.broadcast_to(matrix, self.n_features) if matrix.ndim == 0 else matrix
        matrix = np.diag(matrix) if matrix.ndim == 1 else matrix
        if matrix.ndim != 2 or matrix.shape[1] != self.n_features or not len(matrix):
            raise ParameterError(
                f"A should be a (P, {self.n_features}) matrix, {self.n_features} scales or a number, but has "
                f"shape {np.shape(A)}"
            )
        shift = finite_numbers(b, "b")
        if shift.shape not in ((), (len(matrix),)):
            raise ParameterError(f"b should be a number or have shape ({len(matrix)},), but has {shift.shape}")
        p = self._parameters
        square = len(matrix) == self.n_features
        names = self._feature_names if square else None
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is found by the checks
            means = finite_numbers(p.means @ matrix.T + shift, "the new means")
            covariance = p.covariance.affine(matrix)
        return Mixture._of(Parameters(p.weights, _frozen(means), covariance), names)

    def modes(self) -> FloatArray:
        """(M, D) maxima of the density, highest first (Carreira-Perpinan 2000)."""
        return modes.modes(self._parameters, KERNEL)

    # -- comparing, saving, showing ----------------------------------------------------------------------

    def allclose(self, other: Mixture, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
        """Whether two mixtures have the same form and nearly the same numbers, component by component."""
        if not isinstance(other, Mixture):
            raise ParameterError(f"a mixture is compared with another mixture, but got a {type(other).__name__}")
        if self.form != other.form or self.means.shape != other.means.shape:
            return False
        pairs = zip(self._content(), other._content(), strict=True)
        return all(np.allclose(a, b, rtol=rtol, atol=atol) for a, b in pairs)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        if self.form != other.form or self._feature_names != other._feature_names:
            return False
        return all(np.array_equal(a, b) for a, b in zip(self._content(), other._content(), strict=True))

    def __hash__(self) -> int:
        # 0.0 and -0.0 are equal, so they must hash alike
        return hash((self.form, self._feature_names, *((a + 0.0).tobytes() for a in self._content())))

    def _content(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.weights, self.means, self.covariances

    def save(self, path: str | PathLike[str]) -> None:
        """Write a ``.bactrian`` model file, whole or not at all. Read it with ``bactrian.load``."""
        arrays, header = self._to_file()
        model_file.write(path, arrays, header)

    def _to_file(self) -> tuple[dict[str, FloatArray], dict[str, Any]]:
        arrays = dict(zip(("weights", "means", "covariances"), self._content(), strict=True))
        return arrays, {"form": self.form, "feature_names": self._feature_names}

    def __reduce__(self) -> Any:
        return _rebuild, (*(np.array(a) for a in self._content()), self.form, self._feature_names)

    def __copy__(self) -> Mixture:
        return self

    def __deepcopy__(self, memo: Any) -> Mixture:
        return self

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a Mixture is immutable; make a new one instead of setting {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Mixture is immutable; make a new one instead of deleting {name!r}")

    def __repr__(self) -> str:
        return describe.as_text(self._parameters, self._feature_names)

    def _repr_html_(self) -> str:
        return describe.as_html(self._parameters, self._feature_names)

    # -- the door ----------------------------------------------------------------------------------------

    def _rows(self, x: Any) -> Rows:
        return read_rows(x, self._feature_names, self.n_features)

    def _chosen(self, features: Any) -> IntArray:
        return np.array(chosen_features(features, self._feature_names, self.n_features), dtype=np.intp)

    def _names_of(self, chosen: IntArray) -> tuple[str, ...] | None:
        return tuple(self._feature_names[i] for i in chosen) if self._feature_names else None


def _rebuild(weights: Any, means: Any, covariances: Any, form: str, names: Any) -> Mixture:
    return Mixture(weights, means, covariances, form=form, feature_names=names)


def _frozen(values: FloatArray) -> FloatArray:
    values = np.array(values, dtype=np.float64, order="C")
    values.flags.writeable = False
    return values


def _normalised(weights: FloatArray) -> FloatArray:
    if (weights < 0).any():
        k = int(np.argmin(weights))
        raise ParameterError(f"weights should not be negative, but weight {k} is {weights[k]:g}")
    total = float(weights.sum())
    if abs(total - 1) > 1e-6:
        raise ParameterError(f"weights should sum to 1, but they sum to {total:.6g}; divide them by their sum")
    # a sum within a few ulp of 1 is left alone, so that a mixture rebuilt from its own numbers is the same
    return _frozen(weights if abs(total - 1) <= 4e-16 * len(weights) else weights / total)


def _unwrap(values: Any, x: Any, n_features: int) -> Any:
    """A single row in gives a single answer out: a scalar for D = 1, a (D,) vector for D > 1."""
    dimensions = getattr(x, "ndim", None)
    dimensions = np.ndim(x) if dimensions is None else dimensions
    return values[0] if dimensions == (0 if n_features == 1 else 1) else values


__all__ = ["Estimate", "Mixture"]
