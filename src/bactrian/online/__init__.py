"""Fits of rows that come a few at a time: stepwise EM on statistics that forget."""

from bactrian.online.online_fit import OnlineFit

__all__ = ["OnlineFit"]
