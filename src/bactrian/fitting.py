"""``bt.fit``, the front door."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from bactrian import em
from bactrian.arguments import at_least, not_masked, not_negative, yes_or_no
from bactrian.checkpoints import Checkpoint, begun, kept
from bactrian.counted import there_are
from bactrian.errors import CollapseError, CollapseWarning, DataError, ParameterError
from bactrian.families import Family, parse_families
from bactrian.features import check_names
from bactrian.fit_result import Fit, Origin
from bactrian.kernels import NativeKernel, Noise
from bactrian.mixture import Mixture
from bactrian.noise import beside, read_noise, without_noise
from bactrian.priors import ConjugatePrior, read_prior
from bactrian.progress import read_progress, watching
from bactrian.randomness import generator
from bactrian.regularization import make_floor
from bactrian.selection import CRITERIA, Candidate, Candidates, Progress, Task, search
from bactrian.selection.candidate import rank
from bactrian.sources import Labelled, LabelledChunks
from bactrian.sources.known import labelled
from bactrian.sources.label_names import open_labelled
from bactrian.starts import Hierarchy
from bactrian.starts.read import ANY, read_start
from bactrian.typing import RandomState


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
    prior: ConjugatePrior | str | None = None,
    noise: Any = False,
    labels: Any = None,
    equal_weights: bool = False,
    acceleration: str | None = "auto",
    random_state: RandomState = 0,
    n_threads: int | None = None,
    progress: bool | Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | str | PathLike[str] | None = None,
) -> Fit:
    """Fit Gaussian mixtures by EM and choose the number of components and the family.

    Parameters
    ----------
    data : (N, D) array or frame, or (N,) for one feature; or where the rows are
        A path to CSV (``bt.sources.csv(path, header=True)`` where column names are numbers), Parquet, Arrow or .npy, a
        folder of such files or a pattern (``"rows/*.parquet"``); a memory map;
        ``bt.sources.sql(query, connection)``; a DuckDB relation; a Polars LazyFrame; an Arrow stream;
        a Dask or Spark collection, whose rows stay on their cluster. Rows that do not fit into memory are read again
        for each pass. float32 is computed in float32 where that is safe and the rows are many. Columns keep their
        names.
    n_components : int or several
        K to try; 1 to 9 by default.
    families : str or several
        ``"all"``, or mclust codes among EII VII EEI VEI EVI VVI EEE VEE EVE VVE EEV VEV EVV VVV, or scikit-learn's
        spherical, diag, tied, full; with one feature also mclust's E and V.
    criterion : {"bic", "aic", "icl", "cv"}
        Lower is better. "cv": -2 times the log-likelihood of rows left out in ten-fold cross-validation.
    features : names or numbers of columns, optional
        Default: all of them, but the weight.
    sample_weight : (N,) array or the name of a column, optional
        0 is a row that is not there, 2 a row that is there twice.
    feature_names : D names, optional
        For data without names of their own; a frame's columns need none.
    start : Mixture, Fit, labels (N,), responsibilities (N, K), "auto", "hierarchical" or "k-means++"
        "auto" looks further than the best of a few k-means++ labellings where these do not agree: agglomeration of
        micro-clusters, and moves that split and merge components; with several candidates for those that may win.
        "hierarchical" begins at one tree of groups, cut at each K, and looks no further, as mclust does by default.
        From labels (0 to K-1) or responsibilities EM begins with the M-step. Fixes K, and components keep their
        numbers; else they are ordered by their means, first feature first, and these numbers are all that the order of
        columns decides.
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
    prior : None, "conjugate" or ConjugatePrior
        None is maximum likelihood. With a prior EM climbs to the mode of the posterior; ``history`` is then the
        log-posterior up to a constant, and criteria still count the log-likelihood there.
    noise : bool, float or (N,) mask
        True adds a component that is spread evenly over the bounding box of the data (along features or principal
        axes, whichever is smaller); a number gives that volume; a mask marks rows that EM begins with as noise. With
        noise the last column of start responsibilities is the noise's.
    labels : (N,) integers or the name of a column, optional
        The component of rows where it is known, from 0 to K-1; None, NaN, -1 or masked where it is not. Not every
        component needs such rows: the others are looked for as in any fit. A column of text names components, which
        are numbered in the order of these names; an empty cell is a row that is not known.
    equal_weights : bool
        Hold all components to the same weight.
    acceleration : {"auto", "quasi-newton", "squarem", "incremental", None}
        "quasi-newton": after a few steps of EM those of limited-memory BFGS in the metric of the complete data
        (Jamshidian & Jennrich 1997); over few rows, whose passes cost next to nothing, strides as with "squarem".
        "squarem": strides between the steps of EM (Varadhan & Roland 2008), taken back where they lead down.
        "incremental": a step after each of up to 64 blocks of rows (Neal & Hinton 1998), then strides if the end is
        far; until then ``history`` holds lower bounds of the log-likelihood that never fall, and ends with the
        log-likelihood itself. "auto" is "incremental" where rows are read again for each pass and the start is yours,
        else "quasi-newton". None is EM as it is.
    random_state : seed, Generator or None
        The default gives the same fit each time.
    n_threads : int, optional
        Default: all cores the process may use. The result is the same bits for any number.
    progress : bool or callable, optional
        True shows, on a terminal, what is being fitted and the best so far. A function is called
        with a ``Progress`` after each pass over the rows.
    checkpoint : path or Checkpoint, optional
        Every five minutes (``bt.Checkpoint`` says how often), on Ctrl-C and at the end the state of the fit is written
        there, whole or not at all. If the file is there and belongs to the same data and arguments, the fit goes on
        from it and comes to the same bits as if it had never stopped.

    Returns
    -------
    Fit

    Warns
    -----
    CheckpointWarning
        A checkpoint could not be written; the fit goes on.
    InterruptWarning
        Ctrl-C stopped the search after some candidates; the best of these is returned.
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
        Any other argument that cannot be used; a checkpoint of other data or arguments.
    ModelFileError
        A checkpoint that is damaged, or a file that is none.
    CollapseError
        ``regularization=0`` and every candidate collapsed.

    Examples
    --------
    >>> import bactrian as bt
    >>> fit = bt.fit(bt.datasets.old_faithful().data)
    >>> fit.n_components, fit.family
    (3, 'EEE')
    """
    state = begun(checkpoint)
    (whole, names), labels = open_labelled(data, labels, sample_weight, features)
    names = names if feature_names is None else check_names(feature_names, whole.n_features)
    watched = read_progress(progress)
    noise_model = read_noise(noise, whole, whole.n_given)
    given = start.mixture if isinstance(start, Fit) else not_masked(start, "start")
    first, counts = read_start(given, n_components, whole.n_given, whole.n_features, noise_model is not None)
    if isinstance(first, np.ndarray):
        first = whole.keep(first)
    if isinstance(start, Fit) and start.noise is not None and noise_model is not None:
        first = beside(start.mixture.parameters, Noise(start.noise.weight, noise_model.log_density))
    source = whole if labels is None else labelled(whole, labels, counts)
    tried = parse_families(families, source.n_features)
    criterion = criterion.lower() if isinstance(criterion, str) else criterion
    if criterion not in CRITERIA:
        raise ParameterError(f"criterion should be one of {', '.join(CRITERIA)}, but got {criterion!r}")
    if max(counts) > source.n_rows and min(counts) > source.n_rows:
        raise DataError(
            f"{min(counts)} components need at least as many rows, but {there_are(source.n_rows, 'row')}; "
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
        prior=read_prior(prior),
        search=not (isinstance(start, str) and start == "k-means++"),
        equal_weights=yes_or_no(equal_weights, "equal_weights"),
        noise=noise_model,
        clean=without_noise(noise_model, source),
    )
    quickest = _read_acceleration(acceleration, task)
    if quickest != task.acceleration:
        task = replace(task, acceleration=quickest)
    if isinstance(start, str) and start == "hierarchical":
        task = replace(task, start=_hierarchy(task, max(counts)))
    asked = {
        "n_components": counts,
        "families": [family.code for family in tried],
        "criterion": criterion,
        "regularization": regularization,
    }
    with closing(whole), watching(watched) as observe, kept(state, task, names, asked, random_state) as task:
        task = task if observe is None else replace(task, observe=observe)
        return _choose(search(task, counts, tried, criterion), criterion, task, names)


def _hierarchy(task: Task, most: int) -> Hierarchy:
    if isinstance(task.source, (Labelled, LabelledChunks)):
        raise ParameterError(
            "start='hierarchical' makes groups that know nothing of the labels given; leave start= or labels= out"
        )
    return Hierarchy(task.clean or task.source, task.kernel, task.floor, most, task.rng)


def _read_acceleration(acceleration: Any, task: Task) -> str | None:
    if isinstance(acceleration, str) and acceleration == "auto":
        return em.quickest(task.source, near=bool(task.levels))
    if acceleration is None or (isinstance(acceleration, str) and acceleration in em.PACES):
        return acceleration
    raise ParameterError(
        f"acceleration should be 'auto', 'quasi-newton', 'squarem', 'incremental' or None, but got {acceleration!r}"
    )


def _choose(
    found: Sequence[tuple[Candidate, em.Climb | None]],
    criterion: str,
    task: Task,
    names: tuple[str, ...] | None,
) -> Fit:
    candidates = Candidates([candidate for candidate, _ in found], criterion)
    best, climb = min(found, key=lambda pair: rank(pair[0], criterion))
    if climb is None:
        raise CollapseError(f"no candidate could be fitted: {best.reason}")
    if best.status == "collapsed":
        warnings.warn(best.reason, CollapseWarning, stacklevel=3)
    climb, source = climb if task.numbered else climb.in_canonical_order(), task.source
    return Fit(
        mixture=Mixture._of(climb.mixture.without_noise(), names),
        best=best,
        candidates=candidates,
        criterion=criterion,
        history=climb.history,
        n_rows=source.n_rows,
        total_weight=source.total,
        equal_weights=climb.objective.equal_weights,
        prior=climb.objective.prior,
        noise=climb.mixture.noise,
        _origin=Origin(source, climb.objective, climb),
    )


__all__ = ["Fit", "fit"]
