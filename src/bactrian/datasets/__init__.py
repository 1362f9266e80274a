"""Data to try things on: four classics, and hard cases whose true mixture is known. Nothing is downloaded."""

from bactrian.datasets.dataset import Dataset
from bactrian.datasets.generated import (
    constant_column,
    duplicates,
    far_from_origin,
    scaled_units,
    toy_modes,
    two_cigars,
)
from bactrian.datasets.real import acidity, crabs, iris, old_faithful

__all__ = [
    "Dataset",
    "acidity",
    "constant_column",
    "crabs",
    "duplicates",
    "far_from_origin",
    "iris",
    "old_faithful",
    "scaled_units",
    "toy_modes",
    "two_cigars",
]
