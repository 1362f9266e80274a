"""What bactrian raises and warns about.

Every exception is also the builtin a caller would expect, and its message is one sentence: what was
expected, what came, what to do next.
"""


class BactrianError(Exception):
    """Base of every exception raised on purpose by bactrian."""


class DataError(BactrianError, ValueError):
    """The rows, their weights or their names cannot be used."""


class ParameterError(BactrianError, ValueError):
    """An argument other than the data cannot be used."""


class CovarianceError(ParameterError):
    """A covariance is not symmetric positive definite."""


class CollapseError(BactrianError, ValueError):
    """Every candidate collapsed, and no regularisation was allowed to hold it."""


class ModelFileError(BactrianError, ValueError):
    """A model file is truncated, damaged, hostile or from a newer version."""


class ClusterError(BactrianError, RuntimeError):
    """A cluster lost the rows, or could not finish a pass over them."""


class MissingDependencyError(BactrianError, ImportError):
    """An optional library is needed for what was asked."""


class InterruptWarning(UserWarning):
    """A search was interrupted, and the best that was found so far is returned."""


class HeaderWarning(UserWarning):
    """The first line of a CSV text was read as numbers, but may hold the names of the columns."""


class CheckpointWarning(UserWarning):
    """A checkpoint could not be written; the fit goes on, and the file is what it was before."""


class CollapseWarning(UserWarning):
    """A component shrank onto too few rows and was held by the regularisation."""
