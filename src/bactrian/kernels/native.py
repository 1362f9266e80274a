from bactrian.kernels.reference import ReferenceKernel
def NativeKernel(n_threads=None): return ReferenceKernel()
