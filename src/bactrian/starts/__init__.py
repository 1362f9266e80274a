"""Starts: what EM begins from."""

from bactrian.starts.beside_noise import beside_noise
from bactrian.starts.best import best_starts
from bactrian.starts.ends import climb_from_best
from bactrian.starts.given import from_assignment
from bactrian.starts.groups import Groups
from bactrian.starts.hierarchy import Hierarchy
from bactrian.starts.kmeans import kmeans_labels
from bactrian.starts.levels import Levels
from bactrian.starts.search import ranked

__all__ = [
    "Groups",
    "Hierarchy",
    "Levels",
    "beside_noise",
    "best_starts",
    "climb_from_best",
    "from_assignment",
    "kmeans_labels",
    "ranked",
]
