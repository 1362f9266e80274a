"""What is shown while one waits."""

from bactrian.progress.meter import Meter
from bactrian.progress.watching import read_progress, watching

__all__ = ["Meter", "read_progress", "watching"]
