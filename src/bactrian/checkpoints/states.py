"""Where a climb stands and what its pace remembers; and the key under which a climb is known."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bactrian import em
from bactrian.acceleration import Plain
from bactrian.checkpoints.flat import flatten, restore
from bactrian.digest import digest
from bactrian.errors import ModelFileError
from bactrian.objective import Objective
from bactrian.sources import Source
from bactrian.typing import FloatArray


@dataclass(frozen=True, eq=False)
class State:
    """A climb after a pass, and the attributes of its pace; none once it has ended."""

    climb: em.Climb
    pace: Mapping[str, Any]


def state_of(climb: em.Climb, pace: Plain) -> State:
    remembered = {} if climb.status else {name: v for name, v in vars(pace).items() if name not in pace.transient}
    return State(climb, remembered)


def flat_state(state: State) -> FloatArray:
    """The state as a vector; its objective stays behind, for whoever asks knows it."""
    c = state.climb
    seen = (np.array(c.history), c.log_likelihood, c.map_log_responsibility, c.status and c.status.name)
    return flatten((c.mixture, c.held, *seen, dict(state.pace)))


def read_state(vector: FloatArray, start: em.Climb, path: str | os.PathLike[str]) -> State:
    """The state of a climb that began at ``start``.

    Raises
    ------
    ModelFileError
        The vector is none, or of a climb of other components or features.
    """
    k, d = start.mixture.means.shape
    try:
        mixture, held, history, log_likelihood, map_log_responsibility, ended, pace = restore(vector, (k, d))
        status = None if ended is None else em.Status[ended]
        seen = float(log_likelihood), float(map_log_responsibility), status
        held = tuple(c for c in map(int, held) if 0 <= c < k)
        return State(em.Climb(start.objective, mixture, held, tuple(history.tolist()), *seen), dict(pace))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(
            f"{os.fspath(path)!r} is a damaged checkpoint ({error}); delete it to begin anew, or fetch a new copy"
        ) from error


def key_of(source: Source, climb: em.Climb, how: Mapping[str, Any]) -> str:
    """The same for climbs that come to the same end: those of the same rows, start and rules."""
    begin = climb.mixture, climb.held, np.array(climb.history)
    return digest(flatten((source.mark, dict(how), _rules(climb.objective), *begin)))


def _rules(objective: Objective) -> tuple[Any, ...]:
    floor, prior = objective.floor, objective.prior
    constant = None if floor.constant is None else floor.constant.astype(np.float64)
    belief = None if prior is None else {**prior.numbers(), **prior.arrays()}
    limits = floor.minimum, constant, float(floor.span)
    return objective.family.code, limits, belief, objective.equal_weights, objective.noise
