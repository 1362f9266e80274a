"""The labellings that the candidates with one K share."""

from __future__ import annotations

import numpy as np

from bactrian.families import Floor
from bactrian.kernels import Kernel
from bactrian.sources import ArraySource, Source
from bactrian.starts.agglomerate import agglomerate
from bactrian.starts.search import distinct, sample_size, start_labels
from bactrian.typing import IntArray


class Groups:
    """A sample of the rows, and labellings of it that are made when they are first asked for."""

    def __init__(
        self, source: Source, kernel: Kernel, floor: Floor, k: int, n_init: int, rng: np.random.Generator
    ) -> None:
        self._kernel, self._floor, self._k, self._n_init, self._rng = kernel, floor, k, n_init, rng
        self.sample = source if k == 1 else source.sample(sample_size(k, source.n_features), rng)
        self._quick: list[IntArray] | None = None
        self._long: list[IntArray] | None = None

    def labels(self, long: bool) -> list[IntArray]:
        """Different labellings (n,) of the sample: k-means++, and for a long look also agglomeration."""
        if self._k == 1:
            return [np.zeros(self.sample.n_rows, dtype=np.intp)]
        if self._quick is None:
            self._quick = start_labels(self.sample, self._kernel, self._k, self._floor, self._n_init, self._rng)
        if not long or len(self._quick) == 1:
            return self._quick
        if self._long is None:
            self._long = self._quick + self._agglomerated()
        return distinct(self._long)

    def _agglomerated(self) -> list[IntArray]:
        if not isinstance(self.sample, ArraySource):
            return []
        labels = agglomerate(self.sample, self._kernel, self._floor, self._k, self._rng).labels(self._k)
        return [] if labels is None else [labels]
