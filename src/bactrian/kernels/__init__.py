"""Kernels: a chunk of rows and a mixture's parameters -> Statistics, log-densities, responsibilities, labels."""

from bactrian.kernels.kernel import Ascent, Climber, Groups, Kernel, Leg, Noise, Parameters, Whole
from bactrian.kernels.native import NativeKernel
from bactrian.kernels.reference import ReferenceKernel

__all__ = [
    "Ascent",
    "Climber",
    "Groups",
    "Kernel",
    "Leg",
    "NativeKernel",
    "Noise",
    "Parameters",
    "ReferenceKernel",
    "Whole",
]
