"""``start="hierarchical"``: one tree of groups of rows, cut at each K, and nothing else, as mclust does by default."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bactrian.em import Climb
from bactrian.errors import CovarianceError
from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.objective import Objective
from bactrian.sources import ArraySource, Source
from bactrian.starts.agglomerate import Tree, agglomerate
from bactrian.starts.given import from_assignment
from bactrian.starts.search import sample_size
from bactrian.typing import IntArray


class Hierarchy:
    """A tree over the rows, or where they are many over a sample, that is made when it is first asked for.

    Parameters
    ----------
    most : int
        The largest K that will be asked for.
    """

    def __init__(self, source: Source, kernel: Kernel, floor: Floor, most: int, rng: np.random.Generator) -> None:
        self._source, self._kernel, self._floor, self._most, self._rng = source, kernel, floor, most, rng

    def start(self, objective: Objective, n_components: int) -> Climb:
        """The M-step under the labels of the tree.

        Raises
        ------
        CovarianceError
            The tree has fewer groups than components, as where most rows are the same.
        """
        return from_assignment(self.sample, self._kernel, objective, self.labels(n_components), n_components)

    def labels(self, n_components: int) -> IntArray:
        """(n,) labels of the sample from 0 to K-1; those of K + 1 cut one of the groups of K in two."""
        if n_components == 1:
            return np.zeros(self.sample.n_rows, dtype=np.intp)
        labels = self._tree.labels(n_components)
        if labels is None:
            n = len(self._tree.merges) + 1
            raise CovarianceError(f"the rows make only {n} groups that differ, but {n_components} were asked for")
        return labels

    @cached_property
    def sample(self) -> ArraySource:
        sample = self._source.sample(sample_size(self._most, self._source.n_features), self._rng)
        assert isinstance(sample, ArraySource)
        return sample

    @cached_property
    def _tree(self) -> Tree:
        return agglomerate(self.sample, self._kernel, self._floor, self._most, self._rng)
