"""What ``covariance_type`` and the covariances' form say about each other."""

from __future__ import annotations

from bactrian.families import FAMILIES, Family

SKLEARN_NAMES = ("full", "tied", "diag", "spherical")
COVARIANCE_TYPES = (*SKLEARN_NAMES, *FAMILIES)

_TYPE_OF_FORM = {
    "full": "full",
    "tied": "tied",
    "diagonal": "diag",
    "spherical": "spherical",
    "tied diagonal": "EEI",
    "tied spherical": "EII",
}


def form_of(family: Family) -> str:
    """The form in which a family's covariances are held, as ``Mixture(form=...)`` names it."""
    if not family.tied:
        return family.kind
    return "tied" if family.kind == "full" else f"tied {family.kind}"


def covariance_type_of(form: str) -> str:
    """The least constrained ``covariance_type`` whose covariances have this form."""
    return _TYPE_OF_FORM[form]
