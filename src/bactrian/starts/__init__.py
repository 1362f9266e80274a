"""Starts: what EM begins from."""

from bactrian.starts.given import from_assignment
from bactrian.starts.kmeans import kmeans_labels
from bactrian.starts.search import best_start

__all__ = ["best_start", "from_assignment", "kmeans_labels"]
