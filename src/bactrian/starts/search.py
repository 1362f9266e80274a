"""Several starts, short climbs, the best goes on.

Biernacki, Celeux & Govaert 2003 (CSDA 41:561), with successive halving: after each round of short climbs only the
better part is climbed further. On large data the rounds run on a sample of the rows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bactrian import em
from bactrian.covariance import Covariance
from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.kernels.native import numbered_by_appearance
from bactrian.packing import PackedParameters, resting
from bactrian.sources import ArraySource, Resident, Source
from bactrian.starts.given import means_of
from bactrian.starts.kmeans import data_metric, hard, kmeans_labellings
from bactrian.typing import FloatArray, IntArray

ROUND = 12  # iterations of the first round
FEW = 500_000  # N D of all candidates together, up to which twice a sample's rows are no matter
BESIDE_NOISE = 40  # the same where rows first have to come out of the noise, or go into it
KEEP = 2  # one climb in so many goes on to the next round
DEAR = 500_000  # N D K of a sample on which eight short climbs take longer than a good labelling of fewer rows
GOOD = 4  # of these are made
NUMBERS = 1_500_000  # of a sample, as long as it has the least rows
GOOD_ROWS = 5_000, 150  # that these are made of: at least, and for each component
LEVEL = 1e-12  # nats per row: a short climb with less to gain has ended, and others that ended as high stand beside it
TOL = 1e-5  # nats per row that a search may leave
CHANCE = 0.01, 1e-3  # and on a sample: this part of what its chance adds to the height, up to this much
LARGE = 50_000  # K D^2 of a climb that waits packed
SECOND_CHANCES = 3  # further starts that are climbed when the best one collapses


def sample_size(n_components: int, n_features: int) -> int:
    """Rows enough to tell starts apart: 25 for each free number of a component, within sane limits."""
    return min(max(25 * n_components * (n_features + 2), 5_000), 50_000, max(5_000, NUMBERS // n_features))


def rows_to_search(source: Source, n_components: int, n_candidates: int) -> int:
    """A sample's, or all where a sample would save little."""
    n, all_rows = sample_size(n_components, source.n_features), source.n_rows
    return all_rows if all_rows <= 2 * n and all_rows * source.n_features * n_candidates <= FEW else n


def start_labels(
    source: Resident, kernel: Kernel, n_components: int, floor: Floor, n_init: int, rng: np.random.Generator
) -> list[IntArray]:
    """Up to ``n_init`` labellings of the source's rows, no two the same partition; families share them.

    Half use the full metric of the data and half only its scales: correlation between features can be within the
    components (the first is right) or between them (the second is).
    """
    metrics = [data_metric(source, floor, full) for full in (True, False)]
    if source.n_rows * source.n_features * n_components > DEAR and isinstance(source, ArraySource):
        each = (min(n_init, GOOD) + 1) // len(metrics)
        return good_labels(source, kernel, n_components, metrics[:n_init], each, rng)
    return distinct(kmeans_labellings(source, kernel, n_components, metrics, rng, n_init))


def good_labels(
    source: ArraySource, kernel: Kernel, n_components: int, metrics: list[Covariance], n: int, rng: np.random.Generator
) -> list[IntArray]:
    """The best of ``n`` labellings in each metric, after moves; of many rows by the centres of some of them."""
    least, each = GOOD_ROWS
    few = source.sample(max(least, each * n_components), rng)
    candidates, moves = 2 + int(np.log(n_components)), 2 * n_components
    found: list[IntArray] = []
    for metric in metrics:
        labellings = kmeans_labellings(few, kernel, n_components, [metric], rng, n, candidates, moves=moves)
        centres = [means_of(few, kernel, labels, n_components) for labels in labellings]
        best = max(range(n), key=lambda i: spread_of(few, centres[i], labellings[i], metric))
        found.append(labellings[best] if few is source else source.classify(kernel, hard(centres[best], metric)))
    return distinct(found)


def spread_of(source: ArraySource, centres: FloatArray, labels: IntArray, metric: Covariance) -> float:
    """The sum of squares between groups: the greater it is, the less is left within them."""
    whitener, offsets = metric.whiteners[0], centres - source.moments.mean
    whitened = offsets @ whitener.T if whitener.ndim == 2 else offsets * whitener
    return float(np.bincount(labels, source.weight, len(centres)) @ (whitened**2).sum(axis=1))


def distinct(labellings: list[IntArray]) -> list[IntArray]:
    """Those (n,) labellings that are no renumbering of one before: on easy data few, and often one, remain."""
    found: dict[bytes, IntArray] = {}
    for labels in labellings:
        found.setdefault(numbered_by_appearance(labels), labels)
    return list(found.values())


def ranked(
    source: Source,
    kernel: Kernel,
    climbs: list[em.Climb],
    first: int = ROUND,
    keep: int = KEEP,
    *,
    memory: em.Memory | None = None,
) -> list[em.Climb]:
    """Several starts, best first: each round drops the worse, which then stand behind those that went on.

    ``first`` : iterations of the first round, doubled for each further one. ``keep`` : one in so many goes on.
    """
    dropped: list[em.Climb] = []
    length = first
    while len(climbs) > 1:
        follow(source, kernel, climbs, len(climbs), length, memory)
        climbs.sort(key=lambda c: c.rank, reverse=True)
        stay = max(1, len(climbs) // keep)
        if all(_stands_beside(climbs[0], other, source.total) for other in climbs[1:stay]):
            stay = 1
        climbs, dropped = climbs[:stay], climbs[stay:] + dropped
        length *= 2
    climbs = climbs + dropped
    return [forgetful(c) for c in climbs]


def follow(
    source: Source, kernel: Kernel, climbs: list[em.Climb], going: int, n: int, memory: em.Memory | None
) -> None:
    """The first ``going`` of them, in place, after ``n`` more iterations; they rest then."""
    each = going if source.climbs_together else 1
    for i in range(0, going, max(each, 1)):
        some = slice(i, min(i + each, going))
        going_on = [awake(climb) for climb in climbs[some]]
        climbs[some] = map(at_rest, em.run(source, kernel, going_on, tol=level(source), max_iter=n, memory=memory))


def at_rest(climb: em.Climb, beside: int = 1) -> em.Climb:
    """The same, packed where that saves much, of ``beside`` like it; whoever goes on with it unpacks it."""
    k, d = climb.mixture.shape
    large = climb.family.kind == "full" and not climb.family.tied and beside * k * d * d >= LARGE
    return replace(climb, mixture=resting(climb.mixture)) if large else climb


def awake(climb: em.Climb) -> em.Climb:
    """The same, unpacked by itself: what rests elsewhere stays as small as it is."""
    holder = climb.mixture.holder
    return replace(climb, mixture=holder.unpack()) if isinstance(holder, PackedParameters) else climb


def level(source: Source) -> float:
    """``tol`` of short climbs: gains in float32 are too rough to say that one has ended."""
    return 0.0 if source.single_precision else LEVEL


def chance(climb: em.Climb, total: float) -> float:
    """Nats per row that a climb on a sample of weight ``total`` may leave.

    A maximum on a sample lies above that of all rows by half its free parameters, in nats (Akaike 1973).
    """
    part, most = CHANCE
    k, d = climb.mixture.shape
    return float(np.clip(part * climb.objective.n_parameters(k, d) / (2 * total), TOL, most))


def forgetful(climb: em.Climb) -> em.Climb:
    """The same without its history, which was on other rows than those it goes on with."""
    return em.Climb(climb.objective, climb.mixture, climb.held)


def _stands_beside(best: em.Climb, other: em.Climb, total: float) -> bool:
    """Whether both have ended on the same height, so that climbing on cannot tell them apart."""
    ended = best.status is other.status is em.Status.CONVERGED and best.held == other.held
    return ended and best.value - other.value <= LEVEL * total
