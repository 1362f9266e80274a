"""Starts: what EM begins from."""

from bactrian.starts.beside_noise import beside_noise
from bactrian.starts.given import from_assignment
from bactrian.starts.kmeans import kmeans_labels
from bactrian.starts.search import climb_from_best, ranked, ranked_starts

__all__ = ["beside_noise", "climb_from_best", "from_assignment", "kmeans_labels", "ranked", "ranked_starts"]
