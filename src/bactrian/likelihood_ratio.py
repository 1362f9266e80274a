"""``bt.test_n_components``: are K components enough, or are K + 1 needed?"""

# the name looks like a test's to ruff too
# ruff: noqa: PT028

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian.arguments import at_least, read_counts, yes_or_no
from bactrian.counted import there_are
from bactrian.errors import CollapseError, CollapseWarning, DataError, ParameterError
from bactrian.families import Family, parse_family
from bactrian.fit_result import Fit
from bactrian.fitting import fit
from bactrian.kernels import NativeKernel, Parameters
from bactrian.mixture import Mixture
from bactrian.noise import NoiseModel, beside, read_noise
from bactrian.priors import ConjugatePrior, read_prior
from bactrian.progress import read_progress, watching
from bactrian.randomness import generator
from bactrian.resampling.estimate import Observer, ResamplingProgress, read_level
from bactrian.resampling.rows import check_counts, check_drawn
from bactrian.resampling.simulate import region_of, simulate, whole_total
from bactrian.resampling.steps import ComponentsTest, Step
from bactrian.resampling.threads import Stopping, share_out
from bactrian.rows import read_rows
from bactrian.sources import ArraySource
from bactrian.sources.array import SMALL
from bactrian.typing import RandomState

NATS = 1e-3  # what a fit may lack of its maximum
LONGEST = 20_000  # iterations of a fit
AGAIN = 3  # times that others are drawn for resamples in which a component collapsed
HEEDED = 50_000  # numbers in a pass, from which on a fit takes so long that it looks whether somebody still waits
LOOK = 10  # iterations after which the most promising split is known
APART = 0.5  # standard deviations along the main axis by which the halves of a split stand off its middle


@dataclass(frozen=True, eq=False)
class Recipe:
    """How rows are fitted, those that were given and those that are drawn alike."""

    family: Family
    n_init: int
    regularization: float | None
    equal_weights: bool
    prior: ConjugatePrior | str | None = None
    noise: NoiseModel | None = None

    def fit(self, source: ArraySource, k: int, **how: Any) -> Fit:
        """One fit of K components; ``how`` : further arguments of ``bactrian.fit``."""
        return fit(
            source.values, k, self.family, sample_weight=source.weight, regularization=self.regularization,
            equal_weights=self.equal_weights, prior=self.prior, noise=self.noise,
            **{"tol": NATS / source.total, "max_iter": LONGEST, **how},
        )  # fmt: skip

    def larger(self, source: ArraySource, null: Fit, rng: np.random.Generator, **how: Any) -> Fit | None:
        """The better of K + 1 components from new starts, and with one of the K split; None if both collapse."""
        k = null.n_components + 1
        looks = [self.fit(source, k, **how, start=split, tol=0, max_iter=LOOK) for split in splits(null.mixture)]
        split = max(looks, key=lambda f: (f.best.usable, f.history[-1])).mixture
        found = [
            self.fit(source, k, **how, n_init=self.n_init, random_state=rng),
            self.fit(source, k, **how, start=split),
        ]
        return max((f for f in found if f.best.usable), key=lambda f: f.history[-1], default=None)

    def compared(
        self, source: ArraySource, null: Fit, rng: np.random.Generator, **how: Any
    ) -> tuple[Fit, float] | None:
        """K components and twice the log of the likelihood ratio; None where a component collapsed.

        If K + 1 with the two merged that lose least lead higher than the K at hand, that was no maximum, and they take
        its place.
        """
        if not null.best.usable or (larger := self.larger(source, null, rng, **how)) is None:
            return None
        merged = self.fit(source, null.n_components, **how, start=larger.mixture.reduce(null.n_components))
        null = max((f for f in (null, merged) if f.best.usable), key=lambda f: f.history[-1])
        return null, 2 * (larger.log_likelihood - null.log_likelihood)


def splits(mixture: Mixture) -> list[Mixture]:
    """K mixtures of K + 1 components, in each of which another component stands as two halves."""
    p = mixture.parameters
    made = []
    for k, covariance in enumerate(p.covariance.dense()):
        values, vectors = np.linalg.eigh(covariance)
        offset = APART * np.sqrt(values[-1]) * vectors[:, -1]
        order = np.append(np.arange(len(p.weights)), k)
        means, weights = p.means[order], p.weights[order]
        means[[k, -1]] += np.array([offset, -offset])
        weights[[k, -1]] /= 2
        made.append(Mixture._of(Parameters(weights, means, p.covariance.select(order)), mixture.feature_names))
    return made


def test_n_components(
    data: Any,
    n_components: int | Iterable[int] = range(1, 10),
    family: str | Family = "VVV",
    *,
    n_resamples: int = 199,
    level: float = 0.05,
    sample_weight: Any = None,
    n_init: int = 8,
    regularization: float | None = None,
    equal_weights: bool = False,
    prior: ConjugatePrior | str | None = None,
    noise: Any = False,
    random_state: RandomState = 0,
    n_threads: int | None = None,
    progress: bool | Observer | None = None,
) -> ComponentsTest:
    """Test K components against K + 1 by the bootstrap of the likelihood ratio (McLachlan 1987).

    The ratio has no chi-square distribution, so that of rows drawn from the fit of K components, both models refitted,
    takes its place. It is tested from the first K on until one is not rejected.

    Parameters
    ----------
    data : (N, D) array or frame
    n_components : int or several
        K to test, one or those that follow each other; a single K is tested against K + 1 and no further.
    family : str
        As in ``bactrian.fit``; one for both models.
    n_resamples : int
        For each K. The smallest p-value that can be found is 1 / (n_resamples + 1). For one in which a component
        collapsed another is drawn, up to three times.
    level : float
        p-values of at most this reject K components.
    sample_weight : (N,) array, optional
        Counts of rows: resamples have as many rows as the weights add up to.
    n_init, regularization, equal_weights, n_threads
        As in ``bactrian.fit``.
    prior : None, "conjugate" or ConjugatePrior
        As in ``bactrian.fit``. The ratio is then of the likelihoods at the modes, in the data and in resamples alike,
        and need not be above 1.
    noise : bool or float
        True, or the volume of the region, adds noise to both models, as in ``bactrian.fit``. Resamples have noise as
        well, spread over that region, which is the same for all of them.
    random_state : seed, Generator or None
        The default gives the same p-values each time, for any number of threads.
    progress : bool or callable, optional
        Called with a ``ResamplingProgress`` after each resample.

    Returns
    -------
    ComponentsTest
        ``.n_components`` is the first K that is not rejected.

    Raises
    ------
    DataError, ParameterError
        As ``bactrian.fit``.
    CollapseError
        A component of the first two fits to the data, or of all their resamples, collapsed. Later it ends the tests:
        see ``ComponentsTest.ended``.

    Notes
    -----
    There are no ``labels``: a row whose component is known says that this component is there, which is not tested then.

    References
    ----------
    McLachlan 1987 (Applied Statistics 36:318).

    Examples
    --------
    >>> import bactrian as bt
    >>> bt.test_n_components(bt.datasets.old_faithful().data, 1, "VVV", n_resamples=19).p_values
    (0.05,)
    """
    rows = read_rows(data)
    source = ArraySource(rows.values, sample_weight)
    counts = _consecutive(n_components)
    n, level = at_least(n_resamples, 1, "n_resamples"), read_level(level)
    watched = read_progress(progress)
    if counts[0] + 1 > source.n_rows:
        raise DataError(
            f"{counts[0] + 1} components need at least as many rows, but {there_are(source.n_rows, 'row')}; test fewer"
        )
    check_counts(source, counts[0] + 1)
    check_drawn(source)
    recipe = Recipe(
        parse_family(family, source.n_features), at_least(n_init, 1, "n_init"), regularization,
        yes_or_no(equal_weights, "equal_weights"), read_prior(prior),
        _read_noise(noise, source),
    )  # fmt: skip
    steps: list[Step] = []
    ended = ""
    with warnings.catch_warnings(), watching(watched) as observe:
        warnings.simplefilter("ignore", CollapseWarning)  # they are counted
        for k, rng in zip(counts, generator(random_state).spawn(len(counts)), strict=True):
            try:
                steps.append(_step(recipe, source, k, n, rng, n_threads, observe))
            except CollapseError as error:
                if not steps:
                    raise
                ended = str(error)
            if ended or steps[-1].p_value > level or k + 2 > source.n_rows:
                break
    return ComponentsTest(recipe.family.code, level, tuple(steps), ended)


test_n_components.__test__ = False  # type: ignore[attr-defined]  # its name looks like a test's to pytest


def _consecutive(n_components: int | Iterable[int]) -> list[int]:
    counts = read_counts(n_components)
    if counts != list(range(counts[0], counts[0] + len(counts))):
        raise ParameterError(
            f"n_components should be one number or numbers that follow each other, as range(1, 6), but got {counts}"
        )
    return counts


def _read_noise(noise: Any, source: ArraySource) -> NoiseModel | None:
    found = read_noise(noise, source, source.n_given)
    if found is not None and found.rows is not None:
        raise ParameterError(
            "noise should be True or the volume of the region, but got a mask, which says nothing about the rows of "
            "resamples; use noise=True"
        )
    return found


def _step(
    recipe: Recipe, source: ArraySource, k: int, n: int, rng: np.random.Generator, n_threads: int | None,
    progress: Observer | None,
) -> Step:  # fmt: skip
    """K against K + 1."""
    first, *rngs = rng.spawn(n + 1)
    null = recipe.fit(source, k, n_threads=n_threads, n_init=recipe.n_init, random_state=first)
    found = recipe.compared(source, null, first, n_threads=n_threads)
    if found is None:
        raise CollapseError(
            f"a component collapsed in the fit of {k} or {k + 1} components of family {recipe.family}, so their "
            "likelihoods cannot be compared; test fewer components or a simpler family"
        )
    null, observed = found
    drawn = _resampled(recipe, source, null, rngs, n_threads, progress)
    for _ in range(AGAIN):  # one that is missing makes the smallest p-value larger than the level may be
        missing = drawn.count(None) - (len(drawn) - n)
        if missing in (0, n):
            break
        drawn += _resampled(recipe, source, null, first.spawn(missing), n_threads, progress)
    values = np.array([value for value in drawn if value is not None])
    if not len(values):
        raise CollapseError(
            f"a component collapsed in each of {n} resamples of {k} components of family {recipe.family}; test fewer "
            "components or a simpler family"
        )
    p_value = (1 + int((values >= observed).sum())) / (1 + len(values))
    return Step(k, observed, p_value, values, len(drawn) - len(values))


def _resampled(
    recipe: Recipe, source: ArraySource, null: Fit, rngs: Sequence[np.random.Generator], n_threads: int | None,
    progress: Observer | None,
) -> list[float | None]:  # fmt: skip
    """The statistic of rows drawn from the fit of K components, once for each generator."""
    n_rows, collapsed = whole_total(source.total), 0
    size = n_rows * null.mixture.means.size
    drawn_from = beside(null.mixture.parameters, null.noise)
    region = None if null.noise is None else region_of(source, null.noise.log_density)
    n_workers, within = (NativeKernel(n_threads=n_threads).threads, 1) if size <= SMALL else (1, n_threads)

    def work(b: int, stopping: Stopping) -> float | None:
        drawn = ArraySource(simulate(drawn_from, n_rows, region, rngs[b]))
        how = {"n_threads": within, "progress": (lambda _: stopping.heed()) if size > HEEDED else None}
        again = recipe.fit(drawn, null.n_components, **how, start=null.mixture)
        compared = recipe.compared(drawn, again, rngs[b], **how)
        return None if compared is None else compared[1]

    def tell(n_done: int, value: float | None) -> None:
        nonlocal collapsed
        collapsed += value is None
        if progress is not None:
            progress(ResamplingProgress(n_done, len(rngs), collapsed))

    return share_out(work, len(rngs), n_workers, tell)


__all__ = ["test_n_components"]
