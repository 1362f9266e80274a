"""Selection: which family and how many components."""

from bactrian.selection.candidate import Candidate, Candidates
from bactrian.selection.criteria import CRITERIA
from bactrian.selection.search import search
from bactrian.selection.task import Progress, Task

__all__ = ["CRITERIA", "Candidate", "Candidates", "Progress", "Task", "search"]
