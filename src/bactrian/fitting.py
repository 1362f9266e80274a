"""``bt.fit``, the front door, and ``Fit``, what comes out of it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np

from bactrian import em, model_file
from bactrian.arguments import at_least, not_negative
from bactrian.errors import CollapseError, CollapseWarning, DataError, ParameterError
from bactrian.families import Family, parse_families
from bactrian.kernels import NativeKernel
from bactrian.mixture import Mixture
from bactrian.randomness import generator
from bactrian.regularization import make_floor
from bactrian.selection import CRITERIA, Candidate, Candidates, Progress, search
from bactrian.selection.candidate import rank
from bactrian.selection.search import Task
from bactrian.sources import Source
from bactrian.sources.door import open_source
from bactrian.starts.read import ANY, read_start
from bactrian.typing import FloatArray, RandomState
from bactrian.whole import write_whole


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
        What "best" means: ``"bic"``, ``"aic"`` or ``"icl"``.
    history : tuple of float
        Log-likelihood of the start and after each iteration of the best candidate, in nats.
    n_rows : int
        Rows of positive weight.
    total_weight : float
        Sum of the row weights; n_rows without weights.
    """

    mixture: Mixture
    best: Candidate
    candidates: Candidates
    criterion: str
    history: tuple[float, ...] = field(repr=False)
    n_rows: int
    total_weight: float

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

    def classify(self, data: Any) -> Any:
        """The most responsible component of each row, (N,), from 0 to K-1."""
        return self.mixture.classify(data)

    def responsibilities(self, data: Any) -> Any:
        """P(k | x), (N, K); of a Dask or Spark collection a collection, like ``classify``."""
        return self.mixture.responsibilities(data)

    def uncertainty(self, data: Any) -> Any:
        """1 - max_k P(k | x): the probability that the row's label is wrong, (N,); exact where it is tiny."""
        z = self.responsibilities(data)
        return z.map_blocks(uncertainty, drop_axis=1) if hasattr(z, "map_blocks") else uncertainty(z)

    def plot(self, data: Any = None, ax: Any = None) -> Any:
        """The picture that fits the number of features: see ``bactrian.plot.mixture``. Returns the Axes."""
        from bactrian import plot

        return plot.mixture(self.mixture, data, ax=ax)

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
                f"{self.status} ({self.n_iter} iterations)",
                "",
                repr(self.mixture),
                "",
                self.candidates.to_text(most=10),
            ]
        )

    def _chosen(self) -> str:
        components = "1 component" if self.n_components == 1 else f"{self.n_components} components"
        if len(self.candidates) == 1:
            return f"{components}, family {self.family}"
        tried = f"{len(self.candidates)} candidates"
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
        model_file.write(path, {**arrays, "history": np.array(self.history)}, header)

    def __repr__(self) -> str:
        return self.summary()


def uncertainty(responsibilities: FloatArray) -> Any:
    """The sum of all but the largest of (..., K) responsibilities: 1 - max without its rounding."""
    ordered = np.sort(responsibilities, axis=-1)
    return ordered[..., :-1].sum(axis=-1)


def fit(
    data: Any,
    n_components: int | Iterable[int] = ANY,
    families: str | Family | Iterable[str | Family] = "all",
    *,
    criterion: str = "bic",
    features: Sequence[str | int] | None = None,
    sample_weight: Any = None,
    feature_names: Sequence[str] | None = None,
    start: Any = "auto",
    n_init: int = 8,
    tol: float = 1e-6,
    max_iter: int = 1000,
    regularization: float | None = None,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Fit:
    """Fit Gaussian mixtures by EM and choose the number of components and the family.

    Parameters
    ----------
    data : (N, D) array or frame, or (N,) for one feature; or where the rows are
        A path to CSV, Parquet, Arrow or .npy, a folder of such files or a pattern (``"rows/*.parquet"``); a memory map;
        ``bt.sources.sql(query, connection)``; a DuckDB relation; a Polars LazyFrame; an Arrow stream;
        a Dask or Spark collection, whose rows stay on their cluster. Rows that do not
        fit into memory are read again for each pass. float32 is computed in float32 where that is safe. Columns
        keep their names.
    n_components : int or several
        K to try; 1 to 9 by default.
    families : str or several
        ``"all"``, or mclust codes among EII VII EEI VVI EEE VVV, or scikit-learn's spherical, diag, tied, full.
    criterion : {"bic", "aic", "icl"}
        Lower is better.
    features : names or numbers of columns, optional
        Default: all of them, but the weight.
    sample_weight : (N,) array or the name of a column, optional
        0 is a row that is not there, 2 a row that is there twice.
    feature_names : D names, optional
        For data without names of their own; a frame's columns need none.
    start : Mixture, Fit, labels (N,), responsibilities (N, K) or "auto" (= "k-means++")
        From labels (0 to K-1) or responsibilities EM begins with the M-step. Fixes K, and components keep their
        numbers; else they are ordered by their means.
    n_init : int
        Starts tried by short climbs before the best is climbed to the end.
    tol : float
        Log-likelihood per row that may still be gained when EM stops, extrapolated from the last gains, so that a
        slow climb is not taken for the top. 0 runs exactly ``max_iter`` iterations.
    max_iter : int
        Iterations for each candidate, those that the search for its start took not counted.
    regularization : float, optional
        Least variance a component may have. Default: 1e-10 of each feature's variance (float32: 1e-6), so
        that units do not matter. A number is absolute, in squared units of the data.
    random_state : seed, Generator or None
        The default gives the same fit each time.
    n_threads : int, optional
        Default: all cores the process may use. The result is the same bits for any number.
    progress : callable, optional
        Called with a ``Progress`` after each pass over the rows.

    Returns
    -------
    Fit

    Warns
    -----
    CollapseWarning
        Even the best candidate collapsed; ``Fit.status`` says how.

    Notes
    -----
    Time grows with every family and K that is tried, and K far above the truth climb longest: on a million rows
    narrow them, or choose on a sample and pass the winner as ``start``.

    Raises
    ------
    DataError
        NaN, infinity, text, no rows, a constant feature, fewer rows than components, weights that cannot be used.
    ParameterError
        Any other argument that cannot be used.
    CollapseError
        ``regularization=0`` and every candidate collapsed.

    Examples
    --------
    >>> import bactrian as bt
    >>> fit = bt.fit(bt.datasets.old_faithful().data)
    >>> fit.n_components, fit.family
    (3, 'EEE')
    """
    source, names = open_source(data, sample_weight, features)
    with closing(source):
        names = _named(names, feature_names, source.n_features)
        if progress is not None and not callable(progress):
            raise ParameterError(f"progress should be a function of one argument, but got {progress!r}")
        given = start.mixture if isinstance(start, Fit) else start
        first, counts = read_start(given, n_components, source.n_given, source.n_features)
        if isinstance(first, np.ndarray):
            first = source.keep(first)
        tried = parse_families(families, source.n_features)
        criterion = criterion.lower() if isinstance(criterion, str) else criterion
        if criterion not in CRITERIA:
            raise ParameterError(f"criterion should be one of {', '.join(CRITERIA)}, but got {criterion!r}")
        if max(counts) > source.n_rows and min(counts) > source.n_rows:
            raise DataError(
                f"{min(counts)} components need at least as many rows, but there are {source.n_rows} rows; "
                "use fewer components"
            )
        task = Task(
            source=source,
            kernel=NativeKernel(n_threads=n_threads),
            floor=make_floor(source, regularization, names),
            floor_is_given=regularization is not None,
            start=first,
            n_init=at_least(n_init, 1, "n_init"),
            tol=not_negative(tol, "tol"),
            max_iter=at_least(max_iter, 0, "max_iter"),
            rng=generator(random_state),
            observe=progress,
        )
        return _choose(search(task, counts, tried), criterion, source, names)


def _named(
    found: tuple[str, ...] | None, feature_names: Sequence[str] | None, n_features: int
) -> tuple[str, ...] | None:
    if feature_names is None:
        return found
    names = tuple(map(str, feature_names))
    if len(set(names)) != n_features or len(names) != n_features:
        raise ParameterError(f"feature_names should be {n_features} different names, but got {', '.join(names)}")
    return names


def _choose(
    found: Sequence[tuple[Candidate, em.Climb | None]],
    criterion: str,
    source: Source,
    names: tuple[str, ...] | None,
) -> Fit:
    candidates = Candidates([candidate for candidate, _ in found], criterion)
    best, climb = min(found, key=lambda pair: rank(pair[0], criterion))
    if climb is None:
        raise CollapseError(f"no candidate could be fitted: {best.reason}")
    if best.status == "collapsed":
        warnings.warn(best.reason, CollapseWarning, stacklevel=3)
    return Fit(
        mixture=Mixture._of(climb.mixture, names),
        best=best,
        candidates=candidates,
        criterion=criterion,
        history=climb.history,
        n_rows=source.n_rows,
        total_weight=source.total,
    )


__all__ = ["Fit", "fit"]
