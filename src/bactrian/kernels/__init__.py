"""Kernels: a chunk of rows and a mixture's parameters -> Statistics, log-densities, responsibilities, labels."""

from bactrian.kernels.kernel import Ascent, Kernel, Leg, Noise, Parameters
from bactrian.kernels.native import NativeKernel
from bactrian.kernels.reference import ReferenceKernel

__all__ = ["Ascent", "Kernel", "Leg", "NativeKernel", "Noise", "Parameters", "ReferenceKernel"]
