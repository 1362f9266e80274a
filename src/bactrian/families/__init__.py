"""Families: constraints on the covariances, each with its M-step from Statistics."""

from bactrian.families.decomposition import Decomposition
from bactrian.families.family import Family
from bactrian.families.floor import Floor
from bactrian.families.registry import FAMILIES, parse_families, parse_family
from bactrian.families.scatters import Scatters

__all__ = ["FAMILIES", "Decomposition", "Family", "Floor", "Scatters", "parse_families", "parse_family"]
