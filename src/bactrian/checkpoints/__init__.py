"""Checkpoints: a long fit writes down where it stands, and goes on from there to the same result."""

from bactrian.checkpoints.keep import begun, kept
from bactrian.checkpoints.settings import Checkpoint

__all__ = ["Checkpoint", "begun", "kept"]
