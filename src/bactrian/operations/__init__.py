"""What can be computed from a mixture's parameters alone; each file is one operation, ``Mixture`` is their face."""
