"""Resampling: how far a fit can be trusted, from fits of other rows like these, or from the curvature at the fit."""

from bactrian.resampling.estimate import METHODS, ResamplingProgress, standard_errors
from bactrian.resampling.numbers import Numbers, Replicates
from bactrian.resampling.standard_errors import StandardErrors
from bactrian.resampling.subject import Subject

__all__ = [
    "METHODS",
    "Numbers",
    "Replicates",
    "ResamplingProgress",
    "StandardErrors",
    "Subject",
    "standard_errors",
]
