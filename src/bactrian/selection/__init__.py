"""Selection: which family and how many components."""

from bactrian.selection.candidate import Candidate, Candidates
from bactrian.selection.criteria import CRITERIA
from bactrian.selection.search import Progress, search

__all__ = ["CRITERIA", "Candidate", "Candidates", "Progress", "search"]
