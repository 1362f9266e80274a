"""What can be computed from a mixture's parameters alone: one operation a file, ``Mixture`` is their face."""
