"""``Fit``: what comes out of ``bt.fit``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from bactrian import em, model_file
from bactrian.engines import check_in_memory, home_of, unwrapped
from bactrian.errors import DataError, ParameterError
from bactrian.families import Decomposition, parse_family
from bactrian.kernels import Noise, Parameters
from bactrian.mixture import Mixture
from bactrian.noise import classify_beside, log_joint, responsibilities_beside
from bactrian.objective import Objective
from bactrian.operations.merging import Merging
from bactrian.operations.uncertainty import uncertainty
from bactrian.priors import Prior
from bactrian.progress import read_progress, watching
from bactrian.regularization import make_floor
from bactrian.resampling import ResamplingProgress, StandardErrors, Subject, standard_errors
from bactrian.rows import read_rows
from bactrian.selection import Candidate, Candidates
from bactrian.selection.interrupted import WHY as INTERRUPTED
from bactrian.sources import ArraySource, Labelled, Source
from bactrian.sources.known import labelled
from bactrian.typing import FloatArray, IntArray, RandomState
from bactrian.weights import read_weights
from bactrian.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Origin:
    """What a fit was made from, for those who want to fit again; it is not saved."""

    source: Source
    objective: Objective
    climb: em.Climb


@dataclass(frozen=True, eq=False)
class Fit:
    """A mixture, and how it was found.

    Attributes
    ----------
    mixture : Mixture
        The best candidate's.
    best : Candidate
        Its row of the table.
    candidates : Candidates
        The whole table: every family and number of components that was tried.
    criterion : str
        What "best" means: ``"bic"``, ``"aic"``, ``"icl"`` or ``"cv"``.
    history : tuple of float
        Log-likelihood of the start and after each iteration of the best candidate, in nats. With
        ``acceleration="incremental"`` some in between are lower bounds of it; they do not fall either.
    n_rows : int
        Rows of positive weight.
    total_weight : float
        Sum of the row weights; n_rows without weights.
    equal_weights : bool
        All components were held to the same weight.
    prior : Prior or None
        The conjugate prior of the best candidate; None for maximum likelihood.
    noise : Noise or None
        Weight and log density of the noise component. ``mixture`` is what the components make without it.
    """

    mixture: Mixture
    best: Candidate
    candidates: Candidates
    criterion: str
    history: tuple[float, ...] = field(repr=False)
    n_rows: int
    total_weight: float
    equal_weights: bool = False
    prior: Prior | None = None
    noise: Noise | None = None
    _origin: Origin | None = field(default=None, repr=False)

    @property
    def family(self) -> str:
        """The mclust code of the best candidate's family, as ``"VVV"``."""
        return self.best.family

    @property
    def n_components(self) -> int:
        """K."""
        return self.best.n_components

    @property
    def log_likelihood(self) -> float:
        """Sum over rows of w_i log p(x_i), in nats."""
        return self.best.log_likelihood

    @property
    def bic(self) -> float:
        """Bayesian information criterion; lower is better."""
        return self.best.bic

    @property
    def aic(self) -> float:
        """Akaike's information criterion; lower is better."""
        return self.best.aic

    @property
    def icl(self) -> float:
        """Integrated completed likelihood: BIC with a price for overlap; lower is better."""
        return self.best.icl

    @property
    def n_iter(self) -> int:
        """Iterations of the best candidate from the start that was found for it."""
        return self.best.n_iter

    @property
    def converged(self) -> bool:
        """Whether the tolerance was reached and no component collapsed."""
        return self.best.status == "converged"

    @property
    def status(self) -> str:
        """One sentence on how the fit ended."""
        return self.best.reason

    def classify(self, data: Any) -> IntArray | Any:
        """The most responsible component of each row, (N,), from 0 to K-1; -1 for noise."""
        self._refuse_collections(data)
        return classify_beside(self.mixture, self.noise, data)

    def responsibilities(self, data: Any) -> FloatArray | Any:
        """P(k | x), (N, K); with noise (N, K + 1), the last column being P(noise | x).

        Of a Dask or Spark collection it is a collection, like ``classify``: see ``Mixture.classify``.
        """
        self._refuse_collections(data)
        return responsibilities_beside(self.mixture, self.noise, data)

    def _refuse_collections(self, data: Any) -> None:
        if home_of(unwrapped(data)) is not None and self.noise is not None:
            raise DataError(
                "a fit with noise says nothing of a collection as a whole; ask it of rows in memory, as of a block, "
                "or ask fit.mixture, which leaves the noise out"
            )

    def uncertainty(self, data: Any) -> FloatArray | Any:
        """1 - max_k P(k | x): the probability that the row's label is wrong, (N,); exact where it is tiny."""
        self._refuse_collections(data)
        data = unwrapped(data)
        home = home_of(data)
        if home is not None:
            return home.map_rows(self.mixture, "uncertainty", data)
        return uncertainty(self.responsibilities(data))

    def merge(self, data: Any = None, sample_weight: Any = None) -> Merging:
        """Combine components into clusters by entropy: see ``Mixture.merge``.

        ``data`` : the rows; by default those that were fitted, with their weights. A fit that was loaded from a file
        needs them. Noise is no cluster and is joined to none: a row counts as far as it is not noise, and the clusters
        label rows as if none were; ``classify`` of the fit says which are.
        """
        if data is None:
            data, sample_weight = self._fitted_rows(sample_weight)
        check_in_memory(data)  # before a pass over them
        if self.noise is None or self.noise.weight == 0:
            return self.mixture.merge(data, sample_weight)
        mixture_weight, outside = log_joint(self.noise)
        inside = mixture_weight + np.atleast_1d(self.mixture.logpdf(data))
        weight = 1.0 if sample_weight is None else read_weights(sample_weight, len(inside))
        return self.mixture.merge(data, weight * np.exp(inside - np.logaddexp(inside, outside)))

    def decomposition(self) -> Decomposition:
        """How large the components are, of what shape, and which way they lie.

        Returns
        -------
        Decomposition
            ``volumes`` (K,), ``shapes`` (K, D) and ``orientations`` (K, D, D), Sigma_k = lambda_k D_k A_k D_k^T; what
            the family holds equal is equal.
        """
        return parse_family(self.family).decompose(self.mixture.parameters.covariance)

    def standard_errors(
        self,
        data: Any = None,
        method: str = "bootstrap",
        *,
        n_resamples: int = 999,
        level: float = 0.95,
        sample_weight: Any = None,
        labels: Any = None,
        random_state: RandomState = 0,
        n_threads: int | None = None,
        progress: bool | Callable[[ResamplingProgress], None] | None = None,
    ) -> StandardErrors:
        """Standard errors and intervals of weights, means and covariances.

        Parameters
        ----------
        data : (N, D) array or frame, optional
            The rows; by default those that were fitted, with their weights and labels. A fit that was loaded from a
            file has none and needs them.
        method : {"bootstrap", "weighted", "parametric", "jackknife", "information"}
            Fits of rows drawn with replacement; of all rows with random (Dirichlet) weights; of rows drawn from the
            fit; without each row in turn; or no fits but the curvature of the log-likelihood, for families EII, VII,
            EEI, VVI, EEE and VVV.
        n_resamples : int
            Fits. The jackknife makes one for each row, or with more rows than this leaves out this many random blocks
            instead of rows.
        level : float
            Of the intervals: percentiles of the resamples (interpolated linearly between two of them), for
            "jackknife" and "information" normal intervals about the fit.
        sample_weight, labels : (N,) arrays, optional
            Of ``data``, as in ``bactrian.fit``. A row of weight 2 is resampled as two equal rows would be.
        random_state : seed, Generator or None
            The default gives the same numbers each time, for any number of threads.
        n_threads : int, optional
            Default: all cores the process may use.
        progress : bool or callable, optional
            True shows a bar on a terminal. A function is called with a ``ResamplingProgress`` after each fit.

        Returns
        -------
        StandardErrors

        Raises
        ------
        DataError
            No data, or rows that cannot be used; for "information" a fit that is not at a maximum.
        ParameterError
            Any other argument that cannot be used, or "information" for another family.
        CollapseError
            A component collapsed in all or all but one of the resamples.

        Notes
        -----
        Every fit begins at this one, so that components keep their numbers, and climbs until it lacks 1e-5 nats of its
        maximum (jackknife: 1e-5 / n): 0.0045 standard errors. Fits in which a component collapses are counted and left
        out. With a prior the numbers are the spread of the posterior's mode. ``replicates`` keeps every mixture: with
        full covariances n_resamples K D^2 numbers.

        References
        ----------
        O'Hagan, Murphy, Scrucca & Gormley 2019 (Comput. Stat. 34:1779) compare the bootstraps and the jackknife.
        """
        subject = self._subject(data, sample_weight, labels)
        with watching(read_progress(progress)) as observe:
            return standard_errors(
                subject, method, n_resamples=n_resamples, level=level, random_state=random_state, n_threads=n_threads,
                progress=observe,
            )  # fmt: skip

    def _fitted_rows(self, sample_weight: Any) -> tuple[FloatArray, FloatArray | None]:
        if sample_weight is not None:
            raise ParameterError("sample_weight belongs to data; give the data too, or leave it out")
        source = None if self._origin is None else self._origin.source
        source = source.whole if isinstance(source, Labelled) else source
        if not isinstance(source, ArraySource):
            raise DataError("this fit does not hold its rows; give them as data")
        return source.values, source.weight

    def _subject(self, data: Any, sample_weight: Any, labels: Any) -> Subject:
        """What is fitted again: given rows, or those that were fitted."""
        names, origin = self.mixture.feature_names, self._origin
        if data is None:
            if sample_weight is not None or labels is not None:
                raise ParameterError("sample_weight and labels belong to data; give the data too, or leave them out")
            if origin is None:
                raise DataError("this fit was loaded from a file and does not hold its rows; give them as data")
            return Subject(origin.source, origin.objective, origin.climb.mixture, names)
        rows = read_rows(data, names, self.mixture.n_features)
        whole = ArraySource(rows.values, sample_weight)
        source = whole if labels is None else labelled(whole, labels, [self.n_components])
        if origin is not None:
            return Subject(source, origin.objective, origin.climb.mixture, names)
        log_density = None if self.noise is None else self.noise.log_density
        floor = make_floor(source, None, names, lenient=True)
        objective = Objective(parse_family(self.family), floor, self.prior, self.equal_weights, log_density)
        return Subject(source, objective, self._whole_mixture(), names)

    def _whole_mixture(self) -> Parameters:
        """With the noise."""
        p = self.mixture.parameters
        if self.noise is None:
            return p
        return Parameters((1 - self.noise.weight) * p.weights, p.means, p.covariance, self.noise)

    def plot(self, data: Any = None, ax: Axes | None = None) -> Axes | Any:
        """The picture that fits the number of features: see ``bactrian.plot.mixture``. Returns the Axes."""
        from bactrian import plot

        return plot.mixture(self, data, ax=ax)

    def summary(self) -> str:
        """The fit in a screen of text."""
        counted = f"{self.n_rows} rows" + (
            "" if self.total_weight == self.n_rows else f" of total weight {self.total_weight:g}"
        )
        return "\n".join(
            [
                f"{self._chosen()}; {counted}",
                f"log-likelihood {self.log_likelihood:.2f}   BIC {self.bic:.2f}   AIC {self.aic:.2f}   "
                f"ICL {self.icl:.2f}   ({self.best.n_parameters} parameters)",
                f"{self.status} ({self.n_iter} iteration{'' if self.n_iter == 1 else 's'})",
                *self._assumptions(),
                "",
                repr(self.mixture),
                "",
                self.candidates.to_text(most=10),
            ]
        )

    def _assumptions(self) -> list[str]:
        """A line for each thing that was assumed beyond a mixture."""
        lines = ["all components have the same weight"] if self.equal_weights else []
        if self.prior is not None:
            lines.append(str(self.prior))
        if self.noise is not None:
            digits = -self.noise.log_density / np.log(10)
            volume = f"{10**digits:.4g}" if abs(digits) < 300 else f"1e{digits:+.0f}"  # beyond float64
            lines.append(f"noise: weight {self.noise.weight:.4g}, spread evenly over a volume of {volume}")
        return lines

    def _chosen(self) -> str:
        components = "1 component" if self.n_components == 1 else f"{self.n_components} components"
        if len(self.candidates) == 1:
            return f"{components}, family {self.family}"
        n, left = len(self.candidates), sum(candidate.reason == INTERRUPTED for candidate in self.candidates)
        tried = f"{n - left} of {n} candidates (interrupted)" if left else f"{n} candidates"
        return f"{components}, family {self.family}, chosen by {self.criterion.upper()} among {tried}"

    def report(self, path: str | PathLike[str]) -> None:
        """Write ``summary()`` with the whole table of candidates to a text file, whole or not at all."""
        text = f"{self.summary()}\n\nAll candidates\n{self.candidates.to_text()}\n"
        write_whole(path, text.encode())

    def save(self, path: str | PathLike[str]) -> None:
        """Write a ``.bactrian`` model file with the mixture and the table. Read it with ``bactrian.load``."""
        arrays, header = self.mixture._to_file()
        header["fit"] = {
            "criterion": self.criterion,
            "best": self.candidates.index(self.best),
            "candidates": self.candidates.as_dict(),
            "n_rows": self.n_rows,
            "total_weight": self.total_weight,
        }
        if self.equal_weights:
            header["fit"]["equal_weights"] = True
        if self.noise is not None:
            header["fit"]["noise"] = {"weight": self.noise.weight, "log_density": self.noise.log_density}
        if self.prior is not None:
            header["fit"]["prior"] = self.prior.numbers()
            arrays = {**arrays, **self.prior.arrays()}
        model_file.write(path, {**arrays, "history": np.array(self.history)}, header)

    def __repr__(self) -> str:
        return self.summary()

    def __getstate__(self) -> dict[str, Any]:
        """Pickles and copies do without the rows."""
        return {**self.__dict__, "_origin": None}
