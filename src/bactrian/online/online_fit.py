"""``OnlineFit``: a fit that goes on as rows come in."""

from __future__ import annotations

import warnings
from os import PathLike
from typing import Any, Self

from bactrian import model_file
from bactrian.counted import listed, was
from bactrian.errors import CollapseWarning, DataError, ParameterError
from bactrian.families import Family
from bactrian.kernels import NativeKernel
from bactrian.mixture import Mixture
from bactrian.online.batch import Schema, check_together, copied, joined, part, read_batch
from bactrian.online.file import to_file
from bactrian.online.settings import STEP, Settings, read_settings
from bactrian.online.starting import begin, read_size, read_start
from bactrian.online.state import State
from bactrian.priors import ConjugatePrior, read_prior
from bactrian.sources import ArraySource
from bactrian.typing import RandomState


class OnlineFit:
    """A mixture that learns from batches of rows, each seen once, in memory that does not grow.

    Stepwise EM (Cappe & Moulines 2009, JRSS-B 71:593; Liang & Klein 2009, NAACL): rows are taken in blocks; the
    statistics of each under the mixture so far are mixed into those that are kept, and the M-step makes the next
    mixture. The first rows are kept until a start can be looked for in them, by ``bactrian.fit``. Where the stream is
    cut into batches does not matter: the same rows in the same order give the same bits.

    Parameters
    ----------
    n_components : int, optional
        K. May be left out where ``start`` fixes it.
    family : str or Family, optional
        One of mclust's codes or scikit-learn's names; that of a Fit given as ``start``, else ``"VVV"``.
    step : float, optional
        After t blocks a block counts t^-step: above 0.5, at most 1; by default 0.7. 1 counts all rows alike, also those
        that were seen under early, poor mixtures; less forgets them sooner, and has more noise.
    forgetting : float, optional
        In the place of ``step``, for data that drift: each row counts this much less with every row that comes after
        it, as 0.999 for a memory of 1000 rows.
    start : "auto", "k-means++", Mixture or Fit
        How the start is looked for in the first rows, or what to begin from. A Fit counts as the rows it was made
        from, so that nothing is kept waiting; a Mixture counts for nothing.
    first_rows : int, optional
        Rows that are kept to begin with; by default 40 K (D + 2), but at least 1000 and at most 50 000.
    block_rows : int, optional
        Rows that make a step; by default 1000, with ``forgetting`` at most a tenth of the memory.
    prior : None, "conjugate" or ConjugatePrior
    regularization : float, optional
        Least variance, as in ``bactrian.fit``: by default relative to the variance of the rows that are remembered.
    random_state : seed, Generator or None
        Of the search for the start.
    n_threads : int, optional

    Raises
    ------
    ParameterError
        An argument that cannot be used.

    Notes
    -----
    Unlike everything else in bactrian it changes in place, as users of streams expect; see docs/adr/0010.

    Examples
    --------
    >>> import numpy as np, bactrian as bt
    >>> online = bt.OnlineFit(2, "VVV")
    >>> rng = np.random.default_rng(0)
    >>> for _ in range(50):
    ...     batch = np.concatenate([rng.normal(0, 1, (60, 2)), rng.normal(9, 1, (40, 2))])
    ...     online = online.update(batch)
    >>> online.n_rows, online.mixture.weights.round(2).tolist()
    (5000, [0.6, 0.4])
    """

    def __init__(
        self,
        n_components: int | None = None,
        family: str | Family | None = None,
        *,
        step: float | None = None,
        forgetting: float | None = None,
        start: Any = "auto",
        first_rows: int | None = None,
        block_rows: int | None = None,
        prior: ConjugatePrior | str | None = None,
        regularization: float | None = None,
        random_state: RandomState = 0,
        n_threads: int | None = None,
    ) -> None:
        beginning, method = read_start(start)
        n_components, of = read_size(n_components, family, beginning)
        if forgetting is None and step is None:
            step = STEP
        settings = read_settings(
            n_components, of, step=step, forgetting=forgetting, method=method, first_rows=first_rows,
            block_rows=block_rows, prior=read_prior(prior), regularization=regularization, random_state=random_state,
        )  # fmt: skip
        self._set(settings, beginning.mixture, beginning.schema, beginning.state(settings), [], n_threads)

    def _set(
        self,
        settings: Settings,
        given: Mixture | None,
        schema: Schema | None,
        state: State | None,
        waiting: list[ArraySource],
        n_threads: int | None,
    ) -> None:
        self._kernel = NativeKernel(n_threads)
        self._n_threads = n_threads
        self._settings, self._given, self._schema, self._state = settings, given, schema, state
        self._waiting = waiting
        self._shown: State | None = None

    @classmethod
    def _of(cls, settings: Settings, given: Mixture | None, schema: Schema | None, state: State | None,
            waiting: list[ArraySource], n_threads: int | None = None) -> Self:  # fmt: skip
        """One that stands somewhere."""
        self = object.__new__(cls)
        self._set(settings, given, schema, state, waiting, n_threads)
        return self

    # -- learning --------------------------------------------------------------------------------------

    def update(self, batch: Any, sample_weight: Any = None) -> Self:
        """Learn from more rows; all of them or, if anything is wrong with them, none.

        Parameters
        ----------
        batch : (n, D) array or frame
            n may be 0 or 1. Later batches must have the features of the first; frames are asked by name.
        sample_weight : (n,) array or the name of a column, optional

        Returns
        -------
        self

        Raises
        ------
        DataError
            NaN, infinity, text, other features than before; a first block in which no start can be found.
        CollapseError
            ``regularization=0``, and a component lost its spread.

        Warns
        -----
        CollapseWarning
            A component shrank onto too few rows; only when the one before was not held by the regularisation.
        """
        rows, schema = read_batch(batch, sample_weight, self._schema)
        if rows is None or schema is None:
            self._schema = schema
            return self
        state, left = self._learned(rows, schema)
        told = () if self._state is None else self._state.held
        self._schema, self._state, self._waiting, self._shown = schema, state, left, None
        if state is not None and state.held and not told:
            warnings.warn(_collapsed(state.held), CollapseWarning, stacklevel=2)
        return self

    def _learned(self, rows: ArraySource, schema: Schema) -> tuple[State | None, list[ArraySource]]:
        """The state after as many of the rows as make whole blocks, and the rows that wait for more."""
        state, at = self._state, 0
        waiting, n_waiting = self._waiting, sum(w.n_rows for w in self._waiting)
        while n_waiting + rows.n_rows - at >= (size := self._size(state, schema)):
            block = joined([*waiting, part(rows, at, at + size - n_waiting)])
            at, waiting, n_waiting = at + size - n_waiting, [], 0
            if state is None:
                state = begin(block, self._given, schema, self._settings, self._kernel)
            else:
                state = state.after(block, self._settings, self._kernel)
        rest = [copied(part(rows, at, rows.n_rows))] if at < rows.n_rows else []
        return state, [*waiting, *rest]

    def _size(self, state: State | None, schema: Schema) -> int:
        """Rows of the next block."""
        settings = self._settings
        return settings.rows_for_start(schema.n_features) if state is None else settings.block_rows

    def __add__(self, other: OnlineFit) -> OnlineFit:
        """A new fit that has learned from the rows of both, each by its weight in its own fit.

        Components keep the numbers they have here; those of the other are matched with them (``Mixture.match``). Both
        should have found the same ones, for which they need a common ``start``. A Fit that both began from counts once:
        where sums forget, what would be left of it after the rows of both.

        Raises
        ------
        ParameterError, DataError
            They were made with other settings, or know other features.
        """
        if not isinstance(other, OnlineFit):
            return NotImplemented
        mine, theirs = self._settings.meaning, other._settings.meaning
        for name in mine:
            if mine[name] != theirs[name]:
                raise ParameterError(
                    f"two fits can be merged if they have the same {name}, but they have {mine[name]} and "
                    f"{theirs[name]}; make both with the same settings"
                )
        schema = check_together(self._schema, other._schema)
        state = self._state or other._state
        if self._state is not None and other._state is not None:
            state = self._state.merged(other._state, self._settings)
        merged = self._of(self._settings, self._given or other._given, schema, state, [], self._n_threads)
        for rows in (*self._waiting, *other._waiting):
            merged.update(rows.values, rows.weight)
        return merged

    # -- what was learned ------------------------------------------------------------------------------

    @property
    def mixture(self) -> Mixture:
        """What all rows so far say, those that wait for a step included.

        Until there are ``first_rows`` rows it is ``bactrian.fit`` of those there are, or the mixture given as start.

        Raises
        ------
        DataError
            There are too few rows for a first fit.
        """
        if self._state is None and self._given is not None:
            return self._given
        state = self._now()
        return Mixture._of(state.mixture, None if self._schema is None else self._schema.names)

    def _now(self) -> State:
        """The state, if the rows that wait made a block."""
        if self._shown is None:
            self._shown = self._with_waiting()
        return self._shown

    def _with_waiting(self) -> State:
        if not self._waiting:
            if self._state is None:
                raise DataError("no rows were seen, so there is no mixture; update() with some first")
            return self._state
        rows, schema = joined(self._waiting), self._schema
        assert schema is not None
        if self._state is None:
            return begin(rows, None, schema, self._settings, self._kernel)
        return self._state.after(rows, self._settings, self._kernel)

    @property
    def n_components(self) -> int:
        """K."""
        return self._settings.n_components

    @property
    def family(self) -> str:
        """The mclust code of the family, as ``"VVV"``."""
        return self._settings.family.code

    @property
    def feature_names(self) -> tuple[str, ...] | None:
        """Of the first batch, or of the start."""
        return None if self._schema is None else self._schema.names

    @property
    def n_rows(self) -> int:
        """Rows of positive weight that were seen."""
        return self.n_waiting + (0 if self._state is None else self._state.n_rows)

    @property
    def total_weight(self) -> float:
        """The sum of their weights."""
        return sum((w.total for w in self._waiting), 0.0 if self._state is None else self._state.weight)

    @property
    def n_waiting(self) -> int:
        """Of these, rows that wait until they make a block."""
        return sum(w.n_rows for w in self._waiting)

    @property
    def n_steps(self) -> int:
        """Whole blocks since the start."""
        return 0 if self._state is None else self._state.n_steps

    @property
    def collapsed(self) -> tuple[int, ...]:
        """The components that the regularisation held in the last step."""
        return () if self._state is None else self._state.held

    @property
    def predictive_score(self) -> float:
        """Mean log p(x) in nats of the rows of all steps, each under the mixture from before it was learned from.

        It counts rows as the law does, so it follows drifting data; NaN before the first step.
        """
        return float("nan") if self._state is None else self._state.score

    def save(self, path: str | PathLike[str]) -> None:
        """Write a ``.bactrian`` model file; what ``bactrian.load`` reads from it goes on to the same bits."""
        arrays, header = to_file(self._settings, self._given, self._schema, self._state, self._waiting)
        model_file.write(path, arrays, header)

    def copy(self) -> Self:
        """One that learns by itself from here."""
        return self._of(self._settings, self._given, self._schema, self._state, list(self._waiting), self._n_threads)

    def __copy__(self) -> Self:
        return self.copy()

    def __repr__(self) -> str:
        law = self._settings.law
        waiting = f", {self.n_waiting} of them waiting" if self.n_waiting else ""
        return f"OnlineFit of {self.n_components} components, family {self.family}, {law}: {self.n_rows} rows{waiting}"


def _collapsed(held: tuple[int, ...]) -> str:
    return (
        f"{listed(held)} shrank onto too few rows and {was(held)} held at the floor; "
        "use fewer components, a simpler family or a prior, or remember more rows"
    )
