"""The families, in order of growing freedom, and how users name them."""

from __future__ import annotations

from collections.abc import Iterable

from bactrian.errors import ParameterError
from bactrian.families.along_features import evi, vei
from bactrian.families.closed_form import eee, eei, eii, vii, vvi, vvv
from bactrian.families.common_axes import eve, vve
from bactrian.families.common_shape import vee
from bactrian.families.family import Family
from bactrian.families.native import natively
from bactrian.families.own_axes import eev, evv, vev
from bactrian.statistics import Scatter

FAMILIES: dict[str, Family] = {
    "EII": Family("EII", Scatter.TRACE, eii, native=True),
    "VII": Family("VII", Scatter.TRACE, vii, native=True),
    "EEI": Family("EEI", Scatter.DIAGONAL, eei, native=True),
    "VEI": Family("VEI", Scatter.DIAGONAL, natively("VEI", vei), native=True),
    "EVI": Family("EVI", Scatter.DIAGONAL, natively("EVI", evi), native=True),
    "VVI": Family("VVI", Scatter.DIAGONAL, vvi, native=True),
    "EEE": Family("EEE", Scatter.POOLED, eee, native=True),
    "VEE": Family("VEE", Scatter.FULL, natively("VEE", vee), native=True),
    "EVE": Family("EVE", Scatter.FULL, natively("EVE", eve), native=True),
    "VVE": Family("VVE", Scatter.FULL, natively("VVE", vve), native=True),
    "EEV": Family("EEV", Scatter.FULL, natively("EEV", eev), native=True),
    "VEV": Family("VEV", Scatter.FULL, natively("VEV", vev), native=True),
    "EVV": Family("EVV", Scatter.FULL, natively("EVV", evv), native=True),
    "VVV": Family("VVV", Scatter.FULL, vvv, native=True),
}

# scikit-learn's words
ALIASES = {"spherical": "VII", "diag": "VVI", "tied": "EEE", "full": "VVV"}
# mclust's for one feature, where all of these are the same
ONE_FEATURE = {"E": "EII", "V": "VII"}


def parse_family(name: str | Family, n_features: int | None = None) -> Family:
    """A family by its code or one of its aliases, for rows of so many features where that is known.

    Raises
    ------
    ParameterError
        There is no family of that name, or only for one feature.
    """
    if isinstance(name, Family):
        return name
    code = ALIASES.get(name, name.upper()) if isinstance(name, str) else None
    if code in ONE_FEATURE:
        letter, code = code, ONE_FEATURE[code]
        if n_features is not None and n_features > 1:
            raise ParameterError(
                f"family {letter!r} is mclust's name for one feature, but the rows have {n_features}; choose {code} "
                f"(spheres) or {3 * letter} (any shape), of {'equal' if letter == 'E' else 'varying'} volume"
            )
    if code not in FAMILIES:
        single = ", or E and V for one feature" if n_features == 1 else ""
        raise ParameterError(
            f"there is no family {name!r}; choose from {', '.join(FAMILIES)}, or scikit-learn's names "
            f"spherical, diag, tied, full{single}"
        )
    return FAMILIES[code]


def parse_families(names: str | Family | Iterable[str | Family], n_features: int) -> tuple[Family, ...]:
    """The families to try: ``"all"``, one name, or several, of which ``"all"`` may be one.

    With one feature shape and orientation mean nothing, so ``"all"`` is then equal and variable variance only.
    """
    listed = list(names) if isinstance(names, Iterable) and not isinstance(names, str) else [names]
    if not listed:
        raise ParameterError("families should name at least one family, but got none")
    return tuple(dict.fromkeys(family for name in listed for family in _parse(name, n_features)))


def _parse(name: str | Family, n_features: int) -> list[Family]:
    if isinstance(name, str) and name == "all":
        return [f for f in FAMILIES.values() if n_features > 1 or f.code in ONE_FEATURE.values()]
    return [parse_family(name, n_features)]
